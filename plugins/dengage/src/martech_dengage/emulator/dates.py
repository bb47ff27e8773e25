"""The times that dEngage takes, exactly those, and the one form in which this emulator answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

__all__ = ["answer_time", "clock_time", "is_day", "moment", "report_time"]

# The formats of D1, D2, D9 and D11, no others: no numeric offset, at most three digits of a second, and `Z` only
# after `T` with either none or all three of them.
_DAY = r"\d{4}-\d\d-\d\d"
_MINUTE = r"(?:[01]\d|2[0-3]):[0-5]\d"
_SECOND = rf"{_MINUTE}:[0-5]\d"
_FORMS = re.compile(rf"{_DAY}(?:[ T]{_MINUTE}|[ T]{_SECOND}(?:\.\d{{1,3}})?|T{_SECOND}(?:\.\d{{3}})?Z)?")
_REPORT_FORM = re.compile(rf"{_DAY} {_SECOND}")
_CLOCK_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def moment(text: str) -> datetime:
    """Return the time that a text in one of the documented formats names.

    A time without zone is read as UTC: the vendor states none.

    Raises:
        ValueError: The text is in no format that dEngage takes, or names no real time.
    """
    if not _FORMS.fullmatch(text):
        raise ValueError(f"{text!r} is in none of the accepted date formats")
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def report_time(text: str) -> datetime:
    """Return a time of a report's window, which may only be `yyyy-MM-dd HH:mm:ss` (D18, D19).

    Raises:
        ValueError: The text is in another format, or names no real time.
    """
    if not _REPORT_FORM.fullmatch(text):
        raise ValueError(f"{text!r} is not in the format yyyy-MM-dd HH:mm:ss")
    return moment(text)


def is_day(text: str) -> bool:
    """Return whether a text is a calendar day in the format `yyyy-MM-dd`."""
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def clock_time(text: str) -> tuple[int, int]:
    """Return hour and minute of a time of day, `HH:mm` (C1).

    Raises:
        ValueError: The text is no time of day.
    """
    if not (found := _CLOCK_FORM.fullmatch(text)):
        raise ValueError(f"{text!r} is not in the format HH:mm")
    return int(found[1]), int(found[2])


def answer_time(at: datetime) -> str:
    """Return a time as this emulator answers it: UTC, one of the formats the vendor itself takes."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
