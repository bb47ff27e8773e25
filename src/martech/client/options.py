"""What may be said about any client, whatever its provider, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from martech.errors import ConfigurationError
from martech.pipeline import Line, MemoryGuard, MemoryLimits, Options
from martech.wire import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martech.drivers.clock import Clock
    from martech.drivers.http import HttpOptions
    from martech.pipeline import LimitStore, RetryPolicy, SendGuard
    from martech.provider.contract import Provider
    from martech.wire import HttpRequest, Response

__all__ = ["OPTION_NAMES", "ClientOptions", "clock_for", "line_for"]


class ClientOptions(TypedDict, total=False):
    """What may be said about any client, whatever its provider.

    * `max_wait_seconds`: the longest wait for a limit outside of bulk work, before `RateLimited` (30).
    * `patience_seconds`: the longest single wait inside bulk work (3600).
    * `timeout_seconds`: how long to wait for each answer (30, or what the vendor asks for).
    * `retry`: a `RetryPolicy`.
    * `http`: an `HttpOptions`: proxy, CA file, pool sizes.
    * `limits`, `guard`: where limits and sends are kept; in memory by default.
    * `speed`, `speed_since`: how fast an emulator's clock runs, and since when; only on this machine.
    * `clock`, `new_id`, `app`: a clock, a maker of ids, and a function that answers in process, for tests.
    """

    max_wait_seconds: float
    patience_seconds: float
    timeout_seconds: float
    retry: RetryPolicy
    http: HttpOptions
    limits: LimitStore
    guard: SendGuard
    speed: float
    speed_since: datetime | str
    clock: Clock
    new_id: Callable[[], str]
    app: Callable[[HttpRequest], Response]


OPTION_NAMES = frozenset(ClientOptions.__annotations__)


def line_for(provider: Provider, options: Mapping[str, Any]) -> Line:
    """Return the way to the vendor that a client's options ask for."""
    usual = Options()
    return Line(
        provider,
        Options(
            max_wait_seconds=options.get("max_wait_seconds", usual.max_wait_seconds),
            patience_seconds=options.get("patience_seconds", usual.patience_seconds),
            timeout_seconds=options.get("timeout_seconds", usual.timeout_seconds),
            retry=options.get("retry", usual.retry),
            limits=options.get("limits") or MemoryLimits(),
            guard=options.get("guard") or MemoryGuard(),
        ),
    )


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
