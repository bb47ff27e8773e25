"""Writing many contacts: the best way a provider has, one result per input, bounded memory.

A batch is used where it is enough, an import where there is more or no batch, single calls where there is neither.
Where a provider may have several imports under way, the next is handed over before the last has ended.
Inputs that name one person twice are put together first, as if they had been written one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from martech.errors import InvalidRequest
from martech.flows.chunks import Input, Line, Way, Written, names_of
from martech.models import BulkResult, Contact, ItemOutcome, ItemResult, Job
from martech.provider.capabilities import operation
from martech.provider.contract import Provider
from martech.provider.operations import Saving
from martech.provider.outcomes import concerns_all, result_of
from martech.wire import Together

if TYPE_CHECKING:
    from martech.provider.resources import Streaming

__all__ = ["MOST_AT_ONCE", "Input", "upsert_many", "upsert_stream"]

MOST_AT_ONCE = 10_000
"""How many inputs `upsert_many` takes; more belong into `upsert_stream`."""
SINGLE_CALLS_AT_ONCE = 8


async def upsert_many(provider: Provider, inputs: Iterable[Input], how: Saving) -> BulkResult:
    """Write up to `MOST_AT_ONCE` contacts and return one result per input, in their order.

    Raises:
        InvalidRequest: There are more.
        MartechError: Nothing was written, for a reason that concerns every input.
    """
    waiting = list(inputs)
    if len(waiting) > MOST_AT_ONCE:
        raise InvalidRequest(
            f"upsert_many takes up to {MOST_AT_ONCE} contacts, got {len(waiting)}",
            hint="use contacts.upsert_stream",
        )
    done: list[ItemResult] = []
    way, size = _way(provider, how, len(waiting))
    line = Line(provider, how)
    for start in range(0, len(waiting), size):
        await line.add(waiting[start : start + size], way)
        is_last = start + size >= len(waiting)
        while line.is_due or (is_last and line.under_way):
            results, broken = await line.oldest()
            done += results
            if broken is not None and not any(_may_be_done(result) for result in done) and not line.under_way:
                raise broken
            if broken is not None:
                done += line.left_behind(broken)
                rest = range(len(done), len(waiting))
                done += [result_of(broken, position=position) for position in rest]
                return BulkResult(items=tuple(done))
    return BulkResult(items=tuple(done))


async def upsert_stream(provider: Provider, stream: Streaming[Input, ItemResult], how: Saving) -> None:
    """Write contacts as they come and emit one result per input, in their order.

    What is in memory is a chunk of the provider's size, or as many as may be under way as imports. A full chunk is
    taken for a part of more than a batch, as if all had been handed over together, and what is left at the end for
    what it is. If something concerns every further input, the chunk's results say so and the error is raised after
    them: the last position seen is where to go on.
    """
    way_of_many, size = _way(provider, how, MOST_AT_ONCE)
    line = Line(provider, how)
    is_last = False
    while not is_last:
        inputs = await stream.take(size)
        is_last = not inputs
        if inputs:
            way = way_of_many if len(inputs) == size else _way(provider, how, len(inputs))[0]
            await line.add(inputs, way)
        while line.is_due or (is_last and line.under_way):
            results, broken = await line.oldest()
            for result in results:
                await stream.emit(result)
            if broken is not None:
                raise broken


def _may_be_done(result: ItemResult) -> bool:
    return result.ok or result.outcome is ItemOutcome.UNKNOWN


def _way(provider: Provider, how: Saving, count: int) -> tuple[Way, int]:
    """Return how this provider best writes that many contacts, and how many at a time.

    Raises:
        UnsupportedOperation: By none of its ways.
    """
    batch, imports, single = (
        operation(provider, "contacts", name) for name in ("upsert_batch", "submit_import", "upsert")
    )
    can_batch, can_import, can_single = (one.refusal(how=how) is None for one in (batch, imports, single))
    if can_batch and (count <= provider.contacts.batch_size or not can_import):
        return _by_batch, provider.contacts.batch_size
    if can_import:
        return _by_import, provider.contacts.import_size
    if can_single:
        return _one_by_one, max(provider.contacts.batch_size, SINGLE_CALLS_AT_ONCE)
    # What is there and does not take this says more than what is not there at all.
    ways = sorted((single, batch, imports), key=lambda one: not one.supported)
    raise next(no for one in ways if (no := one.refusal(how=how)) is not None).error()


async def _by_batch(provider: Provider, contacts: Sequence[Contact], how: Saving) -> Written:
    return await provider.contacts.upsert_batch(contacts, how=how), None


async def _by_import(provider: Provider, contacts: Sequence[Contact], how: Saving) -> Job:
    return await provider.contacts.submit_import(contacts, how=how)


async def _one_by_one(provider: Provider, contacts: Sequence[Contact], how: Saving) -> Written:
    calls = [provider.contacts.upsert(contact, how=how) for contact in contacts]
    outcomes = await Together(calls, at_most=SINGLE_CALLS_AT_ONCE)
    errors = (outcome.error for outcome in outcomes if outcome.error is not None)
    return [
        outcome.value if outcome.error is None else result_of(outcome.error, name)
        for outcome, name in zip(outcomes, names_of(provider, contacts, how), strict=True)
    ], next(filter(concerns_all, errors), None)
