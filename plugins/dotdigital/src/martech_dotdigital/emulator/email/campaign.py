"""Campaigns and their sends, as the vendor keeps them (section 18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.email.activity import Report

__all__ = ["Campaign", "CampaignSend", "Content", "SplitOptions"]


@dataclass(slots=True)
class Content:
    """What is read: one of it, or several in a split test."""

    subject: str
    from_name: str
    from_id: int
    html: str
    text: str


@dataclass(slots=True)
class Campaign:
    """An e-mail campaign; its reports are per campaign, not per send."""

    id: int
    name: str
    type: str
    contents: list[Content]
    reply_action: str = "Unset"
    reply_to: str = ""
    status: str = "Unsent"
    tags: list[str] = field(default_factory=list)
    sent: datetime | None = None
    last_sent: datetime | None = None
    scheduled: datetime | None = None
    audiences: dict[int, None] = field(default_factory=dict)
    """Lists and segments it went to, in order."""
    attachments: list[int] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    winner: int | None = None
    metric: str = "Opens"

    @property
    def is_split_test(self) -> bool:
        """Whether there are several contents."""
        return len(self.contents) > 1

    @property
    def content(self) -> Content:
        """What is read, the winner's if there is one."""
        return self.contents[self.winner or 0]


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How a split test is decided."""

    metric: str
    percentage: int
    hours: int

    def shape(self) -> dict[str, Any]:
        """Return it as printed."""
        return {
            "testMetric": self.metric,
            "testPercentage": self.percentage,
            "testPeriodHours": self.hours,
        }


@dataclass(slots=True)
class CampaignSend:
    """One dispatch of a campaign to an audience; its id is what a send is known by."""

    id: str
    campaign_id: int
    list_ids: Sequence[int]
    contact_ids: Sequence[int]
    at: datetime
    split: SplitOptions | None
    status: str

    def shape(self) -> dict[str, Any]:
        """Return it as printed; what was not given is null."""
        return {
            "id": self.id,
            "campaignId": self.campaign_id,
            "addressBookIds": list(self.list_ids) or None,
            "contactIds": list(self.contact_ids) or None,
            "sendDate": stamp(self.at),
            "splitTestOptions": self.split.shape() if self.split else None,
            "status": self.status,
        }
