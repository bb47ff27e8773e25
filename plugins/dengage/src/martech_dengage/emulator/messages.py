"""The messages that went out, what happened to each, and what that does to the contact who got it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from martech_dengage.emulator.contact_book import ADDRESS_OF, Contact, ContactBook, Source
from martech_dengage.emulator.switches import Switches

__all__ = ["BOUNCES", "Happening", "Kind", "Mailroom", "Message"]


class Kind:
    """What can happen to a message, as reports call it.

    `DL`, `HB`, `SB`, `WA` and `FA` were seen in client code (C1). ASSUMPTION: the others are unseen.
    """

    DELIVERED = "DL"
    HARD_BOUNCE = "HB"
    SOFT_BOUNCE = "SB"
    WAITING = "WA"
    FAILED = "FA"
    OPEN = "OP"
    CLICK = "CL"
    SPAM = "SP"
    UNSUBSCRIBE = "US"


BOUNCES = {
    Kind.HARD_BOUNCE: ("5.1.1", "The mailbox does not exist."),
    Kind.SOFT_BOUNCE: ("4.2.2", "The mailbox is full."),
}
"""Code and text of bounces; both are invented."""

CLICKED = "https://shop.acme.test/"


@dataclass(slots=True)
class Message:
    """One message to one address."""

    tracking_id: str
    channel: str
    address: str
    sent_at: datetime
    contact_key: str | None = None
    """Whom a campaign meant; a transactional message knows only an address."""
    send_id: str | None = None
    group_id: str | None = None
    tags: Sequence[str] = ()
    sender: str = ""
    partner: str = ""
    track_open: bool = True
    track_click: bool = True
    happened: list[Happening] = field(default_factory=list)

    @property
    def transactional(self) -> bool:
        """Whether it was sent to one person on an occasion of theirs, not by a campaign."""
        return self.contact_key is None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a message."""

    kind: str
    at: datetime
    message: Message
    url: str | None = None


class Mailroom:
    """All messages, found in the ways reports ask for them, and all that happened to them, in order."""

    def __init__(self, vendor: Switches, contacts: ContactBook) -> None:
        self._vendor = vendor
        self._contacts = contacts
        self._by_tracking_id: dict[str, Message] = {}
        self._by_group: dict[str, list[Message]] = defaultdict(list)
        self._by_address: dict[tuple[str, str], list[Message]] = defaultdict(list)
        self._by_tag: dict[tuple[str, str], list[Message]] = defaultdict(list)
        self._happened: dict[tuple[str, str | None, str], list[Happening]] = defaultdict(list)
        self._unique: Counter[tuple[str | None, str]] = Counter()

    # ── going out ────────────────────────────────────────────────────────────────────────────────────────────

    def post(self, message: Message, what: str, *, key: str | None, details: dict[str, Any]) -> None:
        """Let a message go out now."""
        self._by_tracking_id[message.tracking_id] = message
        self._by_address[message.channel, message.address].append(message)
        if message.group_id is not None:
            self._by_group[message.group_id].append(message)
        for tag in message.tags:
            self._by_tag[message.channel, tag].append(message)
        self._vendor.send(message.channel, message.address, what, key=key, **details)

    def arrive(self, messages: Iterable[Message]) -> None:
        """Let messages arrive, or not, after the time this takes; what campaigns cause is drawn by the rates."""
        expected = list(messages)

        def work() -> None:
            for message in expected:
                self._arrive(message)

        self._vendor.agenda.later(self._vendor.delivery_seconds, work)

    def _arrive(self, message: Message) -> None:
        bounces = message.address in self._vendor.bouncing_addresses
        rates, draw = self._vendor.engagement, self._vendor.random.random()
        if message.channel == "sms":
            failed = bounces or (not message.transactional and draw < rates.sms_failure)
            self.happen(message, Kind.FAILED if failed else Kind.DELIVERED)
        elif bounces or (not message.transactional and draw < rates.hard_bounce):
            self.happen(message, Kind.HARD_BOUNCE)
        elif not message.transactional and draw < rates.hard_bounce + rates.soft_bounce:
            self.happen(message, Kind.SOFT_BOUNCE)
        else:
            self.happen(message, Kind.DELIVERED)
            if not message.transactional:
                self._maybe(message, Kind.OPEN, rates.open)

    def _maybe(self, message: Message, kind: str, rate: float) -> None:
        if self._vendor.random.random() >= rate:
            return

        def work() -> None:
            self.happen(message, kind)
            if kind == Kind.OPEN:
                rates = self._vendor.engagement
                self._maybe(message, Kind.CLICK, rates.click)
                self._maybe(message, Kind.SPAM, rates.spam)
                self._maybe(message, Kind.UNSUBSCRIBE, rates.unsubscribe)

        self._vendor.agenda.later(self._vendor.random.uniform(30, 3600), work)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────

    def happen(self, message: Message, kind: str) -> None:
        """Let something happen to a message now. What is not tracked happens without being noted."""
        tracked = {Kind.OPEN: message.track_open, Kind.CLICK: message.track_click}.get(kind, True)
        if tracked:
            happening = Happening(
                kind, self._vendor.agenda.now(), message, CLICKED if kind == Kind.CLICK else None
            )
            if not any(before.kind == kind for before in message.happened):
                self._unique[message.send_id, kind] += 1
            message.happened.append(happening)
            if not message.transactional:
                self._note(message, happening)
        self._consequences(message, kind, tracked=tracked)

    def _note(self, message: Message, happening: Happening) -> None:
        kind = happening.kind
        groups = ("all", kind, "bounces") if kind in BOUNCES else ("all", kind)
        # Under its send, if it has one, and under the whole account.
        for send_id in {message.send_id, None}:
            for group in groups:
                self._happened[message.channel, send_id, group].append(happening)

    def _consequences(self, message: Message, kind: str, *, tracked: bool) -> None:
        column = ADDRESS_OF[message.channel]
        if kind in (Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.SPAM, Kind.FAILED):
            for contact in self._contacts.having(column, message.address):
                self._address_refused(contact, column, kind)
            return
        for contact in self._persons(message):
            if kind == Kind.DELIVERED:
                contact.soft_bounces = 0
            elif kind == Kind.UNSUBSCRIBE:
                values: dict[str, Any] = {f"{column}_permission": False}
                if column == "email" and self._vendor.unsubscribe_sets_status:
                    values |= {"email_status": "P", "email_status_reason": "US"}
                self._contacts.update(contact, values, source=Source.UNSUBSCRIBE)
            elif tracked and kind in (Kind.OPEN, Kind.CLICK):
                engaged = {"is_email_engaged": True} if kind == Kind.CLICK else {}
                self._contacts.update(contact, {"is_email_active": True, **engaged}, source=Source.API)

    def _address_refused(self, contact: Contact, column: str, kind: str) -> None:
        source, reason = {
            Kind.HARD_BOUNCE: (Source.HARD_BOUNCE, "HB"),
            Kind.SOFT_BOUNCE: (Source.SOFT_BOUNCE, "SB"),
            Kind.SPAM: (Source.SPAM, None),  # complaints have no documented reason code
            Kind.FAILED: (Source.CARRIER, "UNDELIVERABLE"),
        }[kind]
        if kind == Kind.SOFT_BOUNCE:
            contact.soft_bounces += 1
            if contact.soft_bounces < self._vendor.soft_bounces_until_passive:
                return
        values = {f"{column}_status": "P", f"{column}_status_reason": reason}
        self._contacts.update(contact, values, source=source)

    def _persons(self, message: Message) -> list[Contact]:
        if message.contact_key is None:
            return self._contacts.having(ADDRESS_OF[message.channel], message.address)
        contact = self._contacts.get(message.contact_key)
        return [contact] if contact else []

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def with_tracking_id(self, tracking_id: str) -> list[Message]:
        """Return the message with that id, or nothing."""
        message = self._by_tracking_id.get(tracking_id)
        return [message] if message else []

    def in_group(self, group_id: str) -> list[Message]:
        """Return the messages of one group."""
        return self._by_group.get(group_id, [])

    def to_addresses(self, channel: str, addresses: Iterable[str]) -> list[list[Message]]:
        """Return for each address the messages to it, oldest first."""
        return [self._by_address.get((channel, address), []) for address in addresses]

    def with_tags(self, channel: str, tags: Iterable[str]) -> list[list[Message]]:
        """Return for each tag the messages that carry it, oldest first."""
        return [self._by_tag.get((channel, tag), []) for tag in tags]

    def happenings(
        self,
        channel: str,
        group: str,
        *,
        send_id: str | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> Sequence[Happening]:
        """Return what happened to campaigns' messages, oldest first.

        `group` is one of the kinds, `bounces` or `all`; both times are included, to the second.
        """
        entries = self._happened.get((channel, send_id, group), [])
        first = bisect_left(entries, begin, key=_when) if begin is not None else 0
        last = bisect_left(entries, end + timedelta(seconds=1), key=_when) if end is not None else len(entries)
        return entries[first:last]

    def unique(self, send_id: str, kind: str) -> int:
        """Return to how many messages of a send something happened at least once."""
        return self._unique[send_id, kind]


def _when(happening: Happening) -> datetime:
    return happening.at
