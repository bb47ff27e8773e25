"""What a resource hands its coroutines to, and the two marks that tell the faces apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable, Iterator, Sequence

    from martech.models import LimitReport
    from martech.provider.contract import Provider

__all__ = ["Blocking", "NonBlocking", "Runner"]

T = TypeVar("T")
In = TypeVar("In")


class Blocking:
    """Marks the face whose methods block."""


class NonBlocking:
    """Marks the face whose methods are coroutines for asyncio."""


class Runner(Protocol):
    """What a resource hands its coroutines to. `name` is `row.verb`.

    What `may_wait` is a flow; what is patient stands in line for a limit as long as flows do.
    """

    blocking: bool

    @property
    def provider(self) -> Provider:
        """The provider behind the client."""
        ...

    def limits(self) -> Sequence[LimitReport]:
        """Return the limits as they are known now."""
        ...

    def run(self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False) -> T:
        """Run it, blocking."""
        ...

    async def arun(
        self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False
    ) -> T:
        """Run it on asyncio."""
        ...

    def stream(self, work: Coroutine[Any, Any, None], inputs: Iterable[In], name: str) -> Iterator[Any]:
        """Run a streaming flow, blocking."""
        ...

    def astream(
        self, work: Coroutine[Any, Any, None], inputs: Iterable[In] | AsyncIterable[In], name: str
    ) -> AsyncIterator[Any]:
        """Run a streaming flow on asyncio."""
        ...
