"""Marketing preferences: topics, their categories, and who wants what (section 16).

They are independent of channels: somebody suppressed may be opted in, and receives nothing.
"""

from __future__ import annotations

from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.lists import ListOperations
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.schema import Preference
from martech_dotdigital.emulator.contacts.shapes import v2_contact
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.order import SortedIds
from martech_dotdigital.emulator.conventions.paging import MOST_V2
from martech_dotdigital.emulator.conventions.reading import (
    INVALID,
    Body,
    as_integer,
    date_part,
    number_part,
    v2_array,
    v2_object,
)
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["PreferenceOperations"]

PREFERENCE_INVALID = "ERROR_PREFERENCE_INVALID"
OF_CONTACT = "/v2/contacts/{contactIdentifier}/preferences"
OPTED = "/contacts/with-preference/{preferenceId}"
BOOK = "/v2/address-books/{addressBookId}"


class PreferenceOperations(ListOperations):
    """The tree of preferences, and what contacts say about its leaves."""

    @operation("GET", "/v2/preferences")
    def list_preferences(self, _: Incoming) -> Response:
        """Return the whole tree, without paging."""
        return answer(200, self._tree(list(self.preferences.values())))

    @operation("GET", "/v2/preferences/modified-since/{date}")
    def list_modified_preferences(self, incoming: Incoming) -> Response:
        """Return what changed in the tree since a date, with the categories it hangs in."""
        since = date_part(incoming)
        changed = {one.id for one in self.preferences.values() if one.modified >= since}
        changed |= {self.preferences[number].category for number in changed}
        return answer(200, self._tree([one for one in self.preferences.values() if one.id in changed]))

    @operation("POST", "/v2/preferences")
    def create_preference(self, incoming: Incoming) -> Response:
        """Create a category, or a preference if `isPreference` says so."""
        body = v2_object(incoming, code=PREFERENCE_INVALID)
        made = self.add_preference(
            body.required("publicName"),
            body.required("privateName"),
            category=self._category(body),
            is_preference=body.flag("isPreference", default=False),
            is_public=body.flag("isPublic", default=True),
        )
        self._arrange(made, body.get("order"))
        return answer(200, self._preference_shape(made))

    @operation("PUT", "/v2/preferences/{id}")
    def update_preference(self, incoming: Incoming) -> Response:
        """Rename, move or hide a preference or category."""
        one = self._preference_named(incoming)
        body = v2_object(incoming, code=PREFERENCE_INVALID)
        one.public_name, one.private_name = body.required("publicName"), body.required("privateName")
        one.is_public = body.flag("isPublic", default=one.is_public)
        one.category = self._category(body)
        one.modified = self.now()
        self.preference_names[one.id] = (one.public_name, one.private_name)
        self._arrange(one, body.get("order"))
        return answer(200, self._preference_shape(one))

    @operation("DELETE", "/v2/preferences/{id}")
    def delete_preference(self, incoming: Incoming) -> Response:
        """Delete a preference, or a category with all that is in it."""
        one = self._preference_named(incoming)
        gone = {one.id} | {child.id for child in self.preferences.values() if child.category == one.id}
        for number in gone:
            for contact in self.people.by_id.values():
                contact.preferences.pop(number, None)
            del self.preferences[number], self.preference_names[number]
        return answer(200, "Deleted")

    @operation("GET", OF_CONTACT)
    def get_contact_preferences(self, incoming: Incoming) -> Response:
        """Return the tree with what one contact said."""
        contact = self._asked(incoming)
        return answer(200, self._tree(list(self.preferences.values()), contact))

    @operation("PUT", OF_CONTACT)
    def set_contact_preferences(self, incoming: Incoming) -> Response:
        """Take what one contact says, as a tree or as bare leaves."""
        contact = self._asked(incoming)
        wanted = [said for item in v2_array(incoming) for said in self._leaves(item)]
        for preference, opted_in in wanted:
            self.opt(contact, preference, opted_in=opted_in)
        return answer(200, {"value": ""})

    @operation("GET", "/v2" + OPTED, BOOK + OPTED)
    def list_opted_in(self, incoming: Incoming) -> Response:
        """List who opted into a preference, everywhere or in one list, behind `minContactId`."""
        preference = self._asked_preference(incoming)
        found = self._from_least(incoming, preference.opted_in)
        return answer(200, [{"id": contact.id, "email": contact.email} for contact in found])

    @operation("GET", "/v2" + OPTED + "/opt-ins-since/{date}", BOOK + OPTED + "/opt-ins-since/{date}")
    def list_opt_ins_since(self, incoming: Incoming) -> Response:
        """List who said anything about a preference since a date."""
        preference = self._asked_preference(incoming)
        said = SortedIds(preference.said.since(date_part(incoming)))
        book = as_integer(incoming.parts.get("addressBookId", "0")) or 0
        found = self._from_least(incoming, said)
        return answer(200, [self._opt_ins(contact, [preference.id], book) for contact in found])

    @operation("GET", "/v2/contacts/{contactIdentifier}/subscriptions")
    def list_subscriptions(self, incoming: Incoming) -> Response:
        """Return everything one contact said about preferences."""
        contact = self._asked(incoming)
        return answer(200, self._opt_ins(contact, list(contact.preferences), 0))

    def v2_person(self, value: str) -> Contact | None:
        """Return who an id or an address stands for on v2, which does not see contacts without e-mail."""
        identifier = "contactId" if as_integer(value) is not None else "email"
        kept = self.people.kept(identifier, value)
        contact = self.people.find(identifier, kept) if kept is not None else None
        return None if contact is None or contact.binned or contact.email is None else contact

    def add_preference(
        self, public: str, private: str, *, category: int = 0, is_preference: bool = True, is_public: bool = True
    ) -> Preference:
        """Make a preference, or a category of them."""
        number, now = self.next_number("preference"), self.now()
        made = Preference(number, public, private, is_preference, is_public, category, now, now)
        self.preferences[number] = made
        self.preference_names[number] = (public, private)
        self._arrange(made, None)
        return made

    def _asked(self, incoming: Incoming) -> Contact:
        contact = self.v2_person(incoming.parts["contactIdentifier"])
        if contact is None:
            raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        return contact

    def _preference_named(self, incoming: Incoming, part: str = "id") -> Preference:
        missing = v2_refusal(404, "ERROR_PREFERENCE_NOT_FOUND")
        one = self.preferences.get(number_part(incoming, part, missing))
        if one is None:
            raise missing
        return one

    def _asked_preference(self, incoming: Incoming) -> Preference:
        if "addressBookId" in incoming.parts:
            self.list_named(incoming)
        return self._preference_named(incoming, "preferenceId")

    def _category(self, body: Body) -> int:
        number = body.integer("categoryId") or 0
        if number and number not in self.preferences:
            raise v2_refusal(404, "ERROR_PREFERENCE_NOT_FOUND")
        if number and self.preferences[number].is_preference:
            raise v2_refusal(400, PREFERENCE_INVALID, "A preference cannot be a category.")
        return number

    def _arrange(self, one: Preference, order: Any) -> None:
        siblings = sorted(
            (other for other in self.preferences.values() if other.category == one.category and other is not one),
            key=lambda other: other.order,
        )
        place = 0 if order == "top" else as_integer(order)
        siblings.insert(len(siblings) if place is None else max(0, place), one)
        for position, sibling in enumerate(siblings):
            sibling.order = position

    def _leaves(self, item: Any) -> list[tuple[Preference, bool]]:
        if not isinstance(item, dict):
            raise v2_refusal(400, PREFERENCE_INVALID, "The preferences are invalid.")
        body = Body(item, code=PREFERENCE_INVALID)
        known = self.preferences.get(body.integer("id") or 0)
        if known is None:
            raise v2_refusal(404, "ERROR_PREFERENCE_NOT_FOUND")
        if known.is_preference:
            return [(known, body.flag("isOptedIn", default=False))]
        return [leaf for child in body.get("preferences") or () for leaf in self._leaves(child)]

    def _from_least(self, incoming: Incoming, ids: SortedIds) -> list[Contact]:
        """Return at most 1000 contacts from `minContactId` on, which is inclusive (inferred)."""
        least = as_integer({name.lower(): value for name, value in incoming.query}.get("mincontactid", "0"))
        if least is None or least < 0:
            raise v2_refusal(400, INVALID, "The minContactId is invalid.")
        within = None
        if "addressBookId" in incoming.parts:
            within = set(self.members_of(self.list_named(incoming)))
        found: list[Contact] = []
        for number in ids.after(least - 1, len(ids)):
            contact = self.people.by_id[number]
            if contact.email is not None and (within is None or number in within):
                found.append(contact)
                if len(found) == MOST_V2:
                    break
        return found

    def _opt_ins(self, contact: Contact, numbers: list[int], book: int) -> dict[str, Any]:
        rows = [
            {
                "marketingPreferenceId": number,
                "addressBookId": book,
                "isOptedIn": contact.preferences[number].opted_in,
                # The vendor's own spelling.
                "dateModifed": stamp(contact.preferences[number].at),
            }
            for number in numbers
            if number in contact.preferences
        ]
        return {"contact": v2_contact(contact), "marketingPreferenceOptIns": rows}

    def _tree(self, shown: list[Preference], contact: Contact | None = None) -> list[dict[str, Any]]:
        def shape(one: Preference) -> dict[str, Any]:
            found = self._preference_shape(one)
            children = sorted((child for child in shown if child.category == one.id), key=lambda c: c.order)
            if not one.is_preference:
                found["preferences"] = [shape(child) for child in children]
            elif contact is not None:
                said = contact.preferences.get(one.id)
                found["isOptedIn"] = said is not None and said.opted_in
            return found

        roots = sorted((one for one in shown if not one.category), key=lambda one: one.order)
        return [shape(one) for one in roots]

    def _preference_shape(self, one: Preference) -> dict[str, Any]:
        return {
            "id": one.id,
            "publicName": one.public_name,
            "privateName": one.private_name,
            "isPreference": one.is_preference,
            "order": str(one.order),
            "isPublic": one.is_public,
            "categoryId": one.category,
            "preferenceCount": sum(child.category == one.id for child in self.preferences.values()),
            "created": stamp(one.created),
            "lastModified": stamp(one.modified),
        }
