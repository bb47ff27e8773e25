"""What may be said about any client, whatever its provider, and what is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from martech.errors import ConfigurationError
from martech.pipeline import Line, MemoryGuard, MemoryLimits, Options
from martech.pipeline.hooking import hooked
from martech.registry import client_hooks
from martech.wire import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import SecretStr

    from martech.delivery.sandbox import Sandbox
    from martech.drivers.clock import Clock
    from martech.drivers.http import HttpOptions
    from martech.flows.reaching import Bounds
    from martech.pipeline import LimitStore, RetryPolicy, SendGuard
    from martech.pipeline.breaking import Breakers
    from martech.provider.contract import Provider
    from martech.stores.state import State
    from martech.wire import HttpRequest, Response

__all__ = ["OPTION_NAMES", "ClientOptions", "clock_for", "line_for"]


class ClientOptions(TypedDict, total=False):
    """What may be said about any client, whatever its provider.

    * `max_wait_seconds`: the longest wait for a limit outside of bulk work, before `RateLimited` (30).
    * `patience_seconds`: the longest single wait inside bulk work (3600).
    * `timeout_seconds`: how long to wait for each answer (30, or what the vendor asks for).
    * `retry`: a `RetryPolicy`.
    * `http`: an `HttpOptions`: proxy, CA file, pool sizes.
    * `state`: where limits, tokens and sends are kept for all processes: `sqlite:///…`, `postgresql://…`, or a
      `State`; in the memory of this client by default. `redis://…` keeps limits and tokens, but no sends.
    * `ledger`: the database of sends beside such a state: `sqlite:///…` or `postgresql://…`. Without one, the same
      key may send again from another process or after a restart.
    * `state_key`: what tokens are encrypted with there: a Fernet key or a passphrase.
    * `limits`, `guard`: where limits and sends are kept, each for itself; by default as `state` says.
    * `sandbox`: a `Sandbox`, or its text: whom this client may reach. `MARTECH_SANDBOX` holds besides it.
    * `read_only`: refuses every request that is more than a reading, before it goes out.
    * `hooks`: objects or modules with `martech_before_send` or `martech_request_finished` (`ClientHooks`).
    * `alias`: how logs, spans and hooks call the account; by default as shared state does.
    * `speed`, `speed_since`: how fast an emulator's clock runs, and since when; only on this machine.
    * `clock`, `new_id`, `app`: a clock, a maker of ids, and a function that answers in process, for tests.
    """

    max_wait_seconds: float
    patience_seconds: float
    timeout_seconds: float
    retry: RetryPolicy
    http: HttpOptions
    state: str | State
    ledger: str | State
    state_key: SecretStr | str
    limits: LimitStore
    guard: SendGuard
    sandbox: Sandbox | str | Mapping[str, Any]
    read_only: bool
    hooks: Sequence[object]
    alias: str
    speed: float
    speed_since: datetime | str
    clock: Clock
    new_id: Callable[[], str]
    app: Callable[[HttpRequest], Response]


OPTION_NAMES = frozenset(ClientOptions.__annotations__)


def line_for(provider: Provider, options: Mapping[str, Any]) -> Line:
    """Return the way to the vendor that a client's options ask for."""
    usual = Options()
    state = _state(options)
    ledger = _ledger(options)
    bounds = _bounds(options)
    hooks = hooked([*client_hooks(), *options.get("hooks", ())])
    if bounds or hooks is not None:
        from martech.flows.reaching import with_reach

        provider = with_reach(provider, bounds)
    return Line(
        provider,
        Options(
            max_wait_seconds=options.get("max_wait_seconds", usual.max_wait_seconds),
            patience_seconds=options.get("patience_seconds", usual.patience_seconds),
            timeout_seconds=options.get("timeout_seconds", usual.timeout_seconds),
            retry=options.get("retry", usual.retry),
            limits=options.get("limits") or (MemoryLimits() if state is None else state.limits),
            leases=None if state is None else state.leases,
            tokens=None if state is None else state.tokens,
            guard=options.get("guard") or _guard(ledger or state),
            alias=options.get("alias"),
            hooks=hooks,
            breakers=_breakers(ledger or state),
            sandboxed=bool(bounds),
            read_only=options.get("read_only", False),
        ),
    )


def _bounds(options: Mapping[str, Any]) -> Sequence[Bounds]:
    """Return what bounds the sends of a client; importing it costs only those who are bounded."""
    if options.get("sandbox") is None and "MARTECH_SANDBOX" not in os.environ:
        return ()
    from martech.delivery.sandbox import sandboxes

    return sandboxes(options.get("sandbox"))


def _breakers(state: State | None) -> Breakers | None:
    if state is None or state.database is None:
        return None
    from martech.stores.breakers_sql import SqlBreakers

    return SqlBreakers(state.database)


def _state(options: Mapping[str, Any]) -> State | None:
    """Return the shared state a client asks for; importing it costs only those who share one."""
    state: State | str | None = options.get("state")
    if isinstance(state, str):
        from martech.stores import open_state

        return open_state(state, key=options.get("state_key"))
    if state is None and options.get("state_key") is not None:
        raise ConfigurationError("state_key is given and no state that it could seal")
    return state


def _ledger(options: Mapping[str, Any]) -> State | None:
    """Return where sends are kept, if not with the rest."""
    given: State | str | None = options.get("ledger")
    if isinstance(given, str):
        from martech.stores import open_state

        given = open_state(given)
    if given is not None and given.database is None:
        raise ConfigurationError("a ledger is a database: sqlite:///file or postgresql://user@host/name")
    return given


def _guard(state: State | None) -> SendGuard:
    """Return the ledger of a state that is a database; without one, sends are remembered by this process only."""
    if state is None:
        return MemoryGuard()
    if state.database is None:
        return state.guard_of_this_process()
    from martech.delivery.ledger import ledger_for

    return ledger_for(state.database, kept=state)


def clock_for(provider: Provider, options: Mapping[str, Any]) -> Clock:
    """Return the clock that a client's options ask for.

    Raises:
        ConfigurationError: A clock of another speed for something that is not on this machine.
    """
    from martech.drivers.clock import ScaledClock, SystemClock

    clock: Clock | None = options.get("clock")
    if clock is not None:
        return clock
    speed = options.get("speed", 1)
    if speed == 1:
        return SystemClock()
    hosts = [host.default for host in provider.hosts.values() if host.default is not None]
    if not all(is_loopback(address) for address in hosts):
        raise ConfigurationError("a clock of another speed is for emulators on this machine only")
    since = options.get("speed_since")
    if isinstance(since, str):
        since = datetime.fromisoformat(since)
    if since is None or since.tzinfo is None or not speed > 0:
        raise ConfigurationError(
            "a clock of another speed needs speed_since, an aware time, and a speed above zero"
        )
    return ScaledClock(speed=float(speed), since=since)
