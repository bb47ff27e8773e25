"""Steps that are done once: the checkpoint of each commits together with what it writes into the journal."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from martech.errors import MartechError, MigrationStopped
from martech.migration.journal import State
from martech.migration.phases import STEPS, begin, finish
from martech.migration.phases.steps import Argument, Batch, Step

if TYPE_CHECKING:
    from martech.migration.order import Work
    from martech.migration.target import Polls

__all__ = ["Checkpointed", "Watch", "nobody_watches", "stopped"]

Watch = Callable[[str, str], object]
"""Is told of every boundary, `performing`, `performed`, `recording` or `recorded`, and of which step."""


def nobody_watches(boundary: str, step: str) -> None:
    """Look at nothing."""
    del boundary, step


class Checkpointed:
    """The steps of one run, in any process that has its journal.

    Args:
        work: The run.
        watch: Told of every boundary, for progress and proofs.
        steps: What each step does.
    """

    def __init__(
        self,
        work: Work,
        *,
        watch: Watch = nobody_watches,
        steps: Mapping[str, Step] = STEPS,
    ) -> None:
        self.work = work
        self._steps, self._watch = steps, watch

    def do(self, name: str, *arguments: Argument) -> Any:
        """Do a step, or return what it gave when it was done.

        Raises:
            MigrationStopped: The run was paused, or stopped by another of its workers.
        """
        work = self.work
        key = _key(name, arguments)
        done = work.journal.step(work.run, key)
        if done is not None:
            return json.loads(done)
        state = work.journal.run(work.run)["state"]
        if state in (State.PAUSED, State.STOPPED):
            raise MigrationStopped(
                f"the run is {state}", checkpoint=work.run, hint=f"martech migrate resume {work.run} goes on"
            )
        step = self._steps[name]
        self._watch("performing", key)
        value = step.perform(work, *arguments)
        self._watch("performed", key)
        try:
            with work.journal.database.writing() as connection:
                result = json.dumps(step.record(work, connection, value, *arguments))
                work.journal.keep_step(connection, work.run, key, result)
                self._watch("recording", key)
        except IntegrityError:
            # Somebody else, whom nobody should have thought dead, has done this step meanwhile; theirs stands.
            theirs = work.journal.step(work.run, key)
            if theirs is None:
                raise
            result = theirs
        self._watch("recorded", key)
        return json.loads(result)

    def sleep(self, seconds: float, name: str, *arguments: Argument) -> None:
        """Wait before a step; not if that step was done already."""
        if self.work.journal.step(self.work.run, _key(name, arguments)) is None:
            self.work.order.target.let_pass(seconds)

    @property
    def polls(self) -> Polls:
        """How the vendor wants to be asked for jobs."""
        return self.work.order.target.polls

    def every(self, batches: Sequence[Batch]) -> None:
        """Do the batches in their order. Where they are jobs, as many are under way as the vendor likes."""
        under_way: deque[Batch] = deque()
        for one in batches:
            if len(under_way) >= self.work.order.target.jobs_at_once:
                finish(self, *under_way.popleft())
            if begin(self, *one):
                under_way.append(one)
        while under_way:
            finish(self, *under_way.popleft())


def stopped(work: Work, error: MartechError) -> MigrationStopped:
    """Note that a run cannot go on now, unless that is known already, and return what is to be raised."""
    with suppress(MartechError):
        # Where not even that can be noted, the run counts as running, which resuming takes as well.
        if work.journal.run(work.run)["state"] == State.RUNNING:
            work.journal.note(work.run, state=State.STOPPED, why=str(error))
    if isinstance(error, MigrationStopped):
        return error
    return MigrationStopped(
        f"the run stopped: {error.message}",
        checkpoint=work.run,
        provider=error.provider,
        hint=f"martech migrate resume {work.run} goes on from here",
    )


def _key(name: str, arguments: Sequence[Argument]) -> str:
    return json.dumps([name, *arguments])
