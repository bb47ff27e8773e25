"""The data space: tables, rows written and removed at once or as jobs, and flows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from martech.models import Job, JobPart
from martech.provider import InvalidRequest, Kind, M, Now, delete, observed, operation, post, send
from martech_dengage import assumed, seen, tables
from martech_dengage.limits import BULK_TIMEOUT_SECONDS
from martech_dengage.mapping.jobs import CONTACTS, DELETE_FILE, FILE, ROWS, job_id
from martech_dengage.mapping.tables import Table
from martech_dengage.native.base import Data, Group, data_of, key_for
from martech_dengage.reading import get
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import look_up

__all__ = ["Dataspace"]

Row = Mapping[str, Any]


class Dataspace(Group[M]):
    """CreateTable, TruncateTable, DropTable, UpsertData, DeleteData, GetAsyncJobStatus and TriggerAutomatedFlow.

    Tables are named by their id; the platform's own are refused. A row of a table with a contact-key column makes
    a contact, with permission for everything, of a key dEngage does not know (D8): `makes_contacts=True` says that
    this is meant, and without it everybody is looked up first.
    """

    row = "native.dataspace"

    @operation
    @observed(seen.CREATED_TABLE)
    async def create_table(
        self,
        name: str,
        columns: Sequence[Row],
        *,
        contact_key_column: str | None = None,
        description: str | None = None,
        folder_id: str | None = None,
    ) -> str:
        """CreateTable: make a table of columns (`name`, `type`, `isPrimary`, `isNullable`); return its id."""
        return await tables.create(
            name, columns, contact_column=contact_key_column, description=description, folder_id=folder_id
        )

    @operation
    @observed(seen.TABLES)
    async def truncate_table(self, table_id: str) -> None:
        """TruncateTable: remove every row. Two requests."""
        await tables.truncate(await tables.one(self._settings, table_id))

    @operation
    @observed(seen.TABLES)
    async def drop_table(self, table_id: str) -> None:
        """DropTable: remove an empty table. Two requests."""
        table = await tables.one(self._settings, table_id)
        await delete("/dataspace/tables/{table}/drop", table=table.id, repeatable=False)

    @operation
    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def upsert_rows(self, table_id: str, rows: Sequence[Row], *, makes_contacts: bool = False) -> Data:
        """UpsertData: write up to 1000 rows of the same columns. Two requests, and one for each contact.

        Not repeated: a table without a primary key adds each row again. The answer has `affectedRowCount`,
        `errorCount` and `errorList`; some rows may have been refused.
        """
        table = await _fit(self._settings, table_id, rows, makes_contacts=makes_contacts)
        reply = await post("/dataspace/sync/upsert", json=_rows(table, rows), repeatable=bool(table.primary))
        return data_of(reply)

    @operation
    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def upsert_rows_async(self, table_id: str, rows: Sequence[Row], *, makes_contacts: bool = False) -> Job:
        """UpsertData-Async-V2: hand over up to 1000 rows of the same columns. Otherwise as `upsert_rows`."""
        table = await _fit(self._settings, table_id, rows, makes_contacts=makes_contacts)
        reply = await post("/dataspace/async/upsert_v2", json=_rows(table, rows), repeatable=bool(table.primary))
        return await _job(ROWS, job_id(reply))

    @operation
    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def upsert_file(
        self,
        table_id: str,
        content: bytes,
        *,
        column_of_header: Mapping[str, str],
        job_name: str | None = None,
        makes_contacts: bool = False,
    ) -> Job:
        """UpsertData-Async: hand over a file of any length, whose first line is the header. Two requests.

        The whole request must stay below 50 MB, which is 37 MB of file. Nobody can be looked up here: a table with
        a contact-key column needs `makes_contacts=True`.
        """
        table = await tables.one(self._settings, table_id)
        if table.contact_column is not None and not makes_contacts:
            raise InvalidRequest(
                f"a file for {table.name!r} may make contacts with permission for everything",
                hint="say makes_contacts=True if that is meant, or write rows",
            )
        reply = await post(
            "/dataspace/async/upsert",
            json=_file(table, content, column_of_header, job_name),
            repeatable=bool(table.primary),
            timeout_seconds=BULK_TIMEOUT_SECONDS,
        )
        return await _job(FILE, job_id(reply))

    @operation
    @observed(seen.DELETE_ROWS)
    async def delete_rows(self, table_id: str, rows: Sequence[Row]) -> Data:
        """DeleteData: remove rows by their keys, or by any columns where a table has none. Two requests."""
        table = await tables.one(self._settings, table_id)
        return data_of(await delete("/dataspace/sync/delete", json=_rows(table, rows), repeatable=False))

    @operation
    @observed(seen.TABLES)
    async def delete_file(
        self, table_id: str, content: bytes, *, column_of_header: Mapping[str, str], job_name: str | None = None
    ) -> Job:
        """DeleteData-Async: remove the rows whose keys are in a file. Two requests."""
        table = await tables.one(self._settings, table_id)
        reply = await delete(
            "/dataspace/async/delete",
            json=_file(table, content, column_of_header, job_name),
            timeout_seconds=BULK_TIMEOUT_SECONDS,
        )
        return await _job(DELETE_FILE, job_id(reply))

    @operation
    @assumed.rests_on(assumed.JOB_ANSWERS, assumed.FILE_JOBS)
    async def job_status(self, job_id: str, *, kind: str = FILE) -> Data:
        """GetAsyncJobStatus: return what dEngage says about a job; `kind` is that of a `Job`. One request."""
        if kind == ROWS:
            return data_of(await get("/dataspace/async/upsert_v2/{job}", job=job_id))
        if kind == CONTACTS:
            return data_of(await get("/bulk/async/contacts/{job}", job=job_id))
        name = "delete_file_job" if kind == DELETE_FILE else "upsert_file_job"
        request = assumed.ask(self._settings, name, "GET", Kind.READ, job=job_id)
        return data_of(assumed.heard(self._settings, await request))

    @operation
    @observed(seen.FLOWS)
    async def trigger_flow(self, step_id: str, *, key: str | None = None) -> None:
        """TriggerAutomatedFlow: start a flow by the id of its API-trigger step. One request, a send.

        Says nothing of what the flow then does, or to whom.

        Raises:
            InvalidInput: It was refused inside a success.
            OutcomeUnknown: Nobody can tell whether it was triggered.
        """
        await send("/dataspace/triggerAutomatedFlow", json={"id": step_id}, send_key=await key_for(key))


async def _fit(settings: DengageSettings, table_id: str, rows: Sequence[Row], *, makes_contacts: bool) -> Table:
    """Return the table, if these rows may be written to it."""
    table = await tables.one(settings, table_id)
    column = table.contact_column
    if column is not None and not makes_contacts:
        # Whether dEngage minds how a column is spelt is not known: one that is nearly this one is not overlooked.
        near = {name for row in rows for name in row if name.strip().casefold() == column.casefold()} - {column}
        if near:
            raise InvalidRequest(f"the column of contact keys is called {column!r}, not {min(near)!r}")
        people = await look_up(str(row[column]) for row in rows if row.get(column) not in (None, ""))
        for error in people.failed.values():
            raise error
        if any(people.spelt(key) != key for key in people.known):
            raise InvalidRequest(
                "some of these contact keys are spelt otherwise at dEngage, and a row could make another contact",
                hint="native.contacts.get tells how; or say makes_contacts=True",
            )
        if people.absent:
            raise InvalidRequest(
                f"{len(people.absent)} of these rows are about nobody dEngage knows, and would make contacts with "
                "permission for everything; nothing was written",
                hint="make the contacts first, or say makes_contacts=True",
            )
    return table


def _rows(table: Table, rows: Sequence[Row]) -> dict[str, Any]:
    columns = sorted(rows[0]) if rows else []
    if not columns or any(sorted(row) != columns for row in rows):
        # Without a column a removal would be about no row, or about every one.
        raise InvalidRequest("the rows of one call have the same columns, and there is at least one of both")
    return {"tableId": table.id, "columns": columns, "rows": list(rows)}


def _file(
    table: Table, content: bytes, column_of_header: Mapping[str, str], job_name: str | None
) -> dict[str, Any]:
    mapping = [{"tableColumn": column, "fileColumnHeader": name} for name, column in column_of_header.items()]
    said = {"tableId": table.id, "columnMapping": mapping, "fileContent": b64encode(content).decode("ascii")}
    return said | ({"jobName": job_name} if job_name else {})


async def _job(kind: str, vendor_id: str) -> Job:
    return Job(provider="dengage", kind=kind, parts=(JobPart(id=vendor_id),), submitted_at=await Now())
