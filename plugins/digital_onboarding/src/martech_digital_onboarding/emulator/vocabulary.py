"""What the vendor states about its own words: fields, endpoints' words, objectives, completion values."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BOOLEAN_FIELDS",
    "COMPLETION_WORDS",
    "GRANT_TYPE",
    "PLATFORM_OBJECTIVES",
    "READ_ONLY_FIELDS",
    "STRING_FIELDS",
    "TOKEN_PATH",
    "WEBHOOK_AGENT",
    "WEBHOOK_CONTENT_TYPE",
    "WEBHOOK_SIGNATURE_HEADER",
    "WRITABLE_FIELDS",
]

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path; seed, "Grant Access Token"
GRANT_TYPE: Final = "client_credentials"  # seed, "Grant Access Token"

# seed, "Contacts"
STRING_FIELDS: Final = (
    "unique_id",
    "name_title",
    "name_first",
    "name_last",
    "name_suffix",
    "address",
    "address2",
    "city",
    "state",
    "county",
    "country",
    "post_code",
    "timezone",
    "email",
    "phone_home",
    "phone_mobile",
    "phone_work",
)
# seed, "Contacts": true means opted out
BOOLEAN_FIELDS: Final = ("unsubscribe_email", "unsubscribe_sms")
WRITABLE_FIELDS: Final = (*STRING_FIELDS, *BOOLEAN_FIELDS, "meta_public")
# seed, "Contacts": set by the platform, read by everybody else
READ_ONLY_FIELDS: Final = ("id", "inserted_at", "updated_at")

# doc:obj: the objectives that ship with the platform. Only the keys are stated; the names are derived from them.
PLATFORM_OBJECTIVES: Final = (
    "debit-card-activation",
    "direct-deposit",
    "online-bill-pay",
    "online-banking",
    "mobile-banking",
    "estatements",
    "open-cross-sell-account",
    "corporate-card-activation",
    "merchant-access",
    "ach-payroll",
    "remote-deposit",
    "automate-payments",
)
# doc:obj: each of these completes an objective at the time of receipt; an ISO 8601 time completes it then
COMPLETION_WORDS: Final = frozenset({"true", "t", "1", "y", "yes", "complete", "completed", "done"})

# doc:hooks, the captured request: the content type contradicts the prose of the same page
WEBHOOK_SIGNATURE_HEADER: Final = "x-signature"
WEBHOOK_CONTENT_TYPE: Final = "application/octet-stream"
WEBHOOK_AGENT: Final = "hackney/1.17.4"
