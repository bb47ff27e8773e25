"""Values of attributes from one type to another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from martech.models import AttributeType

__all__ = ["converted", "narrows", "seen_type", "type_of"]

_T = AttributeType
_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"no", "n", "false", "f", "0"})
_WIDENS = frozenset({
    (_T.INTEGER, _T.NUMBER), (_T.DATE, _T.DATETIME), (_T.EMAIL, _T.TEXT), (_T.PHONE, _T.TEXT),
})  # fmt: skip


def type_of(value: Any) -> AttributeType:
    """Return the type that a value has by itself."""
    match value:
        case bool():
            return _T.BOOLEAN
        case int():
            return _T.INTEGER
        case float():
            return _T.NUMBER
        case datetime():
            return _T.DATETIME
        case date():
            return _T.DATE
        case _:
            return _T.TEXT


def seen_type(kinds: Iterable[AttributeType]) -> AttributeType:
    """Return the narrowest type that holds values of all these types."""
    found = set(kinds)
    if len(found) == 1:
        return found.pop()
    if found <= {_T.INTEGER, _T.NUMBER} and found:
        return _T.NUMBER
    return _T.DATETIME if found == {_T.DATE, _T.DATETIME} else _T.TEXT


def narrows(source: AttributeType, target: AttributeType) -> bool:
    """Return whether something of the type is lost: an address is still an address as a text, a date is not."""
    if source is target or target is _T.ANY or source in (_T.ANY, _T.UNKNOWN) or target is _T.UNKNOWN:
        return False
    return (source, target) not in _WIDENS


def converted(value: Any, kind: AttributeType) -> Any:
    """Return a value as one of a type.

    Raises:
        ValueError: It is none; the value itself is not repeated.
    """
    match kind:
        case _T.NUMBER:
            return _number(value)
        case _T.INTEGER:
            number = _number(value)
            if number != int(number):
                raise ValueError("is no whole number")
            return int(number)
        case _T.BOOLEAN:
            return _boolean(value)
        case _T.DATE:
            return _moment(value).date() if not _is_day(value) else value
        case _T.DATETIME:
            return value if isinstance(value, (datetime, date)) else _moment(value)
        case _T.TEXT | _T.EMAIL | _T.PHONE:
            return _text(value)
        case _:
            return value


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _number(value: Any) -> int | float:
    number: int | float
    match value:
        case bool():
            number = math.nan
        case int() | float():
            number = value
        case str():
            text = value.strip()
            try:
                number = int(text) if text.removeprefix("-").isdecimal() else float(text)
            except ValueError:
                number = math.nan
        case _:
            number = math.nan
    if not math.isfinite(number):
        raise ValueError("is no number")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(value).strip().casefold() if isinstance(value, (str, int)) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("is neither yes nor no")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError("is no date") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
