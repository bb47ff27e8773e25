"""The driver that blocks: it performs primitives in the calling thread, and forks with threads."""

from __future__ import annotations

import contextvars
import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from itertools import islice
from threading import BoundedSemaphore, Event, Lock, Thread
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
    Mutex,
    NewId,
    Now,
    Outcome,
    Pause,
    Response,
    Take,
)

if TYPE_CHECKING:
    from martech.drivers.clock import Clock

__all__ = ["BlockingDriver", "BlockingTransport"]

T = TypeVar("T")
Perform = Callable[["BlockingDriver", Any], Any]


class BlockingTransport(Protocol):
    """What carries one request to its answer."""

    def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...


class BlockingDriver:
    """Performs what a coroutine awaits, blocking. May be shared between threads."""

    def __init__(
        self,
        transport: BlockingTransport,
        clock: Clock,
        *,
        new_id: Callable[[], str] | None = None,
        threads: int = 16,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._new_id = new_id or (lambda: str(uuid.uuid4()))
        self._threads = BoundedSemaphore(threads)
        self._stop = Event()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
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
                    value = self.perform(effect)
                    resume = work.send
                except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt included: a send must be recorded
                    resume, value = work.throw, error
        finally:
            work.close()

    def stream(self, work: Coroutine[Any, Any, None], inputs: Iterable[Any]) -> Iterator[Any]:
        """Return an iterator over what a streaming flow emits."""
        return _Stream(self, work, inputs)

    def perform(self, effect: Effect[Any]) -> Any:
        """Do what an effect asks for and return its answer."""
        return _PERFORM[type(effect)](self, effect)

    def close(self) -> None:
        """Let go of every connection and wake whoever waits."""
        self._stop.set()
        self._transport.close()

    # ── the primitives ───────────────────────────────────────────────────────────────────────────────────────

    def _exchange(self, effect: Exchange) -> Response:
        return self._transport.exchange(effect.request)

    def _pause(self, effect: Pause) -> None:
        self._clock.sleep(effect.seconds, self._stop)
        if self._stop.is_set():
            raise ClientClosed("this client was closed while a call was waiting")

    def _acquire(self, effect: Acquire) -> None:
        turn = Event()
        if not effect.mutex.enter(turn.set):
            _wait_for(turn, effect.mutex)

    def _fork(self, effect: Fork[Any]) -> Sequence[Outcome[Any]]:
        return _Fork(self, effect).run()


class _Fork:
    """Several coroutines at once. The calling thread works along, so a fork inside a fork cannot starve."""

    def __init__(self, driver: BlockingDriver, effect: Fork[Any]) -> None:
        self._driver = driver
        self._coroutines = effect.coroutines
        self._at_most = effect.at_most
        self._outcomes: list[Outcome[Any]] = [Outcome()] * len(effect.coroutines)
        self._next = iter(range(len(effect.coroutines)))
        self._lock = Lock()
        self._broken: BaseException | None = None

    def run(self) -> Sequence[Outcome[Any]]:
        threads = self._driver._threads  # noqa: SLF001 - the cap is the driver's, the work is ours
        others: list[Thread] = []
        while len(others) + 1 < min(self._at_most, len(self._coroutines)) and threads.acquire(blocking=False):
            context = contextvars.copy_context()
            others.append(Thread(target=context.run, args=(self._work_and_give_back,), name="martech-fork"))
            others[-1].start()
        self._watched(self._work)
        for thread in others:
            while thread.is_alive():
                self._watched(thread.join)
        for coroutine in self._coroutines:
            coroutine.close()
        if self._broken is not None:
            raise self._broken
        return self._outcomes

    def _watched(self, step: Callable[[], None]) -> None:
        """Do one step; what breaks it stops the others, and is raised in the thread that forked."""
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt included
            self._broken = self._broken or error

    def _work_and_give_back(self) -> None:
        try:
            self._watched(self._work)
        finally:
            self._driver._threads.release()  # noqa: SLF001 - the cap is the driver's, the work is ours

    def _work(self) -> None:
        while self._broken is None:
            with self._lock:
                index = next(self._next, None)
            if index is None:
                return
            try:
                self._outcomes[index] = Outcome(self._driver.run(self._coroutines[index]))
            except MartechError as error:
                self._outcomes[index] = Outcome(error=error)


class _Stream(Generic[T]):
    """An iterator over what a streaming flow emits; inputs are taken as the flow asks for them."""

    def __init__(self, driver: BlockingDriver, work: Coroutine[Any, Any, None], inputs: Iterable[Any]) -> None:
        self._driver, self._work, self._inputs = driver, work, iter(inputs)
        self._resume: Callable[[Any], Any] = work.send
        self._value: Any = None
        self._ended = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._ended:
            raise StopIteration
        try:
            while True:
                effect = self._resume(self._value)
                self._resume, self._value = self._work.send, None
                if isinstance(effect, Emit):
                    result: T = effect.result
                    return result
                try:
                    self._value = (
                        list(islice(self._inputs, effect.n))
                        if isinstance(effect, Take)
                        else self._driver.perform(effect)
                    )
                except BaseException as error:  # noqa: BLE001 - it belongs to the flow that waits
                    self._resume, self._value = self._work.throw, error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the flow; what it emitted stays done."""
        self._ended = True
        self._work.close()

    def __del__(self) -> None:
        self.close()


def _wait_for(turn: Event, mutex: Mutex) -> None:
    try:
        turn.wait()
    except BaseException:
        if not mutex.leave(turn.set):
            mutex.release()
        raise


_PERFORM: dict[type[Effect[Any]], Perform] = {
    Exchange: BlockingDriver._exchange,  # noqa: SLF001 - the table of this module's own methods
    Now: lambda driver, _: driver._clock.now(),  # noqa: SLF001 - likewise
    NewId: lambda driver, _: driver._new_id(),  # noqa: SLF001 - likewise
    Pause: BlockingDriver._pause,  # noqa: SLF001 - likewise
    Acquire: BlockingDriver._acquire,  # noqa: SLF001 - likewise
    Fork: BlockingDriver._fork,  # noqa: SLF001 - likewise
    Consult: lambda _, effect: effect.function(),
}
