"""Attributes: definitions of the named values a contact may have."""

from __future__ import annotations

from enum import StrEnum

from martech.models.base import Answer, VendorWord
from martech.models.contacts import AttributeValue

__all__ = ["AttributeDefinition", "AttributeType"]


class AttributeType(StrEnum):
    """What sort of value an attribute holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"
    PHONE = "phone"
    ANY = "any"
    """The vendor keeps whatever it is given."""
    UNKNOWN = "unknown"


class AttributeDefinition(Answer):
    """A custom field at the vendor."""

    name: str
    type: AttributeType = AttributeType.TEXT
    is_public: bool | None = None
    """Whether people outside can read it."""
    default: AttributeValue = None
    is_built_in: bool = False
    vendor_word: VendorWord | None = None
