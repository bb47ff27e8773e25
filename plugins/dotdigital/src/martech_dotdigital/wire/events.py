"""Shapes of events: what an account subscribes to, and what comes."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from martech_dotdigital.wire.contacts import Links

_open = with_config(extra="allow")


class EventFilter(TypedDict):
    """A pattern that a field of an event must match."""

    field: str
    matchPattern: str
    caseSensitive: NotRequired[bool]


class SubscribedType(TypedDict):
    """A type of event, with what it must match."""

    eventType: str
    filters: NotRequired[list[EventFilter] | None]


@_open
class Subscription(TypedDict):
    """A subscription to events."""

    id: int
    name: NotRequired[str | None]
    status: NotRequired[str | None]
    subscribedEventTypes: NotRequired[list[SubscribedType] | None]
    alertsConfiguration: NotRequired[dict[str, Any] | None]


class SubscriptionsPage(TypedDict):
    """A page of subscriptions."""

    _links: Links
    _items: list[Subscription]


@_open
class Event(TypedDict):
    """One event."""

    id: str
    type: str
    eventDate: NotRequired[str | None]
    processedDate: NotRequired[str | None]
    data: NotRequired[dict[str, Any] | None]


class EventsAnswer(TypedDict):
    """A page of events, and the point after it."""

    checkPoint: NotRequired[str | None]
    events: list[Event]
