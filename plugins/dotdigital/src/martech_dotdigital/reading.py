"""Reading answers: v3 as they come, v2 without regard to the case of its names.

v2 takes and prints names in changing case (`Id` and `Status` in one published sample, `campaignID` beside
`campaignId` in others, S3), so a name is brought into one form before a shape is laid over it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any, TypeVar, cast

import ijson
from pydantic import TypeAdapter, ValidationError

from martech.provider import Response, read

__all__ = ["plain", "read_v2", "read_v3", "rows", "shaped", "word"]

T = TypeVar("T")

read_v3 = read

_NO_MORE = object()
# The library has no types of its own.
_events = cast("Callable[[BytesIO], Iterator[tuple[str, str, object]]]", ijson.parse)
_values = cast("Callable[[BytesIO, str], Iterator[object]]", ijson.items)


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


def word(response: Response, name: str) -> str:
    """Return a text that an answer has under a name, without reading what comes after it.

    Raises:
        UnexpectedResponse: There is none, or no JSON before it.
    """
    with _as_json(response):
        found = next(_values(BytesIO(response.body), name), None)
    if not isinstance(found, str):
        raise response.unexpected(f"expected a text at {name}")
    return found


def rows(shape: type[T], response: Response, name: str) -> Iterator[T]:
    """Yield the rows of the list that an answer has under a name, each in its shape; none where there is no list.

    Only one row at a time becomes objects: whole, the report on 100,000 people takes several times its bytes.

    Raises:
        UnexpectedResponse: It is no JSON, something else is there, or a row differs; never names the value.
    """
    with _as_json(response):
        begins = next((event for prefix, event, _ in _events(BytesIO(response.body)) if prefix == name), "null")
    if begins not in ("start_array", "null"):
        raise response.unexpected(f"expected a list at {name}")
    found = _values(BytesIO(response.body), f"{name}.item")
    while True:
        with _as_json(response):
            row = next(found, _NO_MORE)
        if row is _NO_MORE:
            return
        yield shaped(shape, row, response)


@contextmanager
def _as_json(response: Response) -> Generator[None]:
    try:
        yield
    except ijson.JSONError:
        raise response.unexpected("expected JSON") from None


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
