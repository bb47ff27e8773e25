"""The envelope around every answer but login's, and the refusals that come in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from martech.emulation import Emulator, Incoming, Response, reply, route

if TYPE_CHECKING:
    from martech_dengage.emulator.switches import Switches

__all__ = [
    "FORBIDDEN",
    "UNEXPECTED_ERROR",
    "VALIDATION_FAILS",
    "Answer",
    "Refusal",
    "enveloped",
    "invalid",
    "malformed",
    "not_found",
    "operation",
    "refused",
    "too_many",
]

# The code table of the envelope (D5).
SUCCESS = 0
FIELD_ERROR = 1
FORBIDDEN = 10
VALIDATION_FAILS = 11
UNEXPECTED_ERROR = 999
# Only one client's own table knows these as body codes; the sheet calls that weak evidence (C1).
NOT_FOUND = 404
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation says: the four fields of the envelope, and the HTTP status, which is not the verdict."""

    data: Mapping[str, Any] | None = None
    status: int = 200
    code: int = SUCCESS
    message: str = "Successful"  # exactly this word on code 0 (C2)
    transaction_id: str | None = None


class Refusal(Exception):
    """Raised in place of an answer; carries the answer that says no."""

    def __init__(
        self, status: int, code: int, message: str, data: Mapping[str, Any] | None = None, *, empty: bool = False
    ) -> None:
        super().__init__(message)
        self.answer = Answer(data, status, code, message)
        self.empty = empty


def malformed(message: str) -> Refusal:
    """Return the refusal of a request in a bad format: 400, code 1 (D5)."""
    return Refusal(400, FIELD_ERROR, message)


def invalid(message: str, data: Mapping[str, Any] | None = None) -> Refusal:
    """Return the refusal of a request whose values do not hold: 400, code 11 (D5)."""
    return Refusal(400, VALIDATION_FAILS, message, data)


def not_found(message: str) -> Refusal:
    """Return the refusal of an unknown id: 404 in the envelope."""
    return Refusal(404, NOT_FOUND, message)


def too_many(message: str = "TooManyRequest") -> Refusal:
    """Return the refusal of a call that comes too soon; the pages name the example, its body was never seen."""
    return Refusal(429, TOO_MANY, message)


def enveloped(emulator: Emulator, answer: Answer) -> Response:
    """Return an answer in the envelope, under a fresh `transactionId` unless it has one (D5, D11)."""
    envelope = {
        "transactionId": answer.transaction_id or emulator.new_id(),
        "code": answer.code,
        "message": answer.message,
        "data": answer.data,
    }
    return reply(answer.status, envelope)


V = TypeVar("V", bound="Switches")
Told = Answer | Mapping[str, Any] | None
"""What a handler may return: a whole answer, or only the `data` of a success."""


def operation(
    method: str, pattern: str
) -> Callable[[Callable[[V, Incoming], Told]], Callable[[V, Incoming], Response]]:
    """Mark a method as the answer to one operation, in the envelope; a `Refusal` it raises is its answer too."""

    def mark(handler: Callable[[V, Incoming], Told]) -> Callable[[V, Incoming], Response]:
        @wraps(handler)
        def answer(self: V, incoming: Incoming) -> Response:
            try:
                told = handler(self, incoming)
            except Refusal as refusal:
                return refused(self, refusal)
            return enveloped(self, told if isinstance(told, Answer) else Answer(told))

        return route(method, pattern)(answer)

    return mark


def refused(emulator: Switches, refusal: Refusal) -> Response:
    """Return a refusal as it goes on the wire: in the envelope, or with nothing in its body."""
    if refusal.empty:
        return reply(refusal.answer.status)
    hidden = emulator.refusals_inside_200 and refusal.answer.code in (FIELD_ERROR, VALIDATION_FAILS)
    return enveloped(emulator, replace(refusal.answer, status=200) if hidden else refusal.answer)
