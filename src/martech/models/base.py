"""What all models share: frozen, exact about what was given, silent about persons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from martech.masking import mask

__all__ = ["PERSONAL", "Answer", "Model", "VendorWord"]

PERSONAL: dict[str, Any] = {"personal": True}
"""Marks a field whose value is personal data: `Field(json_schema_extra=PERSONAL)`; its repr is masked."""

VendorWord = str
"""A word in the vendor's own vocabulary, kept beside our word for it."""


class Model(BaseModel):
    """A frozen value of the neutral vocabulary.

    "Not given" and "clear it" are different: a field that was not set is left alone by every write, a field set
    to None is cleared. `given()` tells which. Its repr shows given fields only, personal ones masked.
    """

    # Texts are not kept for the next reading: an address is read once, and would stay in memory with its block.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=False,
        defer_build=True,
        cache_strings="keys",
    )

    _personal: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Collect the names of personal fields once."""
        super().__pydantic_init_subclass__(**options)
        cls._personal = frozenset(
            name for name, field in cls.model_fields.items() if field.json_schema_extra == PERSONAL
        )

    def given(self, name: str) -> bool:
        """Return whether the field was set, be it to None."""
        return name in self.model_fields_set

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield what a repr shows: given fields, masked where they are personal."""
        for name, value in super().__repr_args__():
            if name in self.model_fields_set:
                yield name, _Masked(value) if name in self._personal and value is not None else value

    def __str__(self) -> str:
        return repr(self)


class Answer(Model):
    """A value that came from a vendor: `raw` is its untouched answer, left out of repr, equality and JSON."""

    raw: Any = Field(default=None, repr=False, exclude=True)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.__dict__.copy(), other.__dict__.copy()
        mine.pop("raw", None)
        theirs.pop("raw", None)
        return mine == theirs

    def __hash__(self) -> int:
        return hash((type(self), *(repr(value) for name, value in self.__dict__.items() if name != "raw")))


class _Masked:
    """Stands for a personal value in a repr."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        if isinstance(self._value, str):
            return repr(hidden(self._value))
        if isinstance(self._value, (dict, list, tuple)):
            return f"<{len(self._value)} hidden>"
        return "<hidden>"


def hidden(text: str) -> str:
    """Return a personal text made unreadable: addresses and numbers recognisably so, the rest by a letter."""
    masked = mask(text)
    return masked if masked != text else f"{text[:1]}…"
