"""The contract for consent: evidence, status, suppressions, topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from martech.models import (
        Channel,
        Consent,
        ConsentChange,
        Identifier,
        ItemResult,
        Page,
        Release,
        Subscription,
        Suppression,
        SuppressionReason,
        Topic,
        Yes,
    )

__all__ = ["ConsentOperations"]


class ConsentOperations(Operations):
    """Consent: what people allowed, and what blocks sending.

    A no must reach the right person: `unsubscribe` and `suppress` take only identifiers by which this provider can
    write that very contact, and never make one. A yes comes only as a `Yes`, which the consent guard makes.
    """

    row = "consent"
    batch_size: ClassVar[int] = 100
    """How many people `unsubscribe_batch` and `suppress` take at a time."""

    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        """Return the present state of a contact on each channel the vendor knows; `NotFound` if there is none."""
        raise undeclared()

    async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
        """Set a contact's channel to subscribed, on evidence."""
        raise undeclared()

    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
        """Set a contact's channel to unsubscribed; `NotFound` if there is no such contact."""
        raise undeclared()

    async def unsubscribe_batch(self, refs: Sequence[Identifier], *, channel: Channel) -> Sequence[ItemResult]:
        """Set a channel of up to `batch_size` contacts to unsubscribed; one result per person."""
        raise undeclared()

    async def record(self, ref: Identifier, consent: Consent) -> None:
        """Keep evidence with a contact, without changing its status."""
        raise undeclared()

    async def suppress(
        self, refs: Sequence[Identifier], *, channel: Channel | None, reason: SuppressionReason
    ) -> Sequence[ItemResult]:
        """Block sending to people, on one channel or (None) on all; one result per person."""
        raise undeclared()

    async def release(self, ref: Identifier, *, yes: Yes) -> Release:
        """Lift a block, on evidence later than it; or have the vendor ask the person."""
        raise undeclared()

    async def suppressions(self, since: datetime | None, cursor: str | None) -> Page[Suppression]:
        """Return one page of the blocks, all of them or those since a time."""
        raise undeclared()

    async def changes(self, since: datetime, cursor: str | None) -> Page[ConsentChange]:
        """Return one page of the changes of status since a time."""
        raise undeclared()

    async def topics(self, cursor: str | None) -> Page[Topic]:
        """Return one page of the topics."""
        raise undeclared()

    async def create_topic(self, topic: Topic) -> Topic:
        """Make a topic."""
        raise undeclared()

    async def topic_out(self, ref: Identifier, topic_id: str) -> None:
        """Take a contact out of a topic."""
        raise undeclared()

    async def topic_in(self, ref: Identifier, topic_id: str, *, yes: Yes) -> None:
        """Put a contact into a topic, on evidence."""
        raise undeclared()
