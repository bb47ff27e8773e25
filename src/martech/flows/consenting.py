"""Consent in its two directions: away from being contacted freely, towards it only past the guard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martech.consent import grant
from martech.errors import ConsentRefused, MartechError, UnexpectedResponse
from martech.flows.each import in_batches, one_by_one
from martech.models import (
    BulkResult,
    Channel,
    Consent,
    Identifier,
    ItemOutcome,
    ItemResult,
    Release,
    SuppressionReason,
)
from martech.provider.capabilities import operation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from martech.provider.contract import Provider

__all__ = [
    "record_many",
    "release",
    "release_many",
    "set_topic",
    "subscribe",
    "subscribe_many",
    "suppress",
    "suppress_many",
    "unsubscribe_many",
]

_RELEASES = {
    Release.RELEASED: ItemOutcome.UPDATED,
    Release.CHALLENGED: ItemOutcome.CHALLENGED,
    Release.REFUSED: ItemOutcome.REFUSED,
}


async def subscribe(
    provider: Provider, ref: Identifier, channel: Channel, evidence: Consent, opted_out_at: datetime | None = None
) -> ItemResult:
    """Set a contact's channel to subscribed, past the guard."""
    _refuse_unless_offered(provider, "subscribe", ref, channel)
    yes = await grant(provider, ref, channel=channel, evidence=evidence, opted_out_at=opted_out_at)
    return await provider.consent.subscribe(ref, yes=yes)


async def subscribe_many(
    provider: Provider, refs: Sequence[Identifier], channel: Channel, evidence: Consent
) -> BulkResult:
    """Set a channel of several contacts to subscribed, each past the guard."""
    return await one_by_one(
        refs,
        lambda ref: subscribe(provider, ref, channel, evidence),
        outcome=ItemOutcome.UPDATED,
    )


async def unsubscribe_many(provider: Provider, refs: Sequence[Identifier], channel: Channel) -> BulkResult:
    """Set a channel of several contacts to unsubscribed."""
    batch = operation(provider, "consent", "unsubscribe_batch")
    if batch.refusal(channel=channel) is None:
        send = partial(provider.consent.unsubscribe_batch, channel=channel)
        return await in_batches(refs, provider.consent.batch_size, send, batch)
    single = partial(provider.consent.unsubscribe, channel=channel, reason=None)
    return await one_by_one(refs, single, outcome=ItemOutcome.UPDATED)


async def record_many(provider: Provider, refs: Sequence[Identifier], consent: Consent) -> BulkResult:
    """Keep evidence with several contacts."""
    single = partial(provider.consent.record, consent=consent)
    return await one_by_one(refs, single, outcome=ItemOutcome.SAVED)


async def suppress(
    provider: Provider, ref: Identifier, channel: Channel | None, reason: SuppressionReason
) -> ItemResult:
    """Block sending to one person."""
    results = await provider.consent.suppress([ref], channel=channel, reason=reason)
    if len(results) != 1:
        raise UnexpectedResponse("the plugin gave no result for the person")
    return results[0]


async def suppress_many(
    provider: Provider, refs: Sequence[Identifier], channel: Channel | None, reason: SuppressionReason
) -> BulkResult:
    """Block sending to several people."""
    batch = partial(provider.consent.suppress, channel=channel, reason=reason)
    takes = operation(provider, "consent", "suppress")
    return await in_batches(refs, provider.consent.batch_size, batch, takes)


async def release(
    provider: Provider,
    ref: Identifier,
    channel: Channel,
    evidence: Consent,
    opted_out_at: datetime | None = None,
    *,
    without_challenge: bool = False,
) -> Release:
    """Lift a block or an opt-out, past the guard."""
    _refuse_unless_offered(provider, "release", ref, channel)
    yes = await grant(
        provider,
        ref,
        channel=channel,
        evidence=evidence,
        opted_out_at=opted_out_at,
        lifting=True,
        without_challenge=without_challenge,
    )
    return await provider.consent.release(ref, yes=yes)


async def release_many(
    provider: Provider, refs: Sequence[Identifier], channel: Channel, evidence: Consent
) -> BulkResult:
    """Lift the blocks of several people, each past the guard."""

    async def single(ref: Identifier) -> ItemResult:
        done = await release(provider, ref, channel, evidence)
        return ItemResult(outcome=_RELEASES[done], identifier=ref)

    return await one_by_one(refs, single, outcome=ItemOutcome.UPDATED)


async def set_topic(
    provider: Provider, ref: Identifier, topic: str, evidence: Consent | None, *, subscribed: bool
) -> None:
    """Take a contact out of a topic, or put it in past the guard."""
    if not subscribed:
        await provider.consent.topic_out(ref, topic)
        return
    if evidence is None:
        raise ConsentRefused("putting somebody into a topic takes evidence", hint="say evidence=Consent(…)")
    yes = await grant(provider, ref, channel=evidence.channel, evidence=evidence, topic=topic)
    await provider.consent.topic_in(ref, topic, yes=yes)


def _refuse_unless_offered(provider: Provider, verb: str, ref: Identifier, channel: Channel) -> None:
    """Refuse before the status is read, where the provider has no such verb or not for this channel."""
    no = operation(provider, "consent", verb).refusal(ref=ref, channel=channel)
    if no is not None:
        error: MartechError = no.error()
        raise error
