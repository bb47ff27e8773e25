"""What a vendor allows, as a plugin declares it and as answers teach it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Limit", "LimitReading", "LimitScope"]


class LimitScope(StrEnum):
    """What the vendor counts by."""

    ACCOUNT = "account"
    USER = "user"
    IP = "ip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls in so many seconds.

    A request is counted under the limits that apply to `every` request and under the one its `limit` names.
    """

    name: str
    calls: int | None = None
    """None where the vendor does not say: nothing is held back until answers teach it."""
    per_seconds: float = 1.0
    scope: LimitScope = LimitScope.ACCOUNT
    every: bool = False
    burst: int | None = None
    """How many may go at once; None for all of `calls`. 1 spaces them evenly."""
    at_once: int | None = None
    """How many may be under way at the same time; None for any number."""
    source: str = ""
    """Where this is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReading:
    """What an answer said about a limit."""

    name: str
    calls: int | None = None
    per_seconds: float | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    resets_in_seconds: float | None = None
    """The same, where the vendor says a number of seconds."""
