"""The vendor's refusals: one place for their status and body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from martech.emulation import Response, reply
from martech_digital_onboarding.emulator.switches import ValidationErrors

__all__ = ["Refused", "refusal", "unprocessable"]


class Refused(Exception):
    """Raised for what cannot be stored; `errors` are messages by member."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(", ".join(errors))
        self.errors = {member: list(messages) for member, messages in errors.items()}


def refusal(status: int, error: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with the one error shape that is documented, `{"error": …}` (seed)."""
    return reply(status, {"error": error}, headers=headers)


def unprocessable(refused: Refused, form: ValidationErrors) -> Response:
    """Answer 422, in the form that the switch names; `fields` is the assumed one."""
    sentences = [f"{member} {message}" for member, several in refused.errors.items() for message in several]
    match form:
        case "fields":
            return reply(422, {"errors": refused.errors})
        case "list":
            return reply(422, {"errors": sentences})
        case "text":
            return reply(422, {"errors": "; ".join(sentences)})
        case "message":
            return reply(422, {"error": "unprocessable_entity", "message": "; ".join(sentences)})
        case "objects":
            objects = [
                {
                    "code": "validation_failed",
                    "title": member,
                    "detail": message,
                    "source": {"pointer": f"/{member}"},
                }
                for member, several in refused.errors.items()
                for message in several
            ]
            return reply(422, {"errors": objects})
