"""What templates take from the vendor they were made at: places that name attributes, and images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from martech.migration.mapping.rules import MappingRules
from martech.models import Template

__all__ = ["image_hosts", "left_tags", "merge_tags", "moved_template", "rewritten"]

_TAG = re.compile(
    r"@(?P<at>[A-Za-z_][A-Za-z0-9_]{1,40})@"
    r"|\{\{\s*(?P<braces>[A-Za-z_][\w .-]{0,60}?)\s*\}\}"
    r"|\{%=?\s*\$?(?P<percent>[A-Za-z_][\w.]{0,60}?)\s*%\}"
    r"|\*\|(?P<bars>[A-Za-z_][\w:]{0,60})\|\*"
    r"|\[\[(?P<brackets>[A-Za-z_][\w .-]{0,60}?)\]\]"
    r"|%%(?P<percents>[A-Za-z_]\w{0,60})%%"
)
"""The ways in which a place to be filled is written, whatever vendor does it so."""
_IMAGE = re.compile(r"""(?:<img\b[^>]*?\bsrc|\bbackground)\s*=\s*["']?(?P<tag>https?://[^\s"'>]+)|url\(\s*["']?(?P<css>https?://[^\s"')]+)""", re.IGNORECASE)  # fmt: skip  # noqa: E501 - one expression


def merge_tags(template: Template) -> Counter[str]:
    """Return the names of the places to be filled, with how often each stands in a template."""
    return Counter(_name(found) for text in _texts(template) for found in _TAG.finditer(text))


def image_hosts(template: Template) -> Counter[str]:
    """Return the hosts of the images in a template, with how many each keeps."""
    hosts: Counter[str] = Counter()
    for content in template.contents:
        addresses = {found["tag"] or found["css"] for found in _IMAGE.finditer(content.html or "")}
        hosts.update(host for address in addresses if (host := urlsplit(address).hostname))
    return hosts


def rewritten(text: str, rules: MappingRules, tag: str | None) -> str:
    """Return a text with every place that the mapping knows in the target's way; the others stand as they are."""
    if tag is None:
        return text

    def one(found: re.Match[str]) -> str:
        name = rules.merge_tags.get(_name(found))
        return found[0] if name is None else tag.replace("NAME", name)

    return _TAG.sub(one, text)


def moved_template(template: Template, name: str, rules: MappingRules, tag: str | None) -> Template:
    """Return a template as the target is to have it: under its name there, its places in the target's way."""
    contents = tuple(
        one.model_copy(
            update={
                field: rewritten(text, rules, tag)
                for field in ("subject", "html", "text")
                if (text := getattr(one, field))
            }
        )
        for one in template.contents
    )
    return Template(name=name, channel=template.channel, contents=contents)


def left_tags(template: Template, rules: MappingRules) -> list[str]:
    """Return the places of a template that the mapping does not know, so that they are left as they stand."""
    return sorted(name for name in merge_tags(template) if name not in rules.merge_tags)


def _name(found: re.Match[str]) -> str:
    return next(text for text in found.groups() if text is not None).strip()


def _texts(template: Template) -> Iterator[str]:
    for content in template.contents:
        yield from (text for text in (content.subject, content.html, content.text) if text)
