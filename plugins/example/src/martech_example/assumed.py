"""What no page of the vendor documents, in one place, replaceable by settings."""

from __future__ import annotations

from typing import cast

from martech.provider import Kind, Request, Settings

LETTER_STATE = (
    "How to ask for a letter's state is not written down; taken to be GET /letters/{letter} with a state."
)
LETTER_PATH = "/letters/{letter}"


def letter_state(settings: Settings, letter: str) -> Request:
    """Return the question for a letter's state."""
    path = cast("str | None", getattr(settings, "letter_path", None)) or LETTER_PATH
    return Request("GET", path, Kind.READ, parts={"letter": letter}, repeatable=True)
