"""A request as a pretended vendor sees it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from martech.wire import Headers, HttpRequest

__all__ = ["Incoming"]


@dataclass(frozen=True)
class Incoming:
    """One request, taken apart as a server does. `parts` are the named parts of its route, decoded."""

    request: HttpRequest
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return self.request.method

    @property
    def headers(self) -> Headers:
        """The headers, names in any case."""
        return self.request.headers

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return self.request.body

    @cached_property
    def path(self) -> str:
        """The path as it came, still percent-encoded."""
        return urlsplit(self.request.url).path

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port that the client used to reach us."""
        url = urlsplit(self.request.url)
        return f"{url.scheme}://{url.netloc}"

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query, decoded, in order, empty values kept."""
        return tuple(parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True))

    def arg(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a query parameter."""
        return next((value for known, value in self.query if known == name), default)

    def json(self) -> Any:
        """Return the body read as JSON; raises ValueError if it is none."""
        from pydantic_core import from_json

        return from_json(self.body, allow_inf_nan=False)  # RFC 8259 section 6 has neither

    def form(self) -> dict[str, str]:
        """Return the body read as a form; raises ValueError if it is none."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body)))

    def basic(self) -> tuple[str, str] | None:
        """Return user and password of a Basic authorization header, or None."""
        scheme, _, value = (self.headers.get("authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
        return (user, password) if colon else None

    def bearer(self) -> str | None:
        """Return the token of a Bearer authorization header, or None."""
        scheme, _, value = (self.headers.get("authorization") or "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" and value.strip() else None
