"""Everybody the account knows, found by any of their identifiers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.assumed import ALPHA2_OF_PREFIX, HOME_COUNTRY
from martech_dotdigital.emulator.conventions.order import Recency, SortedIds
from martech_dotdigital.emulator.conventions.reading import as_integer

__all__ = ["BUILT_IN", "Contact", "OptIn", "People", "country_of", "digits", "valid_email"]

BUILT_IN = ("contactId", "email", "mobileNumber")
"""The identifiers that every account has; all others are custom (section 4)."""

EMAIL = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;.]{2,}")
PHONE = re.compile(r"\+?[0-9 ().-]+")


def valid_email(value: object) -> str | None:
    """Return an e-mail address as it is kept, or None if it is none."""
    if not isinstance(value, str) or len(value) > 256:
        return None
    address = value.strip()
    return address if EMAIL.fullmatch(address) else None


def digits(value: object) -> str | None:
    """Return a phone number as it is kept, digits only (section 9, inferred), or None if it is none."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value).strip()
    number = re.sub(r"\D", "", text)
    return number if PHONE.fullmatch(text) and 7 <= len(number) <= 15 and number[0] != "0" else None


def country_of(number: str) -> str:
    """Return the country of a phone number by its dialling prefix."""
    found = (ALPHA2_OF_PREFIX.get(number[:size]) for size in (3, 2, 1))
    return next((country for country in found if country), HOME_COUNTRY)


@dataclass(frozen=True, slots=True)
class OptIn:
    """What a contact said about one marketing preference."""

    opted_in: bool
    at: datetime


@dataclass(slots=True)
class Contact:
    """One person. Channel statuses are in the words of v3 responses (section 11.2)."""

    id: int
    created: datetime
    updated: datetime
    email: str | None = None
    mobile: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    email_status: str = "noSubscription"
    email_type: str = "Html"
    opt_in_type: str = "Unknown"
    sms_status: str = "noSubscription"
    whatsapp_status: str = "noSubscription"
    data: dict[str, Any] = field(default_factory=dict)
    lists: dict[int, str] = field(default_factory=dict)
    """List id → `subscribed` or `suppressed`."""
    preferences: dict[int, OptIn] = field(default_factory=dict)
    consents: list[dict[str, str]] = field(default_factory=list)
    binned: bool = False

    @property
    def status(self) -> str:
        """The overall status; how it follows from the channels is ASSUMED: the e-mail channel speaks first."""
        if self.binned:
            return "binned"
        status = self.email_status if self.email else self.sms_status
        if status in ("subscribed", "unsubscribed", "pendingOptIn", "noSubscription"):
            return status
        return "subscribed" if status == "softBounced" else "suppressed"

    def identifiers(self) -> dict[str, str]:
        """Return the identifiers there are; what is absent is left out (section 11.2)."""
        found = {"email": self.email, "mobileNumber": self.mobile, **self.custom}
        return {name: value for name, value in found.items() if value is not None}

    def may_receive(self, channel: str) -> bool:
        """Return whether a marketing message on a channel would reach this person now."""
        if self.binned:
            return False
        if channel == "email":
            return self.email is not None and self.email_status == "subscribed"
        return self.mobile is not None and self.sms_status == "subscribed"


class People:
    """All contacts, by id and by every identifier; those in the recycle bin keep theirs but are in no listing."""

    def __init__(self) -> None:
        self.by_id: dict[int, Contact] = {}
        self.ids = SortedIds()
        """Everybody who is not in the recycle bin."""
        self.changed: Recency[int] = Recency()
        self.with_email = 0
        self._by_value: dict[str, dict[str, Contact]] = {"email": {}, "mobileNumber": {}}
        self._last = 0

    def __len__(self) -> int:
        return len(self.ids)

    def add_identifier(self, name: str) -> None:
        """Let a custom identifier exist."""
        self._by_value.setdefault(name, {})

    def drop_identifier(self, name: str) -> None:
        """Let a custom identifier exist no more."""
        self._by_value.pop(name, None)

    def knows(self, identifier: str) -> bool:
        """Return whether an identifier of that name exists."""
        return identifier == "contactId" or identifier in self._by_value

    def in_use(self, identifier: str) -> bool:
        """Return whether any contact has a value of that identifier."""
        return bool(self._by_value.get(identifier))

    def kept(self, identifier: str, value: object) -> str | None:
        """Return a value of an identifier as it is kept, or None if it cannot be one."""
        match identifier:
            case "contactId":
                number = as_integer(value)
                return None if number is None or number < 0 else str(number)
            case "email":
                return valid_email(value)
            case "mobileNumber":
                return digits(value)
            case _:
                text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
                return text if isinstance(text, str) and 1 <= len(text) <= 256 else None

    def find(self, identifier: str, value: str) -> Contact | None:
        """Return who has an identifier, in the recycle bin or not; the value must be as it is kept."""
        if identifier == "contactId":
            return self.by_id.get(int(value))
        return self._by_value.get(identifier, {}).get(_folded(identifier, value))

    def add(self, now: datetime) -> Contact:
        """Take in somebody new, who has no identifier yet but an id."""
        self._last += 1
        contact = Contact(self._last, now, now)
        self.by_id[contact.id] = contact
        self.ids.add(contact.id)
        self.changed.touch(contact.id, now)
        return contact

    def identify(self, contact: Contact, identifier: str, value: str | None) -> None:
        """Give a contact an identifier, in place of one it may have, or take it away."""
        index = self._by_value[identifier]
        if identifier == "email":
            before, contact.email = contact.email, value
            self.with_email += (value is not None) - (before is not None)
        elif identifier == "mobileNumber":
            before, contact.mobile = contact.mobile, value
        else:
            before = contact.custom.pop(identifier, None)
            if value is not None:
                contact.custom[identifier] = value
        if before is not None:
            index.pop(_folded(identifier, before), None)
        if value is not None:
            index[_folded(identifier, value)] = contact

    def touch(self, contact: Contact, now: datetime) -> None:
        """Note that something about a contact changed."""
        contact.updated = now
        self.changed.touch(contact.id, now)

    def bin(self, contact: Contact) -> None:
        """Put a contact into the recycle bin."""
        contact.binned = True
        self.ids.discard(contact.id)
        self.changed.forget(contact.id)
        self.with_email -= contact.email is not None

    def restore(self, contact: Contact) -> None:
        """Take a contact out of the recycle bin."""
        contact.binned = False
        self.ids.add(contact.id)
        self.with_email += contact.email is not None

    def purge(self) -> list[Contact]:
        """Forget for good who is in the recycle bin, and return who that was."""
        gone = [contact for contact in self.by_id.values() if contact.binned]
        for contact in gone:
            del self.by_id[contact.id]
            for name, value in contact.identifiers().items():
                self._by_value[name].pop(_folded(name, value), None)
        return gone

    def first_created_since(self, when: datetime) -> int:
        """Return the id before the first contact created at or after a moment; ids and times grow together."""
        place = bisect_left(self.ids, when, key=lambda number: self.by_id[number].created)
        return self.ids[place] - 1 if place < len(self.ids) else self._last

    def changed_since(self, when: datetime) -> SortedIds:
        """Return who changed at or after a moment."""
        return SortedIds(self.changed.since(when))

    def some(self, ids: Iterable[int]) -> list[Contact]:
        """Return those contacts of some ids that are there and not in the recycle bin."""
        found = (self.by_id.get(number) for number in ids)
        return [contact for contact in found if contact is not None and not contact.binned]


def _folded(identifier: str, value: str) -> str:
    # Addresses are compared without regard to case (section 9, inferred); custom identifiers as they are.
    return value.lower() if identifier == "email" else value
