"""Microseconds per call: raw `httpx.Client` beside our client, both faces, interleaved in one run.

`python benchmarks/overhead.py [--rounds 40] [--calls 100]`. Both sides post the same JSON, signed alike, to one
server and read the answer as JSON; ours with everything on: capability, limits, signing, refusal, retry. Numbers
are medians over rounds; look at the ratios, which the machine's speed cancels out of.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from martech import AsyncClient, Client, Contact, IfNew
from martech.registry import find

sys.path.insert(0, str(Path(__file__).parent))
from server import served

PERSON = Contact(email="ada@example.org", first_name="Ada", last_name="Lovelace")
BODY = {"person": {"address": "ada@example.org", "given": "Ada", "family": "Lovelace"}}
HEADERS = {"X-Ticket": "t-1", "Accept": "application/json"}


def provider(url: str) -> object:
    """Return the example provider with nothing to log in to and a limit nobody meets."""
    from martech.provider import Auth, HttpRequest, Limit, Token

    class Signing(Auth):
        def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
            del token
            return request.with_header("x-ticket", "t-1")

    made = find("example").with_settings({"name": "robin", "passphrase": "x", "base_url": url})
    made.auth = Signing()
    made.limits = (Limit(name="calls", calls=10_000_000, per_seconds=1, every=True),)
    return made


def blocking(url: str, rounds: int, calls: int) -> tuple[list[float], list[float]]:
    """Return the microseconds per call of each round: raw, ours."""
    raw_times: list[float] = []
    our_times: list[float] = []
    with httpx.Client(base_url=url, headers=HEADERS) as raw, Client(provider(url)) as ours:  # type: ignore[arg-type]  # made above

        def by_hand() -> None:
            raw.put("/people/ada%40example.org", params={"mode": "any"}, json=BODY).raise_for_status().json()

        def by_us() -> None:
            ours.contacts.upsert(PERSON, if_new=IfNew.VENDOR_DEFAULT)

        for number in range(rounds + 2):
            for call, times in ((by_hand, raw_times), (by_us, our_times)):
                began = time.perf_counter()
                for _ in range(calls):
                    call()
                if number >= 2:
                    times.append((time.perf_counter() - began) / calls * 1e6)
    return raw_times, our_times


async def nonblocking(url: str, rounds: int, calls: int, at_once: int) -> tuple[list[float], list[float]]:
    """Return the same for asyncio, `at_once` tasks at a time."""
    raw_times: list[float] = []
    our_times: list[float] = []
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as raw, AsyncClient(provider(url)) as ours:  # type: ignore[arg-type]  # made above

        async def by_hand() -> None:
            answer = await raw.put("/people/ada%40example.org", params={"mode": "any"}, json=BODY)
            answer.raise_for_status().json()

        async def by_us() -> None:
            await ours.contacts.upsert(PERSON, if_new=IfNew.VENDOR_DEFAULT)

        async def worker(call: Callable[[], Awaitable[None]]) -> None:
            for _ in range(calls // at_once):
                await call()

        for number in range(rounds + 2):
            for call, times in ((by_hand, raw_times), (by_us, our_times)):
                began = time.perf_counter()
                await asyncio.gather(*(worker(call) for _ in range(at_once)))
                if number >= 2:
                    times.append((time.perf_counter() - began) / (calls // at_once * at_once) * 1e6)
    return raw_times, our_times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--calls", type=int, default=100)
    given = options.parse_args()
    print(f"{'µs per call (median)':<28}{'raw httpx':>12}{'martech':>12}{'ratio':>9}")
    with served() as url:
        rows = [("blocking", blocking(url, given.rounds, given.calls))]
        for at_once in (1, 8):
            times = asyncio.run(nonblocking(url, given.rounds, given.calls, at_once))
            rows.append((f"asyncio, {at_once} at a time", times))
    for name, (raw, ours) in rows:
        ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, raw, strict=True))
        print(f"{name:<28}{statistics.median(raw):>12.0f}{statistics.median(ours):>12.0f}{ratio:>9.2f}")


if __name__ == "__main__":
    main()
