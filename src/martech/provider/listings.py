"""Listings: iterators over pages, resumable from any cursor, the same for both faces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from martech.errors import UnexpectedResponse
from martech.models import Page

if TYPE_CHECKING:
    from martech.provider.runner import Runner

__all__ = ["AsyncListing", "Listing"]

T = TypeVar("T")

PageOf = Callable[[str | None], Coroutine[Any, Any, Page[T]]]


class _Cursors:
    """Notices a listing that goes round in circles, in constant memory (Brent's algorithm)."""

    __slots__ = ("_far", "_landmark", "_seen")

    def __init__(self) -> None:
        self._landmark: str | None = None
        self._seen, self._far = 0, 1

    def check(self, cursor: str | None, name: str) -> None:
        if cursor is None:
            return
        if cursor == self._landmark:
            raise UnexpectedResponse(
                "the listing gave a cursor that it had given before; it would never end", operation=name
            )
        self._seen += 1
        if self._seen == self._far:
            self._landmark, self._seen, self._far = cursor, 0, self._far * 2


class Listing(Generic[T]):
    """An iterator over everything a listing has, fetched page by page as it is needed.

    `pages()` gives the pages instead, each with the cursor after it, which may be stored: `pages(after=cursor)`
    goes on from there. Costs one request a page unless the method says otherwise; waits where a limit asks for it.
    """

    def __init__(self, runner: Runner, name: str, page: PageOf[T]) -> None:
        self._runner, self._name, self._page = runner, name, page
        self._pages: Iterator[Page[T]] | None = None
        self._items: Iterator[T] = iter(())

    def pages(self, *, after: str | None = None) -> Iterator[Page[T]]:
        """Iterate over the pages, from the beginning or after a cursor."""
        return _Pages(self._runner, self._name, self._page, after)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._pages is None:
            self._pages = self.pages()
        for item in self._items:
            return item
        while True:
            self._items = iter(next(self._pages).items)
            for item in self._items:
                return item

    def __repr__(self) -> str:
        return f"<Listing of {self._name}>"


class _Pages(Generic[T]):
    def __init__(self, runner: Runner, name: str, page: PageOf[T], after: str | None) -> None:
        self._runner, self._name, self._page = runner, name, page
        self._cursor, self._ended, self._cursors = after, False, _Cursors()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page[T]:
        if self._ended:
            raise StopIteration
        page = self._runner.run(self._page(self._cursor), self._name, patient=True)
        self._cursors.check(page.next_cursor, self._name)
        self._cursor, self._ended = page.next_cursor, page.next_cursor is None
        return page


class AsyncListing(Generic[T]):
    """The same for asyncio: `async for item in listing`, `async for page in listing.pages()`."""

    def __init__(self, runner: Runner, name: str, page: PageOf[T]) -> None:
        self._runner, self._name, self._page = runner, name, page
        self._pages: AsyncIterator[Page[T]] | None = None
        self._items: Iterator[T] = iter(())

    def pages(self, *, after: str | None = None) -> AsyncIterator[Page[T]]:
        """Iterate over the pages, from the beginning or after a cursor."""
        return _AsyncPages(self._runner, self._name, self._page, after)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._pages is None:
            self._pages = self.pages()
        for item in self._items:
            return item
        while True:
            self._items = iter((await self._pages.__anext__()).items)
            for item in self._items:
                return item

    def __repr__(self) -> str:
        return f"<AsyncListing of {self._name}>"


class _AsyncPages(Generic[T]):
    def __init__(self, runner: Runner, name: str, page: PageOf[T], after: str | None) -> None:
        self._runner, self._name, self._page = runner, name, page
        self._cursor, self._ended, self._cursors = after, False, _Cursors()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        if self._ended:
            raise StopAsyncIteration
        page = await self._runner.arun(self._page(self._cursor), self._name, patient=True)
        self._cursors.check(page.next_cursor, self._name)
        self._cursor, self._ended = page.next_cursor, page.next_cursor is None
        return page
