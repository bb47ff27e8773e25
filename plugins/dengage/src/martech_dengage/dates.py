"""Times as dEngage writes and takes them.

It takes days, wall-clock times to the minute, second or up to three digits of one, and times in UTC marked with a
Z; no offsets, no finer fractions, no epoch numbers (D1, D2, D9, D10, D11). Reports take wall-clock times only
(D18, D19), whose zone nobody states: it is a setting.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from martech.provider import InvalidRequest

__all__ = ["read_time", "said", "said_on_the_wall", "zone_of"]


def said(when: datetime | date) -> str:
    """Return a time as `yyyy-MM-ddTHH:mm:ssZ`, in UTC, or a day as `yyyy-MM-dd`.

    Fractions of a second are cut off: every list of accepted forms has this one. A time without a zone is written
    as it stands, without a Z.
    """
    if not isinstance(when, datetime):
        return f"{when.year:04}-{when.month:02}-{when.day:02}"
    if when.tzinfo is None:
        return when.replace(microsecond=0).isoformat()
    return when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def said_on_the_wall(when: datetime, *, zone: tzinfo = UTC) -> str:
    """Return an aware time as `yyyy-MM-dd HH:mm:ss` in a zone, as reports take it.

    Raises:
        InvalidRequest: The time carries no zone, so that nobody knows when it is.
    """
    if when.tzinfo is None:
        raise InvalidRequest("times must be aware", hint="say datetime(…, tzinfo=UTC)")
    return when.astimezone(zone).replace(microsecond=0, tzinfo=None).isoformat(" ")


def read_time(text: object, *, zone: tzinfo = UTC) -> datetime | None:
    """Return a time of the vendor's, aware, or None where there is none that can be read.

    All forms it takes are read, and those with offsets too; what carries no zone is meant in `zone`.
    """
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        when = datetime.fromisoformat(text.strip())
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def zone_of(name: str) -> tzinfo:
    """Return the zone of that name."""
    return UTC if name == "UTC" else ZoneInfo(name)
