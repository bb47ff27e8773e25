"""Consent at Pigeonpost: one word per person, for e-mail."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import (
    Channel,
    Identifier,
    ItemOutcome,
    ItemResult,
    Release,
    Subscription,
    SuppressionReason,
    Yes,
)
from martech.provider import (
    ConsentOperations,
    Together,
    declines,
    get,
    never,
    not_offered,
    post,
    read,
    result_of,
)
from martech_example import mapping
from martech_example.contacts import BY_ADDRESS_ONLY
from martech_example.wire import PersonAnswer

ONLY_EMAIL = {
    channel: not_offered("Pigeonpost only knows e-mail.") for channel in Channel if channel is not Channel.EMAIL
}


class Consent(ConsentOperations):
    """The word `mail` of a person."""

    @declines(ref=BY_ADDRESS_ONLY)
    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        """One request."""
        reply = await get("/people/{address}", address=mapping.address(ref))
        return mapping.contact_from_wire(read(PersonAnswer, reply)["person"]).subscriptions

    @declines(ref=BY_ADDRESS_ONLY, yes=ONLY_EMAIL)
    async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
        """One request. The evidence stays with the caller: Pigeonpost keeps none."""
        del yes
        return await _set_mail(ref, "yes")

    @declines(ref=BY_ADDRESS_ONLY, channel=ONLY_EMAIL)
    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
        """One request. Pigeonpost keeps no reason."""
        del channel, reason
        return await _set_mail(ref, "no")

    unsubscribe_batch = not_offered("Pigeonpost notes opt-outs one by one.", instead="consent.unsubscribe")
    record = not_offered("Pigeonpost keeps no evidence of consent.")

    @declines(refs=BY_ADDRESS_ONLY, channel=ONLY_EMAIL)
    async def suppress(
        self, refs: Sequence[Identifier], *, channel: Channel | None, reason: SuppressionReason
    ) -> Sequence[ItemResult]:
        """One request a person. E-mail is all there is, so no channel means e-mail."""
        del channel, reason
        outcomes = await Together([_set_mail(ref, "no") for ref in refs], at_most=4)
        return [
            outcome.value if outcome.error is None else result_of(outcome.error, ref)
            for ref, outcome in zip(refs, outcomes, strict=True)
        ]

    @declines(ref=BY_ADDRESS_ONLY, yes=ONLY_EMAIL)
    async def release(self, ref: Identifier, *, yes: Yes) -> Release:
        """One request. A bounce cannot be lifted."""
        del yes
        done = await _set_mail(ref, "yes")
        return Release.RELEASED if done.ok else Release.REFUSED

    suppressions = not_offered("Pigeonpost lists no opt-outs.", instead="contacts.list")
    changes = not_offered("Pigeonpost keeps no log of changes.", instead="contacts.list")
    topics = not_offered("Pigeonpost has no topics.")
    create_topic = not_offered("Pigeonpost has no topics.")
    topic_out = never("Pigeonpost has no topics.", instead="consent.unsubscribe")
    topic_in = never("Pigeonpost has no topics.", instead="consent.subscribe")


async def _set_mail(ref: Identifier, word: str) -> ItemResult:
    await post("/people/{address}/mail", address=mapping.address(ref), json={"mail": word}, repeatable=True)
    return ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref)
