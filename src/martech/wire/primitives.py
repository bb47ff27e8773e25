"""What only the pipeline asks of a driver: one exchange, a turn, several coroutines at once, shared state."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from martech.wire.effects import Effect, Outcome
from martech.wire.response import Response

if TYPE_CHECKING:
    from martech.wire.mutex import Mutex
    from martech.wire.request import HttpRequest

__all__ = ["Acquire", "Consult", "Exchange", "Fork"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exchange(Effect[Response]):
    """One request on the wire and its whole answer; a `TransportError` if nobody answered."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Acquire(Effect[None]):
    """Wait until the mutex is ours. It is given back with `mutex.release()`, which never waits."""

    mutex: Mutex


@dataclass(frozen=True, slots=True)
class Fork(Effect[Sequence[Outcome[T]]]):
    """`Together`, once each of its operations has been put into the pipeline's hands."""

    coroutines: Sequence[Coroutine[Any, Any, T]]
    at_most: int


@dataclass(frozen=True, slots=True)
class Consult(Effect[T]):
    """Call a function that reads or writes shared state and may block."""

    function: Callable[[], T]
