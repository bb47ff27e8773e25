"""Effects: what a coroutine may await here, and nothing else.

An operation is an ordinary `async def` that awaits effects. An effect is a plain value that says what is wanted;
a driver does it and sends the answer back. Code that knows a vendor therefore never touches the network, the
clock, the disk or randomness, and the same code serves the blocking and the asyncio face.

============  =============================  ===================================================
effect        its answer                     who may await it
============  =============================  ===================================================
`Request`     `Response`                     operations (see `martech.wire.request`)
`Together`    one `Outcome` per operation    operations
`Now`         an aware `datetime`            operations
`NewId`       a fresh random UUID as text    operations
`Pause`       None, later                    flows: ours, several operations with waiting between
`Take`        up to `n` inputs of a stream   streaming flows
`Emit`        None                           streaming flows
============  =============================  ===================================================

What the pipeline then asks of a driver is in `martech.wire.primitives`.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from martech.errors import MartechError

__all__ = [
    "Effect",
    "Emit",
    "NewId",
    "Now",
    "Outcome",
    "Pause",
    "Take",
    "Together",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Effect(Generic[T_co]):
    """Something wanted from the driver; awaiting it gives the answer."""

    __slots__ = ()

    def __await__(self) -> Generator[Effect[Any], Any, T_co]:
        """Hand this effect to whoever drives the coroutine, and give back what is sent in return."""
        return cast("T_co", (yield self))


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of one of several operations: a value, or the error that stopped it."""

    _value: T | None = None
    error: MartechError | None = None

    @property
    def value(self) -> T:
        """The value; raises the error if there is one."""
        if self.error is not None:
            raise self.error
        return cast("T", self._value)


@dataclass(frozen=True, slots=True)
class Together(Effect[Sequence[Outcome[T]]]):
    """Several operations at once; one outcome per operation, in their order.

    A refusal of one does not stop the others. What is not an error of our tree stops them all.
    """

    operations: Sequence[Coroutine[Any, Any, T]]
    at_most: int = 8


@dataclass(frozen=True, slots=True)
class Now(Effect[datetime]):
    """The present time, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class NewId(Effect[str]):
    """A fresh random UUID (version 4) as text."""


@dataclass(frozen=True, slots=True)
class Pause(Effect[None]):
    """Wait. For flows and the pipeline; an operation that awaits it is refused."""

    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Take(Effect[Sequence[T]]):
    """Up to `n` further inputs of the stream this flow serves; empty at its end."""

    n: int


@dataclass(frozen=True, slots=True)
class Emit(Effect[None]):
    """Give one result to whoever iterates over this flow."""

    result: Any
