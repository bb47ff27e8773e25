"""Reading what may not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from martech.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["found"]

T = TypeVar("T")


async def found(reading: Coroutine[Any, Any, T]) -> T | None:
    """Return what is read, or None if there is no such thing."""
    try:
        return await reading
    except NotFound:
        return None
