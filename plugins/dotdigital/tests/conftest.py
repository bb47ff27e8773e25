"""What the tests of this plugin work at: an emulator, a client of either face, and a note of all that was said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from martech.provider import HttpRequest, Response
from martech.testing.connecting import Bench, bench
from martech.testing.faces import Drive, FaceName

GOLDENS = Path(__file__).parent / "goldens"


class Talk(Drive):
    """A client at a bench, with a note of every request and answer."""

    def __init__(self, table: Bench, face: FaceName = "blocking", **options: Any) -> None:
        self.said: list[HttpRequest] = []
        self.answered: list[Response] = []
        super().__init__(table, face, **{"app": self._noted, **options})

    def _noted(self, request: HttpRequest) -> Response:
        self.said.append(request)
        answer = self.bench.emulator(request)
        self.answered.append(answer)
        return answer

    @property
    def vendor(self) -> Any:
        """The pretended vendor, with everything that is its own."""
        return self.bench.emulator

    def bodies(self, asked: str) -> list[Any]:
        """Return the JSON bodies of the requests with this method and path, in order."""
        return [json.loads(one.body) for one in self.requests_to(asked)]

    def requests_to(self, asked: str) -> list[HttpRequest]:
        """Return the requests whose `METHOD /path` begins so, in order."""
        method, _, path = asked.partition(" ")
        return [
            one for one in self.said if one.method == method and f"/{one.url.split('/', 3)[3]}".startswith(path)
        ]

    def seed(self, count: int = 1) -> list[str]:
        """Put people in, with an address, a number and an own id each, and return their addresses."""
        addresses = [f"person-{number}@example.org" for number in range(count)]
        self.vendor.seed_people(
            {"key": f"c-{number}", "email": address, "phone": f"4477009{number:05}", "first_name": "Ada"}
            for number, address in enumerate(addresses)
        )
        return addresses

    def forget(self) -> None:
        """Forget what was said so far."""
        self.said.clear()
        self.answered.clear()


@pytest.fixture
def talk() -> Iterator[Callable[..., Talk]]:
    """Make a client at a fresh bench: `talk(face="asyncio", switches={…}, own_identifier="crm-id")`."""
    made: list[Talk] = []

    def make(face: FaceName = "blocking", switches: dict[str, Any] | None = None, **options: Any) -> Talk:
        made.append(Talk(bench("dotdigital", **(switches or {})), face, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(params=["blocking", "asyncio"])
def both(request: pytest.FixtureRequest, talk: Callable[..., Talk]) -> Talk:
    """A client of each face, whose own ids travel in the identifier that seeded people carry."""
    return talk(face=request.param, own_identifier="crm-id")


@pytest.fixture
def one(talk: Callable[..., Talk]) -> Talk:
    """A client that blocks, whose own ids travel in the identifier that seeded people carry."""
    return talk(own_identifier="crm-id")


@pytest.fixture
def golden() -> Callable[[str], Any]:
    """Read a golden answer: hand-made, in the shape of the vendor's published examples, of people who are not."""

    def read(name: str) -> Any:
        return json.loads((GOLDENS / f"{name}.json").read_text(encoding="utf-8"))

    return read
