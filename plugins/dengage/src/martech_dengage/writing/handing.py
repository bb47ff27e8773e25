"""Rows handed over as jobs of the data space: by the thousand as they are, or as files of any length."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from martech.models import JobPart, JobStatus
from martech.provider import MartechError, Request, delete, post
from martech_dengage.limits import BULK_TIMEOUT_SECONDS, FILE_BYTES, ROWS_AT_ONCE
from martech_dengage.mapping.files import fits_a_file, headers_for, in_files
from martech_dengage.mapping.jobs import BECAUSE, FILE, NOT_TAKEN, ROWS, job_id
from martech_dengage.mapping.tables import Table
from martech_dengage.mapping.verdicts import is_verdict

__all__ = ["file_for", "hand_over", "hand_over_to_remove"]

Row = Mapping[str, Any]
Requests = Iterator[tuple[int, Request]]
"""Requests, each with how many rows have gone out once it is made."""


async def hand_over(table: Table, rows: Sequence[Row], inputs: Sequence[str]) -> tuple[str, tuple[JobPart, ...]]:
    """Hand rows over to be written; returns the kind of the job and its parts.

    Up to a thousand go as they are (D11), more as files, cut where a request would be too large (D10). One request
    each. More than a thousand that a file cannot hold go by the thousand.

    Args:
        table: To which they belong.
        rows: Each with every column.
        inputs: One for each input: the key of its row, or the verdict on an input that has none.

    Raises:
        MartechError: Nothing was taken.
    """
    if len(rows) <= ROWS_AT_ONCE or not fits_a_file(rows):
        return ROWS, await _parts(_by_thousands(table, rows), inputs)
    return FILE, await _parts(_as_files(table, rows), inputs)


async def hand_over_to_remove(
    table: Table, column: str, values: Sequence[str], inputs: Sequence[str]
) -> tuple[JobPart, ...]:
    """Hand the keys of rows over that are to be removed, as files (D13). One request each.

    Raises:
        MartechError: Nothing was taken.
    """
    return await _parts(_files_to_remove(table, column, values), inputs)


def file_for(table: Table, content: bytes, columns: Sequence[str], *, name: str) -> dict[str, Any]:
    """Return what is said with a file (D10, D13)."""
    pairs = zip(columns, headers_for(columns), strict=True)
    return {
        "tableId": table.id,
        "jobName": name,
        "columnMapping": [{"tableColumn": column, "fileColumnHeader": header} for column, header in pairs],
        "fileContent": b64encode(content).decode("ascii"),
    }


def _by_thousands(table: Table, rows: Sequence[Row]) -> Requests:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        said = {"tableId": table.id, "columns": list(table.names), "rows": list(some)}
        # Later jobs about the same row win (D11), so saying it twice is saying it once.
        yield start + len(some), post("/dataspace/async/upsert_v2", json=said, repeatable=True)


def _as_files(table: Table, rows: Sequence[Row]) -> Requests:
    for start, end, content in in_files(table.names, rows, at_most=FILE_BYTES):
        said = file_for(table, content, table.names, name=f"martech {table.name} {start}")
        request = post("/dataspace/async/upsert", json=said, repeatable=True, timeout_seconds=BULK_TIMEOUT_SECONDS)
        yield end, request


def _files_to_remove(table: Table, column: str, values: Sequence[str]) -> Requests:
    rows = [{column: value} for value in values]
    for start, end, content in in_files((column,), rows, at_most=FILE_BYTES):
        said = file_for(table, content, (column,), name=f"martech {table.name} {start}")
        # Not repeated: a second job would say of what the first removed that it had not been there.
        request = delete(
            "/dataspace/async/delete", json=said, repeatable=False, timeout_seconds=BULK_TIMEOUT_SECONDS
        )
        yield end, request


async def _parts(requests: Requests, inputs: Sequence[str]) -> tuple[JobPart, ...]:
    """Make requests one after the other, each with how many rows have gone out with it; one part for each.

    If dEngage stops taking them midway, what it took stays, and the rest is a part that failed.
    """
    places = [place for place, key in enumerate(inputs) if not is_verdict(key)]
    parts: list[JobPart] = []
    first = 0
    for gone, request in requests:
        try:
            reply = await request
        except MartechError as error:
            if not parts:
                raise
            reason = f"{BECAUSE}{error.message}"
            rest = tuple(inputs[first:])
            parts.append(JobPart(id=NOT_TAKEN, status=JobStatus.FAILED, inputs=rest, detail=reason))
            return tuple(parts)
        after = places[gone] if gone < len(places) else len(inputs)
        parts.append(JobPart(id=job_id(reply), inputs=tuple(inputs[first:after])))
        first = after
    return tuple(parts) or (JobPart(id=NOT_TAKEN, status=JobStatus.DONE, inputs=tuple(inputs)),)
