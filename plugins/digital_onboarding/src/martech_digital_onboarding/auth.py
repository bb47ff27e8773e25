"""A bearer token on demand (OAuth 2, client credentials), and a memory of secrets for keeping them out of texts.

Lazy fetching, one login for all callers, expiry and the one replay are the pipeline's. What is particular here:
credentials in an address are revoked on the spot, for good (seed, "Grant Access Token"), so they travel in a
header or a body and nowhere else, whoever asks for it; and no answer of the token endpoint is ever quoted.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from json import dumps
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit

from pydantic import SecretStr

from martech.provider import (
    AuthenticationFailed,
    ClientCredentials,
    HttpRequest,
    InvalidRequest,
    Now,
    Request,
    Token,
    UnexpectedResponse,
    bearer,
    expiry,
)
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import members_of

TOKEN_ROUTE = "/oauth2/token"  # noqa: S105 - a path; seed, "Grant Access Token"
TOKENS_REMEMBERED = 8

_BORNE = re.compile(r"[!-~]+")
"""What a header can carry; RFC 6750 section 2.1 allows less, and nobody has to be as strict."""
_CREDENTIALS = frozenset({"client_id", "client_secret", "access_token"})
_SURELY_NO_WORD = 8
"""From how many letters on a credential is nothing that an address just happens to contain."""
_HIDDEN = "***"
_LEAST_OF_A_SECRET = 4
"""How many of its first letters give a secret away."""
_WAYS_TO_WRITE: tuple[Callable[[str], str], ...] = (
    str,
    quote_plus,
    escape,
    lambda one: quote(one, safe=""),
    lambda one: dumps(one)[1:-1],
)
"""As it is, in a form, on a page, in an address, in JSON."""


@dataclass(frozen=True, slots=True)
class OnboardingAuth(ClientCredentials):
    """Client credentials whose token endpoint is never quoted, and whose body may be JSON."""

    json_body: bool = False
    _issued: deque[str] = field(
        default_factory=lambda: deque[str](maxlen=TOKENS_REMEMBERED), repr=False, compare=False
    )

    async def login(self) -> Token:
        """Ask for a token. One request; asking again harms nothing.

        Raises:
            AuthenticationFailed: The credentials are not accepted, or the token is none that is borne.
            UnexpectedResponse: The answer holds no token that a header can carry; nothing of it is quoted, since
                half of one may be in it.
        """
        request = self._as_json() if self.json_body else self.token_request()
        response = await request
        answer = members_of(response.json_or_none())
        token = answer.get("access_token")
        if not isinstance(token, str) or not _BORNE.fullmatch(token):
            size = len(response.body)
            raise UnexpectedResponse(
                f"the token endpoint gave no access token in {size} bytes",
                status=response.status,
                asked=response.asked,
            )
        self._issued.append(token)
        kind = answer.get("token_type") or "bearer"
        if str(kind).lower() != "bearer":  # its casing is not stated
            raise AuthenticationFailed("the token endpoint gave a token that is not of type Bearer")
        return Token(SecretStr(token), expiry(answer.get("expires_in"), await Now()))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Return the request with the bearer token.

        Raises:
            InvalidRequest: A credential is in its address, where the vendor would revoke it. Nothing was sent.
        """
        if self._exposed_by(request.url, token):
            raise InvalidRequest(
                "a credential never travels in an address: the vendor revokes what it sees there, for good",
                hint="leave it out; requests are signed in a header",
            )
        return bearer(request, token)

    def _exposed_by(self, url: str, token: Token | None) -> bool:
        parts = urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True)
        if any(name.lower() in _CREDENTIALS for name, _ in given):
            return True
        written = [*parts.path.split("/"), *parts.query.replace("=", "&").split("&")]
        read = {way(one) for one in written for way in (str, unquote, unquote_plus)}
        secrets = {self.client_id.get_secret_value(), self.client_secret.get_secret_value(), *self._issued}
        secrets |= set() if token is None else {token.secret.get_secret_value()}
        return any(
            one == secret or (len(secret) >= _SURELY_NO_WORD and secret in one)
            for secret in secrets
            for one in read
        )

    def hidden(self, text: str) -> str:
        """Return a text with every secret of this account made unreadable, however it is written there."""
        name, secret = self.client_id.get_secret_value(), self.client_secret.get_secret_value()
        pairs = (f"{name}:{secret}", f"{quote_plus(name)}:{quote_plus(secret)}")
        plain = {name, secret, *self._issued, *(b64encode(pair.encode()).decode() for pair in pairs)}
        written = {way(one) for one in plain for way in _WAYS_TO_WRITE}
        for one in sorted(written, key=len, reverse=True):
            text = text.replace(one, _HIDDEN)
            # An answer that was cut short may end in the beginning of a secret.
            begins = (one[:length] for length in range(len(one) - 1, _LEAST_OF_A_SECRET - 1, -1))
            cut = next((begin for begin in begins if text.endswith(begin)), None)
            text = text if cut is None else text.removesuffix(cut) + _HIDDEN
        return text

    def _as_json(self) -> Request:
        """Return the same request with a JSON body, which was seen to be taken (observed)."""
        members = {"grant_type": "client_credentials"}
        if self.in_body:
            members["client_id"] = self.client_id.get_secret_value()
            members["client_secret"] = self.client_secret.get_secret_value()
        return replace(self.token_request(), content=None, content_type=None, json=members)


def auth_for(settings: DigitalOnboardingSettings) -> OnboardingAuth:
    """Return how an account logs in."""
    return OnboardingAuth(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        token_route=TOKEN_ROUTE,
        in_body=settings.credentials_in == "body",
        json_body=settings.token_body == "json",  # noqa: S105 - a word
    )
