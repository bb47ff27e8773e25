"""What a request says, checked the way the vendor checks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from martech.emulation import Incoming
from martech_dotdigital.emulator.conventions.answers import (
    Refused,
    cpaas_refusal,
    service_of,
    v2_refusal,
    v3_refusal,
)
from martech_dotdigital.emulator.conventions.times import parsed

__all__ = [
    "INVALID",
    "Body",
    "as_integer",
    "cpaas_json",
    "cpaas_object",
    "date_part",
    "number_part",
    "v2_array",
    "v2_flag",
    "v2_object",
    "v3_json",
]

INVALID = "ERROR_PARAMETER_INVALID"
MALFORMED = "ERROR_MALFORMED_REQUEST"
TRUE_WORDS = frozenset({"true", "1", "yes"})


def as_integer(value: object) -> int | None:
    """Return a whole number given as a number or as text (section 3: numeric strings are accepted), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value):
        return int(value)
    return None


class Body:
    """A JSON object sent to v2: properties are found in any case (section 3)."""

    def __init__(self, given: Mapping[str, Any], *, code: str = INVALID) -> None:
        self._given = {name.lower(): value for name, value in given.items()}
        self._code = code

    def __contains__(self, name: str) -> bool:
        return self._given.get(name.lower()) is not None

    def get(self, name: str) -> Any:
        """Return a property as it came, or None."""
        return self._given.get(name.lower())

    def refuse(self, name: str) -> Refused:
        """Return the refusal of one property."""
        return v2_refusal(400, self._code, f"{name[:1].upper()}{name[1:]} field is empty or invalid.")

    def text(self, name: str, *, most: int | None = None) -> str | None:
        """Return a text, or None if it was not given."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or (most is not None and len(value) > most):
            raise self.refuse(name)
        return value

    def required(self, name: str, *, most: int | None = None) -> str:
        """Return a text that must be there and not be blank."""
        value = self.text(name, most=most)
        if value is None or not value.strip():
            raise self.refuse(name)
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number, or None if it was not given."""
        value = self.get(name)
        if value is None:
            return None
        number = as_integer(value)
        if number is None:
            raise self.refuse(name)
        return number

    def integers(self, name: str) -> list[int]:
        """Return a list of whole numbers, empty if it was not given."""
        value = self.get(name)
        if value is None:
            return []
        numbers = [as_integer(item) for item in value] if isinstance(value, list) else [None]
        if None in numbers:
            raise self.refuse(name)
        return [number for number in numbers if number is not None]

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no, which may be written as a word."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in TRUE_WORDS | {"false", "0", "no"}:
            return value.lower() in TRUE_WORDS
        raise self.refuse(name)

    def one_of(self, name: str, words: tuple[str, ...], default: str) -> str:
        """Return one of the vendor's words in the vendor's spelling, given in any case."""
        value = self.get(name)
        if value is None:
            return default
        found = next((word for word in words if isinstance(value, str) and word.lower() == value.lower()), None)
        if found is None:
            raise self.refuse(name)
        return found

    def moment(self, name: str) -> datetime | None:
        """Return a moment, or None if it was not given."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parsed(value)
        except ValueError:
            raise self.refuse(name) from None

    def object(self, name: str) -> Body | None:
        """Return an object within, or None if it was not given."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refuse(name)
        return Body(value, code=self._code)

    def objects(self, name: str) -> list[Body]:
        """Return a list of objects within, empty if it was not given."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.refuse(name)
        return [Body(item, code=self._code) for item in value]


def _v2_json(incoming: Incoming) -> Any:
    try:
        return incoming.json()
    except ValueError:
        raise v2_refusal(400, MALFORMED, "The request body could not be read.") from None


def v2_object(incoming: Incoming, *, code: str = INVALID) -> Body:
    """Return the body of a v2 request, which must be an object; `code` is said of a property that is wrong."""
    given = _v2_json(incoming)
    if not isinstance(given, dict):
        raise v2_refusal(400, MALFORMED, "The request body must be an object.")
    return Body(given, code=code)


def v2_array(incoming: Incoming) -> list[Any]:
    """Return the body of a v2 request, which must be a bare array."""
    given = _v2_json(incoming)
    if not isinstance(given, list):
        raise v2_refusal(400, MALFORMED, "The request body must be an array.")
    return given


def v3_json(incoming: Incoming, kind: type[dict[str, Any]] | type[list[Any]] = dict) -> Any:
    """Return the body of a v3 request, which must be an object, or an array if `kind` is list."""
    try:
        given = incoming.json()
    except ValueError:
        given = None
    if not isinstance(given, kind):
        raise v3_refusal(400, f"{service_of(incoming.path)}:badJson", "The request JSON is badly formed")
    return given


def cpaas_json(incoming: Incoming) -> Any:
    """Return the JSON of a CPaaS request."""
    try:
        return incoming.json()
    except ValueError:
        raise cpaas_refusal(400, "The request body could not be read.") from None


def cpaas_object(incoming: Incoming, *required: str) -> dict[str, Any]:
    """Return the JSON object of a CPaaS request, in which some properties must be there."""
    given = cpaas_json(incoming)
    if not isinstance(given, dict):
        raise cpaas_refusal(400, "The request body must be an object.")
    for name in required:
        if not given.get(name):
            raise cpaas_refusal(400, "Validation failed.", fields={name: "is required"})
    return given


def v2_flag(incoming: Incoming, name: str) -> bool:
    """Return a yes or no from the query of a v2 request."""
    return (_v2_query(incoming, name) or "").lower() in TRUE_WORDS


def number_part(incoming: Incoming, name: str, not_found: Refused) -> int:
    """Return a whole number from the path; anything else is something that cannot be found."""
    number = as_integer(incoming.parts[name])
    if number is None:
        raise not_found
    return number


def date_part(incoming: Incoming, name: str = "date") -> datetime:
    """Return a date from the path of a v2 request; it may be a full timestamp (section 3)."""
    try:
        return parsed(incoming.parts[name])
    except ValueError:
        raise v2_refusal(400, INVALID, "The date is invalid.") from None


def _v2_query(incoming: Incoming, name: str) -> str | None:
    return next((value for known, value in incoming.query if known.lower() == name.lower()), None)
