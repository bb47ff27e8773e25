"""Campaigns, which are content for many, and sends, each one dispatch of a campaign to an audience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, Field

from martech.models.base import Answer, VendorWord
from martech.models.consent import Channel
from martech.models.identifiers import Identifier
from martech.models.messages import MailboxLike, OneMailbox

__all__ = [
    "Audience",
    "AudienceKind",
    "Campaign",
    "CampaignStatus",
    "Everyone",
    "Lists",
    "People",
    "Segments",
    "Send",
    "SendStatus",
]


class CampaignStatus(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    AWAITING_APPROVAL = "awaiting_approval"
    TRIGGERED = "triggered"
    """Sent one by one when something happens."""
    UNKNOWN = "unknown"


class Campaign(Answer):
    """Content for many. Making one never dispatches anything."""

    id: str | None = None
    name: str
    channel: Channel = Channel.EMAIL
    subject: str | None = None
    html: str | None = Field(default=None, repr=False)
    text: str | None = Field(default=None, repr=False)
    sender: OneMailbox | None = None
    reply_to: OneMailbox | None = None
    tags: tuple[str, ...] = ()
    status: CampaignStatus | None = None
    created_at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    vendor_word: VendorWord | None = None

    if TYPE_CHECKING:  # what may be given is more than what is kept

        def __init__(
            self,
            *,
            name: str,
            id: str | None = None,  # noqa: A002 - the field's name
            channel: Channel = Channel.EMAIL,
            subject: str | None = None,
            html: str | None = None,
            text: str | None = None,
            sender: MailboxLike | None = None,
            reply_to: MailboxLike | None = None,
            tags: Sequence[str] = (),
            status: CampaignStatus | None = None,
            created_at: datetime | None = None,
            sent_at: datetime | None = None,
            vendor_word: VendorWord | None = None,
            raw: Any = None,
        ) -> None: ...


class AudienceKind(StrEnum):
    """What an audience is made of."""

    LISTS = "lists"
    SEGMENTS = "segments"
    PEOPLE = "people"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Lists:
    """Everybody on these lists, by list id; at least one."""

    ids: Sequence[str]
    kind: AudienceKind = AudienceKind.LISTS

    def __post_init__(self) -> None:
        _refuse_empty(self.ids, "list")


@dataclass(frozen=True, slots=True)
class Segments:
    """Everybody in these segments, by segment id; at least one."""

    ids: Sequence[str]
    kind: AudienceKind = AudienceKind.SEGMENTS

    def __post_init__(self) -> None:
        _refuse_empty(self.ids, "segment")


@dataclass(frozen=True, slots=True)
class People:
    """Exactly these people; at least one."""

    refs: Sequence[Identifier]
    kind: AudienceKind = AudienceKind.PEOPLE

    def __post_init__(self) -> None:
        _refuse_empty(self.refs, "person")


@dataclass(frozen=True, slots=True)
class Everyone:
    """Everybody in the account. Said in so many words: at some vendors it is what an empty audience means."""

    kind: AudienceKind = AudienceKind.EVERYONE


Audience = Lists | Segments | People | Everyone


def _refuse_empty(members: Sequence[object], noun: str) -> None:
    if isinstance(members, str) or not members:
        raise ValueError(f"an audience needs at least one {noun}, in a list; for all contacts say Everyone()")


class SendStatus(StrEnum):
    """How far a send is."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DRY_RUN = "dry_run"
    """A sandbox kept it back; nothing was sent."""
    UNKNOWN = "unknown"


class Send(Answer):
    """One dispatch of a campaign to an audience."""

    id: str
    campaign_id: str | None = None
    channel: Channel = Channel.EMAIL
    status: SendStatus
    at: AwareDatetime | None = None
    """When it goes out; None for at once."""
    send_key: str | None = None
    vendor_word: VendorWord | None = None
