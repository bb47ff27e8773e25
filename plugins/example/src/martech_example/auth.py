"""A ticket on demand, carried in a header of Pigeonpost's own."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from martech.provider import Auth, HttpRequest, Kind, Now, Response, Token, expiry, post


@dataclass(frozen=True, slots=True)
class TicketAuth(Auth):
    """Logs in with name and passphrase, and signs with the ticket."""

    name: str
    passphrase: SecretStr = field(repr=False)

    async def login(self) -> Token:
        """Ask for a ticket. One request; asking again harms nothing."""
        said = {"name": self.name, "passphrase": self.passphrase.get_secret_value()}
        reply = await post("/session", json=said, kind=Kind.READ)
        answer = reply.json()
        ticket, minutes = answer.get("ticket"), answer.get("minutes")
        if not isinstance(ticket, str) or not isinstance(minutes, (int, float)):
            raise reply.unexpected("the login gave no ticket")
        return Token(SecretStr(ticket), expiry(minutes * 60, await Now()))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Put the ticket on a request."""
        return request.with_header("x-ticket", token.secret.get_secret_value()) if token else request

    def refused(self, response: Response) -> bool:
        """Return whether the ticket is refused, which is said inside a 200."""
        answer = response.json_or_none() if b'"ticket"' in response.body else None
        return isinstance(answer, dict) and (answer.get("error") or {}).get("code") == "ticket"
