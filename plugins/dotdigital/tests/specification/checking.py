"""Whether what was said between the client and the emulator is what the files describe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugins.dotdigital.tests.specification.files import (
    Described,
    operations_of,
    parameters,
    parts_of,
    query_of,
    resolved,
)
from plugins.dotdigital.tests.specification.schemas import findings, json_schema

from martech.provider import HttpRequest, Response

NOT_CHECKED = frozenset({"authorization", "accept", "content-type", "accept-encoding"})
"""Headers that the files name as parameters although they are the transport's."""


@dataclass(frozen=True)
class Exchange:
    """What was said, and by which verb of the client."""

    verb: str
    request: HttpRequest
    response: Response


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is not as one file describes it."""

    operation: str
    file: str
    side: str
    """`request` or `response`."""
    text: str


@dataclass
class Checked:
    """One operation with everything that was checked of it."""

    operation: str
    files: dict[str, str]
    """File → digest."""
    verbs: set[str] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    request: set[str] = field(default_factory=set)
    """What of requests was held against a schema: `path`, `query`, `body`."""
    response: set[str] = field(default_factory=set)
    """What of answers: `status`, `body`."""
    findings: set[Finding] = field(default_factory=set)


def check(exchanges: Iterable[Exchange]) -> dict[tuple[str, str], Checked]:
    """Check everything that was said; returns one entry for each operation that was called.

    Raises:
        AssertionError: A request is of no operation that any file describes.
    """
    found: dict[tuple[str, str], Checked] = {}
    for one in exchanges:
        descriptions = operations_of(one.request.method, one.request.url)
        assert descriptions, f"{one.verb}: {one.request.method} {one.request.url.partition('?')[0]} is in no file"
        first = descriptions[0]
        whole = found.setdefault(
            first.shape, Checked(first.name, {described.file: described.digest for described in descriptions})
        )
        whole.verbs.add(one.verb)
        whole.statuses.add(one.response.status)
        for several in by_file(descriptions).values():
            # A file may have two operations whose paths differ in the name of a part only, such as an id or a word
            # in one place: the one that fits best was meant.
            whole.findings.update(min((_findings(one, described, whole) for described in several), key=len))
        documented = {status for described in descriptions for status in described.operation["responses"]}
        if one.response.status < 400 and str(one.response.status) not in documented:
            files = "+".join(sorted(whole.files))
            whole.findings.add(Finding(first.name, files, "response", f"status {one.response.status}"))
    return found


def by_file(descriptions: Iterable[Described]) -> dict[str, list[Described]]:
    found: dict[str, list[Described]] = {}
    for one in descriptions:
        found.setdefault(one.file, []).append(one)
    return found


def _findings(one: Exchange, described: Described, whole: Checked) -> list[Finding]:
    def noted(side: str, texts: Iterator[str]) -> list[Finding]:
        return [Finding(whole.operation, described.file, side, text) for text in texts]

    return [
        *noted("request", request_findings(one.request, described, whole.request)),
        *noted("response", response_findings(one.response, described, whole.response)),
    ]


def request_findings(request: HttpRequest, one: Described, checked: set[str]) -> Iterator[str]:
    query, parts = query_of(request.url), parts_of(one, request.url)
    known: set[str] = set()
    for parameter in parameters(one):
        name, place = parameter["name"], parameter["in"]
        given = {"query": query, "path": parts}.get(place, {}).get(name)
        known.add(name)
        if place == "header":
            if parameter.get("required") and name.lower() not in NOT_CHECKED and name not in request.headers:
                yield f"header {name} is missing"
        elif given is None:
            if parameter.get("required") and place == "query":
                yield f"query {name} is missing"
        else:
            checked.add(place)
            schema = parameter.get("schema", {})
            for text in findings(_typed(given, schema, one), schema, one.document):
                yield f"{place} {name} {text}"
    for name in sorted(set(query) - known):
        yield f"query {name} is not described"
    described_body = one.operation.get("requestBody")
    if not request.body:
        if described_body and resolved(described_body, one.document).get("required"):
            yield "the body is missing"
        return
    if described_body is None:
        yield "a body where none is described"
        return
    content = resolved(described_body, one.document)["content"]
    kind = (request.headers.get("content-type") or "").partition(";")[0]
    if kind not in content:
        yield f"body of type {kind}"
    elif "json" in kind:
        checked.add("body")
        yield from (
            f"body {text}" for text in findings(json.loads(request.body), json_schema(content) or {}, one.document)
        )
    else:
        checked.add("body")


def response_findings(response: Response, one: Described, checked: set[str]) -> Iterator[str]:
    answers: Mapping[str, Any] = one.operation["responses"]
    described = answers.get(str(response.status))
    if described is None and response.status < 400:
        # Where another file has the very status, this one's only success still says what the body is.
        described = next((answer for status, answer in answers.items() if str(status).startswith("2")), None)
    if described is None:
        return
    checked.add("status")
    content = resolved(described, one.document).get("content") or {}
    schema = json_schema(content)
    kind = (response.headers.get("content-type") or "").partition(";")[0]
    if not schema:
        return
    if not response.body:
        yield "the body is missing"
    elif "json" not in kind:
        yield f"body of type {kind}"
    else:
        checked.add("body")
        yield from findings(json.loads(response.body), schema, one.document)


def _typed(given: str, schema: Mapping[str, Any], one: Described) -> Any:
    """Return what a text in an address stands for, if the schema wants something else than a text."""
    wanted = resolved(schema, one.document).get("type")
    if wanted in ("integer", "number") and re.fullmatch(r"-?\d+", given):
        return int(given)
    if wanted == "boolean" and given in ("true", "false"):
        return given == "true"
    if wanted == "array":
        return given.split("|")
    return given
