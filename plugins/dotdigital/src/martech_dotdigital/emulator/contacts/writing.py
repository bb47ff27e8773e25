"""How a wish about a contact comes true (section 11.4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from martech_dotdigital.emulator.assumed import FORBIDS_RESUBSCRIBING
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.subscribing import Subscribing
from martech_dotdigital.emulator.contacts.wishes import Reader, Wish
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["Merge", "Writing"]


class Merge(StrEnum):
    """What becomes of data that is there already; the values are those of an import's body."""

    OVERWRITE = "overwrite"
    OVERWRITE_IF_NOT_EMPTY = "overwriteIfNotEmpty"
    OVERWRITE_IF_EMPTY = "overwriteIfEmpty"

    @classmethod
    def named(cls, word: object) -> Merge | None:
        """Return the option of a name in camelCase or kebab-case (section 11.4 point 4), or None."""
        plain = str(word).replace("-", "").lower()
        return next((option for option in cls if option.value.lower() == plain), None)


class Writing(Subscribing):
    """Writes contacts: all of v3, and what v2 shares with it."""

    def reader(self) -> Reader:
        """Return a reader of wishes against what the account has now."""
        return Reader(self.people, self.data_fields, self.lists, self.preferences)

    def clash(self, contact: Contact | None, identifiers: dict[str, str]) -> tuple[str, str] | None:
        """Return the identifier, and its value, that somebody else has already; the recycle bin counts."""
        for name, value in identifiers.items():
            owner = self.people.find(name, value)
            if owner is not None and owner is not contact:
                return name, value
        return None

    def create(self, wish: Wish) -> Contact:
        """Take in somebody new as wished."""
        contact = self.admit(wish.identifiers)
        subscribed = contact.email is not None and wish.email.status in (None, "subscribed")
        if subscribed and self.enforce_double_opt_in:
            self.ask_to_confirm(contact)
        self.fulfil(contact, wish, Merge.OVERWRITE)
        return contact

    def fulfil(self, contact: Contact, wish: Wish, merge: Merge) -> bool:
        """Write all that is wished, and return whether the wish to subscribe was one that cannot be granted."""
        if contact.binned:
            self.restore_contact(contact)
        for name, value in wish.identifiers.items():
            if contact.identifiers().get(name) != value:
                self.identify(contact, name, value)
        for name, value in wish.data.items():
            self._write_field(contact, name, value, merge)
        refused = self._write_channels(contact, wish)
        for one in wish.lists:
            self.join(contact, one)
        for number, opted_in in wish.preferences.items():
            self.opt(contact, self.preferences[number], opted_in=opted_in)
        for record in wish.consents:
            contact.consents.append({**record, "dateTimeCreated": stamp(self.now())})
            self.note("contact.consentAdded", contactId=contact.id, email=contact.email, text=record["text"])
        self.changed(contact)
        return refused

    def _write_field(self, contact: Contact, name: str, value: Any, merge: Merge) -> None:
        if merge is Merge.OVERWRITE_IF_NOT_EMPTY and value in (None, ""):
            return
        if merge is Merge.OVERWRITE_IF_EMPTY and contact.data.get(name) not in (None, ""):
            return
        if value is None:
            contact.data.pop(name, None)
        else:
            contact.data[name] = value

    def _write_channels(self, contact: Contact, wish: Wish) -> bool:
        email = wish.email
        verify = email.opt_in_type == "VerifiedDouble" and contact.opt_in_type != "VerifiedDouble"
        contact.email_type = email.email_type or contact.email_type
        contact.opt_in_type = email.opt_in_type or contact.opt_in_type
        refused = False
        if contact.email is not None:
            if email.status == "subscribed":
                refused = contact.email_status in FORBIDS_RESUBSCRIBING
                asked_first = verify or self.enforce_double_opt_in
                self.resubscribe(contact, challenge=not email.no_challenge, verify=asked_first)
            elif email.status is not None:
                self.set_email_status(contact, email.status)
            if verify and contact.email_status == "subscribed":
                self.ask_to_confirm(contact)
        if contact.mobile is not None:
            for channel, status in wish.mobile.items():
                self.set_mobile_status(contact, channel, status)
        return refused
