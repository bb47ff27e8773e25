"""How v3 speaks of contacts and of time: `/{identifier}/{value}` and filters (section 4)."""

from __future__ import annotations

import re

from martech.emulation import Incoming
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.conventions.answers import Refused, service_of, v3_refusal

__all__ = ["Addressing", "filter_moment", "invalid_id"]

MOMENT = re.compile(r"gte::(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z)")


def invalid_id(incoming: Incoming, identifier: str, value: str) -> Refused:
    """Return the refusal of a value that cannot be of that identifier."""
    text = f"The id value '{value}' is invalid for the identifier '{identifier}'"
    return v3_refusal(400, f"{service_of(incoming.path)}:invalidId", text)


def _not_found(incoming: Incoming, identifier: str, value: str) -> Refused:
    """Return the refusal of an identifier that nobody has."""
    code = f"{service_of(incoming.path)}:contactNotFound"
    details = [(value, f"Not found using the identifier '{identifier}'")]
    return v3_refusal(404, code, "The following contacts could not be found", details)


def filter_moment(incoming: Incoming, name: str) -> str | None:
    """Return the moment of a filter such as `~modified=gte::2021-12-17T00:00:00Z`, or None if it is not given."""
    given = incoming.arg(f"~{name}")
    if given is None:
        return None
    if (found := MOMENT.fullmatch(given)) is None:
        raise v3_refusal(
            400, f"{service_of(incoming.path)}:invalidFilter", f"The filter value '{given}' is invalid"
        )
    return found[1]


class Addressing(Population):
    """Finds whom a path speaks of."""

    def find_addressed(self, incoming: Incoming) -> Contact | None:
        """Return whom the path speaks of, in the recycle bin or not, or None; refuse what cannot be an id."""
        identifier, value = incoming.parts["identifier"], incoming.parts["value"]
        kept = self.people.kept(identifier, value) if self.people.knows(identifier) else None
        if kept is None:
            raise invalid_id(incoming, identifier, value)
        return self.people.find(identifier, kept)

    def addressed(self, incoming: Incoming, *, binned: bool | None = None) -> Contact:
        """Return whom the path speaks of; refuse with 404 if that is nobody, or somebody in the recycle bin."""
        contact = self.find_addressed(incoming)
        visible = self.show_binned if binned is None else binned
        if contact is None or (contact.binned and not visible):
            raise _not_found(incoming, incoming.parts["identifier"], incoming.parts["value"])
        return contact
