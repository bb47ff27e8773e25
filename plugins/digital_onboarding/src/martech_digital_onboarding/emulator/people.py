"""The contacts of the team, found by `unique_id`, by the vendor's id and by e-mail address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from martech_digital_onboarding.emulator.assumptions import OBSERVED_MEMBERS
from martech_digital_onboarding.emulator.switches import FlagsShown
from martech_digital_onboarding.emulator.vocabulary import BOOLEAN_FIELDS, WRITABLE_FIELDS

__all__ = ["Contact", "People", "iso"]


def iso(at: datetime) -> str:
    """Return a time as the vendor writes it: ISO 8601 (seed), to the second."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


@dataclass(slots=True, eq=False)
class Contact:
    """One contact. `members` are its writable fields other than `unique_id`, as far as they were ever given."""

    id: str
    unique_id: str
    inserted_at: str
    updated_at: str
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    completed: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each objective was completed, by objective key."""

    @property
    def email(self) -> str | None:
        """The e-mail address, if there is one."""
        return self.members.get("email") or None

    @property
    def phone_mobile(self) -> str | None:
        """The number that SMS go to, if there is one."""
        return self.members.get("phone_mobile") or None

    def contactable(self, channel: str) -> bool:
        """Return whether a message on `email` or `sms` would reach this contact now; on others none does."""
        match channel:
            case "email":
                return self.email is not None and not self.members["unsubscribe_email"]
            case "sms":
                return self.phone_mobile is not None and not self.members["unsubscribe_sms"]
            case _:
                return False

    def as_json(
        self, *, omit_unset: bool = False, flags: FlagsShown = "always", observed: bool = False
    ) -> dict[str, Any]:
        """Return the contact object: the same shape as it is sent (seed), and the fields that the vendor owns."""
        shown: dict[str, Any] = {"id": self.id}
        shown |= dict.fromkeys(WRITABLE_FIELDS) | self.members | {"unique_id": self.unique_id}
        for flag in BOOLEAN_FIELDS:
            if flags == "never" or (flags == "when_true" and not shown[flag]):
                del shown[flag]
        if omit_unset:
            shown = {member: value for member, value in shown.items() if value is not None}
        if observed:
            shown |= OBSERVED_MEMBERS
        return shown | {"inserted_at": self.inserted_at, "updated_at": self.updated_at}


class People:
    """Every contact, in the order in which they came."""

    def __init__(self) -> None:
        self.in_order: list[Contact] = []
        self.by_unique_id: dict[str, Contact] = {}
        self.by_id: dict[str, Contact] = {}
        self.version = 0
        """Grows with every change, for whoever keeps something derived."""
        self._by_mailbox: dict[str, dict[str, Contact]] = {}

    def __len__(self) -> int:
        return len(self.in_order)

    def add(self, contact_id: str, unique_id: str, now: datetime) -> Contact:
        """Add a contact with the defaults of a new one: subscribed on both channels."""
        at = iso(now)
        contact = Contact(contact_id, unique_id, at, at)
        contact.members = {"unsubscribe_email": False, "unsubscribe_sms": False, "meta_public": {}}
        self.in_order.append(contact)
        self.by_id[contact_id] = self.by_unique_id[unique_id] = contact
        return contact

    def write(
        self,
        contact: Contact,
        members: Mapping[str, Any],
        now: datetime,
        *,
        meta_public: Literal["replace", "merge"],
    ) -> None:
        """Put members on a contact: those that are left out stay, None clears."""
        email_before = contact.email
        meta_before: dict[str, Any] = contact.members["meta_public"]
        contact.members |= members
        if "meta_public" in members:
            given: dict[str, Any] | None = members["meta_public"]
            merged = meta_public == "merge" and given is not None
            contact.members["meta_public"] = {**meta_before, **(given or {})} if merged else given or {}
        contact.updated_at = iso(now)
        self.version += 1
        if contact.email != email_before:
            self._move_mailbox(contact, email_before)

    def named(self, person: str) -> list[Contact]:
        """Return everybody whom a `unique_id`, a vendor id or an e-mail address names.

        The address is compared as mail servers do, not as the vendor compares keys: two contacts whose addresses
        differ in case only are one person with one mailbox.
        """
        found = dict(self._by_mailbox.get(_mailbox(person), {}))
        for contact in (self.by_unique_id.get(person), self.by_id.get(person)):
            if contact is not None:
                found[contact.id] = contact
        return list(found.values())

    def _move_mailbox(self, contact: Contact, email_before: str | None) -> None:
        if email_before is not None:
            self._by_mailbox[_mailbox(email_before)].pop(contact.id, None)
        if contact.email is not None:
            self._by_mailbox.setdefault(_mailbox(contact.email), {})[contact.id] = contact


def _mailbox(address: str) -> str:
    return address.strip().lower()
