"""Definitions of custom attributes: `/v2/data-fields` (section 13)."""

from __future__ import annotations

import re
from dataclasses import replace

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.contacts.schema import DataField
from martech_dotdigital.emulator.contacts.wishes import data_value
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import v2_object

__all__ = ["DataFieldOperations"]

NAME = re.compile(r"[a-zA-Z0-9_-]{1,20}")
TYPES = ("String", "Numeric", "Date", "Boolean")
VISIBILITIES = ("Private", "Public")
INVALID = "ERROR_DATAFIELD_INVALID"


class DataFieldOperations(Population):
    """List, create, delete; there is no update."""

    @operation("GET", "/v2/data-fields")
    def list_data_fields(self, _: Incoming) -> Response:
        """List all data fields, without paging."""
        return answer(200, [known.shape() for known in self.data_fields.values()])

    @operation("POST", "/v2/data-fields")
    def create_data_field(self, incoming: Incoming) -> Response:
        """Create a data field; its name is kept in capitals."""
        body = v2_object(incoming, code=INVALID)
        name = body.required("name", most=20).upper()
        if not NAME.fullmatch(name) or "type" not in body:
            raise v2_refusal(400, INVALID, "The data field is invalid.")
        if name in self.data_fields or name in ("EMAIL", "MOBILENUMBER"):
            raise v2_refusal(400, "ERROR_NON_UNIQUE_DATAFIELD", "Field already exists.")
        if len(self.data_fields) >= self.most_data_fields:
            raise v2_refusal(400, "ERROR_DATAFIELD_LIMITEXCEEDED", "No more data fields can be created.")
        kind = body.one_of("type", TYPES, "String")
        try:
            default = data_value(kind, body.get("defaultValue"))
        except ValueError:
            raise v2_refusal(400, INVALID, "The default value is not of the type.") from None
        made = DataField(name, kind, body.one_of("visibility", VISIBILITIES, "Private"), default)
        self.data_fields[name] = made
        return answer(201, made.shape())

    @operation("DELETE", "/v2/data-fields/{name}")
    def delete_data_field(self, incoming: Incoming) -> Response:
        """Delete a data field with its values; a refusal is still 200 and says what uses it (section 34)."""
        name = incoming.parts["name"].upper()
        known = self.data_fields.get(name)
        if known is None:
            raise v2_refusal(404, "ERROR_DATAFIELD_NOTFOUND")
        if known.dependencies and self.data_field_refusal_is_409:
            detail = "; ".join(known.dependencies)
            return answer(409, {"type": "about:blank", "title": "Conflict", "status": 409, "detail": detail})
        if known.dependencies:
            return answer(200, {"result": False, "dependencies": list(known.dependencies)})
        del self.data_fields[name]
        for contact in self.people.by_id.values():
            contact.data.pop(name, None)
        return answer(200, {"result": True, "dependencies": None})

    def use_data_field(self, name: str, *dependencies: str) -> None:
        """Let something use a data field, so that it cannot be deleted."""
        known = self.data_fields[name.upper()]
        self.data_fields[known.name] = replace(known, dependencies=(*known.dependencies, *dependencies))
