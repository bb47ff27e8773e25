"""The people of the account and what they belong to, with every change noted for whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from martech.emulation import Clock
from martech_dotdigital.emulator.contacts.people import Contact, OptIn, People
from martech_dotdigital.emulator.contacts.schema import ALL_CONTACTS, ContactList, DataField, Preference, Segment
from martech_dotdigital.emulator.contacts.shapes import v3_contact
from martech_dotdigital.emulator.conventions.order import Recency, SortedIds
from martech_dotdigital.emulator.core import Core

__all__ = ["SUPPRESSED", "Population"]

SUPPRESSED = frozenset(
    {
        "unsubscribed",
        "hardBounced",
        "ispComplained",
        "directComplaint",
        "spamTrap",
        "deleted",
        "blockedlocalpart",
        "sharedsuppression",
        "sharedDomainSuppression",
        "suppressed",
        "purchased",
        "knownComplainer",
        "knownLitigator",
        "domainSuppressed",
    }
)
"""E-mail statuses with which a contact is on the suppression list."""
MEMBERSHIP = "contact.membershipUpdated"


class Population(Core):
    """Contacts, lists, segments, preferences and data fields, and how they hang together."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.people = People()
        self.custom_identifiers: dict[str, tuple[datetime, datetime]] = {}
        self.data_fields: dict[str, DataField] = {}
        self.lists: dict[int, ContactList] = {}
        self.list_names: dict[int, str] = {}
        self.segments: dict[int, Segment] = {}
        self.preferences: dict[int, Preference] = {}
        self.preference_names: dict[int, tuple[str, str]] = {}
        self.suppressions: Recency[int] = Recency()
        """Who is on the suppression list of e-mail, and since when."""

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────

    def person(self, person: str) -> Contact | None:
        """Return whoever a contact id, an address, a mobile number or a custom identifier stands for."""
        for identifier in ("email", "contactId", "mobileNumber", *self.custom_identifiers):
            kept = self.people.kept(identifier, person)
            if kept is not None and (found := self.people.find(identifier, kept)) is not None:
                return found
        return None

    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return whether a marketing message would reach a person now on `email` or `sms`; None if unknown."""
        with self._lock:
            self.settle()
            contact = self.person(person)
            return None if contact is None else contact.may_receive(channel)

    def shape(self, contact: Contact) -> dict[str, Any]:
        """Return all of a contact as v3 prints it."""
        return v3_contact(contact, self.list_names, self.preference_names)

    def admit(self, identifiers: dict[str, str]) -> Contact:
        """Take in somebody new, whose channels are as the account has them by default (section 11.3)."""
        contact = self.people.add(self.now())
        for name, value in identifiers.items():
            self.identify(contact, name, value)
        self.note("contact.created", contactId=contact.id, email=contact.email)
        return contact

    def identify(self, contact: Contact, identifier: str, value: str | None) -> None:
        """Give a contact an identifier; a channel that is new gets its default status."""
        before = contact.identifiers().get(identifier)
        self.people.identify(contact, identifier, value)
        if before is None and value is not None:
            if identifier == "email" and contact.email_status == "noSubscription":
                contact.email_status = "subscribed"
            elif identifier == "mobileNumber":
                contact.sms_status = self.default_sms_status
                contact.whatsapp_status = self.default_whatsapp_status

    def changed(self, contact: Contact) -> None:
        """Note that something about a contact is different now."""
        self.people.touch(contact, self.now())
        self.note("contact.updated", contactId=contact.id, email=contact.email)

    def bin_contact(self, contact: Contact) -> None:
        """Put a contact into the recycle bin and out of every listing."""
        self.people.bin(contact)
        self.suppressions.forget(contact.id)
        for number, status in contact.lists.items():
            self._detach(contact, self.lists[number], status)
        for preference in self.preferences.values():
            preference.opted_in.discard(contact.id)
            preference.said.forget(contact.id)
        for segment in self.segments.values():
            segment.members.discard(contact.id)
        self.note("contact.removed", contactId=contact.id, email=contact.email)

    def restore_contact(self, contact: Contact) -> None:
        """Take a contact out of the recycle bin with everything it had."""
        self.people.restore(contact)
        if contact.email_status in SUPPRESSED:
            self.suppressions.touch(contact.id, self.now())
        for number, status in contact.lists.items():
            self._attach(contact, self.lists[number], status)
        for number, said in contact.preferences.items():
            preference = self.preferences[number]
            preference.said.touch(contact.id, self.now())
            if said.opted_in:
                preference.opted_in.add(contact.id)

    # ── channels ─────────────────────────────────────────────────────────────────────────────────────────────

    def set_email_status(self, contact: Contact, status: str, *, campaign: int | None = None) -> None:
        """Change the status of the e-mail channel; a campaign may be the reason."""
        if contact.email_status == status:
            return
        contact.email_status = status
        if status in SUPPRESSED:
            self.suppressions.touch(contact.id, self.now())
        else:
            self.suppressions.forget(contact.id)
        if status == "unsubscribed":
            self._note_unsubscribed(contact, "email", campaign)
        self.changed(contact)

    def set_mobile_status(self, contact: Contact, channel: str, status: str) -> None:
        """Change the status of the SMS or WhatsApp channel."""
        before = contact.sms_status if channel == "sms" else contact.whatsapp_status
        if before == status:
            return
        if channel == "sms":
            contact.sms_status = status
        else:
            contact.whatsapp_status = status
        if status == "unsubscribed":
            self._note_unsubscribed(contact, channel, None)

    def _note_unsubscribed(self, contact: Contact, channel: str, campaign: int | None) -> None:
        data: dict[str, Any] = {"contactId": contact.id, "email": contact.email, "channel": channel}
        if campaign is not None:
            data["campaignId"] = campaign
        self.note("interaction.unsubscribe", **data)
        self.note(f"{channel}.unsubscribed", **data)

    # ── lists and segments ───────────────────────────────────────────────────────────────────────────────────

    def add_list(self, name: str, visibility: str = "Private") -> ContactList:
        """Make a list."""
        made = ContactList(self.next_number("list"), name, visibility)
        self.lists[made.id] = made
        self.list_names[made.id] = name
        return made

    def count_of(self, one: ContactList) -> int:
        """Return how many contacts a list has, those who unsubscribed from it not counted (ASSUMED)."""
        return len(self.people) if one.name == ALL_CONTACTS else len(one.members) - one.suppressed

    def join(self, contact: Contact, one: ContactList) -> None:
        """Put a contact into a list; who unsubscribed from it stays unsubscribed."""
        if one.id in contact.lists:
            return
        contact.lists[one.id] = "subscribed"
        self._attach(contact, one, "subscribed")
        self._note_membership(contact, "added", listId=one.id)

    def leave(self, contact: Contact, one: ContactList) -> bool:
        """Take a contact out of a list; return whether it was in it."""
        status = contact.lists.pop(one.id, None)
        if status is None:
            return False
        self._detach(contact, one, status)
        self._note_membership(contact, "removed", listId=one.id)
        return True

    def set_list_status(self, contact: Contact, one: ContactList, status: str) -> None:
        """Unsubscribe somebody from a list, or subscribe them again."""
        if (before := contact.lists.get(one.id)) is not None:
            self._detach(contact, one, before)
        contact.lists[one.id] = status
        self._attach(contact, one, status)
        self._note_membership(contact, status, listId=one.id)

    def delete_list(self, one: ContactList) -> None:
        """Delete a list; its contacts stay."""
        for contact in self.people.by_id.values():
            contact.lists.pop(one.id, None)
        del self.lists[one.id], self.list_names[one.id]

    def add_segment(self, name: str, rule: Callable[[Contact], bool]) -> Segment:
        """Make a segment, as somebody would in the app; there is no operation for it."""
        # Segment ids stand wherever list ids do (section 15), so no two of them are alike.
        made = Segment(self.next_number("list"), name, rule)
        self.segments[made.id] = made
        self.refresh_segment(made)
        return made

    def refresh_segment(self, segment: Segment) -> None:
        """Compute anew who is in a segment."""
        everybody = self.people.some(self.people.ids)
        before = segment.members
        segment.members = SortedIds(contact.id for contact in everybody if segment.rule(contact))
        if self.events.anybody_wants(MEMBERSHIP):
            for contact in everybody:
                if (now := contact.id in segment.members) != (contact.id in before):
                    self._note_membership(contact, "added" if now else "removed", segmentId=segment.id)

    def _attach(self, contact: Contact, one: ContactList, status: str) -> None:
        one.members.add(contact.id)
        if status == "suppressed":
            one.suppressed += 1
            one.unsubscribed.touch(contact.id, self.now())

    def _detach(self, contact: Contact, one: ContactList, status: str) -> None:
        one.members.discard(contact.id)
        if status == "suppressed":
            one.suppressed -= 1
            one.unsubscribed.forget(contact.id)

    def _note_membership(self, contact: Contact, change: str, **of: int) -> None:
        self.people.touch(contact, self.now())
        self.note(MEMBERSHIP, contactId=contact.id, email=contact.email, change=change, **of)

    # ── preferences ──────────────────────────────────────────────────────────────────────────────────────────

    def opt(self, contact: Contact, preference: Preference, *, opted_in: bool) -> None:
        """Note what a contact says about a preference."""
        contact.preferences[preference.id] = OptIn(opted_in, self.now())
        preference.said.touch(contact.id, self.now())
        if opted_in:
            preference.opted_in.add(contact.id)
        else:
            preference.opted_in.discard(contact.id)
        self.people.touch(contact, self.now())
        self.note(
            "contact.preferenceUpdated",
            contactId=contact.id,
            email=contact.email,
            preferenceId=preference.id,
            isOptedIn=opted_in,
        )
