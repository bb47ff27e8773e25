"""How people are kept in the journal: named by a salted hash, and sealed if there is a key."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from martech.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from martech.models import Identifier

__all__ = ["KEY_VARIABLE", "Seal"]

KEY_VARIABLE = "MARTECH_JOURNAL_KEY"
"""The environment variable with the key of the journal; any long text."""


_SEALED = "gAAAAA"
"""How every sealed text begins: the version of its form, and a time. No JSON begins so."""


class Seal:
    """Hashes names with a salt, and seals texts with a key where there is one.

    Args:
        salt: Of this journal.
        key: What texts are sealed with; None leaves them readable to whoever can read the journal.
    """

    def __init__(self, salt: bytes, key: str | None = None) -> None:
        self._salt = salt
        self._box = _box(key, salt) if key else None

    def name(self, identifier: Identifier | str) -> str:
        """Return what a person is filed under."""
        text = identifier if isinstance(identifier, str) else identifier.key
        return hashlib.blake2b(text.encode(), key=self._salt, digest_size=16).hexdigest()

    def close(self, text: str | None) -> str | None:
        """Return a text as it is kept."""
        if text is None or self._box is None:
            return text
        sealed: bytes = self._box.encrypt(text.encode())
        return sealed.decode()

    def open(self, kept: str | None) -> str | None:
        """Return a text as it was.

        Raises:
            ConfigurationError: It was sealed with another key.
        """
        if kept is None or not kept.startswith(_SEALED):
            return kept
        if self._box is None:
            raise ConfigurationError(f"the journal is sealed, and {KEY_VARIABLE} does not say the key")
        from cryptography.fernet import InvalidToken

        try:
            opened: bytes = self._box.decrypt(kept.encode())
        except InvalidToken:
            raise ConfigurationError(f"the journal is sealed with another key than {KEY_VARIABLE} says") from None
        return opened.decode()


def key_of_environment() -> str | None:
    """Return the key that the environment says, or None."""
    return os.environ.get(KEY_VARIABLE) or None


def _box(key: str, salt: bytes) -> Fernet:
    import base64

    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(hashlib.scrypt(key.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)))
