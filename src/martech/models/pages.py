"""Pages: one stretch of a listing, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Page"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some items and the cursor after them.

    `next_cursor` is text that may be stored and given to another process; None ends the listing.
    """

    items: Sequence[T_co]
    next_cursor: str | None = None
