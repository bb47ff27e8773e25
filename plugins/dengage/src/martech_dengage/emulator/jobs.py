"""Asynchronous jobs: they wait, they run, and at their end they do their work, or fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from martech_dengage.emulator.envelope import not_found
from martech_dengage.emulator.switches import Switches

__all__ = ["Job", "JobBook"]

Work = Callable[[], Mapping[str, Any]]


@dataclass(slots=True)
class Job:
    """One piece of work. `kind` is the path at which its status is asked; `result` is what its work returned."""

    job_id: str
    kind: str
    name: str | None
    work: Work
    started_at: datetime
    runs_at: datetime
    ended: bool = False
    failed: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)


class JobBook:
    """All jobs there ever were."""

    def __init__(self, vendor: Switches) -> None:
        self._vendor = vendor
        self._jobs: dict[str, Job] = {}

    def start(self, kind: str, work: Work, *, name: str | None = None) -> Job:
        """Take a job on. It does its work when it ends, so that nothing of it is to be seen before."""
        vendor, now = self._vendor, self._vendor.agenda.now()
        runs_at = now + timedelta(seconds=vendor.job_seconds / 5)
        job = Job(vendor.new_id(), kind, name, work, now, runs_at)
        self._jobs[job.job_id] = job
        if not vendor.jobs_never_end:
            vendor.agenda.later(vendor.job_seconds, lambda: self.end(job, failed=vendor.jobs_fail))
        return job

    def end(self, job: Job, *, failed: bool = False) -> None:
        """Let a job come to its end now. One that ended before stays as it is."""
        if job.ended:
            return
        job.ended, job.failed = True, failed
        if not failed:
            job.result = job.work()
        job.work = dict  # what it worked on may be large, and is not needed again

    def get(self, job_id: str, kind: str | None = None) -> Job:
        """Return a job; raises a refusal if there is none with that id, or only one of another kind."""
        job = self._jobs.get(job_id)
        if job is None or kind not in (None, job.kind):
            raise not_found(f"{job_id} is not a known job")
        return job

    def unfinished(self, kind: str) -> int:
        """Return how many jobs of a kind have not ended."""
        return sum(job.kind == kind and not job.ended for job in self._jobs.values())
