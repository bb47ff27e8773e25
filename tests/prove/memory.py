"""Memory does not grow with the input of `upsert_stream`."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Iterator

from martech.models import Contact, IfNew
from martech.testing.clock import ManualClock
from martech.testing.connecting import Bench
from martech_example.emulator import PigeonpostEmulator

SIZES = (10_000, 200_000)
DISTINCT = 2_000


class Forgetful(PigeonpostEmulator):
    """Forgets people and loads once they were told of, so that what grows is ours alone."""

    def forget(self) -> None:
        """Forget everything but the last load."""
        self.people.clear()
        self.ledger.recent.clear()
        for load in list(self.loads)[:-2]:
            del self.loads[load]


def people(count: int, emulator: Forgetful, held: list[int]) -> Iterator[Contact]:
    """Yield people who do not exist, noting now and then how much memory is held once garbage is gone."""
    for number in range(count):
        if number % 2_000 == 1_000:
            emulator.forget()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        # The JSON reader remembers short strings, up to a bound; with few different ones it is full at once.
        yield Contact(email=f"person-{number % DISTINCT}@example.org", first_name=f"Name {number % DISTINCT}")


def stream(count: int, *, face: str) -> tuple[int, int, int]:
    """Stream that many contacts; returns the results, the most bytes held, and the peak with garbage."""
    clock = ManualClock()
    emulator = Forgetful(clock=clock)
    table = Bench(emulator, clock)
    held: list[int] = []
    inputs = people(count, emulator, held)
    tracemalloc.start()
    try:
        seen = asyncio.run(_async(table, inputs)) if face == "asyncio" else _blocking(table, inputs)
        return seen, max(held), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _blocking(table: Bench, inputs: Iterator[Contact]) -> int:
    return sum(result.ok for result in table.client().contacts.upsert_stream(inputs, if_new=IfNew.VENDOR_DEFAULT))


async def _async(table: Bench, inputs: Iterator[Contact]) -> int:
    async with table.aclient() as client:
        results = client.contacts.upsert_stream(inputs, if_new=IfNew.VENDOR_DEFAULT)
        seen = 0
        async for result in results:
            seen += result.ok
        return seen


def prove(sizes: tuple[int, int] = SIZES) -> int:
    """Print what is held for few and for many; fails if many need a tenth more."""
    worst = 0.0
    for face in ("blocking", "asyncio"):
        stream(2 * DISTINCT, face=face)
        most: list[int] = []
        for size in sizes:
            began = time.perf_counter()
            seen, held, peak = stream(size, face=face)
            most.append(held)
            print(
                f"memory {face:<9}{size:>8} contacts, {seen:>7} results, held {held / 1e6:5.2f} MB, "
                f"peak {peak / 1e6:5.2f} MB, {time.perf_counter() - began:5.1f} s"
            )
            if seen != size:
                return 1
        worst = max(worst, most[-1] / most[0])
    print(f"memory: {sizes[1]} contacts hold {worst:.2f} times what {sizes[0]} do")
    return int(worst > 1.1)
