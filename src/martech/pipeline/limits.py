"""Staying within what a vendor allows: reservations on a shared store, and what answers teach.

A limit is kept as one number, the *theoretical arrival time* of the generic cell rate algorithm: each call
moves it one interval on, and a call may go once it is no further ahead than the burst. One reservation is one
statement on any store, gives the exact time to wait, and is fair between those who share it. What is learned about
a limit (`martech.pipeline.learning`) is kept beside the number, so all who share the store learn it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import NamedTuple, Protocol

from martech.pipeline import learning
from martech.pipeline.forking import free_after_fork
from martech.pipeline.learning import Pace
from martech.provider.limits import Limit, LimitReading, LimitScope
from martech.wire import Mutex, Request

__all__ = ["BACKWARDS_SECONDS", "LimitStore", "Limits", "MemoryLimits", "Place", "Rate"]

BACKWARDS_SECONDS = 60.0
"""A clock that shows so much less than the one before it was set back, and the line is set back with it; a smaller
difference may be that of two machines."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One limit as a program declares it: `interval` seconds between calls, `burst` of which may go at once.

    An interval of 0 stands for a rate that nobody knows: nothing is held back until refusals teach it.
    """

    key: str
    interval: float
    burst: int

    @property
    def declared(self) -> tuple[float, int] | None:
        """Interval and burst, where they are known."""
        return (self.interval, self.burst) if self.interval else None


class Place(NamedTuple):
    """A place in line, or how long the line is."""

    wait: float
    """How many seconds to wait."""
    granted: bool
    """Whether the place was taken."""
    epochs: tuple[int, ...] = ()
    """For each rate the epoch of the place; it is void once another has begun."""
    review_at: float | None = None
    """When one of the limits is to be looked at again."""
    closed: bool = False
    """Whether the vendor was refusing, so that it is news if this call gets through."""
    fresh: bool = False
    """Whether the store knew nothing of these limits, so that what answers say is news to it."""


class LimitStore(Protocol):
    """Where reservations are kept. Times are seconds since the epoch by the client's clock."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float, again: bool = False) -> Place:
        """Take a place in line of every rate, unless the wait would be longer than `longest_wait`.

        `again` says that it is instead of a place that became void.
        """
        ...

    def still(self, rates: Sequence[Rate], epochs: Sequence[int]) -> bool:
        """Return whether a place of these epochs is still good."""
        ...

    def revise(self, rate: Rate, change: Callable[[Pace], Pace]) -> Pace:
        """Change what is kept of a limit, one caller at a time, and return what it is then.

        `change` may be called more than once. Where it returns what it was given, nothing is written.
        """
        ...


class MemoryLimits:
    """Reservations of one process."""

    blocks = False

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()
        free_after_fork(self)

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float, again: bool = False) -> Place:
        """Take a place in line, or say how long the line is."""
        with self._lock:
            wait, review_at, closed = 0.0, None, False
            kept: list[_Kept] = []
            for rate in rates:
                one = self._kept.get(rate.key)
                if one is None:
                    one = self._kept[rate.key] = _Kept(now if rate.interval == 0 else None)
                kept.append(one)
                one.meet(now, rate)
                wait = max(wait, one.arrival - now - one.ahead)
                closed = closed or one.closed
                if one.review_at is not None and (review_at is None or one.review_at < review_at):
                    review_at = one.review_at
            granted = wait <= longest_wait
            if granted:
                for one in kept:
                    one.arrival = max(one.arrival, now) + one.effective
                    one.taken += not again
            return Place(wait, granted, tuple([one.epoch for one in kept]), review_at, closed)

    def still(self, rates: Sequence[Rate], epochs: Sequence[int]) -> bool:
        """Return whether a place of these epochs is still good."""
        with self._lock:
            return all(
                rate.key in self._kept and self._kept[rate.key].epoch == epoch
                for rate, epoch in zip(rates, epochs, strict=True)
            )

    def revise(self, rate: Rate, change: Callable[[Pace], Pace]) -> Pace:
        """Change what is kept of a limit."""
        with self._lock:
            one = self._kept.setdefault(rate.key, _Kept(None))
            before = one.pace()
            after = change(before)
            if after is not before:
                one.take(after)
            return after


class _Kept:
    """One limit in memory."""

    __slots__ = (
        "ahead",
        "arrival",
        "burst",
        "closed",
        "effective",
        "epoch",
        "idle",
        "interval",
        "learned",
        "review_at",
        "seen",
        "taken",
    )

    review_at: float | None

    def __init__(self, review_at: float | None) -> None:
        self.seen = self.idle = 0.0
        self.ahead = self.effective = 0.0
        self.take(Pace(review_at=review_at))

    def meet(self, now: float, rate: Rate) -> None:
        """Work out the rate in force, and follow a clock that was set back."""
        self.effective = rate.interval if self.interval is None else self.interval
        self.ahead = ((self.burst or rate.burst) - 1) * self.effective
        if now < self.seen - BACKWARDS_SECONDS:
            self.arrival -= self.seen - now
            self.review_at = None if self.review_at is None else now
        elif self.seen and now > self.seen + learning.PAUSE_SECONDS:
            self.idle += now - self.seen
        self.seen = now

    def pace(self) -> Pace:
        return Pace(self.arrival, self.interval, self.burst, self.taken, self.epoch, self.review_at, self.learned)

    def take(self, pace: Pace) -> None:
        self.arrival, self.interval, self.burst, self.taken = pace.arrival, pace.interval, pace.burst, pace.taken
        self.epoch, self.review_at, self.learned = pace.epoch, pace.review_at, pace.learned
        self.closed = pace.learned.closed


UNTOLD = Limit(name="requests", every=True, source="no limit is documented; refusals teach it")
"""What requests count under where a provider declares nothing that fits them."""


class Limits:
    """The limits of one provider and account: which apply to a request, and what was learned about them."""

    def __init__(self, declared: Sequence[Limit], *, provider: str, account: str, store: LimitStore) -> None:
        self.store = store
        self._declared = {limit.name: limit for limit in declared}
        self._every = tuple(limit for limit in declared if limit.every)
        self._learned: dict[str, LimitReading] = {}
        self._held: dict[str, float] = {}
        self._prefix = f"{provider}:{account}"
        self._rates: dict[str, tuple[Rate, ...]] = {}
        self._mutexes = {limit.name: Mutex(limit.at_once) for limit in declared if limit.at_once}

    def rates(self, request: Request) -> tuple[Rate, ...]:
        """Return the rates a request counts under, those included that nobody knows."""
        known = self._rates.get(request.limit)
        if known is None:
            limits = [one for one in self._limits(request.limit) if one.calls or not one.at_once] or [UNTOLD]
            known = self._rates[request.limit] = tuple(self._rate(limit) for limit in limits)
        return known

    def keys(self, request: Request) -> tuple[str, ...]:
        """Return the keys of the limits a request counts under."""
        return tuple(rate.key for rate in self.rates(request))

    def mutexes(self, request: Request) -> tuple[Mutex, ...]:
        """Return what keeps a request from running beside too many of its kind, in one order for all."""
        if not self._mutexes:
            return ()
        return tuple(self._mutexes[limit.name] for limit in self._limits(request.limit) if limit.at_once)

    def leases(self, request: Request) -> tuple[tuple[str, int], ...]:
        """Return the same for other processes: by key, how many may be under way at once."""
        if not self._mutexes:
            return ()
        limits = self._limits(request.limit)
        return tuple((f"at-once:{self._key(limit)}", limit.at_once) for limit in limits if limit.at_once)

    # ── what answers teach ───────────────────────────────────────────────────────────────────────────────────

    def learn(self, reading: LimitReading, now: datetime) -> Callable[[], object] | None:
        """Take over what an answer said; returns what is to be told the store, or None where that is no news."""
        declared = self._declared.get(reading.name)
        if declared is None:
            return None
        if reading.resets_at is None and reading.resets_in_seconds is not None:
            reading = replace(reading, resets_at=now + timedelta(seconds=reading.resets_in_seconds))
        known = self._learned.get(reading.name)
        self._learned[reading.name] = reading
        news = known is None or (known.calls, known.per_seconds) != (reading.calls, reading.per_seconds)
        if not news and not self._running_out(declared, reading, now):
            return None
        calls = min(reading.calls or 0, declared.burst or reading.calls or 0) if reading.calls else None
        change = partial(
            learning.told,
            now=now.timestamp(),
            calls=reading.calls,
            per_seconds=reading.per_seconds or declared.per_seconds,
            burst=calls,
            remaining=reading.remaining,
            resets_at=reading.resets_at.timestamp() if reading.resets_at else None,
        )
        return partial(self.store.revise, self._rate(declared), change)

    def relearn(self) -> None:
        """Tell the store again what answers say: it has lost it, or never knew."""
        self._learned.clear()
        self._held.clear()

    def _running_out(self, limit: Limit, reading: LimitReading, now: datetime) -> bool:
        """Return whether what is left of the window will not do at an even pace, and the store is not told yet."""
        if reading.remaining is None or reading.resets_at is None or reading.resets_at <= now:
            return False
        until = learning.put_off(
            reading.calls or limit.calls,
            reading.per_seconds or limit.per_seconds,
            now=now.timestamp(),
            remaining=reading.remaining,
            resets_at=reading.resets_at.timestamp(),
        )
        if until is None:
            return False
        if until <= self._held.get(limit.name, 0.0) + 0.1:
            return False
        self._held[limit.name] = until
        return True

    def refused(
        self, request: Request, place: Place, now: datetime, until: datetime | None
    ) -> Callable[[], float]:
        """Return what tells the store of a refusal; called, it gives the time from which the line moves again.

        Which of several limits was meant, a refusal does not say: all slow down, and recover.
        """
        rates = self.rates(request)
        epochs = place.epochs or (None,) * len(rates)
        then = until.timestamp() if until else None

        def tell() -> float:
            arrivals = []
            for rate, epoch in zip(rates, epochs, strict=True):
                change = partial(
                    learning.refused,
                    now=now.timestamp(),
                    epoch=epoch,
                    until=then,
                    rate=rate.declared,
                )
                arrivals.append(self.store.revise(rate, change).arrival)
            return max(arrivals, default=now.timestamp())

        return tell

    def accepted(self, request: Request, place: Place, now: datetime) -> Callable[[], None]:
        """Return what tells the store that a call got through while the vendor was thought to refuse."""

        def tell() -> None:
            for rate, epoch in zip(self.rates(request), place.epochs, strict=True):
                self.store.revise(rate, partial(learning.accepted, now=now.timestamp(), epoch=epoch))

        return tell

    def reviewed(self, request: Request, now: datetime) -> Callable[[], None]:
        """Return what has the store take the next step with the limits of a request."""

        def tell() -> None:
            for rate in self.rates(request):
                change = partial(learning.reviewed, now=now.timestamp(), rate=rate.declared)
                self._note(rate, self.store.revise(rate, change))

        return tell

    def _note(self, rate: Rate, pace: Pace) -> None:
        """Remember for reports what others learned."""
        name = rate.key.rsplit(":", 1)[1]
        known = pace.learned
        if known.calls and name not in self._learned and name in self._declared:
            self._learned[name] = LimitReading(name=name, calls=known.calls, per_seconds=known.per_seconds)

    def report(self) -> list[tuple[Limit, LimitReading | None]]:
        """Return each declared limit with what was learned about it."""
        return [(limit, self._learned.get(name)) for name, limit in self._declared.items()]

    # ── which limits ─────────────────────────────────────────────────────────────────────────────────────────

    def _limits(self, name: str) -> tuple[Limit, ...]:
        named = self._declared.get(name)
        return (*self._every, named) if named and not named.every else self._every

    def _key(self, limit: Limit) -> str:
        # What is counted by address concerns every account behind it, so the account is no part of its key.
        prefix = self._prefix.split(":", 1)[0] if limit.scope is LimitScope.IP else self._prefix
        return f"{prefix}:{limit.name}"

    def _rate(self, limit: Limit) -> Rate:
        calls = limit.calls
        if not calls:
            return Rate(self._key(limit), 0.0, 1)
        return Rate(self._key(limit), limit.per_seconds / calls, min(calls, limit.burst or calls))
