"""The plain engine: one process, checkpoints in the journal, nothing else needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from martech.errors import MartechError
from martech.migration.engines.checkpointed import Checkpointed, Watch, nobody_watches, stopped
from martech.migration.journal import Kind, State
from martech.migration.phases import STEPS, migrate
from martech.migration.phases.steps import Step, Steps

if TYPE_CHECKING:
    from martech.migration.order import Work

__all__ = ["PlainEngine"]


class PlainEngine:
    """Does a run in this process, step by step; what was done is not done again.

    Args:
        watch: Told of every boundary (`performing`, `performed`, `recording`, `recorded`), for proofs.
        steps: What each step does, and `course`, which follows which; others for proofs that leave something out.
    """

    def __init__(
        self,
        *,
        watch: Watch = nobody_watches,
        steps: Mapping[str, Step] = STEPS,
        course: Callable[[Steps, Kind], None] = migrate,
    ) -> None:
        self._watch, self._steps, self._course = watch, steps, course

    def run(self, work: Work) -> None:
        """Do a run, or go on with one.

        Raises:
            MigrationStopped: It was paused, or cannot go on now; resuming needs nothing else.
        """
        if work.journal.run(work.run)["state"] in (State.DONE, State.UNDONE):
            return
        work.journal.note(work.run, state=State.RUNNING, why=None)
        try:
            self._course(Checkpointed(work, watch=self._watch, steps=self._steps), work.order.kind)
        except MartechError as error:
            raise stopped(work, error) from error
