"""Jobs at Dotdigital: imports, deletions, removals from lists, refreshes, and work on whole collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

from martech.models import ItemResult, Job, JobPart, JobStatus, Page
from martech.provider import InvalidRequest, JobOperations, Request, Response, Together, get
from martech_dotdigital.limits import CALLS_AT_ONCE
from martech_dotdigital.mapping import datasets
from martech_dotdigital.mapping import jobs as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.reading import read_v2, read_v3, word
from martech_dotdigital.wire import contacts as wire
from martech_dotdigital.wire.datasets import RecordImportState

__all__ = ["Jobs"]


def _contact_import(job_id: str) -> Request:
    return get("/contacts/v3/import/{job}", job=job_id)


def _contact_deletion(job_id: str) -> Request:
    return get("/contacts/v3/delete/{job}", job=job_id)


def _list_removal(job_id: str) -> Request:
    return get("/v2/contacts/deletion/{job}", job=job_id)


def _refresh(job_id: str) -> Request:
    return get("/v2/segments/refresh/{segment}", segment=job_id)


def _file_import(job_id: str) -> Request:
    return get("/v2/contacts/import/{job}", job=job_id)


def _record_import(job_id: str) -> Request:
    return get("/insightData/v3/import/{job}", job=job_id)


def _collection_job(job_id: str) -> Request:
    return get("/insightData/v3/async/{job}", job=job_id)


# Questions about jobs are not counted by the vendor (S7), so they stand in no line.
QUESTIONS = {
    "contacts.import": _contact_import,
    "lists.add": _contact_import,
    "contacts.delete": _contact_deletion,
    "lists.remove": _list_removal,
    "lists.clear": _list_removal,
    "lists.refresh_segment": _refresh,
    "contacts.file_import": _file_import,
    "datasets.import": _record_import,
    "datasets.delete": _collection_job,
    "datasets.truncate": _collection_job,
}
"""How one asks for each kind of job."""
REPORTED = frozenset({"contacts.import", "lists.add", "contacts.delete", "datasets.import"})
"""The kinds whose report comes with their state."""


class Jobs(JobOperations):
    """Jobs. The vendor asks to be asked every 5 to 30 seconds (guide)."""

    poll_seconds = 5.0
    slowest_poll_seconds = 30.0

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    async def status(self, job: Job) -> Job:
        """One request a part that has not ended."""
        waiting = [part for part in job.parts if not part.status.ended]
        asked = await Together([_moved(job.kind, part) for part in waiting], at_most=CALLS_AT_ONCE)
        moved: Mapping[str, JobPart] = {
            part.id: outcome.value for part, outcome in zip(waiting, asked, strict=True)
        }
        return job.model_copy(update={"parts": tuple(moved.get(part.id, part) for part in job.parts)})

    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        """One request a part whose report names single inputs, none right after its state; a page a part.

        A report comes whole; what an import's says is read from it as one goes through the page.
        """
        _question(job.kind)
        index = int(cursor or 0)
        part = job.parts[index]
        first = sum(len(earlier.inputs) for earlier in job.parts[:index])
        items = await self._part(job.kind, part, first)
        return Page(items, str(index + 1) if index + 1 < len(job.parts) else None)

    async def _part(self, kind: str, part: JobPart, first: int) -> Sequence[ItemResult]:
        if part.status is not JobStatus.DONE or not part.id:
            return list(mapping.verdicts(part, first))
        if kind in ("contacts.import", "lists.add"):
            reply = await _report(kind, part)
            # People who were put on a list went out by contact id; the caller named them otherwise.
            named = kind == "contacts.import"

            def told() -> Iterator[ItemResult]:
                return mapping.import_results(part, first, reply, self._naming, named=named)

            return Told(told)
        if kind == "contacts.delete":
            deleted = read_v3(wire.DeleteState, await _report(kind, part))
            return mapping.deletion_results(part, first, deleted, self._naming)
        if kind == "datasets.import":
            records = read_v3(RecordImportState, await _report(kind, part))
            return datasets.import_results(part, first, records)
        return mapping.removal_results(part, first)


class Told(Sequence[ItemResult]):
    """What a report says of each input, made as one goes through it: there may be a hundred thousand of them."""

    def __init__(self, tell: Callable[[], Iterator[ItemResult]]) -> None:
        self._tell = tell

    def __iter__(self) -> Iterator[ItemResult]:
        return self._tell()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, index: int) -> ItemResult: ...
    @overload
    def __getitem__(self, index: slice) -> list[ItemResult]: ...
    def __getitem__(self, index: int | slice) -> ItemResult | list[ItemResult]:
        return list(self)[index]


def _question(kind: str) -> None:
    if kind not in QUESTIONS:
        raise InvalidRequest(f"“{kind}” is no kind of job at Dotdigital")


async def _moved(kind: str, part: JobPart) -> JobPart:
    """Return a part as it now is."""
    _question(kind)
    reply = await QUESTIONS[kind](part.id)
    # The state of v3 comes with the report, which may be large.
    said = read_v2(wire.JobState, reply)["status"] if reply.asked.startswith("GET /v2/") else word(reply, "status")
    state = mapping.state_of(said)
    report = reply if state is JobStatus.DONE and kind in REPORTED else None
    return part.model_copy(update={"status": state, "detail": said, "report": report})


async def _report(kind: str, part: JobPart) -> Response:
    """Return the answer with the report of a part that is done."""
    return part.report if isinstance(part.report, Response) else await QUESTIONS[kind](part.id)
