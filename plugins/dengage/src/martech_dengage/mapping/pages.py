"""Pages: rows are counted, and where the next page is told by a flag, by a total, or by a full page (C1, C2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from martech.provider import InvalidRequest

__all__ = ["after", "start_of"]


def after(start: int, count: int, data: object, *, size: int) -> int | None:
    """Return how many rows come before the next page, or None if this was the last.

    Args:
        start: How many came before this one.
        count: How many this one has.
        data: What the answer says about itself.
        size: How many were asked for.
    """
    said = cast("Mapping[str, Any]", data)
    if count == 0:
        return None
    more = said.get("queryForNextPage")
    if more is None:
        total = said.get("totalRowCount")
        more = start + count < total if isinstance(total, int) else count >= size
    return start + count if more else None


def start_of(cursor: str | None) -> int:
    """Return how many rows come before a page.

    Raises:
        InvalidRequest: This is no cursor of ours.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit():
        raise InvalidRequest("this is no cursor of this listing")
    return int(cursor)
