"""Two small collections that keep people in the order in which the vendor hands them out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar, overload

__all__ = ["Recency", "SortedIds"]

K = TypeVar("K", bound=Hashable)


class SortedIds(Sequence[int]):
    """Numbers in ascending order, each once; finding a place among them takes no walk through all of them."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = sorted(set(ids))

    def add(self, number: int) -> bool:
        """Put a number in; return whether it was new."""
        if not self._ids or number > self._ids[-1]:
            self._ids.append(number)
            return True
        if number in self:
            return False
        insort(self._ids, number)
        return True

    def discard(self, number: int) -> bool:
        """Take a number out; return whether it was there."""
        place = bisect_left(self._ids, number)
        if place == len(self._ids) or self._ids[place] != number:
            return False
        del self._ids[place]
        return True

    def after(self, number: int, count: int) -> list[int]:
        """Return at most `count` numbers that are greater."""
        start = bisect_right(self._ids, number)
        return self._ids[start : start + count]

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_left(self._ids, number)
        return place < len(self._ids) and self._ids[place] == number

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        return self._ids[index]


class Recency(Generic[K]):
    """Keys in the order in which they were last touched, so that what changed since a moment is found at once."""

    __slots__ = ("_at", "_latest")

    def __init__(self) -> None:
        self._at: dict[K, datetime] = {}
        self._latest: datetime | None = None

    def touch(self, key: K, at: datetime) -> None:
        """Remember that something happened to a key; time that ran backwards counts as standing still."""
        self._latest = at if self._latest is None else max(at, self._latest)
        self._at.pop(key, None)
        self._at[key] = self._latest

    def forget(self, key: K) -> None:
        """Forget a key."""
        self._at.pop(key, None)

    def at(self, key: K) -> datetime | None:
        """Return when a key was last touched."""
        return self._at.get(key)

    def since(self, when: datetime) -> list[K]:
        """Return the keys touched at or after a moment, oldest first."""
        found: list[K] = []
        for key, at in reversed(self._at.items()):
            if at < when:
                break
            found.append(key)
        found.reverse()
        return found
