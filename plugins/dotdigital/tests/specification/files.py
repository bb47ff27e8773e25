"""The vendor's specification files: their operations, found again from a request that was really sent.

The files are not part of this repository. What they say that is not so stands in `deviations.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

METHODS = ("get", "put", "post", "patch", "delete")
PREFIX, SUFFIX = "dotdigital-", "-openapi.yml"
FOLDER = Path(__file__).parents[5] / "shared" / "vendors" / "dotdigital" / "openapi"


@dataclass(frozen=True)
class Described:
    """One operation as one file describes it."""

    file: str
    digest: str
    method: str
    path: str
    operation: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """What two descriptions of the same operation have in common: names of parts and case do not count."""
        return self.method, shape_of(self.path)


def shape_of(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/").casefold()


@cache
def described() -> tuple[Described, ...]:
    """Return every operation of every file."""
    import yaml

    found: list[Described] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(FOLDER.glob(f"{PREFIX}*{SUFFIX}")):
        text = file.read_bytes()
        document = yaml.load(text, Loader=loader)
        digest = hashlib.sha256(text).hexdigest()[:16]
        area = file.name.removeprefix(PREFIX).removesuffix(SUFFIX)
        for path, item in document["paths"].items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    whole = {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
                    found.append(Described(area, digest, method.upper(), path, whole, document))
    return tuple(found)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Return of every shape its pattern; those with fewer parts come first, so that a fixed word wins."""
    shapes = {one.shape for one in described()}
    ordered = sorted(shapes, key=lambda shape: (shape[1].count("{}"), shape))
    return tuple(
        (method, re.compile("[^/]+".join(re.escape(part) for part in shape.split("{}"))), shape)
        for method, shape in ordered
    )


def operations_of(method: str, url: str) -> list[Described]:
    """Return the descriptions of the operation that a request calls, one of each file that has it."""
    path = unquote(urlsplit(url).path).rstrip("/").casefold()
    for wanted, pattern, shape in _patterns():
        if wanted == method and pattern.fullmatch(path):
            return [one for one in described() if one.shape == (method, shape)]
    return []


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def parts_of(one: Described, url: str) -> dict[str, str]:
    names = re.findall(r"\{([^}]*)\}", one.path)
    pattern = re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(one.path.rstrip("/")))
    match = re.fullmatch(pattern, urlsplit(url).path.rstrip("/"), re.IGNORECASE)
    return {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)} if match else {}


def parameters(one: Described) -> Iterator[Mapping[str, Any]]:
    for given in one.operation["parameters"]:
        yield resolved(given, one.document)


def resolved(given: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in given:
        target: Any = document
        for step in given["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        given = target
    return given
