"""The schemas of the files, made fit for a validator, and what it finds.

As the collected facts warn (S36): a body shown as `RAW_BODY` is the bare value; branches of a `oneOf` overlap, so
one or more may fit; words of an `enum` differ in case between requests and answers, so case does not count.
Objects are closed: a name that no file mentions is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from plugins.dotdigital.tests.specification.files import Described, resolved

COMPOSED = ("allOf", "anyOf", "oneOf")


def findings(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Yield where a value is not what a schema says: the place, with any position as `[]`, and what is wrong."""
    if schema:
        for error in Draft202012Validator(prepared(schema, document)).iter_errors(value):
            yield from _told(error)


def _told(error: Any) -> Iterator[str]:
    if error.validator == "anyOf" and error.context:
        # The branch that came closest says best what is wrong.
        branches: dict[Any, list[Any]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        for inner in min(branches.values(), key=len):
            yield from _told(inner)
        return
    place = ".".join("[]" if isinstance(step, int) else str(step) for step in error.absolute_path) or "(whole)"
    match error.validator:
        case "additionalProperties":
            for name in sorted(set(error.instance) - set(error.schema.get("properties", {}))):
                yield f"{place}: {name} is not described"
        case "required":
            yield f"{place}: {error.message.split(chr(39))[1]} is missing"
        case "type":
            yield f"{place}: {_type(error.instance)} instead of {_types(error.validator_value)}"
        case "pattern":
            yield f"{place}: no such word"
        case _:
            yield f"{place}: {error.validator} {error.validator_value!r}"


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else names[type(value)]


def _types(value: Any) -> str:
    return value if isinstance(value, str) else " or ".join(value)


_PREPARED: dict[int, tuple[Any, dict[str, Any]]] = {}


def prepared(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of the files as JSON Schema."""
    known = _PREPARED.get(id(schema))
    if known is None or known[0] is not schema:
        known = _PREPARED[id(schema)] = (schema, _prepared(schema, document, closed=True))
    return known[1]


def _prepared(
    given: Mapping[str, Any], document: Mapping[str, Any], *, closed: bool, depth: int = 0
) -> dict[str, Any]:
    if depth > 12:
        return {}
    given = resolved(given, document)

    def inner(one: Mapping[str, Any], *, closed: bool = closed) -> dict[str, Any]:
        return _prepared(one, document, closed=closed, depth=depth + 1)

    properties: Mapping[str, Any] = given.get("properties", {})
    if set(properties) == {"RAW_BODY"}:
        return inner(properties["RAW_BODY"])
    if set(properties) == {"additionalProperties"}:
        # Indented once too far: what was meant stands beside `properties`.
        given, properties = {"type": "object", "additionalProperties": properties["additionalProperties"]}, {}
    schema: dict[str, Any] = {
        name: given[name]
        for name in (
            "type",
            "required",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "uniqueItems",
        )
        if name in given
    }
    if given.get("nullable") and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in given:
        if all(isinstance(one, str) for one in given["enum"] if one is not None):
            words = "|".join(re.escape(one) for one in given["enum"] if one is not None)
            schema["pattern"] = f"^(?i:{words})$"
        else:
            schema["enum"] = given["enum"]
    if given.get("items"):
        schema["items"] = inner(given["items"])
    composed = [name for name in COMPOSED if name in given]
    if properties:
        schema["properties"] = {name: inner(one) for name, one in properties.items() if isinstance(one, Mapping)}
    if "additionalProperties" in given:
        more = given["additionalProperties"]
        schema["additionalProperties"] = inner(more) if isinstance(more, Mapping) else more
    elif properties and closed and not composed:
        schema["additionalProperties"] = False
    if "allOf" in given:
        merged = _merged([inner(one, closed=False) for one in given["allOf"]] + [schema])
        if closed and merged.get("properties"):
            merged.setdefault("additionalProperties", False)
        return merged
    branches = [inner(one) for name in ("anyOf", "oneOf") for one in given.get(name, ())]
    if branches:
        # What stands beside the branches holds for each of them.
        schema["anyOf"] = [_merged([schema, one]) if properties else one for one in branches]
        schema.pop("properties", None)
    return schema


def _merged(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for one in schemas:
        for name, value in one.items():
            if name == "properties":
                there = whole.setdefault("properties", {})
                whole["properties"] = there | {
                    key: _merged([there[key], inner]) if key in there else inner for key, inner in value.items()
                }
            elif name == "required":
                whole["required"] = sorted({*whole.get("required", ()), *value})
            else:
                whole[name] = value
    return whole


def json_schema(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of what travels as JSON, or None where there is none."""
    for kind, described in content.items():
        if "json" in kind:
            return described.get("schema") or {}
    return None


@cache
def statuses(one: Described) -> frozenset[str]:
    return frozenset(str(status) for status in one.operation["responses"])
