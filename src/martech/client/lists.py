"""Lists, which somebody put contacts into, and segments, which the vendor computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martech.flows import membership
from martech.flows.people import Ref, Refs, named, narrowed, several
from martech.provider.resources import M, Resource, flow, operation, paged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martech.models import BulkResult, Contact, ContactList, Job, Page, Segment, Visibility

__all__ = ["ListResource"]


class ListResource(Resource[M]):
    """Lists and segments.

    Putting people on a list never makes contacts; taking them off never deletes, unsubscribes or suppresses.
    """

    row = "lists"

    @paged
    async def list(self, cursor: str | None) -> Page[ContactList]:
        """Iterate over the lists."""
        return await self._provider.lists.list(cursor)

    @operation
    async def get(self, list_id: str) -> ContactList:
        """Return one list. One request.

        Raises:
            NotFound: There is none.
        """
        return await self._provider.lists.get(list_id)

    @operation
    async def create(
        self,
        name: str,
        *,
        description: str | None = None,
        visibility: Visibility | None = None,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> ContactList:
        """Make a list. One request.

        Raises:
            Conflict: The name is taken.
        """
        more = narrowed(self._provider, extra)
        return await self._provider.lists.create(name, description=description, visibility=visibility, extra=more)

    @operation
    async def update(
        self,
        list_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        visibility: Visibility | None = None,
    ) -> ContactList:
        """Change what is given of a list."""
        return await self._provider.lists.update(
            list_id, name=name, description=description, visibility=visibility
        )

    @operation
    async def delete(self, list_id: str) -> None:
        """Remove a list; its members stay contacts."""
        await self._provider.lists.delete(list_id)

    @flow
    async def add(self, list_id: str, people: Refs, *, wait_seconds: float = 0.0) -> BulkResult:
        """Put people on a list; one result per person, `NOT_FOUND` for those who are no contacts.

        A provider may show somebody only some time after they were written: whoever is not found is tried again
        for as long as `wait_seconds`, which is none by default.
        """
        return await membership.add(self._provider, list_id, several(people), wait_seconds=wait_seconds)

    @flow
    async def remove(self, list_id: str, people: Refs) -> BulkResult:
        """Take people off a list; one result per person, `NOT_FOUND` for those who were not on it."""
        return await membership.remove(self._provider, list_id, several(people))

    @operation
    async def clear(self, list_id: str) -> Job:
        """Take everybody off a list; the contacts stay. Returns at once."""
        return await self._provider.lists.clear(list_id)

    @paged
    async def members(self, cursor: str | None, list_id: str) -> Page[Contact]:
        """Iterate over the people on a list. One request a page."""
        return await self._provider.lists.members(list_id, cursor)

    @operation
    async def unsubscribe(self, list_id: str, ref: Ref) -> None:
        """Note that a person wants nothing more that is sent to this list. One request."""
        await self._provider.lists.unsubscribe(list_id, named(ref))

    @paged
    async def segments(self, cursor: str | None) -> Page[Segment]:
        """Iterate over the segments."""
        return await self._provider.lists.segments(cursor)

    @paged
    async def segment_members(self, cursor: str | None, segment_id: str) -> Page[Contact]:
        """Iterate over the people in a segment. One request a page."""
        return await self._provider.lists.segment_members(segment_id, cursor)

    @operation
    async def refresh_segment(self, segment_id: str) -> Job:
        """Have a segment computed again. Returns at once."""
        return await self._provider.lists.refresh_segment(segment_id)
