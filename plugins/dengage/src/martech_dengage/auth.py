"""A token on demand, carried as a bearer and shared until it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from martech.provider import Auth, HttpRequest, Kind, Now, Response, Token, bearer, expiry, post, read
from martech_dengage.errors import UNAUTHENTICATED, code_of
from martech_dengage.wire import LoginAnswer

TOKEN_SECONDS = 3600
"""How long a token lives where the answer does not say (C1, C3, C4)."""


@dataclass(frozen=True, slots=True)
class LoginAuth(Auth):
    """Logs in with the pair of an API user, and signs with the token."""

    userkey: str = field(repr=False)
    password: SecretStr = field(repr=False)
    base_url: str = ""
    event_base_url: str | None = None

    async def login(self) -> Token:
        """Ask for a token. One request; asking again harms nothing, but too often can get one blocked (C4)."""
        said = {"userkey": self.userkey, "password": self.password.get_secret_value()}
        reply = await post("/login", json=said, kind=Kind.READ)
        answer = read(LoginAnswer, reply)
        lifetime = answer.get("expires_in") or TOKEN_SECONDS
        return Token(SecretStr(answer["access_token"]), expiry(lifetime, await Now()))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Put the token on a request; the event host knows no token (C3), so it is given none, at any path."""
        return request if self._is_event(request.url) else bearer(request, token)

    def refused(self, response: Response) -> bool:
        """Return whether the token is refused: 401, or that number as a code in the body (C1).

        A 403 has three meanings and a new token helps with none of them.
        """
        return response.status == UNAUTHENTICATED or (
            b"401" in response.body and code_of(response.json_or_none()) == UNAUTHENTICATED
        )

    def _is_event(self, url: str) -> bool:
        if self.event_base_url is None or url.startswith(self.base_url.rstrip("/") + "/"):
            return False
        return url.startswith(self.event_base_url.rstrip("/") + "/")
