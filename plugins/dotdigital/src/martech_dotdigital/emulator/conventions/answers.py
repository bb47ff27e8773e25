"""Answers and refusals in the three dialects of the vendor: v2, v3 and CPaaS."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from martech.emulation import Headers, Response, reply

__all__ = [
    "JSON_TYPE",
    "Dialect",
    "Refused",
    "answer",
    "cpaas_refusal",
    "dialect_of",
    "refusal",
    "service_of",
    "text_answer",
    "v2_refusal",
    "v3_refusal",
    "with_headers",
]

JSON_TYPE = "application/json; charset=utf-8"
"""On every answer; clients assert this exact value on v3, errors included (section 2)."""


class Dialect(StrEnum):
    """Which conventions a path follows."""

    V2 = "v2"
    V3 = "v3"
    CPAAS = "cpaas"


SERVICES: Mapping[str, str] = {
    "contacts": "contacts",
    "configuration": "customIdentifiers",
    "insightData": "insightData",
    "events": "events",
    "marketing-email": "marketingemail",
    "data-firehose": "dataFirehose",
}
"""First segment of a v3 path → the prefix of its error codes (section 6.1)."""


def dialect_of(path: str) -> Dialect:
    """Return the dialect of a path: v2 begins with it, v3 has it as its second segment (section 33, seed 000)."""
    segments = path.strip("/").split("/")
    if segments[0] == "v2":
        return Dialect.V2
    return Dialect.V3 if len(segments) > 1 and segments[1] == "v3" else Dialect.CPAAS


def service_of(path: str) -> str:
    """Return the prefix of the error codes of a v3 path."""
    return SERVICES.get(path.strip("/").split("/")[0], "contacts")


def answer(status: int = 200, json: Any = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a success: JSON if any is given, otherwise an empty body."""
    if json is None:
        return reply(status, headers=headers)
    return reply(status, json, headers={"Content-Type": JSON_TYPE, **(headers or {})})


def text_answer(text: str, *, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a success whose body is a file."""
    return reply(200, body=text.encode(), headers={"Content-Type": content_type, **(headers or {})})


def with_headers(response: Response, extra: Mapping[str, str]) -> Response:
    """Return the same answer with more headers."""
    if not extra:
        return response
    return Response(response.status, Headers((*response.headers, *extra.items())), response.body)


class Refused(Exception):
    """Raised by whoever finds a request wrong; whoever performs the operation answers with `response`."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def v2_refusal(status: int, code: str | None, text: str = "Error:") -> Refused:
    """Return a refusal of v2: an English text that ends in the code (section 6.1)."""
    return Refused(answer(status, {"message": f"{text} {code}" if code else text}))


def v3_refusal(status: int, code: str, description: str, details: list[tuple[str, str]] | None = None) -> Refused:
    """Return a refusal of v3; `details` are pairs of item and description, and absent if there are none."""
    body: dict[str, Any] = {"errorCode": code, "description": description}
    if details:
        body["details"] = [{"item": item, "description": why} for item, why in details]
    return Refused(answer(status, body))


def cpaas_refusal(status: int, text: str, *, fields: Mapping[str, str] | None = None) -> Refused:
    """Return a refusal of CPaaS, whose body the vendor does not describe (section 5)."""
    body: dict[str, Any] = {"message": text}
    if fields:
        body["validationFailures"] = [{"paramName": name, "message": why} for name, why in fields.items()]
    return Refused(answer(status, body))


def refusal(path: str, status: int, word: str, text: str, *, v2_code: str | None = None) -> Refused:
    """Return a refusal that any path may meet, in the dialect of that path; `word` is the v3 code's last part."""
    match dialect_of(path):
        case Dialect.V2:
            return v2_refusal(status, v2_code, text)
        case Dialect.V3:
            return v3_refusal(status, f"{service_of(path)}:{word}", text)
        case Dialect.CPAAS:
            return cpaas_refusal(status, text)
