"""Jobs: work at the vendor, as a value."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from martech.models.base import Answer, Model

__all__ = ["Job", "JobPart", "JobStatus"]


class JobStatus(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    """It ended; some of its items may have been refused."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The vendor used a word we do not know; taken as still running until the caller's time is over."""

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self in (JobStatus.DONE, JobStatus.FAILED)


class JobPart(Model):
    """What the vendor knows as one job. Large work is cut into several."""

    id: str
    status: JobStatus = JobStatus.WAITING
    inputs: tuple[str, ...] = Field(default=(), repr=False)
    """The key of each input in its order, so that there can be one result for each. Personal data."""
    nos: tuple[int, ...] = ()
    """Which of the inputs, by their place, are of people who may not be contacted if they turn out to be new."""
    detail: str | None = None
    """The vendor's own word for its state."""
    report: Any = Field(default=None, exclude=True, repr=False)
    """The answer that told that it is done, where the same answer has the results: nobody needs to ask again.

    For the provider alone. It is not stored: a job from elsewhere is asked about once more.
    """


class Job(Answer):
    """Work at the vendor: print it, store it as JSON, ask for it tomorrow from another process.

    `jobs.status(job)` returns it as it now is, `jobs.wait(job)` waits, `jobs.results(job)` gives one result per
    input.
    """

    provider: str
    kind: str
    """What the work is, such as `contacts.import`."""
    parts: tuple[JobPart, ...]
    submitted_at: AwareDatetime

    @property
    def status(self) -> JobStatus:
        """Of all parts together: the least advanced decides, and one failed part makes it failed at the end."""
        states = {part.status for part in self.parts}
        for state in (JobStatus.RUNNING, JobStatus.UNKNOWN, JobStatus.WAITING, JobStatus.FAILED):
            if state in states:
                return state
        return JobStatus.DONE

    @property
    def size(self) -> int:
        """How many inputs it has, where they are known."""
        return sum(len(part.inputs) for part in self.parts)
