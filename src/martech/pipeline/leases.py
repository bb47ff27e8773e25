"""Leases: something that one, or so many, may hold at a time, and that nobody holds beyond its time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from martech.wire import Consult, NewId, Now, Pause

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Held", "LeaseStore"]

SOONEST_SECONDS, LATEST_SECONDS = 0.02, 0.25
"""How soon and how late it is looked again whether a lease that others hold has become free."""


class LeaseStore(Protocol):
    """Where leases are kept. Times are seconds since the epoch by the client's clock."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def take(self, name: str, holder: str, *, at_most: int, now: float, seconds: float) -> bool:
        """Take a lease for so long, or renew it, unless as many others as may do hold it."""
        ...

    def give_back(self, name: str, holder: str) -> None:
        """End a lease; one that is not held is none to give back."""
        ...


class Held:
    """Leases held by one call, and given back when it is over. A process that dies holds them until their time."""

    def __init__(self, store: LeaseStore, wanted: Sequence[tuple[str, int]], *, seconds: float) -> None:
        self._store, self._wanted, self._seconds = store, wanted, seconds
        self._holder = ""
        self._held: list[str] = []

    async def take(self) -> float:
        """Wait until all are held; returns how long that took."""
        self._holder = await NewId()
        waited = 0.0
        for name, at_most in self._wanted:
            wait = SOONEST_SECONDS
            while not await self._take(name, at_most):
                await Pause(wait, "waiting for others to finish")
                waited += wait
                wait = min(LATEST_SECONDS, wait * 1.5)
            self._held.append(name)
        return waited

    async def renew(self) -> None:
        """Hold them for their whole time from now on."""
        for name, at_most in self._wanted:
            await self._take(name, at_most)

    async def _take(self, name: str, at_most: int) -> bool:
        now = (await Now()).timestamp()
        take = partial(self._store.take, name, self._holder, at_most=at_most, now=now, seconds=self._seconds)
        return await Consult(take) if self._store.blocks else take()

    async def give_back(self) -> None:
        """Give them back; whoever is being thrown away and may not wait leaves them to their time."""
        held, self._held = self._held, []
        for name in reversed(held):
            give_back = partial(self._store.give_back, name, self._holder)
            if self._store.blocks:
                await Consult(give_back)
            else:
                give_back()
