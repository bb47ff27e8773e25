"""What a body that came as JSON is: one look for types, so that nobody has to look twice."""

from __future__ import annotations

from typing import Any, TypeGuard

from martech.emulation import Incoming

__all__ = ["is_array", "is_object", "posted_object"]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value read from JSON is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value read from JSON is an array."""
    return isinstance(value, list)


def posted_object(incoming: Incoming) -> dict[str, Any] | None:
    """Return the body if it is a JSON object, else None."""
    try:
        body: object = incoming.json()
    except ValueError:
        return None
    return body if is_object(body) else None
