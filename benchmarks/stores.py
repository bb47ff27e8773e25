"""Microseconds per call with each kind of state, beside raw `httpx.Client`, interleaved in one run.

`python benchmarks/stores.py [--rounds 20] [--calls 50]`. Memory, a SQLite file, PostgreSQL and Redis on this
machine; every call reserves its place under one limit. What a store costs is the difference to memory: vendors'
limits leave tens of milliseconds between calls. Below that, each store's single steps.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from martech import Client, IfNew
from martech.pipeline.limits import Rate
from martech.stores import State, open_state

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from tests.services import POSTGRES_URL, REDIS_URL, answers  # noqa: E402 - likewise
from tests.stores.places import fresh  # noqa: E402 - likewise

from overhead import BODY, HEADERS, PERSON, provider  # noqa: E402 - found beside this file
from server import served  # noqa: E402 - likewise


def states(stack: ExitStack) -> dict[str, State | None]:
    """Return a fresh state of each kind that is there; None stands for memory."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found: dict[str, State | None] = {"memory": None}
    for kind, url in (("sqlite", ""), ("postgresql", POSTGRES_URL), ("redis", REDIS_URL)):
        if url and not answers(url):
            print(f"{kind} does not answer on this machine and is left out")
            continue
        state = open_state(stack.enter_context(fresh(kind, folder)))
        stack.callback(state.close)
        found[kind] = state
    return found


def timed(call: Callable[[], object], calls: int) -> float:
    """Return the microseconds per call."""
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls * 1e6


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--calls", type=int, default=50)
    given = options.parse_args()
    with ExitStack() as stack:
        url = stack.enter_context(served())
        raw = stack.enter_context(httpx.Client(base_url=url, headers=HEADERS))
        found = states(stack)

        def by_hand() -> None:
            raw.put("/people/ada%40example.org", params={"mode": "any"}, json=BODY).raise_for_status().json()

        calls: dict[str, Callable[[], object]] = {"raw httpx": by_hand}
        for kind, state in found.items():
            shared: dict[str, Any] = {} if state is None else {"state": state}
            client = stack.enter_context(Client(provider(url), **shared))  # type: ignore[arg-type]  # made there
            calls[kind] = partial(client.contacts.upsert, PERSON, if_new=IfNew.VENDOR_DEFAULT)
        times: dict[str, list[float]] = {name: [] for name in calls}
        for number in range(given.rounds + 2):
            for name, call in calls.items():
                took = timed(call, given.calls)
                if number >= 2:
                    times[name].append(took)
        print(f"{'µs per call (median)':<28}{'whole call':>12}{'ratio':>9}{'the store':>12}")
        for name, taken in times.items():
            ratio = statistics.median(
                mine / theirs for mine, theirs in zip(taken, times["raw httpx"], strict=True)
            )
            more = statistics.median(mine - theirs for mine, theirs in zip(taken, times["memory"], strict=True))
            extra = f"{more:>12.0f}" if name not in {"raw httpx", "memory"} else ""
            print(f"{name:<28}{statistics.median(taken):>12.0f}{ratio:>9.2f}{extra}")
        steps(found, given.calls * 4)


def steps(found: dict[str, State | None], calls: int) -> None:
    """Print what single steps cost on each store."""
    print(f"{'µs per step':<28}{'reserve':>12}{'still':>9}{'lease':>12}")
    rate = [Rate("bench:account:calls", 1e-7, 1)]
    for kind, state in found.items():
        limits = (state or open_state(None)).limits
        leases = state.leases if state is not None else None
        reserve = timed(partial(limits.reserve, rate, now=time.time(), longest_wait=60.0), calls)
        still = timed(partial(limits.still, rate, (0,)), calls)
        line = f"{kind:<28}{reserve:>12.1f}{still:>9.1f}"
        if leases is not None:
            take = partial(leases.take, "bench", "me", at_most=1, now=time.time(), seconds=9.0)
            line += f"{timed(take, calls // 4):>12.1f}"
        print(line)


if __name__ == "__main__":
    main()
