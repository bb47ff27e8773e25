"""Jobs at dEngage: contacts and rows that it writes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from martech.models import ItemOutcome, ItemResult, Job, JobPart, JobStatus, Page, own
from martech.provider import InvalidRequest, JobOperations, Kind, Response, Together, read
from martech_dengage import assumed
from martech_dengage.limits import READS_AT_ONCE
from martech_dengage.mapping.answers import Written, rows_removed, rows_written, written
from martech_dengage.mapping.jobs import (
    AT_ONCE,
    CONTACTS,
    DELETE_FILE,
    FILE,
    REMOVE,
    ROWS,
    SEPARATOR,
    ids_of,
    part_after,
    state_of,
)
from martech_dengage.mapping.pages import start_of
from martech_dengage.mapping.verdicts import ROW, is_verdict, result_in
from martech_dengage.reading import get
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import BulkAnswer, BulkData, RowsAnswer, RowsData


class Jobs(JobOperations):
    """Imports of contacts and rows. Work that dEngage does at once is a job that is done when it is made."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.JOB_ANSWERS, assumed.FILE_JOBS)
    async def status(self, job: Job) -> Job:
        """One request for each of dEngage's jobs in a part that has not ended; a part is rarely more than one.

        What dEngage last said of each of its jobs is in `raw`, by its id.
        """
        waiting = [part for part in job.parts if not part.status.ended]
        asked = await Together([self._answers(job, part) for part in waiting], at_most=READS_AT_ONCE)
        now: dict[str, JobPart] = {}
        raw: dict[str, Any] = dict(job.raw or {})
        for part, outcome in zip(waiting, asked, strict=True):
            now[part.id] = part_after(part, [_word(reply) for reply in outcome.value.values()])
            raw |= {vendor_id: reply.json() for vendor_id, reply in outcome.value.items()}
        parts = tuple(now.get(part.id, part) for part in job.parts)
        return job.model_copy(update={"parts": parts, "raw": raw})

    @assumed.rests_on(assumed.JOB_ANSWERS, assumed.FILE_JOBS)
    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        """One request for each of dEngage's jobs; a page is a part.

        What an answer does not name is left out: nobody can tell what became of it.
        """
        index = start_of(cursor)
        if job.kind in AT_ONCE or index >= len(job.parts):
            return Page(())
        part = job.parts[index]
        first = sum(len(earlier.inputs) for earlier in job.parts[:index])
        replies = [await self._asked(job, one) for one in ids_of(part)]
        found = {CONTACTS: _people, REMOVE: _removed}.get(job.kind, _rows)
        items = found(part, replies, first, self._settings.errors_number_from)
        return Page(items, str(index + 1) if index + 1 < len(job.parts) else None)

    async def _answers(self, job: Job, part: JobPart) -> Mapping[str, Response]:
        return {one: await self._asked(job, one) for one in ids_of(part)}

    async def _asked(self, job: Job, job_id: str) -> Response:
        """Return the answer about one job. The first two places are documented (D5, D11), the others assumed."""
        if job.kind == CONTACTS:
            reply = await get("/bulk/async/contacts/{job}", job=job_id)
        elif job.kind == ROWS:
            reply = await get("/dataspace/async/upsert_v2/{job}", job=job_id)
        elif job.kind in (FILE, DELETE_FILE, REMOVE):
            name = "upsert_file_job" if job.kind == FILE else "delete_file_job"
            reply = await assumed.ask(self._settings, name, "GET", Kind.READ, job=job_id)
        else:
            raise InvalidRequest(f"dEngage has no jobs of the kind {job.kind!r}")
        return assumed.heard(self._settings, reply)


def _word(reply: Response) -> str | None:
    return (read(RowsAnswer, reply).get("data") or {}).get("status")


def _people(part: JobPart, replies: Sequence[Response], first: int, numbered_from: int) -> list[ItemResult]:
    """Return what became of contacts; whether somebody new may be contacted is known from what was handed over.

    Where a part is several of dEngage's jobs, each numbers its own records, and which those are is not kept.
    """
    told = [read(BulkAnswer, reply).get("data") or {} for reply in replies]
    together: BulkData = {
        "inserted": [key for data in told for key in data.get("inserted") or ()],
        "updated": [key for data in told for key in data.get("updated") or ()],
        "errors": [error for data in told for error in data.get("errors") or ()],
        "warnings": [warning for data in told for warning in data.get("warnings") or ()],
    }
    keys = [one.removeprefix(_OWN) for one in part.inputs if not is_verdict(one)]
    alone = SEPARATOR not in part.id
    became = written(together, list(dict.fromkeys(keys)), first=numbered_from if alone else None)
    items = _each(part, first, [became[key] for key in keys])
    named = [one if is_verdict(key) else _named(one, key) for one, key in zip(items, part.inputs, strict=True)]
    return [one for one in named if one.outcome is not ItemOutcome.UNKNOWN]


def _rows(part: JobPart, replies: Sequence[Response], first: int, numbered_from: int) -> list[ItemResult]:
    keys = [one.removeprefix(ROW) for one in part.inputs if not is_verdict(one)]
    data = _ended(replies)
    if data is None:
        return _refused_before(part, first)
    return _each(part, first, rows_written(data, keys, done=ItemOutcome.SAVED, first=numbered_from))


def _removed(part: JobPart, replies: Sequence[Response], first: int, numbered_from: int) -> list[ItemResult]:
    """Return what became of people who were to be taken off a list, as far as dEngage's counts tell."""
    keys = [one.removeprefix(_OWN) for one in part.inputs if not is_verdict(one)]
    data = _ended(replies)
    if data is None:
        return _refused_before(part, first)
    return _each(part, first, rows_removed(data, keys, first=numbered_from))


def _ended(replies: Sequence[Response]) -> RowsData | None:
    """Return what a job about rows told at its end, or None where it did not end well."""
    data: RowsData = (read(RowsAnswer, replies[0]).get("data") or {}) if replies else {}
    return data if state_of(data.get("status")) is JobStatus.DONE else None


def _each(part: JobPart, first: int, became: Sequence[Written]) -> list[ItemResult]:
    """Return the result of each input of a part: the verdict that is known already, or what became of it."""
    following = iter(became)
    items: list[ItemResult] = []
    for position, key in enumerate(part.inputs, start=first):
        known = result_in(key, position)
        if known is None:
            one = next(following)
            known = ItemResult(position=position, outcome=one.outcome, reason=one.reason)
        items.append(known)
    return items


def _refused_before(part: JobPart, first: int) -> list[ItemResult]:
    known = (result_in(key, position) for position, key in enumerate(part.inputs, start=first))
    return [one for one in known if one is not None]


def _named(result: ItemResult, key: str) -> ItemResult:
    return result.model_copy(update={"identifier": own(key.removeprefix(_OWN))})


_OWN = "own:"
