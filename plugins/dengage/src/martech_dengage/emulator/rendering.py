"""The template language of contents, as far as it was seen (C1, C4).

`{%= $Current.field %}` and `{%= $Contact.column %}` print a value, with `|| 'x'` as what stands for nothing;
`{% if ($Current.field) { %} … {% } %}` keeps a block; `{{unsubscribe-link}}` is the link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["render"]

_TAG = re.compile(r"\{%(=?)(.*?)%\}", re.DOTALL)
_VALUE = re.compile(r"\$(Current|Contact)\.([\w.]+)")
_FALLBACK = re.compile(r"\|\|\s*(['\"])(.*?)\1", re.DOTALL)
_CONDITION = re.compile(r"^\s*if\s*\((.*)\)\s*\{\s*$", re.DOTALL)
_UNSUBSCRIBE = "{{unsubscribe-link}}"


def render(text: str, *, current: Mapping[str, Any], contact: Mapping[str, Any], unsubscribe_link: str) -> str:
    """Return a text with its places filled; what is not known is nothing."""
    if "{%" in text:
        text = _filled(text, {"Current": current, "Contact": contact})
    return text.replace(_UNSUBSCRIBE, unsubscribe_link) if _UNSUBSCRIBE in text else text


def _filled(text: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    done: list[str] = []
    open_blocks: list[bool] = []
    end = 0
    for tag in _TAG.finditer(text):
        if all(open_blocks):
            done.append(text[end : tag.start()])
        end = tag.end()
        prints, inside = tag[1], tag[2]
        if condition := _CONDITION.match(inside):
            open_blocks.append(bool(_value(condition[1], known)))
        elif inside.strip() == "}" and open_blocks:
            open_blocks.pop()
        elif prints and all(open_blocks):
            done.append(_printed(inside, known))
    return "".join(done) + text[end:]


def _printed(expression: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    value = _value(expression, known)
    if not value and (fallback := _FALLBACK.search(expression)):
        return fallback[2]
    return "" if value is None else str(value)


def _value(expression: str, known: Mapping[str, Mapping[str, Any]]) -> Any:
    if not (found := _VALUE.search(expression)):
        return None
    value: Any = known[found[1]]
    for name in found[2].split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
