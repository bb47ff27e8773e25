"""Lists, which somebody put contacts into, and segments, which the vendor computes."""

from __future__ import annotations

from enum import StrEnum

from martech.models.base import Answer

__all__ = ["ContactList", "Segment", "Visibility"]


class Visibility(StrEnum):
    """Whether contacts get to see a list."""

    PRIVATE = "private"
    PUBLIC = "public"


class ContactList(Answer):
    """A set of contacts that somebody put together."""

    id: str
    name: str
    description: str | None = None
    visibility: Visibility | None = None
    size: int | None = None
    """How many contacts are on it, where the vendor says."""


class Segment(Answer):
    """A set of contacts that the vendor computes by a rule; we only read it."""

    id: str
    name: str
    size: int | None = None
