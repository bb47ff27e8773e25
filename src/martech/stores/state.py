"""One setting, one `State`: where limits, tokens and leases are kept, and what happens when it fails.

A state that never answered is an error: the setting is wrong, or what it names is not running. One that answered
before and stops is not worth failing every call for: limits go on in this process's memory, each process logs in
for itself, and what may run at once is bounded per process; it is said once in the log, and tried again after a
while. A damaged state is an error always. The send ledger never goes on without its database; Redis, which may
lose what it holds, keeps none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakValueDictionary, finalize

from pydantic import SecretStr

from martech.errors import ConfigurationError, StateUnavailable
from martech.pipeline.forking import free_after_fork
from martech.pipeline.guarding import MemoryGuard
from martech.pipeline.limits import LimitStore, MemoryLimits, Place, Rate

if TYPE_CHECKING:
    from martech.pipeline.guarding import PlannedSend, SendGuard
    from martech.pipeline.learning import Pace
    from martech.pipeline.leases import LeaseStore
    from martech.pipeline.tokens import TokenStore
    from martech.stores.database import Database
    from martech.wire import Token

__all__ = ["State", "again_if_cut_off", "open_state"]

T = TypeVar("T")
_LOG = logging.getLogger("martech.state")

RETRY_SECONDS = 10.0
"""How long a state that stopped answering is left alone, unless said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the shared state is kept. In memory `tokens` and `leases` are None: one process needs none."""

    shown: str
    """Where that is, without credentials."""
    limits: LimitStore
    tokens: TokenStore | None = None
    leases: LeaseStore | None = None
    database: Database | None = field(default=None, repr=False)
    """The database, where it is one."""
    _place: _Place | None = field(default=None, repr=False)

    def guard_of_this_process(self) -> SendGuard:
        """Return what remembers sends where the state is no database: one for all clients of this process."""
        url = self._place.url if self._place is not None else ""
        return _GUARDS.setdefault(url, _GuardOfThisProcess(self.shown))

    def close(self) -> None:
        """Let go of every connection; the next use makes new ones. It happens by itself once nobody uses it."""
        if self._place is not None:
            self._place.close()


def open_state(
    url: str | None,
    *,
    key: SecretStr | str | None = None,
    busy_seconds: float = 5.0,
    retry_seconds: float = RETRY_SECONDS,
) -> State:
    """Return the state that a setting names. Nothing is connected before its first use.

    Args:
        url: `sqlite:///file`, `postgresql://…` or `redis://…`; None for the memory of this process.
        key: What tokens are encrypted with: a Fernet key, or any passphrase.
        busy_seconds: How long to wait for it before going on without.
        retry_seconds: How long a state that stopped answering is left alone.

    Raises:
        ConfigurationError: It is no such URL, or its driver is not installed.
    """
    sealing_key = SecretStr(key) if isinstance(key, str) else key
    if url is None:
        return State(shown="memory", limits=MemoryLimits())
    place = _place(url, busy_seconds)
    outage = _Outage(place.shown, retry_seconds)
    return State(
        shown=place.shown,
        limits=_ForgivingLimits(place.limits, outage),
        tokens=_ForgivingTokens(place.tokens(sealing_key), outage),
        leases=_ForgivingLeases(place.leases, outage),
        database=place.database,
        _place=place,
    )


# ── one place per URL and process ────────────────────────────────────────────────────────────────────────────


class _Place:
    """What is behind a URL: shared by all clients of this process, closed when the last is gone."""

    def __init__(self, url: str, busy_seconds: float) -> None:
        self.url = url
        self.database: Database | None = None
        if urlsplit(url).scheme in {"redis", "rediss", "unix"}:
            from martech.stores.redis import RedisLeases, RedisLimits, RedisServer, RedisTexts

            server = RedisServer(url, busy_seconds=busy_seconds)
            self.shown, self.close = server.shown, server.close
            self.limits: LimitStore = RedisLimits(server)
            self.leases: LeaseStore = RedisLeases(server)
            self._texts: Any = RedisTexts(server)
        else:
            from martech.stores.database import Database as Sql
            from martech.stores.leases_sql import SqlLeases
            from martech.stores.limits_sql import SqlLimits
            from martech.stores.tokens_sql import SqlTexts

            database = self.database = Sql(url, busy_seconds=busy_seconds)
            self.shown, self.close = database.shown, database.close
            self.limits, self.leases = SqlLimits(database), SqlLeases(database)
            self._texts = SqlTexts(database)
        finalize(self, self.close)

    def tokens(self, key: SecretStr | None) -> TokenStore:
        """Return where tokens are kept, sealed with a key if there is one."""
        from martech.stores.sealing import KeptTokens

        return KeptTokens(self._texts, key)


class _Places:
    """Every place that is in use in this process."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[str, float], _Place] = WeakValueDictionary()
        self._lock = Lock()
        free_after_fork(self)

    def at(self, url: str, busy_seconds: float) -> _Place:
        with self._lock:
            found = self._known.get((url, busy_seconds))
            if found is None:
                found = self._known[url, busy_seconds] = _Place(url, busy_seconds)
            return found


_PLACES = _Places()


def _place(url: str, busy_seconds: float) -> _Place:
    if "://" not in url:
        raise ConfigurationError(
            "a state is sqlite:///file, postgresql://user@host/name or redis://host",
            hint="leave state= out to keep it in memory",
        )
    return _PLACES.at(_settled(url), busy_seconds)


def _settled(url: str) -> str:
    """Return the URL of a file as it is meant now, whatever folder the process is in later."""
    scheme, _, rest = url.partition(":///")
    if scheme != "sqlite" or not rest or rest.startswith((":", "?")):
        return url
    path, mark, query = rest.partition("?")
    return f"{scheme}:///{Path(path).absolute()}{mark}{query}"


# ── sends, where there is no database ────────────────────────────────────────────────────────────────────────


class _GuardOfThisProcess(MemoryGuard):
    """Remembers the sends of this process, and says once that no other knows of them."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self._shown, self._said = shown, False

    def plan(self, send: PlannedSend) -> None:
        if not self._said:
            self._said = True
            _LOG.warning(
                "the state %s keeps no ledger of sends: the same key may send again from another process or after "
                "a restart; name a database for them with ledger=, such as postgresql://user@host/name",
                self._shown,
            )
        super().plan(send)


_GUARDS: dict[str, _GuardOfThisProcess] = {}


# ── what goes on when it stops answering ─────────────────────────────────────────────────────────────────────


class _Outage:
    """Whether the state answers at present. Said once when it stops, and once when it answers again."""

    def __init__(self, shown: str, retry_seconds: float) -> None:
        self._shown, self._retry_seconds = shown, retry_seconds
        self._worked = False
        self._retry_at: float | None = None
        self._lock = Lock()
        free_after_fork(self)

    def tried(self, shared: Callable[[], T], instead: Callable[[], T]) -> T:
        """Return what the state says, or what goes on without it."""
        if self._retry_at is not None and not self._may_try():
            return instead()
        try:
            result = again_if_cut_off(shared)
        except StateUnavailable as error:
            if not self._worked:
                raise
            with self._lock:
                first, self._retry_at = self._retry_at is None, monotonic() + self._retry_seconds
            if first:
                _LOG.warning(
                    "%s; going on without it: limits are kept by each process for itself until it answers", error
                )
            return instead()
        self._worked = True
        if self._retry_at is not None and self._ended():
            _LOG.warning("the state %s answers again; limits are shared as before", self._shown)
        return result

    def _may_try(self) -> bool:
        """Return whether this caller looks if it answers again; the others go on without meanwhile."""
        with self._lock:
            if self._retry_at is not None:
                if monotonic() < self._retry_at:
                    return False
                self._retry_at = monotonic() + self._retry_seconds
            return True

    def _ended(self) -> bool:
        with self._lock:
            before, self._retry_at = self._retry_at, None
            return before is not None


def again_if_cut_off(step: Callable[[], T]) -> T:
    """Take a step that may be taken twice, once more where a connection broke: a new start is no outage."""
    try:
        return step()
    except StateUnavailable as error:
        if not error.cut_off:
            raise
        return step()


class _ForgivingLimits:
    """Limits that go on in memory while the state does not answer."""

    blocks = True

    def __init__(self, shared: LimitStore, outage: _Outage) -> None:
        self._shared, self._outage = shared, outage
        self._alone = MemoryLimits()
        self._met: set[str] = set()

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float, again: bool = False) -> Place:
        def on(store: LimitStore) -> Callable[[], Place]:
            return lambda: store.reserve(rates, now=now, longest_wait=longest_wait, again=again)

        met = all(rate.key in self._met for rate in rates)
        place = self._outage.tried(on(self._shared), on(self._alone))
        if place.fresh and met:
            _LOG.warning("the shared state has lost what was known of limits; starting from what is declared")
        self._met.update(rate.key for rate in rates)
        return place

    def still(self, rates: Sequence[Rate], epochs: Sequence[int]) -> bool:
        return self._outage.tried(lambda: self._shared.still(rates, epochs), lambda: True)

    def revise(self, rate: Rate, change: Callable[[Pace], Pace]) -> Pace:
        return self._outage.tried(
            lambda: self._shared.revise(rate, change), lambda: self._alone.revise(rate, change)
        )


class _ForgivingTokens:
    """Tokens that each process fetches for itself while the state does not answer."""

    blocks = True

    def __init__(self, shared: TokenStore, outage: _Outage) -> None:
        self._shared, self._outage = shared, outage

    def load(self, key: str) -> Token | None:
        return self._outage.tried(lambda: self._shared.load(key), lambda: None)

    def save(self, key: str, token: Token) -> None:
        self._outage.tried(lambda: self._shared.save(key, token), lambda: None)


class _ForgivingLeases:
    """Leases that bound nothing while the state does not answer; each process still bounds itself."""

    blocks = True

    def __init__(self, shared: LeaseStore, outage: _Outage) -> None:
        self._shared, self._outage = shared, outage

    def take(self, name: str, holder: str, *, at_most: int, now: float, seconds: float) -> bool:
        def shared() -> bool:
            return self._shared.take(name, holder, at_most=at_most, now=now, seconds=seconds)

        return self._outage.tried(shared, lambda: True)

    def give_back(self, name: str, holder: str) -> None:
        self._outage.tried(lambda: self._shared.give_back(name, holder), lambda: None)
