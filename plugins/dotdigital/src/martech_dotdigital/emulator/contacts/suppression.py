"""Unsubscribing, suppressing and coming back, in the words of v2, which sees only e-mail (section 17)."""

from __future__ import annotations

from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.assumed import FORBIDS_RESUBSCRIBING
from martech_dotdigital.emulator.contacts.people import Contact, valid_email
from martech_dotdigital.emulator.contacts.preferences import PreferenceOperations
from martech_dotdigital.emulator.contacts.schema import ContactList
from martech_dotdigital.emulator.contacts.shapes import V2_STATUS, v2_contact
from martech_dotdigital.emulator.contacts.subscribing import Resubscribed, Subscribing
from martech_dotdigital.emulator.contacts.wishes import data_value
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.order import Recency
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import Body, date_part, v2_array, v2_object
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["SuppressionOperations"]

BOOK = "/v2/address-books/{addressBookId}/contacts"


class SuppressionOperations(PreferenceOperations, Subscribing):
    """Out of the account or out of one list, and back in."""

    @operation("POST", "/v2/contacts/unsubscribe")
    def unsubscribe(self, incoming: Incoming) -> Response:
        """Unsubscribe an address from the account; an unknown one is taken in as unsubscribed (inferred)."""
        contact = self._addressed_in(v2_object(incoming), create=True)
        # A complaint or a bounce outweighs it: the reason on record stays.
        if contact.email_status not in FORBIDS_RESUBSCRIBING:
            self.set_email_status(contact, "unsubscribed")
        return answer(200, self._suppression(contact))

    @operation("PUT", "/v2/contacts/suppress-contacts", tier=Tier.LOW)
    def suppress_contacts(self, incoming: Incoming) -> Response:
        """Suppress many contacts at once, each by id or by address, and say which were not found."""
        suppressed: list[dict[str, Any]] = []
        not_found: list[dict[str, Any]] = []
        for item in v2_array(incoming):
            body = Body(item if isinstance(item, dict) else {})
            number, email = body.integer("id"), body.text("email")
            if number is None and email is None:
                raise v2_refusal(400, "ERROR_CONTACTS_ARE_NOT_SPECIFIED", "Give an id or an email.")
            contact = self.v2_person(str(number) if number is not None else email or "")
            echo = {"id": number or 0, "email": None if number is not None else email}
            if contact is None:
                not_found.append(echo)
            else:
                if contact.email_status not in FORBIDS_RESUBSCRIBING:
                    self.set_email_status(contact, "suppressed")
                suppressed.append(echo)
        return answer(200, {"suppressed": suppressed, "notFound": not_found})

    @operation("GET", "/v2/contacts/suppressed-since/{date}")
    def list_suppressed(self, incoming: Incoming) -> Response:
        """List who came onto the suppression list since a date, for whatever reason."""
        return self._suppressed_since(incoming, only_unsubscribed=False)

    @operation("GET", "/v2/contacts/unsubscribed-since/{date}")
    def list_unsubscribed(self, incoming: Incoming) -> Response:
        """List who unsubscribed since a date."""
        return self._suppressed_since(incoming, only_unsubscribed=True)

    @operation("POST", "/v2/contacts/resubscribe")
    def resubscribe_with_challenge(self, incoming: Incoming) -> Response:
        """Ask somebody by mail whether they want to come back; they stay out until they confirm."""
        return self._come_back(v2_object(incoming), None, challenge=True)

    @operation("POST", "/v2/contacts/resubscribe-with-no-challenge")
    def resubscribe_without_challenge(self, incoming: Incoming) -> Response:
        """Bring somebody back without asking them."""
        return self._come_back(v2_object(incoming), None, challenge=False)

    @operation("POST", BOOK + "/unsubscribe")
    def unsubscribe_from_list(self, incoming: Incoming) -> Response:
        """Unsubscribe an address from one list only."""
        one = self.list_named(incoming, to_write=True)
        contact = self._addressed_in(v2_object(incoming), create=False)
        self.set_list_status(contact, one, "suppressed")
        return answer(200, self._suppression(contact, one.unsubscribed, "Unsubscribed"))

    @operation("POST", BOOK + "/resubscribe")
    def resubscribe_to_list_with_challenge(self, incoming: Incoming) -> Response:
        """Ask somebody by mail whether they want to come back to a list."""
        one = self.list_named(incoming, to_write=True)
        return self._come_back(v2_object(incoming), one, challenge=True)

    @operation("POST", BOOK + "/resubscribe-with-no-challenge")
    def resubscribe_to_list_without_challenge(self, incoming: Incoming) -> Response:
        """Bring somebody back to a list without asking them."""
        one = self.list_named(incoming, to_write=True)
        return self._come_back(v2_object(incoming), one, challenge=False)

    @operation("GET", BOOK + "/unsubscribed-since/{date}")
    def list_unsubscribed_from_list(self, incoming: Incoming) -> Response:
        """List who unsubscribed from one list since a date."""
        one = self.list_named(incoming)
        people = self.people.some(one.unsubscribed.since(date_part(incoming)))
        window = offset_window(incoming, people)
        return answer(200, [self._suppression(contact, one.unsubscribed, "Unsubscribed") for contact in window])

    def _suppressed_since(self, incoming: Incoming, *, only_unsubscribed: bool) -> Response:
        people = [
            contact
            for contact in self.people.some(self.suppressions.since(date_part(incoming)))
            if contact.email is not None and (not only_unsubscribed or contact.email_status == "unsubscribed")
        ]
        return answer(200, [self._suppression(contact) for contact in offset_window(incoming, people)])

    def _suppression(
        self, contact: Contact, when: Recency[int] | None = None, reason: str | None = None
    ) -> dict[str, Any]:
        at = (self.suppressions if when is None else when).at(contact.id)
        return {
            "suppressedContact": v2_contact(contact),
            "dateRemoved": stamp(at or self.now()),
            "reason": reason or V2_STATUS.get(contact.email_status, "NotAllowed"),
        }

    def _addressed_in(self, body: Body, *, create: bool) -> Contact:
        email = valid_email(body.required("email"))
        if email is None:
            raise v2_refusal(400, "ERROR_INVALID_EMAIL", "The email address is invalid.")
        contact = self.people.find("email", email)
        if contact is None or contact.binned:
            if not create:
                raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
            if contact is None:
                contact = self.admit({"email": email})
            else:
                self.restore_contact(contact)
        return contact

    def _come_back(self, body: Body, one: ContactList | None, *, challenge: bool) -> Response:
        wanted = body.object("unsubscribedContact")
        if wanted is None:
            raise body.refuse("unsubscribedContact")
        contact = self._addressed_in(wanted, create=False)
        data = self.read_v2_fields(wanted)
        outcome = self.resubscribe(contact, challenge=challenge, to=one)
        if outcome is not Resubscribed.REFUSED:
            self.write_v2_fields(contact, data)
        return answer(200, {"contact": v2_contact(contact), "status": outcome.value})

    def read_v2_fields(self, body: Body) -> dict[str, Any]:
        """Return the data fields of a v2 body, which are pairs of key and value."""
        data: dict[str, Any] = {}
        for pair in body.objects("dataFields"):
            known = self.data_fields.get(pair.required("key").upper())
            if known is None:
                raise v2_refusal(400, "ERROR_DATAFIELD_NOTFOUND")
            try:
                data[known.name] = data_value(known.type, pair.get("value"))
            except ValueError:
                raise v2_refusal(400, "ERROR_DATAFIELD_INVALID") from None
        return data

    def write_v2_fields(self, contact: Contact, data: dict[str, Any]) -> None:
        """Write data fields as v2 does: all of them, None clears."""
        if data:
            contact.data = {name: value for name, value in (contact.data | data).items() if value is not None}
            self.changed(contact)
