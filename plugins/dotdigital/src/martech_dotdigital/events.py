"""Events at Dotdigital, in both directions. They come with the CXDP package only (guide)."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import CustomEvent, EventBatch, EventStream, ItemOutcome, ItemResult
from martech.provider import EventOperations, MartechError, delete, get, post, result_of
from martech_dotdigital.limits import EVENTS_PAGE, EVENTS_SECONDS, TRACK_SIZE
from martech_dotdigital.mapping import events as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.reading import read_v3
from martech_dotdigital.wire import events as wire

__all__ = ["Events"]


class Events(EventOperations):
    """Custom events, and up to five subscriptions of an account."""

    batch_size = TRACK_SIZE

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    async def track(self, events: Sequence[CustomEvent]) -> Sequence[ItemResult]:
        """One request. The vendor takes them and never says what became of them; their contacts must be there.

        Only an event's id lets the vendor recognise a repetition, so without ids nothing is repeated.
        """
        results: list[ItemResult] = []
        bodies = []
        for event in events:
            try:
                bodies.append(mapping.event_to_wire(event, self._naming))
                results.append(ItemResult(outcome=ItemOutcome.ACCEPTED, identifier=event.contact))
            except MartechError as error:
                results.append(result_of(error, event.contact))
        if bodies:
            repeatable = all("id" in body for body in bodies)
            await post("/events/v3/import", json=bodies, repeatable=repeatable, limit="low")
        return results

    async def open(self, name: str, *, types: Sequence[str]) -> EventStream:
        """One request. Nothing of before comes; the first may take five minutes; unread for 30 days, it stops.

        Without types: every type that the vendor's pages name.
        """
        body = {
            "name": name,
            "status": "active",
            "subscribedEventTypes": [{"eventType": one} for one in types or mapping.KNOWN_TYPES],
            "alertsConfiguration": {"alertChannels": "none"},
        }
        reply = await post("/events/v3/export/subscriptions", json=body, limit="medium")
        return mapping.stream_from_wire(read_v3(wire.Subscription, reply))

    async def stream(self, stream_id: str, cursor: str | None) -> EventBatch:
        """One request, answered within 30 seconds. Passing a cursor tells the vendor to forget what it follows.

        Asking again with the same cursor brings the same events: what happens twice has the same id.
        """
        reply = await get(
            "/events/v3/export/{subscription}",
            subscription=stream_id,
            query={"limit": EVENTS_PAGE, "checkPoint": cursor},
            timeout_seconds=EVENTS_SECONDS,
        )
        answer = read_v3(wire.EventsAnswer, reply)
        items = [mapping.event_from_wire(event) for event in answer["events"]]
        return EventBatch(items, answer.get("checkPoint") or cursor, drained=not items)

    async def close(self, stream_id: str) -> None:
        """One request. What was not read is lost."""
        await delete("/events/v3/export/subscriptions/{subscription}", subscription=stream_id, limit="medium")
