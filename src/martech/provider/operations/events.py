"""The contract for events."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import CustomEvent, EventBatch, EventStream, ItemResult

__all__ = ["EventOperations"]


class EventOperations(Operations):
    """Events: what we tell the provider, and the stream of what it tells us."""

    row = "events"
    batch_size: ClassVar[int] = 100
    """How many events `track` takes at a time."""

    async def track(self, events: Sequence[CustomEvent]) -> Sequence[ItemResult]:
        """Tell the provider what contacts did. It accepts them; whether it keeps them it does not say."""
        raise undeclared()

    async def open(self, name: str, *, types: Sequence[str]) -> EventStream:
        """Subscribe to what the provider tells."""
        raise undeclared()

    async def stream(self, stream_id: str, cursor: str | None) -> EventBatch:
        """Return what is waiting after the cursor. Passing a cursor says that what it follows was dealt with."""
        raise undeclared()

    async def close(self, stream_id: str) -> None:
        """End a subscription."""
        raise undeclared()
