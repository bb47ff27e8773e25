"""A first mapping, from what both sides have: to be read and changed by somebody who knows the data."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence

from martech.migration.mapping.rules import MappingRules
from martech.migration.mapping.translating import Schema, resolved
from martech.migration.mapping.values import narrows
from martech.models import AttributeType, ContactList, Segment

__all__ = ["proposed"]


def proposed(
    source: Mapping[str, AttributeType],
    target: Schema,
    *,
    lists: Sequence[ContactList] = (),
    segments: Sequence[Segment] = (),
) -> str:
    """Return a mapping as TOML, each rule with the reason for it behind it.

    Only what has to be said is said; the rest is there as comments, ready to be taken.
    """
    translation = resolved(MappingRules(), source, target)
    lines = [
        "# What becomes of each attribute on the way. Lines that begin with # show what would be done anyway.",
        "version = 1",
    ]
    taken = {route.target for route in translation.routes.values() if route.target is not None}
    free = [one.name for one in target.attributes if one.name not in taken]
    for name, route in sorted(translation.routes.items()):
        if route.target is not None:
            words = "; ".join(lost.detail for lost in route.lost if lost.detail)
            if any(lost.kind == "attribute_renamed" for lost in route.lost):
                lines += ["", f"[attributes.{_key(name)}]", f"to = {_text(route.target)}  # {words}"]
            elif words or route.target != name:
                lines += [
                    "",
                    f"# [attributes.{_key(name)}]",
                    f"# to = {_text(route.target)}  # {words or 'as it is there'}",
                ]
            continue
        close = _nearest(name, free)
        if close is not None:
            lines += ["", f"[attributes.{_key(name)}]", f"to = {_text(close)}  # the nearest name at the target"]
            kind = next(one.type for one in target.attributes if one.name == close)
            if narrows(source[name], kind) and kind.value in _CONVERTS:
                lines.append(f"convert = {_text(kind.value)}  # {source[name]} at the source")
            free.remove(close)
        else:
            lines += ["", f"[attributes.{_key(name)}]", "drop = true  # the target has no place for it"]
    lines += _segments(segments)
    lines += _lists(lists)
    return "\n".join(lines) + "\n"


_CONVERTS = frozenset({"text", "integer", "number", "boolean", "date", "datetime"})


def _segments(segments: Sequence[Segment]) -> Iterator[str]:
    for one in segments:
        yield from ("", f"# [segments.{_key(one.id)}]  # {_plain(one.name)}", "# as_list = true")


def _lists(lists: Sequence[ContactList]) -> Iterator[str]:
    for one in lists:
        yield from ("", f"# [lists.{_key(one.id)}]", f"# to = {_text(one.name)}")


def _nearest(name: str, among: Sequence[str]) -> str | None:
    bare = {_bare(one): one for one in among}
    if _bare(name) in bare:
        return bare[_bare(name)]
    close = difflib.get_close_matches(_bare(name), list(bare), n=1, cutoff=0.85)
    return bare[close[0]] if close else None


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _text(name)
