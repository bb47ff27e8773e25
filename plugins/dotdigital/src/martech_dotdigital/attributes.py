"""Attributes at Dotdigital: data fields of contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.models import AttributeDefinition, AttributeType, Page
from martech.provider import AttributeOperations, InvalidRequest, delete, get, post
from martech_dotdigital.reading import plain, read_v2, shaped
from martech_dotdigital.times import value_to_wire
from martech_dotdigital.wire.contacts import DataField

__all__ = ["Attributes"]

TYPES: Mapping[str, AttributeType] = {
    "string": AttributeType.TEXT,
    "numeric": AttributeType.NUMBER,
    "date": AttributeType.DATETIME,
    "boolean": AttributeType.BOOLEAN,
}
"""The vendor's types (S13), in lower case. A date there has a time of day."""
WORDS: Mapping[AttributeType, str] = {
    AttributeType.TEXT: "String",
    AttributeType.EMAIL: "String",
    AttributeType.PHONE: "String",
    AttributeType.INTEGER: "Numeric",
    AttributeType.NUMBER: "Numeric",
    AttributeType.BOOLEAN: "Boolean",
    AttributeType.DATE: "Date",
    AttributeType.DATETIME: "Date",
}
BUILT_IN = frozenset({"FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "LASTSUBSCRIBED"})
"""What every account has (S13)."""


class Attributes(AttributeOperations):
    """Data fields. Names have up to 20 letters, digits, `-` and `_`, and are kept in capitals."""

    async def list(self, cursor: str | None) -> Page[AttributeDefinition]:
        """One request for all of them."""
        del cursor
        fields = read_v2(list[DataField], await get("/v2/data-fields", limit="medium"))
        return Page([definition_from_wire(field) for field in fields])

    async def create(self, definition: AttributeDefinition) -> AttributeDefinition:
        """One request, and one more where the answer does not repeat the field. Types never change again."""
        body = definition_to_wire(definition)
        reply = await post("/v2/data-fields", json=body, limit="medium")
        said = plain(reply.json_or_none())
        if isinstance(said, dict) and "name" in said:
            return definition_from_wire(shaped(DataField, said, reply))
        # One description repeats the field, the other gives nothing back (S34-21).
        for field in read_v2(list[DataField], await get("/v2/data-fields", limit="medium")):
            if field["name"].casefold() == definition.name.casefold():
                return definition_from_wire(field)
        raise reply.unexpected("the new data field is not among those that are there")

    async def delete(self, name: str) -> None:
        """One request. A field in use stays, which the vendor says inside a 200, and is a `Conflict` here."""
        await delete("/v2/data-fields/{name}", name=name, limit="medium")


def definition_from_wire(field: DataField) -> AttributeDefinition:
    """Return a data field as an attribute."""
    default = field.get("defaultValue")
    return AttributeDefinition(
        name=field["name"],
        type=TYPES.get(field["type"].casefold(), AttributeType.UNKNOWN),
        is_public=(field.get("visibility") or "").casefold() == "public",
        default=default if isinstance(default, (str, bool, int, float)) else None,
        is_built_in=field["name"].upper() in BUILT_IN,
        vendor_word=field["type"],
        raw=field,
    )


def definition_to_wire(definition: AttributeDefinition) -> dict[str, Any]:
    """Return an attribute as a new data field.

    Raises:
        InvalidRequest: The vendor has no such type.
    """
    if definition.type not in WORDS:
        raise InvalidRequest(f"Dotdigital has no data fields of type {definition.type}")
    field: dict[str, Any] = {"name": definition.name, "type": WORDS[definition.type]}
    if definition.is_public is not None:
        field["visibility"] = "Public" if definition.is_public else "Private"
    if definition.default is not None:
        field["defaultValue"] = value_to_wire(definition.default)
    return field
