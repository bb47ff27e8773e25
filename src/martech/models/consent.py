"""Consent: the evidence, the present state on each channel, and the blocks on sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from martech.models.base import PERSONAL, Answer, Model, VendorWord
from martech.models.identifiers import Identifier

__all__ = [
    "Basis",
    "Channel",
    "Consent",
    "ConsentChange",
    "IfNew",
    "Release",
    "Subscription",
    "SubscriptionStatus",
    "Suppression",
    "SuppressionReason",
    "Topic",
    "Yes",
]


class Channel(StrEnum):
    """By which way a message reaches a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WHATSAPP = "whatsapp"


class SubscriptionStatus(StrEnum):
    """The present state of one contact on one channel, or on one topic."""

    SUBSCRIBED = "subscribed"
    """May be contacted. How we know is the basis."""
    UNSUBSCRIBED = "unsubscribed"
    """Said no, or we said it for them."""
    PENDING = "pending"
    """Was asked to confirm and has not done so."""
    NOT_SUBSCRIBED = "not_subscribed"
    """Never said anything; may not be contacted."""
    SUPPRESSED = "suppressed"
    """Blocked by the vendor: bounced, complained, or by hand. The reason says which."""
    UNKNOWN = "unknown"
    """The vendor does not tell, or used a word we do not know; not to be contacted."""


class Basis(StrEnum):
    """How a status came about."""

    PERSON = "person"
    """The person did it."""
    US = "us"
    """We set it on the person's behalf."""
    DEFAULT = "default"
    """Nobody did: it is what the vendor assumes."""
    UNKNOWN = "unknown"


class SuppressionReason(StrEnum):
    """Why sending is blocked."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BY_HAND = "by_hand"
    OTHER = "other"
    """The vendor's own reason; its word is kept."""


class IfNew(StrEnum):
    """What an upsert does about the subscription of somebody who was not there before.

    Vendors disagree: at some a new contact is subscribed unless one says otherwise. So the caller says.
    """

    NOT_CONTACTABLE = "not_contactable"
    """Create them so that no marketing message reaches them. Refused by a provider that cannot know who is new."""
    VENDOR_DEFAULT = "vendor_default"
    """Create them as the vendor does. The result says who was created contactable."""


class Subscription(Model):
    """The state of one contact on one channel, with its basis."""

    channel: Channel
    status: SubscriptionStatus
    basis: Basis = Basis.UNKNOWN
    topic: str | None = None
    """Which topic it is about; None for the channel as a whole."""
    changed_at: AwareDatetime | None = None
    """When it came to be; None where the vendor does not say, which counts as later than everything."""
    reason: SuppressionReason | None = None
    vendor_word: VendorWord | None = None

    @property
    def is_yes(self) -> bool:
        """Whether it allows contact."""
        return self.status is SubscriptionStatus.SUBSCRIBED

    @property
    def is_no(self) -> bool:
        """Whether it forbids contact outright."""
        return self.status in (SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED)


class Suppression(Answer):
    """A block on sending. `channel` None blocks every channel."""

    identifier: Identifier
    channel: Channel | None = Channel.EMAIL
    reason: SuppressionReason = SuppressionReason.OTHER
    suppressed_at: AwareDatetime | None = None
    vendor_id: str | None = None
    vendor_word: VendorWord | None = None


class Consent(Answer):
    """The evidence that somebody agreed: to what, when, where, in which words. Added, never edited."""

    channel: Channel
    given_at: AwareDatetime
    text: str
    """The words that were agreed to."""
    source: str | None = None
    """Where: the address of a form, the name of a shop."""
    ip_address: str | None = Field(default=None, json_schema_extra=PERSONAL)
    user_agent: str | None = None
    topic: str | None = None
    recorded_at: AwareDatetime | None = None


class ConsentChange(Answer):
    """One change of one contact's status, as a vendor's change log tells it."""

    identifier: Identifier
    channel: Channel | None
    """None for a change that concerns every channel."""
    before: SubscriptionStatus
    after: SubscriptionStatus
    changed_at: AwareDatetime | None = None
    basis: Basis = Basis.UNKNOWN
    reason: SuppressionReason | None = None
    vendor_word: VendorWord | None = None


class Release(StrEnum):
    """What became of a request to lift a block or to subscribe again."""

    RELEASED = "released"
    CHALLENGED = "challenged"
    """The person was asked to confirm; until then the block stays."""
    REFUSED = "refused"


class Topic(Answer):
    """A subject a contact may subscribe to."""

    id: str | None = None
    name: str
    description: str | None = None
    category: str | None = None
    is_public: bool | None = None


@dataclass(frozen=True, slots=True)
class Yes:
    """Permission to contact somebody on a channel, with the evidence for it.

    Only `martech.consent` makes one, after it has looked at what is known; a provider writes a yes only where it
    is handed one.
    """

    channel: Channel
    evidence: Consent
    topic: str | None = None
    opted_out_at: datetime | None = None
    """When the opt-out happened that this yes is later than; None where there is none."""
    without_challenge: bool = False
    """Whether the vendor should act at once instead of asking the person, where it offers both."""
