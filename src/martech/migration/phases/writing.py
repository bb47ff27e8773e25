"""Writing a batch: judge everybody in it, write, and note what became of each person.

A batch that is done again writes the same again: it carries nos and never a yes. An opt-out of the source goes out
in the write that makes the person, so there is no instant at which they are there without it. Evidence is only
ever added, so it goes along the first time and never again; what is missing then is added by a phase of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, overload

from martech.errors import MartechError
from martech.migration.journal import Class, Group, Row, pieces
from martech.migration.phases.jobs import batch_id, noted_job, results_of, why_failed
from martech.migration.phases.judging import LIFTS, Pages, judge
from martech.migration.phases.steps import Step
from martech.models import Channel, Consent, Contact, ItemOutcome, ItemResult

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS"]

_DONE = (
    ItemOutcome.CREATED,
    ItemOutcome.UPDATED,
    ItemOutcome.SAVED,
    ItemOutcome.UNCHANGED,
    ItemOutcome.ACCEPTED,
)
_NOT_DONE = (
    ItemOutcome.REFUSED,
    ItemOutcome.NOT_FOUND,
    ItemOutcome.SUPERSEDED,
    ItemOutcome.REMOVED,
    ItemOutcome.CHALLENGED,
)
_CLASSES: Mapping[ItemOutcome, Class] = {
    **dict.fromkeys(ItemOutcome, Class.FAILED),
    **dict.fromkeys(_DONE, Class.MOVED),
    **dict.fromkeys(_NOT_DONE, Class.REFUSED),
}
"""What an outcome means for a person; `FAILED` and `UNKNOWN` are tried again."""


# ── submitting ───────────────────────────────────────────────────────────────────────────────────────────────────


def _submit(work: Work, group: str, low: int, high: int, again: str) -> Any:
    first = work.journal.begins(work.run, batch_id(group, low, high, again)) and again == "first"
    pages = Pages()
    for rows in work.journal.open_people(work.run, Group(group), low=low, high=high):
        judge(work, rows, pages)
    target = work.order.target
    seqs = work.journal.open_seqs(work.run, Group(group), low=low, high=high)
    done: dict[str, Any] = {"job": None, "seqs": seqs, "rows": []}
    if not seqs:
        return done
    people = _Said(work, Group(group), low, high, len(seqs), with_evidence=first)
    if target.hands_over(len(seqs)):
        return done | {"job": target.hand_over(people).model_dump_json()}
    rows = people.rows()
    results = target.write([people.of(row) for row in rows])
    told = zip(rows, results, strict=True)
    return done | {"rows": [_fate(work, row, result, _lifted(work, row, result)) for row, result in told]}


def _record_submit(
    work: Work, connection: Connection, value: Any, group: str, low: int, high: int, again: str
) -> Any:
    work.journal.settle(connection, work.run, value["rows"])
    work.journal.wrote(connection, work.run, len(value["seqs"]))
    if value["job"] is not None:
        work.journal.keep_job(connection, work.run, batch_id(group, low, high, again), value["job"], value["seqs"])
    return {"job": value["job"] is not None}


class _Said(Sequence[Contact]):
    """What is to be said of the people of a batch, read from the journal as it goes out."""

    def __init__(self, work: Work, group: Group, low: int, high: int, count: int, *, with_evidence: bool) -> None:
        self._work, self._group, self._low, self._high, self._count = work, group, low, high, count
        self._with_evidence = with_evidence

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Contact]:
        return map(self.of, self._open())

    @overload
    def __getitem__(self, index: int) -> Contact: ...
    @overload
    def __getitem__(self, index: slice) -> list[Contact]: ...
    def __getitem__(self, index: int | slice) -> Contact | list[Contact]:
        places = range(self._count)[index]
        if isinstance(places, range):
            low, high = (min(places), max(places) + 1) if places else (0, 0)
            found = list(islice(self, low, high))
            return [found[place - low] for place in places]
        return next(islice(self, places, None))

    def rows(self) -> list[Row]:
        """Return all of them: for batches that are written one by one or few at a time."""
        return list(self._open())

    def of(self, row: Row) -> Contact:
        """Return what is said of somebody, their evidence with it where one write takes it all."""
        assert row.said is not None  # noqa: S101 - whoever is open has been judged
        target = self._work.order.target
        if not self._with_evidence or row.contact is None or not row.contact.consents:
            return row.said
        missing = target.missing(row.contact.consents, row.before.consents if row.before is not None else ())
        if not missing or len(missing) > target.evidence_at_once:
            return row.said
        return row.said.model_copy(update={"consents": missing})

    def _open(self) -> Iterator[Row]:
        some = self._work.journal.open_people(self._work.run, self._group, low=self._low, high=self._high)
        return chain.from_iterable(some)


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────


def _fate(work: Work, row: Row, result: ItemResult, lifted: str | None = None) -> dict[str, Any]:
    """Return what became of somebody who was written, as the journal keeps it."""
    losses = [*row.losses, *([lifted] if lifted else [])]
    settled = _class_of(result, losses)
    return {
        "seq": row.seq,
        "class": settled,
        "outcome": result.outcome.value,
        "reason": _words(result),
        "losses": json.dumps(losses),
        "undelivered": _undelivered(row.opted_out, settled),
        "written_at": work.now().timestamp(),
    }


def _class_of(result: ItemResult, losses: Sequence[str]) -> Class:
    settled = _CLASSES[result.outcome]
    return Class.MOVED_WITH_LOSS if settled is Class.MOVED and losses else settled


def _words(result: ItemResult) -> str | None:
    return f"{result.reason} ({result.code})" if result.reason and result.code else result.reason


def _undelivered(opted_out: bool, settled: Class) -> bool:  # noqa: FBT001 - private
    return opted_out and settled not in (Class.MOVED, Class.MOVED_WITH_LOSS)


def _lifted(work: Work, row: Row, result: ItemResult) -> str | None:
    """Lift the opt-outs that were ordered to give way, through the guard; return what came in between."""
    if not result.ok or row.contact is None or LIFTS not in row.verdicts:
        return None
    ref = work.order.target.name_of(work.order.translation.contact(row.contact).contact)
    assert ref is not None  # noqa: S101 - whoever nothing names was settled when they were read
    for name, since in row.verdicts[LIFTS].items():
        channel = Channel(name)
        try:
            work.order.target.client.consent.subscribe(
                ref, channel=channel, evidence=_latest(row.contact, channel),
                opted_out_at=since and datetime.fromisoformat(since),
            )  # fmt: skip
        except MartechError as refused:
            return f"yes on {channel}: {refused.message}"
    return None


def _latest(contact: Contact, channel: Channel) -> Consent:
    return max(
        (one for one in contact.consents if one.channel is channel and one.topic is None),
        key=lambda one: one.given_at,
    )


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _collect(work: Work, group: str, low: int, high: int, again: str) -> Any:
    kept = noted_job(work, batch_id(group, low, high, again))
    if kept is None:
        return {"seqs": [], "results": [], "lifted": {}, "failed": None}
    job, seqs = kept
    results = results_of(work, job, len(seqs))
    return {
        "seqs": seqs,
        "results": results,
        "lifted": _all_lifted(work, seqs, results),
        "failed": why_failed(job),
    }


def _all_lifted(work: Work, seqs: Sequence[int], results: Sequence[ItemResult]) -> dict[int, str]:
    if not work.order.rules.lift:
        return {}
    lifted: dict[int, str] = {}
    by_seq = dict(zip(seqs, results, strict=True))
    for some in pieces(seqs):
        lifting = [row.seq for row in work.journal.noted(work.run, some) if LIFTS in row.verdicts]
        for row in work.journal.by_seqs(work.run, lifting):
            if (why := _lifted(work, row, by_seq[row.seq])) is not None:
                lifted[row.seq] = why
    return lifted


def _record_collect(
    work: Work, connection: Connection, value: Any, group: str, low: int, high: int, again: str
) -> Any:
    by_seq = dict(zip(value["seqs"], value["results"], strict=True))
    for some in pieces(value["seqs"]):
        rows = work.journal.noted(work.run, some)
        fates = [_fate(work, row, by_seq[row.seq], value["lifted"].get(row.seq)) for row in rows]
        work.journal.settle(connection, work.run, fates)
    work.journal.forget_job(connection, work.run, batch_id(group, low, high, again))
    return {"failed": value["failed"]}


STEPS = {
    "submit": Step(_submit, _record_submit),
    "collect": Step(_collect, _record_collect),
}
