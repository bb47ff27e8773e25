"""The Dataspace API: tables, and rows of them written and deleted at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.bulk import LARGEST_BULK, SWITCHED_OFF, faults
from martech_dengage.emulator.envelope import invalid, malformed, operation
from martech_dengage.emulator.reading import Fields, is_uuid, paging
from martech_dengage.emulator.tables import Row, Table, TableColumn
from martech_dengage.emulator.values import TABLE_TYPES, Unacceptable
from martech_dengage.emulator.vendor import Vendor

__all__ = ["Dataspace", "table_of"]

LONGEST_NAME = 50
"""Of a table and of a column (C4)."""


class Dataspace(Vendor):
    """Routes for tables and for rows of them. Rows can be written, never read back (C4)."""

    @operation("POST", "/dataspace/tables")
    def create_table(self, incoming: Incoming) -> Mapping[str, Any]:
        """CreateTable (D8): with `contactKeyColumn` the table is sendable."""
        body = Fields.of(incoming)
        name = body.text("name", longest=LONGEST_NAME)
        columns: dict[str, TableColumn] = {}
        for given in body.inners("columns", at_least=1):
            column = _column(given)
            if column.name in columns:
                raise invalid(f"the column {column.name} is given twice")
            columns[column.name] = column
        key_column = body.text_or_none("contactKeyColumn")
        if key_column is not None and (key_column not in columns or columns[key_column].kind != "TEXT"):
            raise invalid("contactKeyColumn must name a TEXT column of the table")
        body.uuid_or_none("folderId")
        table = Table(self.new_id(), name, columns, key_column, body.text_or_none("description"))
        self.tables.add(table)
        return {"tableId": table.table_id}

    @operation("GET", "/dataspace/tables")
    def list_tables(self, incoming: Incoming) -> Mapping[str, Any]:
        """List tables (C4, C6): here their id is called `publicId`."""
        page, tables = paging(incoming, least=10), self.tables.listed()
        rows = [{"tableName": table.name, "publicId": table.table_id} for table in page.page(tables)]
        return {"result": rows, "totalRowCount": len(tables)}

    @operation("GET", "/dataspace/tables/{public_id}")
    def table_detail(self, incoming: Incoming) -> Mapping[str, Any]:
        """Table detail (C4, C6): columns and how many rows, never the rows."""
        table = self.tables.by_id(incoming.parts["public_id"])
        columns = [
            {"name": c.name, "type": c.kind, "isPrimary": c.is_primary, "isNullable": c.is_nullable}
            for c in table.columns.values()
        ]
        return {
            "tableName": table.name,
            "publicId": table.table_id,
            "description": table.description,
            "totalRowCount": self.contacts.seen_count if table.name == "master_contact" else table.seen_rows,
            "columns": columns,
            "contactKeyColumn": table.contact_key_column,
        }

    @operation("DELETE", "/dataspace/tables/{table_id}/truncate")
    def truncate_table(self, incoming: Incoming) -> None:
        """TruncateTable (C4)."""
        table = self.tables.for_writing(self.tables.by_id(incoming.parts["table_id"]))
        table.rows.clear()
        self.tables.changed(table)

    @operation("DELETE", "/dataspace/tables/{table_id}/drop")
    def drop_table(self, incoming: Incoming) -> None:
        """DropTable (C4): only an empty one."""
        self.tables.drop(self.tables.for_writing(self.tables.by_id(incoming.parts["table_id"])))

    @operation("POST", "/dataspace/sync/upsert")
    def upsert_rows(self, incoming: Incoming) -> Mapping[str, Any]:
        """UpsertData (D9, C6): what was wrong with some rows comes in a 200 with code 0."""
        return self.rows_upsert(Fields.of(incoming))()

    @operation("DELETE", "/dataspace/sync/delete")
    def delete_rows(self, incoming: Incoming) -> Mapping[str, Any]:
        """DeleteData (D12, C4): by primary key, or by column values where there is none. A DELETE with a body."""
        body = Fields.of(incoming)
        table = self.tables.for_writing(table_of(self, body))
        columns = body.texts("columns", at_least=1)
        rows = body.sequence("rows", at_least=1, at_most=LARGEST_BULK)
        if len(columns) == 1:
            # D12 types the rows as an array of strings, which can only mean one column.
            rows = [[row] if isinstance(row, str) else row for row in rows]
        if table.primary and set(columns) != set(table.primary):
            raise invalid(f"columns must be the primary key: {', '.join(table.primary)}")
        _require_columns(table, columns)
        records, errors = self.rows_read(table, columns, rows)
        removed = table.remove(columns, [tuple(row[name] for name in columns) for row in records])
        self.tables.changed(table)
        return {"affectedRowCount": removed, "errorCount": len(errors), "errorList": errors}

    def rows_upsert(self, body: Fields) -> Callable[[], Mapping[str, Any]]:
        """Check an upsert of rows, and return the work that does it: now, or when its job ends."""
        table = self.tables.for_writing(table_of(self, body))
        columns = body.texts("columns", at_least=1)
        rows = body.sequence("rows", at_least=1, at_most=LARGEST_BULK)
        _require_columns(table, columns)
        if missing := [name for name in table.columns if name not in columns]:
            # A row must give every column of the table (D9).
            raise invalid(f"columns must contain every column of the table: {', '.join(missing)}")
        records, errors = self.rows_read(table, columns, rows)

        def work() -> Mapping[str, Any]:
            affected = self.tables.upsert(table, records)
            return {"affectedRowCount": affected, "errorCount": len(errors), "errorList": errors}

        return work

    def rows_read(self, table: Table, columns: Sequence[str], rows: Sequence[Any]) -> tuple[list[Row], list[Any]]:
        """Return the rows that their table takes, and the elements of `errorList` for the others."""
        good: list[Row] = []
        bad: list[tuple[Mapping[str, Any], str]] = []
        kinds = [table.columns[name] for name in columns]
        for position, row in enumerate(rows):
            self._require_shape(row)
            try:
                if self.refuse_half_of_rows and position % 2:
                    raise Unacceptable(SWITCHED_OFF)
                good.append(_read_row(table, kinds, row))
            except Unacceptable as wrong:
                bad.append(({"rowIndex": position}, str(wrong)))
        return good, faults(self, bad)

    def _require_shape(self, row: Any) -> None:
        shape = "objects" if isinstance(row, dict) else "arrays" if isinstance(row, list) else "none"
        if shape == "none" or self.rows_as not in ("either", shape):
            raise malformed("rows must be an array of objects or of arrays of values")


def table_of(vendor: Vendor, body: Fields) -> Table:
    """Return the table that a body names with `tableId` or `tableName`; one is required."""
    if (table_id := body.text_or_none("tableId")) is not None:
        if not is_uuid(table_id):
            raise malformed("tableId must be a uuid")
        return vendor.tables.by_id(table_id)
    if (name := body.text_or_none("tableName")) is not None:
        return vendor.tables.by_name(name)
    raise malformed("tableId or tableName is required")


def _column(given: Fields) -> TableColumn:
    kind = given.text("type")
    if kind not in TABLE_TYPES:
        raise invalid(f"{kind} is not a type; the types are {', '.join(TABLE_TYPES)}")
    primary, nullable = given.flag("isPrimary", default=False), given.flag("isNullable", default=True)
    return TableColumn(given.text("name", longest=LONGEST_NAME), kind, primary, nullable)


def _require_columns(table: Table, columns: Sequence[str]) -> None:
    if unknown := [name for name in columns if name not in table.columns]:
        raise invalid(f"{', '.join(unknown)} is not a column of {table.name}")


def _read_row(table: Table, columns: Sequence[TableColumn], row: dict[str, Any] | list[Any]) -> Row:
    if isinstance(row, list) and len(row) != len(columns):
        raise Unacceptable("the row has not as many values as there are columns")
    if isinstance(row, dict) and (missing := [column.name for column in columns if column.name not in row]):
        raise Unacceptable(f"{', '.join(missing)} is not given")
    values = [row[column.name] for column in columns] if isinstance(row, dict) else row
    read = {column.name: column.read(value) for column, value in zip(columns, values, strict=True)}
    if table.contact_key_column in read and not read[table.contact_key_column]:
        raise Unacceptable("the contact key is empty")
    return read
