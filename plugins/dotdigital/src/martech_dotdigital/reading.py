"""Reading answers: v3 as they come, v2 without regard to the case of its names.

v2 takes and prints names in changing case (`Id` and `Status` in one published sample, `campaignID` beside
`campaignId` in others, S3), so a name is brought into one form before a shape is laid over it.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from martech.provider import Response, read

__all__ = ["plain", "read_v2", "read_v3", "shaped"]

T = TypeVar("T")

read_v3 = read


@cache
def _adapter(shape: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", shape))


def read_v2(shape: type[T], response: Response) -> T:
    """Return an answer of v2 in its shape.

    Raises:
        UnexpectedResponse: It is no JSON or differs; names the first place, never the value.
    """
    return shaped(shape, plain(response.json()), response)


def shaped(shape: type[T], value: Any, response: Response) -> T:
    """Return a part of an answer in its shape.

    Raises:
        UnexpectedResponse: It differs; names the first place, never the value.
    """
    try:
        checked: T = _adapter(cast("Hashable", shape)).validate_python(value)
    except ValidationError as wrong:
        where = ".".join(str(part) for part in wrong.errors(include_input=False, include_url=False)[0]["loc"])
        name = getattr(shape, "__name__", str(shape))
        raise response.unexpected(f"expected {name}, which differs at {where or 'its top'}") from None
    return checked


def plain(value: Any) -> Any:
    """Return JSON with every name in camel case: `Id`, `ID` and `id` are one, and so are `…ID` and `…Id`."""
    if isinstance(value, dict):
        return {_camel(name): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


@cache
def _camel(name: str) -> str:
    name = name.lower() if name.isupper() else name
    name = f"{name[:-2]}Id" if name.endswith("ID") else name
    name = f"{name[:-3]}Ids" if name.endswith("IDs") else name
    return name[:1].lower() + name[1:]
