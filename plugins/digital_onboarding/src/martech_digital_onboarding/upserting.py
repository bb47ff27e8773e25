"""Writing contacts through the one endpoint that there is, in its batch shape.

The single shape does not tell who was made and who was changed (seed, "Create or Update"), and somebody who was
made may be within reach of messages from then on. So whatever has to know that is a batch here, be it of one.

What the vendor does not say about batches, and what follows:

* Sizes: cut by number and by bytes; a 413 halves what was refused.
* One bad contact: a 400 or 422 for several halves them, down to the bad one, so that it sinks nobody else.
* Order: answers are matched by key. Who is in neither list of an answer is unknown, never written.
* A call may have to be made twice: after a cut or a 5xx the first may have done its work. Keys make that harmless,
  but the second answer then calls those “existing” whom the first one made. Such people are `SAVED`, not
  `UPDATED`, unless the vendor says that they were there long before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from martech.models import Identifier, IdentifierKind, ItemOutcome, ItemResult
from martech.provider import (
    InvalidInput,
    MartechError,
    Now,
    ProviderUnavailable,
    concerns_all,
    post,
    result_of,
)
from martech_digital_onboarding import mapping
from martech_digital_onboarding.limits import EMPTY_BATCH_BYTES
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import BatchAnswer, ContactAnswer, readable

NOT_NAMED = "the answer names this contact neither as new nor as known"
NO_ADDRESS = (
    "written, and this contact has no address: if you expected one, it is an empty contact that an earlier write "
    "under a wrong key made"
)
TOO_LARGE = 413
_BAD_CONTENT = frozenset({400, 422})
_CLOCKS_DISAGREE = timedelta(minutes=5)
"""How far the vendor's clock may lie from ours, for telling who was there before a call."""


@dataclass(frozen=True, slots=True)
class Row:
    """One contact object, and by what it is named."""

    ref: Identifier
    members: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The key as it is written; whether two that differ in case are one person is not stated."""
        return str(self.members["unique_id"])


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a row: created, updated, saved, unknown; or the error that stopped it."""

    row: Row
    outcome: ItemOutcome = ItemOutcome.UNKNOWN
    answer: ContactAnswer | None = None
    error: MartechError | None = None


@dataclass(frozen=True, slots=True)
class _Chunk:
    rows: Sequence[Row]
    maybe_done: bool = False
    """Whether an earlier call may already have written these."""

    def halves(self, *, maybe_done: bool) -> tuple[_Chunk, _Chunk]:
        middle = len(self.rows) // 2
        done = self.maybe_done or maybe_done
        return _Chunk(self.rows[:middle], done), _Chunk(self.rows[middle:], done)


async def write(
    rows: Sequence[Row], settings: DigitalOnboardingSettings, *, repeatable: bool = True
) -> Sequence[Written]:
    """Write rows, each with a key of its own, and return one result per row, in their order.

    One request for each `batch_contacts` rows or `batch_bytes` bytes; more where the vendor refuses some. With
    `repeatable=False` no request is made twice.

    Raises:
        MartechError: It concerns every row, and nothing can have been written yet.
    """
    began = await Now()
    done: dict[str, Written] = {}
    waiting = deque(_Chunk(some) for some in chunks(rows, settings))
    while waiting:
        chunk = waiting.popleft()
        try:
            answer, repeated = await _posted(chunk.rows, repeatable=repeatable)
        except MartechError as error:
            if len(chunk.rows) > 1 and isinstance(error, InvalidInput) and _may_halve(error):
                waiting.extendleft(reversed(chunk.halves(maybe_done=error.status != TOO_LARGE)))
                continue
            if not concerns_all(error):
                done |= {row.key: Written(row, error=error) for row in chunk.rows}
                continue
            left = (chunk, *waiting)
            if not any(one.maybe_done for one in left) and not any(map(maybe_written, done.values())):
                raise
            done |= {row.key: Written(row, error=error) for some in left for row in some.rows}
            break
        done |= matched(chunk.rows, answer, began if repeated or chunk.maybe_done else None)
    return [done[row.key] for row in rows]


def maybe_written(one: Written) -> bool:
    """Return whether a row is written, or may be: its call was cut off, or broke down on the vendor's side."""
    if one.error is None:
        return True
    return isinstance(one.error, ProviderUnavailable) or result_of(one.error).outcome is ItemOutcome.UNKNOWN


def _may_halve(error: InvalidInput) -> bool:
    return error.status == TOO_LARGE or error.status in _BAD_CONTENT


def chunks(rows: Sequence[Row], settings: DigitalOnboardingSettings) -> Iterator[Sequence[Row]]:
    """Yield rows in stretches that one batch may hold, by number and by bytes. No rows are no stretch."""
    from pydantic_core import to_json

    some: list[Row] = []
    size = EMPTY_BATCH_BYTES
    for row in rows:
        bytes_more = len(to_json(row.members)) + 1
        if some and (len(some) >= settings.batch_contacts or size + bytes_more > settings.batch_bytes):
            yield some
            some, size = [], EMPTY_BATCH_BYTES
        some.append(row)
        size += bytes_more
    if some:
        yield some


async def _posted(rows: Sequence[Row], *, repeatable: bool) -> tuple[BatchAnswer, bool]:
    """Return the answer to a batch, and whether an earlier call may already have done the work."""
    body = {"contacts": [row.members for row in rows]}
    response = await post("/v1/contacts", json=body, repeatable=repeatable)
    return readable(BatchAnswer, response), response.attempt > 1


def matched(rows: Sequence[Row], answer: BatchAnswer, unsure_since: datetime | None = None) -> dict[str, Written]:
    """Return what an answer says about each row, by key.

    `unsure_since` is when the first of several calls began, any of which may have made whom the answer calls
    existing; None where there was but one.
    """
    own = {row.key for row in rows}
    made = _Named.of(answer.get("new_contacts"), own)
    there = _Named.of(answer.get("existing_contacts"), own)
    found: dict[str, Written] = {}
    for row in rows:
        # A key in both lists was made by this call and then met again.
        new, known = made.named(row), there.named(row)
        if new is not None:
            found[row.key] = Written(row, ItemOutcome.CREATED, new)
        elif known is not None:
            sure = unsure_since is None or _was_there(known, unsure_since)
            found[row.key] = Written(row, ItemOutcome.UPDATED if sure else ItemOutcome.SAVED, known)
        else:
            found[row.key] = Written(row)
    return found


def is_of(answer: ContactAnswer, row: Row) -> bool:
    """Return whether an answered contact is the one that a row is about."""
    return _Named.of([answer], {row.key}).named(row) is not None


def told_of_known(written: Written, *, if_made: str) -> ItemResult:
    """Return what became of a write that was meant for somebody who is there.

    Whoever was not is there now, empty: that is no success, and `if_made` says what it is. Said again, the same
    finds that empty contact, so the result of a contact without any address says so.
    """
    ref, answer = written.row.ref, written.answer
    if written.error is not None:
        return result_of(written.error, ref)
    if answer is None:
        return ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=ref, reason=NOT_NAMED)
    outcome, why = written.outcome, None
    if outcome is ItemOutcome.CREATED:
        outcome, why = ItemOutcome.NOT_FOUND, if_made
    elif mapping.lost_opt_out(written.row.members, answer):
        outcome, why = ItemOutcome.UNKNOWN, mapping.OPT_OUT_LOST
    elif not any(answer.get(address) for _, address in mapping.CHANNELS.values()):
        why = NO_ADDRESS
    return ItemResult(outcome=outcome, identifier=ref, vendor_id=answer.get("id"), reason=why, raw=answer)


@dataclass(frozen=True, slots=True)
class _Named:
    """Answered contacts by their keys: as they are, and those that are nobody's own in any letter case."""

    exactly: Mapping[str, ContactAnswer]
    alike: Mapping[str, ContactAnswer]

    @classmethod
    def of(cls, answers: Sequence[ContactAnswer] | None, own: Collection[str]) -> _Named:
        exactly = {key: one for one in answers or () if (key := mapping.key_of(one)) is not None}
        return cls(exactly, {key.casefold(): one for key, one in exactly.items() if key not in own})

    def named(self, row: Row) -> ContactAnswer | None:
        """Return what is said of a row. An address may come back in another case; a key of one's own may not."""
        found = self.exactly.get(row.key)
        if found is None and row.ref.kind is IdentifierKind.EMAIL:
            found = self.alike.get(row.key.casefold())
        return found


def _was_there(answer: ContactAnswer, began: datetime) -> bool:
    made = mapping.moment(answer.get("inserted_at"))
    return made is not None and made < began - _CLOCKS_DISAGREE
