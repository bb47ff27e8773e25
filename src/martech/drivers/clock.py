"""Clocks for drivers: the machine's, and one that runs faster beside an emulator's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threading import Event

__all__ = ["Clock", "ScaledClock", "SystemClock"]


class Clock(Protocol):
    """What a driver needs of a clock."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...

    def sleep(self, seconds: float, wake: Event) -> None:
        """Let that much of this clock's time go by, or less if `wake` is set."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Let that much of this clock's time go by."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float, wake: Event) -> None:
        """Wait, or less if `wake` is set."""
        wake.wait(max(0.0, seconds))

    async def asleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """A clock that runs `speed` times as fast as the machine's since `since`, as an emulator's does."""

    def __init__(self, *, speed: float, since: datetime) -> None:
        self.speed = speed
        self.since = since

    def now(self) -> datetime:
        """Return this clock's present time."""
        return self.since + (datetime.now(UTC) - self.since) * self.speed

    def sleep(self, seconds: float, wake: Event) -> None:
        """Wait, or less if `wake` is set."""
        wake.wait(max(0.0, seconds / self.speed))

    async def asleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(max(0.0, seconds / self.speed))
