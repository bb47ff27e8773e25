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
    result_of,
)
from martech_dengage import assumed, seen, tables
from martech_dengage.limits import ROWS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, key_of
from martech_dengage.mapping.jobs import DROP, TRUNCATE, done_at_once
from martech_dengage.mapping.tables import (
    Table,
    columns_to_wire,
    dataset_from_wire,
    key_column,
    key_value,
    row_to_wire,
)
from martech_dengage.mapping.verdicts import ROW, verdict
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import People, hand_over, look_up

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
        rows, results = await _ready(table, records)
        if rows:
            keys = [records[place].key for place in rows]
            written = await tables.upserted(self._settings, table, list(rows.values()), keys)
            for place, one in zip(rows, written, strict=True):
                results[place] = ItemResult(outcome=one.outcome, reason=one.reason)
        return [
            results[place].model_copy(update={"position": place, "identifier": record.contact})
            for place, record in enumerate(records)
        ]

    @assumed.rests_on(assumed.FILE_JOBS, assumed.TABLE_DETAIL)
    async def submit_import(self, dataset_id: str, records: Sequence[Record]) -> Job:
        """Two requests for up to 1000 rows; as files of up to 36 MB for more, one request each.

        One more request for each contact the rows are about. A record that cannot be written, or is about nobody
        dEngage knows, is refused in the results.
        """
        table = await tables.one(self._settings, dataset_id)
        rows, results = await _ready(table, records)
        inputs = [
            f"{ROW}{record.key}" if place in rows else verdict(results[place].outcome, results[place].reason)
            for place, record in enumerate(records)
        ]
        kind, parts = await hand_over(table, list(rows.values()), inputs)
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


async def _ready(table: Table, records: Sequence[Record]) -> tuple[dict[int, Row], dict[int, ItemResult]]:
    """Return by place the rows that can be written, each key once, and the results of the other records.

    Raises:
        InvalidRequest: The table has no key of one column.
    """
    key = key_column(table)
    rows: dict[int, Row] = {}
    results: dict[int, ItemResult] = {}
    for place, record in enumerate(records):
        try:
            rows[place] = _row(table, record)
        except InvalidRequest as refused:
            results[place] = result_of(refused, record.contact, place)
    people = await _people(table, list(rows.values()))
    places: dict[Any, int] = {}
    for place, row in list(rows.items()):
        if (no := _no_contact(table, row, people)) is not None:
            results[place] = no
            del rows[place]
            continue
        # Which of two rows with one key would win in one call is said nowhere (D9, D10).
        if (earlier := places.get(row[key])) is not None:
            reason = f"has the same key as record {place}; that one was written"
            results[earlier] = ItemResult(outcome=ItemOutcome.SUPERSEDED, reason=reason)
            del rows[earlier]
        places[row[key]] = place
    return rows, results


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
    """Return why a row must not be written: it would make a contact, or nobody could look.

    What may be written bears the key as dEngage spells it.
    """
    column = table.contact_column
    if column is None or row[column] in (None, ""):
        return None
    key = str(row[column])
    if key in people.failed:
        error: MartechError = people.failed[key]
        return result_of(error)
    if key in people.known:
        row[column] = people.spelt(key)
        return None
    reason = "there is no such contact, and the row would make one with permission for everything"
    return ItemResult(outcome=ItemOutcome.NOT_FOUND, reason=reason)
