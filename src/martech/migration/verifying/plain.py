"""Values in the one form in which two vendors' forms of them are equal."""

from __future__ import annotations

from datetime import UTC, date, datetime

__all__ = ["plain"]


def plain(value: object) -> object:
    """Return a value in the one form in which two vendors' forms of it are equal."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or str(value).casefold() in ("true", "false"):
        return str(value).casefold()
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
    text = str(value).strip().casefold()
    try:
        return f"{float(text):.10g}"
    except ValueError:
        pass
    try:
        return plain(datetime.fromisoformat(text)) if text[:4].isdigit() else text
    except ValueError:
        return text
