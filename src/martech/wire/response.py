"""Answers as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martech.errors import UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CutConnection", "Headers", "Response"]


class CutConnection(Exception):
    """Raised by whatever serves requests in process, in place of an answer: the connection is cut."""


class Headers:
    """The headers of one message: names in any case, order and repetition kept."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple([(name.lower(), value) for name, value in pairs])

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value under that name, or the default."""
        name = name.lower()
        return next((value for known, value in self._pairs if known == name), default)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and other._pairs == self._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"<Headers {', '.join(name for name, _ in self._pairs)}>"


@dataclass(frozen=True, slots=True)
class Response:
    """One whole answer. Its body is never in its repr: it may hold personal data."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)
    asked: str = ""
    """Method and route of the request it answers, for error messages."""
    seconds: float = 0.0
    """How long it took."""
    attempt: int = 1
    """Which attempt it answers: after a repetition, what looks as if it had been there may be our own work."""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx, which for some vendors is not the verdict."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body read as JSON.

        Raises:
            UnexpectedResponse: It is empty, cut short, or something else, such as a page for people.
        """
        from pydantic_core import from_json

        try:
            return from_json(self.body, cache_strings="keys")
        except ValueError as broken:
            raise self.unexpected("expected JSON") from broken

    def json_or_none(self) -> Any:
        """Return the body read as JSON, or None where it is not: for reading refusals, which come in any form."""
        try:
            return self.json()
        except UnexpectedResponse:
            return None

    def unexpected(self, problem: str) -> UnexpectedResponse:
        """Return the error for an answer that cannot be read, with a masked excerpt that holds no values."""
        kind = self.headers.get("content-type") or "no content type"
        return UnexpectedResponse(
            f"{problem}, got {len(self.body)} bytes of {kind}",
            status=self.status,
            excerpt=self._excerpt(),
            asked=self.asked or None,
        )

    def _excerpt(self) -> str | None:
        """Return what can be shown: of JSON its names, of a page its beginning; values may be somebody's."""
        if self.body.lstrip()[:1] not in (b"{", b"["):
            return self.text[:1000]
        from pydantic_core import from_json

        try:
            answer = from_json(self.body)
        except ValueError:
            return "JSON that is cut short or broken"
        if isinstance(answer, dict):
            return "an object with " + (", ".join(sorted(map(str, answer))[:12]) or "nothing in it")
        return f"a list of {len(answer)}"
