"""Putting many people on lists and taking them off: in batches, or as a job where that is the vendor's way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martech.flows.each import in_batches, in_jobs
from martech.models import BulkResult, ItemOutcome
from martech.provider.capabilities import operation
from martech.wire import Pause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import Identifier
    from martech.provider.contract import Provider

__all__ = ["add", "remove"]

FIRST_WAIT_SECONDS = 15.0


async def add(
    provider: Provider, list_id: str, people: Sequence[Identifier], *, wait_seconds: float = 0.0
) -> BulkResult:
    """Put people on a list; one result per person.

    Whoever is not found is tried again, for as long as `wait_seconds`: a provider may show somebody only some time
    after they were written.
    """
    done = list((await _added(provider, list_id, people)).items)
    left, pause = wait_seconds, FIRST_WAIT_SECONDS
    while left > 0 and (missing := [one.position for one in done if one.outcome is ItemOutcome.NOT_FOUND]):
        pause = min(pause, left)
        await Pause(pause, "waiting for people who may just have been written")
        left, pause = left - pause, pause * 2
        again = await _added(provider, list_id, [people[position] for position in missing])
        for position, result in zip(missing, again.items, strict=True):
            done[position] = result.at(position)
    return BulkResult(items=tuple(done))


async def _added(provider: Provider, list_id: str, people: Sequence[Identifier]) -> BulkResult:
    lists = provider.lists
    if _prefers_job(provider, "add", people):
        return await in_jobs(provider, people, await lists.submit_add(list_id, people))
    return await in_batches(
        people, lists.batch_size, partial(lists.add, list_id), operation(provider, "lists", "add")
    )


async def remove(provider: Provider, list_id: str, people: Sequence[Identifier]) -> BulkResult:
    """Take people off a list; one result per person."""
    lists = provider.lists
    if _prefers_job(provider, "remove", people):
        return await in_jobs(provider, people, await lists.submit_remove(list_id, people))
    return await in_batches(
        people, lists.batch_size, partial(lists.remove, list_id), operation(provider, "lists", "remove")
    )


def _prefers_job(provider: Provider, verb: str, people: Sequence[Identifier]) -> bool:
    """Return whether a job does it better: there is one, and no batch, or more people than one batch takes."""
    job = operation(provider, "lists", f"submit_{verb}")
    direct = operation(provider, "lists", verb)
    many = len(people) > provider.lists.batch_size
    return job.refusal(refs=people) is None and (many or direct.refusal(refs=people) is not None)
