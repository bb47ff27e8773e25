"""Waiting for jobs. Not durable: a process that dies here asks again with the job it stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from martech.errors import JobFailed, JobTimedOut
from martech.models import ItemOutcome, ItemResult, Job, JobPart, JobStatus
from martech.wire import Now, Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martech.provider.contract import Provider

__all__ = ["ended", "finished", "kept_per_input", "result_per_input"]

T = TypeVar("T")

_GROWTH = 1.5
IMPORT = "contacts.import"
"""The kind of job that makes contacts."""


async def ended(provider: Provider, job: Job, *, timeout_seconds: float) -> Job:
    """Ask until the job ended, well or badly, and return it. One request per question and part.

    Raises:
        JobTimedOut: It had not ended in that time; it may still.
    """
    began = await Now()
    wait = provider.jobs.poll_seconds
    while not job.status.ended:
        job = await provider.jobs.status(job)
        if job.status.ended:
            break
        waited = ((await Now()) - began).total_seconds()
        if waited + wait > timeout_seconds:
            raise JobTimedOut(
                f"the job had not ended after {waited:.0f} s; it is {job.status}",
                job=job,
                provider=provider.name,
                hint="store the job and ask again later with jobs.wait(job)",
            )
        await Pause(wait, "waiting for a job at the vendor")
        wait = min(wait * _GROWTH, provider.jobs.slowest_poll_seconds)
    return job


async def finished(provider: Provider, job: Job, *, timeout_seconds: float) -> Job:
    """Ask until the job is done, and return it.

    Raises:
        JobFailed: It ended badly.
        JobTimedOut: It had not ended in that time.
    """
    job = await ended(provider, job, timeout_seconds=timeout_seconds)
    if job.status is JobStatus.FAILED:
        said = (
            "; ".join(sorted({part.detail for part in job.parts if part.detail})) or "the vendor does not say why"
        )
        raise JobFailed(f"the job failed: {said}", job=job, provider=provider.name)
    return job


async def result_per_input(provider: Provider, job: Job) -> Sequence[ItemResult]:
    """Return one result per input of a job that ended, by position; what the vendor does not name is unknown."""
    return await kept_per_input(provider, job, lambda result: result)


async def kept_per_input(provider: Provider, job: Job, keep: Callable[[ItemResult], T]) -> Sequence[T]:
    """Return what `keep` keeps of each result, by position: whole, a hundred thousand are 100 MB."""
    found: dict[int, T] = {}
    contactable = _ContactableIfCreated(provider, job)
    cursor: str | None = None
    while True:
        page = await provider.jobs.results(job, cursor)
        found.update((item.position, keep(_told(item, contactable))) for item in page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    return [
        found[position] if position in found else keep(_told(_unnamed(job, position), contactable))
        for position in range(max(job.size, len(found)))
    ]


class _ContactableIfCreated:
    """Whether somebody whom an import created may be contacted, by position; None where nobody knows."""

    def __init__(self, provider: Provider, job: Job) -> None:
        known = job.kind == IMPORT and provider.contacts.subscribes_new_to
        self._nos: set[int] = set()
        self._count = 0
        for part in job.parts if known else ():
            self._nos.update(self._count + place for place in part.nos)
            self._count += len(part.inputs)

    def at(self, position: int) -> bool | None:
        return position not in self._nos if position < self._count else None


def _told(result: ItemResult, contactable: _ContactableIfCreated) -> ItemResult:
    """Return the result saying whether somebody new may be contacted, where the plugin left that open."""
    if result.outcome is not ItemOutcome.CREATED or result.contactable is not None:
        return result
    return result.model_copy(update={"contactable": contactable.at(result.position)})


def _unnamed(job: Job, position: int) -> ItemResult:
    part = _part_of(job, position)
    failed = part is not None and part.status is JobStatus.FAILED
    said = part.detail if part is not None and part.detail else "the vendor does not say why"
    return ItemResult(
        position=position,
        outcome=ItemOutcome.FAILED if failed else ItemOutcome.UNKNOWN,
        reason=f"the job failed: {said}" if failed else "the job's report does not name this input",
    )


def _part_of(job: Job, position: int) -> JobPart | None:
    for part in job.parts:
        if position < len(part.inputs):
            return part
        position -= len(part.inputs)
    return None
