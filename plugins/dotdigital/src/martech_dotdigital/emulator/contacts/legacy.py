"""The older contacts of v2: e-mail only, and nothing for whoever is suppressed (section 12)."""

from __future__ import annotations

from collections.abc import Sequence

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.people import Contact, valid_email
from martech_dotdigital.emulator.contacts.population import SUPPRESSED
from martech_dotdigital.emulator.contacts.shapes import v2_contact
from martech_dotdigital.emulator.contacts.suppression import SuppressionOperations
from martech_dotdigital.emulator.contacts.wishes import EMAIL_TYPES, OPT_IN_TYPES
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import Body, as_integer, date_part, v2_flag, v2_object

__all__ = ["LegacyOperations", "suppressed_refusal"]

ONE = "/v2/contacts/{contactIdentifier}"
MOST_SINCE = 2000
"""Greatest page of a modified-since read (section 3)."""


def suppressed_refusal() -> Refused:
    """Return the refusal of v2 to touch somebody on the suppression list."""
    return v2_refusal(400, "ERROR_CONTACT_SUPPRESSED", "Contact is suppressed.")


class LegacyOperations(SuppressionOperations):
    """Contacts of v2, as far as old clients still ask for them."""

    @operation("GET", "/v2/contacts/count", tier=Tier.HIGH)
    def count_contacts(self, _: Incoming) -> Response:
        """Return the number of contacts with an e-mail address, whatever their status (ASSUMED)."""
        return answer(200, self.people.with_email)

    @operation("GET", "/v2/contacts", tier=Tier.LOW)
    def list_contacts(self, incoming: Incoming) -> Response:
        """List contacts with e-mail."""
        return self._v2_page(incoming, self.people.ids)

    @operation("GET", "/v2/contacts/created-since/{date}", tier=Tier.LOW)
    def list_contacts_created_since(self, incoming: Incoming) -> Response:
        """List contacts with e-mail that were created since a date."""
        first = self.people.first_created_since(date_part(incoming))
        return self._v2_page(incoming, self.people.ids.after(first, len(self.people)))

    @operation("GET", "/v2/contacts/modified-since/{date}", tier=Tier.LOW)
    def list_contacts_modified_since(self, incoming: Incoming) -> Response:
        """List contacts with e-mail that changed since a date."""
        return self._v2_page(incoming, self.people.changed_since(date_part(incoming)), most=MOST_SINCE)

    @operation("GET", "/v2/address-books/{addressBookId}/contacts", tier=Tier.LOW)
    def list_contacts_of_list(self, incoming: Incoming) -> Response:
        """List the contacts of a list."""
        return self._v2_page(incoming, self.members_of(self.list_named(incoming)))

    @operation("GET", "/v2/address-books/{addressBookId}/contacts/modified-since/{date}", tier=Tier.LOW)
    def list_contacts_of_list_modified_since(self, incoming: Incoming) -> Response:
        """List the contacts of a list that changed since a date."""
        members = self.list_named(incoming).members
        changed = self.people.changed_since(date_part(incoming))
        return self._v2_page(incoming, [number for number in changed if number in members], most=MOST_SINCE)

    @operation("POST", "/v2/contacts")
    def create_or_update_contact(self, incoming: Incoming) -> Response:
        """Write a contact by its address; somebody suppressed is refused."""
        contact = self._upsert(v2_object(incoming, code="ERROR_CONTACT_INVALID"))
        return answer(201, v2_contact(contact, self.data_fields))

    @operation("POST", "/v2/address-books/{addressBookId}/contacts")
    def add_contact_to_list(self, incoming: Incoming) -> Response:
        """Write a contact by its address and put it into a list."""
        one = self.list_named(incoming, to_write=True)
        body = v2_object(incoming, code="ERROR_CONTACT_INVALID")
        known = self.v2_person(body.text("email") or "")
        if known is not None and known.lists.get(one.id) == "suppressed":
            text = "Contact is suppressed for the list."
            raise v2_refusal(400, "ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK", text)
        contact = self._upsert(body)
        self.join(contact, one)
        return answer(200, v2_contact(contact, self.data_fields))

    @operation("GET", ONE, tier=Tier.HIGH)
    def get_contact_by_id_or_email(self, incoming: Incoming) -> Response:
        """Return one contact; by id, nobody who is suppressed is found."""
        value = incoming.parts["contactIdentifier"]
        contact = self.v2_person(value)
        by_id = as_integer(value) is not None
        if contact is None or (by_id and contact.email_status in SUPPRESSED):
            raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        return answer(200, v2_contact(contact, self.data_fields))

    @operation("PUT", ONE)
    def update_contact(self, incoming: Incoming) -> Response:
        """Update a contact known by its id; somebody suppressed is refused."""
        contact = self._known(incoming)
        if contact.email_status in SUPPRESSED:
            raise suppressed_refusal()
        self._write(contact, v2_object(incoming, code="ERROR_CONTACT_INVALID"))
        return answer(200, v2_contact(contact, self.data_fields))

    @operation("DELETE", ONE)
    def delete_contact_by_id(self, incoming: Incoming) -> Response:
        """Put a contact into the recycle bin."""
        self.bin_contact(self._known(incoming))
        return answer(204)

    def _known(self, incoming: Incoming) -> Contact:
        contact = self.v2_person(incoming.parts["contactIdentifier"])
        if contact is None:
            raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        return contact

    def _upsert(self, body: Body) -> Contact:
        email = valid_email(body.get("email"))
        if email is None:
            raise v2_refusal(400, "ERROR_INVALID_EMAIL", "The email address is invalid.")
        contact = self.people.find("email", email)
        if contact is not None and contact.email_status in SUPPRESSED:
            raise suppressed_refusal()
        self.read_v2_fields(body)
        if contact is None:
            contact = self.admit({"email": email})
        elif contact.binned:
            self.restore_contact(contact)
        self._write(contact, body)
        return contact

    def _write(self, contact: Contact, body: Body) -> None:
        data = self.read_v2_fields(body)
        email = valid_email(body.get("email"))
        if email is None:
            raise v2_refusal(400, "ERROR_INVALID_EMAIL", "The email address is invalid.")
        owner = self.people.find("email", email)
        if owner is not None and owner is not contact:
            raise v2_refusal(400, "ERROR_NON_UNIQUE_EMAIL", "The email address is in use already.")
        verify = contact.opt_in_type != "VerifiedDouble"
        contact.email_type = body.one_of("emailType", EMAIL_TYPES, contact.email_type)
        contact.opt_in_type = body.one_of("optInType", OPT_IN_TYPES, contact.opt_in_type)
        if email != contact.email:
            self.identify(contact, "email", email)
        if verify and contact.opt_in_type == "VerifiedDouble":
            self.ask_to_confirm(contact)
        self.write_v2_fields(contact, data)
        self.changed(contact)

    def _v2_page(self, incoming: Incoming, numbers: Sequence[int], *, most: int | None = None) -> Response:
        fields = self.data_fields if v2_flag(incoming, "withFullData") else None
        people = [one for one in map(self.people.by_id.__getitem__, numbers) if one.email is not None]
        limits = {} if most is None else {"default": most, "most": most}
        return answer(200, [v2_contact(contact, fields) for contact in offset_window(incoming, people, **limits)])
