"""Tokens as text, unreadable without the key where one is given."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from hashlib import scrypt
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import SecretStr

from martech.errors import ConfigurationError
from martech.wire import Token

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

__all__ = ["KeptTokens", "Texts"]

_LOG = logging.getLogger("martech.state")
_SEALED, _PLAIN = "sealed:", "plain:"


class Texts(Protocol):
    """Texts by key, on any store."""

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        ...

    def put(self, key: str, content: str) -> None:
        """Keep a text instead of the one before."""
        ...


def _token(content: dict[str, Any]) -> Token:
    expires_at = None if content["expires_at"] is None else datetime.fromisoformat(content["expires_at"])
    if not isinstance(content["secret"], str) or (expires_at is not None and expires_at.tzinfo is None):
        raise ValueError
    return Token(SecretStr(content["secret"]), expires_at)


class KeptTokens:
    """Tokens kept as texts. With a key they are encrypted and signed (Fernet: AES-128-CBC and HMAC-SHA256)."""

    blocks = True

    def __init__(self, texts: Texts, key: SecretStr | None = None) -> None:
        self._texts = texts
        self._key = key
        self._fernet: Fernet | None = None
        self._said = False
        if key is not None and len(key.get_secret_value()) < 8:
            raise ConfigurationError("state_key is too short to keep anything secret; eight characters at least")

    def load(self, key: str) -> Token | None:
        """Return a token, or None: there is none, or not one that was kept with this key."""
        text = self._texts.get(key)
        return None if text is None else self._opened(text)

    def save(self, key: str, token: Token) -> None:
        """Keep a token, sealed if there is a key."""
        expires_at = token.expires_at.isoformat() if token.expires_at else None
        text = json.dumps({"secret": token.secret.get_secret_value(), "expires_at": expires_at})
        box = self._box()
        self._texts.put(key, _PLAIN + text if box is None else _SEALED + box.encrypt(text.encode()).decode())

    def _opened(self, text: str) -> Token | None:
        from cryptography.fernet import InvalidToken

        box = self._box()
        try:
            # With a key, one that lies there open is not trusted either: anybody may have put it there.
            if box is None and text.startswith(_PLAIN):
                return _token(json.loads(text.removeprefix(_PLAIN)))
            if box is not None and text.startswith(_SEALED):
                return _token(json.loads(box.decrypt(text.removeprefix(_SEALED).encode())))
        except (InvalidToken, ValueError, KeyError, TypeError):
            pass
        if not self._said:
            self._said = True
            how = "without a state_key" if box is None else "with this state_key"
            _LOG.warning("a token in the shared state cannot be opened %s; logging in instead", how)
        return None

    def _box(self) -> Fernet | None:
        if self._fernet is None and self._key is not None:
            from base64 import urlsafe_b64encode

            from cryptography.fernet import Fernet

            given = self._key.get_secret_value().encode()
            try:
                self._fernet = Fernet(given)
            except ValueError:
                # Not a Fernet key but a passphrase: slow to guess, and the same in every process.
                derived = scrypt(given, salt=b"martech state", n=2**14, r=8, p=1, dklen=32)
                self._fernet = Fernet(urlsafe_b64encode(derived))
        return self._fernet

    def __repr__(self) -> str:
        return f"<KeptTokens, {'sealed' if self._key is not None else 'plain'}>"
