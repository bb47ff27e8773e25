"""Datasets at dEngage: the tables of its data space that are no lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from martech.models import (
    Dataset,
    DatasetScope,
    ItemOutcome,
    ItemResult,
    Job,
    JobPart,
    JobStatus,
    Page,
    Record,
)
from martech.provider import (
    DatasetOperations,
    InvalidRequest,
    MartechError,
    Now,
    not_offered,
    observed,
    post,
    result_of,
)
from martech_dengage import assumed, seen, tables
from martech_dengage.limits import BULK_TIMEOUT_SECONDS, FILE_BYTES, ROWS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, key_of
from martech_dengage.mapping.jobs import BECAUSE, DROP, FILE, NOT_TAKEN, ROWS, TRUNCATE, done_at_once, job_id
from martech_dengage.mapping.tables import (
    Table,
    columns_to_wire,
    dataset_from_wire,
    in_files,
    key_column,
    key_value,
    row_to_wire,
)
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import People, look_up

NO_ROWS = not_offered("dEngage gives no rows of a table back: only its columns and how many rows it has.")

Row = dict[str, Any]


class Datasets(DatasetOperations):
    """Tables with a primary key.

    A table with a contact-key column makes a contact, with permission for everything, of every key it does not
    know (D8); whoever a row is about is looked up first.
    """

    batch_size: ClassVar[int] = ROWS_AT_ONCE

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def list(self, cursor: str | None) -> Page[Dataset]:
        """One request a page, and one for each table on it: whether it is a list is in its detail only."""
        page = await tables.own_tables(self._settings, cursor)
        return Page([dataset_from_wire(table) for table in page.items if not table.is_list], page.next_cursor)

    @observed(seen.CREATED_TABLE)
    async def create(self, dataset: Dataset) -> Dataset:
        """One request. Rows that belong to contacts need a text column `contact_key`."""
        if not dataset.columns:
            raise InvalidRequest("dEngage makes a table with its columns: say which it is to have")
        if dataset.kind is not None:
            raise InvalidRequest("dEngage has no sorts of tables besides those with and without a contact key")
        contact_column = None
        if dataset.scope is DatasetScope.CONTACT:
            contact_column = next((one.name for one in dataset.columns if one.name == KEY), None)
            if contact_column is None:
                raise InvalidRequest(f"a table that belongs to contacts needs a text column {KEY!r}")
        columns = columns_to_wire(dataset.columns)
        table_id = await tables.create(dataset.name, columns, contact_column=contact_column)
        return dataset.model_copy(update={"id": table_id})

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def schema(self, dataset_id: str) -> Dataset:
        """One request."""
        return dataset_from_wire(await tables.one(self._settings, dataset_id))

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def delete(self, dataset_id: str) -> Job:
        """Three requests: it is looked at, emptied and dropped. It is done when this returns."""
        call = await tables.drop(await tables.one(self._settings, dataset_id))
        return Job(provider="dengage", kind=DROP, parts=done_at_once(call), submitted_at=await Now())

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def upsert_batch(self, dataset_id: str, records: Sequence[Record]) -> Sequence[ItemResult]:
        """Two requests, and one for each contact the rows are about. dEngage does not say who was new."""
        table = await tables.one(self._settings, dataset_id)
        key_column(table)
        rows: dict[str, tuple[int, Row]] = {}
        results: list[ItemResult | None] = [None] * len(records)
        for place, record in enumerate(records):
            try:
                row = _row(table, record)
            except InvalidRequest as refused:
                results[place] = result_of(refused, record.contact, place)
                continue
            if (earlier := rows.pop(record.key, None)) is not None:
                reason = f"has the same key as record {place}; that one was written"
                results[earlier[0]] = ItemResult(outcome=ItemOutcome.SUPERSEDED, reason=reason)
            rows[record.key] = (place, row)
        people = await _people(table, [row for _, row in rows.values()])
        for key, (place, row) in list(rows.items()):
            if (no := _no_contact(table, row, people)) is not None:
                results[place] = no
                del rows[key]
        if rows:
            written = await tables.upserted(self._settings, table, [row for _, row in rows.values()], list(rows))
            for (place, _), one in zip(rows.values(), written, strict=True):
                results[place] = ItemResult(position=place, outcome=one.outcome, reason=one.reason)
        return [
            result.model_copy(update={"position": place, "identifier": records[place].contact})
            for place, result in enumerate(results)
            if result is not None
        ]

    @assumed.rests_on(assumed.FILE_JOBS, assumed.TABLE_DETAIL)
    async def submit_import(self, dataset_id: str, records: Sequence[Record]) -> Job:
        """Two requests for up to 1000 rows; as files of up to 36 MB for more, one request each.

        One more request for each contact the rows are about.

        Raises:
            InvalidRequest: A row cannot be written, or is about nobody dEngage knows; nothing was sent.
        """
        table = await tables.one(self._settings, dataset_id)
        key_column(table)
        rows: list[Row] = []
        for place, record in enumerate(records):
            try:
                rows.append(_row(table, record))
            except InvalidRequest as refused:
                raise InvalidRequest(f"record {place}: {refused.message}; nothing was sent") from refused
        people = await _people(table, rows)
        for place, row in enumerate(rows):
            if (no := _no_contact(table, row, people)) is not None:
                raise InvalidRequest(f"record {place}: {no.reason}; nothing was sent")
        if len(rows) <= ROWS_AT_ONCE:
            kind, parts = ROWS, await _handed_over(table, rows, [record.key for record in records])
        else:
            kind, parts = FILE, await _filed(table, rows, [record.key for record in records])
        return Job(provider="dengage", kind=kind, parts=parts, submitted_at=await Now())

    get = NO_ROWS
    records = NO_ROWS

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def delete_records(self, dataset_id: str, keys: Sequence[str]) -> Sequence[ItemResult]:
        """Two requests for up to 999 keys. If only some were there, nobody says which: all are `SAVED`."""
        table = await tables.one(self._settings, dataset_id)
        outcomes = await tables.deleted(
            self._settings, table, key_column(table), [key_value(table, key) for key in keys]
        )
        return [ItemResult(outcome=outcome) for outcome in outcomes]

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def truncate(self, dataset_id: str) -> Job:
        """Two requests; it is done when this returns."""
        call = await tables.truncate(await tables.one(self._settings, dataset_id))
        return Job(provider="dengage", kind=TRUNCATE, parts=done_at_once(call), submitted_at=await Now())


def _row(table: Table, record: Record) -> Row:
    contact_key = key_of(record.contact) if record.contact is not None else None
    if contact_key is not None and table.contact_column is None:
        raise InvalidRequest(f"the rows of {table.name!r} belong to no contact, and this record does")
    return row_to_wire(table, record, contact_key=contact_key)


async def _people(table: Table, rows: Sequence[Row]) -> People:
    column = table.contact_column
    if column is None:
        return People()
    return await look_up(str(row[column]) for row in rows if row[column] not in (None, ""))


def _no_contact(table: Table, row: Row, people: People) -> ItemResult | None:
    """Return why a row must not be written: it would make a contact, or nobody could look."""
    column = table.contact_column
    if column is None or row[column] in (None, ""):
        return None
    key = str(row[column])
    if key in people.failed:
        error: MartechError = people.failed[key]
        return result_of(error)
    if key in people.known:
        return None
    reason = "there is no such contact, and the row would make one with permission for everything"
    return ItemResult(outcome=ItemOutcome.NOT_FOUND, reason=reason)


async def _handed_over(table: Table, rows: Sequence[Row], keys: Sequence[str]) -> tuple[JobPart, ...]:
    """Rows go as they are (D11). Later jobs about the same row win, so saying it twice is saying it once."""
    said = {"tableId": table.id, "columns": list(table.names), "rows": list(rows)}
    reply = await post("/dataspace/async/upsert_v2", json=said, repeatable=True)
    return (JobPart(id=job_id(reply), inputs=tuple(keys)),)


async def _filed(table: Table, rows: Sequence[Row], keys: Sequence[str]) -> tuple[JobPart, ...]:
    """Rows go as files, cut where a request would be too large (D10).

    If dEngage stops taking them midway, what it took stays, and the rest is a part that failed.
    """
    from base64 import b64encode

    mapping = [{"tableColumn": name, "fileColumnHeader": name} for name in table.names]
    parts: list[JobPart] = []
    for start, end, content in in_files(table, rows, at_most=FILE_BYTES):
        said = {
            "tableId": table.id,
            "jobName": f"martech {table.name} {start}",
            "columnMapping": mapping,
            "fileContent": b64encode(content).decode("ascii"),
        }
        try:
            reply = await post(
                "/dataspace/async/upsert", json=said, repeatable=True, timeout_seconds=BULK_TIMEOUT_SECONDS
            )
        except MartechError as error:
            if not parts:
                raise
            reason = f"{BECAUSE}{error.message}"
            inputs = tuple(keys[start:])
            parts.append(JobPart(id=NOT_TAKEN, status=JobStatus.FAILED, inputs=inputs, detail=reason))
            break
        parts.append(JobPart(id=job_id(reply), inputs=tuple(keys[start:end])))
    return tuple(parts)
