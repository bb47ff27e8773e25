"""One login for any number of callers: kept until it expires or is refused, replaced once.

Where a store is given, the callers are those of every process that shares it: a token that one of them fetched
serves all and survives a restart, and while one logs in the others wait for what it brings.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from martech.errors import MartechError
from martech.pipeline.leases import Held
from martech.wire import Acquire, Consult, Mutex, Now, Token

if TYPE_CHECKING:
    from martech.pipeline.leases import LeaseStore

__all__ = ["SharedTokens", "TokenStore", "Tokens"]

T = TypeVar("T")
Login = Callable[[], Coroutine[Any, Any, Token | None]]

LOGIN_SECONDS = 60.0
"""How long others wait for the login of a process that may have died in it."""


class TokenStore(Protocol):
    """Where tokens are kept between processes."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def load(self, key: str) -> Token | None:
        """Return what is kept under a key, or None."""
        ...

    def save(self, key: str, token: Token) -> None:
        """Keep a token instead of the one before."""
        ...


@dataclass(frozen=True, slots=True)
class SharedTokens:
    """Where this account's token is kept between processes, and the lease that lets one of them log in."""

    store: TokenStore
    leases: LeaseStore
    key: str


class Tokens:
    """The token of one account, for every caller of a client, and for other processes where there is a store."""

    def __init__(self, login: Login, shared: SharedTokens | None = None) -> None:
        self._login = login
        self._shared = shared
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
        if token is not None and await _good(token, refused):
            return token
        waiting_since = self._logins
        await Acquire(self._mutex)
        try:
            token = self._token
            if self._asked and token is None:
                return None
            if token is not None and await _good(token, refused):
                return token
            if self._failure is not None and self._failure[0] > waiting_since:
                raise self._failure[1]
            self._logins += 1
            try:
                self._token = await self._fetched(refused)
                self._asked = True
            except MartechError as error:
                self._failure = (self._logins, error)
                raise
            return self._token
        finally:
            self._mutex.release()

    async def _fetched(self, refused: Token | None) -> Token | None:
        """Return what another process fetched, or what the vendor gives for a login."""
        shared = self._shared
        if shared is None:
            return await self._login()
        kept = await self._kept(shared, refused)
        if kept is not None:
            return kept
        lease = Held(shared.leases, [(f"login:{shared.key}", 1)], seconds=LOGIN_SECONDS)
        try:
            await lease.take()
            token = await self._kept(shared, refused) or await self._logged_in(shared)
        except GeneratorExit:
            raise  # this coroutine is being thrown away and may not await any more: the lease runs out by itself
        except BaseException:
            await lease.give_back()
            raise
        await lease.give_back()
        return token

    async def _logged_in(self, shared: SharedTokens) -> Token | None:
        token = await self._login()
        if token is not None:
            await _consulted(shared.store, partial(shared.store.save, shared.key, token))
        return token

    async def _kept(self, shared: SharedTokens, refused: Token | None) -> Token | None:
        token = await _consulted(shared.store, partial(shared.store.load, shared.key))
        return token if token is not None and await _good(token, refused) else None

    def forget(self) -> None:
        """Drop the token, so that the next caller logs in."""
        self._token, self._asked = None, False


async def _good(token: Token, refused: Token | None) -> bool:
    """Return whether a token is another than the one that was refused, and still fresh."""
    if refused is not None and token.secret == refused.secret:
        return False
    return token.fresh_at(await Now())


async def _consulted(store: TokenStore, function: Callable[[], T]) -> T:
    return await Consult(function) if store.blocks else function()
