"""The token endpoint, and the look at the token that every other endpoint takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from martech.emulation import Incoming, Response, reply, route
from martech_digital_onboarding.emulator.answers import refusal
from martech_digital_onboarding.emulator.assumptions import TOO_LARGE, UNAUTHORIZED_PAGE
from martech_digital_onboarding.emulator.credentials import ApiClient
from martech_digital_onboarding.emulator.shapes import is_object
from martech_digital_onboarding.emulator.state import DigitalOnboardingState
from martech_digital_onboarding.emulator.vocabulary import GRANT_TYPE, TOKEN_PATH

__all__ = ["TokenRoutes"]


class TokenRoutes(DigitalOnboardingState):
    """OAuth 2 with the grant `client_credentials`, and nothing beside it."""

    def before(self, incoming: Incoming) -> Response | None:
        """Look at the credentials, then at the size of the body."""
        self._note_plain_http(incoming)
        exposed = self._credentials_in_query(incoming)
        if incoming.path.rstrip("/") == TOKEN_PATH:
            return exposed
        if not self._token_accepted(incoming):
            return self._unauthorized()
        if self.max_body_bytes is not None and len(incoming.body) > self.max_body_bytes:
            return refusal(413, TOO_LARGE)
        return None

    @route("POST", TOKEN_PATH)
    def grant_access_token(self, incoming: Incoming) -> Response:
        """Give a token for credentials in a Basic header or in the body (seed); errors as in RFC 6749 §5.2."""
        try:
            given = self._token_body(incoming)
        except ValueError:
            return refusal(400, "invalid_request")
        basic, grant_type = incoming.basic(), given.get("grant_type")
        if not grant_type or (basic is not None and "client_secret" in given):
            return refusal(400, "invalid_request")
        client = self._signed_in(basic, given)
        if client is None:
            challenge = {"WWW-Authenticate": 'Basic realm="api"'} if basic is not None else None
            return refusal(401, "invalid_client", headers=challenge)
        if grant_type != GRANT_TYPE:
            return refusal(400, "unsupported_grant_type")
        token = f"tk_{self.new_id().replace('-', '')}"
        self.credentials.keep(token, client, self.clock.now() + timedelta(seconds=self.token_seconds))
        return reply(200, {"access_token": token, **self._expires_in(), "token_type": self.token_type})

    def expire_tokens(self) -> None:
        """Make every token that is out there invalid."""
        self.credentials.drop_all()

    def assert_no_plain_http(self) -> None:
        """Raise AssertionError if a request ever came over plain HTTP from beyond this machine (seed: a leak)."""
        if self.plain_http:
            raise AssertionError(f"credentials came over plain HTTP to {self.plain_http}")

    def _note_plain_http(self, incoming: Incoming) -> None:
        url = urlsplit(incoming.request.url)
        host = url.hostname or ""
        if url.scheme == "http" and not (host in ("localhost", "::1") or host.startswith("127.")):
            self.plain_http.append(url.path)

    def _credentials_in_query(self, incoming: Incoming) -> Response | None:
        # seed: such credentials are revoked at once. By whatever method and under whatever name they came; and,
        # which is assumed, to whatever path, where the token of a revoked client is dead with it.
        exposed = any(name in ("client_id", "client_secret") for name, _ in incoming.query)
        revoked = self.credentials.revoke_exposed({value for _, value in incoming.query})
        return refusal(401, "invalid_client") if exposed or revoked else None

    def _token_body(self, incoming: Incoming) -> dict[str, Any]:
        as_json = "json" in (incoming.headers.get("content-type") or "")
        if self.token_encodings == ("form" if as_json else "json"):
            raise ValueError("another encoding is wanted")
        given: object = incoming.json() if as_json else incoming.form()
        if not is_object(given):
            raise ValueError("no object")
        return given

    def _signed_in(self, basic: tuple[str, str] | None, given: dict[str, Any]) -> ApiClient | None:
        if self.credential_channels == ("body" if basic is not None else "basic"):
            return None
        client_id, client_secret = basic or (given.get("client_id"), given.get("client_secret"))
        if not isinstance(client_id, str) or not isinstance(client_secret, str):
            return None
        return self.credentials.client(client_id, client_secret)

    def _expires_in(self) -> dict[str, Any]:
        match self.expires_in:
            case "number":
                whole = self.token_seconds == int(self.token_seconds)
                return {"expires_in": int(self.token_seconds) if whole else self.token_seconds}
            case "text":
                return {"expires_in": f"{self.token_seconds:g}"}
            case "nonsense":
                return {"expires_in": "soon"}
            case "missing":
                return {}

    def _token_accepted(self, incoming: Incoming) -> bool:
        token = incoming.bearer()
        if self.force_401_once:
            # The refused token stays refused: only a client that signs in again gets on.
            self.force_401_once = False
            self.credentials.drop(token)
            return False
        return not self.force_401_always and self.credentials.accepts(token, self.clock.now())

    def _unauthorized(self) -> Response:
        if self.unauthorized_body == "unreadable":
            return reply(401, body=UNAUTHORIZED_PAGE, headers={"Content-Type": "text/html"})
        return refusal(401, self.unauthorized_body)
