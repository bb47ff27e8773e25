"""Eight processes of fifty tasks share an account's token: one login cold, and one more after it was revoked.

The vendor's login makes every token before it invalid, so a login too many is not only counted, it does harm.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr
from tests.fakes import Fake
from tests.prove.fleet import STORES, Meet, ask, fleet, places
from tests.prove.vendor import House, pretending

from martech.client import AsyncClient, Client
from martech.provider import Auth, Host, HttpRequest, Kind, Response, Token, post

KEY = "a passphrase of the proof"


class Door(Auth):
    """Logs in by asking; a token is refused by 401."""

    async def login(self) -> Token:
        reply = await post("/login", json={}, kind=Kind.READ)
        return Token(SecretStr(reply.json()["token"]))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        return request.with_header("authorization", token.secret.get_secret_value() if token else "nobody")

    def refused(self, response: Response) -> bool:
        return response.status == 401


def provider(vendor: str) -> Fake:
    """Return a provider that logs in at the vendor."""
    return Fake(hosts={"api": Host(vendor)}, auth=Door())


def crowd(number: int, vendor: str, state: str, meet: Meet, settings: dict[str, Any]) -> tuple[int, int]:
    """Call from many tasks, cold and while the token is revoked; returns how many calls succeeded each time."""

    async def work() -> tuple[int, int]:
        tasks = range(settings["tasks"])
        draw = random.Random(settings["seed"] + number)
        async with AsyncClient(provider(vendor), state=state, state_key=KEY) as client:
            meet()
            cold = await asyncio.gather(*(client.contacts.get(f"p{number}@example.org") for _ in tasks))
            revoked_at = meet()

            async def later(seconds: float) -> int:
                # Some are under way while the token is revoked, some come after.
                await asyncio.sleep(max(0.0, revoked_at - time.time() + seconds))
                await client.contacts.get(f"p{number}@example.org")
                return 1

            after = await asyncio.gather(*(later(draw.uniform(-0.5, 0.5)) for _ in tasks))
            return len(cold), sum(after)

    return asyncio.run(work())


def share(url: str, *, size: int = 8, tasks: int = 50, seed: int = 1) -> dict[str, int]:
    """Have processes share a token that is revoked in the middle; returns what was counted."""
    with pretending(House()) as vendor:
        with fleet(crowd, vendor, url, size=size, tasks=tasks, seed=seed) as members:
            members.ready()
            members.go(0)
            members.ready()
            cold = ask(vendor, "/counts")["logins"]
            time.sleep(max(0.0, members.go(0.6) - time.time()))
            ask(vendor, "/revoke")
            results = members.results(longest=120)
        told = ask(vendor, "/counts")
        # A process that starts later logs in no more.
        with Client(provider(vendor), state=url, state_key=KEY) as restarted:
            restarted.contacts.get("later@example.org")
        after = ask(vendor, "/counts")["logins"]
    return {
        "calls": sum(before + later for before, later in results),
        "cold": cold,
        "revoked": told["logins"] - cold,
        "restarted": after - told["logins"],
        "unknown_tokens": told["unknown_tokens"],
    }


def prove(*, minutes: float = 1.0, seed: int = 1, stores: Sequence[str] = STORES) -> int:
    """Print how often was logged in on each store; fails unless it is once each time."""
    failed = 0
    rounds = max(1, round(minutes * 60 / len(stores) / 20))
    print(f"tokens: 8 processes of 50 tasks, a token revoked in the middle; {rounds} rounds on each store")
    print(f"  {'store':<12}{'calls':>8}{'logins cold':>14}{'once revoked':>14}{'restarted':>12}{'refused':>10}")
    for number in range(rounds):
        for kind, url in places(stores):
            one = share(url, seed=seed + number)
            good = (one["cold"], one["revoked"], one["restarted"]) == (1, 1, 0) and one["calls"] == 800
            failed += not good
            print(
                f"  {kind:<12}{one['calls']:>8}{one['cold']:>14}{one['revoked']:>14}{one['restarted']:>12}"
                f"{one['unknown_tokens']:>10}{'' if good else '   <- not once each'}",
                flush=True,
            )
    return int(failed > 0)
