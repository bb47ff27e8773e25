"""ASSUMPTIONS: every default of this emulator that no page of the vendor states, in one place.

What the vendor's documents leave open has to be decided somewhere; it is decided here and, where a client may
have to live with another answer, each decision has a switch on the emulator (`switches.py`).

Decided in code, because they are behaviour and no constant:

* A member that is left out of an update stays; `null` clears it; `""` as `unique_id` counts as not given.
* `unsubscribe_*` takes no `null`: both must be JSON booleans, and any other type in any field is a 422.
* A new contact is subscribed on both channels unless it says otherwise, with an empty `meta_public`.
* E-mail addresses are compared as they are written when they act as `unique_id`: no trimming, no folding.
* The same key twice in one batch: the first creates, the second updates, the contact is in both arrays.
* `journey.template_id` for a contact that has a journey from that template updates it, and messages again.
* A journey's messages go out at once: by e-mail to who has an address, by SMS to who has only a mobile number.
* A failed validation of one contact refuses its whole batch before anything is stored.
* Client credentials in the query string of any path revoke the client, not only in that of the token endpoint.
* Credentials are looked at before the path, so an unknown path without a token is a 401, not a 404.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BAD_REQUEST",
    "BLANK",
    "DEFAULT_BODY_BYTES",
    "DEFAULT_LIST_LIMIT",
    "DEFAULT_TEAM_OBJECTIVES",
    "DEFAULT_TEMPLATES",
    "DEFAULT_TOKEN_SECONDS",
    "HUB_URL",
    "INVALID",
    "NOT_FOUND",
    "OBSERVED_MEMBERS",
    "SEARCHED_FIELDS",
    "TOO_LARGE",
    "UNAUTHORIZED_PAGE",
    "UNKNOWN_TEMPLATE",
    "WEBHOOK_TOLERANCE_SECONDS",
]

DEFAULT_TOKEN_SECONDS: Final = 900.0
"""No lifetime is published; clients must read `expires_in`."""
DEFAULT_BODY_BYTES: Final = 8_000_000
"""No size is published; beyond this a body is answered 413."""

BAD_REQUEST: Final = "bad_request"
"""`error` of a 400: the body is no JSON object."""
NOT_FOUND: Final = "not_found"
"""`error` of a 404."""
TOO_LARGE: Final = "request_entity_too_large"
"""`error` of a 413."""
INVALID: Final = "is invalid"
"""What a 422 says about a member of the wrong type or form."""
BLANK: Final = "can't be blank"
"""What a 422 says about a member that is missing."""
UNKNOWN_TEMPLATE: Final = "does not exist"
"""What a 422 says about a template that the team does not have."""
UNAUTHORIZED_PAGE: Final = b"<html><body><h1>401 Unauthorized</h1></body></html>"
"""What a gateway in front of the vendor might say instead of the documented 401 body."""

DEFAULT_TEMPLATES: Final = {"tpl-welcome": "Welcome", "tpl-card": "Card activation"}
"""The team's templates, by id."""
DEFAULT_TEAM_OBJECTIVES: Final = {"first-branch-visit": "First Branch Visit"}
"""The team's own objectives, by key, beside those of the platform."""
HUB_URL: Final = "https://hub.example-bank.test"
"""Where the team's journeys are looked at."""

WEBHOOK_TOLERANCE_SECONDS: Final = 300
"""How old a delivery may be under the assumed signature recipe."""

# Seen in a third-party client that signs in as a member of staff, and nowhere else.
OBSERVED_MEMBERS: Final = {
    "birthdate": None,
    "email_verified": False,
    "email_opted_in": False,
    "email_authorized": False,
    "sms_verified": False,
    "sms_opted_in": False,
    "sms_authorized": False,
}
"""Members that answers were seen to carry; always the same here, so that nobody reads consent from them."""
DEFAULT_LIST_LIMIT: Final = 50
"""How many contacts the observed listing gives when no `limit` is named."""
SEARCHED_FIELDS: Final = ("unique_id", "email", "name_first", "name_last")
"""Where the observed listing looks for `search`."""
