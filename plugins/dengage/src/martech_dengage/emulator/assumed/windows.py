"""ASSUMPTION: that logs take the times of their window as reports do, and that both may be left out."""

from __future__ import annotations

from datetime import datetime

from martech.emulation import Incoming
from martech_dengage.emulator.dates import report_time
from martech_dengage.emulator.envelope import invalid

__all__ = ["window"]


def window(incoming: Incoming) -> tuple[datetime | None, datetime | None]:
    """Return `beginTime` and `endTime` of a request, each None if not given."""
    given = [incoming.arg(name) for name in ("beginTime", "endTime")]
    try:
        begin, end = (report_time(text) if text else None for text in given)
    except ValueError as wrong:
        raise invalid(str(wrong)) from wrong
    if begin is not None and end is not None and end < begin:
        raise invalid("endTime must not be before beginTime")
    return begin, end
