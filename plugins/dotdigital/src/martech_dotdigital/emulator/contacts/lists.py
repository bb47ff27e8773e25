"""Lists, which v2 still calls address books (section 14)."""

from __future__ import annotations

from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.contacts.schema import ALL_CONTACTS, RESERVED, ContactList
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import as_integer, number_part, v2_array, v2_object
from martech_dotdigital.emulator.conventions.timeline import JobKind, JobWords

__all__ = ["REMOVAL_WORDS", "ListOperations", "no_list"]

REMOVAL_WORDS = JobWords("Started", "Started", "Completed")
BOOK = "/v2/address-books/{addressBookId}"
VISIBILITIES = ("Private", "Public")


def no_list() -> Refused:
    """Return the refusal of a list that is not there."""
    return v2_refusal(404, "ERROR_ADDRESSBOOK_NOT_FOUND")


class ListOperations(Population):
    """Lists and who is taken out of them; they are joined through v3."""

    @operation("GET", "/v2/address-books")
    def list_address_books(self, incoming: Incoming) -> Response:
        """List all lists, the built-in ones included."""
        return self._listed(incoming, list(self.lists.values()))

    @operation("GET", "/v2/address-books/public")
    def list_public_address_books(self, incoming: Incoming) -> Response:
        """List the public lists."""
        return self._listed(incoming, [one for one in self.lists.values() if one.visibility == "Public"])

    @operation("GET", "/v2/address-books/private")
    def list_private_address_books(self, incoming: Incoming) -> Response:
        """List the private lists."""
        return self._listed(incoming, [one for one in self.lists.values() if one.visibility == "Private"])

    @operation("POST", "/v2/address-books")
    def create_address_book(self, incoming: Incoming) -> Response:
        """Create a list whose name no list and no segment has."""
        body = v2_object(incoming, code="ERROR_ADDRESSBOOK_INVALID")
        name = body.required("name", most=128)
        visibility = body.one_of("visibility", VISIBILITIES, "Private")
        self._refuse_taken(name, None)
        if len(self.lists) >= self.most_lists:
            raise v2_refusal(400, "ERROR_ADDRESSBOOK_LIMITEXCEEDED", "No more lists can be created.")
        return answer(201, self.list_shape(self.add_list(name, visibility)))

    @operation("GET", BOOK)
    def get_address_book(self, incoming: Incoming) -> Response:
        """Return one list."""
        return answer(200, self.list_shape(self.list_named(incoming)))

    @operation("PUT", BOOK)
    def update_address_book(self, incoming: Incoming) -> Response:
        """Rename a list or change who sees it."""
        one = self.list_named(incoming, to_write=True)
        body = v2_object(incoming, code="ERROR_ADDRESSBOOK_INVALID")
        name = body.required("name", most=128)
        self._refuse_taken(name, one)
        one.visibility = body.one_of("visibility", VISIBILITIES, "Private")
        one.name = self.list_names[one.id] = name
        return answer(200, self.list_shape(one))

    @operation("DELETE", BOOK)
    def delete_address_book(self, incoming: Incoming) -> Response:
        """Delete a list; its contacts stay."""
        self.delete_list(self.list_named(incoming, to_write=True))
        return answer(204)

    @operation("DELETE", BOOK + "/contacts/{contactId}")
    def remove_contact(self, incoming: Incoming) -> Response:
        """Take one contact, known by its id, out of a list."""
        one = self.list_named(incoming, to_write=True)
        missing = v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        contact = self.people.by_id.get(number_part(incoming, "contactId", missing))
        if contact is None or not self.leave(contact, one):
            raise missing
        return answer(204)

    @operation("POST", BOOK + "/contacts/delete", tier=Tier.LOW)
    def remove_contacts(self, incoming: Incoming) -> Response:
        """Take many contacts, known by their ids, out of a list in the background."""
        one = self.list_named(incoming, to_write=True)
        numbers = [as_integer(item) for item in v2_array(incoming)]
        if not numbers or None in numbers:
            text = "The contacts must be given as contact ids."
            raise v2_refusal(400, "ERROR_CONTACTS_ARE_NOT_SPECIFIED", text)
        return self._start_removal(one, [number for number in numbers if number is not None])

    @operation("POST", BOOK + "/contacts/delete-all", tier=Tier.LOW)
    def remove_all_contacts(self, incoming: Incoming) -> Response:
        """Take everybody out of a list in the background."""
        return self._start_removal(self.list_named(incoming, to_write=True), None)

    @operation("DELETE", BOOK + "/contacts")
    def remove_all_contacts_at_once(self, incoming: Incoming) -> Response:
        """Take everybody out of a list; the older way, which shows no progress."""
        self._remove(self.list_named(incoming, to_write=True), None)
        return answer(204)

    @operation("GET", "/v2/contacts/deletion/{deletionRequestId}", tier=Tier.POLL)
    def get_removal_status(self, incoming: Incoming) -> Response:
        """Return how far a removal from a list is."""
        job = self.job(incoming.parts["deletionRequestId"], JobKind.LIST_REMOVAL)
        if job is None:
            raise v2_refusal(404, "ERROR_IMPORT_NOT_FOUND")
        if self.removal_status_in_pascal_case:
            return answer(200, {"Id": job.id, "Status": job.status})
        return answer(200, {"id": job.id, "status": job.status})

    def list_named(self, incoming: Incoming, *, to_write: bool = False) -> ContactList:
        """Return the list of the path; refuse if there is none, or if it is built in and to be written to."""
        one = self.lists.get(number_part(incoming, "addressBookId", no_list()))
        if one is None:
            raise no_list()
        if to_write and one.reserved:
            raise v2_refusal(400, "ERROR_ADDRESSBOOK_NOTWRITABLE", "The list cannot be written to.")
        return one

    def list_shape(self, one: ContactList) -> dict[str, Any]:
        """Return a list as printed: exactly four keys."""
        return {
            "id": one.id,
            "name": one.name,
            "visibility": one.visibility,
            "contacts": self.count_of(one),
        }

    def members_of(self, one: ContactList) -> list[int]:
        """Return the ids of everybody in a list."""
        return list(self.people.ids if one.name == ALL_CONTACTS else one.members)

    def _listed(self, incoming: Incoming, found: list[ContactList]) -> Response:
        return answer(200, [self.list_shape(one) for one in offset_window(incoming, found)])

    def _refuse_taken(self, name: str, own: ContactList | None) -> None:
        taken = {one.name.lower() for one in self.lists.values() if one is not own}
        taken |= {segment.name.lower() for segment in self.segments.values()}
        if name.lower() in taken | {reserved.lower() for reserved in RESERVED}:
            raise v2_refusal(400, "ERROR_ADDRESSBOOK_DUPLICATE", "The name is in use already.")

    def _start_removal(self, one: ContactList, numbers: list[int] | None) -> Response:
        job = self.start_job(JobKind.LIST_REMOVAL, REMOVAL_WORDS, lambda: self._remove(one, numbers))
        return answer(202, {"id": job.id, "status": "Started"})

    def _remove(self, one: ContactList, numbers: list[int] | None) -> None:
        for contact in self.people.some(list(one.members) if numbers is None else numbers):
            self.leave(contact, one)
