"""Checking that an answer has the shape a plugin expects, when it arrives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pydantic import TypeAdapter

    from martech.wire import Response

__all__ = ["read"]

T = TypeVar("T")


@cache
def _adapter(shape: Hashable) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cast("Any", shape))


def read(shape: type[T], response: Response) -> T:
    """Return an answer's JSON in its shape, usually a `TypedDict`; what it has besides is left out.

    Raises:
        UnexpectedResponse: It is no JSON or differs; names the first place, never the value.
    """
    from pydantic import ValidationError

    try:
        answer: T = _adapter(cast("Hashable", shape)).validate_json(response.body)
    except ValidationError as wrong:
        where = ".".join(str(part) for part in wrong.errors(include_input=False, include_url=False)[0]["loc"])
        name = getattr(shape, "__name__", str(shape))
        raise response.unexpected(f"expected {name}, which differs at {where or 'its top'}") from None
    return answer
