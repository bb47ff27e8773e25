"""The four words for no, and how an operation says what it does not take.

Used in a class body, where a verb would stand::

    class AcmeLists(ListOperations):
        remove = not_offered("Acme cannot take a contact off a list.", instead="lists.delete")

or above one, for some values of an argument::

    @declines(channel={Channel.PUSH: not_offered("Acme keeps no push subscriptions.")})
    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None = None) -> None: ...

Either refuses before any request is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Any, NoReturn, TypeVar

from martech.errors import UnsupportedOperation
from martech.models import Identifier, Model

__all__ = [
    "ANY",
    "No",
    "Word",
    "assumes",
    "declines",
    "never",
    "not_enabled",
    "not_offered",
    "not_written",
    "observed",
]

F = TypeVar("F", bound=Callable[..., Any])


ANY: Any = ...
"""As a key of `declines`: whatever is given for that argument is refused, None excepted."""


class Word(StrEnum):
    """Why something is not done."""

    NOT_OFFERED = "not_offered"
    """The vendor has no such thing."""
    NOT_WRITTEN = "not_written"
    """The vendor has it; this plugin does not use it yet."""
    NEVER = "never"
    """It makes no sense at this vendor, or must not be done."""
    NOT_ENABLED = "not_enabled"
    """The vendor has it and this account may not use it; learned from the vendor."""


@dataclass(frozen=True, slots=True)
class No:
    """One refusal: which word, why, and what to do instead. Calling it raises it."""

    word: Word
    reason: str
    instead: str | None = None

    def error(self) -> UnsupportedOperation:
        """Return the refusal as an error."""
        return UnsupportedOperation(self.reason, word=self.word.value, instead=self.instead)

    def __call__(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse, wherever a verb would have been called."""
        raise self.error()


# Declared as Any, so that `remove = not_offered(…)` type-checks where the contract has a method.


def not_offered(reason: str, *, instead: str | None = None) -> Any:
    """Say that the vendor has no such thing."""
    return No(Word.NOT_OFFERED, reason, instead)


def not_written(reason: str, *, instead: str | None = None) -> Any:
    """Say that the vendor has it and this plugin does not use it yet."""
    return No(Word.NOT_WRITTEN, reason, instead)


def never(reason: str, *, instead: str | None = None) -> Any:
    """Say that it makes no sense at this vendor, or must not be done."""
    return No(Word.NEVER, reason, instead)


def not_enabled(reason: str, *, instead: str | None = None) -> Any:
    """Say that this account's plan or permission does not include it."""
    return No(Word.NOT_ENABLED, reason, instead)


def declines(**by_parameter: Mapping[Any, Any]) -> Callable[[F], F]:
    """Say which values of which arguments an operation does not take.

    A key is what is refused: a channel or another enum member, an `IdentifierKind` (for identifiers, alone or in
    a sequence), an `AudienceKind`, the name of a field or an enum member in one (of a query, options, a contact or
    a message that has it set), a yes-or-no field with its value (`("restore", False)`), or `ANY`.
    """

    def mark(function: F) -> F:
        function.__dict__["declines"] = by_parameter
        return function

    return mark


def assumes(assumption: str, *, settings: Sequence[str] = ()) -> Callable[[F], F]:
    """Say that an operation, the provider's own ones included, rests on something no page of the vendor documents.

    `settings` are those with which a user who knows better puts it right. What rests on several has several marks.
    """

    def mark(function: F) -> F:
        function.__dict__["assumptions"] = {
            assumption: tuple(settings),
            **function.__dict__.get("assumptions", {}),
        }
        return function

    return mark


def observed(where: str) -> Callable[[F], F]:
    """Say that an operation rests on what programs were seen to do, where no page of the vendor documents it."""

    def mark(function: F) -> F:
        function.__dict__["observed"] = where
        return function

    return mark


def facets(value: Any) -> Iterator[Any]:
    """Yield what a declined value can be recognised by."""
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return
    if isinstance(value, Identifier):
        yield value.kind
    elif isinstance(value, (Enum, str)):
        yield value
    elif isinstance(value, Model):
        for name in value.model_fields_set:
            one = getattr(value, name)
            if one not in (None, (), {}, frozenset()):
                yield name
            if isinstance(one, Enum):
                yield one
            elif isinstance(one, frozenset):
                yield from one
    elif is_dataclass(value) and not isinstance(value, type):
        for name, usual in _usual(type(value)):
            one = getattr(value, name)
            if one != usual:
                yield name
                if isinstance(one, (frozenset, set)):
                    yield from one
            if isinstance(one, Enum):
                yield one
            elif isinstance(one, bool):
                yield name, one
    elif isinstance(value, (frozenset, set)):
        yield from value
    elif isinstance(value, Sequence):
        # Contacts are looked at one by one where they are mapped, so that one of them cannot sink a batch.
        yield from (facet for one in value if isinstance(one, (Identifier, Enum)) for facet in facets(one))


@cache
def _usual(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass with what they are when nothing is said."""
    return tuple(
        (field.name, field.default if field.default_factory is MISSING else field.default_factory())
        for field in fields(kind)
    )


def refusal_of(declined: Mapping[str, Mapping[Any, No]], arguments: Mapping[str, Any]) -> No | None:
    """Return the first refusal that applies to these arguments, or None."""
    for name, table in declined.items():
        value = arguments.get(name)
        if value is not None and ANY in table:
            return table[ANY]
        if no := matching(table, facets(value)):
            return no
    return None


def matching(table: Mapping[Any, No], seen: Iterable[Any]) -> No | None:
    """Return the refusal of the first facet that a table names.

    Words of different enums may be spelt alike (`email` is a channel and an identifier kind), so a facet is known
    by its type as well; plain text stands for a word of any.
    """
    for facet in seen:
        if facet not in table:  # words spelt alike are equal, so this is never wrong, and nearly always the end
            continue
        for key, no in table.items():
            if key == facet and (type(key) is type(facet) or str in (type(key), type(facet))):
                return no
    return None
