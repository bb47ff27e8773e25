"""Consent at Dotdigital: a state per channel, evidence that is only ever added, preferences, suppressions.

Everything written here is written to somebody who was looked up first, by contact id: most of these calls would
otherwise make a contact, or bring one back from the recycle bin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from martech.models import (
    Channel,
    ConsentChange,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    ItemResult,
    Page,
    Release,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    Topic,
    Yes,
)
from martech.models import (
    Consent as Evidence,
)
from martech.provider import (
    Conflict,
    ConsentOperations,
    InvalidInput,
    InvalidRequest,
    NewId,
    NotFound,
    Together,
    assumes,
    declines,
    get,
    not_offered,
    post,
    put,
    result_of,
    send,
)
from martech_dotdigital import assumed, people
from martech_dotdigital.limits import CALLS_AT_ONCE, SUPPRESS_SIZE
from martech_dotdigital.lists import address_of
from martech_dotdigital.mapping import consent as mapping
from martech_dotdigital.mapping.contacts import contact_id, has_address
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.paging import Ask, chained, listed
from martech_dotdigital.reading import plain, read_v2, shaped
from martech_dotdigital.times import since_part, time_from_wire
from martech_dotdigital.wire import contacts as wire

__all__ = ["Consent"]

NO_PUSH = {Channel.PUSH: not_offered("Dotdigital keeps no push subscription of a contact.")}
_BY_MAIL = (IdentifierKind.EMAIL, IdentifierKind.VENDOR)


class Consent(ConsentOperations):
    """Channels, evidence, preferences and suppressions."""

    batch_size = SUPPRESS_SIZE

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        """One request, and one more for somebody with an address who is out of a preference.

        The second tells who opted out of a preference, and when, from who never said anything about it.
        """
        person = await people.present(ref, self._naming)
        states = [one for one in mapping.subscriptions_from_wire(person) if one.topic is None]
        preferences = person.get("preferences") or []
        chosen: Mapping[str, wire.OptIn] | None = None
        if any(not one["isOptedIn"] for one in preferences) and has_address(person, Channel.EMAIL):
            chosen = await _choices(address_of(person))
        # A preference is for all channels at once, so it is told for each that somebody may ask about.
        for channel in mapping.CHANNELS:
            states += [_topic_state(one, channel, chosen) for one in preferences]
        return states

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(yes=NO_PUSH)
    async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
        """Two requests. Evidence that has all that a record must have is kept with the contact in the same one.

        The result is `CHALLENGED` where the account has the vendor ask everybody to confirm.
        """
        person = await people.present(ref, self._naming)
        return _subscribed(await self._say_yes(person, yes), yes.channel, ref)

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(channel=NO_PUSH)
    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
        """Two requests, one for whoever is unsubscribed already. The vendor keeps no reason."""
        del reason
        person = await people.present(ref, self._naming)
        return await self._say_no(person, ref, (channel,), "unsubscribed")

    unsubscribe_batch = not_offered(
        "Dotdigital notes opt-outs of several people only as an import, whose rows would make whoever is unknown.",
        instead="consent.unsubscribe",
    )

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    async def record(self, ref: Identifier, consent: Evidence) -> None:
        """Two requests. What is not about e-mail as a whole is noted in the fragment of the form's address."""
        body = {"consentRecords": [mapping.consent_to_wire(consent)]}
        await people.write(await people.present(ref, self._naming), body)

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(channel=NO_PUSH)
    async def suppress(
        self, refs: Sequence[Identifier], *, channel: Channel | None, reason: SuppressionReason
    ) -> Sequence[ItemResult]:
        """One request for up to 1,000 people for e-mail by address or contact id; else two a person.

        The vendor notes every one of these as suppressed by hand, whatever the reason.
        """
        del reason
        if channel is Channel.EMAIL and all(ref.kind in _BY_MAIL for ref in refs):
            return await _suppressed(refs)
        channels = tuple(mapping.CHANNELS) if channel is None else (channel,)
        done = await Together([self._block(ref, channels) for ref in refs], at_most=CALLS_AT_ONCE)
        return [
            outcome.value if outcome.error is None else result_of(outcome.error, ref)
            for ref, outcome in zip(refs, done, strict=True)
        ]

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(yes=NO_PUSH)
    async def release(self, ref: Identifier, *, yes: Yes) -> Release:
        """Two requests. For e-mail the vendor asks the person, unless that is not wanted; elsewhere it cannot."""
        person = await people.present(ref, self._naming)
        if yes.channel is not Channel.EMAIL:
            done = _subscribed(await self._say_yes(person, yes), yes.channel, ref)
            return Release.RELEASED if done.outcome is ItemOutcome.UPDATED else Release.REFUSED
        body = {"unsubscribedContact": {"email": address_of(person)}}
        if yes.without_challenge:
            reply = await post(
                "/v2/contacts/resubscribe-with-no-challenge", json=body, repeatable=True, limit="medium"
            )
        else:
            # A message goes to the person: a send like any other, and never repeated blindly.
            reply = await send("/v2/contacts/resubscribe", json=body, send_key=await NewId(), limit="medium")
        word = read_v2(wire.ResubscribeAnswer, reply)["status"]
        if word.casefold() not in mapping.RELEASES:
            raise reply.unexpected("the answer does not say what became of the resubscription")
        return mapping.RELEASES[word.casefold()]

    async def suppressions(self, since: datetime | None, cursor: str | None) -> Page[Suppression]:
        """One request a page, and one that brings nothing new. E-mail only: v2 knows no other channel."""
        date = since_part(since or assumed.LONG_AGO)
        return await suppressed_page(
            lambda query: get("/v2/contacts/suppressed-since/{date}", date=date, query=query, limit="low"), cursor
        )

    async def changes(self, since: datetime, cursor: str | None) -> Page[ConsentChange]:
        """One request a page of those who unsubscribed, then of those who were suppressed. E-mail only."""
        date = since_part(since)

        async def unsubscribed(at: str | None) -> Page[ConsentChange]:
            return await _changes(
                lambda query: get("/v2/contacts/unsubscribed-since/{date}", date=date, query=query, limit="low"),
                at,
                also_unsubscribed=True,
            )

        async def suppressed(at: str | None) -> Page[ConsentChange]:
            return await _changes(
                lambda query: get("/v2/contacts/suppressed-since/{date}", date=date, query=query, limit="low"),
                at,
                also_unsubscribed=False,
            )

        return await chained(cursor, [unsubscribed, suppressed])

    async def topics(self, cursor: str | None) -> Page[Topic]:
        """One request for all of them."""
        del cursor
        return Page(list(mapping.topics_from_wire(await preferences())))

    async def create_topic(self, topic: Topic) -> Topic:
        """One request, one more where it belongs to a category, and one more where the answer is no preference."""
        category = await _category(topic.category) if topic.category is not None else None
        reply = await post("/v2/preferences", json=mapping.topic_to_wire(topic, category), limit="medium")
        said = plain(reply.json_or_none())
        if isinstance(said, dict) and "id" in said:
            made = shaped(wire.Preference, {**said, "isPreference": True}, reply)
            return next(mapping.topics_from_wire([made], topic.category))
        there = [one for one in mapping.topics_from_wire(await preferences()) if one.name == topic.name]
        if not there:
            raise reply.unexpected("the new preference is not among those that are there")
        return there[-1]

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    async def topic_out(self, ref: Identifier, topic_id: str) -> None:
        """Two requests."""
        wanted = {"id": mapping.topic_id(topic_id), "isOptedIn": False}
        await people.write(await people.present(ref, self._naming), {"preferences": [wanted]})

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(yes=NO_PUSH)
    async def topic_in(self, ref: Identifier, topic_id: str, *, yes: Yes) -> None:
        """Two requests. Evidence that has all that a record must have is kept with the contact in the same one."""
        wanted = {"id": mapping.topic_id(topic_id), "isOptedIn": True}
        body: dict[str, Any] = {"preferences": [wanted], **_evidence(yes)}
        await people.write(await people.present(ref, self._naming), body)

    async def _say_yes(self, person: wire.Contact, yes: Yes) -> wire.Contact:
        _must_have(person, yes.channel)
        state: dict[str, Any] = {"status": "subscribed"}
        if yes.channel is Channel.EMAIL:
            # Without this word the vendor does the same; with it nobody has to know that (S11.4-6).
            state["resubscribeOptions"] = {"resubscribeWithNoChallenge": True}
        body = {"channelProperties": {mapping.CHANNELS[yes.channel]: state}, **_evidence(yes)}
        return await people.write(person, body)

    async def _say_no(
        self, person: wire.Contact, ref: Identifier, channels: Sequence[Channel], word: str
    ) -> ItemResult:
        known = {channel: state["status"].casefold() for channel, state in mapping.channels_of(person)}
        missing = [channel for channel in channels if known.get(channel) != word]
        if not missing:
            return ItemResult(outcome=ItemOutcome.UNCHANGED, identifier=ref, vendor_id=str(person["contactId"]))
        for channel in missing:
            _must_have(person, channel)
        states = {mapping.CHANNELS[channel]: {"status": word} for channel in missing}
        after = await people.write(person, {"channelProperties": states})
        still = {
            channel
            for channel, state in mapping.channels_of(after)
            if mapping.state_of(state["status"])[0] is SubscriptionStatus.SUBSCRIBED
        }
        if not still.isdisjoint(missing):
            raise Conflict(
                "Dotdigital answered and did not take the opt-out; this person is still subscribed",
                hint="try once more, and look at the contact in Dotdigital if it stays so",
            )
        return ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref, vendor_id=str(person["contactId"]))

    async def _block(self, ref: Identifier, channels: Sequence[Channel]) -> ItemResult:
        person = await people.present(ref, self._naming)
        reachable = [channel for channel in channels if has_address(person, channel)]
        return await self._say_no(person, ref, reachable or channels, "suppressed")


# ── what the class is made of ────────────────────────────────────────────────────────────────────────────────


async def preferences() -> list[wire.Preference]:
    """Return the tree of preferences. One request."""
    return read_v2(list[wire.Preference], await get("/v2/preferences", limit="medium"))


async def _category(name: str) -> int:
    for one in await preferences():
        if not one.get("isPreference") and name in (one.get("publicName"), one.get("privateName")):
            return one["id"]
    raise NotFound(
        "Dotdigital has no category of preferences with this name",
        hint="native.preferences.create_category makes one",
    )


async def _choices(address: str) -> Mapping[str, wire.OptIn] | None:
    """Return what a person chose, by preference; None where the vendor does not tell. One request."""
    try:
        reply = await get("/v2/contacts/{email}/subscriptions", email=address, limit="medium")
    except (NotFound, Conflict, InvalidInput):
        # v2 does not know people who are suppressed (S12).
        return None
    answer = read_v2(wire.ContactOptIns, reply)
    return {str(one["marketingPreferenceId"]): one for one in answer.get("marketingPreferenceOptIns") or ()}


def _topic_state(
    one: wire.PreferenceState, channel: Channel, chosen: Mapping[str, wire.OptIn] | None
) -> Subscription:
    topic = str(one["id"])
    state = mapping.topic_state(topic, channel, is_opted_in=one["isOptedIn"])
    if one["isOptedIn"] or chosen is None:
        return state
    choice = chosen.get(topic)
    if choice is None:
        return state.model_copy(update={"status": SubscriptionStatus.NOT_SUBSCRIBED})
    when = time_from_wire(choice.get("dateModifed") or choice.get("dateModified"))
    return state.model_copy(update={"changed_at": when})


def _must_have(person: wire.Contact, channel: Channel) -> None:
    if not has_address(person, channel):
        noun = "e-mail address" if channel is Channel.EMAIL else "mobile number"
        raise InvalidRequest(f"this contact has no {noun} at Dotdigital, so there is no {channel} to speak of")


def _evidence(yes: Yes) -> dict[str, Any]:
    if not mapping.complete(yes.evidence):
        return {}
    return {"consentRecords": [mapping.consent_to_wire(yes.evidence)]}


def _subscribed(after: wire.Contact, channel: Channel, ref: Identifier) -> ItemResult:
    """Return what became of a yes, as the contact says afterwards."""
    word = next((state["status"] for known, state in mapping.channels_of(after) if known is channel), None)
    status = mapping.state_of(word)[0]
    outcome = {
        SubscriptionStatus.SUBSCRIBED: ItemOutcome.UPDATED,
        SubscriptionStatus.PENDING: ItemOutcome.CHALLENGED,
    }.get(status, ItemOutcome.REFUSED)
    reason = None if outcome is not ItemOutcome.REFUSED else f"Dotdigital keeps this person {word or 'as before'}"
    return ItemResult(outcome=outcome, identifier=ref, vendor_id=str(after["contactId"]), reason=reason)


async def _suppressed(refs: Sequence[Identifier]) -> Sequence[ItemResult]:
    """Suppress people for e-mail by address or contact id; unknown ones are named, never made. One request."""
    rows = [
        {"email": ref.value} if ref.kind is IdentifierKind.EMAIL else {"id": contact_id(ref.value)} for ref in refs
    ]
    reply = await put("/v2/contacts/suppress-contacts", json=rows, limit="low")
    answer = read_v2(wire.SuppressAnswer, reply)
    done, unknown = (_keys(answer.get("suppressed")), _keys(answer.get("notFound")))
    results: list[ItemResult] = []
    for ref in refs:
        if ref.key in done:
            results.append(ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref))
        elif ref.key in unknown:
            results.append(ItemResult(outcome=ItemOutcome.NOT_FOUND, identifier=ref))
        else:
            reason = "the answer does not name this person"
            results.append(ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=ref, reason=reason))
    return results


def _keys(named: Sequence[wire.Named] | None) -> frozenset[str]:
    """Return whom an answer names, by the identifier that was given; the other one is zero or null (S17)."""
    keys: set[str] = set()
    for one in named or ():
        if address := one.get("email"):
            keys.add(Identifier(IdentifierKind.EMAIL, address).key)
        if number := one.get("id"):
            keys.add(Identifier(IdentifierKind.VENDOR, str(number)).key)
    return frozenset(keys)


async def suppressed_page(ask: Ask, cursor: str | None) -> Page[Suppression]:
    """Return one page of suppressed people from one of the routes that list some. One request."""
    return await listed(list[wire.SuppressedContact], ask, mapping.suppression_from_wire, cursor)


async def _changes(ask: Ask, cursor: str | None, *, also_unsubscribed: bool) -> Page[ConsentChange]:
    page = await listed(list[wire.SuppressedContact], ask, mapping.change_from_wire, cursor)
    # Those who unsubscribed are among the suppressed too, and were told already.
    kept = [one for one in page.items if also_unsubscribed or one.after is not SubscriptionStatus.UNSUBSCRIBED]
    return Page(kept, page.next_cursor)
