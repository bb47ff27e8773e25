"""Tables of the data space, as lists, datasets and campaigns all need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from martech.models import ItemOutcome, Page
from martech.provider import NotFound, Response, Together, delete, never, post, read
from martech_dengage import assumed
from martech_dengage.limits import DELETED_AT_ONCE, READS_AT_ONCE, TABLES_PAGE, TABLES_SCAN
from martech_dengage.mapping.answers import Written, rows_removed, rows_written
from martech_dengage.mapping.pages import after, start_of
from martech_dengage.mapping.tables import Table, is_system
from martech_dengage.reading import get
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import CreatedTableAnswer, JobTaken, RowsAnswer, TableAnswer, TableRow, TablesAnswer

__all__ = ["create", "deleted", "drop", "one", "own_tables", "table_named", "truncate", "upserted"]

NOT_OURS = never("This table is the platform's own: it is never changed, emptied, dropped or sent to from here.")


async def own_tables(settings: DengageSettings, cursor: str | None) -> Page[Table]:
    """Return one page of the account's own tables. One request, and one more for each table on the page."""
    start = start_of(cursor)
    reply = await get("/dataspace/tables", query={"limit": TABLES_PAGE, "offset": start})
    data = read(TablesAnswer, reply)["data"]
    rows = [row for row in data["result"] if not is_system(row["tableName"])]
    outcomes = await Together([_detail(settings, row) for row in rows], at_most=READS_AT_ONCE)
    # A table that was dropped meanwhile is none.
    tables = [one.value for one in outcomes if not isinstance(one.error, NotFound)]
    following = after(start, len(data["result"]), data, size=TABLES_PAGE)
    return Page(tables, None if following is None else str(following))


async def one(settings: DengageSettings, table_id: str) -> Table:
    """Return a table of the account's own. One request, and one or more where its answer does not say its name.

    Raises:
        NotFound: There is none.
        UnsupportedOperation: It is one of the platform's.
    """
    reply = await get("/dataspace/tables/{table}", table=table_id)
    data = read(TableAnswer, assumed.heard(settings, reply))["data"]
    name = data.get("tableName")
    if not name:
        name = (await _found(lambda row: row["publicId"] == table_id))["tableName"]
    if is_system(name):
        raise NOT_OURS.error()
    return Table(table_id, name, data)


async def table_named(settings: DengageSettings, name: str) -> Table:
    """Return a table by its name, the platform's own included. Two requests in an account of a thousand tables."""
    return await _detail(settings, await _found(lambda row: row["tableName"].casefold() == name))


async def create(
    name: str,
    columns: Sequence[Mapping[str, Any]],
    *,
    contact_column: str | None,
    description: str | None = None,
    folder_id: str | None = None,
) -> str:
    """Make a table and return its id. One request, not repeated: a second one would find the name taken.

    Raises:
        Conflict: The name is taken.
    """
    said: dict[str, Any] = {"name": name, "columns": list(columns)}
    said |= {"contactKeyColumn": contact_column} if contact_column else {}
    said |= {"description": description} if description else {}
    said |= {"folderId": folder_id} if folder_id else {}
    return read(CreatedTableAnswer, await post("/dataspace/tables", json=said))["data"]["tableId"]


async def upserted(
    settings: DengageSettings, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> list[Written]:
    """Write up to 1000 rows of a table with a primary key, and return what became of each. One request."""
    said = {"tableId": table.id, "columns": list(table.names), "rows": list(rows)}
    reply = await post("/dataspace/sync/upsert", json=said, repeatable=True)
    data = read(RowsAnswer, reply).get("data")
    return rows_written(data, keys, done=ItemOutcome.SAVED, first=settings.errors_number_from)


async def deleted(
    settings: DengageSettings, table: Table, column: str, values: Sequence[str | int]
) -> list[ItemOutcome]:
    """Remove rows by a column's values; one outcome for each. One request for each 999."""
    outcomes: list[ItemOutcome] = []
    for start in range(0, len(values), DELETED_AT_ONCE):
        some = values[start : start + DELETED_AT_ONCE]
        said = {"tableId": table.id, "columns": [column], "rows": [{column: value} for value in some]}
        # Not repeated: a second answer would say that they had not been there.
        reply = await delete("/dataspace/sync/delete", json=said, repeatable=False)
        keys, first = [str(value) for value in some], settings.errors_number_from
        outcomes += [one.outcome for one in rows_removed(read(RowsAnswer, reply).get("data"), keys, first=first)]
    return outcomes


async def truncate(table: Table) -> str:
    """Remove every row, and return dEngage's name for the call. One request."""
    return _call_of(await delete("/dataspace/tables/{table}/truncate", table=table.id))


async def drop(table: Table) -> str:
    """Remove a table, emptying it first because dEngage drops only empty ones (C4). Two requests."""
    call = await truncate(table)
    try:
        return _call_of(await delete("/dataspace/tables/{table}/drop", table=table.id))
    except NotFound:
        # It was there when it was emptied: an attempt before this one has dropped it.
        return call


def _call_of(reply: Response) -> str:
    return read(JobTaken, reply).get("transactionId") or "done"


async def _detail(settings: DengageSettings, row: TableRow) -> Table:
    reply = await get("/dataspace/tables/{table}", table=row["publicId"])
    return Table(row["publicId"], row["tableName"], read(TableAnswer, assumed.heard(settings, reply))["data"])


async def _found(wanted: Callable[[TableRow], bool]) -> TableRow:
    start = 0
    while True:
        reply = await get("/dataspace/tables", query={"limit": TABLES_SCAN, "offset": start})
        rows = read(TablesAnswer, reply)["data"]["result"]
        for row in rows:
            if wanted(row):
                return row
        if len(rows) < TABLES_SCAN:
            raise NotFound("there is no such table")
        start += len(rows)
