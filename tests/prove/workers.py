"""Several workers on one run, over PostgreSQL: one is killed, the others finish it, and nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.prove.crash.accounts import rows as _rows
from tests.services import POSTGRES_URL, answers

from martech.client import Client
from martech.emulation import EmulatorClock, Served, serve
from martech.migration.journal import Journal
from martech.registry import emulator

__all__ = ["prove"]

PAIR = ("dotdigital", "example")
PEOPLE = 3_000
WORKERS = 3
SPEED = 2.0
LONGEST_SECONDS = 900.0


@contextmanager
def database() -> Iterator[str]:
    """Give the URL of a PostgreSQL database that nobody else uses."""
    import psycopg

    name = f"martech_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield f"{POSTGRES_URL.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


class Fleet:
    """The two accounts, the workers, and the commands that somebody would type."""

    def __init__(self, folder: Path, state: str, people: int, stack: ExitStack) -> None:
        self.folder, self.state, self._stack = folder, state, stack
        self.sides = [serve(emulator(name)(clock=EmulatorClock(speed=SPEED))) for name in PAIR]
        for side in self.sides:
            side.emulator.ledger.recent = type(side.emulator.ledger.recent)(maxlen=None)
            stack.callback(side.close)
        self.sides[0].emulator.seed_people(_rows(people))
        for side, name in zip(self.sides, ("old", "new"), strict=True):
            (folder / f"{name}.toml").write_text(_toml(side.line()["settings"] | {"state": state}))
        self.workers: dict[str, subprocess.Popen[str]] = {}

    @property
    def accounts(self) -> list[str]:
        return [f"{name}:{self.folder / file}" for name, file in zip(PAIR, ("old.toml", "new.toml"), strict=True)]

    def start(self, name: str) -> None:
        process = self._begun("worker", "--name", name, "--at-once", str(WORKERS))
        self.workers[name] = process
        self._stack.callback(process.kill)

    def _begun(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "martech.cli", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
            env={**os.environ, "MARTECH_STATE": self.state},
        )  # fmt: skip

    def command(self, *arguments: str, ok: Sequence[int] = (0,)) -> str:
        """Run a command to its end and return what it printed."""
        process = self._begun(*arguments)
        said, _ = process.communicate(timeout=LONGEST_SECONDS)
        if process.returncode not in ok:
            raise AssertionError(f"martech {' '.join(arguments)} ended with {process.returncode}: {said[-3000:]}")
        return said

    def run(self) -> subprocess.Popen[str]:
        process = self._begun("migrate", "run", "plan.json", *self.accounts, "--engine", "dbos", "--json")
        self._stack.callback(process.kill)
        return process


def _toml(settings: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def _writing(journal: Journal, run: str, share: float) -> None:
    """Wait until so many people of a run are settled."""
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        counts = journal.counts(run)
        settled = counts["people"] - counts["open"]
        if journal.run(run)["phase"] == "others" and settled >= share * counts["people"] > 0:
            return
        time.sleep(0.1)
    raise AssertionError("the run did not get so far in time")


def _refused(side: Served) -> tuple[int, int]:
    recent = side.emulator.ledger.recent
    return sum(one.status == 429 for one in recent), len(recent)


def prove(people: int = PEOPLE, *, seed: int = 1) -> int:
    """Three workers, one killed with SIGKILL in the middle of writing; its work is adopted and the run ends."""
    del seed
    if not answers(POSTGRES_URL):
        print("fleet: PostgreSQL does not answer on this machine, so this was not proved")
        return 1
    began = time.monotonic()
    with ExitStack() as stack:
        state = stack.enter_context(database())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fleet = Fleet(folder, state, people, stack)
        fleet.command("migrate", "plan", *fleet.accounts, "--out", "plan.json", "--json")
        fleet.command("migrate", "plan", "--approve", "plan.json", "--by", "the proof", "--json")
        for number in range(WORKERS):
            fleet.start(f"worker-{number}")
        running = fleet.run()
        journal = Journal(state)
        stack.callback(journal.close)
        run = _begun_run(journal)
        _writing(journal, run, 0.3)
        dead = _busiest(state)
        os.kill(fleet.workers[dead].pid, signal.SIGKILL)
        fleet.workers[dead].wait()
        at = journal.counts(run)
        time.sleep(3.0)
        left = int(fleet.command("worker", "adopt", dead).split()[0])
        said, _ = running.communicate(timeout=LONGEST_SECONDS)
        if running.returncode:
            raise AssertionError(said[-3000:])
        verdict = json.loads(fleet.command("migrate", "verify", run, "--json", ok=(0, 1)))
        known, counts = journal.run(run), journal.counts(run)
        again = fleet.command("migrate", "run", "plan.json", *fleet.accounts, "--engine", "dbos", "--json")
        wrote = json.loads(again.splitlines()[-1])["writes"]
        did = _who_did_what(state)
        refused, asked = _refused(fleet.sides[1])
        twice = _twice(fleet.sides[1])
        print(
            f"fleet: {people} people, {WORKERS} workers; {dead} killed when {at['people'] - at['open']} were "
            f"settled, {left} pieces of its work adopted"
        )
        print(f"fleet: batches by worker: {', '.join(f'{name} {count}' for name, count in sorted(did.items()))}")
        print(
            f"fleet: {known['writes']} writes for {counts['moved'] + counts['moved with declared loss']} moved; "
            f"green: {verdict['green']}; twice there: {twice}; a further run wrote {wrote}"
        )
        print(
            f"fleet: {asked} requests to the target, {refused} refused for being too many; "
            f"{time.monotonic() - began:.0f} s"
        )
        wrong = not verdict["green"] or twice or wrote or left == 0 or refused > asked * 0.01
        return int(bool(wrong or counts["people"] < people))


def _begun_run(journal: Journal) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if runs := journal.runs():
            return str(runs[0]["run"])
        time.sleep(0.1)
    raise AssertionError("no run began in time")


def _batches(state: str) -> list[tuple[str, str, str]]:
    """Return of every batch who has it and how it stands, as the engine knows it."""
    import psycopg

    with psycopg.connect(state) as connection:
        asked = (
            "SELECT executor_id, status, workflow_uuid FROM dbos.workflow_status WHERE workflow_uuid LIKE '%/%'"
        )
        return connection.execute(asked).fetchall()


def _busiest(state: str) -> str:
    """Return a worker that has a batch under way."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        busy = [who for who, status, _ in _batches(state) if status == "PENDING" and who.startswith("worker-")]
        if busy:
            return busy[0]
        time.sleep(0.05)
    raise AssertionError("no worker had anything under way")


def _who_did_what(state: str) -> Counter[str]:
    return Counter(who for who, status, _ in _batches(state) if status == "SUCCESS")


def _twice(side: Served) -> int:
    """Return how many people are at the target more than once, or on a list more than once."""
    with Client(side.line()["provider"], **side.line()["settings"]) as client:
        people = Counter(one.email for one in client.contacts.list())
    return sum(count - 1 for count in people.values())
