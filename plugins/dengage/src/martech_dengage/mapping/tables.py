"""Tables of the data space: lists, and datasets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from martech.models import AttributeDefinition, AttributeType, Column, ContactList, Dataset, DatasetScope, Record
from martech.provider import InvalidRequest
from martech_dengage.mapping.contacts import KEY, value_to_wire
from martech_dengage.mapping.words import COLUMN_TYPES, CONTACT_COLUMNS, TYPES_TO_WRITE
from martech_dengage.wire import ColumnRow, TableData

__all__ = [
    "MASTER_CONTACT",
    "SYSTEM_TABLES",
    "Table",
    "attribute_from_wire",
    "columns_to_wire",
    "dataset_from_wire",
    "is_system",
    "key_column",
    "key_value",
    "list_columns",
    "list_from_wire",
    "row_to_wire",
]

_WHOLE = re.compile(r"0|-?[1-9][0-9]*")

MASTER_CONTACT = "master_contact"
SYSTEM_TABLES = frozenset({
    # Contacts under their present and their older name, and what belongs to them (D7, D6, D22).
    MASTER_CONTACT, "sys_contact", "master_device", "master_contact_extensions",
    # Written by the SDKs (D22).
    "page_view_events", "shopping_cart_events", "order_events", "order_events_detail", "search_events",
    "wishlist_events",
})  # fmt: skip
"""Tables that are the platform's own: never listed, emptied, dropped or sent to."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns."""

    id: str
    name: str
    data: TableData

    @property
    def contact_column(self) -> str | None:
        """Which column holds contact keys; a table with one can be sent to.

        Where the answer is silent on that (it was seen in two clients only: C4, C6), a column that is called like
        the contact key is taken for one: a row that makes somebody is worse than a look too many.
        """
        if "contactKeyColumn" not in self.data:
            return KEY if KEY in self.names else None
        return self.data["contactKeyColumn"] or None

    @property
    def required(self) -> frozenset[str]:
        """Columns that a row cannot leave empty. Where nothing is said of a column, it cannot (D9)."""
        return frozenset(
            column["name"]
            for column in self.data["columns"]
            if column.get("isPrimary") or column.get("isNullable") is not True
        )

    @property
    def primary(self) -> tuple[str, ...]:
        """The columns of its primary key. Without one, a row that is written twice is there twice (D9).

        Where no column says whether it belongs to the key, a lone contact key is taken for one: that is how lists
        are made here.
        """
        silent = all(column.get("isPrimary") is None for column in self.data["columns"])
        if silent and self.names == (self.contact_column,):
            return self.names
        return tuple(column["name"] for column in self.data["columns"] if column.get("isPrimary"))

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(column["name"] for column in self.data["columns"])

    @property
    def is_list(self) -> bool:
        """Whether it is a set of contacts and needs nothing else of them."""
        key = self.contact_column
        return key is not None and self.required == frozenset({key}) and self.primary == (key,)


def is_system(name: str) -> bool:
    """Return whether a table is the platform's own, by its name."""
    plain = name.strip().casefold()
    return plain in SYSTEM_TABLES or plain.startswith(("sys_", "master_"))


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────


def list_columns() -> list[dict[str, Any]]:
    """Return the columns of a new list: nothing but the contact key."""
    return [{"name": KEY, "type": "TEXT", "isPrimary": True, "isNullable": False}]


def list_from_wire(table: Table) -> ContactList:
    """Return a sendable table as a list."""
    return ContactList(
        id=table.id,
        name=table.name,
        description=table.data.get("description"),
        size=table.data.get("totalRowCount"),
        raw=table.data,
    )


# ── datasets ─────────────────────────────────────────────────────────────────────────────────────────────────


def dataset_from_wire(table: Table) -> Dataset:
    """Return a table as a dataset."""
    return Dataset(
        id=table.id,
        name=table.name,
        scope=DatasetScope.CONTACT if table.contact_column else DatasetScope.ACCOUNT,
        columns=tuple(_column_from_wire(column) for column in table.data["columns"]),
        size=table.data.get("totalRowCount"),
        raw=table.data,
    )


def _column_from_wire(column: ColumnRow) -> Column:
    word = column.get("type") or ""
    return Column(
        name=column["name"],
        type=COLUMN_TYPES.get(word.upper(), AttributeType.UNKNOWN),
        is_key=bool(column.get("isPrimary")),
        nullable=not column.get("isPrimary") and column.get("isNullable") is True,
        vendor_word=word or None,
    )


def attribute_from_wire(column: ColumnRow) -> AttributeDefinition:
    """Return a column of the contact table as an attribute."""
    word = column.get("type") or ""
    return AttributeDefinition(
        name=column["name"],
        type=COLUMN_TYPES.get(word.upper(), AttributeType.UNKNOWN),
        is_built_in=column["name"] in CONTACT_COLUMNS,
        vendor_word=word or None,
        raw=column,
    )


def columns_to_wire(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return columns as CreateTable takes them.

    Raises:
        InvalidRequest: One is of a type that dEngage does not have.
    """
    said: list[dict[str, Any]] = []
    for column in columns:
        word = TYPES_TO_WRITE.get(column.type)
        if column.repeated or column.columns or word is None:
            kinds = ", ".join(sorted(TYPES_TO_WRITE))
            raise InvalidRequest(f"column {column.name!r} cannot be made: dEngage has columns of {kinds}")
        nullable = column.nullable and not column.is_key
        said.append({"name": column.name, "type": word, "isPrimary": column.is_key, "isNullable": nullable})
    return said


def key_column(table: Table) -> str:
    """Return the one column by which rows are told apart.

    Raises:
        InvalidRequest: There is none, or several.
    """
    if len(table.primary) == 1:
        return table.primary[0]
    if not table.primary:
        raise InvalidRequest(
            f"the table {table.name!r} has no primary key: dEngage would add each row again, not change it",
            hint="native.dataspace.upsert_rows adds rows",
        )
    several = ", ".join(table.primary)
    raise InvalidRequest(
        f"the rows of {table.name!r} are told apart by {several} together, and a record has one key",
        hint="native.dataspace.upsert_rows takes rows of any shape",
    )


def key_value(table: Table, key: str) -> str | int:
    """Return the value of a key as its column takes it.

    Raises:
        InvalidRequest: The column holds numbers and this is none.
    """
    name = key_column(table)
    kind = next((column.get("type") or "" for column in table.data["columns"] if column["name"] == name), "")
    if COLUMN_TYPES.get(kind.upper()) is not AttributeType.INTEGER:
        return key
    # Only as a number is written: several texts that are one number would be one row.
    if not _WHOLE.fullmatch(key):
        raise InvalidRequest(f"the key of {table.name!r} is a number, and one of the records has another")
    return int(key)


def row_to_wire(table: Table, record: Record, *, contact_key: str | None) -> dict[str, Any]:
    """Return a record as a row.

    Raises:
        InvalidRequest: It does not give every column, which dEngage asks of a row (D9), or contradicts itself.
    """
    key = key_column(table)
    row: dict[str, Any] = {name: value_to_wire(value) for name, value in record.values.items()}
    _agree(row, key, key_value(table, record.key), "its key")
    if contact_key is not None and table.contact_column is not None:
        _agree(row, table.contact_column, contact_key, "its contact")
    unknown = sorted(row.keys() - set(table.names))
    if unknown:
        raise InvalidRequest(f"the table {table.name!r} has no column {', '.join(unknown)}")
    if broken := sorted(name for name, value in row.items() if isinstance(value, str) and not _is_whole(value)):
        raise InvalidRequest(f"{', '.join(broken)} holds half a character, which nothing can carry")
    missing = [name for name in table.names if name not in row]
    if missing:
        raise InvalidRequest(
            f"dEngage wants every column in a row, and this one lacks {', '.join(missing)}",
            hint="None writes that there is nothing, over what is there",
        )
    return {name: row[name] for name in table.names}


def _is_whole(text: str) -> bool:
    """Return whether a text can be written at all: half of a pair of surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _agree(row: dict[str, Any], column: str, value: str | int, what: str) -> None:
    if column in row and str(row[column]) != str(value):
        raise InvalidRequest(f"the value of {column!r} is not {what}")
    row[column] = value
