"""Jobs at the vendor: what one is noted under, how it is asked after, and one result per input of it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from martech.errors import MigrationStopped, NotFound
from martech.migration.phases.steps import Step, nothing_to_record
from martech.models import ItemOutcome, ItemResult, Job, JobStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS", "batch_id", "noted_job", "page_id", "results_of", "why_failed"]


def batch_id(group: str, low: int, high: int, again: str) -> str:
    """Return what a batch of people is called."""
    return f"{group}/{again}/{low}-{high}"


def page_id(part: str, name: str, cursor: str | None) -> str:
    """Return what a page of something else is called; short, whatever its name and cursor are."""
    return f"{part}/{blake2b(f'{name} {cursor}'.encode(), digest_size=12).hexdigest()}"


def noted_job(work: Work, batch: str) -> tuple[Job, Sequence[Any]] | None:
    """Return a job that was noted, and what it is about, input by input; None if it has been told of."""
    job = work.jobs.pop(batch, None) or work.journal.job(work.run, batch)
    rows = work.journal.rows_of_job(work.run, batch)
    return None if job is None or rows is None else (job, rows)


def results_of(work: Work, job: Job, count: int) -> Sequence[ItemResult]:
    """Return one result per input of a job; unknown where it has not ended, or is gone."""
    if job.status.ended:
        return work.order.target.results(job, count)
    late = f"the job had not ended in time, or is gone: {', '.join(part.id for part in job.parts)}"
    return [ItemResult(outcome=ItemOutcome.UNKNOWN, reason=late) for _ in range(count)]


def _ask(work: Work, batch: str, times: int) -> Any:
    del times
    kept = work.journal.job(work.run, batch)
    if kept is None:
        return {"ended": True, "job": None}
    try:
        job = work.order.target.client.jobs.status(kept)
    except NotFound:
        # The vendor has forgotten it: nobody can tell what became of it, and doing it again is harmless.
        return {"ended": True, "job": None}
    if job.status.ended:
        work.jobs[batch] = job
    return {"ended": job.status.ended, "job": job.model_dump_json()}


def _record_ask(work: Work, connection: Connection, value: Any, batch: str, times: int) -> Any:
    del times
    if value["job"] is not None:
        work.journal.change_job(connection, work.run, batch, value["job"])
    return value["ended"]


def why_failed(job: Job) -> str | None:
    """Return in the vendor's words why nothing at all became of a job; None where something did."""
    if job.status is not JobStatus.FAILED or any(part.status is JobStatus.DONE for part in job.parts):
        return None
    words = ", ".join(dict.fromkeys(part.detail for part in job.parts if part.detail))
    return words or "the vendor does not say why"


def _halt(work: Work, batch: str, words: str) -> None:
    """Stop the run, once: whoever resumes it has seen that a whole job failed, and it goes on with the next."""
    if work.journal.begins(work.run, f"halt {batch}"[:64]):
        raise MigrationStopped(
            f"a whole job failed at {work.order.target.title}: {words}",
            checkpoint=work.run,
            hint=f"see to it there, then martech migrate resume {work.run}; those in the job are tried again",
        )


STEPS = {"ask": Step(_ask, _record_ask), "halt": Step(_halt, nothing_to_record)}
