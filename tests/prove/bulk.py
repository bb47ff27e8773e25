"""Bulk writes into the emulators: how many calls, against the fewest the vendor's bounds allow, in bounded memory.

What is held is counted while a call that carries rows is answered, when most is held. The pretended vendors share
this process, so they forget what they were told after each such call, once it is counted: what grows is ours.
"""

from __future__ import annotations

import gc
import math
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from martech.client import Client
from martech.emulation import Emulator
from martech.models import AttributeType, Column, Contact, Dataset, IfNew, ItemOutcome, Record
from martech.testing.clock import ManualClock
from martech.testing.connecting import bench
from martech.wire import HttpRequest, Response

ROWS, PEOPLE = 100_000, 50_000
HANDED = 5_000
"""How much the caller hands to `upsert_many` at a time."""
LOOKS = 10
"""How often memory is looked at, about."""
ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/contacts)/[^/]+")
PATIENT = 86_400.0
TOO_EARLY = 429


@dataclass
class Watch:
    """Stands before an emulator: counts calls by route, and what is held when one that carries rows comes."""

    emulator: Emulator
    clock: ManualClock
    carries_rows: str
    forget: Callable[[Any, int], int]
    jobs_kept: int
    look_every: int
    calls: Counter[str] = field(default_factory=Counter[str])
    held: list[int] = field(default_factory=list[int])
    stored: int = 0
    _carrying: int = 0

    def __call__(self, request: HttpRequest) -> Response:
        route = request.url.removeprefix(self.emulator.public_url).partition("?")[0]
        route = f"{request.method} {ID.sub('/…', route)}"
        if route.endswith(self.carries_rows):
            self.count()
            self._carrying += 1
            if self._carrying % self.look_every == 0:
                gc.collect()
                self.held.append(tracemalloc.get_traced_memory()[0])
        answer = self.emulator(request)
        # What came a moment too early, by threads that raced on a clock that stands still, is said again.
        self.calls[route if answer.status != TOO_EARLY else "refused for being too early"] += 1
        return answer

    def count(self) -> None:
        """Count what the pretended vendor has come to have, and let it forget that."""
        self.stored += self.forget(self.emulator, self.jobs_kept)
        self.emulator.ledger.recent.clear()
        self.clock.slept.clear()


@dataclass(frozen=True)
class Load:
    """One bulk write: into what, how, and what the vendor's bounds allow."""

    title: str
    provider: str
    count: int
    write: Callable[[Client, int, int], Counter[ItemOutcome]]
    """Writes that many, so many at a time."""
    forget: Callable[[Any, int], int]
    """Lets the pretended vendor forget what it has and all but so many jobs, and returns how many it had."""
    carries_rows: str
    """The end of the route of calls that carry rows."""
    at_once: int
    """How many of them the vendor takes in one call."""
    chunk: int | None
    """How many of them go into one call; None for all that the caller hands over at a time."""
    seconds_each: float = 0
    """How long the vendor wants between two such calls."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Measured:
    """What came of a load."""

    outcomes: Counter[ItemOutcome]
    stored: int
    calls: Counter[str]
    carrying: int
    held: int
    minutes: float
    """On the clock that stands still: nobody really waits."""
    seconds: float
    """Real ones, with every allocation traced."""


def measure(load: Load, count: int, *, handed: int = HANDED) -> Measured:
    """Write that many, so many at a time, and return what came of it."""
    clock = ManualClock()
    table = bench(load.provider, clock=clock)
    look_every = max(1, count // (load.chunk or handed) // LOOKS)
    watch = Watch(table.emulator, clock, load.carries_rows, load.forget, max(1, handed // 1000), look_every)
    began = time.perf_counter()
    tracemalloc.start()
    try:
        fill_what_the_json_reader_remembers()
        client = table.client(app=watch, max_wait_seconds=PATIENT, **load.settings)
        outcomes = load.write(client, count, handed)
    finally:
        tracemalloc.stop()
    watch.count()
    carrying = sum(calls for route, calls in watch.calls.items() if route.endswith(load.carries_rows))
    return Measured(
        outcomes,
        watch.stored,
        watch.calls,
        carrying,
        max(watch.held),
        clock.monotonic() / 60,
        time.perf_counter() - began,
    )


def fill_what_the_json_reader_remembers() -> None:
    """Let the JSON reader see many short strings: it remembers some, up to a bound, and then holds no more."""
    from_json(to_json([f"short-{n}" for n in range(50_000)]))


def into_a_table(client: Client, count: int, handed: int) -> Counter[ItemOutcome]:
    """Make a table and write that many records, so many at a time."""
    columns = (
        Column(name="id", type=AttributeType.INTEGER, is_key=True, nullable=False),
        Column(name="title", type=AttributeType.TEXT),
    )
    made = client.datasets.create(Dataset(id="", name="shops", columns=columns))
    outcomes: Counter[ItemOutcome] = Counter()
    for start in range(0, count, handed):
        some = range(start, min(start + handed, count))
        records = (Record(key=str(n), values={"title": f"Shop {n}"}) for n in some)
        outcomes.update(result.outcome for result in client.datasets.upsert_many(made.id, records).items)
    return outcomes


def people(numbers: range) -> Iterator[Contact]:
    """Yield people who do not exist."""
    for n in numbers:
        yield Contact(own_id=f"c-{n}", email=f"person-{n}@example.org", first_name=f"Name {n}")


def as_a_stream(client: Client, count: int, handed: int) -> Counter[ItemOutcome]:
    """Stream that many people, which hands over nothing but the stream."""
    del handed
    results = client.contacts.upsert_stream(people(range(count)), if_new=IfNew.VENDOR_DEFAULT)
    return Counter(result.outcome for result in results)


def by_the_thousand(client: Client, count: int, handed: int) -> Counter[ItemOutcome]:
    """Write that many people, as many at a time as a batch holds."""
    del handed
    return in_chunks(client, count, 1000)


def in_chunks(client: Client, count: int, handed: int) -> Counter[ItemOutcome]:
    """Write that many people, so many at a time; by imports, where that is more than a batch holds."""
    outcomes: Counter[ItemOutcome] = Counter()
    for start in range(0, count, handed):
        some = people(range(start, min(start + handed, count)))
        # Nothing of one chunk is held while the next is written.
        outcomes.update(
            result.outcome for result in client.contacts.upsert_many(some, if_new=IfNew.VENDOR_DEFAULT).items
        )
    return outcomes


def forget_rows(emulator: Any, jobs_kept: int) -> int:
    """Empty the table and forget old jobs; return how many rows there were."""
    rows: MutableMapping[Any, Any] = emulator.tables.by_name("shops").rows
    return _emptied(rows) + _forget_jobs(emulator, jobs_kept)


def forget_people(emulator: Any, jobs_kept: int) -> int:
    """Forget all contacts and old jobs; return how many contacts there were."""
    book = emulator.contacts
    for holders in book._holders.values():
        holders.clear()
    return _emptied(book._contacts) + _forget_jobs(emulator, jobs_kept)


def forget_members(emulator: Any, jobs_kept: int) -> int:
    """Forget all contacts; return how many there were."""
    del jobs_kept
    people = emulator.people
    people.by_unique_id.clear()
    people.by_id.clear()
    people._by_mailbox.clear()
    there = len(people.in_order)
    people.in_order.clear()
    return there


def _forget_jobs(emulator: Any, kept: int) -> int:
    jobs = emulator.jobs._jobs
    for job in list(jobs)[:-kept]:
        del jobs[job]
    return 0


def _emptied(kept: MutableMapping[Any, Any]) -> int:
    there = len(kept)
    kept.clear()
    return there


LOADS = (
    Load(
        "rows into a data table, as files",
        "dengage",
        ROWS,
        into_a_table,
        forget_rows,
        carries_rows="/dataspace/async/upsert",
        at_once=ROWS,  # 50 MB a call, whatever the number of rows
        chunk=None,
    ),
    Load(
        "contacts, by the thousand, each looked up first",
        "dengage",
        PEOPLE,
        by_the_thousand,
        forget_people,
        carries_rows="/bulk/contacts",
        at_once=1000,
        chunk=1000,
        seconds_each=60,
    ),
    Load(
        "contacts, streamed, each looked up first",
        "dengage",
        PEOPLE,
        as_a_stream,
        forget_people,
        carries_rows="/bulk/async/contacts",
        at_once=1000,
        chunk=1000,
    ),
    Load(
        "contacts, imported, nobody looked up",
        "dengage",
        PEOPLE,
        in_chunks,
        forget_people,
        carries_rows="/bulk/async/contacts",
        at_once=1000,
        chunk=1000,
        settings={"look_first": False},
    ),
    Load(
        "contacts, streamed",
        "digital_onboarding",
        PEOPLE,
        as_a_stream,
        forget_members,
        carries_rows="/v1/contacts",
        at_once=100,  # ours; the vendor gives no bound
        chunk=100,
    ),
)
"""Every load of the proof."""


def fewest(load: Load, count: int) -> tuple[int, float]:
    """Return how few calls with rows the bounds allow, and in how few minutes."""
    calls = math.ceil(count / load.at_once)
    return calls, (calls - 1) * load.seconds_each / 60


def complete(load: Load, measured: Measured, count: int, *, handed: int = HANDED) -> bool:
    """Tell whether every input has a good result, everything is there, and no call went half empty."""
    good = sum(number for outcome, number in measured.outcomes.items() if outcome in GOOD)
    calls = math.ceil(count / (load.chunk or handed))
    return (good, measured.stored, measured.carrying) == (count, count, calls)


GOOD = {ItemOutcome.CREATED, ItemOutcome.SAVED}


def prove() -> int:
    """Print each load in a tenth and whole; fails if anything is missing, or the whole holds a tenth more."""
    failed = False
    for load in LOADS:
        measure(load, load.count // 20)  # so that what is imported and remembered once is there
        held: list[int] = []
        print(f"bulk {load.provider}: {load.title}", flush=True)
        for count in (load.count // 10, load.count):
            done = measure(load, count)
            held.append(done.held)
            calls, minutes = fewest(load, count)
            print(
                f"  {count:>7} given, {done.stored} there, {done.carrying} calls with rows (at least {calls}), "
                f"{done.calls.total()} in all, {done.minutes:.0f} min of the vendor's (at least {minutes:.0f}), "
                f"held {done.held / 1e6:.2f} MB, {done.seconds:.0f} s",
                flush=True,
            )
            failed |= not complete(load, done, count)
        print(f"  all of it holds {held[1] / held[0]:.2f} times what a tenth does; its calls:")
        for route, times in done.calls.most_common():
            print(f"  {times:>7}  {route}")
        failed |= held[1] > held[0] * 1.1
    return int(failed)
