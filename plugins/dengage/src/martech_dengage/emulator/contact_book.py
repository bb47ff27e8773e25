"""The contacts: one record per key, found by key, address or number, and the log of their consent."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from martech_dengage.emulator.contact_columns import CONTACT_COLUMNS, LOGGED_FIELDS
from martech_dengage.emulator.switches import Switches
from martech_dengage.emulator.values import digits, is_email

__all__ = ["ADDRESS_OF", "Change", "Contact", "ContactBook", "Source"]


class Source:
    """Where a change of status or permission came from. ASSUMPTION: the vendor's words are unseen."""

    API = "API"
    BULK = "BULK_API"
    DATA_SPACE = "DATA_SPACE"
    ADDRESS_CHANGE = "ADDRESS_CHANGE"
    HARD_BOUNCE = "HARD_BOUNCE"
    SOFT_BOUNCE = "SOFT_BOUNCE"
    SPAM = "SPAM_COMPLAINT"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    CARRIER = "SMS_CARRIER"


_WRITTEN_NUMBER = re.compile(r"\+?[\d\s().-]+")

ADDRESS_OF = {"email": "email", "sms": "gsm"}
"""The column that holds the address of a channel; its permission and status are named after it."""


@dataclass(slots=True)
class Contact:
    """One person. Only what differs from the defaults is kept, so that a hundred thousand fit easily."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    visible: Mapping[str, Any] | None = None
    """What reads see, which may be older; None as long as they do not see the contact at all."""
    writes: int = 0
    shown: int = 0
    """Which of the writes `visible` shows."""
    soft_bounces: int = 0

    def __getitem__(self, column: str) -> Any:
        known = CONTACT_COLUMNS.get(column)
        return self.values.get(column, known.default if known else None)

    def reachable(self, channel: str) -> bool:
        """Return whether a campaign on that channel would go out to this contact."""
        column = ADDRESS_OF[channel]
        return (
            self["contact_status"] == "A"  # a passive contact receives nothing on any channel (D7)
            and bool(self[column])
            and self[f"{column}_permission"] is True
            and self[f"{column}_status"] == "A"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the update log."""

    contact_key: str
    field: str
    old: Any
    new: Any
    at: datetime
    source: str


class ContactBook:
    """All contacts and everything that was ever changed in their statuses and permissions."""

    def __init__(self, vendor: Switches) -> None:
        self._vendor = vendor
        self.columns = dict(CONTACT_COLUMNS)
        self.seen_count = 0
        """How many contacts reads see."""
        self._contacts: dict[str, Contact] = {}
        self._holders: dict[str, dict[str, dict[str, None]]] = {
            column: defaultdict(dict) for column in ADDRESS_OF.values()
        }
        self._log: list[Change] = []
        self._log_of: dict[str, list[Change]] = defaultdict(list)

    def __iter__(self) -> Iterator[Contact]:
        return iter(self._contacts.values())

    def get(self, key: str) -> Contact | None:
        """Return the contact with that key, as it truly is."""
        return self._contacts.get(self._kept(key))

    def having(self, column: str, address: str) -> list[Contact]:
        """Return the contacts that have an address in `email` or `gsm`."""
        return [self._contacts[key] for key in self._holders[column].get(address, ())]

    def find(self, person: str) -> list[Contact]:
        """Return who is meant by a key, an e-mail address or a phone number; an address may be of several."""
        if contact := self.get(person):
            return [contact]
        if people := self.having("email", person.lower()):
            return people
        return self.having("gsm", digits(person)) if _WRITTEN_NUMBER.fullmatch(person) else []

    def seen(self, key: str) -> Mapping[str, Any] | None:
        """Return what reads see of a contact: every column, or None."""
        contact = self.get(key)
        if contact is None or contact.visible is None:
            return None
        visible = contact.visible
        return {name: visible.get(name, column.default) for name, column in self.columns.items()}

    def insert(self, key: str, values: Mapping[str, Any], *, source: str) -> Contact:
        """Add a contact; what is not given has its default."""
        key = self._kept(key)
        contact = self._contacts[key] = Contact(key)
        if self._vendor.logs_inserts:
            for column in LOGGED_FIELDS:
                self._note(contact, column, None, values.get(column, self.columns[column].default), source)
        self._write(contact, {**values, "contact_key": key})
        return contact

    def update(self, contact: Contact, values: Mapping[str, Any], *, source: str) -> None:
        """Change a contact. A changed address is taken for valid again unless its status is given too (D4)."""
        changes = dict(values)
        reset = set()
        for column in ADDRESS_OF.values():
            status = f"{column}_status"
            if changes.get(column, contact[column]) != contact[column] and status not in changes:
                changes |= {status: "A", f"{status}_reason": changes.get(f"{status}_reason")}
                reset.add(status)
                contact.soft_bounces = 0
        changes.pop("contact_key", None)
        for column in LOGGED_FIELDS:
            if column in changes and changes[column] != contact[column]:
                cause = Source.ADDRESS_CHANGE if column in reset else source
                self._note(contact, column, contact[column], changes[column], cause)
        self._write(contact, changes)

    def seed(self, key: str, values: Mapping[str, Any]) -> None:
        """Put a contact in as if it had always been there: seen at once, and in no log."""
        key = self._kept(key)
        contact = self._contacts.setdefault(key, Contact(key))
        self.seen_count += contact.visible is None
        self._store(contact, {"contact_key": key, **values})
        contact.visible, contact.shown = contact.values, contact.writes

    def changes(self, begin: datetime | None, end: datetime | None, key: str | None = None) -> Sequence[Change]:
        """Return the entries of the update log between two times, both included to the second, oldest first.

        An entry is not told before reads would see it.
        """
        entries = self._log if key is None else self._log_of.get(self._kept(key), [])
        seen_until = self._vendor.agenda.now() - timedelta(seconds=self._vendor.visibility_lag_seconds)
        last = bisect_right(entries, seen_until, key=_when)
        if end is not None:
            last = min(last, bisect_left(entries, end + timedelta(seconds=1), key=_when))
        first = bisect_left(entries, begin, key=_when) if begin is not None else 0
        return entries[first:last]

    def _kept(self, key: str) -> str:
        """Return how a key is kept: as it is given, or in lower case if it is an address and that is switched."""
        return key.lower() if self._vendor.lower_email_keys and is_email(key) else key

    def _note(self, contact: Contact, column: str, old: Any, new: Any, source: str) -> None:
        change = Change(contact.key, LOGGED_FIELDS[column], old, new, self._vendor.agenda.now(), source)
        self._log.append(change)
        self._log_of[contact.key].append(change)

    def _write(self, contact: Contact, changes: Mapping[str, Any]) -> None:
        self._store(contact, changes)
        written, values = contact.writes, contact.values

        def show() -> None:
            # The lag may have been switched off meanwhile: an older write never hides a later one.
            if written > contact.shown:
                self.seen_count += contact.visible is None
                contact.visible, contact.shown = values, written

        lag = self._vendor.visibility_lag_seconds
        if lag:
            self._vendor.agenda.later(lag, show)
        else:
            show()

    def _store(self, contact: Contact, changes: Mapping[str, Any]) -> None:
        for column, holders in self._holders.items():
            if column in changes and changes[column] != contact[column]:
                if contact[column]:
                    holders[contact[column]].pop(contact.key, None)
                if changes[column]:
                    holders[changes[column]][contact.key] = None
        # A new dict each time: reads may still be shown the old one.
        contact.values = {**contact.values, **changes}
        contact.writes += 1


def _when(change: Change) -> datetime:
    return change.at
