"""The chunks of a bulk write: prepared, written or handed over, waited for, with one result per input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech.consent import writable
from martech.errors import InvalidRequest, JobTimedOut, MartechError
from martech.flows.people import written_by
from martech.flows.waiting import ended, result_per_input
from martech.models import Contact, Identifier, ItemOutcome, ItemResult, Job, RejectedInput
from martech.provider.contract import Provider
from martech.provider.operations import Saving
from martech.provider.outcomes import concerns_all, one_each, result_of

__all__ = ["Input", "Line", "Way", "Written", "names_of"]

Input = Contact | RejectedInput
Written = tuple[Sequence[ItemResult], MartechError | None]
"""One result per contact, and the error if one came up that concerns every further contact too."""
Way = Callable[[Provider, Sequence[Contact], Saving], Coroutine[Any, Any, Written | Job]]
"""Writes contacts, or hands them over: then their results are those of a job."""

IMPORT_TIMEOUT_SECONDS = 4 * 3600.0


@dataclass(slots=True)
class Line:
    """Chunks in their order, each written or under way as an import: as many of those as the provider may have."""

    provider: Provider
    how: Saving
    under_way: deque[_Chunk] = field(default_factory=deque["_Chunk"])
    _position: int = 0

    async def add(self, inputs: Sequence[Input], way: Way) -> None:
        """Write the next chunk, or hand it over.

        Whoever is in one that is under way is waited for first: of two imports the later may be done before.
        """
        chunk = _Chunk(self.provider, inputs, self.how, self._position)
        chunk.prepare()
        self._position += len(inputs)
        for earlier in self.under_way:
            if not chunk.people.keys().isdisjoint(earlier.people):
                await earlier.end()
        await chunk.begin(way)
        self.under_way.append(chunk)

    @property
    def is_due(self) -> bool:
        """Whether the oldest chunk is done, or must be waited for before another one is handed over."""
        if not self.under_way:
            return False
        full = len(self.under_way) >= self.provider.contacts.imports_at_once
        return full or self.under_way[0].is_done or self.under_way[-1].broken is not None

    async def oldest(self) -> Written:
        """Return what became of the oldest chunk, which leaves the line."""
        chunk = self.under_way.popleft()
        await chunk.end()
        return chunk.results(), chunk.broken

    def left_behind(self, broken: MartechError) -> list[ItemResult]:
        """Return the results of what was handed over and cannot be asked about any more."""
        return [result for chunk in self.under_way for result in chunk.left_behind(broken)]


@dataclass(slots=True)
class _Chunk:
    """Some inputs of a call, to be written together."""

    provider: Provider
    inputs: Sequence[Input]
    how: Saving
    start: int
    people: dict[str, tuple[int, Contact | None]] = field(default_factory=dict[str, tuple[int, Contact | None]])
    """Whom they are about: by key the place of the input that is written, and what is said of them.

    Of who was handed over only the key and the place are kept.
    """
    broken: MartechError | None = None
    _settled: dict[int, ItemResult] = field(default_factory=dict[int, ItemResult])
    """The results of inputs that are not written, by place."""
    _written: Sequence[ItemResult] | None = None
    _names: Sequence[Identifier | None] = ()
    _size: int = 0
    _job: Job | None = None

    @property
    def is_done(self) -> bool:
        """Whether its results are there."""
        return self._written is not None

    def prepare(self) -> None:
        """Put together what is about one person, and refuse what cannot be written at all."""
        for index, one in enumerate(self.inputs):
            try:
                contact, key = self._prepared(one)
            except MartechError as refused:
                self._settled[index] = self._refused(one, refused, index)
                continue
            if key is not None and key in self.people:
                earlier, known = self.people.pop(key)
                assert known is not None  # noqa: S101 - nobody is handed over yet
                self._settled[earlier] = self._superseded(known, earlier, index)
                contact = contact.over(known)
            self.people[key if key is not None else f"#{self.start + index}"] = (index, contact)

    async def begin(self, way: Way) -> None:
        """Write it, or hand it over."""
        contacts = [contact for _, contact in self.people.values() if contact is not None]
        self._size, self._names = len(self.inputs), names_of(self.provider, contacts, self.how)
        try:
            begun = await way(self.provider, contacts, self.how) if contacts else ((), None)
        except MartechError as error:
            self._stopped(error)
            return
        if isinstance(begun, Job):
            self._job = begun
            self.inputs = ()
            self.people = {key: (index, None) for key, (index, _) in self.people.items()}
        else:
            self._written, self.broken = begun

    async def end(self) -> None:
        """Wait for its import, if it is one that is under way."""
        if self._job is None or self.is_done:
            return
        try:
            self._written = await _imported(self.provider, self._names, self._job)
        except MartechError as error:
            self._unheard(error)
            self.broken = error if concerns_all(error) else None

    def results(self) -> list[ItemResult]:
        """Return one result per input."""
        indexes = [index for index, _ in self.people.values()]
        for index, result in zip(indexes, one_each(self._written or (), self._names), strict=True):
            self._settled[index] = result.at(self.start + index)
        return [self._settled[index] for index in range(self._size)]

    def left_behind(self, broken: MartechError) -> list[ItemResult]:
        """Return one result per input, though nobody will ask any more what became of those handed over."""
        if not self.is_done:
            self._unheard(broken)
        return self.results()

    def _stopped(self, error: MartechError) -> None:
        self.broken = error if concerns_all(error) else None
        self._written = [result_of(error, name) for name in self._names]

    def _unheard(self, error: MartechError) -> None:
        reason = f"it was handed over, and then nobody could ask what became of it: {error.message}"
        self._written = [
            ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=name, reason=reason) for name in self._names
        ]

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


async def _imported(provider: Provider, names: Sequence[Identifier | None], job: Job) -> Sequence[ItemResult]:
    """Wait for an import, and return one result per contact."""
    try:
        job = await ended(provider, job, timeout_seconds=IMPORT_TIMEOUT_SECONDS)
    except JobTimedOut as late:
        ids = ", ".join(part.id for part in late.job.parts)
        reason = f"{late.message}; ask again for job {ids}"
        return [ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=name, reason=reason) for name in names]
    results = await result_per_input(provider, job)
    return [
        result if result.identifier is not None else result.model_copy(update={"identifier": name})
        for result, name in zip(one_each(results, names), names, strict=True)
    ]


def names_of(provider: Provider, contacts: Sequence[Contact], how: Saving) -> list[Identifier | None]:
    """Return by what each of the contacts is written."""
    return [written_by(provider, contact, how.match) for contact in contacts]
