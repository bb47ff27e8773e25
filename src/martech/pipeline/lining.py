"""Standing in line before the vendor's door: a place under every limit, leases, and what refusals change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from martech.errors import RateLimited
from martech.pipeline.leases import Held, LeaseStore
from martech.pipeline.limits import Limits, Place, Rate
from martech.wire import Acquire, Consult, Mutex, Now, Pause, Request

if TYPE_CHECKING:
    from martech.pipeline.conducting import Call
    from martech.provider.limits import LimitReading

__all__ = ["Door", "Turn"]

T = TypeVar("T")

LEASE_MARGIN_SECONDS = 15.0
"""How much longer than the longest wait for an answer a lease is held: for what comes before and after it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One call's turn at the door."""

    waited: float
    """How many seconds it waited in line."""
    place: Place


class Door:
    """The door to one account: whoever wants through stands in line here."""

    def __init__(self, limits: Limits, leases: LeaseStore | None) -> None:
        self.limits = limits
        self._leases = leases
        self._bulk_turn = Mutex()

    async def turn(self, request: Request, call: Call) -> Turn:
        """Wait until the limits let the request through.

        Raises:
            RateLimited: The wait would be longer than the caller waits; no place was taken.
        """
        rates = self.limits.rates(request)
        if not call.patient:
            return await self._reserved(rates, request, call)
        # Bulk work keeps at most one place in line, so that what a person waits for is never behind a crowd.
        await Acquire(self._bulk_turn)
        try:
            return await self._reserved(rates, request, call)
        finally:
            self._bulk_turn.release()

    async def _reserved(self, rates: tuple[Rate, ...], request: Request, call: Call) -> Turn:
        store = self.limits.store
        waited, again = 0.0, False
        while True:
            now = await Now()
            seconds = now.timestamp()
            longest = call.longest_wait_seconds - waited
            if store.blocks:
                place = await Consult(
                    partial(store.reserve, rates, now=seconds, longest_wait=longest, again=again)
                )
            else:
                place = store.reserve(rates, now=seconds, longest_wait=longest, again=again)
            if place.fresh:
                self.limits.relearn()
            if place.review_at is not None and place.review_at <= seconds:
                await self._told(self.limits.reviewed(request, now))
            if not place.granted:
                raise _too_long(place.wait, request, call, now)
            if place.wait <= 0:
                return Turn(waited, place)
            await Pause(place.wait, "waiting in line for a limit")
            waited += place.wait
            # Whoever waited asks whether the line has been sent away meanwhile: a vendor that refuses one call
            # would refuse all those that were promised their turn before.
            if await self._told(partial(store.still, rates, place.epochs)):
                return Turn(waited, place)
            again = True

    def leases(self, request: Request, timeout_seconds: float) -> Held | None:
        """Return what keeps other processes from running too many requests of this kind at once, if anything."""
        wanted = self.limits.leases(request) if self._leases is not None else ()
        if self._leases is None or not wanted:
            return None
        return Held(self._leases, wanted, seconds=timeout_seconds + LEASE_MARGIN_SECONDS)

    async def refused(self, request: Request, turn: Turn, error: RateLimited, *, attempt: int) -> datetime:
        """Tell everybody of a refusal; returns when the line moves again. The error says when to try again."""
        now = await Now()
        moves_at = await self._told(self.limits.refused(request, turn.place, now, error.retry_at))
        moves = max(now, datetime.fromtimestamp(moves_at, UTC))
        if error.retry_at is None:
            error.retry_at = max(moves, now + timedelta(seconds=min(30.0, 2.0**attempt)))
            return moves
        return error.retry_at

    async def let_through(self, request: Request, turn: Turn) -> None:
        """Note that a request got through the door; of interest only if it was thought to be closed."""
        if turn.place.closed:
            await self._told(self.limits.accepted(request, turn.place, await Now()))

    async def learn(self, reading: LimitReading) -> None:
        """Take over what an answer said about a limit."""
        news = self.limits.learn(reading, await Now())
        if news is not None:
            await self._told(news)

    async def _told(self, function: Callable[[], T]) -> T:
        return await Consult(function) if self.limits.store.blocks else function()


def _too_long(wait: float, request: Request, call: Call, now: datetime) -> RateLimited:
    return RateLimited(
        f"the vendor's limits allow this call in {wait:.0f} s, which is longer than the "
        f"{call.longest_wait_seconds:.0f} s this call may wait; nothing was sent",
        retry_at=now + timedelta(seconds=wait),
        asked=request.asked,
        hint="try again then, or raise max_wait_seconds",
    )
