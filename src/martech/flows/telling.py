"""Telling the provider what contacts did, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.flows.each import in_batches_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import BulkResult, CustomEvent
    from martech.provider.contract import Provider

__all__ = ["track"]


async def track(provider: Provider, events: Sequence[CustomEvent]) -> BulkResult:
    """Tell events; one result per event, by position."""
    names = [event.contact for event in events]
    return await in_batches_of(events, names, provider.events.batch_size, provider.events.track)
