"""A client and the emulator it talks to, on one clock that stands still: the bench every test works at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from martech.client import AsyncClient, Client
from martech.emulation import Emulator
from martech.registry import emulator as emulator_of
from martech.testing.clock import ManualClock

__all__ = ["Bench", "bench"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """An emulator, its clock, and a way to make clients that talk to it in process."""

    emulator: Emulator
    clock: ManualClock

    def client(self, **options: Any) -> Client:
        """Return a client whose methods block."""
        return Client(self.emulator.name, **self._options(options))

    def aclient(self, **options: Any) -> AsyncClient:
        """Return a client for asyncio."""
        return AsyncClient(self.emulator.name, **self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**self.emulator.settings(), "app": self.emulator, "clock": self.clock, **options}


def bench(provider: str, *, clock: ManualClock | None = None, **switches: Any) -> Bench:
    """Return a bench for a provider by name; `switches` are those of its emulator."""
    clock = clock or ManualClock()
    return Bench(emulator_of(provider)(clock=clock, **switches), clock)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a fresh event loop."""
    return asyncio.run(work)


async def collect(items: AsyncIterator[T]) -> list[T]:
    """Return everything an asynchronous iterator gives."""
    return [item async for item in items]
