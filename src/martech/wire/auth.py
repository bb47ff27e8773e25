"""Logging in, as three questions and a fourth.

A provider answers: how does one log in (`login`, left alone where there is nothing to log in to), how is a
request signed (`sign`), and does this answer say that our token is refused (`refused`). Where the account decides
on which host it lives there is a fourth: `locate`. When to ask them, how often, and for how many callers at once
is the pipeline's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from martech.errors import AuthenticationFailed
from martech.wire.effects import Now
from martech.wire.request import HttpRequest, Request

if TYPE_CHECKING:
    from martech.wire.response import Response

__all__ = ["Auth", "BasicAuth", "ClientCredentials", "Host", "Token"]


@dataclass(frozen=True, slots=True)
class Token:
    """What a login gave: a secret, and until when it is good. None means until it is refused."""

    secret: SecretStr
    expires_at: datetime | None = None

    def fresh_at(self, now: datetime, *, margin_seconds: float = 30) -> bool:
        """Return whether it is still good, with a margin for the way to the vendor."""
        return self.expires_at is None or now < self.expires_at - timedelta(seconds=margin_seconds)


@dataclass(frozen=True, slots=True)
class Host:
    """A host that a provider talks to, and the only addresses that may stand for it.

    `pattern` is matched against the whole address a vendor names for itself (by `locate`); credentials go
    nowhere else. `default` is None where only `locate` knows.
    """

    default: str | None
    pattern: str | None = None
    located: bool = False


class Auth:
    """How one vendor wants to be logged in to. This one signs nothing and is never refused."""

    async def login(self) -> Token | None:
        """Return a token; awaits `Request`s, which go out unsigned. None where there is nothing to log in to."""
        return None

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Return the request with our credentials on it."""
        del token
        return request

    def refused(self, response: Response) -> bool:
        """Return whether this answer, seen whole, says that the token is no longer good."""
        del response
        return False

    def secrets(self) -> tuple[str, ...]:
        """Return what it writes into requests besides the token, so that no error ever repeats it."""
        return ()

    async def locate(self) -> str | None:
        """Return the base address of the account, or None where the host does not depend on it."""
        return None


@dataclass(frozen=True, slots=True)
class BasicAuth(Auth):
    """HTTP Basic (RFC 7617): user and password on every request, nothing to log in to."""

    user: str
    password: SecretStr = field(repr=False)

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Return the request with the Basic header."""
        del token
        return request.with_header("authorization", basic(self.user, self.password.get_secret_value()))

    def secrets(self) -> tuple[str, ...]:
        """Return the password and the header's value."""
        password = self.password.get_secret_value()
        return (password, basic(self.user, password).removeprefix("Basic "))


@dataclass(frozen=True, slots=True)
class ClientCredentials(Auth):
    """OAuth 2 client credentials (RFC 6749 section 4.4): a token on demand, kept until it expires or is refused.

    `token_route` says where it is asked for. Credentials travel in the Basic header or in the form body, never in
    an address.
    """

    client_id: SecretStr = field(repr=False)
    client_secret: SecretStr = field(repr=False)
    token_route: str
    host: str = "api"
    in_body: bool = False
    scope: str | None = None

    async def login(self) -> Token | None:
        """Ask the token endpoint. One request."""
        response = await self.token_request()
        answer = response.json()
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise response.unexpected("the token endpoint gave no access token")
        kind = str(answer.get("token_type", "bearer"))
        if kind.lower() != "bearer":
            raise AuthenticationFailed(f"the token endpoint gave a token of type {kind!r}, expected Bearer")
        return Token(SecretStr(answer["access_token"]), expiry(answer.get("expires_in"), await Now()))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Return the request with the bearer token."""
        return bearer(request, token)

    def refused(self, response: Response) -> bool:
        """Return whether the token is refused: 401, unless the body says the client itself is unknown."""
        if response.status != 401:
            return False
        body = response.json_or_none()
        return not (isinstance(body, dict) and body.get("error") == "invalid_client")

    def secrets(self) -> tuple[str, ...]:
        """Return id and secret, as they are and as the token endpoint gets them."""
        from urllib.parse import quote_plus

        name, secret = self.client_id.get_secret_value(), self.client_secret.get_secret_value()
        pairs = ((name, secret), (quote_plus(name), quote_plus(secret)))
        return (name, secret, *(basic(*pair).removeprefix("Basic ") for pair in pairs))

    def token_request(self) -> Request:
        """Return the request for a token; a subclass may say it in another form."""
        # RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined for Basic.
        from urllib.parse import quote_plus

        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        from martech.wire.request import Kind

        body: str = prepare_token_request("client_credentials", "", scope=self.scope)
        fields = dict(pair.split("=", 1) for pair in body.split("&") if pair)
        headers: dict[str, str] = {}
        name, secret = self.client_id.get_secret_value(), self.client_secret.get_secret_value()
        if self.in_body:
            fields |= {"client_id": quote_plus(name), "client_secret": quote_plus(secret)}
        else:
            headers["authorization"] = basic(quote_plus(name), quote_plus(secret))
        return Request(
            "POST",
            self.token_route,
            Kind.READ,
            headers=headers,
            content="&".join(f"{field}={value}" for field, value in fields.items()).encode(),
            content_type="application/x-www-form-urlencoded",
            host=self.host,
            repeatable=True,
        )


def basic(user: str, password: str) -> str:
    """Return the value of a Basic authorization header."""
    from base64 import b64encode

    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def bearer(request: HttpRequest, token: Token | None) -> HttpRequest:
    """Return the request with a bearer token on it, if there is one."""
    if token is None:
        return request
    return request.with_header("authorization", f"Bearer {token.secret.get_secret_value()}")


def expiry(seconds: object, now: datetime) -> datetime | None:
    """Return when a token expires, or None where the vendor's number cannot be used."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float, str)):
        return None
    try:
        lifetime = float(seconds)
        return now + timedelta(seconds=lifetime) if lifetime > 0 else None
    except (ValueError, OverflowError):
        return None
