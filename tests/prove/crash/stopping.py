"""A run that dies at a boundary and goes on: every boundary of a run, in process.

A run is done once. Where it dies the process forks: in the child the run has died, and all that is left of it are
the two vendors as they are and a copy of the journal's files. The child goes on from those to the end, verifies,
and does a further run. Many boundaries leave the very same behind: an exchange that reads changes nothing, and a
transaction that is not committed is none. What was left is told apart by what was committed to the journal, by the
exchanges that wrote and by the minute; each is gone on from once, and of the others a sample is too.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.migration.worlds import fast_folder
from tests.prove.crash.accounts import Accounts, begun, end_of, journal_in

from martech.migration.engines import PlainEngine
from martech.migration.order import Work

__all__ = ["Stopped", "stopped"]


@dataclass
class Stopped:
    """What became of one run and of those that died."""

    passed: int = 0
    kinds: Counter[str] = field(default_factory=Counter[str])
    usual: str = ""
    """The digest of the end without any death."""
    again: int = 0
    """How much a further run wrote then."""
    states: int = 0
    """How many different things the boundaries leave behind."""
    deaths: list[tuple[int, str, str, int]] = field(default_factory=list)
    """Of each death: at which boundary, of which kind, the digest of the end, and what a further run wrote."""

    @property
    def wrong(self) -> list[tuple[int, str]]:
        """The deaths after which the end was another, or a further run wrote anything."""
        return [(where, kind) for where, kind, ended, wrote in self.deaths if ended != self.usual or wrote]


def stopped(
    pair: tuple[str, str],
    people: int,
    dies: Callable[[int, bool], bool],
    watch: Callable[[Stopped], object] = lambda told: None,
) -> Stopped:
    """Do a run that dies, once for itself each time, wherever `dies` says.

    It is given the number of the boundary, and whether that leaves behind what no boundary before it has left.
    """
    told = Stopped()
    accounts = Accounts(pair, people)
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        journal_in(folder).close()
        with closing(sqlite3.connect(folder / "journal.db")) as looking:
            last: list[Any] = [None]
            over: list[bool] = []

            def boundary(kind: str, step: str = "") -> None:
                if over:
                    return
                label = f"{kind} {json.loads(step)[0]}" if step else kind
                told.passed += 1
                told.kinds[label] += 1
                commits = looking.execute("PRAGMA data_version").fetchone()
                left = (commits, accounts.writes, accounts.clock.now().replace(second=0, microsecond=0))
                new, last[0] = left != last[0], left
                told.states += new
                if dies(told.passed, new):
                    told.deaths.append((told.passed, label, *_died(accounts, folder)))
                    watch(told)

            work = _run(accounts, folder, "first", boundary)
            over.append(True)
        told.usual, told.again = _ended(accounts, work, folder)
        work.journal.close()
    return told


def _run(accounts: Accounts, folder: Path, run: str, boundary: Callable[..., object] = lambda *_: None) -> Work:
    order = accounts.order(boundary)
    work = begun(journal_in(folder), order, run, accounts.clock.now)
    PlainEngine(watch=boundary).run(work)
    return work


def _ended(accounts: Accounts, work: Work, folder: Path) -> tuple[str, int]:
    """Return the digest of an end, and what a further run writes."""
    ended = blake2b(end_of(work).encode(), digest_size=12).hexdigest()
    again = _run(accounts, folder, "second")
    return ended, int(again.journal.run("second")["writes"])


def _died(accounts: Accounts, folder: Path) -> tuple[str, int]:
    """Go on, in a child, from what would be left if the process died here."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            told = _gone_on(accounts, folder)
            os.write(writing, json.dumps(told).encode())
            code = 0
        except BaseException as error:  # nothing of a child may come back into the parent's run
            os.write(writing, json.dumps([f"{type(error).__name__}: {error}"[:3000], 0]).encode())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said: list[Any] = json.loads(file.read() or b'["the child said nothing", 0]')
    os.waitpid(child, 0)
    return said[0], said[1]


def _gone_on(accounts: Accounts, folder: Path) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(dir=fast_folder()) as copy:
        left = Path(copy)
        for file in folder.iterdir():
            shutil.copy(file, left / file.name)
        work = _run(accounts, left, "first")
        return _ended(accounts, work, left)
