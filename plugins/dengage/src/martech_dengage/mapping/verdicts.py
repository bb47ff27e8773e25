"""The fate of an input that is known before its job is: kept in the job, in place of the input's key.

What cannot be said to dEngage, or was refused at once, must not sink the others, and there is one result for each.
"""

from __future__ import annotations

from martech.models import ItemOutcome, ItemResult
from martech.provider import MartechError, mask, result_of

__all__ = ["ROW", "is_verdict", "result_in", "verdict", "verdict_on"]

ROW = "row:"
"""What the key of a row begins with; that of a contact begins with its kind."""
_MARK = "!"
"""What a verdict begins with, and no key does."""


def verdict(outcome: ItemOutcome, reason: str | None = None) -> str:
    """Return what stands in a job in place of a key."""
    return f"{_MARK}{outcome.value}:{mask(reason or '')}"


def verdict_on(error: MartechError) -> str:
    """Return the verdict on an input that an error stopped."""
    result = result_of(error)
    return verdict(result.outcome, result.reason)


def is_verdict(key: str) -> bool:
    """Return whether that is no key, but a verdict."""
    return key.startswith(_MARK)


def result_in(key: str, position: int) -> ItemResult | None:
    """Return the result that a verdict is, or None where it is a key."""
    if not is_verdict(key):
        return None
    word, _, reason = key.removeprefix(_MARK).partition(":")
    return ItemResult(position=position, outcome=ItemOutcome(word), reason=reason or None)
