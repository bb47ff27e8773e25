"""One way to use either face, so that a promise is written once and kept twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self

from martech.client import AsyncClient, Client
from martech.emulation import Emulator
from martech.errors import MartechError
from martech.models import Contact, Identifier, IfNew
from martech.testing.connecting import Bench

__all__ = ["Drive", "FaceName"]

FaceName = Literal["blocking", "asyncio"]


class Drive:
    """A client of one face at a bench.

    `call(lambda client: client.contacts.get(ref))` returns what either gives.
    """

    def __init__(self, bench: Bench, face: FaceName, **options: Any) -> None:
        self.bench = bench
        self.face = face
        self._runner = asyncio.Runner() if face == "asyncio" else None
        self.client: Client | AsyncClient = (
            bench.aclient(**options) if face == "asyncio" else bench.client(**options)
        )

    @property
    def emulator(self) -> Emulator:
        """The pretended vendor."""
        return self.bench.emulator

    def call(self, ask: Callable[[Any], Any]) -> Any:
        """Return what a method gives."""
        given = ask(self.client)
        return given if self._runner is None else self._runner.run(_awaited(given))

    def all(self, ask: Callable[[Any], Any]) -> list[Any]:
        """Return everything a listing or stream gives."""
        if self._runner is None:
            return list(ask(self.client))
        return self._runner.run(_collected(lambda: ask(self.client)))

    def many(self, ask: Callable[[Any], Any], times: int) -> list[Any]:
        """Return what a method gives when called that often at once: by threads or by tasks."""
        if self._runner is None:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(times) as pool:
                return list(pool.map(lambda _: ask(self.client), range(times)))

        async def gathered() -> list[Any]:
            return list(await asyncio.gather(*(ask(self.client) for _ in range(times))))

        return self._runner.run(gathered())

    def requests(self, ask: Callable[[Any], Any], *, listing: bool = False) -> int:
        """Return how many requests a call makes, whatever becomes of it."""
        before = self.emulator.ledger.total
        with suppress(MartechError):
            self.all(ask) if listing else self.call(ask)
        return self.emulator.ledger.total - before

    @property
    def if_new(self) -> IfNew:
        """The safest thing to say about new people at this provider."""
        safest = IfNew.NOT_CONTACTABLE
        return safest if self.client.supports("contacts.upsert", if_new=safest) else IfNew.VENDOR_DEFAULT

    def ref(self, contact: Contact) -> Identifier:
        """Return by what this provider writes the contact."""
        kinds = self.client._provider.contacts.written_by  # noqa: SLF001 - the kit looks behind the client
        found = contact.identifier(*kinds)
        if found is None:
            raise AssertionError(f"the kit's person has none of {kinds}; override `person` in your test class")
        return found

    def close(self) -> None:
        """Close the client and its event loop."""
        self.call(lambda client: client.close())
        if self._runner is not None:
            self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _awaited(given: Any) -> Any:
    return await given


async def _collected(ask: Callable[[], AsyncIterator[Any] | Iterator[Any]]) -> list[Any]:
    given = ask()
    return [item async for item in given] if isinstance(given, AsyncIterator) else list(given)


def outcomes(results: Sequence[Any]) -> list[str]:
    """Return the outcomes of results, for comparing."""
    return [str(result.outcome) for result in results]
