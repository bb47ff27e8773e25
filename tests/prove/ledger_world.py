"""The world in which the ledger is tried: a vendor that keeps or loses letters, callers that may die anywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes import NOTHING, Fake, answer

from martech.errors import AlreadySent, ConnectionFailed, OutcomeUnknown, TimedOut
from martech.models import Channel, EmailMessage, Receipt
from martech.pipeline import Call, Line, Options, conduct
from martech.provider import Extra, HttpRequest, MessageOperations, Response, get, send
from martech.wire import Acquire, Consult, Effect, Exchange, NewId, Now, Pause

VENDORS = ("plain", "knows the key", "can be asked")
KNOWN_SECONDS = 3600.0
LETTER = EmailMessage(to="ada@example.org", subject="Hello", text="Hello")

# What the vendor does with a letter: does it keep it, and what comes back.
FAULTS: dict[str, tuple[bool, Callable[[], Response | BaseException]]] = {
    "taken": (True, lambda: answer({"letter": "m-1"})),
    "refused": (False, lambda: answer({"no": "thanks"}, 400)),
    "too many": (False, lambda: answer({}, 429)),
    "unreachable": (False, lambda: ConnectionFailed("no connection", maybe_processed=False)),
    "reset before the vendor's commit": (False, lambda: ConnectionFailed("cut", maybe_processed=True)),
    "reset after the vendor's commit": (True, lambda: ConnectionFailed("cut", maybe_processed=True)),
    "timeout after the vendor took it": (True, lambda: TimedOut("too late", maybe_processed=True)),
    "timeout, never taken": (False, lambda: TimedOut("too late", maybe_processed=True)),
    "5xx, not taken": (False, lambda: answer({}, 503)),
    "5xx after the vendor took it": (True, lambda: answer({}, 500)),
    "unreadable answer": (True, lambda: Response(200, body=b"<html>")),
}
DOUBTFUL = {name for name in FAULTS if name not in ("taken", "refused", "too many", "unreachable")}


class Letters(MessageOperations):
    """Sends letters by one request."""

    def __init__(self, known_seconds: float) -> None:
        self.known_seconds = known_seconds

    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        del extra
        body = {"to": message.to[0].address, "subject": message.subject, "key": key}
        reply = await send("/letters", json=body, send_key=key, known_again_seconds=self.known_seconds)
        return Receipt(message_id=reply.json()["letter"], channel=Channel.EMAIL, send_key=key)

    send_template = send_sms = status = reports = NOTHING


class Plain(Fake):
    """Knows no repetition and cannot be asked."""

    def __init__(self, known_seconds: float = 0.0) -> None:
        super().__init__()
        self.messages = Letters(known_seconds)


class Askable(Plain):
    """Can be asked for what it took under a key."""

    async def recall(self, operation: str, *, key: str, begun_at: datetime) -> Receipt | None:
        del operation, begun_at
        reply = await get("/letters", query={"key": key})
        letter = reply.json()["letter"]
        return Receipt(message_id=letter, channel=Channel.EMAIL, send_key=key) if letter else None


def provider_of(vendor: str) -> Plain:
    return Askable() if vendor == "can be asked" else Plain(KNOWN_SECONDS if vendor == "knows the key" else 0.0)


@dataclass
class Post:
    """The vendor. What it took is a line of a file where processes share it, else an item of a list."""

    vendor: str
    faults: list[str] = field(default_factory=list)
    path: Path | None = None
    taken: list[str] = field(default_factory=list)
    tick: Callable[[str], None] = lambda label: None
    slow_seconds: float = 0.0
    last_fault: str = "taken"

    def letters(self) -> list[str]:
        """Return the keys of all letters that reach somebody."""
        return self.taken if self.path is None else self.path.read_text().split()

    def exchange(self, request: HttpRequest) -> Response:
        """Answer one request."""
        if request.method == "GET":
            key = request.url.rpartition("=")[2]
            return answer({"letter": "m-1" if key in self.letters() else None})
        from pydantic_core import from_json

        key = from_json(request.body)["key"]
        self.last_fault = self.faults.pop(0) if self.faults else "taken"
        keeps, back = FAULTS[self.last_fault]
        if self.slow_seconds:
            time.sleep(self.slow_seconds)
        known = self.vendor == "knows the key" and key in self.letters()
        if keeps and not known:
            self.tick("before the vendor's commit")
            self._take(key)
            self.tick("after the vendor's commit")
        said = back()
        if isinstance(said, BaseException):
            raise said
        return said

    def _take(self, key: str) -> None:
        if self.path is None:
            self.taken.append(key)
            return
        handle = os.open(self.path, os.O_APPEND | os.O_WRONLY | os.O_CREAT)
        try:
            os.write(handle, f"{key}\n".encode())
        finally:
            os.close(handle)


class DeadError(Exception):
    """The process that would have written this is gone."""


class Mortal:
    """A guard in a process that may die: afterwards nothing of it is written any more."""

    blocks = True

    def __init__(self, guard: Any) -> None:
        self._guard = guard
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._guard, name)

        def living(*given: Any, **more: Any) -> Any:
            if self.dead:
                raise DeadError
            return asked(*given, **more)

        living.__name__ = name
        return living


class Caller:
    """One process that wants to send, driven step by step, so that it can be stopped before and after each.

    A step is an exchange or a commit. `dies_at` counts their beginnings and ends from 0.
    """

    def __init__(
        self,
        name: str,
        guard: Any,
        post: Post,
        clock: Any,
        key: str,
        *,
        dies_at: int | None = None,
        how: str = "killed",
        tick: Callable[[str], None] = lambda label: None,
    ) -> None:
        self.name, self.how = name, how
        self.guard = Mortal(guard)
        self._post, self._clock, self._tick = post, clock, tick
        self._dies_at = dies_at
        line = Line(provider_of(post.vendor), Options(guard=self.guard))
        work = line.provider.messages.send_email(LETTER, key=key, extra={})
        self._steps = self._lead(conduct(line, work, Call("messages.send_email")))
        self.passed: list[str] = []
        """What it went through: `plan`, `begin`, `exchange`, `settle`, with + once it was done."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended = False
        self.died = False
        self.stopped_at: str | None = None
        self.attempts: list[str] = []
        """What the vendor did with each of its letters."""

    def step(self) -> bool:
        """Do one thing; returns whether there is more to do."""
        if not self.ended:
            try:
                next(self._steps)
            except StopIteration:
                self.ended = True
        return not self.ended

    def run(self) -> Caller:
        """Do everything."""
        while self.step():
            pass
        return self

    @property
    def doubtful(self) -> str | None:
        """What of it leaves nobody knowing, if anything."""
        if self.stopped_at == "after begin" and self.how == "killed":
            return "killed once noted as going out, before it left"
        if self.stopped_at == "before exchange":
            return f"{self.how} at the moment it was to leave"
        if self.stopped_at == "after exchange":
            return f"{self.how} as the answer came"
        if self.stopped_at == "before settle" and self.how == "killed":
            return "killed after the answer, before that was noted"
        return next((fault for fault in self.attempts if fault in DOUBTFUL), None)

    def _lead(self, work: Any) -> Generator[None]:
        resume, value = work.send, None
        boundary = -1
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    self.result = done.value
                    return
                counted = isinstance(effect, (Exchange, Consult))
                label = _label(effect)
                try:
                    if counted:
                        self.passed.append(label)
                        boundary += 1
                        self._boundary(boundary, f"before {label}")
                    value = self._perform(effect)
                    if counted:
                        self.passed.append(f"{label}+")
                        boundary += 1
                        self._boundary(boundary, f"after {label}")
                    resume = work.send
                except Gone as gone:
                    self.error = gone
                    self.died = True
                    self.guard.dead = self.how == "killed"
                    with suppress(DeadError):
                        work.close()
                    return
                except BaseException as error:
                    resume, value = work.throw, error
                yield
        except BaseException as error:
            self.error = error
        finally:
            with suppress(DeadError):
                work.close()

    def _boundary(self, number: int, label: str) -> None:
        self._tick(label)
        if number != self._dies_at:
            return
        self.stopped_at = label
        if self.how in ("killed", "dropped"):
            raise Gone
        import asyncio

        raise KeyboardInterrupt if self.how == "interrupted" else asyncio.CancelledError

    def _perform(self, effect: Effect[Any]) -> Any:
        if isinstance(effect, Exchange):
            sends = effect.request.method == "POST"
            try:
                return self._post.exchange(effect.request)
            finally:
                self.attempts += [self._post.last_fault] if sends else []
        if isinstance(effect, Consult):
            return effect.function()
        if isinstance(effect, Now):
            return self._clock.now()
        if isinstance(effect, NewId):
            return "8c5e2f9a-0000-4000-8000-000000000000"
        if isinstance(effect, Pause):
            return self._clock.advance(effect.seconds)
        if isinstance(effect, Acquire):
            assert effect.mutex.enter(lambda: None), "each caller has mutexes of its own"
            return None
        raise TypeError(type(effect).__name__)


class Gone(BaseException):
    """This process does not go on."""


def _label(effect: Effect[Any]) -> str:
    if isinstance(effect, Exchange):
        return "exchange" if effect.request.method == "POST" else "question"
    function: Any = getattr(effect, "function", None)
    return getattr(getattr(function, "func", function), "__name__", "")


def heard(caller: Caller) -> str:
    """Return what a caller that lived was told, in one word."""
    if caller.died:
        return "died"
    if isinstance(caller.error, AlreadySent):
        return "already sent"
    if isinstance(caller.error, OutcomeUnknown):
        return "under way" if caller.error.under_way else "unknown"
    if caller.error is not None:
        return type(caller.error).__name__
    return "receipt"
