"""What happens later: jobs that end, sends that go out, mail that is opened, all on the emulator's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from martech.emulation import Clock

__all__ = ["Agenda"]

Work = Callable[[], None]


class Agenda:
    """A calendar of things to do, done as soon as somebody looks, each at the time it was due.

    Time stands still between two calls of `catch_up`, so that all that one request writes bears one time and
    every log stays in order.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._present = clock.now()
        self._order = count()
        self._due: list[tuple[datetime, int, Work]] = []

    def now(self) -> datetime:
        """Return the present time: of the request being answered, or of the entry being done."""
        return self._present

    def at(self, due: datetime, work: Work) -> None:
        """Have something done at a time; what is already past is done at once when somebody looks."""
        heappush(self._due, (max(due, self._present), next(self._order), work))

    def now_or_at(self, due: datetime, work: Work) -> None:
        """Do something at once if it is due, or have it done at its time."""
        if due <= self._present:
            work()
        else:
            self.at(due, work)

    def later(self, seconds: float, work: Work) -> None:
        """Have something done that many seconds from now."""
        self.at(self._present + timedelta(seconds=seconds), work)

    def catch_up(self) -> None:
        """Do everything that has become due, in order, and let the present be the clock's time."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            due, _, work = heappop(self._due)
            self._present = max(self._present, due)
            work()
        self._present = max(self._present, now)
