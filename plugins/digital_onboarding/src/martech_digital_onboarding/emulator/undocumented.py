"""ASSUMPTION: reading contacts, as one third-party client was seen to do that signs in as a member of staff.

No page of the vendor has these endpoints; they answer only while the switch `undocumented_endpoints` is on.
"""

from __future__ import annotations

from martech.emulation import Incoming, Response, reply, route
from martech_digital_onboarding.emulator.answers import Refused, refusal, unprocessable
from martech_digital_onboarding.emulator.assumptions import (
    DEFAULT_LIST_LIMIT,
    INVALID,
    NOT_FOUND,
    SEARCHED_FIELDS,
)
from martech_digital_onboarding.emulator.contacts import ContactRoutes
from martech_digital_onboarding.emulator.people import Contact
from martech_digital_onboarding.emulator.vocabulary import READ_ONLY_FIELDS, STRING_FIELDS

__all__ = ["UndocumentedRoutes"]

_SORTABLE = frozenset({*STRING_FIELDS, *READ_ONLY_FIELDS})
_Selection = tuple[str | None, str, str]


class UndocumentedRoutes(ContactRoutes):
    """Two endpoints that may be refused to clients of the interface, and may vanish."""

    # The contacts of the last search or order, so that paging through it does not sort everyone for each page.
    _selected: tuple[_Selection, int, list[Contact]] | None = None

    @route("GET", "/v1/contacts")
    def list_contacts(self, incoming: Incoming) -> Response:
        """List contacts by `limit`, `offset`, `sort_column`, `sort_direction` and `search`."""
        if not self.undocumented_endpoints:
            return self.no_such_route(incoming)
        column = incoming.arg("sort_column")
        direction = incoming.arg("sort_direction") or "asc"
        errors: dict[str, list[str]] = {}
        if column is not None and column not in _SORTABLE:
            errors["sort_column"] = [INVALID]
        if direction not in ("asc", "desc"):
            errors["sort_direction"] = [INVALID]
        window: dict[str, int] = {}
        for name, default in (("limit", DEFAULT_LIST_LIMIT), ("offset", 0)):
            text = incoming.arg(name, str(default)) or ""
            if text.isascii() and text.isdigit():
                window[name] = int(text)
            else:
                errors[name] = [INVALID]
        if errors:
            return unprocessable(Refused(errors), self.validation_errors)
        selected = self._select((column, direction, incoming.arg("search") or ""))
        page = selected[window["offset"] : window["offset"] + window["limit"]]
        return self.listing("contacts", [self.shown(contact) for contact in page])

    @route("GET", "/v1/contacts/{id}")
    def get_contact(self, incoming: Incoming) -> Response:
        """Return one contact by the vendor's own id."""
        if not self.undocumented_endpoints:
            return self.no_such_route(incoming)
        contact = self.people.by_id.get(incoming.parts["id"])
        return reply(200, self.shown(contact)) if contact is not None else refusal(404, NOT_FOUND)

    def _select(self, selection: _Selection) -> list[Contact]:
        column, direction, search = selection
        if column is None and direction == "asc" and not search:
            return self.people.in_order
        if self._selected is not None and self._selected[:2] == (selection, self.people.version):
            return self._selected[2]
        contacts = self.people.in_order
        if search:
            contacts = [contact for contact in contacts if _found(contact, search.lower())]
        if column is not None:
            contacts = sorted(contacts, key=lambda contact: _text(contact, column))
        if direction == "desc":
            contacts = contacts[::-1]
        self._selected = (selection, self.people.version, contacts)
        return contacts


def _text(contact: Contact, column: str) -> str:
    own = {"id", "unique_id", "inserted_at", "updated_at"}
    return str(getattr(contact, column) if column in own else contact.members.get(column) or "")


def _found(contact: Contact, search: str) -> bool:
    return any(search in _text(contact, column).lower() for column in SEARCHED_FIELDS)
