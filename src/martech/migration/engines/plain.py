"""The plain engine: one process, checkpoints in the journal, nothing else needed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError, MigrationStopped
from martech.migration.journal import Kind, State
from martech.migration.phases import STEPS, batch, migrate
from martech.migration.phases.steps import Argument, Step, Steps

if TYPE_CHECKING:
    from martech.migration.order import Work

__all__ = ["PlainEngine"]


def _nobody_watches(boundary: str, step: str) -> None:
    del boundary, step


class PlainEngine:
    """Does a run in this process, step by step; what was done is not done again.

    Args:
        sleep: How to wait.
        watch: Told of every boundary (`performing`, `performed`, `recording`, `recorded`), for proofs.
        steps: What each step does, and `course`, which follows which; others for proofs that leave something out.
    """

    def __init__(
        self,
        *,
        sleep: Callable[[float], object] = time.sleep,
        watch: Callable[[str, str], object] = _nobody_watches,
        steps: Mapping[str, Step] = STEPS,
        course: Callable[[Steps, Kind], None] = migrate,
    ) -> None:
        self._sleep, self._watch, self._steps, self._course = sleep, watch, steps, course

    def run(self, work: Work) -> None:
        """Do a run, or go on with one.

        Raises:
            MigrationStopped: It was paused, or cannot go on now; resuming needs nothing else.
        """
        if work.journal.run(work.run)["state"] in (State.DONE, State.UNDONE):
            return
        work.journal.note(work.run, state=State.RUNNING, why=None)
        try:
            self._course(_Checkpointed(work, self._steps, self._sleep, self._watch), work.order.kind)
        except MigrationStopped:
            raise
        except MartechError as error:
            work.journal.note(work.run, state=State.STOPPED, why=str(error))
            raise MigrationStopped(
                f"the run stopped: {error.message}",
                checkpoint=work.run,
                provider=error.provider,
                hint=f"martech migrate resume {work.run} goes on from here",
            ) from error


class _Checkpointed:
    """Steps whose checkpoint commits together with what they write into the journal."""

    def __init__(
        self,
        work: Work,
        steps: Mapping[str, Step],
        sleep: Callable[[float], object],
        watch: Callable[[str, str], object],
    ) -> None:
        self._work, self._steps, self._sleep, self._watch = work, steps, sleep, watch

    def do(self, name: str, *arguments: Argument) -> Any:
        """Do a step, or return what it gave when it was done."""
        work = self._work
        key = json.dumps([name, *arguments])
        done = work.journal.step(work.run, key)
        if done is not None:
            return json.loads(done)
        if work.journal.run(work.run)["state"] == State.PAUSED:
            raise MigrationStopped(
                "the run is paused", checkpoint=work.run, hint=f"martech migrate resume {work.run} goes on"
            )
        step = self._steps[name]
        self._watch("performing", key)
        value = step.perform(work, *arguments)
        self._watch("performed", key)
        with work.journal.database.writing() as connection:
            result = step.record(work, connection, value, *arguments)
            work.journal.keep_step(connection, work.run, key, json.dumps(result))
            self._watch("recording", key)
        self._watch("recorded", key)
        return json.loads(json.dumps(result))

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._sleep(seconds)

    def every(self, batches: Sequence[Sequence[Argument]]) -> None:
        """Do the batches one after the other."""
        for one in batches:
            batch(self, *one)  # type: ignore[arg-type]  # what `cuts` gave
