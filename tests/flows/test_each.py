"""Doing one thing to each of many people."""

import asyncio
from collections.abc import Sequence

import pytest

from martech.errors import InvalidInput, PermissionDenied, UnsupportedOperation
from martech.flows.each import in_batches
from martech.models import Identifier, IdentifierKind, ItemOutcome, ItemResult, email, mobile
from martech.provider import Capability, not_offered

TAKES = Capability("lists.add", None, {"refs": {IdentifierKind.MOBILE: not_offered("No numbers here.")}})


class Batch:
    """Remembers whom it was given; raises what it is told to, at the n-th call."""

    def __init__(self, *errors: Exception | None) -> None:
        self.calls: list[list[str]] = []
        self.errors = [*errors]

    async def __call__(self, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        self.calls.append([ref.value[0] for ref in refs])
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return [ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref) for ref in refs]


def results(batch: Batch, refs: Sequence[Identifier]) -> list[tuple[int, str]]:
    done = asyncio.run(in_batches(refs, 2, batch, TAKES))
    return [(one.position, one.outcome.value) for one in done.items]


A, B, C, NUMBER = *(email(f"{name}@example.org") for name in "abc"), mobile("+447700900123")


def test_who_cannot_be_named_so_is_refused_and_stops_nobody() -> None:
    batch = Batch()
    assert results(batch, [A, NUMBER, B, C]) == [(0, "updated"), (1, "refused"), (2, "updated"), (3, "updated")]
    assert batch.calls == [["a", "b"], ["c"]]


def test_if_nobody_can_be_named_so_it_is_refused_whole() -> None:
    batch = Batch()
    with pytest.raises(UnsupportedOperation, match="No numbers here"):
        results(batch, [NUMBER, NUMBER])
    assert batch.calls == []


def test_a_refused_batch_is_a_result_for_each_and_stops_no_other() -> None:
    batch = Batch(InvalidInput("no"), None)
    assert [outcome for _, outcome in results(batch, [A, B, C])] == ["refused", "refused", "updated"]


def test_what_concerns_everything_is_raised_if_nothing_was_done() -> None:
    with pytest.raises(PermissionDenied):
        results(Batch(PermissionDenied("no")), [A, B, C])
    later = results(Batch(None, PermissionDenied("no")), [A, B, C])
    assert [outcome for _, outcome in later][:2] == ["updated", "updated"]
    assert later[2][1] != "updated"


def test_nobody_is_nothing() -> None:
    assert results(Batch(), []) == []
