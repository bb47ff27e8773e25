"""Custom events, which we tell the provider, and the stream of what it tells us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, Field

from martech.models.base import PERSONAL, Answer, Model
from martech.models.identifiers import Identifier

__all__ = ["CustomEvent", "EventBatch", "EventStream", "VendorEvent"]


class CustomEvent(Model):
    """Something a contact did, told to the provider."""

    type: str = Field(min_length=1)
    contact: Identifier
    at: AwareDatetime | None = None
    """None lets the vendor use the time at which it processes the event."""
    id: str | None = None
    """Unique; the vendor's only means to recognise a repetition."""
    summary: str | None = None
    data: Mapping[str, Any] = Field(default_factory=dict, json_schema_extra=PERSONAL)


class EventStream(Answer):
    """A subscription to what the provider tells."""

    id: str
    name: str | None = None
    types: tuple[str, ...] = ()


class VendorEvent(Answer):
    """One thing the provider tells, in its own words."""

    type: str
    at: AwareDatetime | None = None
    id: str | None = None
    contact: Identifier | None = None
    data: Mapping[str, Any] = Field(default_factory=dict, json_schema_extra=PERSONAL)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Some events and the cursor after them. Passing that cursor on says that these have been dealt with."""

    items: Sequence[VendorEvent]
    cursor: str | None
    drained: bool
    """Whether nothing more was waiting; what was seen may then come again."""
