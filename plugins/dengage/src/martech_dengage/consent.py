"""Consent at dEngage: a permission for e-mail, one for text messages, and a state of the whole contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from martech.models import (
    Channel,
    ConsentChange,
    Identifier,
    ItemOutcome,
    ItemResult,
    Page,
    Release,
    Subscription,
    SuppressionReason,
    Yes,
    own,
)
from martech.provider import (
    ConsentOperations,
    InvalidRequest,
    Kind,
    MartechError,
    NotFound,
    Now,
    declines,
    never,
    not_offered,
    observed,
    read,
    result_of,
)
from martech_dengage import assumed, seen
from martech_dengage.dates import read_time, said_on_the_wall, zone_of
from martech_dengage.limits import CONTACTS_AT_ONCE, REPORT_PAGE
from martech_dengage.mapping.answers import Written
from martech_dengage.mapping.contacts import BY_KEY_ONLY, KEY, key_of
from martech_dengage.mapping.pages import after
from martech_dengage.mapping.subscriptions import change_from_wire, opening, subscriptions_from_wire
from martech_dengage.mapping.words import CHANNELS, CONTACT_STATUS, PASSIVE
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import LogAnswer
from martech_dengage.writing import change, contact_row, update_contact, update_only

TWO_CHANNELS = {
    channel: not_offered(f"dEngage has no permission for {channel} on a contact (C6).")
    for channel in Channel
    if channel not in CHANNELS
}
NO_TOPICS = not_offered("dEngage has no topics.")


class Consent(ConsentOperations):
    """Permissions, none of which is dated or has evidence: that stays with the caller.

    A no goes by BulkUpsert, which is documented and says whom it changed. A yes goes by UpdateContact, which is
    assumed: BulkUpsert may have to wait minutes for its turn, in which the person may opt out.
    """

    batch_size: ClassVar[int] = CONTACTS_AT_ONCE

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @observed(seen.GET_CONTACT)
    @declines(ref=BY_KEY_ONLY)
    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        """One request. A permission that nobody gave looks like one that somebody gave: the basis is unknown."""
        row = await contact_row(key_of(ref))
        if row is None:
            raise NotFound("there is no such contact")
        return subscriptions_from_wire(row)

    @assumed.rests_on(assumed.UPDATE_CONTACT)
    @declines(ref=BY_KEY_ONLY, yes=TWO_CHANNELS)
    async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
        """One request, not repeated: a yes that is said again later may be said over a no."""
        _refuse_topic(yes)
        record = {KEY: key_of(ref), CHANNELS[yes.channel].permission: True}
        return await self._open(record)

    @observed(seen.BULK_ANSWER)
    @declines(ref=BY_KEY_ONLY, channel=TWO_CHANNELS)
    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
        """One request, of which the account has one a minute; one more if nobody was changed. Keeps no reason."""
        del reason
        return await change(self._settings, {KEY: key_of(ref), CHANNELS[channel].permission: False})

    @observed(seen.BULK_ANSWER)
    @declines(refs=BY_KEY_ONLY, channel=TWO_CHANNELS)
    async def unsubscribe_batch(self, refs: Sequence[Identifier], *, channel: Channel) -> Sequence[ItemResult]:
        """One request for up to 1000 people, and one for each who was not changed."""
        return await _closed(self._settings, refs, {CHANNELS[channel].permission: False})

    record = not_offered("dEngage keeps no evidence of consent.")

    @observed(seen.BULK_ANSWER)
    @declines(refs=BY_KEY_ONLY, channel=TWO_CHANNELS)
    async def suppress(
        self, refs: Sequence[Identifier], *, channel: Channel | None, reason: SuppressionReason
    ) -> Sequence[ItemResult]:
        """One request for up to 1000 people, and one for each who was not changed. No reason is kept.

        Without a channel the contact becomes passive. A block on one channel is a withdrawn permission: the state
        of an address is dEngage's own to set, and it would lift it when the address changes (D4).
        """
        del reason
        blocked = {CONTACT_STATUS: PASSIVE} if channel is None else {CHANNELS[channel].permission: False}
        return await _closed(self._settings, refs, blocked)

    @assumed.rests_on(assumed.UPDATE_CONTACT)
    @declines(ref=BY_KEY_ONLY, yes=TWO_CHANNELS)
    async def release(self, ref: Identifier, *, yes: Yes) -> Release:
        """Two requests. An address that bounced, or was blocked for a reason nobody gives, is refused.

        A passive contact becomes active with permission for this channel only: the evidence is about no other.
        """
        _refuse_topic(yes)
        key = key_of(ref)
        known = await contact_row(key)
        if known is None:
            raise NotFound("there is no such contact")
        columns = opening(yes.channel, known)
        if columns is None:
            return Release.REFUSED
        await self._open({KEY: key, **columns})
        return Release.RELEASED

    suppressions = not_offered("dEngage lists no blocks.", instead="consent.changes")

    @assumed.rests_on(assumed.UPDATE_LOG)
    async def changes(self, since: datetime, cursor: str | None) -> Page[ConsentChange]:
        """One request a page. The end of the span is the time of the first page, so that pages do not move."""
        zone = zone_of(self._settings.timezone)
        until, start = await _span(cursor)
        query = {
            "beginTime": said_on_the_wall(since, zone=zone),
            "endTime": said_on_the_wall(until, zone=zone),
            "limit": REPORT_PAGE,
            "offset": start,
        }
        reply = await assumed.ask(self._settings, "update_log", "GET", Kind.READ, query=query)
        data = read(LogAnswer, assumed.heard(self._settings, reply))["data"]
        following = after(start, len(data["result"]), data, size=REPORT_PAGE)
        changes = [change_from_wire(row, zone=zone) for row in data["result"]]
        return Page(changes, None if following is None else f"{until.isoformat()}@{following}")

    topics = NO_TOPICS
    create_topic = NO_TOPICS
    topic_out = never("dEngage has no topics.", instead="consent.unsubscribe")
    topic_in = never("dEngage has no topics.", instead="consent.subscribe")

    async def _open(self, record: Mapping[str, Any]) -> ItemResult:
        """Write what allows contact. Never repeated."""
        if self._settings.update_contact == "never":
            return await change(self._settings, record, repeatable=False)
        await update_contact(self._settings, record, repeatable=False)
        return ItemResult(outcome=ItemOutcome.UPDATED, identifier=own(str(record[KEY])))


async def _closed(
    settings: DengageSettings, refs: Sequence[Identifier], columns: Mapping[str, Any]
) -> Sequence[ItemResult]:
    """Write what forbids contact to people who are there. Makes nobody."""
    keys = [key_of(ref) for ref in refs]
    done = await update_only(settings, [{KEY: key, **columns} for key in dict.fromkeys(keys)])
    errors = [one for one in done.values() if isinstance(one, MartechError)]
    if errors and len(errors) == len(done):
        raise errors[0]
    return [_result(done[key], ref) for key, ref in zip(keys, refs, strict=True)]


def _result(verdict: Written | MartechError, ref: Identifier) -> ItemResult:
    if isinstance(verdict, MartechError):
        return result_of(verdict, ref)
    return ItemResult(outcome=verdict.outcome, identifier=ref, reason=verdict.reason)


async def _span(cursor: str | None) -> tuple[datetime, int]:
    """Return until when a listing of the log goes, and how many of its lines were read."""
    if cursor is None:
        return await Now(), 0
    until, _, start = cursor.rpartition("@")
    when = read_time(until)
    if when is None or not start.isdigit():
        raise InvalidRequest("this is no cursor of consent.changes")
    return when, int(start)


def _refuse_topic(yes: Yes) -> None:
    if yes.topic is not None:
        raise InvalidRequest("dEngage has no topics, so a yes to one cannot be kept")
