"""The published examples as golden pairs: whether what the vendor prints arrives in what the client gives.

Each example is given back in place of the emulator's answer, to every verb that asks for that operation. Then one
leaf of it at a time is changed: if what the verb gives changes too, or it cannot read it, the leaf arrives.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from threading import Lock
from typing import Any

from plugins.dotdigital.tests.specification.files import Described, described, operations_of, resolved
from plugins.dotdigital.tests.specification.walk import PARTS, Walker
from pydantic import BaseModel

from martech.errors import MartechError, UnexpectedResponse
from martech.models import Job
from martech.provider import Headers, HttpRequest, Response

Place = tuple[str | int, ...]
DEEP = 9
TRIED = 2
"""In how many rows a leaf is looked for."""
VERBS = 3
"""How many verbs an example is given to."""
OF_FIELDS = "of single fields"
WITHOUT_EXAMPLES = ("v2-api-full",)
"""Files that give no example of anything."""


@dataclass
class Example:
    """One published answer, and which of its leaves arrived."""

    operation: str
    file: str
    name: str
    status: int
    content_type: str
    value: Any
    published: set[str]
    """Its leaves, with any position as `[]`."""
    arrived: set[str] = field(default_factory=set)
    verbs: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    """Verb → why it could not read the example at all."""

    @property
    def missing(self) -> set[str]:
        return self.published - self.arrived

    @property
    def label(self) -> str:
        return f"{self.operation}: {self.name}"


def examples_of(one: Described) -> Iterator[Example]:
    """Yield the published answers of success; where there is none whole, one made of those of single fields."""
    for status, answer in one.operation["responses"].items():
        if not str(status).startswith("2"):
            continue
        for kind, content in (resolved(answer, one.document).get("content") or {}).items():
            shown = {name: example.get("value") for name, example in content.get("examples", {}).items()}
            if "example" in content:
                shown["example"] = content["example"]
            schema = content.get("schema")
            if not shown and schema and one.file not in WITHOUT_EXAMPLES:
                sampled = _plain(_sampled(schema, one.document, wanted=False))
                if sampled not in (None, {}, []):
                    whole = _plain(_sampled(schema, one.document))
                    yield Example(one.name, one.file, OF_FIELDS, int(status), kind, whole, _paths(sampled))
            for name, value in shown.items():
                value = _plain(value)
                yield Example(one.name, one.file, name, int(status), kind, value, _paths(value))


def _plain(value: Any) -> Any:
    """Return an example as JSON has it: YAML reads times, and some are texts that hold JSON."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping) and set(value) == {"RAW_BODY"}:
        return _plain(value["RAW_BODY"])
    if isinstance(value, Mapping):
        return {str(name): _plain_inner(inner) for name, inner in value.items()}
    return [_plain_inner(inner) for inner in value] if isinstance(value, list) else _plain_inner(value)


def _plain_inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain_inner(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain_inner(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool) or value is None else value.isoformat()


FILLED: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 1.5, "string": "text"}
"""What stands where a field has no example of its own; whether it arrives is not asked."""


def _sampled(given: Mapping[str, Any], document: Mapping[str, Any], *, wanted: bool = True, depth: int = 0) -> Any:
    """Return an answer made of the examples of single fields; where there is none, a filling if one is wanted."""
    schema = resolved(given, document)
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    if depth > DEEP:
        return None
    whole: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        _join(whole, _sampled(part, document, wanted=wanted, depth=depth + 1))
    for name, part in schema.get("properties", {}).items():
        inner = _sampled(part, document, wanted=wanted, depth=depth + 1)
        if inner is not None:
            _join(whole, {name: inner})
    if whole:
        return whole
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if (inner := _sampled(branch, document, wanted=wanted, depth=depth + 1)) is not None:
            return inner
    if schema.get("type") == "array" and "items" in schema:
        inner = _sampled(schema["items"], document, wanted=wanted, depth=depth + 1)
        return inner if inner is None or isinstance(inner, list) else [inner]
    if not wanted or schema.get("type") not in FILLED:
        return None
    if schema.get("enum"):
        return schema["enum"][0]
    return "2020-01-01T00:00:00Z" if schema.get("format") == "date-time" else FILLED[schema["type"]]


def _join(whole: dict[str, Any], more: Any) -> None:
    for name, value in more.items() if isinstance(more, Mapping) else ():
        there = whole.get(name)
        whole[name] = {**there, **value} if isinstance(there, dict) and isinstance(value, Mapping) else value


# ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────────


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, (*place, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*place, position))
    elif value is not None:
        yield place, value


def _paths(value: Any) -> set[str]:
    return {path(place) for place, _ in leaves(value)}


def path(place: Place) -> str:
    return ".".join("[]" if isinstance(step, int) else step for step in place) or "(whole)"


def changed(value: Any, place: Place) -> Any:
    """Return a value with another leaf at one place."""
    if place:
        step, rest = place[0], place[1:]
        copy = dict(value) if isinstance(value, Mapping) else list(value)
        copy[step] = changed(value[step], rest)
        return copy
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if re.match(r"\d{4}-\d\d-\d\d", value):
        return "2031" + value[4:]
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return value + "1"
    return "zz" + value


def told(given: Any) -> Any:
    """Return what a verb gave as plain values, without what is only kept of the vendor's answer."""
    if isinstance(given, BaseModel):
        return {name: told(getattr(given, name)) for name in type(given).model_fields if name != "raw"}
    if is_dataclass(given) and not isinstance(given, type):
        return {one.name: told(getattr(given, one.name)) for one in fields(given)}
    if isinstance(given, Mapping):
        return {str(name): told(inner) for name, inner in given.items()}
    if isinstance(given, Sequence | frozenset | set) and not isinstance(given, str | bytes):
        return [told(inner) for inner in given]
    return given


# ── giving them back ─────────────────────────────────────────────────────────────────────────────────────────


class Reader(Walker):
    """Walks like every walker, and gives each verb the published answers to what it just asked."""

    def __init__(self) -> None:
        super().__init__()
        self.examples: dict[tuple[str, str], list[Example]] = {}
        for one in described():
            self.examples.setdefault(one.shape, []).extend(examples_of(one))
        self._tried: set[tuple[tuple[str, str], str]] = set()
        self._instead: tuple[tuple[str, str], Response] | None = None
        self._replaying = False
        self._times = 0
        self._of_a_job = False
        self._lock = Lock()

    def _noted(self, request: HttpRequest) -> Response:
        with self._lock:
            instead = self._instead
            if instead is not None and shape_of_request(request) == instead[0]:
                # What a job is asked for twice is the same.
                self._instead = instead if self._of_a_job else None
                return instead[1]
        answer = super()._noted(request)
        if self._replaying:
            self.exchanges.pop()
        return answer

    def __call__(self, verb: str, *args: Any, **options: Any) -> Any:
        before = len(self.exchanges)
        given = super().__call__(verb, *args, **options)
        shapes = {shape_of_request(one.request) for one in self.exchanges[before:]}
        for shape in shapes:
            if shape is not None and (shape, verb) not in self._tried:
                self._tried.add((shape, verb))
                for example in self.examples.get(shape, ()):
                    if len(example.verbs) < VERBS and (example.missing or not example.verbs):
                        self._read(example, shape, verb, args, options, given)
        return given

    def _read(
        self, example: Example, shape: tuple[str, str], verb: str, args: Any, options: Any, given: Any
    ) -> None:
        def ask(value: Any) -> Any:
            self._times += 1
            again = options | ({"key": f"again-{self._times}"} if "key" in options else {})
            self._instead, self._replaying = (shape, answer_of(example, value)), True
            try:
                self._of_a_job = isinstance(given, Job) and shape[0] == "GET"
                if self._of_a_job and self.submitted is not None:
                    return told(self._of_job(self.submitted))
                return told(self._first(verb, args, again))
            finally:
                self._instead, self._replaying, self._of_a_job = None, False, False

        example.verbs.add(verb)
        value = example.value
        try:
            whole = ask(value)
        except MartechError as error:
            example.unread[verb] = str(error).partition("\n")[0]
            if not isinstance(value, Mapping) or not isinstance(error, UnexpectedResponse):
                return
            try:
                # One row is printed where the rows are described.
                value, whole = [value], ask([value])
            except MartechError:
                return
            del example.unread[verb]
            example.published = _paths(value)
        tried: Counter[str] = Counter()
        for place, _ in leaves(value):
            tried[path(place)] += 1
            if (
                path(place) in example.arrived
                or path(place) not in example.published
                or tried[path(place)] > TRIED
            ):
                continue
            try:
                arrives = ask(changed(value, place)) != whole
            except MartechError:
                arrives = True
            if arrives:
                example.arrived.add(path(place))

    def _first(self, verb: str, args: Any, options: Any) -> Any:
        """Call a verb; a listing is read until the example was asked for."""
        target: Any = self.client
        for name in verb.split("."):
            target = getattr(target, name)
        given = target(*args, **options)
        if isinstance(given, Iterator):
            seen: list[Any] = []
            for page in given.pages():
                seen += page.items
                if self._instead is None:
                    return seen
            return seen
        return given

    def _of_job(self, job: Job) -> Any:
        done = self.client.jobs.status(job)
        try:
            return done, self.client.jobs.results(done)
        except MartechError as error:
            return done, str(error)


def shape_of_request(request: HttpRequest) -> tuple[str, str] | None:
    found = operations_of(request.method, request.url)
    return found[0].shape if found else None


def answer_of(example: Example, value: Any) -> Response:
    if "json" in example.content_type:
        return Response(
            example.status, Headers([("Content-Type", example.content_type)]), body=json.dumps(value).encode()
        )
    return Response(example.status, Headers([("Content-Type", example.content_type)]), body=str(value).encode())


def read() -> list[Example]:
    """Walk, give every published answer back, and return those that some verb asked for."""
    reader = Reader()
    with reader.client:
        for part in PARTS:
            part(reader)
    return [one for several in reader.examples.values() for one in several if one.verbs]
