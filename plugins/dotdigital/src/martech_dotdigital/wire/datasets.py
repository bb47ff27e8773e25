"""Shapes of Insight data: collections of keyed records."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from martech_dotdigital.wire.contacts import Links

_open = with_config(extra="allow")


@_open
class Collection(TypedDict):
    """A collection."""

    collectionName: str
    collectionType: NotRequired[str | None]
    collectionScope: NotRequired[str | None]
    recordCount: NotRequired[int | None]


class SchemaField(TypedDict):
    """A field the vendor learned from records."""

    name: str
    type: NotRequired[str | None]
    mode: NotRequired[str | None]
    fields: NotRequired[list[SchemaField] | None]


class Schema(TypedDict):
    """What a collection's records look like."""

    collectionName: NotRequired[str]
    collectionType: NotRequired[str | None]
    schema: NotRequired[list[SchemaField] | dict[str, Any] | None]


@_open
class Record(TypedDict):
    """A record as it is read. The key is text in one place and a number in another (S23)."""

    key: str | int
    json: Any
    created: NotRequired[str | None]
    updated: NotRequired[str | None]
    ownerContactId: NotRequired[int | None]


class RecordsPage(TypedDict):
    """A page of records."""

    _links: Links
    _items: list[Record]


class AsyncAccepted(TypedDict):
    """Answer to what is done in the background."""

    jobId: str


class Owner(TypedDict):
    """Whose a record is."""

    ownerType: NotRequired[str | None]
    contactIdentity: NotRequired[dict[str, str | int | None] | None]


class FailedRecord(TypedDict):
    """A record that was not taken."""

    collectionOwner: NotRequired[Owner | None]
    failureReason: NotRequired[str | None]
    details: NotRequired[list[str] | None]
    key: NotRequired[str | int | None]


class RecordImportState(TypedDict):
    """How far an import of records is; failures are there once it has ended."""

    status: str
    failures: NotRequired[list[FailedRecord] | None]


class DeletedRecords(TypedDict):
    """Answer to a deletion of several records."""

    notFound: NotRequired[list[str | int] | None]
