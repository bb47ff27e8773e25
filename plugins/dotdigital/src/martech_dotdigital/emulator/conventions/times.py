"""Time as the vendor writes and reads it: always UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

__all__ = ["parsed", "stamp"]


def stamp(when: datetime | date) -> str:
    """Return a moment as the vendor prints it, such as `2020-01-01T09:40:18.527Z`."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    return when.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parsed(text: str) -> datetime:
    """Read a date or a moment; one without zone means UTC (section 9). Raises ValueError for anything else."""
    when = datetime.fromisoformat(text.strip())
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
