"""DBOS as the engine: SQLite and one worker where it is embedded, PostgreSQL and any number of workers where not.

DBOS hands the batches of a run to whichever worker is free, and brings back what a worker had under way when it
died. What was done is kept by the journal alone, step by step, as on the plain engine: a workflow that is begun
again passes by every step that has its checkpoint. DBOS is told names of runs and bounds of batches, never people.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError, ProgrammingError

from martech.errors import ConfigurationError, MartechError, MigrationStopped
from martech.migration.engines.checkpointed import Checkpointed, stopped
from martech.migration.journal import Kind, State
from martech.migration.phases import batch, migrate
from martech.migration.phases.steps import Batch

if TYPE_CHECKING:
    from martech.migration.journal import Journal
    from martech.migration.order import Work

try:
    from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID, WorkflowStatus
    from dbos import DBOSPortableJSONSerializer as PortableJson
except ModuleNotFoundError as missing:
    raise ConfigurationError(
        f"the engine needs the package {missing.name}", hint="install martech[migrate], or say --engine plain"
    ) from None

__all__ = ["DurableEngine", "adopt", "default_worker"]

VERSION = "martech-migration-3"
"""Goes with the course and the steps: a run is only gone on with by a program of the same version."""
WRITES = "martech-writes"
POLL_SECONDS = 0.2
LETTING_END_SECONDS = 60.0
"""How long what was under way when a run stopped is let come to its end, before the run is gone on with."""
UNDER_WAY = ("PENDING", "ENQUEUED", "DELAYED")

_ENGINE: list[DurableEngine] = []
"""The one engine of this process; there can be no second."""


def default_worker() -> str:
    """Return the id of a worker on this machine; a second one needs an id of its own."""
    return f"{socket.gethostname()}-1"


class DurableEngine:
    """The engine of this process.

    Args:
        journal: The journal.
        open_work: Makes of a run's id what its steps need, in any worker.
        worker: The id of this worker: the same again after a restart, and never that of another that lives.
        at_once: How many batches are written at a time by all workers together.
    """

    def __init__(
        self,
        journal: Journal,
        open_work: Callable[[str], Work],
        *,
        worker: str | None = None,
        at_once: int = 4,
    ) -> None:
        self.journal, self._open_work = journal, open_work
        self.worker = worker or default_worker()
        self._at_once = 1 if journal.database.dialect == "sqlite" else at_once
        self._works: dict[str, Work] = {}
        self._opening = Lock()

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def launch(self) -> None:
        """Begin to work: what this worker had under way when it died goes on at once."""
        if _ENGINE:
            raise ConfigurationError("there is an engine in this process already")
        config: DBOSConfig = {
            "name": "martech",
            "system_database_url": _engine_url(self.journal),
            "application_version": VERSION,
            "executor_id": self.worker,
            "serializer": PortableJson(),
            "log_level": "ERROR",
        }
        _ENGINE.append(self)
        try:
            DBOS(config=config)
            DBOS.launch()
            DBOS.register_queue(
                WRITES, global_concurrency=self._at_once, worker_concurrency=self._at_once,
                polling_interval_sec=POLL_SECONDS,
            )  # fmt: skip
        except BaseException:
            _ENGINE.clear()
            raise

    def close(self) -> None:
        """Stop working; what is under way goes on when the worker comes back."""
        _ENGINE.clear()
        DBOS.destroy(workflow_completion_timeout_sec=0)
        # DBOS goes on writing to what stderr was when it was first made, and trips over it once that is closed.
        logging.getLogger("dbos").handlers.clear()
        for work in self._works.values():
            work.order.source.close()
            work.order.target.client.close()
        self._works.clear()

    def steps(self, run: str) -> Checkpointed:
        """Return the steps of a run as this worker does them."""
        with self._opening:
            if run not in self._works:
                self._works[run] = self._open_work(run)
        return Checkpointed(self._works[run])

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, run: str) -> None:
        """Begin a run, or go on with one. Returns as soon as somebody works on it."""
        known = self.journal.run(run)
        if known["state"] in (State.DONE, State.UNDONE):
            return
        until = time.monotonic() + LETTING_END_SECONDS
        while known["state"] != State.RUNNING and self._under_way(run) and time.monotonic() < until:
            # It was stopped a moment ago, and what was under way then has not ended yet.
            time.sleep(POLL_SECONDS)
        self.journal.note(run, state=State.RUNNING, why=None)
        if not self._under_way(run):
            with SetWorkflowID(f"{run}#{len(self._begun(run)) + 1}"):
                DBOS.start_workflow(_run, run, known["kind"])

    def _begun(self, run: str) -> Sequence[WorkflowStatus]:
        """Return how often a run was begun, and how each ended."""
        found = DBOS.list_workflows(workflow_id_prefix=f"{run}#", load_input=False, load_output=False)
        return [one for one in found if "/" not in one.workflow_id]

    def _under_way(self, run: str) -> bool:
        return any(one.status in UNDER_WAY for one in self._begun(run))

    def wait(self, run: str) -> None:
        """Wait until a run is over.

        Raises:
            MigrationStopped: It was paused, or cannot go on now.
        """
        while True:
            working = self._under_way(run)
            known = self.journal.run(run)
            if known["state"] in (State.DONE, State.UNDONE):
                return
            if known["state"] == State.RUNNING and not working:
                self.journal.note(run, state=State.STOPPED, why="it ended before its end")
            elif known["state"] in (State.STOPPED, State.PAUSED):
                raise MigrationStopped(
                    f"the run stopped: {known['why'] or 'it was paused'}",
                    checkpoint=run,
                    hint=f"martech migrate resume {run} goes on from here",
                )
            time.sleep(POLL_SECONDS)


def adopt(journal: Journal, worker: str) -> int:
    """Hand what a dead worker had under way to those that live; returns how many pieces of work that were."""
    client = DBOSClient(system_database_url=_engine_url(journal), serializer=PortableJson())
    try:
        try:
            left = client.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        except (OperationalError, ProgrammingError):
            # The journal answers, so it is the engine's tables that are not there: it has never worked here.
            return 0
        batches = [one.workflow_id for one in left if "/" in one.workflow_id]
        runs = [one.workflow_id for one in left if "/" not in one.workflow_id]
        if batches:
            client.resume_workflows(batches, queue_name=WRITES)
        if runs:
            client.resume_workflows(runs)
        return len(left)
    finally:
        client.destroy()


def _engine_url(journal: Journal) -> str:
    """Return where the engine keeps its tables: in the journal's database, or in a file beside it."""
    url = journal.url
    if journal.database.dialect != "sqlite":
        return url.set(drivername="postgresql").render_as_string(hide_password=False)
    beside = f"{url.database}.engine"
    handle = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
    os.close(handle)
    return f"sqlite:///{beside}"


# ── what the engine runs ─────────────────────────────────────────────────────────────────────────────────────────


@DBOS.workflow(name="martech-run")
def _run(run: str, kind: str) -> bool:
    """Do a run; return whether it came to its end. Going on is another workflow, which passes by what is done."""
    return _done(run, lambda steps: migrate(_Handing(steps, run), Kind(kind)))


@DBOS.workflow(name="martech-batch")
def _batch(run: str, group: str, low: int, high: int, again: str) -> bool:
    """Do one batch of a run; return whether it is done."""
    return _done(run, lambda steps: batch(steps, group, low, high, again))


def _done(run: str, how: Callable[[Checkpointed], None]) -> bool:
    """Do a piece of work; what goes wrong stops the run, and never fails the workflow, which would be for good."""
    engine = _ENGINE[0]
    try:
        steps = engine.steps(run)
        try:
            how(steps)
        except MartechError as error:
            stopped(steps.work, error)
            return False
    except Exception as error:  # noqa: BLE001 - a workflow that fails can never be gone on with
        engine.journal.note(run, state=State.STOPPED, why=f"{type(error).__name__}: {error}")
        return False
    return True


class _Handing:
    """The steps of a run whose batches are handed to whichever worker is free."""

    def __init__(self, steps: Checkpointed, run: str) -> None:
        self.do, self.sleep, self.polls = steps.do, steps.sleep, steps.polls
        self._run = run

    def every(self, batches: Sequence[Batch]) -> None:
        """Let the workers do the batches, and come back when all are done.

        Raises:
            MigrationStopped: One of them stopped the run.
        """
        mine = DBOS.workflow_id
        handles = []
        for one in batches:
            with SetWorkflowID(f"{mine}/{'/'.join(str(part) for part in one)}"):
                handles.append(DBOS.enqueue_workflow(WRITES, _batch, self._run, *one))
        done = [handle.get_result(polling_interval_sec=POLL_SECONDS) for handle in handles]
        if not all(done):
            raise MigrationStopped("a batch stopped the run", checkpoint=self._run)
