"""What must never be recorded of a conversation, as a provider declares it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SCRUBBED", "Scrub"]

SCRUBBED = "SCRUBBED"
"""What stands in a recording in place of a secret."""

_ALWAYS_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "content-length", "proxy-authorization"})
"""Credentials; and the length of a body, which tells the length of a secret in it."""


@dataclass(frozen=True, slots=True)
class Scrub:
    """Names of headers, of fields in JSON and forms, and of query parameters whose values are secret.

    Names are compared without case. What is secret in every conversation is scrubbed without being named.
    """

    headers: frozenset[str] = field(default_factory=frozenset)
    fields: frozenset[str] = field(default_factory=frozenset)
    query: frozenset[str] = field(default_factory=frozenset)
    path_after: frozenset[str] = field(default_factory=frozenset)
    """Path segments after which a secret follows, such as `tokens` in `/tokens/abc`."""

    @classmethod
    def of(
        cls,
        *,
        headers: Iterable[str] = (),
        fields: Iterable[str] = (),
        query: Iterable[str] = (),
        path_after: Iterable[str] = (),
    ) -> Scrub:
        """Return a scrub for these names."""
        low = [frozenset(name.lower() for name in names) for names in (headers, fields, query, path_after)]
        return cls(*low)

    def is_secret_header(self, name: str) -> bool:
        """Return whether a header's value is secret."""
        return name.lower() in _ALWAYS_HEADERS | self.headers

    def body(self, body: bytes) -> bytes:
        """Return a body with its secrets replaced: JSON by its fields, forms by theirs, anything else as it is."""
        from pydantic_core import from_json, to_json

        try:
            return to_json(self._clean(from_json(body)))
        except ValueError:
            pass
        try:
            text = body.decode("ascii")
        except UnicodeDecodeError:
            return body
        if re.fullmatch(r"[^=&\s]+=[^&\s]*(?:&[^=&\s]+=[^&\s]*)*", text):
            return self._pairs(text, self.fields).encode()
        return body

    def url(self, url: str) -> str:
        """Return an address with its secrets replaced."""
        path, mark, query = url.partition("?")
        segments = path.split("/")
        for index, segment in enumerate(segments[:-1]):
            if segment.lower() in self.path_after:
                segments[index + 1] = SCRUBBED
        return "/".join(segments) + mark + (self._pairs(query, self.query | self.fields) if query else "")

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: SCRUBBED if name.lower() in self.fields and inner is not None else self._clean(inner)
                for name, inner in value.items()
            }
        return [self._clean(inner) for inner in value] if isinstance(value, list) else value

    @staticmethod
    def _pairs(text: str, secret: frozenset[str]) -> str:
        pairs = (pair.partition("=") for pair in text.split("&"))
        return "&".join(f"{name}={SCRUBBED if name.lower() in secret else value}" for name, _, value in pairs)
