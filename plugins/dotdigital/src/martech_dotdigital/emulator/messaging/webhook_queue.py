"""Webhooks as their receiver sees them: signed, in batches, and again until it says yes (section 25)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any

from pydantic_core import to_json

from martech.emulation import Headers, HttpRequest
from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.conventions.versioned import Versioned

__all__ = ["RETRY_SECONDS", "Delivery", "Webhook", "WebhookQueue"]

RETRY_SECONDS = (5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 14400, 14400, 14400, 14400)
"""The wait before each further attempt (section 25)."""
GIVE_UP = timedelta(hours=24)
RECEIVER_SECONDS = 10


@dataclass(slots=True)
class Webhook(Versioned):
    """One receiver, with what it wants."""

    waiting: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    """Envelopes of a batch that is not full yet, each with the moment it came."""

    def wants(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Return whether an event is one it asked for; without subscriptions it gets everything."""
        wanted = self.body.get("subscriptions") or []
        return not wanted or any(
            one.get("type") == name and all(_filtered(payload, item) for item in one.get("filters") or ())
            for one in wanted
        )


@dataclass(slots=True)
class Delivery:
    """One request to a receiver, and how often it was tried."""

    webhook: Webhook
    body: bytes
    first: datetime
    due: datetime
    attempts: int = 0

    def request(self) -> HttpRequest:
        """Return the request, signed if the receiver has a secret: lower-case hex HMAC-SHA1 of the raw body."""
        headers = [("Content-Type", "application/json")]
        if secret := self.webhook.body.get("secret"):
            signature = hmac.new(secret.encode(), self.body, sha1).hexdigest()
            headers.append(("X-Comapi-Signature", signature))
        return HttpRequest(
            "POST", self.webhook.body["url"], Headers(headers), self.body, timeout_seconds=RECEIVER_SECONDS
        )


class WebhookQueue:
    """Every webhook, and what is still to be delivered."""

    def __init__(self, account_id: int, api_space_id: str) -> None:
        self.account_id = account_id
        self.api_space_id = api_space_id
        self.webhooks: dict[str, Webhook] = {}
        self._deliveries: list[Delivery] = []

    def anybody(self) -> bool:
        """Return whether there is any receiver at all."""
        return any(not webhook.deleted for webhook in self.webhooks.values())

    def publish(self, event_id: str, name: str, payload: Mapping[str, Any], now: datetime, revision: int) -> None:
        """Put one event into the queue of everyone who wants it."""
        envelope = {
            "eventId": event_id,
            "accountId": self.account_id,
            "apiSpaceId": self.api_space_id,
            "name": name,
            "payload": dict(payload),
            "revision": revision,
            "etag": f'W/"{revision + 1}"',
            "timestamp": stamp(now),
        }
        for webhook in self.webhooks.values():
            if webhook.deleted or not webhook.wants(name, payload):
                continue
            if webhook.body.get("batch"):
                webhook.waiting.append((now, envelope))
            else:
                self._deliveries.append(Delivery(webhook, to_json(envelope), now, now))

    def due(self, now: datetime) -> Iterator[Delivery]:
        """Yield what is due; say with `answered` what became of each."""
        for webhook in self.webhooks.values():
            self._close_batches(webhook, now)
        for delivery in sorted(self._deliveries, key=lambda delivery: delivery.due):
            if delivery.due <= now and not delivery.webhook.deleted:
                yield delivery

    def answered(self, delivery: Delivery, status: int, now: datetime) -> None:
        """Take what the receiver said: 2xx is done, 400 is dropped for good, anything else comes again."""
        delivery.attempts += 1
        over = now - delivery.first >= GIVE_UP or delivery.attempts > len(RETRY_SECONDS)
        if 200 <= status < 300 or status == 400 or over:
            self._deliveries.remove(delivery)
        else:
            delivery.due = now + timedelta(seconds=RETRY_SECONDS[delivery.attempts - 1])

    def _close_batches(self, webhook: Webhook, now: datetime) -> None:
        most = int(webhook.body.get("maxBatchSize") or 500)
        wait = timedelta(seconds=float(webhook.body.get("batchTimeout") or 60))
        while webhook.waiting and (len(webhook.waiting) >= most or webhook.waiting[0][0] + wait <= now):
            batch = [envelope for _, envelope in webhook.waiting[:most]]
            closed = min(now, webhook.waiting[0][0] + wait)
            del webhook.waiting[:most]
            self._deliveries.append(Delivery(webhook, to_json(batch), closed, closed))


def _filtered(payload: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    details = payload.get("details")
    found = payload.get(item.get("name", ""))
    if found is None and isinstance(details, Mapping):
        found = details.get(item.get("name", ""))
    return str(found).lower() == str(item.get("value")).lower()
