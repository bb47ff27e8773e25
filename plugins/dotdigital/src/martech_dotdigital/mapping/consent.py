"""Consent in both vocabularies: the state of each channel, the evidence, topics, suppressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from martech.models import (
    Basis,
    Channel,
    Consent,
    ConsentChange,
    Identifier,
    IdentifierKind,
    Release,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    Topic,
)
from martech.provider import InvalidRequest
from martech_dotdigital.times import time_from_wire, time_to_wire
from martech_dotdigital.wire import contacts as wire

__all__ = ["CHANNELS", "consent_from_wire", "consent_to_wire", "no_to_wire", "subscriptions_from_wire"]

T = TypeVar("T")

_S, _R = SubscriptionStatus, SuppressionReason
State = tuple[SubscriptionStatus, SuppressionReason | None]

CHANNELS: Mapping[Channel, str] = {Channel.EMAIL: "email", Channel.SMS: "sms", Channel.WHATSAPP: "whatsApp"}
"""Our channels under the vendor's names of `channelProperties` (S11.2). Push is none of a contact's."""

STATUSES: Mapping[str, State] = {
    "nosubscription": (_S.NOT_SUBSCRIBED, None),
    "subscribed": (_S.SUBSCRIBED, None),
    "unsubscribed": (_S.UNSUBSCRIBED, _R.UNSUBSCRIBED),
    "pendingoptin": (_S.PENDING, None),
    # A soft bounce may pass; until the vendor says “subscribed” again, nobody is sent to on the strength of it.
    "softbounced": (_S.SUPPRESSED, _R.BOUNCED),
    "hardbounced": (_S.SUPPRESSED, _R.BOUNCED),
    "bounced": (_S.SUPPRESSED, _R.BOUNCED),
    "ispcomplained": (_S.SUPPRESSED, _R.COMPLAINED),
    "directcomplaint": (_S.SUPPRESSED, _R.COMPLAINED),
    "knowncomplainer": (_S.SUPPRESSED, _R.COMPLAINED),
    "spamtrap": (_S.SUPPRESSED, _R.OTHER),
    "blockedlocalpart": (_S.SUPPRESSED, _R.OTHER),
    "sharedsuppression": (_S.SUPPRESSED, _R.OTHER),
    "shareddomainsuppression": (_S.SUPPRESSED, _R.OTHER),
    "domainsuppressed": (_S.SUPPRESSED, _R.OTHER),
    "domainsuppression": (_S.SUPPRESSED, _R.OTHER),
    "purchased": (_S.SUPPRESSED, _R.OTHER),
    "knownlitigator": (_S.SUPPRESSED, _R.OTHER),
    "mailblocked": (_S.SUPPRESSED, _R.OTHER),
    "notallowed": (_S.SUPPRESSED, _R.OTHER),
    "nomxrecord": (_S.SUPPRESSED, _R.BOUNCED),
    "suppressed": (_S.SUPPRESSED, _R.BY_HAND),
    # In the recycle bin. That forbids nothing by itself, and allows nothing either.
    "binned": (_S.UNKNOWN, None),
    "deleted": (_S.UNKNOWN, None),
    "notavailableinthisversion": (_S.UNKNOWN, None),
}
"""The vendor's words for the state of a channel, of v3 (S11.2) and v2 (S12), in lower case."""

OPT_IN_TYPES: Mapping[str, Basis] = {
    # Whoever wrote the contact claims it; only of the last did the vendor itself see the confirmation.
    "single": Basis.US,
    "double": Basis.US,
    "verifieddouble": Basis.PERSON,
    "unknown": Basis.UNKNOWN,
}
RELEASES: Mapping[str, Release] = {
    "contactadded": Release.RELEASED,
    "contactchallenged": Release.CHALLENGED,
    "contactcannotbeunsuppressed": Release.REFUSED,
}
"""What became of a resubscription (S17), in lower case."""

BINNED = frozenset({"binned", "deleted"})


def state_of(word: str | None) -> State:
    """Return what a word for the state of a channel means."""
    return STATUSES.get((word or "").casefold(), (SubscriptionStatus.UNKNOWN, None))


def channels_of(contact: wire.Contact) -> Iterator[tuple[Channel, wire.ChannelState]]:
    """Yield the channels of which an answer says something."""
    low = {name.casefold(): state for name, state in (contact.get("channelProperties") or {}).items()}
    for channel, name in CHANNELS.items():
        if state := low.get(name.casefold()):
            yield channel, state


def subscriptions_from_wire(contact: wire.Contact) -> Iterator[Subscription]:
    """Yield the state of each channel an answer has, then of each topic."""
    for channel, state in channels_of(contact):
        status, reason = state_of(state["status"])
        basis = OPT_IN_TYPES.get((state.get("optInType") or "").casefold(), Basis.UNKNOWN)
        yield Subscription(
            channel=channel,
            status=status,
            basis=basis if status is SubscriptionStatus.SUBSCRIBED else Basis.UNKNOWN,
            reason=reason,
            vendor_word=state["status"],
        )
    for one in contact.get("preferences") or ():
        yield topic_state(str(one["id"]), Channel.EMAIL, is_opted_in=one["isOptedIn"])


def topic_state(topic: str, channel: Channel, *, is_opted_in: bool, at: datetime | None = None) -> Subscription:
    """Return the state of a topic. A topic at Dotdigital is for all channels together.

    Whether “not opted in” was somebody's choice is not told, so it is read as a no that nobody dated.
    """
    return Subscription(
        channel=channel,
        topic=topic,
        status=SubscriptionStatus.SUBSCRIBED if is_opted_in else SubscriptionStatus.UNSUBSCRIBED,
        changed_at=at,
        vendor_word="isOptedIn" if is_opted_in else "not isOptedIn",
    )


def is_contactable(contact: wire.Contact) -> bool:
    """Return whether marketing reaches a person on any channel, as an answer has it."""
    return any(state_of(state["status"])[0] is SubscriptionStatus.SUBSCRIBED for _, state in channels_of(contact))


def is_binned(contact: wire.Contact) -> bool:
    """Return whether a contact is only in the recycle bin."""
    return (contact.get("status") or "").casefold() in BINNED


_NOS: Mapping[SubscriptionStatus, str] = {
    SubscriptionStatus.UNSUBSCRIBED: "unsubscribed",
    SubscriptionStatus.SUPPRESSED: "suppressed",
    # E-mail has no input for “never said anything” (S11.3): its nearest no is the sticky one.
    SubscriptionStatus.NOT_SUBSCRIBED: "unsubscribed",
}


def no_to_wire(one: Subscription, *, known: Mapping[Channel, str] | None) -> tuple[str, str] | None:
    """Return the vendor's channel and word for a no, or None where it would weaken the no that is there.

    Args:
        one: A state that forbids contact, of a channel as a whole.
        known: The vendor's present word of each channel of a contact that was looked up; None where nobody looked.

    Raises:
        InvalidRequest: The vendor keeps no state of that channel, or it is not a no.
    """
    if one.channel not in CHANNELS:
        raise InvalidRequest(f"Dotdigital keeps no opt-out for {one.channel}")
    if one.status not in _NOS:
        raise InvalidRequest(f"{one.status} on {one.channel} is nothing that can be written to Dotdigital")
    word = _NOS[one.status]
    if one.status is SubscriptionStatus.NOT_SUBSCRIBED and known is not None:
        present = state_of(known.get(one.channel))[0]
        if present in (SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED):
            return None
        word = "noSubscription" if one.channel is not Channel.EMAIL else word
    return CHANNELS[one.channel], word


def topic_id(topic: str | None) -> int:
    """Return a topic's id as the vendor counts them.

    Raises:
        InvalidRequest: It is none of the vendor's.
    """
    if topic is None or not (topic.isascii() and topic.isdigit()):
        raise InvalidRequest(f"a topic at Dotdigital has a number for its id, not {topic!r}")
    return int(topic)


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────

_NEEDED = {"source": "source (the address of the form)", "ip_address": "ip_address", "user_agent": "user_agent"}
# A record of consent says neither its channel nor a topic (S11.3). Read back, one about text messages would pass
# for one about e-mail, so whatever is not about e-mail as a whole is noted in the fragment of the form's address,
# which no server gets to see.
_NOTE = re.compile(r"[#&]consent-channel=(?P<channel>[a-z]+)(?:&consent-topic=(?P<topic>[^&#]+))?\Z")


def consent_to_wire(consent: Consent) -> dict[str, str]:
    """Return evidence as a record of consent.

    Raises:
        InvalidRequest: It lacks one of the five things a record must have.
    """
    missing = [words for name, words in _NEEDED.items() if not getattr(consent, name)]
    missing += [] if consent.text.strip() else ["text"]
    if missing:
        raise InvalidRequest(
            f"a record of consent at Dotdigital needs five things, and this one lacks {', '.join(missing)}"
        )
    return {
        "text": consent.text,
        "dateTimeConsented": time_to_wire(consent.given_at),
        "url": _noted(consent),
        "ipAddress": consent.ip_address or "",
        "userAgent": consent.user_agent or "",
    }


def complete(consent: Consent) -> bool:
    """Return whether evidence has all that a record must have."""
    return bool(consent.text.strip()) and all(getattr(consent, name) for name in _NEEDED)


def _noted(consent: Consent) -> str:
    url = consent.source or ""
    if consent.channel is Channel.EMAIL and consent.topic is None:
        return url
    topic = f"&consent-topic={consent.topic}" if consent.topic else ""
    return f"{url}{'&' if '#' in url else '#'}consent-channel={consent.channel.value}{topic}"


def consent_from_wire(record: wire.ConsentRecord) -> Consent | None:
    """Return a record of consent as evidence; None for one without a readable date."""
    given_at = time_from_wire(record["dateTimeConsented"])
    if given_at is None:
        return None
    url = record.get("url") or None
    noted = _NOTE.search(url) if url else None
    known = noted is not None and noted["channel"] in {channel.value for channel in Channel}
    return Consent(
        channel=Channel(noted["channel"]) if noted and known else Channel.EMAIL,
        topic=noted["topic"] if noted and known else None,
        given_at=given_at,
        text=record["text"],
        source=url[: noted.start()] if url and noted and known else url,
        ip_address=record.get("ipAddress"),
        user_agent=record.get("userAgent"),
        recorded_at=time_from_wire(record.get("dateTimeCreated")),
        raw=record,
    )


# ── suppressions and topics ──────────────────────────────────────────────────────────────────────────────────


def suppression_from_wire(row: wire.SuppressedContact) -> Suppression:
    """Return a suppressed person; v2 knows e-mail only (S17)."""
    _, reason = state_of(row.get("reason"))
    return Suppression(
        identifier=_person(row),
        channel=Channel.EMAIL,
        reason=reason or SuppressionReason.OTHER,
        suppressed_at=time_from_wire(row.get("dateRemoved")),
        vendor_id=str(row["suppressedContact"]["id"]),
        vendor_word=row.get("reason"),
        raw=row,
    )


def change_from_wire(row: wire.SuppressedContact) -> ConsentChange:
    """Return a suppressed person as a change of status. What the status was before, nobody says."""
    status, reason = state_of(row.get("reason"))
    return ConsentChange(
        identifier=_person(row),
        channel=Channel.EMAIL,
        before=SubscriptionStatus.UNKNOWN,
        after=status,
        changed_at=time_from_wire(row.get("dateRemoved")),
        reason=reason,
        vendor_word=row.get("reason"),
        raw=row,
    )


def _person(row: wire.SuppressedContact) -> Identifier:
    contact = row["suppressedContact"]
    address = contact.get("email")
    if address:
        return Identifier(IdentifierKind.EMAIL, address)
    return Identifier(IdentifierKind.VENDOR, str(contact["id"]))


def topics_from_wire(tree: Sequence[wire.Preference], category: str | None = None) -> Iterator[Topic]:
    """Yield the preferences of a tree; categories hold them and are none themselves (S16)."""
    for one in tree:
        name = one.get("publicName") or one.get("privateName") or str(one["id"])
        if one.get("isPreference"):
            yield Topic(
                id=str(one["id"]),
                name=name,
                description=one.get("privateName"),
                category=category,
                is_public=one.get("isPublic"),
                raw=one,
            )
        yield from topics_from_wire(one.get("preferences") or (), name)


def topic_to_wire(topic: Topic, category_id: int | None) -> dict[str, Any]:
    """Return a topic as a new preference. The description is its name inside the account."""
    preference: dict[str, Any] = {
        "publicName": topic.name,
        "privateName": topic.description or topic.name,
        "isPreference": True,
    }
    if topic.is_public is not None:
        preference["isPublic"] = topic.is_public
    if category_id is not None:
        preference["categoryId"] = category_id
    return preference
