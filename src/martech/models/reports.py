"""Reports: counts with their definitions, and the single engagements they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from martech.models.base import PERSONAL, Answer, VendorWord
from martech.models.consent import Channel

__all__ = ["BounceKind", "Engagement", "EngagementKind", "EngagementQuery", "Report", "ReportScope"]


class EngagementKind(StrEnum):
    """What a provider tells us a contact did, or what became of a message to it."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REPLIED = "replied"
    FAILED = "failed"
    PENDING = "pending"
    """The vendor waits for the carrier's word."""
    UNKNOWN = "unknown"


class BounceKind(StrEnum):
    """Whether an address is gone or only could not be reached."""

    HARD = "hard"
    SOFT = "soft"


class Engagement(Answer):
    """One thing that happened between a message and a contact. Some vendors do not say when."""

    kind: EngagementKind
    at: AwareDatetime | None = None
    count: int = 1
    """How often, where the vendor counts instead of listing."""
    email: str | None = Field(default=None, json_schema_extra=PERSONAL)
    mobile: str | None = Field(default=None, json_schema_extra=PERSONAL)
    own_id: str | None = Field(default=None, json_schema_extra=PERSONAL)
    vendor_id: str | None = None
    campaign_id: str | None = None
    send_id: str | None = None
    message_id: str | None = None
    url: str | None = None
    bounce: BounceKind | None = None
    detail: str | None = None
    vendor_word: VendorWord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementQuery:
    """Which engagements: of a campaign or a send, of some kinds, since a time."""

    campaign_id: str | None = None
    send_id: str | None = None
    channel: Channel = Channel.EMAIL
    kinds: frozenset[EngagementKind] = frozenset()
    """Empty for all that the vendor lists."""
    since: datetime | None = None
    page_size: int | None = None


class ReportScope(StrEnum):
    """What the counts of a report are about."""

    CAMPAIGN = "campaign"
    """All sends of the campaign together."""
    SEND = "send"
    ACCOUNT = "account"


class Report(Answer):
    """Counts of one campaign or send. None where the vendor does not count that.

    Rates are computed here, by one definition, so that they can be compared across vendors; they are fractions
    from 0 to 1, and None where their base is unknown or zero.
    """

    scope: ReportScope
    subject_id: str
    sent: int | None = None
    delivered: int | None = None
    opens: int | None = None
    unique_opens: int | None = None
    clicks: int | None = None
    unique_clicks: int | None = None
    hard_bounces: int | None = None
    soft_bounces: int | None = None
    complaints: int | None = None
    unsubscribes: int | None = None
    replies: int | None = None
    first_sent_at: AwareDatetime | None = None
    definitions: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """What the vendor counts under a name, where that is not what the name says."""

    @property
    def delivery_rate(self) -> float | None:
        """Delivered over sent."""
        return _rate(self.delivered, self.sent)

    @property
    def open_rate(self) -> float | None:
        """People who opened over delivered."""
        return _rate(self.unique_opens, self.delivered)

    @property
    def click_rate(self) -> float | None:
        """People who clicked over delivered."""
        return _rate(self.unique_clicks, self.delivered)

    @property
    def bounce_rate(self) -> float | None:
        """Hard and soft bounces over sent."""
        if self.hard_bounces is None and self.soft_bounces is None:
            return None
        return _rate((self.hard_bounces or 0) + (self.soft_bounces or 0), self.sent)

    @property
    def unsubscribe_rate(self) -> float | None:
        """Unsubscribes over delivered."""
        return _rate(self.unsubscribes, self.delivered)

    @property
    def complaint_rate(self) -> float | None:
        """Complaints over delivered."""
        return _rate(self.complaints, self.delivered)


def _rate(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
