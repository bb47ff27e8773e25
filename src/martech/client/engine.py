"""What stands behind a client: one provider, its line, and the driver of its face."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from martech.errors import ClientClosed, ConfigurationError
from martech.pipeline import Call, Line, conduct
from martech.pipeline.conducting import FLOW_EFFECTS, OPERATION_EFFECTS, STREAM_EFFECTS
from martech.wire import Pause

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence

    from martech.drivers.aio import AsyncDriver
    from martech.drivers.blocking import BlockingDriver
    from martech.models import LimitReport
    from martech.provider.contract import Provider

__all__ = ["AsyncEngine", "BlockingEngine", "Engine"]

T = TypeVar("T")
In = TypeVar("In")


class Engine:
    """What both faces share."""

    blocking: bool

    def __init__(self, line: Line) -> None:
        self._line = line
        self._closed = False
        self._calls: dict[tuple[str, bool, bool], Call] = {}
        _LIVING.add(self)

    def after_fork(self) -> None:
        """Begin anew in a child process: connections, locks and tokens of the parent are not ours.

        Nothing of the parent's is closed, which would end its connections too; it is kept, and never used.
        """
        _PARENTS.append(self._line)
        self._line = Line(self._line.provider, self._line.options)

    @property
    def provider(self) -> Provider:
        """The provider behind the client."""
        return self._line.provider

    @property
    def line(self) -> Line:
        """The way to the vendor."""
        return self._line

    def limits(self) -> Sequence[LimitReport]:
        """Return the limits as declared or learned."""
        from martech.models import LimitReport

        return [
            LimitReport(
                name=declared.name,
                calls=(learned.calls if learned else None) or declared.calls,
                at_once=declared.at_once,
                per_seconds=(learned.per_seconds if learned else None) or declared.per_seconds,
                scope=declared.scope.value,
                remaining=learned.remaining if learned else None,
                resets_at=learned.resets_at if learned else None,
                learned=learned is not None,
                source=declared.source or None,
            )
            for declared, learned in self._line.limits.report()
        ]

    def run(self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False) -> T:
        """Run it, blocking."""
        del may_wait, patient
        raise self._wrong_face(work, name)

    async def arun(
        self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False
    ) -> T:
        """Run it on asyncio."""
        del may_wait, patient
        raise self._wrong_face(work, name)

    def stream(self, work: Coroutine[Any, Any, None], inputs: Iterable[In], name: str) -> Iterator[Any]:
        """Run a streaming flow, blocking."""
        del inputs
        raise self._wrong_face(work, name)

    def astream(
        self, work: Coroutine[Any, Any, None], inputs: Iterable[In] | AsyncIterable[In], name: str
    ) -> AsyncIterator[Any]:
        """Run a streaming flow on asyncio."""
        del inputs
        raise self._wrong_face(work, name)

    def _conducted(
        self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool, patient: bool
    ) -> Coroutine[Any, Any, T]:
        self._refuse_if_closed(work)
        call = self._call(name, may_wait=may_wait, patient=patient or may_wait)
        watched = self._line.observer.operation(call)
        if watched is None:
            return conduct(self._line, work, call)
        return watched.around(conduct(self._line, work, replace(call, watched=watched)))

    def _streaming(self, work: Coroutine[Any, Any, None], name: str) -> Coroutine[Any, Any, None]:
        self._refuse_if_closed(work)
        patience = self._line.options.patience_seconds
        call = Call(name, STREAM_EFFECTS, longest_wait_seconds=patience, patient=True)
        watched = self._line.observer.operation(call)
        if watched is None:
            return conduct(self._line, work, call)
        return watched.around(conduct(self._line, work, replace(call, watched=watched)))

    def _call(self, name: str, *, may_wait: bool, patient: bool) -> Call:
        try:
            return self._calls[name, may_wait, patient]
        except KeyError:
            options = self._line.options
            longest = options.patience_seconds if patient else options.max_wait_seconds
            effects = FLOW_EFFECTS if may_wait else OPERATION_EFFECTS
            call = Call(name, effects, longest_wait_seconds=longest, patient=patient)
            return self._calls.setdefault((name, may_wait, patient), call)

    def _refuse_if_closed(self, work: Coroutine[Any, Any, Any]) -> None:
        if self._closed:
            work.close()
            raise ClientClosed("this client has been closed", provider=self.provider.name)

    def _wrong_face(self, work: Coroutine[Any, Any, Any], name: str) -> ConfigurationError:
        work.close()
        return ConfigurationError("this client has the other face", operation=name)


class BlockingEngine(Engine):
    """Runs a client's coroutines with the driver that blocks."""

    blocking = True

    def __init__(self, line: Line, make_driver: Callable[[], BlockingDriver]) -> None:
        super().__init__(line)
        self._make_driver = make_driver
        self._driver = make_driver()

    def after_fork(self) -> None:
        """Begin anew in a child process."""
        super().after_fork()
        _PARENTS.append(self._driver)
        self._driver = self._make_driver()

    def run(self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False) -> T:
        """Run it."""
        return self._driver.run(self._conducted(work, name, may_wait=may_wait, patient=patient))

    def stream(self, work: Coroutine[Any, Any, None], inputs: Iterable[In], name: str) -> Iterator[Any]:
        """Run a streaming flow."""
        return self._driver.stream(self._streaming(work, name), inputs)

    def let_pass(self, seconds: float) -> None:
        """Wait by the client's clock.

        Raises:
            ClientClosed: The client was closed meanwhile.
        """
        self._driver.perform(Pause(seconds))

    def close(self) -> None:
        """Let go of every connection. Twice is once."""
        if not self._closed:
            self._closed = True
            self._driver.close()


class AsyncEngine(Engine):
    """Runs a client's coroutines on asyncio, with one driver per event loop."""

    blocking = False

    def __init__(self, line: Line, make_driver: Callable[[], AsyncDriver]) -> None:
        super().__init__(line)
        self._make_driver = make_driver
        self._drivers: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncDriver] = WeakKeyDictionary()

    def after_fork(self) -> None:
        """Begin anew in a child process, whose event loop is another one too."""
        super().after_fork()
        _PARENTS.append(self._drivers)
        self._drivers = WeakKeyDictionary()

    async def arun(
        self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False
    ) -> T:
        """Run it."""
        return await self._driver(work).run(self._conducted(work, name, may_wait=may_wait, patient=patient))

    def astream(
        self, work: Coroutine[Any, Any, None], inputs: Iterable[In] | AsyncIterable[In], name: str
    ) -> AsyncIterator[Any]:
        """Run a streaming flow."""
        return self._driver(work).stream(self._streaming(work, name), inputs)

    def _driver(self, work: Coroutine[Any, Any, Any]) -> AsyncDriver:
        # Connections belong to the loop they were made on, so each loop has a driver of its own.
        import asyncio

        self._refuse_if_closed(work)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise ConfigurationError(
                "AsyncClient works inside a running event loop", hint="use Client in blocking code"
            ) from None
        driver = self._drivers.get(loop)
        if driver is None:
            driver = self._drivers[loop] = self._make_driver()
        return driver

    async def close(self) -> None:
        """Let go of every connection, on whichever loop it was made. Twice is once."""
        import asyncio

        if self._closed:
            return
        self._closed = True
        here = asyncio.get_running_loop()
        others = [(loop, driver) for loop, driver in self._drivers.items() if loop is not here]
        driver = self._drivers.pop(here, None)
        if driver is not None:
            await driver.close()
        for loop, other in others:
            if not loop.is_running():
                other.abandon()
                continue
            # Connections can only be closed where they were made. That loop does it when it comes to it; one that
            # is blocked, perhaps waiting for us, is not waited for.
            closing = asyncio.run_coroutine_threadsafe(other.close(), loop)
            await asyncio.wait([asyncio.wrap_future(closing)], timeout=_CLOSING_SECONDS)


_CLOSING_SECONDS = 2.0
"""How long another event loop is waited for that is to close its connections."""
_LIVING: WeakSet[Engine] = WeakSet()
"""Every engine of this process, for the moment after a fork."""
_PARENTS: list[object] = []
"""What belongs to the process we were forked from."""


def _begin_anew() -> None:
    for engine in list(_LIVING):
        engine.after_fork()


if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=_begin_anew)
