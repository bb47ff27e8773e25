"""Jobs: work at the vendor that was handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.flows import waiting
from martech.provider.resources import M, Resource, flow, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import ItemResult, Job

__all__ = ["Jobs"]


class Jobs(Resource[M]):
    """Jobs. A job is a value: another process may ask tomorrow with what this one stored."""

    row = "jobs"

    @operation
    async def status(self, job: Job) -> Job:
        """Return the job as it now is. One request a part."""
        return await self._provider.jobs.status(job)

    @flow
    async def wait(self, job: Job, *, timeout_seconds: float = 3600.0) -> Job:
        """Ask until the job is done, and return it. One request a part and question.

        Raises:
            JobFailed: It ended badly.
            JobTimedOut: It had not ended in that time; it may still.
        """
        return await waiting.finished(self._provider, job, timeout_seconds=timeout_seconds)

    @flow
    async def results(self, job: Job) -> Sequence[ItemResult]:
        """Return one result per input of a job that ended, by position. One request a part and page."""
        return await waiting.result_per_input(self._provider, job)
