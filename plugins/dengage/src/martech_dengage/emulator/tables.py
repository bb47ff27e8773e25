"""The tables of the data space: the customer's, whose rows we keep, and the platform's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech_dengage.emulator.contact_book import ContactBook, Source
from martech_dengage.emulator.contact_columns import CONTACT_COLUMNS
from martech_dengage.emulator.envelope import invalid, malformed, not_found
from martech_dengage.emulator.switches import Switches
from martech_dengage.emulator.values import TABLE_TYPES, Unacceptable

__all__ = ["SDK_TABLES", "Row", "Table", "TableColumn", "TableStore"]

Row = Mapping[str, Any]

SDK_TABLES = (
    "page_view_events",
    "shopping_cart_events",
    "order_events",
    "order_events_detail",
    "search_events",
    "wishlist_events",
)
"""Tables that the vendor's SDKs write, over the event host."""

# `sys_contact` is the older name of `master_contact` (seed); both are taken.
_CONTACT_TABLES = ("master_contact", "sys_contact")
_CONTACT_KINDS = {
    column.name: column.kind if column.kind in TABLE_TYPES else "DATE" if column.kind == "DAY" else "TEXT"
    for column in CONTACT_COLUMNS.values()
}
_SYSTEM_TABLES = ("master_contact", "master_device", "master_contact_extensions", *SDK_TABLES)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table."""

    name: str
    kind: str
    is_primary: bool = False
    is_nullable: bool = True

    def read(self, value: Any) -> Any:
        """Return what is stored for a value.

        Raises:
            Unacceptable: The column does not take the value.
        """
        if value is None:
            if self.is_primary or not self.is_nullable:
                raise Unacceptable(f"{self.name} cannot be null")
            return None
        try:
            return TABLE_TYPES[self.kind](value)
        except Unacceptable as wrong:
            raise Unacceptable(f"{self.name} {wrong}") from wrong


@dataclass(slots=True)
class Table:
    """One table. With `contact_key_column` it is sendable: a campaign can go straight to it."""

    table_id: str
    name: str
    columns: dict[str, TableColumn]
    contact_key_column: str | None = None
    description: str | None = None
    system: bool = False
    rows: dict[object, Row] = field(default_factory=dict)
    """By primary key where there is one; otherwise by a number, since rows are then only appended."""
    seen_rows: int = 0
    """How many rows reads see."""
    appended: int = 0
    primary: tuple[str, ...] = field(init=False)
    """The columns of the primary key, if there is one."""

    def __post_init__(self) -> None:
        self.primary = tuple(column.name for column in self.columns.values() if column.is_primary)

    def put(self, row: Row) -> None:
        """Write one row: over the one with the same primary key, or as another one where there is no key."""
        if primary := self.primary:
            self.rows[tuple(row[name] for name in primary)] = row
        else:
            self.appended += 1
            self.rows[self.appended] = row

    def remove(self, columns: Sequence[str], matching: Iterable[tuple[Any, ...]]) -> int:
        """Remove the rows that have any of these combinations of values; return how many there were."""
        wanted = set(matching)
        if self.primary and set(columns) == set(self.primary):
            positions = [columns.index(name) for name in self.primary]
            keys: Iterable[object] = {tuple(values[p] for p in positions) for values in wanted}
            doomed = [key for key in keys if key in self.rows]
        else:
            doomed = [key for key, row in self.rows.items() if tuple(row[name] for name in columns) in wanted]
        for key in doomed:
            del self.rows[key]
        return len(doomed)

    def contact_keys(self) -> Iterator[str]:
        """Return the contact keys of a sendable table, one for each row."""
        column = self.contact_key_column
        return (str(row[column]) for row in self.rows.values()) if column else iter(())


class TableStore:
    """All tables, by id and by name."""

    def __init__(self, vendor: Switches, contacts: ContactBook) -> None:
        self._vendor = vendor
        self._contacts = contacts
        self._by_id: dict[str, Table] = {}
        self._by_name: dict[str, Table] = {}
        for name in _SYSTEM_TABLES:
            kinds = _CONTACT_KINDS if name == "master_contact" else {"contact_key": "TEXT"}
            columns = {column: TableColumn(column, kind) for column, kind in kinds.items()}
            table = Table(vendor.new_id(), name, columns, system=True)
            self._by_id[table.table_id] = self._by_name[name] = table

    def add(self, table: Table) -> None:
        """Add a table; raises a refusal if its name is taken (C4)."""
        name = table.name.casefold()
        if name in self._by_name or name in _CONTACT_TABLES:
            raise malformed("Table with given name already exists!")  # code 1, in these words (C4)
        self._by_id[table.table_id] = self._by_name[name] = table

    def listed(self) -> list[Table]:
        """Return the tables that the listing names, oldest first."""
        return [table for table in self._by_id.values() if self._vendor.list_system_tables or not table.system]

    def by_id(self, table_id: str) -> Table:
        """Return a table; raises a refusal if there is none with that id."""
        if table := self._by_id.get(table_id):
            return table
        raise not_found(f"no table has the id {table_id}")

    def by_name(self, name: str) -> Table:
        """Return a table; raises a refusal if there is none with that name."""
        if table := self._by_name.get("master_contact" if name in _CONTACT_TABLES else name.casefold()):
            return table
        raise not_found(f"no table has the name {name}")

    def for_writing(self, table: Table) -> Table:
        """Return a table of the customer; raises a refusal for one of the platform's (D12, D13)."""
        if table.system:
            raise invalid(f"{table.name} is a system table")
        return table

    def upsert(self, table: Table, rows: Iterable[Row]) -> int:
        """Write rows, and make contacts of the keys in a sendable table that nobody has yet (D8)."""
        written = 0
        for row in rows:
            table.put(row)
            written += 1
            if table.contact_key_column:
                key = row[table.contact_key_column]
                if self._contacts.get(key) is None:
                    # With the defaults of the table, which means: opted in.
                    self._contacts.insert(key, {}, source=Source.DATA_SPACE)
        self.changed(table)
        return written

    def changed(self, table: Table) -> None:
        """Let reads see how many rows a table has, after the lag."""
        count, lag = len(table.rows), self._vendor.visibility_lag_seconds

        def show() -> None:
            table.seen_rows = count

        if lag:
            self._vendor.agenda.later(lag, show)
        else:
            show()

    def drop(self, table: Table) -> None:
        """Drop an empty table; raises a refusal if it has rows (C4)."""
        if table.rows:
            raise invalid(f"the table {table.name} must be empty before it is dropped")
        del self._by_id[table.table_id], self._by_name[table.name.casefold()]
