"""Preferences and their categories beyond the neutral words: changing them, and who chose what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from martech.models import Page
from martech.provider import InvalidRequest, M, Request, Resource, delete, get, operation, paged, post, put
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.shapes.people import Choices, Person, PreferenceNode
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import since_part

__all__ = ["NativePreferences"]

Query = dict[str, "str | int | None"]
T = TypeVar("T")


class NativePreferences(Resource[M]):
    """Preferences, which the neutral words call topics, and the categories that hold them."""

    row = "native.preferences"

    @operation
    async def tree(self, *, since: datetime | None = None) -> Sequence[PreferenceNode]:
        """Return categories and preferences as they hang together, or those changed since a time. One request."""
        if since is None:
            return read_v2(list[PreferenceNode], await get("/v2/preferences", limit="medium"))
        reply = await get("/v2/preferences/modified-since/{date}", date=since_part(since), limit="medium")
        return read_v2(list[PreferenceNode], reply)

    @operation
    async def create_category(
        self, name: str, *, private_name: str | None = None, is_public: bool = True
    ) -> PreferenceNode:
        """Make a category. One request."""
        body = {
            "publicName": name,
            "privateName": private_name or name,
            "isPreference": False,
            "isPublic": is_public,
        }
        return read_v2(PreferenceNode, await post("/v2/preferences", json=body, limit="medium"))

    @operation
    async def update(
        self,
        preference_id: str,
        *,
        name: str,
        private_name: str,
        is_preference: bool = True,
        is_public: bool | None = None,
        category_id: int | None = None,
        order: int | str | None = None,
    ) -> None:
        """Change a preference or category. `order` is a place, `top` or `bottom`. One request."""
        preference = number(preference_id, "preference")
        body: dict[str, Any] = {
            "id": preference,
            "publicName": name,
            "privateName": private_name,
            "isPreference": is_preference,
        }
        more = {"isPublic": is_public, "categoryId": category_id, "order": order}
        body |= {field: value for field, value in more.items() if value is not None}
        await put("/v2/preferences/{preference}", preference=preference, json=body, limit="medium")

    @operation
    async def delete(self, preference_id: str) -> None:
        """Remove a preference, or a category with all that are in it. One request."""
        preference = number(preference_id, "preference")
        await delete("/v2/preferences/{preference}", preference=preference, limit="medium")

    @paged
    async def members(self, cursor: str | None, preference_id: str, *, list_id: str | None = None) -> Page[Person]:
        """Iterate over those who are opted in, of all or of a list. One request a page of up to 1,000."""
        preference = number(preference_id, "preference")
        last = _last(cursor)
        found = read_v2(list[Person], await _members(preference, list_id, cursor))
        return _page(found, last, lambda person: person.id)

    @paged
    async def changes(
        self, cursor: str | None, preference_id: str, *, since: datetime, list_id: str | None = None
    ) -> Page[Choices]:
        """Iterate over those who opted in or out since a time, of all or of a list. One request a page."""
        preference = number(preference_id, "preference")
        last = _last(cursor)
        found = read_v2(list[Choices], await _changes(preference, since_part(since), list_id, cursor))
        return _page(found, last, lambda one: None if one.contact is None else one.contact.id)


def _last(cursor: str | None) -> int:
    """Return whom the page before ended with.

    Raises:
        InvalidRequest: The cursor is of another listing.
    """
    if cursor is None:
        return -1
    if not cursor.isdecimal():
        raise InvalidRequest("this cursor is not one of a listing of people by preference")
    return int(cursor)


def _page(found: Sequence[T], last: int, id_of: Callable[[T], int | None]) -> Page[T]:
    """Return who is new on a page.

    Nothing says whether `minContactId` brings the one it names once more (S3); so it is the last one's id, and
    whoever was told already is left out.
    """
    new = [one for one in found if (known := id_of(one)) is None or known > last]
    ids = [known for one in new if (known := id_of(one)) is not None]
    return Page(new, str(max(ids)) if ids else None)


def _from(cursor: str | None) -> Query:
    return {"minContactId": cursor}


def _members(preference: int, list_id: str | None, cursor: str | None) -> Request:
    if list_id is None:
        return get(
            "/v2/contacts/with-preference/{preference}", preference=preference, query=_from(cursor), limit="low"
        )
    return get(
        "/v2/address-books/{list}/contacts/with-preference/{preference}",
        list=number(list_id, "list"),
        preference=preference,
        query=_from(cursor),
        limit="low",
    )


def _changes(preference: int, date: str, list_id: str | None, cursor: str | None) -> Request:
    if list_id is None:
        return get(
            "/v2/contacts/with-preference/{preference}/opt-ins-since/{date}",
            preference=preference,
            date=date,
            query=_from(cursor),
            limit="low",
        )
    return get(
        "/v2/address-books/{list}/contacts/with-preference/{preference}/opt-ins-since/{date}",
        list=number(list_id, "list"),
        preference=preference,
        date=date,
        query=_from(cursor),
        limit="low",
    )
