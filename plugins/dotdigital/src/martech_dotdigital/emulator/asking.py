"""Asks an emulator in process, the way a client of the vendor asks over the wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic_core import from_json, to_json

from martech.emulation import Headers, HttpRequest, Response
from martech_dotdigital.emulator.core import Core

__all__ = ["Asking"]


class Asking:
    """A client with the account's credentials that remembers nothing."""

    def __init__(self, emulator: Core) -> None:
        self.emulator = emulator
        credentials = f"{emulator.api_user}:{emulator.password}".encode()
        self.authorization = f"Basic {b64encode(credentials).decode()}"

    def ask(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request; `body` goes as it is, `json` as JSON."""
        sent = {"Authorization": self.authorization, "Accept": "application/json", **(headers or {})}
        if json is not None:
            body = to_json(json)
            sent.setdefault("Content-Type", "application/json")
        tail = f"?{urlencode(query)}" if query else ""
        url = path if "://" in path else f"{self.emulator.public_url}{path}{tail}"
        return self.emulator(HttpRequest(method, url, Headers(sent.items()), body or b""))

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET, or raise AssertionError with the refusal."""
        return self.expect(200, "GET", path, query=query)

    def expect(self, status: int, method: str, path: str, json: Any = None, **how: Any) -> Any:
        """Return the JSON of an answer that must have a status, or None if it has no body."""
        response = self.ask(method, path, json, **how)
        if response.status != status:
            raise AssertionError(f"{method} {path}: {response.status} {response.text}")
        return from_json(response.body) if response.body else None
