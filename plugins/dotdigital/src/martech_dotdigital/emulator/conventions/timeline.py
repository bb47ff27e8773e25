"""What is still to happen, and the jobs that take time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

__all__ = ["NEVER", "Job", "JobKind", "JobWords", "Timeline"]

NEVER = "never"
"""As the outcome of a job: it does not end."""


class Timeline:
    """Actions that wait for their moment; among equals the first told is the first done."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._told = count()

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        """Let something be done at a moment."""
        heappush(self._waiting, (when, next(self._told), action))

    def due(self, now: datetime) -> tuple[datetime, Callable[[], None]] | None:
        """Take out and return the next action whose moment has come, with that moment."""
        if not self._waiting or self._waiting[0][0] > now:
            return None
        when, _, action = heappop(self._waiting)
        return when, action


class JobKind(StrEnum):
    """What takes time at this vendor."""

    CONTACT_IMPORT = "contactImport"
    CONTACT_DELETE = "contactDelete"
    LIST_REMOVAL = "listRemoval"
    SEGMENT_REFRESH = "segmentRefresh"
    ENROLMENT = "enrolment"
    INSIGHT_IMPORT = "insightImport"
    INSIGHT_ASYNC = "insightAsync"
    PHONE_VALIDATION = "phoneValidation"


@dataclass(frozen=True, slots=True)
class JobWords:
    """The words in which one kind of job says how far it is; each area of the vendor has its own."""

    waiting: str
    running: str
    finished: str


@dataclass(slots=True)
class Job:
    """One piece of background work."""

    id: str
    kind: JobKind
    submitted: datetime
    status: str
    ended: datetime | None = None
    result: Any = None
    """What the work returned; None while it runs and if it failed."""

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return self.ended is None
