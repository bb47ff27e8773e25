"""Events: what we tell the provider a contact did, and the stream of what it tells us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.flows import telling
from martech.models import BulkResult, CustomEvent, EventBatch, EventStream
from martech.provider.resources import M, Resource, flow, operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Events"]


class Events(Resource[M]):
    """Events in both directions."""

    row = "events"

    @flow
    async def track(self, events: CustomEvent | Iterable[CustomEvent]) -> BulkResult:
        """Tell the provider what contacts did; one result per event, `ACCEPTED` at best."""
        several = [events] if isinstance(events, CustomEvent) else list(events)
        return await telling.track(self._provider, several)

    @operation
    async def open(self, name: str, *, types: Sequence[str] = ()) -> EventStream:
        """Subscribe to what the provider tells. One request."""
        return await self._provider.events.open(name, types=types)

    @operation
    async def stream(self, stream: EventStream | str, *, cursor: str | None = None) -> EventBatch:
        """Return what is waiting after the cursor. Passing a cursor says that what it follows was dealt with."""
        stream_id = stream if isinstance(stream, str) else stream.id
        return await self._provider.events.stream(stream_id, cursor)

    @operation
    async def close(self, stream: EventStream | str) -> None:
        """End a subscription. One request."""
        await self._provider.events.close(stream if isinstance(stream, str) else stream.id)
