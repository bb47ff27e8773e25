"""The frame of a pretended vendor: routes, faults, a ledger of what was asked, and what it would have sent.

A plugin subclasses `Emulator`, keeps the vendor's state on it and marks one method per operation with `@route`.
It is written from the vendor's facts, in the vendor's words, and shares nothing with the plugin's mapping: two
readings of the same facts that agree are worth more than one.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import RLock
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

from martech.emulation.clock import Clock, EmulatorClock
from martech.emulation.faults import Fault, FaultKind, Faults
from martech.emulation.incoming import Incoming
from martech.wire import CutConnection, Headers, HttpRequest, Response

__all__ = ["Asked", "Emulator", "Ledger", "Sent", "reply", "route"]

Handler = Callable[[Any, Incoming], Response]
H = TypeVar("H", bound=Handler)


def route(method: str, pattern: str) -> Callable[[H], H]:
    """Mark a method of an emulator as the answer to one operation; `pattern` is a path with named parts.

    A part matches one segment. A longer literal beats a part where several routes match.
    """

    def mark(handler: H) -> H:
        handler.__dict__.setdefault("routes", []).append((method.upper(), pattern))
        return handler

    return mark


def reply(
    status: int = 200, json: Any = None, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer: JSON if `json` is given, the bytes of `body`, or nothing."""
    given = dict(headers or {})
    if json is not None:
        from pydantic_core import to_json

        body = to_json(json)
        given.setdefault("Content-Type", "application/json")
    return Response(status, Headers(given.items()), body or b"")


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that would have reached a person."""

    channel: str
    recipient: str
    what: str
    at: datetime
    key: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came, without its body."""

    method: str
    path: str
    route: str | None
    status: int | None
    at: datetime
    headers: tuple[str, ...] = ()
    size: int = 0
    """Bytes of its body."""


class Ledger:
    """What was asked, by route, and whether a secret was ever in an address."""

    def __init__(self, *, keep: int = 10_000) -> None:
        self.recent: deque[Asked] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        """How many bytes the bodies of each route had, all together."""
        self.leaks: list[str] = []

    @property
    def total(self) -> int:
        """How many requests came in all."""
        return sum(self.counts.values())

    def count(self, pattern: str) -> int:
        """Return how many requests came whose `METHOD /route` contains the regular expression."""
        return sum(times for asked, times in self.counts.items() if re.search(pattern, asked))

    def note(self, asked: Asked) -> None:
        """Remember one request."""
        self.recent.append(asked)
        route = f"{asked.method} {asked.route or asked.path}"
        self.counts[route] += 1
        self.bytes[route] += asked.size

    def assert_no_secret_in_urls(self) -> None:
        """Raise AssertionError if a secret this emulator knows ever came in an address."""
        if self.leaks:
            raise AssertionError(f"secrets came in the address of {self.leaks}")


class Emulator(ABC):
    """A pretended vendor: a function from request to answer, with memory, a clock and bad days.

    Calling it serves one request in process; `martech.emulation.serve` puts it on a port. Everything random
    about it is drawn from `seed`.
    """

    name: ClassVar[str]
    """The provider's name in the registry."""
    path_prefix: ClassVar[str] = ""
    """What the vendor's base address has after its host, such as `/rest`."""
    ignore_trailing_slash: ClassVar[bool] = True

    _routes: ClassVar[tuple[tuple[str, re.Pattern[str], str, str], ...]] = ()

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock: Clock = clock or EmulatorClock()
        self.random = Random(seed)
        self.faults = Faults()
        self.ledger = Ledger()
        self._outbox: list[Sent] = []
        self.public_url = f"https://emulated.{self.name.replace('_', '-')}.test"
        """Where clients reach this emulator; set by whoever serves it."""
        self._lock = RLock()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        found: dict[tuple[str, str], str] = {}
        for ancestor in reversed(cls.__mro__):
            for attribute, value in vars(ancestor).items():
                for method, pattern in getattr(value, "routes", ()):
                    found[method, pattern] = attribute
        # Literal segments sort before parts, position by position, so the most particular route is tried first.
        ordered = sorted(found, key=lambda key: [(part.startswith("{"), part) for part in key[1].split("/")])
        cls._routes = tuple(
            (method, _compiled(pattern), pattern, found[method, pattern]) for method, pattern in ordered
        )

    # ── what a plugin says ───────────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Return the settings with which a client connects to this emulator at `public_url`."""

    @abstractmethod
    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return whether a marketing message on that channel would reach a person now; None if there is none.

        `person` is what the vendor files people under, or an address. This is the vendor's own truth, for tests.
        """

    @abstractmethod
    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Put people in, as if they had been there all along, and return how many.

        Columns, all optional: `key`, `email`, `phone`, `first_name`, `last_name`, `unsubscribed_email` and
        `unsubscribed_sms` (`true` or `false`).
        """

    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """Return the secrets that must never come in an address."""

    def expire_tokens(self) -> None:  # noqa: B027 - a vendor without tokens has nothing to expire
        """Make every token that is out there invalid. For vendors without tokens this does nothing."""

    def before(self, incoming: Incoming) -> Response | None:
        """Answer before any route is looked at (credentials, limits, allow-lists), or return None to go on."""
        del incoming
        return None

    def after(self, incoming: Incoming, response: Response) -> Response:
        """Return the answer with what every answer of this vendor carries, such as its rate headers."""
        del incoming
        return response

    def control(self, method: str, path: str, given: Mapping[str, Any]) -> Response:
        """Answer a control route of this emulator's own, such as `POST bounce`; not under the vendor's paths."""
        del given
        return reply(404, {"error": f"no control route {method} /_emulator/{path}"})

    @abstractmethod
    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer a path that the vendor does not have."""

    def catch_up(self) -> None:  # noqa: B027 - a vendor that does everything at once has nothing to catch up with
        """Do whatever has become due by the clock; asked before anybody looks at the outbox."""

    # ── what the frame does ──────────────────────────────────────────────────────────────────────────────────

    @property
    def lock(self) -> RLock:
        """What one request at a time holds; take it around whatever looks at or changes the state from outside."""
        return self._lock

    @property
    def outbox(self) -> list[Sent]:
        """Every message that would have reached a person by now."""
        self.catch_up()
        return self._outbox

    def new_id(self) -> str:
        """Return a UUID drawn from the seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def send(self, channel: str, recipient: str, what: str, *, key: str | None = None, **details: Any) -> None:
        """Note a message that would now reach a person."""
        self._outbox.append(Sent(channel, recipient, what, self.clock.now(), key, details))

    def __call__(self, request: HttpRequest) -> Response:
        """Serve one request.

        Raises:
            CutConnection: A fault asks for the connection to be cut.
        """
        path = urlsplit(request.url).path
        with self._lock:
            fault = self.faults.draw(f"{request.method} {path}")
        if fault is not None and fault.kind is FaultKind.SLOW:
            self.clock.sleep(fault.seconds)
        with self._lock:
            url = unquote(request.url)
            if any(secret in url for secret in self.secrets()):
                self.ledger.leaks.append(path)
            response, matched = self._answer(request, fault)
            names = tuple(name for name, _ in request.headers)
            status = response.status if response else None
            size = len(request.body or b"")
            self.ledger.note(Asked(request.method, path, matched, status, self.clock.now(), names, size))
            if response is None:
                raise CutConnection
            return response

    def _answer(self, request: HttpRequest, fault: Fault | None) -> tuple[Response | None, str | None]:
        handler, incoming, matched = self._find(request)
        kind = fault.kind if fault is not None else None
        if fault is not None and kind is FaultKind.STATUS:
            return self.after(
                incoming, reply(fault.status, body=fault.body.encode(), headers=fault.headers)
            ), matched
        if kind is FaultKind.CUT_BEFORE:
            return None, matched
        if kind is FaultKind.REDIRECT:
            return reply(302, headers={"Location": "https://elsewhere.test/"}), matched
        response = self.before(incoming)
        if response is None:
            response = handler(self, incoming) if handler else self.no_such_route(incoming)
        response = self.after(incoming, response)
        if kind is FaultKind.CUT_AFTER:
            return None, matched
        if kind is FaultKind.TRUNCATE:
            half = response.body[: len(response.body) // 2]
            return Response(response.status, response.headers, half), matched
        if kind is FaultKind.NONSENSE:
            page = b"<!doctype html><title>Service</title><p>Everything is fine.</p>"
            return reply(200, body=page, headers={"Content-Type": "text/html"}), matched
        return response, matched

    def _find(self, request: HttpRequest) -> tuple[Handler | None, Incoming, str | None]:
        path = urlsplit(request.url).path
        path = path.removeprefix(self.path_prefix) if path.startswith(self.path_prefix + "/") else path
        if self.ignore_trailing_slash and len(path) > 1:
            path = path.rstrip("/")
        for method, pattern, text, attribute in self._routes:
            if method == request.method and (found := pattern.fullmatch(path)):
                parts = {name: unquote(value) for name, value in found.groupdict().items()}
                return getattr(type(self), attribute), Incoming(request, parts), text
        return None, Incoming(request), None


def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", pattern)
    return re.compile("".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(pieces)))
