"""What all rows of the contract share: the fence around a plugin's code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Generator, Mapping
from functools import wraps
from types import coroutine
from typing import Any, ClassVar, TypeVar, cast

from martech.errors import ForeignAwait, UnsupportedOperation
from martech.provider.words import No, Word, refusal_of
from martech.wire import Effect, NewId, Now, Request, Together

__all__ = ["OPERATION_EFFECTS", "Extra", "Operations", "fenced", "undeclared"]

T = TypeVar("T")
RowT = TypeVar("RowT", bound="Operations")

Extra = Mapping[str, Any]
"""Vendor-only input, already narrowed to this provider."""

Allowed = tuple[type[Effect[Any]], ...]

OPERATION_EFFECTS: Allowed = (Request, Together, Now, NewId)
"""What an operation may await."""


def undeclared() -> UnsupportedOperation:
    """Return the error for a verb that a plugin neither defines nor refuses. The kit does not let one pass."""
    return UnsupportedOperation("the plugin does not say whether it can do this", word=Word.NOT_WRITTEN.value)


class Operations:
    """One row of the contract: its verbs as `async def` methods that await effects.

    A plugin's class defines the verbs it has and names one of the four words for the others. Every verb a subclass
    defines is fenced: it refuses declined arguments, and awaits effects of an operation and nothing else.
    """

    row: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, value in list(vars(cls).items()):
            if inspect.iscoroutinefunction(value) and is_verb(cls, name):
                setattr(cls, name, _guarded(value))

    @classmethod
    def verbs(cls) -> tuple[str, ...]:
        """Return the names of the contract's operations of this row, in its order."""
        contract = next(base for base in reversed(cls.__mro__) if base.__dict__.get("row"))
        return tuple(
            name for name, value in vars(contract).items() if inspect.iscoroutinefunction(value) and name[0] != "_"
        )


def is_verb(cls: type[Operations], name: str) -> bool:
    """Return whether a method of a subclass is one of the contract's operations."""
    contract = next((base for base in reversed(cls.__mro__) if base.__dict__.get("row")), cls)
    return contract is not cls and not name.startswith("_") and name in vars(contract)


def no_row(contract: type[RowT], no: No) -> RowT:
    """Return a row of which a provider has nothing, for one reason."""
    refusing = type(f"No{contract.__name__}", (contract,), dict.fromkeys(contract.verbs(), no))
    return cast("RowT", refusing())


def _guarded(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
    declined: Mapping[str, Mapping[Any, No]] = function.__dict__.get("declines", {})
    names = tuple(inspect.signature(function).parameters)[1:]
    missing = set(declined) - set(names)
    if missing:
        raise TypeError(f"{function.__qualname__} declines {sorted(missing)}, which it does not take")

    @wraps(function)
    async def guarded(self: Any, *args: Any, **options: Any) -> T:
        if declined:
            given = dict(zip(names, args, strict=False)) | options
            no = refusal_of(declined, given)
            if no is not None:
                raise no.error()
        return await fenced(function(self, *args, **options), OPERATION_EFFECTS)

    return guarded


@coroutine
def fenced(inner: Coroutine[Any, Any, T], allowed: Allowed) -> Generator[Any, Any, T]:
    """Run a coroutine and let only `allowed` effects through; anything else is refused at its own `await`.

    Raises:
        ForeignAwait: Inside `inner`, where it awaited something else.
    """
    resume: Callable[[Any], Any] = inner.send
    value: Any = None
    try:
        while True:
            try:
                effect = resume(value)
            except StopIteration as done:
                result: T = done.value
                return result
            except RuntimeError as error:
                # asyncio says so itself where there is no loop; one mistake has the same words on both faces.
                if "no running event loop" in str(error):
                    raise foreign("something of asyncio's", allowed) from error
                raise
            if not isinstance(effect, allowed):
                resume, value = inner.throw, foreign(effect, allowed)
                continue
            try:
                value = yield effect
                resume = inner.send
            except BaseException as error:  # noqa: BLE001 - whatever happens belongs to the coroutine that waits
                resume, value = inner.throw, error
    finally:
        inner.close()


def foreign(awaited: object, allowed: Allowed) -> ForeignAwait:
    """Return the error for an await that is not allowed here."""
    what = awaited if isinstance(awaited, str) else type(awaited).__name__
    may = ", ".join(effect.__name__ for effect in allowed)
    return ForeignAwait(
        f"this code awaited {what}; it may await only {may}",
        hint="describe what is wanted as an effect, and let the driver wait",
    )
