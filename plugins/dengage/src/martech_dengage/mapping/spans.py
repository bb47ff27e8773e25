"""Reports about more than one call takes: spans cut into weeks, subjects into fives, and a place in all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from martech.models import Channel, MessageQuery, mobile
from martech.provider import InvalidRequest
from martech_dengage.limits import REPORT_DAYS, REPORT_SUBJECTS

__all__ = ["place_of", "place_said", "subjects", "weeks"]

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(days=REPORT_DAYS)
_NOTHING = timedelta(0)


def weeks(since: datetime, until: datetime, *, zone: tzinfo = UTC) -> list[tuple[str, str]]:
    """Return a span as stretches of at most seven days that do not touch: both ends of a report count.

    The days are those of the clock on the wall, as dEngage is told them. An end within the hour that such a clock
    shows twice is moved by that hour, so that nothing of it is left out.

    Raises:
        InvalidRequest: It ends before it begins.
    """
    if until < since:
        raise InvalidRequest("the span of a report ends before it begins")
    first, last = since.astimezone(zone), until.astimezone(zone)
    begin = _shown(first) - (_shown_twice(first) if first.fold == 0 else _NOTHING)
    last = _shown(last) + (_shown_twice(last) if last.fold == 1 else _NOTHING)
    found: list[tuple[str, str]] = []
    while begin <= last:
        end = min(begin + _WEEK - _SECOND, last)
        found.append((begin.isoformat(" "), end.isoformat(" ")))
        begin = end + _SECOND
    return found


def subjects(query: MessageQuery) -> list[tuple[str, Sequence[str]]]:
    """Return what each call of a report is about: the name of its parameter, and up to five values.

    Raises:
        InvalidRequest: It is about nobody and nothing, or about both, of which dEngage would drop one; or about
            more tags than one call takes.
    """
    if bool(query.tags) == bool(query.recipients):
        raise InvalidRequest("a report is about recipients or about tags, and never about both (D18)")
    if query.tags:
        tags = list(dict.fromkeys(query.tags))
        if len(tags) > REPORT_SUBJECTS:
            raise InvalidRequest(
                f"a report is about up to {REPORT_SUBJECTS} tags: if it were cut, a message that bears two of "
                "them would be told twice",
                hint="ask for some of them, and tell messages apart by their id",
            )
        return [("tag", tags)]
    if query.channel is Channel.SMS:
        name, values = "gsm", list(dict.fromkeys(map(_digits, query.recipients)))
    else:
        name, values = "email", list({address.casefold(): address for address in query.recipients}.values())
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


def _shown(when: datetime) -> datetime:
    """Return what the clock on the wall shows."""
    return when.replace(microsecond=0, tzinfo=None, fold=0)


def _shown_twice(when: datetime) -> timedelta:
    """Return by how much the clock is put back around a time that it shows twice; nothing at any other."""
    return (when.replace(fold=0).utcoffset() or _NOTHING) - (when.replace(fold=1).utcoffset() or _NOTHING)


def _digits(number: str) -> str:
    try:
        return mobile(number).value.removeprefix("+")
    except ValueError:
        raise InvalidRequest("one of the recipients is no phone number") from None
