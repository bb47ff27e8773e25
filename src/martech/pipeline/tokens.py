"""One login for any number of callers: kept until it expires or is refused, replaced once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from martech.errors import MartechError
from martech.wire import Acquire, Mutex, Now, Token

__all__ = ["Tokens"]

Login = Callable[[], Coroutine[Any, Any, Token | None]]


class Tokens:
    """The token of one account, shared by every caller of a client."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._mutex = Mutex()
        self._token: Token | None = None
        self._asked = False
        self._failure: tuple[int, MartechError] | None = None
        self._logins = 0

    @property
    def known(self) -> Token | None:
        """The token in use, fresh or not; nobody is asked."""
        return self._token

    async def current(self, *, refused: Token | None = None) -> Token | None:
        """Return a token that is not the `refused` one, logging in if need be.

        Raises:
            MartechError: The login failed. Those who waited for it get the same answer, without another attempt.
        """
        token = self._token
        if self._asked and token is None:
            return None
        if token is not None and token is not refused and token.fresh_at(await Now()):
            return token
        waiting_since = self._logins
        await Acquire(self._mutex)
        try:
            token = self._token
            if self._asked and token is None:
                return None
            if token is not None and token is not refused and token.fresh_at(await Now()):
                return token
            if self._failure is not None and self._failure[0] > waiting_since:
                raise self._failure[1]
            self._logins += 1
            try:
                self._token = await self._login()
                self._asked = True
            except MartechError as error:
                self._failure = (self._logins, error)
                raise
            return self._token
        finally:
            self._mutex.release()

    def forget(self) -> None:
        """Drop the token, so that the next caller logs in."""
        self._token, self._asked = None, False
