"""`martech worker`: works on the runs of a journal until it is told to stop."""

from __future__ import annotations

import signal
from threading import Event

from cyclopts import App

from martech.cli.memory import give_back_large_buffers
from martech.cli.migrate_run import StateUrl, opened
from martech.cli.showing import console

__all__ = ["adopt", "work", "worker"]

worker = App(
    name="worker", help="Work on the runs of a journal; any number of workers on PostgreSQL, one on SQLite."
)


@worker.default
def work(*, state: StateUrl = None, name: str | None = None, at_once: int = 4) -> int:
    """Work until interrupted. What this worker had under way when it died goes on at once.

    Parameters
    ----------
    state
        Where the journal is.
    name
        The id of this worker: the same again after a restart, never that of another that lives; by default the
        machine's name and -1.
    at_once
        How many batches all workers together write at a time.
    """
    from martech.migration.engines.durable import DurableEngine
    from martech.migration.running import open_work

    give_back_large_buffers()
    stop = Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    with opened(state) as journal:
        engine = DurableEngine(journal, lambda run: open_work(journal, run), worker=name, at_once=at_once)
        engine.launch()
        console().print(f"worker {engine.worker} is at work; interrupt it to stop")
        try:
            stop.wait()
        finally:
            engine.close()
    return 0


@worker.command
def adopt(name: str, /, *, state: StateUrl = None) -> int:
    """Hand what a dead worker had under way to those that live.

    Parameters
    ----------
    name
        The id of the dead worker. That it is dead is for you to know: one that lives must not be adopted.
    state
        Where the journal is.
    """
    from martech.migration.engines.durable import adopt as adopted

    with opened(state) as journal:
        console().print(f"{adopted(journal, name)} pieces of work were handed over")
    return 0
