"""No send goes out twice and none is lost, wherever a caller dies: generated runs, killed processes, and races."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tests.prove.ledger_world import DOUBTFUL, FAULTS, VENDORS, Caller, Post, heard
from tests.services import POSTGRES_URL, answers
from tests.stores.places import fresh

from martech.delivery.ledger import SendLedger
from martech.pipeline import Fate
from martech.stores.database import Database
from martech.testing.clock import ManualClock

RUNS = 10_000
ENDINGS = ("killed", "killed", "dropped", "interrupted", "cancelled")
CALM = ("taken", "taken", "refused", "too many", "unreachable")


class BrokenPromise(AssertionError):
    """A send went out twice, or was lost, or was in doubt without need."""


# ── generated runs in one process ────────────────────────────────────────────────────────────────────────────


class Run:
    """One send, the callers that want it, and what goes wrong with them; all of it from one seed."""

    def __init__(self, seed: str, database: Database) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.key = f"run-{seed}"
        self.vendor = self.dice.choice(VENDORS)
        self.clock = ManualClock()
        self.alive: set[str] = set()
        self.database = database
        self.callers: list[Caller] = []
        faults = [self.dice.choice([*CALM, *FAULTS]) for _ in range(self.dice.randint(0, 3))]
        self.post = Post(self.vendor, faults)
        self.jumped = False
        self.unknown: str | None = None
        """Why nobody knew, if so."""

    def play(self) -> None:
        """Let several call, die and call again; then hold everything against the vendor's own list."""
        together = self.dice.random() < 0.4
        callers = [self._caller(mortal=self.dice.random() < 0.7) for _ in range(self.dice.randint(1, 3))]
        if together:
            while going := [one for one in callers if not one.ended]:
                self._step(self.dice.choice(going))
        else:
            for one in callers:
                while not one.ended:
                    self._step(one)
                if self.dice.random() < 0.2:
                    self.jumped = True
                    self.clock.advance(self.dice.choice([-86_400, -40, -1, 1, 100, 86_400]))
        self._held(callers)
        self._next_day()

    def _caller(self, *, mortal: bool) -> Caller:
        name = f"p{len(self.callers)}"
        ledger = SendLedger(self.database, owner=lambda: name, alive=self.alive.__contains__)
        dies_at = self.dice.randint(0, 9) if mortal else None
        caller = Caller(
            name, ledger, self.post, self.clock, self.key, dies_at=dies_at, how=self.dice.choice(ENDINGS)
        )
        self.alive.add(name)
        self.callers.append(caller)
        return caller

    def _step(self, caller: Caller) -> None:
        if not caller.step() and (caller.died or self.dice.random() < 0.5):
            self.alive.discard(caller.name)

    def _record(self) -> Any:
        ledger = SendLedger(self.database, alive=lambda owner: False)
        found = ledger.find(self.key, now=self.clock.now())
        return found[0] if found else None

    def _held(self, callers: list[Caller]) -> None:
        """Hold the ledger and what callers heard against what the vendor took."""
        taken, record = self.post.letters().count(self.key), self._record()
        fate = record.fate if record else None
        said = [heard(one) for one in callers]
        self._must(taken <= 1, f"sent {taken} times")
        if "receipt" in said or "already sent" in said:
            self._must(taken == 1 and fate is Fate.ACCEPTED, f"told as sent, and it was {taken} times, {fate}")
        if taken:
            self._must(fate in (Fate.ACCEPTED, Fate.UNKNOWN), f"it went out, and the ledger says {fate}")
        else:
            self._must(fate is not Fate.ACCEPTED, "it never went out, and the ledger says accepted")
        if fate is None:
            self._must(all(one.died or one.error for one in callers), "asked for, and no trace of it")
        if fate is Fate.UNKNOWN:
            why = [one.doubtful for one in callers if one.doubtful]
            self._must(bool(why), "nobody knows, and there was no need for that")
            self.unknown = why[-1]

    def _next_day(self) -> None:
        """Let an undisturbed caller come with the same key; what it cannot know a person finds out."""
        self.alive.clear()
        self.post.faults.clear()
        taken_before = self.post.letters().count(self.key)
        doubted = self.unknown is not None
        later = self._caller(mortal=False).run()
        self._held(self.callers)
        said = heard(later)
        if not doubted:
            self._must(said == "receipt", f"nothing was in doubt, and it heard {said}: {later.error}")
            self.unknown = None
            return
        if said == "receipt":
            self.unknown = None
            return
        self._must(said == "unknown", f"it heard {said}: {later.error!r}")
        self._must(self.vendor != "knows the key" or self.jumped, "the vendor would have known the key")
        if self.jumped and self.vendor == "knows the key":
            self.unknown = "the clock jumped out of the time for which the vendor knows a key"
        self._must(self.vendor != "can be asked" or not taken_before, "the vendor had it, and was not asked")
        self._settle(taken_before)

    def _settle(self, taken: int) -> None:
        ledger = SendLedger(self.database)
        ledger.decide(self.key, Fate.ACCEPTED if taken else Fate.REFUSED, now=self.clock.now())
        last = self._caller(mortal=False).run()
        self._held(self.callers)
        self._must(heard(last) == ("already sent" if taken else "receipt"), f"settled, and it heard {heard(last)}")
        self._must(self.post.letters().count(self.key) == 1, "settled, and it never arrived")

    def _must(self, kept: bool, what: str) -> None:
        if not kept:
            told = "; ".join(
                f"{one.name} {one.how}@{one._dies_at} {one.passed} {heard(one)} {one.attempts} {one.error!r}"
                for one in self.callers
            )
            raise BrokenPromise(f"run {self.seed} ({self.vendor}): {what}. {told}")


def generated(
    database: Database, runs: int, *, seed: str, until: float | None = None
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Play runs; returns what was counted, and why sends were left in doubt, by vendor."""
    counts: Counter[str] = Counter()
    doubts: Counter[tuple[str, str]] = Counter()
    number = 0
    while number < runs or (until is not None and time.monotonic() < until):
        run = Run(f"{seed}-{number}", database)
        run.play()
        number += 1
        counts["runs"] += 1
        counts["calls"] += len(run.callers)
        counts["deaths"] += sum(one.died for one in run.callers)
        counts["letters"] += run.post.letters().count(run.key)
        if run.unknown:
            doubts[run.vendor, run.unknown] += 1
    return counts, doubts


# ── real processes, killed ───────────────────────────────────────────────────────────────────────────────────


class Countdown:
    """Counts the boundaries a process passes; at the chosen one it kills itself, as SIGKILL does: at once."""

    def __init__(self, kill_at: int | None) -> None:
        self._kill_at = kill_at
        self.seen: list[str] = []

    def __call__(self, label: str) -> None:
        if len(self.seen) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(label)

    @contextmanager
    def watching_statements(self) -> Iterator[None]:
        """Count what is said to the database too: each statement and each commit."""
        from sqlalchemy import Engine, event

        def before(*_: Any) -> None:
            self("before a statement")

        def after(*_: Any) -> None:
            self("after a statement")

        def commits(*_: Any) -> None:
            self("before a commit")

        hooks = [("before_cursor_execute", before), ("after_cursor_execute", after), ("commit", commits)]
        for name, hook in hooks:
            event.listen(Engine, name, hook)
        try:
            yield
        finally:
            for name, hook in hooks:
                event.remove(Engine, name, hook)


class Clock:
    """The real time; pauses are skipped."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        del seconds


def forked(work: Any) -> int:
    """Do something in a process of its own; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        status = work()
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """Wait for a process; returns its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


HEARD = ("receipt", "already sent", "under way", "unknown")


class Killing:
    """Processes that send one letter each, killed at one boundary after the other."""

    def __init__(
        self, url: str, folder: Path, *, seed: str, ledger: Callable[[Database], SendLedger] = SendLedger
    ) -> None:
        self.database = Database(url)
        self.ledger = ledger(self.database)
        self.folder = folder
        self.seed = seed
        self.kills: Counter[str] = Counter()
        self.doubts: Counter[tuple[str, str]] = Counter()
        self.told: Counter[str] = Counter()
        # Schema, salt and imports are there before the first child is.
        Caller("warm", self.ledger, Post("plain"), Clock(), f"{seed}-warm").run()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def sends(self, post: Post, key: str, countdown: Countdown) -> int:
        """Send in this process; returns an exit status that says what was heard."""
        post.tick = countdown
        with countdown.watching_statements():
            caller = Caller(f"p{os.getpid()}", self.ledger, post, Clock(), key, tick=countdown).run()
        word = heard(caller)
        return HEARD.index(word) if word in HEARD else 50

    def post(self, vendor: str, key: str, *faults: str) -> Post:
        path = self.folder / f"{key}.letters"
        path.touch()
        return Post(vendor, list(faults), path)

    def boundaries(self, vendor: str, fault: str) -> list[str]:
        """Return the boundaries that such a send passes, from a rehearsal."""
        countdown = Countdown(None)
        key = f"{self.seed}-rehearsal-{VENDORS.index(vendor)}-{list(FAULTS).index(fault)}"
        self.sends(self.post(vendor, key, fault), key, countdown)
        return countdown.seen

    def kill_everywhere(self, vendor: str, fault: str, *, at_most: int | None = None) -> None:
        """Kill a process at each boundary, then let another one come with the same key."""
        labels = self.boundaries(vendor, fault)
        places = range(len(labels))
        for place in places if at_most is None else list(places)[:: max(1, len(labels) // at_most)]:
            key = f"{self.seed}-{VENDORS.index(vendor)}-{list(FAULTS).index(fault)}-{place}"
            post = self.post(vendor, key, fault)
            status = ended(forked(lambda p=post, k=key, n=place: self.sends(p, k, Countdown(n))))  # type: ignore[misc]  # the loop's values, bound
            if status != -signal.SIGKILL:
                raise BrokenPromise(
                    f"{key}: the process was to be killed at {labels[place]}, and ended with {status}"
                )
            self.kills[labels[place]] += 1
            self._afterwards(post, key, labels, place, fault)

    def _afterwards(self, post: Post, key: str, labels: list[str], place: int, fault: str) -> None:
        begun = labels.index("after begin")
        now = datetime.now(UTC)
        found = self.ledger.find(key, now=now)
        fate = found[0].fate if found else None
        taken = post.letters().count(key)
        where = f"{key} ({post.vendor}), killed {labels[place]} (boundary {place}): "
        if taken and fate not in (Fate.ACCEPTED, Fate.UNKNOWN):
            raise BrokenPromise(f"{where}it went out, and the ledger says {fate}")
        settled = len(labels) - 1 - labels[::-1].index("after settle")
        if fate is Fate.UNKNOWN and (place < begun or (place >= settled and fault not in DOUBTFUL)):
            raise BrokenPromise(f"{where}unknown, and there was no need for that")
        post.faults.clear()
        again = Caller("again", self.ledger, post, Clock(), key).run()
        word = heard(again)
        self.told[word] += 1
        after = post.letters().count(key)
        if after > 1:
            raise BrokenPromise(f"{where}sent {after} times")
        if word == "unknown":
            if post.vendor == "knows the key" or (post.vendor == "can be asked" and taken):
                raise BrokenPromise(f"{where}the vendor would have known")
            self.doubts[post.vendor, f"killed {_stretch(labels, place)}"] += 1
            self.ledger.decide(key, Fate.ACCEPTED if taken else Fate.REFUSED, now=now)
            Caller("settled", self.ledger, post, Clock(), key).run()
        elif word != "receipt":
            raise BrokenPromise(f"{where}the next caller heard {word}: {again.error!r}")
        if post.letters().count(key) != 1:
            raise BrokenPromise(f"{where}lost")

    def race(self, number: int, *, callers: int = 4) -> Counter[str]:
        """Let several processes send under one key at once; returns what they heard."""
        key = f"{self.seed}-race-{number}"
        vendor = VENDORS[number % 3]
        dies = random.Random(key).randint(0, 40) if number % 2 else None
        gate, start = os.pipe()

        def one(index: int) -> int:
            os.close(start)
            os.read(gate, 1)
            post = self.post(vendor, key)
            post.slow_seconds = 0.003
            return self.sends(post, key, Countdown(dies if index == 0 else None))

        children = [forked(lambda i=index: one(i)) for index in range(callers)]  # type: ignore[misc]  # the loop's value, bound
        os.close(start)
        told: Counter[str] = Counter()
        for child in children:
            status = ended(child)
            told["killed" if status < 0 else HEARD[status] if status < len(HEARD) else f"status {status}"] += 1
        os.close(gate)
        taken = self.post(vendor, key).letters().count(key)
        if taken > 1 or any(word.startswith("status") for word in told):
            raise BrokenPromise(f"{key} ({vendor}): sent {taken} times, heard {dict(told)}")
        if told["receipt"] and taken != 1:
            raise BrokenPromise(f"{key} ({vendor}): told as sent, and it was not")
        if not told["killed"] and taken != 1:
            raise BrokenPromise(f"{key} ({vendor}): nobody died, and it was sent {taken} times: {dict(told)}")
        return told


def _stretch(labels: list[str], place: int) -> str:
    """Return between which of our own boundaries something happened, statements left out."""
    ours = [label for label in labels[: place + 1] if "statement" not in label and label != "before a commit"]
    return ours[-1] if ours else "at the start"


# ── the proof ────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def places(*, fast: bool = False) -> Iterator[dict[str, str]]:
    """Give the databases there are: a SQLite file, and PostgreSQL where one answers."""
    shared = Path("/dev/shm")  # kills are of processes, not of power: memory will do and is quicker
    with tempfile.TemporaryDirectory(dir=shared if fast and shared.is_dir() else None) as folder:
        kinds = ["sqlite", "postgresql"] if answers(POSTGRES_URL) else ["sqlite"]
        with ExitStack() as stack:
            yield {kind: stack.enter_context(fresh(kind, Path(folder))) for kind in kinds}


KILLED_WITH = ("taken", "timeout after the vendor took it", "reset before the vendor's commit", "too many")


def prove(*, seed: int = 0, minutes: float | None = None) -> int:
    """Print what was counted; fails at the first promise that was broken."""
    began = time.monotonic()
    until = None if minutes is None else began + 60 * minutes
    doubts: Counter[tuple[str, str]] = Counter()
    try:
        with places(fast=True) as urls, tempfile.TemporaryDirectory() as folder:
            if len(urls) == 1:
                print("ledger: PostgreSQL does not answer on this machine, so it was left out")
            for name, url in urls.items():
                with Killing(url, Path(folder), seed=f"{seed}-{name}") as killing:
                    for vendor in VENDORS:
                        for fault in KILLED_WITH:
                            killing.kill_everywhere(vendor, fault)
                    told = sum((killing.race(number) for number in range(60)), Counter[str]())
                print(
                    f"ledger {name:<11}{sum(killing.kills.values()):>7} processes killed with SIGKILL, each at a "
                    f"boundary of its own; the next caller heard {_counted(killing.told)}"
                )
                print(f"ledger {name:<11}{60:>7} races of 4 processes with one key: they heard {_counted(told)}")
                doubts += killing.doubts
            for name, url in urls.items():
                share = RUNS if name == "sqlite" else RUNS // 10
                stop = until if name == "sqlite" else None
                with closing(Database(url)) as database:
                    counts, more = generated(database, share, seed=f"{seed}-{name}", until=stop)
                print(
                    f"ledger {name:<11}{counts['runs']:>7} generated runs: {counts['calls']} calls, "
                    f"{counts['deaths']} of them died, {counts['letters']} letters arrived"
                )
                doubts += more
    except BrokenPromise as broken:
        print(f"ledger: BROKEN: {broken}")
        return 1
    print("ledger: where nobody could tell, after the next call with the same key:")
    for vendor in VENDORS:
        for (which, why), count in sorted(doubts.items()):
            if which == vendor:
                print(f"  {vendor:<14}{count:>7}  {why}")
        if not any(which == vendor for which, _ in doubts):
            print(f"  {vendor:<14}{0:>7}")
    print(f"ledger: 0 duplicate sends, 0 silent losses, seed {seed}, {time.monotonic() - began:.0f} s")
    return 0


def _counted(told: Counter[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in told.most_common())
