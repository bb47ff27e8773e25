"""Pages: offsets that overlap for v2, markers for v3, and listings of listings.

v2 counts rows (`select`, `skip`), and rows that come or go while one reads move all that follow (S3). So each page
reaches back over the last rows of the one before. Where those are found again, however they moved, nobody is lost
and nobody comes twice; where none of them is, rows may have been lost, and that is said instead of hidden.

Cursors are short texts that may be stored: positions, and digests of the last rows, in which nobody is to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from hashlib import blake2s
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic_core import from_json, to_json

from martech.models import Page
from martech.provider import InvalidRequest, ListingChanged, Request
from martech_dotdigital.limits import PAGE_SIZE
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire.contacts import Links

__all__ = ["OVERLAP", "Ask", "PageOf", "chained", "listed", "marker_after", "offset_page", "rows", "walked"]

T = TypeVar("T")
R = TypeVar("R")

OVERLAP = 25
"""How many rows a page reaches back."""
_NAMELESS = "#"
"""Marks a row that has no id."""
MEMORY = 3 * OVERLAP
"""By how many of the last rows a page is fitted to the one before."""

Ask = Callable[[dict[str, "str | int | None"]], Request]
"""Makes the request for one page from the query that says which."""
Fetch = Callable[[int, int], Coroutine[Any, Any, Sequence[R]]]
"""Gives the rows from `skip` on, at most `select` of them."""
PageOf = Callable[[str | None], Coroutine[Any, Any, Page[T]]]


async def listed(
    shape: type[list[R]], ask: Ask, convert: Callable[[R], T], cursor: str | None, *, size: int = PAGE_SIZE
) -> Page[T]:
    """Return one page of what a v2 route lists. One request; the page that brings nothing new ends it.

    Raises:
        ListingChanged: Rows moved further than the overlap reaches.
    """

    async def fetch(skip: int, select: int) -> Sequence[R]:
        return read_v2(shape, await ask({"select": select, "skip": skip}))

    return await offset_page(fetch, cursor, convert, size=size)


async def rows(shape: type[list[R]], ask: Ask, cursor: str | None, *, size: int = PAGE_SIZE) -> Page[R]:
    """Return one page of what a v2 route lists, in the vendor's own shape. One request."""

    def itself(row: R) -> R:
        return row

    return await listed(shape, ask, itself, cursor, size=size)


async def offset_page(
    fetch: Fetch[R], cursor: str | None, convert: Callable[[R], T], *, size: int = PAGE_SIZE
) -> Page[T]:
    """Return one page of a v2 listing. One request; the page that brings nothing new ends it.

    Raises:
        ListingChanged: Rows moved further than the overlap reaches.
    """
    state = state_of(cursor, {"skip": 0, "seen": []})
    skip, seen = int(state["skip"]), [str(one) for one in state["seen"]]
    page = await fetch(skip, size)
    marks = [_mark(row) for row in page]
    start, exact = _first_new(marks, seen)
    known = frozenset(seen)
    # Rows without an id may be equal and still be two, such as two clicks in one second: where the pages fit
    # together exactly, every one of them counts.
    new = [
        place
        for place in range(start, len(page))
        if marks[place] not in known or (exact and marks[place].startswith(_NAMELESS))
    ]
    if not new and len(page) < size:
        return Page([])
    back = min(OVERLAP, len(page), max(1, size // 2))
    after = {"skip": skip + len(page) - back, "seen": [*seen, *(marks[place] for place in new)][-MEMORY:]}
    return Page([convert(page[place]) for place in new], state_text(after))


def _first_new(marks: Sequence[str], seen: Sequence[str]) -> tuple[int, bool]:
    """Return where a page begins to be new, and whether the page before is found there just as it was.

    Raises:
        ListingChanged: Nothing of the page before is found again.
    """
    if not seen:
        return 0, True
    # The page begins with the last of them, as they stood.
    for gone in range(len(seen)):
        rest = list(seen[gone:])
        if list(marks[: len(rest)]) == rest:
            return len(rest), True
    # Rows came in before them: they stand further on, and what is before them was seen earlier.
    for place in range(1, len(marks) - len(seen) + 1):
        if list(marks[place : place + len(seen)]) == list(seen):
            return place + len(seen), True
    known = frozenset(seen)
    found = next((place for place, mark in enumerate(marks) if mark in known), None)
    if found is None:
        raise ListingChanged(
            "so many rows came or went while this was read that some may have been passed over",
            hint="read it again from the beginning",
        )
    return found, False


def _mark(row: Any) -> str:
    """Return by what a row is recognised: its id where it has one, else a digest of all it says."""
    row = getattr(row, "raw", row)
    if isinstance(row, dict) and isinstance(row.get("id"), (int, str)):
        return str(row["id"])
    return _NAMELESS + blake2s(to_json(row), digest_size=8).hexdigest()


def marker_after(links: Links) -> str | None:
    """Return the marker of the page after a v3 page, or None at the end: no `next`, no more (S4)."""
    following = links.get("next")
    if not following:
        return None
    if marker := following.get("marker"):
        return marker
    query = parse_qs(urlsplit(following.get("link") or "").query)
    return next(iter(query.get("marker", ())), None)


async def chained(cursor: str | None, listings: Sequence[PageOf[T]]) -> Page[T]:
    """Return one page of several listings, one after the other."""
    state = state_of(cursor, {"listing": 0, "at": None})
    place = int(state["listing"])
    page = await listings[place](state["at"])
    if page.next_cursor is not None:
        return Page(page.items, state_text({"listing": place, "at": page.next_cursor}))
    if place + 1 < len(listings):
        return Page(page.items, state_text({"listing": place + 1, "at": None}))
    return Page(page.items)


async def walked(
    cursor: str | None, outer: PageOf[str], inner: Callable[[str, str | None], Coroutine[Any, Any, Page[T]]]
) -> Page[T]:
    """Return one page of a listing under each of the things another listing names. One request a page.

    The cursor holds the names still to come, so that the outer listing is read once and a restart goes on where it
    stopped.
    """
    state = state_of(cursor, {"names": [], "outer": None, "more": True, "at": None})
    names: list[str] = list(state["names"])
    if not names:
        if not state["more"]:
            return Page([])
        found = await outer(state["outer"])
        more = found.next_cursor is not None
        if not found.items and not more:
            return Page([])
        after = {"names": list(found.items), "outer": found.next_cursor, "more": more, "at": None}
        return Page([], state_text(after))
    page = await inner(names[0], state["at"])
    if page.next_cursor is None:
        names = names[1:]
    if not names and not state["more"]:
        return Page(page.items)
    return Page(page.items, state_text(state | {"names": names, "at": page.next_cursor}))


def state_text(state: dict[str, Any]) -> str:
    """Return a state as a cursor."""
    return to_json(state).decode()


def state_of(cursor: str | None, beginning: dict[str, Any]) -> dict[str, Any]:
    """Return the state a cursor holds.

    Raises:
        InvalidRequest: It is none of ours, or of another listing.
    """
    if cursor is None:
        return beginning
    try:
        state = from_json(cursor)
    except ValueError:
        state = None
    if not isinstance(state, dict) or set(state) != set(beginning):
        raise InvalidRequest("this cursor does not belong to this listing", hint="begin without one")
    return state
