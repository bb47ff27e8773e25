"""Events in both vocabularies."""

from __future__ import annotations

from typing import Any

from martech.models import CustomEvent, EventStream, Identifier, IdentifierKind, VendorEvent
from martech_dotdigital.mapping.datasets import identity
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.times import time_from_wire, time_to_wire, value_to_wire
from martech_dotdigital.wire import events as wire

__all__ = ["KNOWN_TYPES", "event_from_wire", "event_to_wire", "stream_from_wire"]

KNOWN_TYPES = (
    "contact.created", "contact.updated", "contact.removed", "contact.membershipUpdated",
    "contact.preferenceUpdated", "contact.consentAdded", "message.sent", "message.status", "interaction.click",
    "interaction.unsubscribe", "interaction.pushClick", "interaction.socialShare", "insightData.set",
    "insightData.removed", "insightData.collectionCreated", "insightData.collectionRemoved",
)  # fmt: skip
"""Types that the vendor's pages name (S24); its complete list is not public."""


def event_to_wire(event: CustomEvent, naming: Naming) -> dict[str, Any]:
    """Return something a contact did. Without a time it happened when the vendor gets to it."""
    body: dict[str, Any] = {"contactIdentity": identity(event.contact, naming), "type": event.type}
    if event.id is not None:
        body["id"] = event.id
    if event.at is not None:
        body["eventTimestamp"] = time_to_wire(event.at)
    if event.summary is not None:
        body["timelineDetails"] = {"summary": event.summary}
    if event.data:
        body["eventData"] = {name: _plain(value) for name, value in event.data.items()}
    return body


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value_to_wire(value)


def stream_from_wire(subscription: wire.Subscription) -> EventStream:
    """Return a subscription as a stream."""
    types = subscription.get("subscribedEventTypes") or ()
    return EventStream(
        id=str(subscription["id"]),
        name=subscription.get("name"),
        types=tuple(dict.fromkeys(one["eventType"] for one in types)),
        raw=subscription,
    )


def event_from_wire(event: wire.Event) -> VendorEvent:
    """Return an event, with its contact where its data names one; data is documented for one type only (S24)."""
    data = event.get("data") or {}
    number = data.get("contactId")
    return VendorEvent(
        type=event["type"],
        at=time_from_wire(event.get("eventDate")) or time_from_wire(event.get("processedDate")),
        id=event["id"],
        contact=Identifier(IdentifierKind.VENDOR, str(number)) if number is not None else None,
        data=data,
        raw=event,
    )
