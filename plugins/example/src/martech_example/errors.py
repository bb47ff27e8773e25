"""Pigeonpost's refusals, most of which come inside a 200, as errors of ours."""

from __future__ import annotations

from collections.abc import Mapping

from martech.provider import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    MartechError,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    Response,
    error_for_status,
)

KINDS: Mapping[str, type[ProviderError]] = {
    "ticket": AuthenticationFailed,
    "login": AuthenticationFailed,
    "unknown": NotFound,
    "exists": Conflict,
    "bad": InvalidInput,
    "many": InvalidInput,
    "busy": ProviderUnavailable,
}
"""The vendor's codes (README, “The verdict is in the body”). A code that is not here is an invalid input."""


def refusal(response: Response) -> MartechError | None:
    """Return the error an answer stands for, or None."""
    if response.status >= 400:
        wait = response.headers.get("x-wait") or ""
        return error_for_status(response, retry_after_seconds=float(wait) if wait.isdigit() else None)
    answer = response.json_or_none()
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        return response.unexpected("expected an answer with a verdict in it")
    if answer["ok"]:
        return None
    said = answer.get("error") or {}
    code = str(said.get("code", ""))
    return error_for_status(
        response, kind=KINDS.get(code, InvalidInput), code=code, said=str(said.get("text", ""))
    )
