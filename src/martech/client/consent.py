"""Consent: the evidence, the present status, the blocks on sending, the topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.flows import consenting
from martech.flows.people import Ref, Refs, named, several
from martech.models import (
    BulkResult,
    Channel,
    Consent,
    ConsentChange,
    ItemResult,
    Page,
    Release,
    Subscription,
    Suppression,
    SuppressionReason,
    Topic,
)
from martech.provider.resources import M, Resource, flow, operation, paged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["ConsentResource"]


class ConsentResource(Resource[M]):
    """Consent. Moving a person towards being contacted takes evidence; moving away takes nothing."""

    row = "consent"

    @operation
    async def status(self, ref: Ref) -> Sequence[Subscription]:
        """Return a contact's present state on each channel the vendor knows. One request.

        Raises:
            NotFound: There is no such contact.
        """
        return await self._provider.consent.status(named(ref))

    @operation
    async def subscribe(
        self, ref: Ref, *, channel: Channel, evidence: Consent, opted_out_at: datetime | None = None
    ) -> ItemResult:
        """Set a contact's channel to subscribed. One request, and one more where the status can be read first.

        Raises:
            ConsentRefused: The evidence does not cover it, an opt-out is later or undated, or sending is blocked.
        """
        return await consenting.subscribe(self._provider, named(ref), channel, evidence, opted_out_at)

    @flow
    async def subscribe_many(self, refs: Refs, *, channel: Channel, evidence: Consent) -> BulkResult:
        """Set a channel of several contacts to subscribed, all on the same evidence; one result per person."""
        return await consenting.subscribe_many(self._provider, several(refs), channel, evidence)

    @operation
    async def unsubscribe(self, ref: Ref, *, channel: Channel, reason: str | None = None) -> ItemResult:
        """Set a contact's channel to unsubscribed. Never makes a contact.

        Raises:
            NotFound: There is no such contact.
            UnsupportedOperation: The provider cannot write the very contact by this identifier.
        """
        return await self._provider.consent.unsubscribe(named(ref), channel=channel, reason=reason)

    @flow
    async def unsubscribe_many(self, refs: Refs, *, channel: Channel) -> BulkResult:
        """Set a channel of several contacts to unsubscribed; one result per person."""
        return await consenting.unsubscribe_many(self._provider, several(refs), channel)

    @operation
    async def record(self, ref: Ref, consent: Consent) -> None:
        """Keep evidence with a contact, without changing its status."""
        await self._provider.consent.record(named(ref), consent)

    @flow
    async def record_many(self, refs: Refs, consent: Consent) -> BulkResult:
        """Keep the same evidence with several contacts; one result per person."""
        return await consenting.record_many(self._provider, several(refs), consent)

    @operation
    async def suppress(
        self,
        ref: Ref,
        *,
        channel: Channel | None = None,
        reason: SuppressionReason = SuppressionReason.BY_HAND,
    ) -> ItemResult:
        """Block sending to a person, on one channel or (by default) on all. Never makes a contact."""
        return await consenting.suppress(self._provider, named(ref), channel, reason)

    @flow
    async def suppress_many(
        self,
        refs: Refs,
        *,
        channel: Channel | None = None,
        reason: SuppressionReason = SuppressionReason.BY_HAND,
    ) -> BulkResult:
        """Block sending to several people; one result per person."""
        return await consenting.suppress_many(self._provider, several(refs), channel, reason)

    @operation
    async def release(
        self,
        ref: Ref,
        *,
        channel: Channel,
        evidence: Consent,
        opted_out_at: datetime | None = None,
        without_challenge: bool = False,
    ) -> Release:
        """Lift a block or an opt-out, on evidence later than it, or have the vendor ask the person.

        Returns:
            Released, challenged (the block stays until the person confirms) or refused.

        Raises:
            ConsentRefused: The evidence does not cover it, or the opt-out is later or undated.
        """
        return await consenting.release(
            self._provider, named(ref), channel, evidence, opted_out_at, without_challenge=without_challenge
        )

    @flow
    async def release_many(self, refs: Refs, *, channel: Channel, evidence: Consent) -> BulkResult:
        """Lift the blocks of several people on the same evidence; one result per person."""
        return await consenting.release_many(self._provider, several(refs), channel, evidence)

    @paged
    async def suppressions(self, cursor: str | None, *, since: datetime | None = None) -> Page[Suppression]:
        """Iterate over the blocks on sending, all of them or those since a time."""
        return await self._provider.consent.suppressions(since, cursor)

    @paged
    async def changes(self, cursor: str | None, *, since: datetime) -> Page[ConsentChange]:
        """Iterate over the changes of status since a time."""
        return await self._provider.consent.changes(since, cursor)

    @paged
    async def topics(self, cursor: str | None) -> Page[Topic]:
        """Iterate over the topics."""
        return await self._provider.consent.topics(cursor)

    @operation
    async def create_topic(self, topic: Topic) -> Topic:
        """Make a topic."""
        return await self._provider.consent.create_topic(topic)

    @operation
    async def set_topic(self, ref: Ref, topic: str, *, subscribed: bool, evidence: Consent | None = None) -> None:
        """Take a contact out of a topic, or put it in on evidence.

        Raises:
            ConsentRefused: It is to be put in, and the evidence is missing or does not cover it.
        """
        await consenting.set_topic(self._provider, named(ref), topic, evidence, subscribed=subscribed)
