"""Two ways to hand out much: by offset (v2, section 3) and by seeking behind a marker (v3, section 4)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.conventions.answers import Refused, answer, service_of, v2_refusal, v3_refusal
from martech_dotdigital.emulator.conventions.reading import INVALID, as_integer

__all__ = ["MOST_V2", "MOST_V3", "offset_window", "seek_limit", "seek_page"]

T = TypeVar("T")
MOST_V2 = 1000
"""The usual greatest `select`, and its default."""
MOST_V3 = 5000
"""The greatest `limit`, and its default (section 34 row 7)."""


def offset_window(
    incoming: Incoming, rows: Sequence[T], *, default: int = MOST_V2, most: int = MOST_V2
) -> Sequence[T]:
    """Return the rows that `select` and `skip` ask for; past the end there are none."""
    values = {name.lower(): value for name, value in incoming.query}
    select = as_integer(values.get("select", default))
    skip = as_integer(values.get("skip", 0))
    if select is None or not 1 <= select <= most:
        raise v2_refusal(400, INVALID, f"The select value must be between 1 and {most}.")
    if skip is None or skip < 0:
        raise v2_refusal(400, INVALID, "The skip value must not be negative.")
    return rows[skip : skip + select]


def seek_limit(incoming: Incoming, *, default: int = MOST_V3) -> int:
    """Return the `limit` of a v3 request."""
    limit = as_integer(incoming.arg("limit", str(default)))
    if limit is None or not 1 <= limit <= MOST_V3:
        raise _invalid(incoming, f"The limit value '{incoming.arg('limit')}' is invalid")
    return limit


def seek_page(
    incoming: Incoming,
    rows: Callable[[int, int], Sequence[tuple[int, T]]],
    shape: Callable[[T], Any],
    *,
    default: int = MOST_V3,
) -> Response:
    """Answer with one page of a v3 listing.

    `rows(after, count)` returns at most `count` rows behind the key `after`, ascending, each with its key.
    """
    limit = seek_limit(incoming, default=default)
    marker = incoming.arg("marker") or ""
    found = rows(_key(incoming, marker), limit + 1)
    links = {"self": _link(incoming, marker), "first": _link(incoming, "")}
    if len(found) > limit:
        # Clients test for the absence of `next`, so it is there only if there is more (section 4).
        links["next"] = _link(incoming, urlsafe_b64encode(f"after:{found[limit - 1][0]}".encode()).decode())
    return answer(200, {"_links": links, "_items": [shape(row) for _, row in found[:limit]]})


def _key(incoming: Incoming, marker: str) -> int:
    if not marker:
        return -1
    try:
        word, _, number = urlsafe_b64decode(marker).decode().partition(":")
        if word == "after":
            return int(number)
    except ValueError:
        pass
    raise _invalid(incoming, f"The marker value '{marker}' is invalid")


def _link(incoming: Incoming, marker: str) -> dict[str, str]:
    query = [(name, value) for name, value in incoming.query if name != "marker"]
    if marker:
        query.append(("marker", marker))
    tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
    return {"marker": marker, "link": f"{incoming.origin}{incoming.path}{tail}"}


def _invalid(incoming: Incoming, description: str) -> Refused:
    service = service_of(incoming.path)
    return v3_refusal(400, f"{service}:{'invalidFilter' if service == 'contacts' else 'badRequest'}", description)
