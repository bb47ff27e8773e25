"""Rows written and deleted in the background: by file, of any length, and by the thousand."""

from __future__ import annotations

import binascii
import csv
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.bulk import SWITCHED_OFF, faults
from martech_dengage.emulator.dataspace import Dataspace, table_of
from martech_dengage.emulator.dates import answer_time
from martech_dengage.emulator.envelope import Answer, invalid, malformed, operation
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.tables import Row, Table
from martech_dengage.emulator.values import Unacceptable, from_text

__all__ = ["Imports"]

LARGEST_REQUEST = 50 * 1024 * 1024
"""Of a request that carries a file, its base64 included (D10)."""

UPSERT_JOB = "dataspace/async/upsert"
UPSERT_ROWS_JOB = "dataspace/async/upsert_v2"
DELETE_JOB = "dataspace/async/delete"


class Imports(Dataspace):
    """Routes that start jobs on tables. The answer's transaction id is the job's (D11)."""

    @operation("POST", "/dataspace/async/upsert")
    def upsert_file(self, incoming: Incoming) -> Answer:
        """UpsertData-Async (D10): a whole CSV file in base64; every column of the table must be mapped."""
        body, table = self._with_file(incoming)
        mapping = _mapping(body, table)
        if missing := [name for name in table.columns if name not in mapping]:
            raise invalid(f"columnMapping must cover every column of the table: {', '.join(missing)}")
        rows = _cells(body, mapping)

        def work(records: Sequence[Row]) -> int:
            return self.tables.upsert(table, records)

        return self._start(UPSERT_JOB, body, lambda: self._result(table, rows, work))

    @operation("DELETE", "/dataspace/async/delete")
    def delete_file(self, incoming: Incoming) -> Answer:
        """DeleteData-Async (D13): the mapping must cover all columns of the primary key."""
        body, table = self._with_file(incoming)
        mapping = _mapping(body, table)
        if missing := [name for name in table.primary if name not in mapping]:
            raise invalid(f"columnMapping must cover the primary key: {', '.join(missing)}")
        columns = table.primary or tuple(mapping)
        rows = _cells(body, {name: mapping[name] for name in columns})

        def work(records: Sequence[Row]) -> int:
            removed = table.remove(columns, [tuple(row[name] for name in columns) for row in records])
            self.tables.changed(table)
            return removed

        return self._start(DELETE_JOB, body, lambda: self._result(table, rows, work))

    @operation("POST", "/dataspace/async/upsert_v2")
    def upsert_rows_async(self, incoming: Incoming) -> Answer:
        """UpsertData-Async-V2 (D11): the body of UpsertData; later requests for the same row win."""
        body = Fields.of(incoming)
        work, total = self.rows_upsert(body), len(body.sequence("rows"))
        return self._start(UPSERT_ROWS_JOB, body, lambda: {"totalRowCount": total, **work()})

    def _with_file(self, incoming: Incoming) -> tuple[Fields, Table]:
        if len(incoming.body) > LARGEST_REQUEST:
            raise malformed("the request is larger than 50 MB")
        body = Fields.of(incoming)
        return body, self.tables.for_writing(table_of(self, body))

    def _start(self, kind: str, body: Fields, work: Callable[[], Mapping[str, Any]]) -> Answer:
        # The default name carries a timestamp (D13).
        name = body.text_or_none("jobName") or f"{kind.rpartition('/')[2]} {answer_time(self.agenda.now())}"
        job = self.jobs.start(kind, work, name=name)
        return Answer({"jobId": job.job_id}, transaction_id=job.job_id)

    def _result(
        self, table: Table, rows: Iterator[Mapping[str, str]], work: Callable[[Sequence[Row]], int]
    ) -> Mapping[str, Any]:
        good: list[Row] = []
        bad: list[tuple[Mapping[str, Any], str]] = []
        total = 0
        for position, cells in enumerate(rows):
            total += 1
            try:
                if self.refuse_half_of_rows and position % 2:
                    raise Unacceptable(SWITCHED_OFF)
                good.append(_read_cells(table, cells))
            except Unacceptable as wrong:
                bad.append(({"rowIndex": position}, str(wrong)))
        affected, errors = work(good), faults(self, bad)
        return {
            "totalRowCount": total,
            "affectedRowCount": affected,
            "errorCount": len(errors),
            "errorList": errors,
        }


def _mapping(body: Fields, table: Table) -> dict[str, str]:
    """Return which header of the file each column of the table is read from."""
    mapping: dict[str, str] = {}
    for pair in body.inners("columnMapping", at_least=1):
        column = pair.text("tableColumn")
        if column not in table.columns:
            raise invalid(f"{column} is not a column of {table.name}")
        mapping[column] = pair.text("fileColumnHeader")
    return mapping


def _cells(body: Fields, mapping: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Return the rows of the file, each as text by column of the table; the header is looked at now."""
    try:
        text = b64decode(body.text("fileContent"), validate=True).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise malformed("fileContent is not the base64 of a text file") from wrong
    csv.field_size_limit(LARGEST_REQUEST)  # no bound of a field is known but that of the request
    header_line = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in header_line else ",")
    header = next(reader, [])
    if missing := [name for name in mapping.values() if name not in header]:
        raise invalid(f"the file has no column {', '.join(missing)}")
    places = {column: header.index(name) for column, name in mapping.items()}
    return (
        {column: row[place] if place < len(row) else "" for column, place in places.items()}
        for row in reader
        if row
    )


def _read_cells(table: Table, cells: Mapping[str, str]) -> Row:
    row = {}
    for name, text in cells.items():
        column = table.columns[name]
        try:
            value = from_text(column.kind, text)
        except Unacceptable as wrong:
            raise Unacceptable(f"{name} {wrong}") from wrong
        row[name] = column.read(value)
    if table.contact_key_column in row and not row[table.contact_key_column]:
        raise Unacceptable("the contact key is empty")
    return row
