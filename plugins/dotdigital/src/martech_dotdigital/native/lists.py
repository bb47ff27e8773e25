"""Lists and segments beyond the neutral words."""

from __future__ import annotations

from datetime import datetime

from martech.models import Campaign, ContactList, Page, Suppression
from martech.provider import M, Resource, get, operation, paged
from martech_dotdigital.campaigns import campaigns_page
from martech_dotdigital.consent import suppressed_page
from martech_dotdigital.lists import lists_page
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import since_part
from martech_dotdigital.wire.contacts import JobState

__all__ = ["NativeLists"]


class NativeLists(Resource[M]):
    """Lists and segments."""

    row = "native.lists"

    @paged
    async def public(self, cursor: str | None) -> Page[ContactList]:
        """Iterate over the lists that contacts get to see. One request a page."""
        return await lists_page(cursor, lambda query: get("/v2/address-books/public", query=query, limit="medium"))

    @paged
    async def private(self, cursor: str | None) -> Page[ContactList]:
        """Iterate over the lists that contacts do not get to see. One request a page."""
        return await lists_page(
            cursor, lambda query: get("/v2/address-books/private", query=query, limit="medium")
        )

    @paged
    async def campaigns(self, cursor: str | None, list_id: str) -> Page[Campaign]:
        """Iterate over the campaigns that went to a list or segment. One request a page."""
        book = number(list_id, "list")
        return await campaigns_page(
            lambda query: get("/v2/address-books/{list}/campaigns", list=book, query=query, limit="medium"), cursor
        )

    @paged
    async def unsubscribed(self, cursor: str | None, list_id: str, *, since: datetime) -> Page[Suppression]:
        """Iterate over those who unsubscribed from one list since a time. One request a page."""
        book, date = number(list_id, "list"), since_part(since)
        return await suppressed_page(
            lambda query: get(
                "/v2/address-books/{list}/contacts/unsubscribed-since/{date}",
                list=book,
                date=date,
                query=query,
                limit="low",
            ),
            cursor,
        )

    @operation
    async def refresh_progress(self, segment_id: str) -> str:
        """Return the vendor's word for how far the last refresh of a segment is. One request."""
        segment = number(segment_id, "segment")
        return read_v2(JobState, await get("/v2/segments/refresh/{segment}", segment=segment))["status"]
