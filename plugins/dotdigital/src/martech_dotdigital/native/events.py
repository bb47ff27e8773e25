"""Subscriptions to events beyond opening and closing one, and what is too large for an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from martech.models import EventStream, Page
from martech.provider import M, Resource, get, operation, paged, post, put
from martech_dotdigital.limits import PAGE_SIZE
from martech_dotdigital.mapping import events as mapping
from martech_dotdigital.paging import marker_after
from martech_dotdigital.reading import read_v3
from martech_dotdigital.wire import events as wire

__all__ = ["NativeEvents", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A type of event, and the patterns its data must match, by JSONPath: all of them.

    The same type twice means either of the two. Patterns know `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`.
    """

    type: str
    matching: Mapping[str, str] | None = None
    case_sensitive: bool = True


class NativeEvents(Resource[M]):
    """Subscriptions to events. An account may have five."""

    row = "native.events"

    @paged
    async def subscriptions(self, cursor: str | None) -> Page[EventStream]:
        """Iterate over the subscriptions. One request a page."""
        reply = await get(
            "/events/v3/export/subscriptions", query={"limit": PAGE_SIZE, "marker": cursor}, limit="medium"
        )
        answer = read_v3(wire.SubscriptionsPage, reply)
        streams = [mapping.stream_from_wire(one) for one in answer["_items"]]
        return Page(streams, marker_after(answer["_links"]))

    @operation
    async def subscription(self, stream_id: str) -> EventStream:
        """Return one subscription; its state and filters are in `raw`. One request."""
        reply = await get("/events/v3/export/subscriptions/{subscription}", subscription=stream_id, limit="medium")
        return mapping.stream_from_wire(read_v3(wire.Subscription, reply))

    @operation
    async def open(
        self, name: str, *, wanted: Sequence[Wanted], active: bool = True, alerts_to: str | None = None
    ) -> EventStream:
        """Subscribe with filters, and with an address to warn before the subscription stops. One request."""
        body = _wire(name, wanted, active=active, alerts_to=alerts_to)
        reply = await post("/events/v3/export/subscriptions", json=body, limit="medium")
        return mapping.stream_from_wire(read_v3(wire.Subscription, reply))

    @operation
    async def update(
        self,
        stream_id: str,
        name: str,
        *,
        wanted: Sequence[Wanted],
        active: bool = True,
        alerts_to: str | None = None,
    ) -> EventStream:
        """Replace a subscription; also what wakes one that stopped. One request."""
        reply = await put(
            "/events/v3/export/subscriptions/{subscription}",
            subscription=stream_id,
            json=_wire(name, wanted, active=active, alerts_to=alerts_to),
            limit="medium",
        )
        return mapping.stream_from_wire(read_v3(wire.Subscription, reply))

    @operation
    async def large_object(self, object_id: str) -> bytes:
        """Return what was too large to be in an event, which names it instead. One request."""
        return (await get("/events/v3/lob/{lob}", lob=object_id, headers={"accept": "*/*"}, limit="medium")).body


def _wire(name: str, wanted: Sequence[Wanted], *, active: bool, alerts_to: str | None) -> dict[str, Any]:
    alerts = {"alertChannels": "none"} if alerts_to is None else {"alertChannels": "email", "email": alerts_to}
    return {
        "name": name,
        "status": "active" if active else "inactive",
        "subscribedEventTypes": [_type(one) for one in wanted],
        "alertsConfiguration": alerts,
    }


def _type(one: Wanted) -> dict[str, Any]:
    if not one.matching:
        return {"eventType": one.type}
    filters = [
        {"field": field, "matchPattern": pattern, "caseSensitive": one.case_sensitive}
        for field, pattern in one.matching.items()
    ]
    return {"eventType": one.type, "filters": filters}
