"""Doing one thing to each of many people: by batches where the provider has them, one by one where not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from martech.errors import MartechError, UnsupportedOperation
from martech.flows.waiting import finished, result_per_input
from martech.models import BulkResult, Identifier, ItemOutcome, ItemResult, Job
from martech.provider.capabilities import operation
from martech.provider.outcomes import concerns_all, one_each, result_of
from martech.wire import Together

if TYPE_CHECKING:
    from martech.provider.capabilities import Capability
    from martech.provider.contract import Provider

__all__ = ["in_batches", "in_batches_of", "in_jobs", "one_by_one", "removed"]

In = TypeVar("In")

CALLS_AT_ONCE = 8
JOB_TIMEOUT_SECONDS = 3600.0

Batch = Callable[[Sequence[Identifier]], Awaitable[Sequence[ItemResult]]]
Single = Callable[[Identifier], Coroutine[Any, Any, object]]


async def in_batches(refs: Sequence[Identifier], size: int, batch: Batch, takes: Capability) -> BulkResult:
    """Do it to people, `size` at a time; one result per person, by position.

    People by whose identifier it cannot be done are refused one by one, and stop nobody else.

    Raises:
        UnsupportedOperation: It can be done to none of them.
        MartechError: It concerns everything and nothing was done yet.
    """
    refused = {position: no for position, ref in enumerate(refs) if (no := takes.refusal(refs=[ref]))}
    if refused and len(refused) == len(refs):
        raise refused[0].error()
    people = [ref for position, ref in enumerate(refs) if position not in refused]
    done = iter((await in_batches_of(people, people, size, batch)).items)
    return BulkResult(
        items=tuple(
            result_of(refused[position].error(), ref, position) if position in refused else next(done).at(position)
            for position, ref in enumerate(refs)
        )
    )


async def in_batches_of(
    inputs: Sequence[In],
    names: Sequence[Identifier | None],
    size: int,
    batch: Callable[[Sequence[In]], Awaitable[Sequence[ItemResult]]],
) -> BulkResult:
    """Do it to inputs of any sort, `size` at a time; `names` say whom each is about, where it is about somebody.

    Raises:
        MartechError: It concerns everything and nothing was done yet.
    """
    done: list[ItemResult] = []
    for start in range(0, len(inputs), size):
        some, whom = inputs[start : start + size], names[start : start + size]
        try:
            results = one_each(await batch(some), whom)
        except MartechError as error:
            if not done and (concerns_all(error) or isinstance(error, UnsupportedOperation)):
                raise
            results = [result_of(error, name) for name in whom]
        done += [result.at(start + index) for index, result in enumerate(results)]
    return BulkResult(items=tuple(done))


async def removed(provider: Provider, refs: Sequence[Identifier]) -> BulkResult:
    """Remove contacts: as a job where the vendor has one for these identifiers, else one by one."""
    if operation(provider, "contacts", "submit_delete").refusal(refs=refs) is None and len(refs) > 1:
        return await in_jobs(provider, refs, await provider.contacts.submit_delete(refs))
    return await one_by_one(refs, provider.contacts.delete, outcome=ItemOutcome.REMOVED)


async def one_by_one(refs: Sequence[Identifier], single: Single, *, outcome: ItemOutcome) -> BulkResult:
    """Do it to each person by a call of its own, several at once; `outcome` is what a success without words means.

    Raises:
        MartechError: It concerns everything and nothing was done.
    """
    outcomes = await Together([single(ref) for ref in refs], at_most=CALLS_AT_ONCE)
    errors = [done.error for done in outcomes if done.error is not None]
    if errors and len(errors) == len(outcomes):
        first = errors[0]
        if concerns_all(first) or all(isinstance(error, UnsupportedOperation) for error in errors):
            raise first
    items: list[ItemResult] = []
    for position, (ref, done) in enumerate(zip(refs, outcomes, strict=True)):
        if done.error is not None:
            items.append(result_of(done.error, ref, position))
        elif isinstance(done.value, ItemResult):
            items.append(done.value.at(position))
        else:
            items.append(ItemResult(position=position, outcome=outcome, identifier=ref))
    return BulkResult(items=tuple(items))


async def in_jobs(provider: Provider, refs: Sequence[Identifier | None], job: Job) -> BulkResult:
    """Wait for a job and return one result per input; `refs` say whom each is about, where it is about somebody.

    Raises:
        JobFailed: It ended badly.
        JobTimedOut: It did not end in an hour.
    """
    job = await finished(provider, job, timeout_seconds=JOB_TIMEOUT_SECONDS)
    results = one_each(await result_per_input(provider, job), refs)
    named = [
        result if result.identifier is not None else result.model_copy(update={"identifier": ref})
        for result, ref in zip(results, refs, strict=True)
    ]
    return BulkResult(items=tuple(result.at(position) for position, result in enumerate(named)))
