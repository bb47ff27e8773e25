"""Which published leaves arrive nowhere but in `raw`, and which answers cannot be read, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from plugins.dotdigital.tests.specification.examples import Example

OF_OTHERS = (
    "results go by what was handed over, and the example is of other people or records; the hand-made goldens of "
    "these reports are read in test_mapping.py and test_mapping_datasets.py"
)
WRITTEN = "a write tells whom it wrote and whether they are contactable; contacts.get reads the rest of this shape"
KNOWN = "the caller named it"
CONTACT = (
    "the status as a whole follows from the channels; names of lists and topics are theirs, not the contact's"
)
RESUBSCRIBED = "what is told is whether the block was lifted, or the person asked"
NO_PLACE = "the neutral model has no place for it"


@dataclass(frozen=True)
class Dropped:
    """Leaves of examples, by patterns that must match whole, and why they are not told."""

    operation: str
    leaf: str
    reason: str

    def covers(self, example: Example, leaf: str) -> bool:
        return bool(re.fullmatch(self.operation, example.operation) and re.fullmatch(self.leaf, leaf))


DROPPED = (
    Dropped("GET /v2/account-info", r"properties\.\[\]\.type", "the type of a property is seen in its value"),
    Dropped(r"\w+ /v2/templates.*", r".*reply(Action|ToAddress)", NO_PLACE),
    Dropped(r"\w+ /configuration/v3/.*", r".*(created|updated)", NO_PLACE),
    Dropped("POST /v2/data-fields", "visibility", "attributes.list reads it"),
    Dropped("DELETE /v2/data-fields/.*", ".*", "a refusal inside a 200 is raised, and names what uses the field"),
    Dropped(
        r"(GET|PUT) /contacts/v3.*",
        r".*(channelProperties\.(email\.emailType|sms\.countryCode)|lists\.\[\]\.(name|status)"
        r"|preferences\.\[\]\.(public|private)Name|^status|_items\.\[\]\.status)",
        CONTACT,
    ),
    Dropped("(POST|PATCH) /contacts/v3(/{identifier}/{value})?", ".*", WRITTEN),
    Dropped("GET /contacts/v3/(delete|import)/.*", ".*", OF_OTHERS),
    Dropped("POST /contacts/v3/delete", "deleteId", "the job is asked for under this id, which no job has"),
    Dropped("DELETE /contacts/v3/.*", "contactId", KNOWN),
    Dropped("GET /sms/.*", r"\[\]\.countryIsoCode", NO_PLACE),
    Dropped("(GET|PUT|POST) /v2/campaigns.*", r".*(fromAddress\.id|isSplitTest|replyAction)", NO_PLACE),
    Dropped("GET /v2/address-books/{id}/campaigns", r".*(fromAddress\.id|isSplitTest|replyAction)", NO_PLACE),
    Dropped("GET /v2/campaigns/filtered", r"\[\]\.scheduledDate", "when a send is due is told by its Send"),
    Dropped("GET /v2/campaigns/{id}/with-details", r"splitTestOptions\.\[\]|type", NO_PLACE),
    Dropped("GET /v2/campaigns/{id}", ".*", "read by campaigns.update only, which writes it again"),
    Dropped(r"GET /v2/campaigns/.*/clicks.*", r"\[\]\.(ipAddress|userAgent)", "native.campaigns.clicks has them"),
    Dropped("GET /v2/contacts/deletion/.*", "Id", KNOWN),
    Dropped("GET /v2/contacts/import/{id}", "id", KNOWN),
    Dropped("GET /events/v3/export/{subscriptionId}", r"events\.\[\]\.(accountId|processedDate)", NO_PLACE),
    Dropped(
        r"\w+ /events/v3/export/subscriptions.*",
        r".*(alertsConfiguration\.\w+|created|updated|status|filters\.\[\]\.\w+|_links\..*)",
        "a stream has a name and types; how it filters and alerts is set by native.events and kept in raw",
    ),
    Dropped("GET /insightData/v3/import/.*", "importId|collectionName|summary.*|failures.*", OF_OTHERS),
    Dropped("GET /insightData/v3/async/.*", "jobId|summary.*", "a job tells that it has ended; its id is known"),
    Dropped(".* /insightData/v3/.*deleteRecords", "notFound.*|summary.*", OF_OTHERS),
    Dropped("GET /insightData/v3/collections/.*/schema", "collectionName", KNOWN),
    Dropped(
        "POST /v2/address-books/{id}/contacts/unsubscribe", ".*", "an opt-out tells nothing but refusals"
    ),
    Dropped("GET /cpaas/messages/{messageId}", r"rules\.\[\]", "the caller gave the rules"),
    Dropped("PUT /v2/contacts/suppress-contacts", ".*", OF_OTHERS),
    Dropped(r"POST /v2/contacts/resubscribe.*", r"contact\..*", RESUBSCRIBED),
    Dropped(r"GET /v2/contacts/(un|sup).*", r"\[\]\.suppressedContact\.(emailType|optInType|status)", NO_PLACE),
    Dropped("(PUT|DELETE) /v2/preferences/{id}", ".*", "nothing is told but that it was done"),
    Dropped("GET /v2/preferences/modified-since/.*", r"\[\]\.isPreference2", "a slip of the example"),
    Dropped("POST /v2/programs/enrolments", "dateCreated", NO_PLACE),
    Dropped("POST /v2/address-books/.*/contacts/delete(-all)?", "id|status", KNOWN + " by waiting for it"),
    Dropped("POST /v2/preferences", r"\(whole\)", "no JSON: read as text where nothing but success is told"),
    Dropped("(GET|POST) /v2/segments/refresh/{id}", "id|status", KNOWN + "; the state is asked for again"),
    Dropped(r"\w+ /v2/sms/campaigns.*", r".*(sendingIdentity|sendingIdentityId|toggleShortLinks)", NO_PLACE),
    Dropped("GET /cpaas/channels/whatsapp/.*/templates", r"paging\..*|.*example", "no more pages are offered"),
)  # fmt: skip

UNREADABLE = {
    "POST /contacts/v3/delete": "the job is asked for under the id of the example, which no job has",
    "DELETE /v2/data-fields/{name}": "a refusal inside a 200, which is raised",
    "POST /v2/campaigns": "no JSON: a comma is missing",
    "GET /v2/campaigns/{id}": "the example is no campaign that could be written again: its texts lack $UNSUB$",
    "GET /v2/campaigns/{id}/opens": "no JSON",
    "GET /v2/campaigns/{id}/activities": "no JSON",
    "GET /v2/campaigns/{id}/page-views/since-date/{date}": "no JSON",
    "GET /v2/address-books/{id}/contacts/unsubscribed-since/{date}": "no JSON",
    "GET /v2/address-books/{addressBookId}/contacts/with-preference/{preferenceId}": "no JSON",
}
"""Examples that no verb can read as they are printed."""


def undropped(examples: Iterable[Example]) -> list[str]:
    """Return the leaves that arrive nowhere and have no reason."""
    return [
        f"{example.label}: {leaf}"
        for example in examples
        if example.operation not in UNREADABLE
        for leaf in sorted(example.missing)
        if not any(one.covers(example, leaf) for one in DROPPED)
    ]


def idle(examples: Iterable[Example]) -> list[Dropped]:
    """Return the reasons that are needed for nothing."""
    every = [(example, leaf) for example in examples for leaf in example.missing]
    return [one for one in DROPPED if not any(one.covers(*pair) for pair in every)]
