"""A run that dies anywhere goes on and ends the same: stopped in process at every boundary, and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.migration.worlds import StoppedHere, fast_folder

from martech.client import Client
from martech.emulation import EmulatorClock, Served, serve
from martech.migration.engines import PlainEngine
from martech.migration.journal import Journal, Kind
from martech.migration.order import AsItIs, Order, Work
from martech.migration.sources.accounts import ProviderSource
from martech.migration.target import Target
from martech.migration.verifying import verify
from martech.testing.clock import ManualClock
from martech.testing.connecting import Bench, bench

PEOPLE = 2_000
PAIR = ("dotdigital", "example")
KILLS = 100


def _rows(count: int) -> list[dict[str, str]]:
    return [
        {
            "key": f"k-{number}", "email": f"person-{number}@example.org", "phone": f"+4477009{number:05d}",
            "first_name": f"Name {number}", "unsubscribed_email": "true" if number % 7 == 0 else "false",
        }
        for number in range(count)
    ]  # fmt: skip


def _order(source: Client, target: Client) -> Order:
    to = Target(target, looks_at_once=1)
    return Order(source=ProviderSource(source), target=to, translation=AsItIs(to.provider))


def _work(journal: Journal, order: Order, run: str, now: Callable[[], Any]) -> Work:
    journal.open_run(
        run, kind=Kind.FULL, source=order.source.name, target=order.target.name, order="{}", now=now()
    )
    return Work(run, order, journal, now)


def _end_state(target: Client) -> str:
    people = [one.model_dump_json(exclude_unset=True) for one in target.contacts.list()]
    lists = {
        one.name: sorted(str(member.email) for member in target.lists.members(one.id))
        for one in target.lists.list()
    }
    return json.dumps([sorted(people), lists], sort_keys=True)


# ── in process ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Pair:
    """Two accounts in process, and a count of every boundary that a run passes."""

    def __init__(self, folder: Path, people: int, stop_at: int | None) -> None:
        self.clock = ManualClock()
        self.old, self.new = (bench(name, clock=self.clock) for name in PAIR)
        self.old.emulator.seed_people(_rows(people))
        self.passed, self.kinds, self._stop_at = 0, Counter[str](), stop_at
        self.journal = Journal(f"sqlite:///{folder / 'journal.db'}")
        self.clients = [self._client(self.old, "source"), self._client(self.new, "target")]
        self.order = _order(*self.clients)

    def _client(self, side: Bench, name: str) -> Client:
        def app(request: Any) -> Any:
            self.boundary(f"before {name} {request.method}")
            answer = side.emulator(request)
            self.boundary(f"after {name} {request.method}")
            return answer

        return side.client(app=app)

    def boundary(self, kind: str, step: str = "") -> None:
        """Pass a boundary, or stop there."""
        self.kinds[f"{kind} {json.loads(step)[0]}" if step else kind] += 1
        self.passed += 1
        if self.passed == self._stop_at:
            raise StoppedHere

    def run(self, run: str) -> Work:
        work = _work(self.journal, self.order, run, self.clock.now)
        while True:
            try:
                PlainEngine(sleep=self.clock.sleep, watch=self.boundary).run(work)
            except StoppedHere:
                work.readers.clear()
                continue
            return work

    def ends(self, run: str) -> tuple[str, str]:
        """Return the end state and the verdict, both without times."""
        told = verify(
            self.journal, run, source=self.order.source, client=self.clients[1], translation=self.order.translation
        )
        return _end_state(self.clients[1]), json.dumps({**told.plain(), "run": ""}, sort_keys=True)

    def close(self) -> None:
        self.journal.close()
        for client in self.clients:
            client.close()


def _stopped(people: int, stop_at: int | None) -> tuple[tuple[str, str], int, int, Counter[str]]:
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        pair = _Pair(Path(folder), people, stop_at)
        try:
            work = pair.run("first")
            passed, kinds = pair.passed, Counter(pair.kinds)
            pair._stop_at = None
            ended = pair.ends(work.run)
            again = pair.run("second")
            return ended, pair.journal.run(again.run)["writes"], passed, kinds
        finally:
            pair.close()


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────────────────


def child(folder: str, run: str, kill_at: str) -> None:
    """Do a run in this process over real HTTP, and kill it at one boundary."""
    lines = json.loads((Path(folder) / "sides.json").read_text())
    passed = [0]

    def boundary(kind: str, step: str = "") -> None:
        del kind, step
        passed[0] += 1
        if passed[0] == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

    clients = [Client(line["provider"], **line["settings"]) for line in lines]
    journal = Journal(f"sqlite:///{Path(folder) / 'journal.db'}")
    from martech.migration.order import utc_now

    work = _work(journal, _order(*clients), run, utc_now)
    PlainEngine(watch=boundary, sleep=lambda seconds: time.sleep(seconds / 50)).run(work)
    (Path(folder) / "passed").write_text(str(passed[0]))


def _killed(people: int, kills: list[int]) -> tuple[str, str, int]:
    """Run over HTTP, killed after each of these counts of boundaries; return verdict, end state and writes."""
    from martech.registry import emulator

    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        sides: list[Served] = []
        try:
            sides += [serve(emulator(name)(clock=EmulatorClock(speed=50.0))) for name in PAIR]
            sides[0].emulator.seed_people(_rows(people))
            (Path(folder) / "sides.json").write_text(json.dumps([side.line() for side in sides]))
            for kill_at in [*kills, 0]:
                code = f"from tests.prove.crash import child; child({folder!r}, 'first', '{kill_at}')"
                done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
                if done.returncode not in (0, -signal.SIGKILL):
                    raise AssertionError(done.stderr[-2000:])
            code = f"from tests.prove.crash import child; child({folder!r}, 'second', '0')"
            subprocess.run([sys.executable, "-c", code], check=True)
            clients = [Client(line["provider"], **line["settings"]) for line in (side.line() for side in sides)]
            journal = Journal(f"sqlite:///{Path(folder) / 'journal.db'}")
            order = _order(*clients)
            told = verify(journal, "first", source=order.source, client=clients[1], translation=order.translation)
            ended = told.line(), _end_state(clients[1]), journal.run("second")["writes"]
            journal.close()
            for client in clients:
                client.close()
            return ended
        finally:
            for side in sides:
                side.close()


def prove(
    people: int = PEOPLE, *, kills: int = KILLS, stops: int = 60, minutes: float | None = None, seed: int = 1
) -> int:
    """Stop at a sample of the boundaries, or at all of them within the minutes; kill at each kind of boundary."""
    began = time.monotonic()
    usual, _, passed, kinds = _stopped(people, None)
    print(f"crash: {people} people, {passed} boundaries of {len(kinds)} kinds in one run")
    draw = Random(seed)
    every = list(range(1, passed + 1))
    draw.shuffle(every)
    chosen = every if minutes is not None else every[:stops]
    wrong = stopped = 0
    for stop_at in chosen:
        if minutes is not None and time.monotonic() - began > minutes * 60:
            break
        ended, writes, _, _ = _stopped(people, stop_at)
        stopped += 1
        if ended != usual or writes:
            wrong += 1
            print(f"crash: stopped at boundary {stop_at}: the end is another, or a further run wrote {writes}")
    print(f"crash: stopped in process at {stopped} of {passed} boundaries: {wrong} ended otherwise")
    verdict, state, writes = _killed(people, [])
    dead = 0
    places = sorted(draw.sample(range(1, passed), min(kills, passed - 1)))
    group = 5
    for start in range(0, len(places), group):
        some = places[start : start + group]
        # Each life begins where the last one ended, so a kill's place counts from there.
        lives = [max(1, place - before) for before, place in zip([0, *some], some, strict=False)]
        ended = _killed(people, lives)
        dead += len(lives)
        if (ended[0], ended[1]) != (verdict, state) or ended[2]:
            wrong += 1
            print(f"crash: killed at {lives}: {ended[0]}, a further run wrote {ended[2]}")
    print(
        f"crash: {dead} kills with SIGKILL; {verdict}; a further run wrote {writes}; "
        f"{time.monotonic() - began:.0f} s"
    )
    return int(bool(wrong or writes))
