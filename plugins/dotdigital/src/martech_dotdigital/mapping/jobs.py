"""Jobs in both vocabularies: how far they are, and what their reports say of each input."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from martech.models import Identifier, IdentifierKind, ItemOutcome, ItemResult, JobPart, JobStatus
from martech.provider import Response, mask
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.verdicts import verdict_of
from martech_dotdigital.reading import rows
from martech_dotdigital.wire import contacts as wire

__all__ = ["STATES", "deletion_results", "import_results", "removal_results", "state_of"]

STATES: Mapping[str, JobStatus] = {
    "notstarted": JobStatus.WAITING,
    "queued": JobStatus.WAITING,
    "notfinished": JobStatus.RUNNING,
    "processing": JobStatus.RUNNING,
    "started": JobStatus.RUNNING,
    "finished": JobStatus.DONE,
    "complete": JobStatus.DONE,
    "completed": JobStatus.DONE,
    "failed": JobStatus.FAILED,
    "rejectedbywatchdog": JobStatus.FAILED,
    "exceedsallowedcontactlimit": JobStatus.FAILED,
    "invalidfileformat": JobStatus.FAILED,
    "cancelled": JobStatus.FAILED,
    "unknown": JobStatus.UNKNOWN,
    "notavailableinthisversion": JobStatus.UNKNOWN,
}
"""The words of every sort of job (S11.5, S12, S14, S15, S23), in lower case: none of them means two things."""

MISSING = frozenset({"contactnotfound", "contactiddoesnotexist", "contactemaildoesnotexist"})
"""Codes of rows whose contact is not there."""


def state_of(word: str) -> JobStatus:
    """Return what a word for the state of a job means."""
    return STATES.get(word.casefold(), JobStatus.UNKNOWN)


class Places:
    """Which inputs of a part still wait for a result, by key. A key may stand for several inputs."""

    __slots__ = ("_last", "_more", "_waiting")

    def __init__(self, part: JobPart, first: int) -> None:
        self._waiting: dict[str, int] = {}
        self._more: dict[str, deque[int]] = {}
        self._last: dict[str, int] = {}
        for offset, key in enumerate(part.inputs):
            if verdict_of(key, 0) is not None:
                continue
            if self._waiting.setdefault(key, first + offset) != first + offset:
                self._more.setdefault(key, deque()).append(first + offset)

    def claim(self, key: str) -> int | None:
        """Return the next input with this key, which is answered now; None if none is left."""
        position = self._waiting.pop(key, None)
        if position is None:
            more = self._more.get(key)
            if not more:
                return None
            position = more.popleft()
        self._last[key] = position
        return position

    def answered(self, key: str) -> int | None:
        """Return the input with this key that was answered last."""
        return self._last.get(key)

    def rest(self) -> Iterator[tuple[str, int]]:
        """Yield what nobody answered for."""
        yield from self._waiting.items()
        for key, more in self._more.items():
            for position in more:
                yield key, position


def verdicts(part: JobPart, first: int) -> Iterator[ItemResult]:
    """Yield the results of inputs whose fate was known when the job was handed over."""
    for offset, key in enumerate(part.inputs):
        if (result := verdict_of(key, first + offset)) is not None:
            yield result


def import_results(
    part: JobPart, first: int, report: Response, naming: Naming, *, named: bool = True
) -> Iterator[ItemResult]:
    """Yield what an import's report says of each input, found by its identifiers, with the vendor's ids.

    A contact may be written and fail in part, such as one whose evidence was not kept; then it counts as written
    and says what failed. `named` says whether results bear the identifier by which they were found. The report is
    the answer about a job that is done: it is read row by row, what failed twice, and only results about which
    something failed are held.

    Raises:
        UnexpectedResponse: On the way: a list is none, or a row differs.
    """
    yield from verdicts(part, first)
    places = Places(part, first)
    failed = partial(rows, wire.FailedRow, report, "failures")
    concerned = {ref.key for row in failed() for ref in _match_first(row, naming)}
    held: dict[int, ItemResult] = {}
    for outcome, name in ((ItemOutcome.CREATED, "created"), (ItemOutcome.UPDATED, "updated")):
        for row in rows(wire.WrittenRow, report, name):
            number = str(row["contactId"])
            for ref in (*naming.from_wire(row["identifiers"]), Identifier(IdentifierKind.VENDOR, number)):
                if (position := places.claim(ref.key)) is not None:
                    result = ItemResult(
                        position=position, outcome=outcome, identifier=ref if named else None, vendor_id=number
                    )
                    if ref.key in concerned:
                        held[position] = result
                    else:
                        yield result
    for failure in failed():
        code, reason = _why(failure.get("failures"))
        for ref in _match_first(failure, naming):
            if (position := places.claim(ref.key)) is not None:
                held[position] = _refused(position, ref if named else None, code, reason)
                break
            if (position := places.answered(ref.key)) is not None:
                kept = {"code": code, "reason": f"written, but not all of it: {reason}"}
                held[position] = held[position].model_copy(update=kept)
                break
    yield from held.values()


def _match_first(row: wire.FailedRow, naming: Naming) -> Sequence[Identifier]:
    """Return the identifiers of a row that failed, the one it was matched by before the others."""
    named = {name.casefold(): (name, value) for name, value in (row.get("identifiers") or {}).items()}
    match = named.pop((row.get("matchIdentifier") or "").casefold(), None)
    ordered = [match, *named.values()] if match else list(named.values())
    refs = list(naming.from_wire(dict(ordered)))
    if (number := row.get("contactId")) is not None:
        refs.append(Identifier(IdentifierKind.VENDOR, str(number)))
    return refs


def deletion_results(part: JobPart, first: int, report: wire.DeleteState, naming: Naming) -> list[ItemResult]:
    """Return what a bulk deletion's report says of each input."""
    places = Places(part, first)
    gone = (ref for row in report.get("deleted") or () for ref in naming.from_wire(row))
    failed = (
        (ref, *_why(row.get("failures")))
        for row in report.get("failures") or ()
        for ref in naming.from_wire(row["identifier"])
    )
    return [
        *verdicts(part, first),
        *(
            ItemResult(position=position, outcome=ItemOutcome.REMOVED, identifier=ref)
            for ref in gone
            if (position := places.claim(ref.key)) is not None
        ),
        *(
            _refused(position, ref, code, reason)
            for ref, code, reason in failed
            if (position := places.claim(ref.key)) is not None
        ),
    ]


def removal_results(part: JobPart, first: int) -> list[ItemResult]:
    """Return what became of people who were to leave a list: its job reports no single one (S14)."""
    left = (
        ItemResult(position=position, outcome=ItemOutcome.REMOVED)
        for _, position in Places(part, first).rest()
        if part.status is JobStatus.DONE
    )
    return [*verdicts(part, first), *left]


def _refused(position: int, ref: Identifier | None, code: str | None, reason: str) -> ItemResult:
    outcome = ItemOutcome.NOT_FOUND if (code or "").casefold() in MISSING else ItemOutcome.REFUSED
    return ItemResult(position=position, outcome=outcome, identifier=ref, code=code, reason=reason)


def _why(failures: Iterable[wire.Failure] | None) -> tuple[str | None, str]:
    several = list(failures or ())
    code = next((one.get("failureCode") for one in several if one.get("failureCode")), None)
    words = "; ".join(one.get("description") or one.get("failureCode") or "" for one in several)
    return code, mask(words) or "Dotdigital does not say why"
