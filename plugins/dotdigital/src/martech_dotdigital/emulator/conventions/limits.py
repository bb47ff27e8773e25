"""How often one may ask: the tiered scheme of an account and the flat one of an API user (section 7)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["FlatCounter", "Spent", "Tier", "TierCounter"]


class Tier(StrEnum):
    """The tier of a call; the value of a limited one is what `X-RateLimit-Scope` says."""

    LOW = "lowCallRate"
    MEDIUM = "mediumCallRate"
    HIGH = "highCallRate"
    POLL = "poll"
    """Unlimited in the tiered scheme; counted in the flat one."""
    SEND = "send"
    """Unlimited in both schemes."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one call left of its allowance."""

    limit: int
    remaining: int
    resets: datetime
    allowed: bool


class TierCounter:
    """Counts the calls of one account, tier by tier, in windows of one minute."""

    def __init__(self) -> None:
        self._windows: dict[Tier, tuple[datetime, int]] = {}

    def spend(self, tier: Tier, limit: int, now: datetime) -> Spent:
        """Count one call, unless the window is full."""
        start = now.replace(second=0, microsecond=0)
        window, used = self._windows.get(tier, (start, 0))
        if window != start:
            used = 0
        allowed = used < limit
        used += allowed
        self._windows[tier] = (start, used)
        return Spent(limit, limit - used, start + timedelta(minutes=1), allowed)

    def exhaust(self, tier: Tier, now: datetime) -> None:
        """Behave as if the present window were full: another integration of the account used it up."""
        self._windows[tier] = (now.replace(second=0, microsecond=0), 1 << 31)


class FlatCounter:
    """Counts the calls of one API user in a rolling hour."""

    def __init__(self) -> None:
        self._calls: deque[datetime] = deque()

    def used(self, now: datetime) -> int:
        """Return how many calls the last hour saw."""
        while self._calls and self._calls[0] <= now - timedelta(hours=1):
            self._calls.popleft()
        return len(self._calls)

    def spend(self, limit: int, now: datetime) -> bool:
        """Count one call and return True, or return False if the hour is full."""
        if self.used(now) >= limit:
            return False
        self._calls.append(now)
        return True
