"""What became of a campaign, recipient by recipient, and the counters that are the sum of it (section 19)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from martech_dotdigital.emulator.conventions.order import Recency

__all__ = ["Activity", "Kind", "Report", "Row"]


class Kind(StrEnum):
    """What can happen to a campaign with one recipient."""

    SENT = "sent"
    HARD_BOUNCE = "hardBounce"
    SOFT_BOUNCE = "softBounce"
    MAIL_BLOCK = "mailBlock"
    OPEN = "open"
    CLICK = "click"
    PAGE_VIEW = "pageView"
    FORWARD = "forward"
    REPLY = "reply"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    ROI = "roi"
    ORDER = "order"
    BOOKMARK = "bookmark"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened."""

    at: datetime
    contact_id: int
    email: str
    html: bool
    data: dict[str, Any]


@dataclass(slots=True)
class Activity:
    """Everything that one recipient did; there is one for everybody the campaign was sent to."""

    contact_id: int
    email: str
    sent: datetime
    html: bool
    variant: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    first_opened: datetime | None = None
    last_opened: datetime | None = None
    first_ip: str = ""

    @property
    def delivered(self) -> bool:
        """Whether it arrived: it was sent and neither bounced hard nor soft."""
        return not self.counts[Kind.HARD_BOUNCE] and not self.counts[Kind.SOFT_BOUNCE]


class Report:
    """The report of one campaign, over all of its sends."""

    def __init__(self) -> None:
        self.activities: dict[int, Activity] = {}
        self.rows: defaultdict[Kind, list[Row]] = defaultdict(list)
        self.of_contact: defaultdict[tuple[Kind, int], list[Row]] = defaultdict(list)
        self.last: Recency[int] = Recency()
        """Recipients in the order of their last activity."""
        self.last_activity: datetime | None = None
        self.counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        """HTML or plain text part → kind → how often; `unique…` counts recipients."""

    def sent(self, contact_id: int, email: str, at: datetime, *, html: bool, variant: int) -> None:
        """Note that it was sent to somebody, perhaps once more."""
        activity = self.activities.get(contact_id)
        if activity is None:
            self.activities[contact_id] = Activity(contact_id, email, at, html, variant)
        else:
            activity.sent, activity.variant = at, variant
        self.happened(Kind.SENT, contact_id, at)

    def happened(self, kind: Kind, contact_id: int, at: datetime, data: dict[str, Any] | None = None) -> None:
        """Note what a recipient did."""
        activity = self.activities[contact_id]
        row = Row(at, contact_id, activity.email, activity.html, data or {})
        for rows in (self.rows[kind], self.of_contact[kind, contact_id]):
            if rows and rows[-1].at > at:
                insort(rows, row, key=lambda known: known.at)
            else:
                rows.append(row)
        counts = self.counts[activity.html]
        counts[kind] += 1
        if not activity.counts[kind]:
            counts[f"unique {kind}"] += 1
        activity.counts[kind] += 1
        if kind is not Kind.SENT:
            last = self.last.at(contact_id)
            self.last.touch(contact_id, at if last is None else max(at, last))
            self.last_activity = at if self.last_activity is None else max(at, self.last_activity)
        if kind is Kind.OPEN:
            activity.first_opened = activity.first_opened or at
            activity.first_ip = activity.first_ip or row.data["ipAddress"]
            activity.last_opened = at

    def since(self, kind: Kind, when: datetime) -> list[Row]:
        """Return what happened at or after a moment."""
        rows = self.rows[kind]
        return rows[bisect_left(rows, when, key=lambda row: row.at) :]

    def between(self, kind: Kind, start: datetime, end: datetime) -> list[Row]:
        """Return what happened from one moment to another, both included."""
        rows = self.rows[kind]
        first = bisect_left(rows, start, key=lambda row: row.at)
        return rows[first : bisect_right(rows, end, key=lambda row: row.at)]

    def total(self, kind: Kind, *, unique: bool = False) -> int:
        """Return how often something happened in both parts, or with how many recipients."""
        name = f"unique {kind}" if unique else kind.value
        return self.counts[True][name] + self.counts[False][name]
