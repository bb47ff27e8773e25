"""A look ahead: who of an audience will not get a message, and why, before anything is sent.

::

    ahead = preflight(client, message)                              # those whom the message names
    ahead = preflight(client, campaign, Lists(["7"]), needs=["first_name", "plan"])
    print(ahead)

It reads what the vendor knows, a request for each page of an audience or for each person, and sends nothing. What
the vendor cannot be asked is counted as unknown, never as fine.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from martech.errors import InvalidRequest, MartechError, NotFound
from martech.flows.reading import found
from martech.models import (
    Campaign,
    Channel,
    Contact,
    ContactQuery,
    EmailMessage,
    Everyone,
    Identifier,
    IdentifierKind,
    Include,
    Lists,
    Mailbox,
    Page,
    People,
    Purpose,
    Segments,
    SmsMessage,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    TemplateMessage,
    email,
    mobile,
)
from martech.models.identifiers import email_address, mobile_number
from martech.provider.capabilities import operation as operation_of
from martech.provider.outcomes import concerns_all
from martech.provider.resources import M, Resource, flow

if TYPE_CHECKING:
    from martech.models import Audience
    from martech.provider.contract import Provider
    from martech.provider.runner import Blocking, NonBlocking

__all__ = ["Foresight", "Reason", "WontGet", "preflight"]

Message = EmailMessage | TemplateMessage | SmsMessage
PageAfter = Callable[[str | None], Coroutine[Any, Any, Page[Contact]]]


class Reason(StrEnum):
    """Why somebody will not get a message."""

    OPTED_OUT = "opted_out"
    """They said no, never said yes, or have not confirmed it. Counts for marketing and campaigns."""
    SUPPRESSED = "suppressed"
    """The vendor blocks it: bounced, complained, or by hand."""
    NO_ADDRESS = "no_address"
    """They have no address or number on this channel."""
    INVALID = "invalid"
    """What stands for their address or number is none."""
    MISSING_VALUE = "missing_value"
    """A value that the content needs is empty for them."""
    NOT_THERE = "not_there"
    """The vendor has no such contact, and this send is to contacts."""


@dataclass(frozen=True, slots=True)
class WontGet:
    """How many will not get it for one reason, and a few of them."""

    count: int = 0
    samples: tuple[Identifier, ...] = ()
    """Their reprs are masked."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a look ahead found. Everybody is counted once, under the first reason that applies."""

    total: int
    """How many people were looked at, unknown ones included; the same person twice is one."""
    will_get: int
    wont_get: dict[Reason, WontGet] = field(default_factory=dict)
    unknown: WontGet = field(default_factory=WontGet)
    """Those about whom the vendor cannot be asked, or did not answer."""
    incomplete: str | None = None
    """Why not everybody in the audience was looked at; None if all were."""

    @property
    def all_fine(self) -> bool:
        """Whether everybody certainly gets it."""
        return self.will_get == self.total and self.incomplete is None

    def __str__(self) -> str:
        lines = [f"{self.will_get} of {self.total} will get it"]
        for reason, wont in self.wont_get.items():
            lines.append(f"  {reason.value.replace('_', ' ')}: {wont.count} ({_shown(wont.samples)})")
        if self.unknown.count:
            lines.append(f"  unknown: {self.unknown.count} ({_shown(self.unknown.samples)})")
        if self.incomplete:
            lines.append(f"  incomplete: {self.incomplete}")
        return "\n".join(lines)


def _shown(samples: Sequence[Identifier]) -> str:
    return ", ".join(map(repr, samples)) or "none shown"


@overload
def preflight(
    client: Resource[Blocking],
    what: Message | Campaign,
    to: Audience | None = ...,
    *,
    needs: Iterable[str] = ...,
    look_at: int = ...,
    samples: int = ...,
) -> Foresight: ...
@overload
def preflight(
    client: Resource[NonBlocking],
    what: Message | Campaign,
    to: Audience | None = ...,
    *,
    needs: Iterable[str] = ...,
    look_at: int = ...,
    samples: int = ...,
) -> Coroutine[Any, Any, Foresight]: ...
def preflight(
    client: Any,
    what: Message | Campaign,
    to: Audience | None = None,
    *,
    needs: Iterable[str] = (),
    look_at: int = 100_000,
    samples: int = 5,
) -> Any:
    """Return who will not get a message or campaign, and why. Sends nothing.

    Args:
        client: A client of either face.
        what: A message, or a campaign.
        to: Whom a campaign goes to; a message names its recipients itself.
        needs: The values without which its content makes no sense: `first_name`, `last_name`, or attributes by
            name. A template's own `values` count as given.
        look_at: How many people are looked at, at most.
        samples: How many are named for each reason.

    Raises:
        InvalidRequest: A campaign without an audience.
        MartechError: The vendor does not let us look at all.
    """
    looking: Any = _Looking(client._runner)  # noqa: SLF001 - a resource beside the client's own
    return looking.ahead(what, to, needs=tuple(needs), look_at=look_at, samples=samples)


class _Looking(Resource[M]):
    row = "preflight"

    @flow
    async def ahead(
        self, what: Message | Campaign, to: Audience | None, *, needs: tuple[str, ...], look_at: int, samples: int
    ) -> Foresight:
        """Look ahead."""
        return await _look(self._provider, what, to, needs, look_at, samples)


async def _look(
    provider: Provider,
    what: Message | Campaign,
    to: Audience | None,
    needs: tuple[str, ...],
    look_at: int,
    samples: int,
) -> Foresight:
    counted = _Counted(samples)
    if isinstance(what, Campaign):
        if to is None:
            raise InvalidRequest("a look ahead at a campaign needs an audience", hint="Lists([…]), People([…]), …")
        rules = _Rules(what.channel, marketing=True, contacts_only=True, needs=needs)
    else:
        given = {*what.values} if isinstance(what, TemplateMessage) else set()
        channel = Channel.SMS if isinstance(what, SmsMessage) else getattr(what, "channel", Channel.EMAIL)
        needed = tuple(name for name in needs if name not in given)
        rules = _Rules(channel, what.purpose is Purpose.MARKETING, contacts_only=False, needs=needed)
        to = to or People(_recipients(what))
    if isinstance(to, People):
        for ref in to.refs[:look_at]:
            await _one(provider, ref, rules, counted)
        if len(to.refs) > look_at:
            counted.incomplete = f"only the first {look_at} were looked at"
    else:
        await _all(provider, to, rules, counted, look_at)
    return counted.foresight()


def _recipients(message: Message) -> list[Identifier]:
    if isinstance(message, SmsMessage) or isinstance(message.to, str):
        return [mobile(str(message.to))]
    boxes: Sequence[Mailbox] = (*message.to, *message.cc, *message.bcc)
    return [email(box.address) for box in boxes]


# ── whom we look at ──────────────────────────────────────────────────────────────────────────────────────────


async def _one(provider: Provider, ref: Identifier, rules: _Rules, counted: _Counted) -> None:
    """Look at one person: their contact where the provider can read it, else their status."""
    if counted.seen(ref.key):
        return
    if not _is_valid(ref):
        counted.wont(ref, Reason.INVALID)
        return
    try:
        if operation_of(provider, "contacts", "get").refusal(ref=ref) is None:
            contact = await found(provider.contacts.get(ref))
            subscriptions = None if contact is None or contact.subscriptions else await _status(provider, ref)
        else:
            contact, subscriptions = None, await _status(provider, ref)
            if subscriptions is None:
                counted.unsure(ref)
                return
            rules.judge(ref, None, subscriptions, counted)
            return
    except NotFound:
        contact, subscriptions = None, None
    except MartechError as error:
        if concerns_all(error):
            raise
        counted.unsure(ref)
        return
    if contact is None:
        rules.absent(ref, counted)
        return
    rules.judge(ref, contact, contact.subscriptions or subscriptions, counted)


async def _status(provider: Provider, ref: Identifier) -> Sequence[Subscription] | None:
    if operation_of(provider, "consent", "status").refusal(ref=ref) is not None:
        return None
    return await provider.consent.status(ref)


async def _all(provider: Provider, to: Audience, rules: _Rules, counted: _Counted, look_at: int) -> None:
    """Look at everybody in a list, a segment or the account, a page at a time."""
    for page_after in _listings(provider, to):
        cursor: str | None = None
        try:
            while True:
                page = await page_after(cursor)
                for contact in page.items:
                    if counted.total >= look_at:
                        counted.incomplete = f"only the first {look_at} were looked at"
                        return
                    await _listed(provider, contact, rules, counted)
                cursor = page.next_cursor
                if cursor is None:
                    break
        except MartechError as error:
            if concerns_all(error):
                raise
            counted.incomplete = f"{to.kind} cannot be listed: {error.message}"


async def _listed(provider: Provider, contact: Contact, rules: _Rules, counted: _Counted) -> None:
    ref = next(iter(contact.identifiers()), None)
    if ref is None:
        counted.unsure(None)
        return
    if not contact.subscriptions or not contact.given("subscriptions"):
        # A listing may leave out what one contact's own page says.
        by = contact.identifier(
            IdentifierKind.EMAIL, IdentifierKind.MOBILE, IdentifierKind.OWN, IdentifierKind.VENDOR
        )
        await _one(provider, by or ref, rules, counted)
        return
    if not counted.seen(ref.key):
        rules.judge(ref, contact, contact.subscriptions, counted)


def _listings(provider: Provider, to: Audience) -> Iterable[PageAfter]:
    include = frozenset({Include.ATTRIBUTES, Include.SUBSCRIPTIONS})
    match to:
        case Lists():
            return [partial(provider.lists.members, one) for one in to.ids]
        case Segments():
            return [partial(provider.lists.segment_members, one) for one in to.ids]
        case Everyone():
            return [partial(provider.contacts.list, ContactQuery(include=include))]
        case _:
            return ()


def _is_valid(ref: Identifier) -> bool:
    checks = {IdentifierKind.EMAIL: email_address, IdentifierKind.MOBILE: mobile_number}
    check = checks.get(ref.kind)
    if check is None:
        return bool(ref.value.strip())
    try:
        check(ref.value)
    except ValueError:
        return False
    return True


# ── how it is decided ────────────────────────────────────────────────────────────────────────────────────────

_ADDRESS = {Channel.EMAIL: "email", Channel.SMS: "mobile", Channel.WHATSAPP: "mobile"}


class _Rules:
    """What keeps somebody from getting this message."""

    def __init__(self, channel: Channel, marketing: bool, *, contacts_only: bool, needs: tuple[str, ...]) -> None:  # noqa: FBT001 - private, called in one place
        self._channel, self._marketing, self._contacts_only, self._needs = channel, marketing, contacts_only, needs

    def absent(self, ref: Identifier, counted: _Counted) -> None:
        """Judge somebody whom the vendor does not know."""
        if self._contacts_only or self._marketing:
            counted.wont(ref, Reason.NOT_THERE)
        elif self._needs:
            counted.wont(ref, Reason.MISSING_VALUE)
        elif ref.kind in (IdentifierKind.EMAIL, IdentifierKind.MOBILE):
            counted.will()
        else:
            counted.wont(ref, Reason.NO_ADDRESS)

    def judge(
        self,
        ref: Identifier,
        contact: Contact | None,
        subscriptions: Sequence[Subscription] | None,
        counted: _Counted,
    ) -> None:
        """Judge somebody by their contact and status; what is not known makes them unknown."""
        if contact is not None and not self._addressed(ref, contact):
            counted.wont(ref, Reason.NO_ADDRESS)
        elif (reason := self._blocked(subscriptions or ())) is not None:
            counted.wont(ref, reason)
        elif contact is not None and not all(_has(contact, name) for name in self._needs):
            counted.wont(ref, Reason.MISSING_VALUE)
        elif not self._surely(subscriptions) or (contact is None and self._needs):
            counted.unsure(ref)
        else:
            counted.will()

    def _addressed(self, ref: Identifier, contact: Contact) -> bool:
        named = _ADDRESS.get(self._channel)
        return named is None or bool(getattr(contact, named)) or ref.kind.value == named

    def _blocked(self, subscriptions: Sequence[Subscription]) -> Reason | None:
        for one in subscriptions:
            if one.channel is not self._channel or one.topic is not None:
                continue
            if one.status is SubscriptionStatus.SUPPRESSED and one.reason is not SuppressionReason.UNSUBSCRIBED:
                return Reason.SUPPRESSED
            if self._marketing and one.status not in (SubscriptionStatus.SUBSCRIBED, SubscriptionStatus.UNKNOWN):
                return Reason.OPTED_OUT
        return None

    def _surely(self, subscriptions: Sequence[Subscription] | None) -> bool:
        """Return whether the status is known, as far as this message depends on it."""
        if not self._marketing:
            return subscriptions is not None
        mine = [one for one in subscriptions or () if one.channel is self._channel and one.topic is None]
        return any(one.is_yes for one in mine)


def _has(contact: Contact, name: str) -> bool:
    own = {"first_name": contact.first_name, "last_name": contact.last_name}
    low = {attribute.casefold(): value for attribute, value in contact.attributes.items()}
    value = own[name] if name in own else low.get(name.casefold())
    return value is not None and value != ""


class _Counted:
    """Counts people once, and keeps a few of each sort."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._seen: set[str] = set()
        self._will = 0
        self._wont: dict[Reason, tuple[int, list[Identifier]]] = {}
        self._unsure: tuple[int, list[Identifier]] = (0, [])
        self.incomplete: str | None = None

    @property
    def total(self) -> int:
        """How many people were counted."""
        return self._will + sum(count for count, _ in self._wont.values()) + self._unsure[0]

    def seen(self, key: str) -> bool:
        """Return whether a person was looked at before; notes that they are now."""
        known = key in self._seen
        self._seen.add(key)
        return known

    def will(self) -> None:
        """Count somebody who gets it."""
        self._will += 1

    def wont(self, ref: Identifier, reason: Reason) -> None:
        """Count somebody who does not."""
        count, some = self._wont.get(reason, (0, []))
        self._wont[reason] = (count + 1, some if len(some) >= self._samples else [*some, ref])

    def unsure(self, ref: Identifier | None) -> None:
        """Count somebody about whom nobody can tell."""
        count, some = self._unsure
        self._unsure = (count + 1, some if ref is None or len(some) >= self._samples else [*some, ref])

    def foresight(self) -> Foresight:
        """Return what was found."""
        wont = {reason: WontGet(*_fixed(self._wont[reason])) for reason in Reason if reason in self._wont}
        return Foresight(self.total, self._will, wont, WontGet(*_fixed(self._unsure)), self.incomplete)


def _fixed(found_so_far: tuple[int, list[Identifier]]) -> tuple[int, tuple[Identifier, ...]]:
    return found_so_far[0], tuple(found_so_far[1])
