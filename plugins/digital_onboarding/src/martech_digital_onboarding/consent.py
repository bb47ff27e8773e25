"""Consent at Digital Onboarding: two flags per contact, both of which say no.

Nothing is readable, so nobody knows beforehand whether a key is known; and every write makes whoever is not. What
follows for an opt-out: it is written by the account's own key alone, without address, so that the empty contact
a wrong key makes can be reached by nobody; and the answer, which tells who was made, is not taken for success.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from martech.models import Channel, Identifier, ItemOutcome, ItemResult, SuppressionReason, Yes
from martech.provider import (
    ConsentOperations,
    ConsentRefused,
    MartechError,
    declines,
    never,
    not_offered,
    result_of,
)
from martech_digital_onboarding import assumed, names
from martech_digital_onboarding.mapping import CHANNELS, OTHER_CHANNELS, opted_out
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import Row, Written, told_of_known, write

MADE_EMPTY = (
    "nobody had this key: the vendor made an empty contact of it, opted out and without an address, which its API "
    "cannot remove"
)
NOBODY_SUBSCRIBED = (
    "nobody had this key, and nobody was subscribed: the vendor made an empty contact of it, without an address, "
    "which its API cannot remove"
)
STILL_OPTED_OUT = "the vendor answers that this person is still opted out, although that was taken back"
NO_TOPICS = not_offered("Digital Onboarding has no topics.")


def consent_row(settings: DigitalOnboardingSettings) -> ConsentOperations:
    """Return the row for an account, whose way of naming people decides what it declines."""
    other_names = names.declined(settings.identity)
    not_in_a_yes: Mapping[Any, Any] = {**OTHER_CHANNELS, "topic": never("Digital Onboarding has no topics.")}

    class Consent(ConsentOperations):
        """The flags `unsubscribe_email` and `unsubscribe_sms`."""

        batch_size = settings.batch_contacts

        status = not_offered("Digital Onboarding documents no way to read the flags of a contact.")

        @assumed.rests_on(assumed.OPT_OUT_MEMBERS, assumed.KEY_CASE)
        @declines(ref=other_names, yes=not_in_a_yes)
        async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
            """Two requests, one where there is nothing to take back; none is repeated, since each may be a yes.

            The first writes nothing but the key, and its answer shows the flag. Over an opt-out, and where the
            answer does not say plainly that there is none, the second is made only if the yes is known to be later
            than it. The evidence stays with the caller.
            """
            return await _take_back(ref, yes, settings)

        @assumed.rests_on(assumed.OPT_OUT_MEMBERS, assumed.KEY_CASE)
        @declines(ref=other_names, channel=OTHER_CHANNELS)
        async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
            """One request, two after an accident. Digital Onboarding keeps no reason.

            A key that nobody has is `NOT_FOUND`, not an error: the vendor has made an empty contact of it.
            """
            del reason
            (written,) = await write([_row(ref, _no((channel,)), settings)], settings)
            if written.error is not None:
                raise written.error
            return told_of_known(written, if_made=MADE_EMPTY)

        @assumed.rests_on(assumed.OPT_OUT_MEMBERS, assumed.BATCHES, assumed.KEY_CASE)
        @declines(refs=other_names, channel=OTHER_CHANNELS)
        async def unsubscribe_batch(self, refs: Sequence[Identifier], *, channel: Channel) -> Sequence[ItemResult]:
            """One request for as many as fit. A key that nobody has is `NOT_FOUND`, and an empty contact now."""
            return await _each(refs, (channel,), settings)

        record = not_offered("Digital Onboarding keeps no evidence of consent.")

        @assumed.rests_on(assumed.OPT_OUT_MEMBERS, assumed.BATCHES, assumed.KEY_CASE)
        @declines(refs=other_names, channel=OTHER_CHANNELS)
        async def suppress(
            self, refs: Sequence[Identifier], *, channel: Channel | None, reason: SuppressionReason
        ) -> Sequence[ItemResult]:
            """One request for as many as fit: both flags where no channel is named. It keeps no reason.

            A key that nobody has is `NOT_FOUND`, and is an empty contact now.
            """
            del reason
            return await _each(refs, CHANNELS if channel is None else (channel,), settings)

        release = not_offered(
            "Digital Onboarding tells of no blocks besides opt-outs, which evidence takes back.",
            instead="consent.subscribe",
        )
        suppressions = not_offered("Digital Onboarding lists no opt-outs; keep what upserts answer.")
        changes = not_offered("Digital Onboarding keeps no log of changes that can be read.")
        topics = NO_TOPICS
        create_topic = NO_TOPICS
        topic_out = never("Digital Onboarding has no topics.", instead="consent.unsubscribe")
        topic_in = never("Digital Onboarding has no topics.", instead="consent.subscribe")

    return Consent()


async def _each(
    refs: Sequence[Identifier], channels: Iterable[Channel], settings: DigitalOnboardingSettings
) -> Sequence[ItemResult]:
    """Write the opt-outs of people, each once however often they are named; one result per name."""
    flags = _no(channels)
    rows: dict[str, Row] = {}
    said: list[str | ItemResult] = []
    for ref in refs:
        try:
            row = _row(ref, flags, settings)
        except MartechError as refused:
            said.append(result_of(refused, ref))
            continue
        rows[row.key] = row
        said.append(row.key)
    written = {one.row.key: one for one in await write(list(rows.values()), settings)}
    return [
        one if isinstance(one, ItemResult) else told_of_known(written[one], if_made=MADE_EMPTY) for one in said
    ]


def _no(channels: Iterable[Channel]) -> Mapping[str, bool]:
    return dict.fromkeys((CHANNELS[channel][0] for channel in channels), True)


def _row(ref: Identifier, flags: Mapping[str, bool], settings: DigitalOnboardingSettings) -> Row:
    named = Identifier(ref.kind, names.key(ref, settings))
    members: dict[str, Any] = {"unique_id": named.value, **flags}
    return Row(named, members)


async def _take_back(ref: Identifier, yes: Yes, settings: DigitalOnboardingSettings) -> ItemResult:
    """Take back an opt-out that a yes is later than."""
    seen = await _written_once(_row(ref, {}, settings), settings)
    if seen.answer is None or seen.outcome is ItemOutcome.CREATED:
        return told_of_known(seen, if_made=NOBODY_SUBSCRIBED)
    flag, out = CHANNELS[yes.channel][0], opted_out(seen.answer, yes.channel)
    if out is False:
        # Nobody opted out. That is as much “subscribed” as the vendor knows.
        vendor_id = seen.answer.get("id")
        return ItemResult(outcome=ItemOutcome.UNCHANGED, identifier=seen.row.ref, vendor_id=vendor_id)
    if yes.opted_out_at is None:
        # A flag that is missing, or is no boolean, may stand for a no as well.
        found = "this person opted out" if out else f"the answer does not say whether {flag} is false"
        raise ConsentRefused(
            f"{found}, and nobody says when: that counts as later than any evidence",
            hint="say opted_out_at= if you know when it was",
        )
    done = await _written_once(_row(ref, {flag: False}, settings), settings)
    result = told_of_known(done, if_made=NOBODY_SUBSCRIBED)
    if done.answer is not None and opted_out(done.answer, yes.channel):
        return result.model_copy(update={"outcome": ItemOutcome.REFUSED, "reason": STILL_OPTED_OUT})
    return result


async def _written_once(row: Row, settings: DigitalOnboardingSettings) -> Written:
    """Write one row by one request. A yes is never repeated by itself: in between, the person may have said no."""
    (written,) = await write([row], settings, repeatable=False)
    if written.error is not None:
        raise written.error
    return written
