"""What differs between two bundles, in bounded memory: both are in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from martech.migration.bundle.layout import read_manifest

__all__ = ["Change", "Difference", "differences"]


class Change(StrEnum):
    """How a line of one bundle stands to the other."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that is not the same in both. Which fields differ is named; no value is."""

    file: str
    change: Change
    key: str
    fields: tuple[str, ...] = ()


_KEYS = {
    "attributes": "name",
    "topics": "name",
    "templates": "name",
    "lists": "id",
    "segments": "id",
    "datasets": "id",
}


def differences(before: Path, after: Path) -> Iterator[Difference]:
    """Iterate over what differs, file by file, in the order of keys.

    Raises:
        BrokenInput: One of them is no bundle.
    """
    old, new = read_manifest(before).files, read_manifest(after).files
    for name in sorted({*old, *new}):
        if name in old and name in new and old[name] == new[name]:
            continue
        yield from _between(name, before / name, after / name)


def _between(name: str, before: Path, after: Path) -> Iterator[Difference]:
    left, right = _lines(name, before), _lines(name, after)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None  # noqa: S101 - the loop goes on while there is either
            yield Difference(name, Change.REMOVED, one[0])
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield Difference(name, Change.ADDED, other[0])
            other = next(right, None)
        else:
            if one[1] != other[1]:
                fields = sorted(
                    field for field in {*one[1], *other[1]} if one[1].get(field) != other[1].get(field)
                )
                yield Difference(name, Change.CHANGED, one[0], tuple(fields))
            one, other = next(left, None), next(right, None)


def _lines(name: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        return
    field = _KEYS.get(name.removesuffix(".ndjson"), "key")
    with path.open(encoding="utf-8") as file:
        for line in file:
            told = json.loads(line)
            # What has no key of its own is its own key.
            yield str(told[field]) if field in told else line.strip(), told
