"""What the tests of this plugin work at: an emulator, a client of either face, and a note of all that was said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from martech.testing.connecting import Bench, bench
from martech.wire import HttpRequest, Response


class Talk:
    """An emulator and a client, and what the client said."""

    def __init__(self, *, blocking: bool = True, switches: dict[str, Any], options: dict[str, Any]) -> None:
        self.bench: Bench = bench("digital_onboarding", **switches)
        self.emulator: Any = self.bench.emulator
        self.said: list[HttpRequest] = []
        self.answered: list[Response] = []
        self._blocking = blocking
        make = self.bench.client if blocking else self.bench.aclient
        self.client: Any = make(**{"app": self._noted, **options})

    def _noted(self, request: HttpRequest) -> Response:
        self.said.append(request)
        answer: Response = self.emulator(request)
        self.answered.append(answer)
        return answer

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        """Return what a call of the client gives, whichever face it has."""
        if self._blocking:
            return work(self.client)

        async def awaited() -> Any:
            return await work(self.client)

        return asyncio.run(awaited())

    def all(self, listing: Callable[[Any], Any]) -> list[Any]:
        """Return everything a listing gives, whichever face the client has."""
        if self._blocking:
            return list(listing(self.client))

        async def collected() -> list[Any]:
            return [one async for one in listing(self.client)]

        return asyncio.run(collected())

    def bodies(self, path: str = "/v1/contacts") -> list[Any]:
        """Return the JSON bodies that were posted to a path, in order."""
        from pydantic_core import from_json

        return [from_json(one.body) for one in self.said if one.url.split("?")[0].endswith(path)]

    def count(self, pattern: str) -> int:
        """Return how many requests came for a route."""
        return int(self.emulator.ledger.count(pattern))

    def person(self, name: str) -> Any:
        """Return the one contact of the emulator that bears a name."""
        (found,) = self.emulator.people.named(name)
        return found


Talking = Callable[..., Talk]


@pytest.fixture
def begun() -> Iterator[list[Talk]]:
    """Hold every talk of a test; whatever was said in it, no credential ever appeared in an address."""
    talks: list[Talk] = []
    yield talks
    for one in talks:
        one.emulator.ledger.assert_no_secret_in_urls()


@pytest.fixture
def talk(begun: list[Talk]) -> Talking:
    """Make a talk on the blocking face; switches are the emulator's, `options` the client's."""

    def make(*, options: dict[str, Any] | None = None, **switches: Any) -> Talk:
        begun.append(Talk(switches=switches, options=options or {}))
        return begun[-1]

    return make


@pytest.fixture(params=["blocking", "asyncio"])
def either(request: pytest.FixtureRequest, begun: list[Talk]) -> Talking:
    """Make a talk, once on each face."""

    def make(*, options: dict[str, Any] | None = None, **switches: Any) -> Talk:
        begun.append(Talk(blocking=request.param == "blocking", switches=switches, options=options or {}))
        return begun[-1]

    return make
