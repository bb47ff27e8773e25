"""Requests as values: what an operation wants said to the vendor, and what then goes on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, LiteralString, Protocol
from urllib.parse import quote, urlsplit

from martech.errors import ConfigurationError, InvalidRequest
from martech.wire.effects import Effect
from martech.wire.response import Headers, Response

__all__ = [
    "Asking",
    "HttpRequest",
    "Kind",
    "Request",
    "SendKey",
    "base_url",
    "delete",
    "get",
    "is_loopback",
    "key_part",
    "patch",
    "post",
    "put",
    "send",
]

Query = Mapping[str, "str | int | Sequence[str | int] | None"]


class Kind(StrEnum):
    """What a request may do. Limits, retries and the send guard go by it."""

    READ = "read"
    """Changes nothing; may always be repeated."""
    WRITE = "write"
    """Changes data; repeated only where that is harmless."""
    SEND = "send"
    """May reach a person; never repeated unless the vendor provably did not process it."""


class SendKey(str):
    """A key of a send that also says for how long the same content under another key counts as the same send."""

    __slots__ = ("dedupe_within_seconds",)
    dedupe_within_seconds: float

    def __new__(cls, key: str, *, dedupe_within_seconds: float) -> SendKey:
        """Return the key with its window."""
        made = super().__new__(cls, key)
        made.dedupe_within_seconds = dedupe_within_seconds
        return made

    def part(self, name: str | int) -> SendKey:
        """Return the key of one of several sends that belong together."""
        return SendKey(f"{self}/{name}", dedupe_within_seconds=self.dedupe_within_seconds)


def key_part(key: str, name: str | int) -> str:
    """Return the key of one of several sends that belong together: the same when the whole is tried again."""
    return key.part(name) if isinstance(key, SendKey) else f"{key}/{name}"


@dataclass(frozen=True, slots=True)
class Request(Effect[Response]):
    """One request to the vendor, as an effect: awaiting it gives the answer, or raises its refusal.

    `route` is a path with named parts (`/contacts/{email}`); `parts` fills them, each percent-encoded. Bodies
    and values are left out of the repr, since they may hold personal data.
    """

    method: str
    route: str
    kind: Kind
    parts: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    query: Query = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    host: str = "api"
    limit: str = ""
    repeatable: bool = False
    timeout_seconds: float | None = None
    send_key: str | None = None
    may_stop_midway: bool = False
    """Whether a refusal may come after a part of the work was done, as with a batch of sends."""
    known_again_seconds: float = 0.0
    """For how long the vendor recognises this send by its key and gives its first answer again; 0: it does not."""
    recipients: int | None = None
    """How many people a send may reach; ours to set, from what the caller said, None where nobody knows."""
    bounded: bool = False
    """Whether the client's sandbox has looked at whom a send reaches; ours to set."""

    @property
    def asked(self) -> str:
        """Method and route, without any value."""
        return f"{self.method} {self.route}"

    def body(self) -> tuple[bytes, str | None]:
        """Return the body and its content type.

        Raises:
            InvalidRequest: It holds what JSON or UTF-8 cannot carry.
        """
        if self.json is not None:
            from pydantic_core import to_json

            try:
                return to_json(self.json), self.content_type or "application/json"
            except ValueError as error:
                problem = f"the body holds what JSON cannot carry ({type(error).__name__})"
                raise InvalidRequest(problem, asked=self.asked) from None
        if self.form is not None:
            text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.form.items())
            return text.encode(), self.content_type or "application/x-www-form-urlencoded"
        return self.content or b"", self.content_type

    def url(self, base: str) -> str:
        """Return the whole address under `base`.

        Raises:
            InvalidRequest: A part is empty, `.` or `..`, which would name another resource, or is no text.
        """
        try:
            return base.rstrip("/") + self._path() + self._query_string()
        except UnicodeEncodeError:
            raise InvalidRequest("an address cannot hold half a character", asked=self.asked) from None

    def _path(self) -> str:
        path = self.route
        for name, value in self.parts.items():
            text = str(value)
            if text in ("", ".", ".."):
                raise InvalidRequest(f"“{name}” of a path cannot be {text!r}", asked=self.asked)
            path = path.replace(f"{{{name}}}", quote(text, safe=""))
        return path

    def _query_string(self) -> str:
        if not self.query:
            return ""
        pairs: list[str] = []
        for name, value in self.query.items():
            if value is None:
                continue
            several = (value,) if isinstance(value, (str, int)) else value
            pairs += [f"{quote(name, safe='~')}={quote(str(one), safe='')}" for one in several]
        return f"?{'&'.join(pairs)}" if pairs else ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes on the wire: absolute, signed, complete. Nothing of it but the method and host is in its repr."""

    method: str
    url: str = field(repr=False)
    headers: Headers = field(default_factory=Headers, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout_seconds: float | None = None
    asked: str = ""

    def with_header(self, name: str, value: str) -> HttpRequest:
        """Return the same request with one more header."""
        headers = Headers((*self.headers, (name, value)))
        return HttpRequest(self.method, self.url, headers, self.body, self.timeout_seconds, self.asked)


def is_loopback(url: str) -> bool:
    """Return whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def base_url(url: str) -> str:
    """Return an address as a base for routes.

    Raises:
        ConfigurationError: It is no address, carries credentials or a query, or is plain HTTP off this machine.
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable or parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("a base address must look like https://host[:port][/path], with nothing more")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError("plain http:// is allowed only to this machine; use https://")
    return url.rstrip("/")


# ── how operations ask ───────────────────────────────────────────────────────────────────────────────────────


class Asking(Protocol):
    """Makes a `Request` of one method.

    The route is a LiteralString, so that a type checker refuses an f-string: values belong into the named parts,
    where they are percent-encoded.
    """

    def __call__(  # noqa: D102 - the class says it; each argument is one thing a request may say
        self,
        route: LiteralString,
        /,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        host: str = "api",
        limit: str = "",
        kind: Kind | None = None,
        repeatable: bool | None = None,
        timeout_seconds: float | None = None,
        send_key: str | None = None,
        may_stop_midway: bool = False,
        known_again_seconds: float = 0.0,
        **parts: str | int,
    ) -> Request: ...


def _asking(method: str, usual_kind: Kind, *, harmless_to_repeat: bool) -> Asking:
    def ask(
        route: LiteralString,
        /,
        *,
        kind: Kind | None = None,
        repeatable: bool | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        host: str = "api",
        limit: str = "",
        timeout_seconds: float | None = None,
        send_key: str | None = None,
        may_stop_midway: bool = False,
        known_again_seconds: float = 0.0,
        **parts: str | int,
    ) -> Request:
        kind = usual_kind if kind is None else kind
        if repeatable is None:
            repeatable = kind is Kind.READ or (harmless_to_repeat and kind is not Kind.SEND)
        return Request(
            method,
            route,
            kind,
            parts=parts,
            query=query or {},
            headers=headers or {},
            json=json,
            form=form,
            content=content,
            content_type=content_type,
            host=host,
            limit=limit,
            repeatable=repeatable,
            timeout_seconds=timeout_seconds,
            send_key=send_key,
            may_stop_midway=may_stop_midway,
            known_again_seconds=known_again_seconds,
        )

    ask.__name__ = method.lower()
    return ask


get: Asking = _asking("GET", Kind.READ, harmless_to_repeat=True)
"""A request that reads. It may be repeated."""
put: Asking = _asking("PUT", Kind.WRITE, harmless_to_repeat=True)
"""A request that puts something in place. It may be repeated."""
patch: Asking = _asking("PATCH", Kind.WRITE, harmless_to_repeat=True)
"""A request that sets some fields. It may be repeated, unless `repeatable=False` says otherwise."""
delete: Asking = _asking("DELETE", Kind.WRITE, harmless_to_repeat=True)
"""A request that removes something. It may be repeated."""
post: Asking = _asking("POST", Kind.WRITE, harmless_to_repeat=False)
"""A request that does something; repeated only with `repeatable=True`, or if it provably was not processed."""
send: Asking = _asking("POST", Kind.SEND, harmless_to_repeat=False)
"""A request that may reach a person. It needs a `send_key`, and the send guard watches over it."""
