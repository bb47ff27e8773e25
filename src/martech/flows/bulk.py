"""Writing many contacts: the best way a provider has, one result per input, bounded memory.

A batch is used where it is enough, an import where there is more or no batch, single calls where there is neither.
Inputs that name one person twice are put together first, as if they had been written one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martech.consent import writable
from martech.errors import InvalidRequest, JobTimedOut, MartechError
from martech.flows.people import written_by
from martech.flows.waiting import ended, result_per_input
from martech.models import BulkResult, Contact, Identifier, ItemOutcome, ItemResult, RejectedInput
from martech.provider.capabilities import operation
from martech.provider.contract import Provider
from martech.provider.operations import Saving
from martech.provider.outcomes import concerns_all, one_each, result_of
from martech.wire import Together

if TYPE_CHECKING:
    from martech.provider.resources import Streaming

__all__ = ["MOST_AT_ONCE", "Input", "upsert_many", "upsert_stream"]

Input = Contact | RejectedInput
Written = tuple[Sequence[ItemResult], MartechError | None]
"""One result per contact, and the error if one came up that concerns every further contact too."""
Way = Callable[[Provider, Sequence[Contact], Saving], Coroutine[Any, Any, Written]]

MOST_AT_ONCE = 10_000
"""How many inputs `upsert_many` takes; more belong into `upsert_stream`."""
SINGLE_CALLS_AT_ONCE = 8
IMPORT_TIMEOUT_SECONDS = 4 * 3600.0


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
    for start in range(0, len(waiting), size):
        chunk = _Chunk(provider, waiting[start : start + size], how, start)
        results, broken = await chunk.written(way)
        if broken is not None and not any(result.ok for result in done):
            raise broken
        done += results
        if broken is not None:
            rest = range(len(done), len(waiting))
            done += [result_of(broken, position=position) for position in rest]
            break
    return BulkResult(items=tuple(done))


async def upsert_stream(provider: Provider, stream: Streaming[Input, ItemResult], how: Saving) -> None:
    """Write contacts as they come and emit one result per input, in their order.

    What is in memory is one chunk of the provider's size. If something concerns every further input, the chunk's
    results say so and the error is raised after them: the last position seen is where to go on.
    """
    _, size = _way(provider, how, MOST_AT_ONCE)
    position = 0
    while inputs := await stream.take(size):
        way, _ = _way(provider, how, len(inputs))
        results, broken = await _Chunk(provider, inputs, how, position).written(way)
        position += len(inputs)
        for result in results:
            await stream.emit(result)
        if broken is not None:
            raise broken


@dataclass(slots=True)
class _Chunk:
    """Some inputs of a call, to be written together."""

    provider: Provider
    inputs: Sequence[Input]
    how: Saving
    start: int

    async def written(self, way: Way) -> Written:
        """Write it; returns one result per input."""
        results: list[ItemResult | None] = [None] * len(self.inputs)
        people: dict[str, tuple[int, Contact]] = {}
        for index, one in enumerate(self.inputs):
            try:
                contact, key = self._prepared(one)
            except MartechError as refused:
                results[index] = self._refused(one, refused, index)
                continue
            if key is not None and key in people:
                earlier, known = people.pop(key)
                results[earlier] = self._superseded(known, earlier, index)
                contact = contact.over(known)
            people[key if key is not None else f"#{index}"] = (index, contact)
        indexes = [index for index, _ in people.values()]
        contacts = [contact for _, contact in people.values()]
        names = _names(self.provider, contacts, self.how)
        try:
            written, broken = await way(self.provider, contacts, self.how) if contacts else ((), None)
        except MartechError as error:
            broken = error if concerns_all(error) else None
            written = [result_of(error, name) for name in names]
        for index, result in zip(indexes, one_each(written, names), strict=True):
            results[index] = result.at(self.start + index)
        return [result for result in results if result is not None], broken

    def _prepared(self, one: Input) -> tuple[Contact, str | None]:
        if isinstance(one, RejectedInput):
            raise InvalidRequest(one.reason if one.line is None else f"line {one.line}: {one.reason}")
        contact = writable(one)
        name = written_by(self.provider, contact, self.how.match)
        if name is None and not self.how.mint_keys:
            kinds = (self.how.match,) if self.how.match else self.provider.contacts.written_by
            needs = " or ".join("an id of your own" if kind == "own" else f"{kind}" for kind in kinds)
            raise InvalidRequest(f"nothing names this contact: the provider needs {needs}")
        return contact, name.key if name is not None else None

    def _refused(self, one: Input, error: MartechError, index: int) -> ItemResult:
        name = written_by(self.provider, one, self.how.match) if isinstance(one, Contact) else None
        return result_of(error, name, self.start + index)

    def _superseded(self, contact: Contact, earlier: int, later: int) -> ItemResult:
        return ItemResult(
            position=self.start + earlier,
            outcome=ItemOutcome.SUPERSEDED,
            identifier=written_by(self.provider, contact, self.how.match),
            reason=f"names the same person as input {self.start + later}; both were written as one",
        )


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


async def _by_import(provider: Provider, contacts: Sequence[Contact], how: Saving) -> Written:
    job = await provider.contacts.submit_import(contacts, how=how)
    try:
        job = await ended(provider, job, timeout_seconds=IMPORT_TIMEOUT_SECONDS)
    except JobTimedOut as late:
        ids = ", ".join(part.id for part in late.job.parts)
        names = _names(provider, contacts, how)
        reason = f"{late.message}; ask again for job {ids}"
        return [ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=name, reason=reason) for name in names], None
    results = await result_per_input(provider, job)
    names = _names(provider, contacts, how)
    return [
        result if result.identifier is not None else result.model_copy(update={"identifier": name})
        for result, name in zip(one_each(results, names), names, strict=True)
    ], None


async def _one_by_one(provider: Provider, contacts: Sequence[Contact], how: Saving) -> Written:
    calls = [provider.contacts.upsert(contact, how=how) for contact in contacts]
    outcomes = await Together(calls, at_most=SINGLE_CALLS_AT_ONCE)
    errors = (outcome.error for outcome in outcomes if outcome.error is not None)
    return [
        outcome.value if outcome.error is None else result_of(outcome.error, name)
        for outcome, name in zip(outcomes, _names(provider, contacts, how), strict=True)
    ], next(filter(concerns_all, errors), None)


def _names(provider: Provider, contacts: Sequence[Contact], how: Saving) -> list[Identifier | None]:
    return [written_by(provider, contact, how.match) for contact in contacts]
