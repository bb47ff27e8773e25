"""Times in every form that Dotdigital prints, and the one form in which we write them (S3, S9)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from martech.provider import InvalidRequest

__all__ = ["filter_since", "since_part", "time_from_wire", "time_to_wire"]

_PRINTED = re.compile(
    r"""(?x)\s*"?(?P<day>\d{4}-\d{2}-\d{2})
    (?:[T\ ](?P<time>\d{2}:\d{2}:\d{2})(?:\.(?P<part>\d{1,9}))?)?\s*
    (?P<zone>Z|[+-]\d{2}:?\d{2})?"?\s*"""
)


def time_from_wire(printed: object) -> datetime | None:
    """Return a printed time, aware, or None where there is none.

    With `T` or a blank, with any number of decimals, with a zone or without one, which means UTC, with quotes
    around it or not. A time that is none (the published samples hold some) is none rather than an error.
    """
    if not isinstance(printed, str) or not (found := _PRINTED.fullmatch(printed)):
        return None
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    part = (found["part"] or "0")[:6].ljust(6, "0")
    try:
        read = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00:00'}.{part}{zone}")
    except ValueError:
        return None
    return read.astimezone(UTC)


def time_to_wire(when: datetime) -> str:
    """Return an aware time in UTC, to the millisecond, which is cut off and not rounded up.

    Raises:
        InvalidRequest: It does not say which zone it is in.
    """
    if when.tzinfo is None:
        raise InvalidRequest("a time must say its zone", hint="datetime(…, tzinfo=UTC)")
    when = when.astimezone(UTC)
    part = f".{when.microsecond // 1000:03}" if when.microsecond >= 1000 else ""
    return f"{when:%Y-%m-%dT%H:%M:%S}{part}Z"


def value_to_wire(value: object) -> object:
    """Return a value of a field as JSON can say it. Times without a zone are left without one."""
    if isinstance(value, datetime):
        return time_to_wire(value) if value.tzinfo is not None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise InvalidRequest("a number that is not finite cannot be said in JSON")
    return value


def filter_since(when: datetime | None) -> str | None:
    """Return the filter “from then on” of v3 (S4), or None."""
    return None if when is None else f"gte::{time_to_wire(when)}"


def since_part(when: datetime) -> str:
    """Return a time as a part of a v2 path, which takes whole timestamps although it is declared a day (S3)."""
    return time_to_wire(when)
