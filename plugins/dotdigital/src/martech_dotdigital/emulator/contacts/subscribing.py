"""Who may be written to again, who must be asked first, and who never (sections 11.3 and 17)."""

from __future__ import annotations

from enum import StrEnum

from martech.emulation import Clock
from martech_dotdigital.emulator.assumed import FORBIDS_RESUBSCRIBING
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.contacts.schema import ContactList

__all__ = ["Resubscribed", "Subscribing"]


class Resubscribed(StrEnum):
    """What became of the wish to write to somebody again, in the words of v2."""

    ADDED = "ContactAdded"
    CHALLENGED = "ContactChallenged"
    REFUSED = "ContactCannotBeUnsuppressed"


class Subscribing(Population):
    """The way of a contact's e-mail status between no, asked and yes."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self._challenged: dict[int, ContactList | None] = {}
        """Who was sent a link and has not followed it, and the list they were asked about, if any."""

    def resubscribe(
        self, contact: Contact, *, challenge: bool, verify: bool = False, to: ContactList | None = None
    ) -> Resubscribed:
        """Let somebody be written to again, through one list if `to` says so.

        A challenge leaves them as they are until they confirm; `verify` makes them `pendingOptIn` meanwhile.
        To come back to a list is to come back to the account as well (ASSUMED).
        """
        if contact.email_status in FORBIDS_RESUBSCRIBING:
            return Resubscribed.REFUSED
        if contact.email_status == "subscribed" and (to is None or contact.lists.get(to.id) == "subscribed"):
            return Resubscribed.ADDED
        if verify:
            self.ask_to_confirm(contact)
            return Resubscribed.CHALLENGED
        if challenge:
            self._mail(contact, "resubscription challenge", to)
            return Resubscribed.CHALLENGED
        self._bring_back(contact, to)
        return Resubscribed.ADDED

    def ask_to_confirm(self, contact: Contact) -> None:
        """Send the mail of a double opt-in; until it is answered nothing else may be sent."""
        if contact.email_status != "pendingOptIn":
            self.set_email_status(contact, "pendingOptIn")
            self._mail(contact, "double opt-in confirmation")

    def confirm(self, person: str) -> bool:
        """Do as if a person had followed the link in a confirmation or challenge; return whether there was one."""
        with self._lock:
            self.settle()
            contact = self.person(person)
            if contact is None or contact.id not in self._challenged:
                return False
            contact.opt_in_type = "VerifiedDouble"
            self._bring_back(contact, self._challenged.pop(contact.id))
            self.note(
                "email.doubleOptIn",
                optinCode=self.new_id(),
                contactId=contact.id,
                eventId=self.new_id(),
                userAccountId=self.account_id,
                timeStamp=self.now().isoformat(),
            )
            return True

    def _bring_back(self, contact: Contact, to: ContactList | None) -> None:
        self.set_email_status(contact, "subscribed")
        if to is not None:
            self.set_list_status(contact, to, "subscribed")

    def _mail(self, contact: Contact, what: str, to: ContactList | None = None) -> None:
        self._challenged[contact.id] = to
        self.send("email", contact.email or "", what, contactId=contact.id)
