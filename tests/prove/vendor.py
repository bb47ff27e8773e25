"""A vendor with one limit and one login, small enough to share two processors with everybody who calls it.

It runs in a process of its own. Every two seconds begins a new window in which it answers so many calls; the rest
it refuses with 429, and says nothing more or, with headers, how many are left and when the window ends. It counts
by window and by caller, and tells what it counted.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["House", "pretending"]


@dataclass(frozen=True)
class House:
    """How the vendor is."""

    calls: int = 10**9
    """How many calls it answers in one window."""
    window_seconds: float = 2.0
    headers: bool = False
    """Whether answers say what the limit is."""
    slow_seconds: float = 0.0
    """How long a call to a slow path takes."""


class _Counts:
    def __init__(self, house: House) -> None:
        self.house = house
        self.window = -1
        self.answered = 0
        self.first_answer: float | None = None
        self.by_window: dict[int, Counter[str]] = {}
        self.by_caller: dict[int, Counter[str]] = {}
        self.late = Counter[str]()
        self.times: list[tuple[float, float]] = []
        self.token = 0
        self.logins = 0
        self.unknown_tokens = 0

    def answer(
        self, method: str, path: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        if path == "/counts":
            return 200, {}, self.told()
        if path == "/nothing":
            return 200, {}, {}
        if path == "/login":
            self.token += 1
            self.logins += 1
            return 200, {}, {"token": f"token-{self.token}", "email": "a@example.org"}
        if path == "/revoke":
            self.token += 1
            return 200, {}, {}
        sent = headers.get("authorization")
        if sent is not None and sent != f"token-{self.token}":
            self.unknown_tokens += 1
            return 401, {}, {"said": "who is that?"}
        return self.counted(path)

    def counted(self, path: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        now, house = time.time(), self.house
        window = int(now // house.window_seconds)
        if window != self.window:
            self.window, self.answered = window, 0
        fits = self.answered < house.calls
        self.answered += fits
        self.by_window.setdefault(window, Counter())["answered" if fits else "refused"] += 1
        if self.first_answer is not None and now > self.first_answer:
            self.late["answered" if fits else "refused"] += 1
        if fits:
            self.by_caller.setdefault(window, Counter())[path.rsplit("/", 1)[-1]] += 1
        more = {}
        if house.headers:
            more = {
                "x-limit": str(house.calls),
                "x-left": str(house.calls - self.answered),
                "x-reset": str(int((window + 1) * house.window_seconds)),
            }
        if fits and self.first_answer is None:
            self.first_answer = now + 0.05
        return (200 if fits else 429), more, {"email": "a@example.org"}

    def told(self) -> dict[str, Any]:
        return {
            "windows": {str(window): dict(counts) for window, counts in self.by_window.items()},
            "callers": {str(window): dict(counts) for window, counts in self.by_caller.items()},
            "late": dict(self.late),
            "logins": self.logins,
            "unknown_tokens": self.unknown_tokens,
        }


class _Speaking(asyncio.Protocol):
    def __init__(self, counts: _Counts) -> None:
        self.counts = counts
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, rest = self.waiting.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self.waiting = rest[length:]
            method, path, _ = first.split(" ")
            slow = self.counts.house.slow_seconds if path.startswith("/slow") else 0.0
            if slow:
                asyncio.get_running_loop().call_later(slow, self.say, method, path, headers)
            else:
                self.say(method, path, headers)

    def say(self, method: str, path: str, headers: dict[str, str]) -> None:
        status, more, said = self.counts.answer(method, path, headers)
        body = json.dumps(said).encode()
        more |= {"content-type": "application/json", "content-length": str(len(body))}
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in more.items())
        self.transport.write(head.encode() + b"\r\n" + body)  # type: ignore[attr-defined]  # it can write


def _serve(house: House, tell: Connection) -> None:
    async def main() -> None:
        counts = _Counts(house)
        server = await asyncio.get_running_loop().create_server(lambda: _Speaking(counts), "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def pretending(house: House) -> Iterator[str]:
    """Run the vendor; gives its address."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(house, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.kill()
        process.join()
