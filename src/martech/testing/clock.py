"""A clock that moves only when it is told to, or when somebody waits on it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event, Lock

__all__ = ["ManualClock"]


class ManualClock:
    """Starts at `now` and stands still; waiting on it takes no time and moves it.

    One clock may be given to a client and to the emulator it talks to, so that an hour's wait is tested at once.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._began = now
        self._lock = Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the time it shows, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it has moved."""
        return (self._now - self._began).total_seconds()

    def advance(self, seconds: float) -> None:
        """Set it forward."""
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def sleep(self, seconds: float, wake: Event | None = None) -> None:
        """Move it by that much at once."""
        del wake
        self.slept.append(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Move it by that much at once, and let other tasks run."""
        self.sleep(seconds)
        await asyncio.sleep(0)
