"""Staying within what a vendor allows: reservations on a shared store, and what answers teach.

A limit is kept as one number, the *theoretical arrival time* of the generic cell rate algorithm: each call
moves it one interval on, and a call may go once it is no further ahead than the burst. One reservation is one
statement on any store, gives the exact time to wait, and is fair between those who share it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from martech.wire import Mutex, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.provider.limits import Limit, LimitReading

__all__ = ["LimitStore", "Limits", "MemoryLimits", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """One limit as a store sees it: `interval` seconds between calls, `burst` of which may go at once."""

    key: str
    interval: float
    burst: int


class LimitStore(Protocol):
    """Where reservations are kept. Times are seconds since the epoch by the client's clock."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float) -> tuple[float, bool]:
        """Take a place in line of every rate, unless the wait would be longer than `longest_wait`.

        Returns:
            How many seconds to wait, and whether the place was taken.
        """
        ...

    def penalise(self, holds: Sequence[tuple[str, float]]) -> None:
        """Move the arrival of each key to a time, unless it is later already: the vendor said so."""
        ...


class MemoryLimits:
    """Reservations of one process."""

    blocks = False

    def __init__(self) -> None:
        self._arrivals: dict[str, float] = {}
        self._lock = Lock()

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float) -> tuple[float, bool]:
        """Take a place in line, or say how long the line is."""
        with self._lock:
            wait = 0.0
            for rate in rates:
                arrival = self._arrivals.get(rate.key, 0.0)
                wait = max(wait, arrival - now - (rate.burst - 1) * rate.interval)
            if wait > longest_wait:
                return wait, False
            for rate in rates:
                arrival = self._arrivals.get(rate.key, 0.0)
                self._arrivals[rate.key] = max(arrival, now) + rate.interval
            return max(0.0, wait), True

    def penalise(self, holds: Sequence[tuple[str, float]]) -> None:
        """Move arrivals to a time, never back."""
        with self._lock:
            for key, arrival in holds:
                self._arrivals[key] = max(self._arrivals.get(key, 0.0), arrival)


class Limits:
    """The limits of one provider and account: which apply to a request, and what was learned about them."""

    def __init__(self, declared: Sequence[Limit], *, provider: str, account: str, store: LimitStore) -> None:
        self.store = store
        self._declared = {limit.name: limit for limit in declared}
        self._every = tuple(limit for limit in declared if limit.every)
        self._learned: dict[str, LimitReading] = {}
        self._prefix = f"{provider}:{account}"
        self._rates: dict[str, tuple[Rate, ...]] = {}
        self._mutexes = {limit.name: Mutex(limit.at_once) for limit in declared if limit.at_once}

    def rates(self, request: Request) -> tuple[Rate, ...]:
        """Return the rates a request counts under."""
        known = self._rates.get(request.limit)
        if known is None:
            known = tuple(rate for limit in self._limits(request.limit) if (rate := self._rate(limit)))
            self._rates[request.limit] = known
        return known

    def keys(self, request: Request) -> tuple[str, ...]:
        """Return the keys of the limits a request counts under, those without a known rate included."""
        return tuple(self._key(limit) for limit in self._limits(request.limit))

    def mutexes(self, request: Request) -> tuple[Mutex, ...]:
        """Return what keeps a request from running beside too many of its kind, in one order for all."""
        if not self._mutexes:
            return ()
        return tuple(self._mutexes[limit.name] for limit in self._limits(request.limit) if limit.at_once)

    def learn(self, reading: LimitReading, now: datetime) -> None:
        """Take over what an answer said."""
        declared = self._declared.get(reading.name)
        if declared is None:
            return
        if reading.resets_at is None and reading.resets_in_seconds is not None:
            reading = replace(reading, resets_at=now + timedelta(seconds=reading.resets_in_seconds))
        known = self._learned.get(reading.name)
        self._learned[reading.name] = reading
        if known is None or (known.calls, known.per_seconds) != (reading.calls, reading.per_seconds):
            self._rates.clear()
        if reading.remaining == 0 and reading.resets_at is not None:
            self.store.penalise((self._hold(declared, reading.resets_at),))

    def penalise(self, request: Request, until: datetime) -> None:
        """Let no request of this kind through before a time."""
        self.store.penalise([self._hold(limit, until) for limit in self._limits(request.limit)])

    def report(self) -> list[tuple[Limit, LimitReading | None]]:
        """Return each declared limit with what was learned about it."""
        return [(limit, self._learned.get(name)) for name, limit in self._declared.items()]

    def _limits(self, name: str) -> tuple[Limit, ...]:
        named = self._declared.get(name)
        return (*self._every, named) if named and not named.every else self._every

    def _hold(self, limit: Limit, until: datetime) -> tuple[str, float]:
        """Return the arrival that lets nobody through before a time; a burst may go ahead of its arrival."""
        rate = self._rate(limit)
        ahead = (rate.burst - 1) * rate.interval if rate is not None else 0.0
        return self._key(limit), until.timestamp() + ahead

    def _key(self, limit: Limit) -> str:
        # What is counted by address concerns every account behind it, so the account is no part of its key.
        prefix = self._prefix.split(":", 1)[0] if limit.scope.value == "ip" else self._prefix
        return f"{prefix}:{limit.name}"

    def _rate(self, limit: Limit) -> Rate | None:
        learned = self._learned.get(limit.name)
        calls = learned.calls if learned and learned.calls else limit.calls
        if not calls:
            return None
        seconds = learned.per_seconds if learned and learned.per_seconds else limit.per_seconds
        return Rate(self._key(limit), seconds / calls, min(calls, limit.burst or calls))
