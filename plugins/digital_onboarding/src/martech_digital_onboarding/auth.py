"""A bearer token on demand (OAuth 2, client credentials), and a memory of secrets for keeping them out of texts.

Lazy fetching, one login for all callers, expiry and the one replay are the pipeline's. What is particular here:
credentials in an address are revoked on the spot, for good (seed, "Grant Access Token"), so they travel in a
header or a body and nowhere else; and no answer of the token endpoint is ever quoted.
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from json import dumps
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from martech.provider import (
    AuthenticationFailed,
    ClientCredentials,
    Now,
    Request,
    Token,
    UnexpectedResponse,
    expiry,
)
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import members_of

TOKEN_ROUTE = "/oauth2/token"  # noqa: S105 - a path; seed, "Grant Access Token"
TOKENS_REMEMBERED = 8

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
            UnexpectedResponse: The answer holds no token; nothing of it is quoted, since half of one may be in it.
        """
        request = self._as_json() if self.json_body else self.token_request()
        response = await request
        answer = members_of(response.json_or_none())
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
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
