"""The types of columns, of contacts and of tables alike, and what each of them takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from martech_dengage.emulator.dates import is_day, moment

__all__ = ["TABLE_TYPES", "TYPES", "Unacceptable", "digits", "from_text", "is_email", "is_phone"]

LONGEST_EMAIL = 255
"""D4."""
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_PHONE = re.compile(r"[1-9]\d{6,14}")


class Unacceptable(ValueError):
    """A value that its column does not take; the message says why."""


def is_email(text: object) -> bool:
    """Return whether something is an e-mail address."""
    return isinstance(text, str) and len(text) <= LONGEST_EMAIL and bool(_EMAIL.fullmatch(text))


def is_phone(text: object) -> bool:
    """Return whether something is a phone number as dEngage wants it: digits with country code, no plus (D7)."""
    return isinstance(text, str) and bool(_PHONE.fullmatch(text))


def digits(text: str) -> str:
    """Return only the digits of a phone number."""
    return "".join(filter(str.isdigit, text))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unacceptable("is not a text")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unacceptable("is not an integer")
    return value


def _decimal(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unacceptable("is not a number")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unacceptable("is not a boolean")
    return value


def _date(value: Any) -> str:
    try:
        moment(_text(value))
    except ValueError as wrong:
        raise Unacceptable(f"is not a date: {wrong}") from wrong
    return str(value)


def _day(value: Any) -> str:
    if not is_day(_text(value)):
        raise Unacceptable("is not a day in the format yyyy-MM-dd")
    return str(value)


def _email(value: Any) -> str:
    # An empty text is taken: it overwrites the address with nothing (C6).
    if _text(value) and not is_email(value):
        raise Unacceptable("is not an e-mail address")
    return str(value).lower()  # lower-cased by the server (D4)


def _phone(value: Any) -> str:
    if _text(value) and not is_phone(value):
        raise Unacceptable("is not a phone number: digits with country code, without a plus")
    return str(value)


def _status(value: Any) -> str:
    if value not in ("A", "P"):
        raise Unacceptable("is neither A nor P")
    return str(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise Unacceptable("is not a plain value")
    return value


TABLE_TYPES: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "TEXT": _text,
        "INTEGER": _integer,
        "DATE": _date,
        "BOOLEAN": _boolean,
        "EMAIL": _email,
        "PHONE": _phone,
        "DECIMAL": _decimal,
    }
)
"""The types that a customer's table may have (C4); each returns what is stored, or raises `Unacceptable`."""

TYPES: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {**TABLE_TYPES, "DAY": _day, "STATUS": _status, "SCALAR": _scalar}
)
"""These and the ones that only the platform's own tables have."""


def from_text(kind: str, text: str) -> Any:
    """Return what a cell of a CSV file says in a column of that type; an empty cell is null.

    Raises:
        Unacceptable: The text says nothing that the column could take.
    """
    if text == "":
        return None
    try:
        match kind:
            case "INTEGER":
                return int(text)
            case "DECIMAL":
                return float(text)
            case "BOOLEAN":
                return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
            case _:
                return text
    except (ValueError, KeyError) as wrong:
        raise Unacceptable(f"is not of the type {kind}") from wrong
