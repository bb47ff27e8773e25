"""How many requests a migration takes, and how long they last at the limits that the vendors declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

from martech.migration.plan.model import Effort, PeopleCounts
from martech.migration.sources.accounts import ProviderSource, provider_of
from martech.migration.sources.contract import Source
from martech.migration.target import Looking, Target
from martech.models import IfNew
from martech.provider.capabilities import operation
from martech.provider.contract import Provider
from martech.provider.operations import Saving

__all__ = ["effort"]

REQUESTS_A_JOB = 4
"""To hand a job over, to ask twice how far it is, and to read its results."""
REQUESTS_A_PERSON = 2
"""To look once more, and to write."""


def effort(
    source: Source, target: Target, people: PeopleCounts, pages: Counter[str], memberships: int
) -> Iterator[Effort]:
    """Yield what each step asks of either side. What cannot be known, such as waiting for jobs, is left out."""
    if isinstance(source, ProviderSource):
        reads = pages["people"] + pages["suppressions"]
        yield _effort("reading everybody", source.title, provider_of(source.client), reads)
    provider = target.provider
    if target.looking is not Looking.NOT:
        looks = pages["target"] or people.read - people.left_out - people.twice
        yield _effort("looking whom the target has", target.title, provider, looks)
    writes = people.created + people.updated + people.unknown + people.refused
    requests = _writes(target, writes)
    many = any(_takes(target, one, restore=target.restore) for one in _MANY)
    under = provider.contacts.written_under if many else ""
    written = _effort("writing people", target.title, provider, requests, under)
    yield written.model_copy(update={"why": _why_singly(target, writes)})
    if memberships:
        joins = ceil(memberships / max(1, provider.lists.batch_size))
        yield _effort("putting people on lists", target.title, provider, joins)


def _writes(target: Target, people: int) -> int:
    """Return how many requests write so many people, by jobs, batches or one by one."""
    if not people:
        return 0
    if target.hands_over(min(people, target.size)):
        return ceil(people / target.size) * REQUESTS_A_JOB
    if _takes(target, "upsert_batch", restore=target.restore):
        return ceil(people / target.provider.contacts.batch_size)
    return people * REQUESTS_A_PERSON


def _takes(target: Target, verb: str, *, restore: bool) -> bool:
    how = Saving(if_new=IfNew.VENDOR_DEFAULT, restore=restore)
    return operation(target.provider, "contacts", verb).refusal(how=how) is None


def _why_singly(target: Target, people: int) -> str | None:
    """Return why people are written one by one where they need not be."""
    if not people or target.restore or any(_takes(target, one, restore=False) for one in _MANY):
        return None
    if not any(_takes(target, one, restore=True) for one in _MANY):
        return None
    return (
        f"one by one, since {target.title} may bring people back from its bin when it takes many at a time; "
        "with --restore they go together"
    )


_MANY = ("upsert_batch", "submit_import")


def _effort(step: str, side: str, provider: Provider, requests: int, under: str = "") -> Effort:
    limits = [one for one in provider.limits if (one.every or one.name == under) and one.calls]
    seconds = [requests * one.per_seconds / one.calls for one in limits if one.calls]
    minutes = round(max(seconds) / 60, 1) if seconds else None
    return Effort(step=step, side=side, requests=requests, minutes=minutes)
