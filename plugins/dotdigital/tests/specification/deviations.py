"""Where the files are not what is so, each with its reason. Everything else that is found is a mistake of ours.

The order of trust is that of the collected facts: real clients, the generated description of v2, the single files,
the guide. S34-3 is row 3 of their table of disagreements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from plugins.dotdigital.tests.specification.checking import Finding

SWAGGER = "v2-api-full"
GENERATED = "the generated description of v2 has it otherwise, and it is trusted before the single files"


@dataclass(frozen=True)
class Deviation:
    """What may differ, by patterns that must match whole, and why."""

    operation: str
    file: str
    side: str
    text: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        pairs = ((self.operation, finding.operation), (self.file, finding.file), (self.side, finding.side))
        return all(re.fullmatch(pattern, value) for pattern, value in (*pairs, (self.text, finding.text)))


DEVIATIONS = (
    Deviation(
        r"\w+ /v2/.*", ".*", "request", r"query skip .*: minimum 1",
        "S34-6: nothing is skipped on the first page, which real clients say with 0",
    ),
    Deviation(
        "DELETE /v2/.*", "(?!v2-api-full).*", "response", "the body is missing",
        "S34-4: the generated description answers 204",
    ),
    Deviation(
        r"\w+ /v2/.*", ".*", "response", r".*: null instead of \w+",
        "v2 prints null for what is absent: the files' own examples do, where their schemas name a type only",
    ),
    Deviation(
        "GET /v2/(address-books/private|custom-from-addresses|segments|surveys/.*)", "(?!v2-api-full).*",
        "request",
        r"query (select|skip) is not described", GENERATED,
    ),
    Deviation(
        "GET /v2/.*with-preference/.*", "(?!v2-api-full).*", "request", "query minContactId is not described",
        "S34-25: spelled minContactID there, minContactId in the samples",
    ),
    Deviation(
        "GET /v2/(address-books/.*(with-preference/[^/]*|unsubscribed-since/.*)|campaigns/.*/(activities|opens)"
        "|campaigns/.*/page-views/since-date/.*|surveys.*)",
        "(?!v2-api-full).*", "response", r"\(whole\): array instead of object",
        "lists of v2 are bare arrays: the files' own examples and the generated description (S34-18 for forms)",
    ),
    Deviation(
        "GET /v2/sms/campaigns", SWAGGER, "response", r"\(whole\): array instead of object",
        "the single file describes a list and prints one; the generated description repeats that of one",
    ),
    Deviation(
        "GET /v2/campaigns/metrics", SWAGGER, "response", r"\[\]: lastDateSent is not described",
        "the single file describes and prints it",
    ),
    Deviation(
        "GET /v2/campaigns/.*/revenue.*", SWAGGER, "response", r"\(whole\): dateSent is not described",
        "the single file describes and prints it",
    ),
    Deviation(
        "GET /v2/campaigns/.*/roi-details.*", "email-campaigns", "response",
        r"\[\]\.value: integer instead of string",
        "a marker's value is of any type: " + GENERATED,
    ),
    Deviation(
        "GET /v2/campaigns/.*/summary", "email-campaigns", "response",
        r"\(whole\): numAssistedOrders is not described|conversionRate: number instead of integer", GENERATED,
    ),
    Deviation(
        "GET /v2/campaigns/.*/prepared-for-transactional-email/.*", SWAGGER, "request",
        r"query personalizationValues \[\]: string instead of object",
        "an object in an address has no form in OpenAPI; it is written as the vendor's page writes it",
    ),
    Deviation(
        "GET /v2/contacts/deletion/.*", "email-contacts", "response", r"\(whole\): (id|status) is not described",
        "one file prints Id and Status (S3); the generated description and all else of v2 begin small",
    ),
    Deviation(
        "GET /v2/preferences/modified-since/.*", "preferences-and-subscriptions", "response",
        r"\[\]: isPreference is not described", GENERATED,
    ),
    Deviation(
        "POST /v2/.*import/with-merge-option/.*", SWAGGER, "request", r"path mergeOption .*: no such word",
        "the single files take the numbers 0, 1 and 2 (S12), of which those are the names",
    ),
    Deviation(
        "POST /v2/address-books/.*import/with-merge-option/.*", "lists-address-books", "request",
        r"body \(whole\): (fileName is not described|filename is missing)",
        "names of v2 are read in any case (S3), and the other file routes spell it fileName",
    ),
    Deviation(
        "POST /v2/campaigns/send.*", "email-campaigns", "request",
        r"body \(whole\): (addressBookIds|campaignId|contactIds) is not described",
        "spelled campaignID and so on there; names are read in any case (S3), and " + GENERATED,
    ),
    Deviation(
        "POST /v2/campaigns/send", "email-campaigns", "response",
        r"contactIds: array instead of integer|splitTestOptions: test\w+ is not described", GENERATED,
    ),
    Deviation(
        "POST /v2/document-folders/.*/documents", "documents", "response",
        r"\(whole\): (dateCreated|dateModified|fileName|fileSize) is not described", GENERATED,
    ),
    Deviation(
        "POST /v2/email(/batch)?", "transactional-email", "request",
        r"body (\(whole\)|\[\]): tags is not described",
        GENERATED,
    ),
    Deviation(
        "POST /v2/email(/batch)?", SWAGGER, "request", r"body (\[\]\.)?metadata: object instead of string or null",
        "S34-12: the single file has an object, which the setting metadata_as_text turns into text",
    ),
    Deviation(
        "POST /v2/email/triggered-campaign", SWAGGER, "request", "a body where none is described",
        "S20: the generated description takes the body for a parameter of the address",
    ),
    Deviation(
        "PUT /v2/campaigns/.*", "email-campaigns", "request",
        r"body \(whole\): (fromAddress|replyAction|replyToAddress) is not described", GENERATED,
    ),
    Deviation(
        "(GET|PATCH|POST|PUT) /contacts/v3.*", "contacts", "response", r"preferences\.\[\]: name is missing",
        "required there but not described: what is described are publicName and privateName (S11)",
    ),
    Deviation(
        "GET /events/v3/export/subscriptions", "events", "response", "_links: first is not described",
        "S34-27: the sample has it, as every other page of v3",
    ),
    Deviation(
        "DELETE /insightData/v3/.*/deleteRecords", "insight-data-service", "response",
        r"\(whole\): failures is missing", "required there but not described: what is described is notFound",
    ),
    Deviation(
        "GET /insightData/v3/collections/.*/schema", "insight-data-service", "response",
        "schema: array instead of object", "the example beside it is an array",
    ),
    Deviation(
        "GET /insightData/v3/import/.*", "insight-data-service", "response", "status: no such word",
        "S34-8: the samples say Finished",
    ),
    Deviation(
        "PUT /insightData/v3/.*", "insight-data-service", "request", r"body \(whole\): object instead of string",
        "S34-13: real clients send the object itself",
    ),
)  # fmt: skip


def unexplained(findings: Iterable[Finding]) -> list[Finding]:
    """Return what no deviation covers."""
    return sorted(one for one in findings if not any(deviation.covers(one) for deviation in DEVIATIONS))


def idle(findings: Iterable[Finding]) -> list[Deviation]:
    """Return the deviations that cover nothing any more."""
    every = list(findings)
    return [deviation for deviation in DEVIATIONS if not any(deviation.covers(one) for one in every)]
