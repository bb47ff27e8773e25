"""The clock of a pretended vendor, which may run faster than ours."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "EmulatorClock"]


class Clock(Protocol):
    """What an emulator needs of a clock."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time go by."""
        ...

    def advance(self, seconds: float) -> None:
        """Set it forward."""
        ...


class EmulatorClock:
    """A clock that runs `speed` times as fast as the machine's since `since`, and can be set forward.

    A client that was given the same `speed` and `since` reads the same time without asking.
    """

    def __init__(self, *, speed: float = 1.0, since: datetime | None = None) -> None:
        if not speed > 0:
            raise ValueError("the speed of a clock must be above zero")
        self.speed = speed
        self.since = since or datetime.now(UTC)
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return this clock's present time."""
        elapsed = datetime.now(UTC) - self.since
        return self.since + elapsed * self.speed + self._ahead

    def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time go by."""
        time.sleep(max(0.0, seconds / self.speed))

    def advance(self, seconds: float) -> None:
        """Set the clock forward."""
        self._ahead += timedelta(seconds=seconds)
