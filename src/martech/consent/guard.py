"""The one module that constructs a yes, and the one that looks over what is about to be written.

The law: an upsert writes a no when told, and a yes never. A yes needs evidence, and over an opt-out it needs
evidence later than the opt-out; an opt-out without a date is later than everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, overload

from martech.errors import ConsentRefused, InvalidRequest, UnsupportedOperation
from martech.models import (
    Channel,
    Consent,
    Contact,
    Identifier,
    Subscription,
    SubscriptionStatus,
    Yes,
)
from martech.wire import Now

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["grant", "guarded", "writable"]

_CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future evidence may lie, for clocks that disagree."""

_SAYS_NO = (
    SubscriptionStatus.UNSUBSCRIBED,
    SubscriptionStatus.SUPPRESSED,
    SubscriptionStatus.NOT_SUBSCRIBED,
)
_SET_BY_THE_VENDOR = ("list_ids", "created_at", "updated_at", "deleted")


def writable(contact: Contact) -> Contact:
    """Return the contact if a write may say what it says.

    Raises:
        ConsentRefused: It says that the person may be contacted; no upsert gives that.
        InvalidRequest: It says what only the vendor sets.
    """
    for one in contact.subscriptions:
        if one.status not in _SAYS_NO:
            raise ConsentRefused(
                f"a write cannot say that somebody is {one.status} on {one.channel}",
                hint="leave it out (contact.carried() does), or use consent.subscribe with the evidence",
            )
    said = [name for name in _SET_BY_THE_VENDOR if contact.given(name) and getattr(contact, name)]
    if said:
        raise InvalidRequest(
            f"only the vendor sets {', '.join(said)}",
            hint="contact.carried() leaves out what cannot be written elsewhere",
        )
    return contact


def guarded(contacts: Iterable[Contact]) -> Sequence[Contact]:
    """Return contacts as far as a write may say what they say.

    A list is looked at whole before anything goes out. A sequence that is neither list nor tuple may read its
    contacts from somewhere as they are asked for, so each is looked at whenever it is.

    Raises:
        ConsentRefused: As `writable`; for a sequence that reads, when that contact is asked for.
        InvalidRequest: Likewise.
    """
    if isinstance(contacts, Sequence) and not isinstance(contacts, (list, tuple)):
        return _Guarded(contacts)
    return [writable(contact) for contact in contacts]


class _Guarded(Sequence[Contact]):
    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._contacts = contacts

    def __len__(self) -> int:
        return len(self._contacts)

    def __iter__(self) -> Iterator[Contact]:
        return map(writable, self._contacts)

    @overload
    def __getitem__(self, index: int) -> Contact: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Contact]: ...
    def __getitem__(self, index: int | slice) -> Contact | Sequence[Contact]:
        if isinstance(index, slice):
            return [writable(contact) for contact in self._contacts[index]]
        return writable(self._contacts[index])


async def grant(
    provider: Provider,
    ref: Identifier,
    *,
    channel: Channel,
    evidence: Consent,
    topic: str | None = None,
    opted_out_at: datetime | None = None,
    lifting: bool = False,
    without_challenge: bool = False,
) -> Yes:
    """Look at what is known about a person now, and make a yes if the law allows it.

    Costs the requests of `consent.status` where the provider can tell the status.

    Args:
        provider: At which provider.
        ref: Who.
        channel: On which channel.
        evidence: What the person agreed to.
        topic: On which topic, where it is about one.
        opted_out_at: When the person opted out, where the caller knows and the vendor does not say.
        lifting: Whether a block is to be lifted, which a plain `subscribe` never does.
        without_challenge: Whether the vendor should act without asking the person, where it offers both.

    Raises:
        ConsentRefused: The evidence does not cover it, or an opt-out is later.
        NotFound: There is no such contact.
    """
    _check_evidence(evidence, channel, topic, await Now())
    known = await _status(provider, ref, channel, topic)
    if known is not None and known.is_no:
        _check_over(known, evidence, opted_out_at, lifting=lifting)
    elif opted_out_at is not None and evidence.given_at <= opted_out_at:
        raise ConsentRefused("the evidence is older than the opt-out that was named")
    when = max(
        filter(None, (opted_out_at, known.changed_at if known is not None and known.is_no else None)), default=None
    )
    return Yes(channel, evidence, topic, when, without_challenge)


def _check_evidence(evidence: Consent, channel: Channel, topic: str | None, now: datetime) -> None:
    if evidence.channel is not channel:
        raise ConsentRefused(f"the evidence is about {evidence.channel}, not {channel}")
    if evidence.topic is not None and evidence.topic != topic:
        raise ConsentRefused("the evidence is about another topic")
    if not evidence.text.strip():
        raise ConsentRefused("the evidence does not hold the words that were agreed to")
    if evidence.given_at > now + _CLOCK_TOLERANCE:
        raise ConsentRefused("the evidence lies in the future")


def _check_over(known: Subscription, evidence: Consent, opted_out_at: datetime | None, *, lifting: bool) -> None:
    if known.status is SubscriptionStatus.SUPPRESSED and not lifting:
        raise ConsentRefused(
            f"sending to this person on {known.channel} is blocked ({known.reason or 'no reason given'})",
            hint="consent.release lifts a block, where the evidence allows it",
        )
    times = [when for when in (known.changed_at, opted_out_at) if when is not None]
    if not times:
        raise ConsentRefused(
            "this person opted out, and nobody says when: that counts as later than any evidence",
            hint="say opted_out_at= if you know when it was",
        )
    if evidence.given_at <= max(times):
        raise ConsentRefused("this person opted out after the evidence was given")


async def _status(provider: Provider, ref: Identifier, channel: Channel, topic: str | None) -> Subscription | None:
    """Return the present status, or None where the provider cannot tell."""
    try:
        known = await provider.consent.status(ref)
    except UnsupportedOperation:
        return None
    about = [one for one in known if one.channel is channel and one.topic in (None, topic)]
    # A no on the channel as a whole outweighs whatever a topic says.
    return next((one for one in about if one.is_no), about[0] if about else None)
