"""Contacts one by one and by criteria: `/contacts/v3` (section 11)."""

from __future__ import annotations

from collections.abc import Sequence

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.addressing import Addressing, filter_moment, invalid_id
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.shapes import ALL_FIELDS, EVERYTHING, v3_contact
from martech_dotdigital.emulator.contacts.wishes import Wish
from martech_dotdigital.emulator.contacts.writing import Merge, Writing
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.order import SortedIds
from martech_dotdigital.emulator.conventions.paging import seek_page
from martech_dotdigital.emulator.conventions.reading import as_integer, v3_json
from martech_dotdigital.emulator.conventions.times import parsed

__all__ = ["ContactOperations"]

ONE = "/contacts/v3/{identifier}/{value}"
NEEDS_ADDRESS = "An email or a mobileNumber identifier is required to create a contact."


class ContactOperations(Addressing, Writing):
    """Contacts of v3."""

    @operation("GET", "/contacts/v3", tier=Tier.LOW)
    def get_contacts(self, incoming: Incoming) -> Response:
        """List contacts by criteria, ascending by contact id."""
        source, first = self._criteria(incoming)
        include = {word for word in (incoming.arg("include") or "").split("|") if word}
        if unknown := include - EVERYTHING:
            raise _bad_filter(f"The include value '{min(unknown)}' is invalid")
        fields = [name for name in (incoming.arg("data-fields") or "").split("|") if name]
        for name in fields:
            if name != ALL_FIELDS and name.upper() not in self.data_fields:
                raise _bad_filter(f"The data-fields value '{name}' is invalid")

        def rows(after: int, count: int) -> Sequence[tuple[int, Contact]]:
            numbers = source.after(max(after, first), count)
            return [(number, self.people.by_id[number]) for number in numbers]

        def shape(contact: Contact) -> dict[str, object]:
            return v3_contact(contact, self.list_names, self.preference_names, include=include, fields=fields)

        return seek_page(incoming, rows, shape)

    @operation("POST", "/contacts/v3")
    def create_contact(self, incoming: Incoming) -> Response:
        """Create a contact; 409 if any of the identifiers is taken."""
        wish = self._wish(incoming, v3_json(incoming))
        self._need_address(wish)
        self._refuse_clash(None, wish)
        return answer(201, self.shape(self.create(wish)))

    @operation("GET", ONE, tier=Tier.HIGH)
    def get_contact(self, incoming: Incoming) -> Response:
        """Return one contact with everything."""
        return answer(200, self.shape(self.addressed(incoming)))

    @operation("PATCH", ONE)
    def import_contact(self, incoming: Incoming) -> Response:
        """Update the contact (200), out of the recycle bin if need be, or create it from the body (201)."""
        merge = Merge.named(incoming.arg("merge-option", Merge.OVERWRITE))
        if merge is None:
            text = f"The merge-option value '{incoming.arg('merge-option')}' is invalid"
            raise v3_refusal(400, "contacts:badRequest", text)
        wish = self._wish(incoming, v3_json(incoming))
        contact = self.find_addressed(incoming)
        self._refuse_clash(contact, wish)
        if contact is None:
            self._need_address(wish)
            return answer(201, self.shape(self.create(wish)))
        self.fulfil(contact, wish, merge)
        return answer(200, self.shape(contact))

    @operation("PUT", ONE)
    def replace_contact(self, incoming: Incoming) -> Response:
        """Replace a contact: what the body leaves out is cleared, list memberships are only added (section 34)."""
        body = v3_json(incoming)
        wish = self._wish(incoming, {name: body[name] for name in body if name != "consentRecords"})
        contact = self.addressed(incoming)
        self._need_address(wish)
        self._refuse_clash(contact, wish)
        for name in contact.identifiers():
            if name not in wish.identifiers:
                self.identify(contact, name, None)
        contact.data.clear()
        self.fulfil(contact, wish, Merge.OVERWRITE)
        return answer(200, self.shape(contact))

    @operation("DELETE", ONE)
    def delete_contact(self, incoming: Incoming) -> Response:
        """Put a whole contact into the recycle bin, not only out of a list (section 11.4 point 7)."""
        contact = self.addressed(incoming, binned=False)
        self.bin_contact(contact)
        return answer(200, {"contactId": contact.id})

    def _criteria(self, incoming: Incoming) -> tuple[SortedIds, int]:
        """Return the contacts to choose from, and the id behind which to begin."""
        created, modified = filter_moment(incoming, "created"), filter_moment(incoming, "modified")
        listed, segmented = incoming.arg("~listId"), incoming.arg("~segmentId")
        if created and modified:
            raise _bad_filter("The ~created and ~modified filters cannot be used together")
        if listed is not None and segmented is not None:
            raise _bad_filter("The ~listId and ~segmentId filters cannot be used together")
        source = self.people.ids
        if listed is not None:
            one = self.lists.get(as_integer(listed) or 0)
            if one is None:
                raise _bad_filter(f"The filter value '{listed}' is invalid")
            source = self.people.ids if one.name == "All Contacts" else one.members
        if segmented is not None:
            segment = self.segments.get(as_integer(segmented) or 0)
            if segment is None:
                raise _bad_filter(f"The filter value '{segmented}' is invalid")
            source = segment.members
        if modified:
            changed = self.people.changed_since(parsed(modified))
            scope = source
            source = changed if scope is self.people.ids else SortedIds(n for n in changed if n in scope)
        return source, self.people.first_created_since(parsed(created)) if created else 0

    def _wish(self, incoming: Incoming, body: dict[str, object]) -> Wish:
        wish = self.reader().read(body)
        for problem in wish.problems:
            given = body.get("identifiers")
            if problem.identifier and isinstance(given, dict):
                raise invalid_id(incoming, problem.identifier, str(given[problem.identifier]))
            raise v3_refusal(400, problem.error, problem.description)
        return wish

    def _need_address(self, wish: Wish) -> None:
        if not wish.identifiers.keys() & {"email", "mobileNumber"}:
            raise v3_refusal(400, "contacts:badRequest", NEEDS_ADDRESS)

    def _refuse_clash(self, contact: Contact | None, wish: Wish) -> None:
        if clash := self.clash(contact, wish.identifiers):
            name, value = clash
            text = f"The id value '{value}' for the identifier '{name}' already exists."
            raise v3_refusal(409, "contacts:idAlreadyExists", text)


def _bad_filter(description: str) -> Refused:
    return v3_refusal(400, "contacts:invalidFilter", description)
