"""DBOS as the engine: SQLite and one worker where it is embedded, PostgreSQL and any number of workers where not.

What the engine keeps are names of steps, cursors and bounds; people stay in the journal. The first half of a step
is a step of the engine, and what it brought waits in the journal as a draft; the second half is a transaction of
the journal's database, in which the engine's checkpoint commits as well.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from martech.errors import ConfigurationError, MartechError, MigrationStopped
from martech.migration.journal import Kind, State
from martech.migration.phases import STEPS, batch, migrate
from martech.migration.phases.steps import Argument

if TYPE_CHECKING:
    from martech.migration.journal import Journal
    from martech.migration.order import Work

try:
    from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID, SQLAlchemyDatasource
    from dbos import DBOSPortableJSONSerializer as PortableJson
except ModuleNotFoundError as missing:
    raise ConfigurationError(
        f"the engine needs the package {missing.name}", hint="install martech[migrate], or say --engine plain"
    ) from None

__all__ = ["DurableEngine", "adopt", "default_worker"]

VERSION = "martech-migration-1"
"""Goes with the course and the steps: a run is only gone on with by a program of the same version."""
WRITES = "martech-writes"
GO_ON = "go on"
MOST_DAYS_STOPPED = 90
POLL_SECONDS = 0.2
Bounds = tuple[str, int, int, str]
"""What a batch is given: its group, its first and last row, and which time it is."""

_ENGINE: list[DurableEngine] = []
"""The one engine of this process; there can be no second."""


def default_worker() -> str:
    """Return the id of a worker on this machine; a second one needs an id of its own."""
    return f"{socket.gethostname()}-1"


class DurableEngine:
    """The engine of this process.

    Args:
        journal: The journal; its database holds the checkpoints too.
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
        self._embedded = journal.database.dialect == "sqlite"
        self._at_once = 1 if self._embedded else at_once
        self._works: dict[str, Work] = {}
        self._source: SQLAlchemyDatasource | None = None

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def launch(self) -> None:
        """Begin to work: what this worker had under way when it died goes on at once."""
        if _ENGINE:
            raise ConfigurationError("there is an engine in this process already")
        journal_url, engine_url = _urls(self.journal)
        self._source = SQLAlchemyDatasource.create(journal_url, serializer=PortableJson())
        config: DBOSConfig = {
            "name": "martech",
            "system_database_url": engine_url,
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
        for work in self._works.values():
            work.order.source.close()
            work.order.target.client.close()
        self._works.clear()

    def work(self, run: str) -> Work:
        """Return what the steps of a run need."""
        if run not in self._works:
            self._works[run] = self._open_work(run)
        return self._works[run]

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, run: str) -> None:
        """Begin a run, or go on with one. Returns at once."""
        if self.journal.run(run)["state"] in (State.DONE, State.UNDONE):
            return
        self.journal.note(run, state=State.RUNNING, why=None)
        kind = self.journal.run(run)["kind"]
        with SetWorkflowID(run):
            DBOS.start_workflow(_run, run, kind)
        for one in DBOS.list_workflows(
            workflow_id_prefix=run, status="PENDING", load_input=False, load_output=False
        ):
            DBOS.send(one.workflow_id, GO_ON, topic=GO_ON)

    def wait(self, run: str, watch: Callable[[], object] = lambda: None) -> None:
        """Wait until a run is over.

        Raises:
            MigrationStopped: It was paused, or cannot go on now.
        """
        while True:
            known = self.journal.run(run)
            watch()
            if known["state"] in (State.DONE, State.UNDONE):
                return
            if known["state"] in (State.STOPPED, State.PAUSED):
                why = known["why"] or "it was paused"
                hint = f"martech migrate resume {run} goes on from here"
                raise MigrationStopped(f"the run stopped: {why}", checkpoint=run, hint=hint)
            status = DBOS.get_workflow_status(run)
            if status is not None and status.status not in ("PENDING", "ENQUEUED", "SUCCESS"):
                self.journal.note(run, state=State.STOPPED, why=f"the engine says {status.status}: {status.error}")
            time.sleep(POLL_SECONDS)


def adopt(journal: Journal, worker: str) -> int:
    """Hand what a dead worker had under way to those that live; returns how many workflows that were."""
    _, engine_url = _urls(journal)
    client = DBOSClient(system_database_url=engine_url, serializer=PortableJson())
    try:
        left = client.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        ids = [one.workflow_id for one in left]
        if ids:
            client.resume_workflows(ids)
        return len(ids)
    finally:
        client.destroy()


def _urls(journal: Journal) -> tuple[str, str]:
    """Return where the journal and the engine's tables are."""
    url = journal.url
    if journal.database.dialect != "sqlite":
        return url.render_as_string(hide_password=False), url.set(drivername="postgresql").render_as_string(
            hide_password=False
        )
    beside = f"{url.database}.engine"
    handle = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
    os.close(handle)
    return url.render_as_string(hide_password=False), f"sqlite:///{beside}"


# ── what the engine runs ─────────────────────────────────────────────────────────────────────────────────────────


@DBOS.workflow(name="martech-run")
def _run(run: str, kind: str) -> None:
    migrate(_Durable(run), Kind(kind))


@DBOS.workflow(name="martech-batch")
def _batch(run: str, group: str, low: int, high: int, again: str) -> None:
    batch(_Durable(run), group, low, high, again)


class _Durable:
    """Steps that the engine remembers."""

    def __init__(self, run: str) -> None:
        self._run = run

    def do(self, name: str, *arguments: Argument) -> Any:
        """Do a step, or return what it gave when it was done."""
        key = json.dumps([name, *arguments])
        attempt = 0
        while DBOS.run_step({"name": f"perform {name}"}, _performed, self._run, key, attempt) is not None:
            # Paused, or not possible now: wait until somebody says to go on.
            DBOS.recv(GO_ON, timeout_seconds=MOST_DAYS_STOPPED * 86400)
            attempt += 1
        source = _engine()._source  # noqa: SLF001 - of this module
        assert source is not None  # noqa: S101 - made when the engine was launched
        return json.loads(source.run_tx_step({"name": f"record {name}"}, _recorded, self._run, key))

    def sleep(self, seconds: float) -> None:
        """Wait, durably."""
        DBOS.sleep(seconds)

    def every(self, batches: Sequence[Sequence[Argument]]) -> None:
        """Let the workers do the batches."""
        handles = []
        for one in batches:
            with SetWorkflowID(f"{self._run}/{'/'.join(str(part) for part in one)}"):
                handles.append(DBOS.enqueue_workflow(WRITES, _batch, self._run, *cast("Bounds", tuple(one))))
        for handle in handles:
            handle.get_result(polling_interval_sec=POLL_SECONDS)


def _engine() -> DurableEngine:
    return _ENGINE[0]


def _performed(run: str, key: str, attempt: int) -> str | None:
    """Do the first half of a step; return why it could not be done, or None."""
    del attempt
    engine = _engine()
    if engine.journal.run(run)["state"] == State.PAUSED:
        return "paused"
    name, *arguments = json.loads(key)
    try:
        work = engine.work(run)
        step = STEPS[name]
        value = step.perform(work, *arguments)
    except MartechError as error:
        engine.journal.note(run, state=State.STOPPED, why=str(error))
        return type(error).__name__
    engine.journal.keep_draft(run, key, json.dumps(step.dump(value)))
    return None


def _recorded(run: str, key: str) -> str:
    """Do the second half of a step, in the transaction that holds the checkpoint too."""
    engine = _engine()
    name, *arguments = json.loads(key)
    step, work = STEPS[name], engine.work(run)
    assert engine._source is not None  # noqa: S101, SLF001 - of this module
    connection = engine._source.sql_session().connection()  # noqa: SLF001 - of this module
    value = step.load(json.loads(work.journal.draft(connection, run, key)))
    result = step.record(work, connection, value, *arguments)
    work.journal.drop_draft(connection, run, key)
    return json.dumps(result)
