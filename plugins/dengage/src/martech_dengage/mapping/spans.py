"""Reports about more than one call takes: spans cut into weeks, subjects into fives, and a place in all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from martech.models import Channel, MessageQuery, mobile
from martech.provider import InvalidRequest
from martech_dengage.limits import REPORT_DAYS, REPORT_SUBJECTS

__all__ = ["place_of", "place_said", "subjects", "weeks"]

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(days=REPORT_DAYS)


def weeks(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return a span as stretches of at most seven days that do not touch: both ends of a report count.

    Raises:
        InvalidRequest: It ends before it begins.
    """
    begin, last = since.replace(microsecond=0), until.replace(microsecond=0)
    if last < begin:
        raise InvalidRequest("the span of a report ends before it begins")
    found: list[tuple[datetime, datetime]] = []
    while begin <= last:
        end = min(begin + _WEEK - _SECOND, last)
        found.append((begin, end))
        begin = end + _SECOND
    return found


def subjects(query: MessageQuery) -> list[tuple[str, Sequence[str]]]:
    """Return what each call of a report is about: the name of its parameter, and up to five values.

    Raises:
        InvalidRequest: It is about nobody and nothing, or about both, of which dEngage would drop one.
    """
    if bool(query.tags) == bool(query.recipients):
        raise InvalidRequest("a report is about recipients or about tags, and never about both (D18)")
    if query.tags:
        name, values = "tag", list(dict.fromkeys(query.tags))
    elif query.channel is Channel.SMS:
        name, values = "gsm", [_digits(number) for number in dict.fromkeys(query.recipients)]
    else:
        name, values = "email", list(dict.fromkeys(query.recipients))
    return [(name, values[start : start + REPORT_SUBJECTS]) for start in range(0, len(values), REPORT_SUBJECTS)]


def place_of(cursor: str | None) -> tuple[int, int, int]:
    """Return which week, which subjects and which row a page begins with.

    Raises:
        InvalidRequest: This is no cursor of ours.
    """
    if cursor is None:
        return 0, 0, 0
    numbers = cursor.split(":")
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise InvalidRequest("this is no cursor of messages.reports")
    week, group, row = map(int, numbers)
    return week, group, row


def place_said(week: int, group: int, row: int) -> str:
    """Return a place as a cursor."""
    return f"{week}:{group}:{row}"


def _digits(number: str) -> str:
    try:
        return mobile(number).value.removeprefix("+")
    except ValueError:
        raise InvalidRequest("one of the recipients is no phone number") from None
