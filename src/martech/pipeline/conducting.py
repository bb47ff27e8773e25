"""Leading an operation from effect to effect, and putting each into the pipeline's hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from martech.errors import AlreadySent, MartechError, UnexpectedResponse
from martech.provider.operations.base import OPERATION_EFFECTS, Allowed, foreign
from martech.wire import Effect, Emit, Fork, Kind, Pause, Request, Take, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from martech.pipeline.calling import Line
    from martech.pipeline.observing import WatchedOperation
    from martech.pipeline.underway import Underway

__all__ = ["FLOW_EFFECTS", "OPERATION_EFFECTS", "STREAM_EFFECTS", "Call", "conduct"]

T = TypeVar("T")

FLOW_EFFECTS: Allowed = (*OPERATION_EFFECTS, Pause)
"""What a flow may await."""
STREAM_EFFECTS: Allowed = (*FLOW_EFFECTS, Take, Emit)
"""What a streaming flow may await."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is being done: which operation, what it may await, how long it waits in line."""

    operation: str
    allowed: Allowed = OPERATION_EFFECTS
    longest_wait_seconds: float = 30.0
    unsigned: bool = False
    """Whether requests go out without credentials: those of a login."""
    locating: bool = False
    patient: bool = False
    """Whether it is bulk work that leaves the line to others."""
    watched: WatchedOperation | None = None
    """The operation under observation, where somebody looks."""


async def conduct(line: Line, work: Coroutine[Any, Any, T], call: Call) -> T:
    """Run an operation to its end: its effects go through the pipeline, their answers back into it.

    Awaits only what a driver performs: `Exchange`, `Pause`, `Acquire`, `Fork`, `Consult`, and the plain `Now`,
    `NewId`, `Take` and `Emit`.
    """
    resume: Callable[[Any], Any] = work.send
    value: Any = None
    sent: Underway | None = None
    try:
        while True:
            try:
                effect = resume(value)
            except StopIteration as done:
                result: T = done.value
                if sent is not None:
                    await sent.accepted(result)
                return result
            except UnexpectedResponse:
                raise
            except BaseException:
                if sent is not None:
                    await sent.accepted()
                raise
            if not isinstance(effect, call.allowed):
                resume, value = work.throw, foreign(effect, call.allowed)
                continue
            try:
                if sent is not None:
                    await sent.accepted()
                if type(effect) is Request and effect.kind is Kind.SEND:
                    value, sent = await line.send(effect, call)
                else:
                    value = await _perform(line, effect, call)
                resume = work.send
            except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine that waits, whatever it is
                resume, value = work.throw, error
                if isinstance(effect, Together):
                    for operation in effect.operations:
                        operation.close()
    except AlreadySent as earlier:
        if earlier.result is not None:
            first: T = earlier.result
            return first
        earlier.placed(provider=line.provider.name, operation=call.operation)
        raise
    except UnexpectedResponse as unreadable:
        unreadable.placed(provider=line.provider.name, operation=call.operation)
        unreadable.without(line.secrets())
        if sent is None:
            raise
        # An answer came and nobody can read it: the send may have gone out.
        unknown = await sent.unreadable(unreadable)
        unknown.without(line.secrets())
        raise unknown from unreadable
    except MartechError as error:
        error.placed(provider=line.provider.name, operation=call.operation)
        error.without(line.secrets())
        raise
    except RuntimeError as error:
        # asyncio says so itself where there is no loop; one mistake has the same words on both faces.
        if "no running event loop" in str(error):
            raise foreign("something of asyncio's", call.allowed) from error
        raise
    finally:
        work.close()


async def _perform(line: Line, effect: Effect[Any], call: Call) -> Any:
    if type(effect) is Request:
        return await line.call(effect, call)
    if isinstance(effect, Together):
        members = [conduct(line, operation, call) for operation in effect.operations]
        try:
            return await Fork(members, max(1, effect.at_most))
        finally:
            for operation in effect.operations:
                operation.close()
    return await effect
