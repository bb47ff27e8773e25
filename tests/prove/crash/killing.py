"""Real processes over real HTTP, killed with SIGKILL at each kind of boundary, one kind after the other.

Boundaries of steps are passed in the process that runs. Those of exchanges are passed at the vendor: before it has
begun with a request, or once it has done it and has not answered.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from tests.migration.worlds import fast_folder
from tests.prove.crash.accounts import begun, client_of, end_of, fill, journal_in, order_for, route_of, verified
from tests.prove.crash.dying import Nursery

from martech.emulation import EmulatorClock, Served, serve
from martech.migration.order import utc_now
from martech.registry import emulator

__all__ = ["Killed", "Killing"]

SPEED = 50.0


@dataclass
class Killed:
    """How runs ended that were killed."""

    verdict: str = ""
    usual: str = ""
    deaths: Counter[str] = field(default_factory=Counter[str])
    """How many processes died at each kind of boundary."""
    wrong: list[str] = field(default_factory=list)


class Killing:
    """Runs of one pair, each in processes of their own, against two vendors on ports."""

    def __init__(self, pair: tuple[str, str], people: int, *, seed: int = 1) -> None:
        self.pair, self.people, self.told = pair, people, Killed()
        self._draw = Random(seed)
        self._nursery = Nursery()
        self.kinds: Counter[str] = Counter()

    def usual(self) -> None:
        """Do a run that nobody kills, and note its boundaries and its end."""
        ended, verdict, wrote, self.kinds = self._life([])
        self.told.usual, self.told.verdict = ended, verdict
        if wrote:
            self.told.wrong.append(f"a further run wrote {wrote}")

    def kill(self, kind: str) -> None:
        """Kill a run at a boundary of a kind, and whatever goes on with it at one of another kind."""
        then = self._draw.choice(sorted(self.kinds))
        ended, verdict, wrote, _ = self._life([(kind, self._draw.randint(1, self.kinds[kind])), (then, 1)])
        if ended != self.told.usual or verdict != self.told.verdict or wrote:
            self.told.wrong.append(f"killed at {kind}, then at {then}: {verdict}; a further run wrote {wrote}")

    def _life(self, deaths: list[tuple[str, int]]) -> tuple[str, str, int, Counter[str]]:
        """Do a run in as many processes as it takes; returns its end, verdict, further writes and boundaries."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=fast_folder())))
            sides = [_Side(name, which) for name, which in zip(self.pair, ("source", "target"), strict=True)]
            for side in sides:
                stack.callback(side.served.close)
            lines = [side.served.line() for side in sides]
            with client_of(lines[0]) as client:
                fill(sides[0].served.emulator, client, self.people, self.pair)
            for side in sides:
                side.served.emulator.catch_up()
            (folder / "sides.json").write_text(json.dumps([lines, self.pair]))
            kinds: Counter[str] = Counter()
            for kind, times in [*deaths, ("", 0)]:
                died, passed = self._process(folder, sides, "first", kind, times)
                kinds += passed
                self.told.deaths[kind] += died
            self._process(folder, sides, "second", "", 0)
            with client_of(lines[0]) as source, client_of(lines[1]) as target:
                journal = journal_in(folder)
                stack.callback(journal.close)
                work = begun(journal, order_for(source, target, self.pair), "first", utc_now)
                wrote = int(journal.run("second")["writes"])
                told = verified(work)
                return end_of(work, told), told.line(), wrote, kinds

    def _process(
        self, folder: Path, sides: list[_Side], run: str, kind: str, times: int
    ) -> tuple[bool, Counter[str]]:
        """Do a run, or go on with it, in a process that is killed the so-manieth time it comes to a boundary."""

        def born(process: int) -> None:
            for side in sides:
                side.watch(process, kind, times)

        died = self._nursery.run(folder, run, kind, times, born)
        steps = folder / "passed.json"
        passed: Counter[str] = Counter(json.loads(steps.read_text()) if steps.is_file() else {})
        for side in sides:
            passed += side.passed
            side.watch(0, "", 0)
        return died, passed

    def close(self) -> None:
        """Let go of the process from which the others come."""
        self._nursery.close()


class _Side:
    """A vendor on a port, at which a process may be killed."""

    def __init__(self, name: str, which: str) -> None:
        self._which, self._lock = which, Lock()
        self._emulator = emulator(name)(clock=EmulatorClock(speed=SPEED))
        self.watch(0, "", 0)
        ours: Any = self._emulator
        answers: Any = type(ours)

        def app(request: Any) -> Any:
            self._pass(f"before {which} {request.method} {route_of(request.url)}")
            answer = answers.__call__(ours, request)
            self._pass(f"after {which} {request.method} {route_of(request.url)}")
            return answer

        self.served: Served = serve(_watched(ours, app))

    def watch(self, process: int, kind: str, times: int) -> None:
        self._process, self._kind, self._times = process, kind, times
        self.passed: Counter[str] = Counter()

    def _pass(self, label: str) -> None:
        with self._lock:
            self.passed[label] += 1
            if label == self._kind and self.passed[label] == self._times and self._process:
                os.kill(self._process, signal.SIGKILL)
                # Whoever was killed must not be answered before it is dead.
                time.sleep(0.05)


def _watched(ours: Any, app: Any) -> Any:
    made = type(f"Watched{type(ours).__name__}", (type(ours),), {"__call__": lambda self, request: app(request)})
    ours.__class__ = made
    return ours
