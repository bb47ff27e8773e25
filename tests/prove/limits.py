"""Eight processes share an account whose limit nobody told them, on every store.

Counted by the vendor, not by us: how much of its allowance was used, how many calls it refused, how evenly the
processes shared it, whether a killed process blocks anybody, and how long a person's call waits beside bulk work.
"""

from __future__ import annotations

import math
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes import SAVE, Fake, FakeContacts
from tests.prove.fleet import STORES, Meet, ask, fleet, places
from tests.prove.vendor import House, pretending

from martech.client import Client
from martech.errors import MartechError, RateLimited
from martech.models import Contact, Identifier, ItemOutcome, ItemResult
from martech.provider import Host, Kind, Limit, LimitReading, Response, Saving, get

WINDOW = 2.0
LEARNING = 5
"""How many windows it may take to find out what the limit is, where only refusals say it."""
UNTOLD = (Limit(name="calls", every=True), Limit(name="slow", at_once=2))


class ProofContacts(FakeContacts):
    """Each write is one call."""

    batch_size = 1

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        del how
        await get("/bulk/{email}", email=str(contacts[0].email))
        return [ItemResult(outcome=ItemOutcome.SAVED)]


class SlowContacts(ProofContacts):
    """Reading is slow, and only two may read at once."""

    async def get(self, ref: Identifier) -> Contact:
        await get("/slow/{email}", email=ref.value, limit="slow")
        return Contact(email=ref.value)


class Proof(Fake):
    """A provider that believes the vendor's headers, where it sends any."""

    name = "proof"

    def learn(self, response: Response) -> LimitReading | None:
        told = response.headers
        if told.get("x-limit") is None:
            return None
        return LimitReading(
            name="calls",
            calls=int(told.get("x-limit") or 0),
            per_seconds=WINDOW,
            remaining=int(told.get("x-left") or 0),
            resets_in_seconds=max(0.0, int(told.get("x-reset") or 0) - time.time()),
        )


def client(vendor: str, state: str, contacts: ProofContacts | None = None, **options: Any) -> Client:
    """Return a client of the vendor."""
    provider = Proof(hosts={"api": Host(vendor)}, limits=UNTOLD, contacts=contacts or ProofContacts())
    return Client(provider, state=state, **options)


def warm(one: Client) -> None:
    """Use a client once, for something the vendor does not count, so that everything is loaded."""
    one.request("GET", "/nothing", kind=Kind.READ)


# ── the allowance ────────────────────────────────────────────────────────────────────────────────────────────


def saturate(number: int, vendor: str, state: str, meet: Meet, settings: dict[str, Any]) -> Counter[str]:
    """Call as often as one may, in several threads."""
    counts: Counter[str] = Counter()

    def work() -> None:
        while time.time() < until:
            try:
                one.contacts.get(f"p{number}@example.org")
                counts["done"] += 1
            except RateLimited:
                counts["limited"] += 1

    with client(vendor, state) as one:
        warm(one)
        until = meet()
        threads = [threading.Thread(target=work) for _ in range(settings["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return counts


@dataclass(frozen=True)
class Shared:
    """What the vendor counted."""

    windows: int
    used: float
    refused: int
    calls: int
    worst_share: float

    @property
    def refused_share(self) -> float:
        """Refusals among all calls."""
        return self.refused / max(1, self.calls)


def share(url: str, *, headers: bool, windows: int, calls: int, size: int = 8, skip: int | None = None) -> Shared:
    """Have processes saturate the vendor for so many windows."""
    skip = (1 if headers else LEARNING) if skip is None else skip
    with pretending(House(calls=calls, window_seconds=WINDOW, headers=headers)) as vendor:
        with fleet(saturate, vendor, url, size=size, threads=2) as members:
            members.ready()
            # Begin as a window does, so that whole windows are counted.
            time.sleep(WINDOW - time.time() % WINDOW)
            first = round(time.time() / WINDOW) + skip
            members.go((skip + windows) * WINDOW)
            members.results(longest=(skip + windows) * WINDOW + 40)
        told = ask(vendor, "/counts")
    counted = [told["windows"].get(str(first + n), {}) for n in range(windows)]
    answered = sum(one.get("answered", 0) for one in counted)
    refused = sum(one.get("refused", 0) for one in counted)
    if headers:
        # Everything after the first answer had reached its process, the beginning included.
        refused = told["late"].get("refused", 0)
    by_caller: Counter[str] = Counter()
    for n in range(windows):
        by_caller.update(told["callers"].get(str(first + n), {}))
    even = answered / size
    worst = max((abs(count - even) / even for count in by_caller.values()), default=1.0)
    worst = worst if len(by_caller) == size else 1.0
    total = sum(told["late"].values()) if headers else answered + refused
    return Shared(windows, answered / (calls * windows), refused, total, worst)


# ── a killed process ─────────────────────────────────────────────────────────────────────────────────────────

SLOW_SECONDS = 0.9
LEASE_SECONDS = 16.0
"""One second for an answer, and the margin."""


def hold(number: int, vendor: str, state: str, meet: Meet, settings: dict[str, Any]) -> list[float]:
    """Make calls of which two may be under way at once; returns when each was done."""
    done: list[float] = []
    with client(vendor, state, SlowContacts(), timeout_seconds=settings["timeout_seconds"]) as one:
        warm(one)
        until = meet()
        while time.time() < until:
            try:
                one.contacts.get(f"p{number}@example.org")
            except MartechError:
                continue
            done.append(time.time())
    return done


def killed(url: str) -> tuple[float, int]:
    """Kill both processes that hold the leases; returns how long nobody got through, and how many did then."""
    with (
        pretending(House(slow_seconds=SLOW_SECONDS, window_seconds=WINDOW)) as vendor,
        fleet(hold, vendor, url, size=2, timeout_seconds=1.0) as holders,
        fleet(hold, vendor, url, size=2, timeout_seconds=1.0) as others,
    ):
        holders.ready()
        others.ready()
        holders.go(60)
        time.sleep(1.5)
        for process in holders.processes:
            os.kill(process.pid or 0, signal.SIGKILL)
        died = time.time()
        others.go(LEASE_SECONDS + 4)
        done = sorted(at for one in others.results(longest=60) for at in one or [])
    return (done[0] - SLOW_SECONDS - died if done else math.inf), len(done)


# ── a person beside bulk work ────────────────────────────────────────────────────────────────────────────────


def bulk(number: int, vendor: str, state: str, meet: Meet, settings: dict[str, Any]) -> int:
    """Write one contact after the other for as long as there is time."""
    del settings

    def people() -> Any:
        while time.time() < until:
            yield Contact(email=f"p{number}@example.org")

    with client(vendor, state) as one:
        warm(one)
        until = meet()
        return sum(1 for _ in one.contacts.upsert_stream(people(), if_new=SAVE))


def person(number: int, vendor: str, state: str, meet: Meet, settings: dict[str, Any]) -> list[float]:
    """Make a call now and then; returns how long each took."""
    del number
    draw = random.Random(settings["seed"])
    took: list[float] = []
    with client(vendor, state) as one:
        warm(one)
        until = meet()
        while time.time() < until:
            began = time.perf_counter()
            one.contacts.get("person@example.org")
            took.append(time.perf_counter() - began)
            time.sleep(draw.uniform(0.05, 0.25))
    return took


def beside(url: str, *, seconds: float, calls: int, seed: int) -> tuple[list[float], float]:
    """Have eight processes do bulk work, and one make calls for a person; returns how long those took."""
    with pretending(House(calls=calls, window_seconds=WINDOW, headers=True)) as vendor:
        with (
            fleet(bulk, vendor, url, size=8) as crowd,
            fleet(person, vendor, url, size=1, seed=seed) as one,
        ):
            crowd.ready()
            one.ready()
            crowd.go(seconds + 2)
            time.sleep(2)
            one.go(seconds)
            took = one.results(longest=seconds + 40)[0]
            crowd.results(longest=40)
        told = ask(vendor, "/counts")
    answered = sum(counts.get("answered", 0) for counts in told["windows"].values())
    return took, answered / max(1, len(told["windows"])) / calls


# ── all of it ────────────────────────────────────────────────────────────────────────────────────────────────


def prove(*, minutes: float = 5.0, seed: int = 1, stores: Sequence[str] = STORES) -> int:
    """Print what the vendor counted on each store; fails if a bound is passed."""
    failed = 0
    # Of the time there is, most goes to windows; the rest is for the killed process and the person.
    rest = len(stores) * 45.0
    windows = int((minutes * 60 - rest) / len(stores) / 2 / WINDOW) - LEARNING
    calls = 100
    windows = max(20, windows)
    print(f"limits: 8 processes, {calls} calls in {WINDOW:.0f} s, nobody told them; {windows} windows counted")
    print(f"  {'store':<12}{'vendor says':<14}{'used':>8}{'refused':>18}{'worst share':>13}")
    for kind, url in places(stores):
        for headers in (True, False):
            one = share(_apart(url, headers), headers=headers, windows=windows, calls=calls)
            most, least = (0.001, 0.95) if headers else (0.01, 0.85)
            good = one.refused_share <= most and one.used >= least and one.worst_share <= 0.2
            failed += not good
            how = "headers" if headers else "only refuses"
            print(
                f"  {kind:<12}{how:<14}{one.used:>8.1%}{one.refused:>6} ={one.refused_share:>10.3%}"
                f"{one.worst_share:>+13.1%}{'' if good else '   <- not good enough'}",
                flush=True,
            )
    print(f"  {'store':<12}{'killed while holding both leases of':<40}{'others through after':>22}")
    for kind, url in places(stores):
        blocked, through = killed(url)
        good = blocked <= LEASE_SECONDS + 1 and through > 0
        failed += not good
        print(
            f"  {kind:<12}{LEASE_SECONDS:>4.0f} s{blocked:>50.1f} s, {through} calls then"
            f"{'' if good else '   <- not good enough'}",
            flush=True,
        )
    print(
        f"  {'store':<12}{'a person beside bulk work of 8: calls':<40}{'p50':>8}{'p95':>8}{'most':>8}{'used':>8}"
    )
    for kind, url in places(stores):
        took, used = beside(url, seconds=10.0, calls=calls, seed=seed)
        p95 = statistics.quantiles(took, n=20)[-1]
        good = p95 <= WINDOW and used > 0.5
        failed += not good
        print(
            f"  {kind:<12}{len(took):<40}{statistics.median(took):>7.3f}s{p95:>7.3f}s{max(took):>7.3f}s"
            f"{used:>8.1%}{'' if good else '   <- not good enough'}",
            flush=True,
        )
    return int(failed > 0)


def _apart(url: str, headers: bool) -> str:
    """Return the same store for another account: what one run learned is nothing to the next."""
    return url if headers else _fresh_beside(url)


def _fresh_beside(url: str) -> str:
    if url.startswith("sqlite"):
        return url + ".second"
    return url + ("2" if "prefix=" in url else "")
