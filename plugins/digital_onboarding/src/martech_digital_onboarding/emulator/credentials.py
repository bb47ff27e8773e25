"""Who may sign in, and the tokens that are out there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote_plus

__all__ = ["ApiClient", "Credentials"]

CLIENT_ID: Final = "ci_emulated_bank_7"
CLIENT_SECRET: Final = "cs_emulated_Yx4uZq81"  # noqa: S105 - invented


@dataclass(slots=True)
class ApiClient:
    """One pair of credentials, as the admin interface issues them."""

    client_id: str
    client_secret: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class _LiveToken:
    client: ApiClient
    expires_at: datetime


class Credentials:
    """The clients of the team and their tokens, with which everything but the token endpoint is opened."""

    def __init__(self) -> None:
        self.newest = ApiClient(CLIENT_ID, CLIENT_SECRET)
        """The client that was issued last."""
        self._clients = {self.newest.client_id: self.newest}
        self._live: dict[str, _LiveToken] = {}
        self._secrets: tuple[str, ...] = (self.newest.client_id, self.newest.client_secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every client id, client secret and token that was ever issued."""
        return self._secrets

    def issue_client(self, client_id: str, client_secret: str) -> ApiClient:
        """Issue another client, which becomes the newest."""
        self.newest = self._clients[client_id] = ApiClient(client_id, client_secret)
        self._secrets += (client_id, client_secret)
        return self.newest

    def client(self, client_id: str, client_secret: str) -> ApiClient | None:
        """Return the client of these credentials, as they are or form-encoded, unless it was revoked."""
        for identity, secret in (
            (client_id, client_secret),
            (unquote_plus(client_id), unquote_plus(client_secret)),
        ):
            found = self._clients.get(identity)
            if found is not None and found.client_secret == secret and not found.revoked:
                return found
        return None

    def revoke(self, client: ApiClient) -> None:
        """Revoke a client for good, with all its tokens."""
        client.revoked = True
        self._live = {token: live for token, live in self._live.items() if live.client is not client}

    def revoke_exposed(self, values: Collection[str]) -> bool:
        """Revoke every client whose id or secret is among the values of an address; return whether one was."""
        exposed = [
            client
            for client in self._clients.values()
            if client.client_id in values or client.client_secret in values
        ]
        for client in exposed:
            self.revoke(client)
        return bool(exposed)

    def keep(self, token: str, client: ApiClient, expires_at: datetime) -> None:
        """Let a token open the other endpoints until it expires."""
        self._live[token] = _LiveToken(client, expires_at)
        self._secrets += (token,)

    def accepts(self, token: str | None, now: datetime) -> bool:
        """Return whether a token is live; one that has expired is forgotten."""
        live = self._live.get(token or "")
        if live is None:
            return False
        if now >= live.expires_at:
            del self._live[token or ""]
            return False
        return True

    def drop(self, token: str | None) -> None:
        """Let one token open nothing any more."""
        self._live.pop(token or "", None)

    def drop_all(self) -> None:
        """Let no token that is out there open anything any more."""
        self._live.clear()

    def as_settings(self) -> Mapping[str, str]:
        """Return the newest client as settings of whoever signs in."""
        return {"client_id": self.newest.client_id, "client_secret": self.newest.client_secret}
