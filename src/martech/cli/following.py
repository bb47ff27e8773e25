"""How far a run is, as a bar with its rate and the time left. Read from the journal, whoever works on the run."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from martech.cli.showing import console
from martech.errors import MartechError

if TYPE_CHECKING:
    from martech.migration.journal import Journal

__all__ = ["following"]

SECONDS = 0.4
"""How often one looks, or less where counting takes long: it is to take no more than a twentieth of the time."""


@contextmanager
def following(journal: Journal, run: str, *, quiet: bool) -> Generator[None, None, None]:
    """Show how far a run is, for as long as the body takes."""
    if quiet:
        yield
        return
    stop = Event()
    thread = Thread(target=_follow, args=(journal, run, stop), name="martech-bar", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(journal: Journal, run: str, stop: Event) -> None:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    began, pause = time.monotonic(), 0.0
    with Progress(*columns, console=console()) as bars:
        bar = bars.add_task("read", total=None, rate="")
        last = False
        while not last:
            last = stop.wait(pause)
            looked = time.monotonic()
            try:
                phase, (people, done) = str(journal.run(run)["phase"]), journal.how_far(run)
            except MartechError:
                # Who works on the run says what is wrong with the journal; a bar only looks on.
                continue
            finally:
                pause = max(SECONDS, 20 * (time.monotonic() - looked))
            reading = phase == "read"
            seen = people if reading else done
            rate = f"{seen / max(time.monotonic() - began, 0.001):,.0f} a second"
            bars.update(bar, completed=seen, total=None if reading else people, description=phase, rate=rate)
