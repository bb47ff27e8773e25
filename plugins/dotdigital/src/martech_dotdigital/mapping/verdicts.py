"""The fate of an input that is known before its job is: kept in the job, in place of the input's key.

A contact that cannot be said to Dotdigital must not sink the others, and there is to be one result for each.
"""

from __future__ import annotations

from martech.models import ItemOutcome, ItemResult
from martech.provider import MartechError, mask, result_of

__all__ = ["verdict", "verdict_of", "verdict_on"]

_MARK = "!"
"""No key begins with it: keys begin with the kind of an identifier, or with that of a record."""


def verdict(outcome: ItemOutcome, reason: str = "") -> str:
    """Return what stands in a job in place of a key."""
    return f"{_MARK}{outcome.value}:{mask(reason)}"


def verdict_on(error: MartechError) -> str:
    """Return the verdict on an input that an error stopped."""
    result = result_of(error)
    return verdict(result.outcome, result.reason or error.message)


def verdict_of(key: str, position: int) -> ItemResult | None:
    """Return what a key says of its input's fate, or None where it is a key."""
    if not key.startswith(_MARK):
        return None
    word, _, reason = key.removeprefix(_MARK).partition(":")
    return ItemResult(position=position, outcome=ItemOutcome(word), reason=reason or None)
