"""Tables of the data space, and rows written to them."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from martech_dengage.wire.base import Fault, Text, open_ended


@open_ended
class TableRow(TypedDict):
    """A table of the listing (C4, C6)."""

    tableName: str
    publicId: str


class TablesData(TypedDict):
    """A page of tables."""

    result: list[TableRow]
    totalRowCount: NotRequired[int | None]


class TablesAnswer(TypedDict):
    """Answer of the listing."""

    data: TablesData


@open_ended
class ColumnRow(TypedDict):
    """A column. Only its name was seen being read (C4); the others are those of CreateTable (D8, C6)."""

    name: str
    type: NotRequired[Text]
    isPrimary: NotRequired[bool | None]
    isNullable: NotRequired[bool | None]


@open_ended
class TableData(TypedDict):
    """A table with its columns."""

    tableName: NotRequired[Text]
    description: NotRequired[Text]
    totalRowCount: NotRequired[int | None]
    columns: list[ColumnRow]
    contactKeyColumn: NotRequired[Text]


class TableAnswer(TypedDict):
    """Answer of the detail of a table."""

    data: TableData


class CreatedTable(TypedDict):
    """A table that was made."""

    tableId: str


class CreatedTableAnswer(TypedDict):
    """Answer of CreateTable."""

    data: CreatedTable


class RowsData(TypedDict):
    """What became of rows (C6); of a job, with its status (assumed)."""

    affectedRowCount: NotRequired[int | None]
    errorCount: NotRequired[int | None]
    errorList: NotRequired[list[Fault] | None]
    status: NotRequired[Text]


class RowsAnswer(TypedDict):
    """Answer of UpsertData and DeleteData, and of a job about rows."""

    data: NotRequired[RowsData | None]
