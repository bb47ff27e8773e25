"""The contract for lists and segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Extra, Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import Contact, ContactList, Identifier, ItemResult, Job, Page, Segment, Visibility

__all__ = ["ListOperations"]


class ListOperations(Operations):
    """Lists, whose members somebody chose, and segments, whose members the vendor computes.

    Putting somebody on a list never makes a contact: unknown people are `NOT_FOUND`. Taking somebody off never
    deletes, unsubscribes or suppresses.
    """

    row = "lists"
    batch_size: ClassVar[int] = 100
    """How many people `add` and `remove` take at a time."""

    async def list(self, cursor: str | None) -> Page[ContactList]:
        """Return one page of the lists."""
        raise undeclared()

    async def get(self, list_id: str) -> ContactList:
        """Return one list; `NotFound` if there is none."""
        raise undeclared()

    async def create(
        self, name: str, *, description: str | None, visibility: Visibility | None, extra: Extra
    ) -> ContactList:
        """Make a list; `Conflict` if the name is taken."""
        raise undeclared()

    async def update(
        self, list_id: str, *, name: str | None, description: str | None, visibility: Visibility | None
    ) -> ContactList:
        """Change what is given of a list."""
        raise undeclared()

    async def delete(self, list_id: str) -> None:
        """Remove a list; its members stay contacts."""
        raise undeclared()

    async def add(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """Put up to `batch_size` people on a list; one result per person."""
        raise undeclared()

    async def submit_add(self, list_id: str, refs: Sequence[Identifier]) -> Job:
        """Put people on a list as a job."""
        raise undeclared()

    async def remove(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """Take up to `batch_size` people off a list; one result per person."""
        raise undeclared()

    async def submit_remove(self, list_id: str, refs: Sequence[Identifier]) -> Job:
        """Take people off a list as a job."""
        raise undeclared()

    async def clear(self, list_id: str) -> Job:
        """Take everybody off a list."""
        raise undeclared()

    async def members(self, list_id: str, cursor: str | None) -> Page[Contact]:
        """Return one page of the people on a list."""
        raise undeclared()

    async def unsubscribe(self, list_id: str, ref: Identifier) -> None:
        """Note that a person wants nothing more that is sent to this list."""
        raise undeclared()

    async def segments(self, cursor: str | None) -> Page[Segment]:
        """Return one page of the segments."""
        raise undeclared()

    async def segment_members(self, segment_id: str, cursor: str | None) -> Page[Contact]:
        """Return one page of the people in a segment."""
        raise undeclared()

    async def refresh_segment(self, segment_id: str) -> Job:
        """Have a segment computed again."""
        raise undeclared()
