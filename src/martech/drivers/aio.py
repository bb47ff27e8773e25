"""The driver for asyncio: it awaits where the other one blocks, and forks with tasks."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from martech.errors import ClientClosed, MartechError
from martech.wire import (
    Acquire,
    Consult,
    Effect,
    Emit,
    Exchange,
    Fork,
    HttpRequest,
    NewId,
    Now,
    Outcome,
    Pause,
    Response,
    Take,
)

if TYPE_CHECKING:
    from martech.drivers.clock import Clock

__all__ = ["AsyncDriver", "AsyncTransport"]

T = TypeVar("T")


class AsyncTransport(Protocol):
    """What carries one request to its answer."""

    async def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...

    def abandon(self) -> None:
        """Forget every connection without closing it: its event loop has ended."""
        ...


class AsyncDriver:
    """Performs what a coroutine awaits, on the running event loop."""

    def __init__(
        self, transport: AsyncTransport, clock: Clock, *, new_id: Callable[[], str] | None = None, tasks: int = 100
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._new_id = new_id or (lambda: str(uuid.uuid4()))
        self._tasks = tasks
        self._thread: ThreadPoolExecutor | None = None
        self._closed = False

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end. Whatever happens is thrown into it, and it is closed always."""
        resume: Callable[[Any], Any] = work.send
        value: Any = None
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    result: T = done.value
                    return result
                try:
                    value = await self.perform(effect)
                    resume = work.send
                except BaseException as error:  # noqa: BLE001 - cancellation included: a send must be recorded
                    resume, value = work.throw, error
        finally:
            work.close()

    def stream(
        self, work: Coroutine[Any, Any, None], inputs: Iterable[Any] | AsyncIterable[Any]
    ) -> AsyncIterator[Any]:
        """Return an asynchronous iterator over what a streaming flow emits."""
        return _Stream(self, work, inputs)

    async def perform(self, effect: Effect[Any]) -> Any:
        """Do what an effect asks for and return its answer."""
        if isinstance(effect, Exchange):
            return await self._transport.exchange(effect.request)
        if isinstance(effect, Now):
            return self._clock.now()
        if isinstance(effect, NewId):
            return self._new_id()
        if isinstance(effect, Acquire):
            return await self._acquire(effect)
        if isinstance(effect, Pause):
            return await self._pause(effect)
        if isinstance(effect, Fork):
            return await self._fork(effect)
        if isinstance(effect, Consult):
            return await self._consult(effect.function)
        raise TypeError(f"no driver performs {type(effect).__name__}")

    def abandon(self) -> None:
        """Give up connections whose event loop has ended, so that they can no longer be closed."""
        self._transport.abandon()

    async def close(self) -> None:
        """Let go of every connection."""
        self._closed = True
        await self._transport.close()
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None

    # ── the primitives ───────────────────────────────────────────────────────────────────────────────────────

    async def _pause(self, effect: Pause) -> None:
        await self._clock.asleep(effect.seconds)
        if self._closed:
            raise ClientClosed("this client was closed while a call was waiting")

    async def _acquire(self, effect: Acquire) -> None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()

        def come() -> None:
            # Called by whoever releases, perhaps in another thread or loop. If this waiter is gone, hand it on.
            try:
                loop.call_soon_threadsafe(lambda: effect.mutex.release() if turn.done() else turn.set_result(None))
            except RuntimeError:  # its loop is closed
                effect.mutex.release()

        if effect.mutex.enter(come):
            return
        try:
            await turn
        except BaseException:
            if not effect.mutex.leave(come) and turn.done() and not turn.cancelled():
                effect.mutex.release()
            turn.cancel()
            raise

    async def _fork(self, effect: Fork[Any]) -> Sequence[Outcome[Any]]:
        gate = asyncio.Semaphore(min(effect.at_most, self._tasks))

        async def one(coroutine: Coroutine[Any, Any, Any]) -> Outcome[Any]:
            async with gate:
                try:
                    return Outcome(await self.run(coroutine))
                except MartechError as error:
                    return Outcome(error=error)

        tasks = [asyncio.ensure_future(one(coroutine)) for coroutine in effect.coroutines]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            for coroutine in effect.coroutines:
                with suppress(ValueError, RuntimeError):
                    coroutine.close()

    async def _consult(self, function: Callable[[], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "martech-state")
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)


class _Stream(Generic[T]):
    """An asynchronous iterator over what a streaming flow emits."""

    def __init__(
        self, driver: AsyncDriver, work: Coroutine[Any, Any, None], inputs: Iterable[Any] | AsyncIterable[Any]
    ) -> None:
        self._driver, self._work = driver, work
        self._async_inputs = aiter(inputs) if isinstance(inputs, AsyncIterable) else None
        self._inputs = iter(()) if isinstance(inputs, AsyncIterable) else iter(inputs)
        self._resume: Callable[[Any], Any] = work.send
        self._value: Any = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._ended:
            raise StopAsyncIteration
        try:
            while True:
                try:
                    effect = self._resume(self._value)
                except StopIteration:
                    raise StopAsyncIteration from None
                self._resume, self._value = self._work.send, None
                if isinstance(effect, Emit):
                    result: T = effect.result
                    return result
                try:
                    self._value = (
                        await self._take(effect.n)
                        if isinstance(effect, Take)
                        else await self._driver.perform(effect)
                    )
                except BaseException as error:  # noqa: BLE001 - it belongs to the flow that waits
                    self._resume, self._value = self._work.throw, error
        except BaseException:
            await self.aclose()
            raise

    async def _take(self, n: int) -> list[Any]:
        if self._async_inputs is None:
            return list(islice(self._inputs, n))
        taken: list[Any] = []
        while len(taken) < n:
            try:
                taken.append(await anext(self._async_inputs))
            except StopAsyncIteration:
                break
        return taken

    async def aclose(self) -> None:
        """End the flow; what it emitted stays done."""
        self._ended = True
        self._work.close()

    def __del__(self) -> None:
        self._work.close()
