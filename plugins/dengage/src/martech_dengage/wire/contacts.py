"""Contacts: what GetContact, BulkUpsert and the log of changes answer."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from martech_dengage.wire.base import Fault, Id, Text, open_ended

ContactRow = dict[str, Any]
"""A row of `master_contact`: the columns that were asked for (C4)."""


class ContactsData(TypedDict):
    """Who was found."""

    contacts: NotRequired[list[ContactRow] | None]


class ContactsAnswer(TypedDict):
    """Answer of GetContact."""

    data: NotRequired[ContactsData | None]


class BulkData(TypedDict):
    """What became of the records of a BulkUpsert (C4, C6); of a job, with its status (assumed)."""

    inserted: NotRequired[list[Id] | None]
    updated: NotRequired[list[Id] | None]
    errors: NotRequired[list[Fault] | None]
    warnings: NotRequired[list[Fault] | None]
    status: NotRequired[Text]


class BulkAnswer(TypedDict):
    """Answer of BulkUpsert, and of a BulkUpsert-Async job."""

    data: NotRequired[BulkData | None]


@open_ended
class LogRow(TypedDict):
    """One change of one contact (assumed)."""

    contactKey: Id
    field: str
    oldValue: NotRequired[Any]
    newValue: NotRequired[Any]
    updatedAt: NotRequired[Text]
    source: NotRequired[Text]


class LogData(TypedDict):
    """A page of changes."""

    result: list[LogRow]
    totalRowCount: NotRequired[int | None]
    queryForNextPage: NotRequired[bool | None]


class LogAnswer(TypedDict):
    """Answer of GetUpdateLog."""

    data: LogData
