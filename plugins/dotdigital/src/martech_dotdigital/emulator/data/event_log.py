"""Events as subscribers see them: captured from now on, handed out page by page, at least once (section 24.2)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["EVENT_TYPES", "EventLog", "Subscription"]

EVENT_TYPES = frozenset(
    {
        "contact.created",
        "contact.updated",
        "contact.removed",
        "contact.membershipUpdated",
        "contact.preferenceUpdated",
        "contact.consentAdded",
        "message.sent",
        "message.status",
        "message.inbound",
        "interaction.click",
        "interaction.unsubscribe",
        "interaction.pushClick",
        "interaction.socialShare",
        "insightData.set",
        "insightData.removed",
        "insightData.collectionCreated",
        "insightData.collectionRemoved",
        "email.read",
        "email.doubleOptIn",
        "email.click",
        "email.open",
        "email.send",
        "email.unsubscribed",
        "email.ispComplained",
        "email.reply",
        "email.failed",
        "campaign.send",
        "page.view",
        "sms.send",
        "sms.delivered",
        "sms.unsubscribed",
        "sms.failed",
    }
)
"""The names one may subscribe to, from sections 24 and 26; the vendor's whole list is not public."""


@dataclass(slots=True)
class Subscription:
    """A standing wish to be told of some events."""

    id: int
    created: datetime
    updated: datetime
    wish: dict[str, Any]
    captures_from: datetime
    last_read: datetime
    queue: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: int = 0
    """How many of the queue a later checkpoint has confirmed."""

    @property
    def active(self) -> bool:
        """Whether it captures."""
        return bool(self.wish["status"] == "active")

    def wants(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Return whether an event is one it asked for: filters are ANDed, equal types are ORed."""
        return any(
            wanted["eventType"] == event_type
            and all(_matches(data, condition) for condition in wanted.get("filters", ()))
            for wanted in self.wish["subscribedEventTypes"]
        )

    def page(self, checkpoint: str | None, limit: int) -> tuple[str, list[dict[str, Any]]]:
        """Return the page behind a checkpoint, which confirms everything before it.

        Raises:
            ValueError: The checkpoint is not one of this subscription's.
        """
        start = self.acknowledged
        if checkpoint:
            name, _, number = urlsafe_b64decode(checkpoint).decode().partition(":")
            start = int(number)
            if name != f"s{self.id}" or not 0 <= start <= len(self.queue):
                raise ValueError(checkpoint)
            self.acknowledged = max(self.acknowledged, start)
        events = self.queue[start : start + limit]
        return urlsafe_b64encode(f"s{self.id}:{start + len(events)}".encode()).decode(), events


class EventLog:
    """Every subscription with what it captured."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.subscriptions: dict[int, Subscription] = {}
        self._wanted: frozenset[str] = frozenset()

    def review(self) -> None:
        """Remember anew which event types anybody wants; to be called after each change of a subscription."""
        self._wanted = frozenset(
            wanted["eventType"]
            for subscription in self.subscriptions.values()
            if subscription.active
            for wanted in subscription.wish["subscribedEventTypes"]
        )

    def anybody_wants(self, event_type: str) -> bool:
        """Return whether an event of a type would be captured; this is asked for every change of every person."""
        return event_type in self._wanted

    def record(self, event_id: str, event_type: str, data: Mapping[str, Any], now: datetime) -> None:
        """Capture one event for whoever wants it; nobody sees what came before they subscribed."""
        event = {
            "id": event_id,
            "accountId": self.account_id,
            "processedDate": stamp(now),
            "type": event_type,
            "eventDate": stamp(now),
            "data": dict(data),
        }
        for subscription in self.subscriptions.values():
            if subscription.active and now >= subscription.captures_from and subscription.wants(event_type, data):
                subscription.queue.append(event)

    def retire_idle(self, now: datetime, idle: timedelta) -> None:
        """Make inactive what nobody has read for too long."""
        for subscription in self.subscriptions.values():
            if subscription.active and now - subscription.last_read > idle:
                subscription.wish["status"] = "inactive"
                subscription.updated = now
                self.review()


def _matches(data: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    found: Any = data
    for step in condition["field"].removeprefix("$").strip(".").split("."):
        if not isinstance(found, Mapping) or step not in found:
            return False
        found = found[step]
    text, pattern = str(found), condition["matchPattern"]
    if not condition.get("caseSensitive", True):
        text, pattern = text.lower(), pattern.lower()
    return fnmatchcase(text, pattern)
