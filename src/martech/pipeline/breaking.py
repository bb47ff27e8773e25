"""Circuit breakers: a provider that fails again and again is left alone for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from martech.pipeline.forking import free_after_fork

__all__ = ["Breaker", "Breakers", "MemoryBreakers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a provider is left alone: after so many failures in a row, for so long; then one call tries it."""

    failures: int = 5
    open_seconds: float = 30.0


class Breakers(Protocol):
    """Where the state of breakers is kept. Times are the clients' clocks."""

    blocks: bool
    """Whether calls may block, so that on asyncio they are made in a thread."""

    def admits(self, name: str, breaker: Breaker, *, now: datetime) -> bool:
        """Return whether a provider may be tried. Of several callers after a pause, one is let through."""
        ...

    def note(self, name: str, breaker: Breaker, *, ok: bool, now: datetime) -> None:
        """Note how a try went."""
        ...


class MemoryBreakers:
    """Breakers of this process. One object may be given to several deliveries, which then share them."""

    blocks = False

    def __init__(self) -> None:
        self._lock = Lock()
        free_after_fork(self)
        self._failures: dict[str, int] = {}
        self._open_until: dict[str, datetime] = {}

    def admits(self, name: str, breaker: Breaker, *, now: datetime) -> bool:
        """Return whether a provider may be tried."""
        with self._lock:
            until = self._open_until.get(name)
            if until is None:
                return True
            if now < until:
                return False
            # This caller finds out; the others wait for what it finds, but no longer than that.
            self._open_until[name] = now + timedelta(seconds=breaker.open_seconds)
            return True

    def note(self, name: str, breaker: Breaker, *, ok: bool, now: datetime) -> None:
        """Note how a try went."""
        with self._lock:
            if ok:
                self._failures.pop(name, None)
                self._open_until.pop(name, None)
                return
            self._failures[name] = self._failures.get(name, 0) + 1
            if self._failures[name] >= breaker.failures:
                self._open_until[name] = now + timedelta(seconds=breaker.open_seconds)
