"""The contract for jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from martech.models import ItemResult, Job, Page

__all__ = ["JobOperations"]


class JobOperations(Operations):
    """Jobs: asking about work that was handed over. A job carries its kind, so one row serves all."""

    row = "jobs"
    poll_seconds: ClassVar[float] = 2.0
    """How long to wait between two questions about a job; the wait grows to `slowest_poll_seconds`."""
    slowest_poll_seconds: ClassVar[float] = 30.0

    async def status(self, job: Job) -> Job:
        """Return the job as it now is. An unknown word of the vendor is `UNKNOWN`, and kept."""
        raise undeclared()

    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        """Return one page of the results of a job that ended: one per input, by position."""
        raise undeclared()
