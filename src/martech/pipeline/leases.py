"""Leases: something that one, or so many, may hold at a time, and that nobody holds beyond its time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from martech.errors import RateLimited
from martech.wire import Consult, NewId, Now, Pause

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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

    async def take(self, *, longest_seconds: float | None = None) -> float:
        """Wait until all are held; returns how long that took.

        Raises:
            RateLimited: It would take longer than the caller waits; none is held then.
        """
        self._holder = await NewId()
        waited = 0.0
        try:
            for name, at_most in self._wanted:
                # One that is taken while the caller is stopped is given back too.
                self._held.append(name)
                wait = SOONEST_SECONDS
                while not await self._take(name, at_most):
                    if longest_seconds is not None and waited + wait > longest_seconds:
                        raise _too_long(longest_seconds, (await Now()) + timedelta(seconds=self._seconds))
                    await Pause(wait, "waiting for others to finish")
                    waited += wait
                    wait = min(LATEST_SECONDS, wait * 1.5)
        except GeneratorExit:
            raise  # it is being thrown away and may not await any more: the leases run out by themselves
        except BaseException:
            await self.give_back()
            raise
        return waited

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


def _too_long(longest_seconds: float, all_over_at: datetime) -> RateLimited:
    return RateLimited(
        f"as many calls of this kind as may run at once are under way, and this one may wait no longer than "
        f"{longest_seconds:.0f} s; nothing was sent",
        retry_at=all_over_at,
        hint="try again later, or raise max_wait_seconds",
    )
