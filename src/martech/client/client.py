"""`Client` and `AsyncClient`: one account at one provider, behind the same words everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from martech.client.engine import AsyncEngine, BlockingEngine
from martech.client.options import clock_for, line_for
from martech.client.rows import Rows
from martech.provider.runner import Blocking, NonBlocking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from martech.drivers.aio import AsyncDriver
    from martech.provider.contract import Provider

__all__ = ["AsyncClient", "Client"]


class Client(Rows[Blocking]):
    """One account at one provider; its methods block.

    ::

        with Client("acme", user="…", password="…") as client:
            client.contacts.get("ada@example.org")

    A client may be shared between threads. Nothing is sent before the first call.
    """

    def _engine(self, provider: Provider, options: Mapping[str, Any]) -> BlockingEngine:
        from martech.drivers.blocking import BlockingDriver
        from martech.drivers.http import BlockingHttp

        clock = clock_for(provider, options)

        def driver() -> BlockingDriver:
            http = BlockingHttp(options.get("http"), app=options.get("app"))
            return BlockingDriver(http, clock, new_id=options.get("new_id"))

        self._blocking_engine = BlockingEngine(line_for(provider, options), driver)
        return self._blocking_engine

    def close(self) -> None:
        """Let go of every connection. Twice is once."""
        self._blocking_engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(Rows[NonBlocking]):
    """One account at one provider; its methods are coroutines for asyncio.

    ::

        async with AsyncClient("acme", user="…", password="…") as client:
            await client.contacts.get("ada@example.org")
    """

    def _engine(self, provider: Provider, options: Mapping[str, Any]) -> AsyncEngine:
        clock = clock_for(provider, options)

        def driver() -> AsyncDriver:
            from martech.drivers.aio import AsyncDriver
            from martech.drivers.http import AsyncHttp

            http = AsyncHttp(options.get("http"), app=options.get("app"))
            return AsyncDriver(http, clock, new_id=options.get("new_id"))

        self._async_engine = AsyncEngine(line_for(provider, options), driver)
        return self._async_engine

    async def close(self) -> None:
        """Let go of every connection. Twice is once."""
        await self._async_engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
