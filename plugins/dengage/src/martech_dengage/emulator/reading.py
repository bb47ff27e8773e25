"""How a request is read: the fields of its body and its query, each refused in words where it does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from martech.emulation import Incoming
from martech_dengage.emulator.envelope import invalid, malformed

__all__ = ["LONGEST_PAGE", "Fields", "Paging", "is_uuid", "paged", "paging", "several"]

LONGEST_PAGE = 1000
R = TypeVar("R")


def is_uuid(text: object) -> bool:
    """Return whether something is a UUID of 36 characters."""
    try:
        return isinstance(text, str) and len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False


class Fields:
    """A JSON object of a request. A field that is null counts as not given."""

    def __init__(self, given: Any, where: str = "the body") -> None:
        if not isinstance(given, dict):
            raise malformed(f"{where} is not a JSON object")
        self.given: Mapping[str, Any] = given
        self._within = "" if where == "the body" else f"{where}."

    @classmethod
    def of(cls, incoming: Incoming) -> Fields:
        """Return the body of a request; raises a refusal if it is no JSON object."""
        try:
            return cls(incoming.json())
        except ValueError as broken:
            raise malformed("the body is not JSON") from broken

    def has(self, name: str) -> bool:
        """Return whether a field is given."""
        return self.given.get(name) is not None

    def raw(self, name: str) -> Any:
        """Return a field as it came."""
        return self.given.get(name)

    def text(self, name: str, *, longest: int | None = None) -> str:
        """Return a text that must be there and not empty."""
        value = self.text_or_none(name, longest=longest)
        if not value:
            raise malformed(f"{self._within}{name} is required")
        return value

    def text_or_none(self, name: str, *, longest: int | None = None) -> str | None:
        """Return a text, or None."""
        value = self.given.get(name)
        if value is not None and not isinstance(value, str):
            raise malformed(f"{self._within}{name} must be a text")
        if value is not None and longest is not None and len(value) > longest:
            raise invalid(f"{self._within}{name} must have at most {longest} characters")
        return value

    def uuid_or_none(self, name: str) -> str | None:
        """Return a UUID, or None."""
        value = self.text_or_none(name)
        if value is not None and not is_uuid(value):
            raise malformed(f"{self._within}{name} must be a uuid")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean."""
        value = self.given.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise malformed(f"{self._within}{name} must be a boolean")
        return value

    def sequence(self, name: str, *, at_least: int = 0, at_most: int | None = None) -> Sequence[Any]:
        """Return an array; one that must not be empty is required."""
        value = self.given.get(name)
        if value is None and at_least == 0:
            return ()
        if not isinstance(value, list):
            raise malformed(f"{self._within}{name} must be an array")
        if len(value) < at_least or (at_most is not None and len(value) > at_most):
            most = "" if at_most is None else f" and at most {at_most}"
            raise malformed(f"{self._within}{name} must have at least {at_least}{most} items")
        return value

    def texts(self, name: str, *, at_least: int = 0, at_most: int | None = None) -> tuple[str, ...]:
        """Return an array of texts."""
        value = self.sequence(name, at_least=at_least, at_most=at_most)
        if not all(isinstance(item, str) for item in value):
            raise malformed(f"{self._within}{name} must be an array of texts")
        return tuple(value)

    def inner(self, name: str) -> Fields:
        """Return an object that must be there."""
        if not self.has(name):
            raise malformed(f"{self._within}{name} is required")
        return Fields(self.given[name], f"{self._within}{name}")

    def inners(self, name: str, *, at_least: int = 0, at_most: int | None = None) -> list[Fields]:
        """Return an array of objects."""
        items = self.sequence(name, at_least=at_least, at_most=at_most)
        return [Fields(item, f"{self._within}{name}[{position}]") for position, item in enumerate(items)]

    def languages(self, name: str) -> list[Fields]:
        """Return an array with one object for each language: bare, or under `contents` (D14, D15)."""
        if isinstance(self.given.get(name), list):
            return self.inners(name, at_least=1)
        return self.inner(name).inners("contents", at_least=1)

    def one_of(self, *names: str) -> str:
        """Return which of several fields is given; exactly one must be."""
        present = [name for name in names if self.has(name)]
        if len(present) != 1:
            raise invalid(f"exactly one of {', '.join(self._within + name for name in names)} must be given")
        return present[0]


class Paging(NamedTuple):
    """Which rows of a listing are wanted: `limit` of them after `offset`. There are no cursors."""

    limit: int
    offset: int

    def page(self, rows: Sequence[R]) -> Sequence[R]:
        """Return that part of the rows."""
        return rows[self.offset : self.offset + self.limit]

    def more(self, total: int) -> bool:
        """Return whether there are rows after this page, which answers call `queryForNextPage`."""
        return self.offset + self.limit < total


def paging(incoming: Incoming, *, least: int = 1, most: int = LONGEST_PAGE, default: int = 100) -> Paging:
    """Return which page a request asks for; raises a refusal outside of the operation's limits."""
    limit = _number(incoming, "limit", default)
    offset = _number(incoming, "offset", 0)
    if not least <= limit <= most:
        raise invalid(f"limit must be between {least} and {most}")
    if offset < 0:
        raise invalid("offset must not be negative")
    return Paging(limit, offset)


def paged(incoming: Incoming, rows: Sequence[R], shown: Callable[[R], Any]) -> dict[str, Any]:
    """Return the page of a listing that a request asks for, each row as it is shown."""
    page = paging(incoming)
    return {
        "result": [shown(row) for row in page.page(rows)],
        "totalRowCount": len(rows),
        "queryForNextPage": page.more(len(rows)),
    }


def several(incoming: Incoming, name: str) -> list[str]:
    """Return the values of a query parameter that may be repeated or separated by commas."""
    values = [value for known, value in incoming.query if known == name]
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _number(incoming: Incoming, name: str, default: int) -> int:
    text = incoming.arg(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as wrong:
        raise malformed(f"{name} must be a whole number") from wrong
