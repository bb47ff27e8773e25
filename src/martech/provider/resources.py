"""One body, two faces: descriptors that turn a coroutine into a blocking and an asyncio method, both typed.

::

    class Contacts(Resource[M]):
        @operation
        async def get(self, ref: Identifier | str) -> Contact: ...

    Client(...).contacts.get(...)         # -> Contact
    AsyncClient(...).contacts.get(...)    # -> Coroutine[Contact]

`M` is a phantom: `Blocking` or `NonBlocking`. Overloads do not survive a descriptor; use unions.
"""

from __future__ import annotations

import inspect
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    Self,
    TypeVar,
    get_origin,
    get_type_hints,
    overload,
)

from martech.provider.listings import AsyncListing, Listing
from martech.wire import Emit, Take

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator

    from martech.models import Page
    from martech.provider.contract import Provider
    from martech.provider.runner import Blocking, NonBlocking, Runner

__all__ = [
    "Resource",
    "Streaming",
    "flow",
    "operation",
    "operations_in",
    "paged",
    "streamed",
]

P = ParamSpec("P")
T = TypeVar("T")
In = TypeVar("In")
Out = TypeVar("Out")
M = TypeVar("M")


class Resource(Generic[M]):
    """One row of a client. Its methods are one or two lines that call the contract or a flow."""

    row: ClassVar[str] = ""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @property
    def _provider(self) -> Provider:
        return self._runner.provider

    def __repr__(self) -> str:
        return f"<{self.row} of {self._runner.provider.title}>"


class _Face(Generic[P, T]):
    """What all descriptors share: both functions are built once, and bound when asked for."""

    _may_wait: ClassVar[bool] = False

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._blocking, self._nonblocking = self._faces(function, self._may_wait)
        for face in (self._blocking, self._nonblocking):
            face.__name__, face.__qualname__, face.__doc__ = (
                function.__name__,
                function.__qualname__,
                function.__doc__,
            )
            face.__wrapped__ = function  # type: ignore[attr-defined]  # what inspect.signature follows

    @staticmethod
    def _faces(function: Callable[..., Any], may_wait: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:  # noqa: FBT001 - private, called in one place
        verb = function.__name__

        def blocking(self: Resource[Any], *args: Any, **options: Any) -> Any:
            return self._runner.run(function(self, *args, **options), f"{self.row}.{verb}", may_wait=may_wait)

        async def nonblocking(self: Resource[Any], *args: Any, **options: Any) -> Any:
            work = function(self, *args, **options)
            return await self._runner.arun(work, f"{self.row}.{verb}", may_wait=may_wait)

        return blocking, nonblocking

    def _bound(self, obj: Resource[Any]) -> MethodType:
        return MethodType(self._blocking if obj._runner.blocking else self._nonblocking, obj)  # noqa: SLF001 - its own descriptor


class operation(_Face[P, T]):  # noqa: N801 - a decorator
    """One operation: it may await what an operation may, and waits for nothing but the vendor's answer."""

    @overload
    def __get__(self, obj: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Blocking], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, obj: Resource[NonBlocking], owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: Any = None) -> Any:
        """Return the method of the face that `obj` has."""
        return self if obj is None else self._bound(obj)


class flow(operation[P, T]):  # noqa: N801 - a decorator
    """Several operations with waiting between them; as patient as the vendor's limits ask for."""

    _may_wait = True


class paged(Generic[P, T]):  # noqa: N801 - a decorator
    """A listing: the function returns one page after a cursor, the method an iterator over all items."""

    def __init__(self, function: Callable[Concatenate[Any, str | None, P], Coroutine[Any, Any, Page[T]]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._blocking = self._face(Listing)
        self._nonblocking = self._face(AsyncListing)

    def _face(self, listing: type[Listing[Any]] | type[AsyncListing[Any]]) -> Callable[..., Any]:
        function = self._function
        verb = function.__name__

        def face(self: Resource[Any], *args: Any, **options: Any) -> Any:
            def page(cursor: str | None) -> Coroutine[Any, Any, Page[Any]]:
                return function(self, cursor, *args, **options)

            return listing(self._runner, f"{self.row}.{verb}", page)

        face.__name__, face.__qualname__, face.__doc__ = verb, function.__qualname__, function.__doc__
        face.__signature__ = _without_second(function, listing.__name__)  # type: ignore[attr-defined]  # inspect reads it
        return face

    @overload
    def __get__(self, obj: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Blocking], owner: Any = None) -> Callable[P, Listing[T]]: ...
    @overload
    def __get__(self, obj: Resource[NonBlocking], owner: Any = None) -> Callable[P, AsyncListing[T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: Any = None) -> Any:
        """Return the method of the face that `obj` has."""
        if obj is None:
            return self
        return MethodType(self._blocking if obj._runner.blocking else self._nonblocking, obj)  # noqa: SLF001 - its own descriptor


class Streaming(Generic[In, Out]):
    """What a streaming flow takes from and gives to: inputs of one type, results of another."""

    __slots__ = ()

    def take(self, n: int) -> Take[In]:
        """Return the effect that gives up to `n` further inputs; empty at the end."""
        return Take(n)

    def emit(self, result: Out) -> Emit:
        """Return the effect that hands one result to whoever iterates."""
        return Emit(result)


class streamed(Generic[In, P, Out]):  # noqa: N801 - a decorator
    """A flow from any iterable to an iterator of results, in bounded memory."""

    def __init__(
        self, function: Callable[Concatenate[Any, Streaming[In, Out], P], Coroutine[Any, Any, None]]
    ) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        self.__name__ = verb = function.__name__

        def blocking(self: Resource[Any], inputs: Iterable[Any], /, *args: Any, **options: Any) -> Any:
            work = function(self, Streaming(), *args, **options)
            return self._runner.stream(work, inputs, f"{self.row}.{verb}")

        def nonblocking(
            self: Resource[Any], inputs: Iterable[Any] | AsyncIterable[Any], /, *args: Any, **options: Any
        ) -> Any:
            work = function(self, Streaming(), *args, **options)
            return self._runner.astream(work, inputs, f"{self.row}.{verb}")

        self._blocking, self._nonblocking = blocking, nonblocking
        for face, gives in ((blocking, "Iterator"), (nonblocking, "AsyncIterator")):
            face.__name__, face.__qualname__, face.__doc__ = verb, function.__qualname__, function.__doc__
            face.__signature__ = _without_second(function, gives, keep="inputs")  # type: ignore[attr-defined]  # inspect reads it

    @overload
    def __get__(self, obj: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(
        self, obj: Resource[Blocking], owner: Any = None
    ) -> Callable[Concatenate[Iterable[In], P], Iterator[Out]]: ...
    @overload
    def __get__(
        self, obj: Resource[NonBlocking], owner: Any = None
    ) -> Callable[Concatenate[Iterable[In] | AsyncIterable[In], P], AsyncIterator[Out]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: Any = None) -> Any:
        """Return the method of the face that `obj` has."""
        if obj is None:
            return self
        return MethodType(self._blocking if obj._runner.blocking else self._nonblocking, obj)  # noqa: SLF001 - its own descriptor


def operations_in(resource: type[Resource[Any]], group: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the operations of a resource and of its groups: each as `group.verb`, with its function."""
    for name in (name for name in dir(resource) if not name.startswith("_")):
        value = inspect.getattr_static(resource, name)
        if isinstance(value, (_Face, paged, streamed)):
            yield group + name, value._function  # noqa: SLF001 - the descriptors of this module
        elif inspect.isfunction(value):
            yield group + name, value
    for name, hint in get_type_hints(resource).items():
        kind = get_origin(hint) or hint
        if isinstance(kind, type) and issubclass(kind, Resource):
            yield from operations_in(kind, f"{group}{name}.")


def _without_second(function: Callable[..., Any], returns: str, *, keep: str | None = None) -> inspect.Signature:
    """Return a signature for people: the second parameter gone or renamed, the return annotation replaced."""
    signature = inspect.signature(function)
    first, second, *others = signature.parameters.values()
    kept = (
        [second.replace(name=keep, annotation="Iterable", kind=inspect.Parameter.POSITIONAL_ONLY)] if keep else []
    )
    first = first.replace(kind=inspect.Parameter.POSITIONAL_ONLY) if keep else first
    return signature.replace(parameters=[first, *kept, *others], return_annotation=returns)
