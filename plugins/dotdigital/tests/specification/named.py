"""The operations that the collected facts name for the source documents (S33), and which of them are there."""

from __future__ import annotations

from plugins.dotdigital.tests.specification.coverage import used
from plugins.dotdigital.tests.specification.files import shape_of

NAMED = tuple(
    line.strip()
    for line in """
    GET /v2/account-info
    GET /v2/server-time
    POST /v2/accounts/empty-recycle-bin
    POST /v2/accounts/{accountId}/api-users
    GET /contacts/v3
    POST /contacts/v3
    GET /contacts/v3/{identifier}/{value}
    PATCH /contacts/v3/{identifier}/{value}
    PUT /contacts/v3/{identifier}/{value}
    PUT /contacts/v3/import
    GET /contacts/v3/import/{importId}
    POST /contacts/v3/delete
    GET /contacts/v3/delete/{deleteId}
    POST /v2/contacts/with-consent-and-preferences
    PUT /v2/contacts/suppress-contacts
    GET /v2/contacts/suppressed-since/{date}
    GET /v2/contacts/unsubscribed-since/{date}
    POST /v2/contacts/import
    POST /v2/contacts/import/with-merge-option/{mergeOption}
    POST /v2/address-books/{addressBookId}/contacts/import
    GET /v2/data-fields
    POST /v2/data-fields
    DELETE /v2/data-fields/{name}
    GET /v2/address-books
    POST /v2/address-books
    POST /v2/address-books/{addressBookId}/contacts/delete
    GET /v2/contacts/deletion/{deletionRequestId}
    GET /insightData/v3/contacts/{collectionName}
    GET /insightData/v3/account/{collectionName}
    GET /insightData/v3/collections
    POST /insightData/v3/collections/{collectionName}
    DELETE /insightData/v3/collections/{collectionName}
    GET /insightData/v3/collections/{collectionName}/schema
    DELETE /insightData/v3/collections/{collectionName}/empty
    PUT /insightData/v3/account/{collectionName}/{recordId}
    PUT /insightData/v3/contacts/{identifier}/{value}/{collectionName}/{recordId}
    PUT /insightData/v3/import
    GET /insightData/v3/import/{importId}
    GET /insightData/v3/async/{jobId}
    GET /v2/campaigns/with-activity-since/{date}
    GET /v2/campaigns/{id}/summary
    GET /v2/campaigns/{id}/activities
    GET /v2/campaigns/{id}/activities/since-date/{date}
    GET /v2/campaigns/{id}/opens
    GET /v2/campaigns/{id}/opens/since-date/{date}
    GET /v2/campaigns/{id}/clicks
    GET /v2/campaigns/{id}/clicks/since-date/{date}
    GET /v2/campaigns/{id}/clicks-with-groups
    GET /v2/campaigns/{id}/clicks-with-groups/since-date/{date}
    GET /v2/campaigns/{id}/page-views/since-date/{date}
    GET /v2/campaigns/{id}/roi-details/since-date/{date}
    GET /v2/campaigns/{id}/revenue/since-date/{date}
    GET /v2/campaigns/metrics
    GET /v2/surveys/with-activity-since/{date}
    GET /v2/surveys/{id}/responses
    GET /v2/surveys/{id}/responses/with-activity-since/{date}
    POST /events/v3/export/subscriptions
    GET /events/v3/export/{subscriptionId}
    POST /events/v3/import
    GET /events/v3/lob/{lobId}
    GET /cpaas/webhooks
    POST /cpaas/webhooks
    GET /cpaas/webhooks/{webhookId}
    PUT /cpaas/webhooks/{webhookId}
    DELETE /cpaas/webhooks/{webhookId}
    GET /cpaas/webhooks/availableevents
    GET /cpaas/webhooks/availabletemplates
    POST /cpaas/phonevalidation/bulk
    GET /cpaas/phonevalidation/bulk/{jobId}
    GET /cpaas/phonevalidation/bulk/{jobId}/result
    POST /v2/document-folders/{id}/documents
    POST /v2/image-folders/{id}/images
    POST /data-firehose/v3/configurations
    GET /data-firehose/v3/configurations/{id}
    PUT /data-firehose/v3/configurations/{id}
    DELETE /data-firehose/v3/configurations/{id}
    """.strip().splitlines()
)
"""One a line; where an area is named as a whole, the operations of it that the documents' words ask for."""

NOT_THERE = {
    "POST /v2/accounts/{accountId}/api-users": "for those who provision accounts; users are made in the screens",
    "POST /v2/contacts/with-consent-and-preferences": "deprecated; contacts.create says the same through v3",
    "POST /v2/contacts/import": "the same with a merge option is used",
    "POST /v2/address-books/{addressBookId}/contacts/import": "the same with a merge option is used",
}


def shape(line: str) -> tuple[str, str]:
    method, _, path = line.partition(" ")
    return method, shape_of(path)


def there() -> list[str]:
    """Return those that the adapter uses."""
    return [line for line in NAMED if shape(line) in used()]
