"""A client and the pretended dEngage, with everything that was said between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings
from pydantic_core import from_json, to_json

from martech import AsyncClient, Client
from martech.provider import HttpRequest, Response
from martech.testing.clock import ManualClock
from martech.wire import Headers
from martech_dengage.emulator import DengageEmulator
from martech_dengage.emulator.engagement import Engagement

# A busy machine is no reason for a test to fail.
settings.register_profile("dengage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dengage")

PATIENT = 3600.0
"""Longer than any gate: a wait on the manual clock takes no time."""


@dataclass
class Said:
    """One request, as it went out."""

    method: str
    path: str
    query: str
    json: Any

    @property
    def asked(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Talk:
    """A conversation with one emulator."""

    emulator: DengageEmulator
    clock: ManualClock
    settings: dict[str, Any]
    said: list[Said] = field(default_factory=list)
    answer: Callable[[HttpRequest], Response | None] | None = None
    """Answers instead of the emulator where it returns something."""

    def app(self, request: HttpRequest) -> Response:
        path, _, query = request.url.removeprefix(f"{self.emulator.public_url}/rest").partition("?")
        body = from_json(request.body) if request.body else None
        self.said.append(Said(request.method, path, query, body))
        instead = self.answer(request) if self.answer is not None else None
        return self.emulator(request) if instead is None else instead

    def client(self, **options: Any) -> Client:
        return Client("dengage", **self._options(options))

    def aclient(self, **options: Any) -> AsyncClient:
        return AsyncClient("dengage", **self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        usual = {"app": self.app, "clock": self.clock, "max_wait_seconds": PATIENT}
        return {**self.emulator.settings(), **usual, **self.settings, **options}

    def bodies(self, asked: str) -> list[Any]:
        """What was said in requests of that method and path."""
        return [one.json for one in self.said if one.asked == asked]

    def count(self, asked: str) -> int:
        return len(self.bodies(asked))

    def row(self, key: str) -> dict[str, Any] | None:
        """A contact as the vendor tells it, asked for by nobody of ours; None if there is none."""
        settings = self.emulator.settings()
        login = self._raw("POST", "/login", {name: settings[name] for name in ("userkey", "password")}, "")
        found = self._raw("GET", f"/contacts/{quote(key, safe='')}", None, login["access_token"])
        self.clock.advance(1)
        rows = ((found or {}).get("data") or {}).get("contacts")
        return rows[0] if rows else None

    def _raw(self, method: str, path: str, json: Any, token: str) -> Any:
        headers = Headers([("content-type", "application/json"), ("authorization", f"Bearer {token}")])
        body = b"" if json is None else to_json(json)
        url = f"{self.emulator.public_url}/rest{path}"
        return from_json(self.emulator(HttpRequest(method, url, headers, body)).body)


@pytest.fixture
def talk() -> Iterator[Callable[..., Talk]]:
    """Start a conversation; `settings` are those of the client, the rest are switches of the emulator.

    Whatever a test does in it, no credential ever appeared in an address.
    """
    begun: list[Talk] = []

    def start(settings: dict[str, Any] | None = None, **switches: Any) -> Talk:
        clock = ManualClock()
        # Nobody does anything by chance: what happens to messages is what a test lets happen.
        emulator = DengageEmulator(clock=clock, **{"engagement": Engagement.none(), **switches})
        begun.append(Talk(emulator, clock, settings or {}))
        return begun[-1]

    yield start
    for one in begun:
        one.emulator.ledger.assert_no_secret_in_urls()
