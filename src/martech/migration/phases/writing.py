"""Writing a batch: look once more, judge, write, and note what became of each person.

A batch that is done again writes the same again: it carries nos and never a yes. An opt-out of the source goes out
in the write that makes the person, so there is no instant at which they are there without it. Evidence is only
ever added, so it goes along the first time and never again; what is missing then is added by a phase of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError
from martech.migration import law
from martech.migration.journal import LONE_BLOCK, Class, Group, Row
from martech.migration.law import Judgement, OptOut, Verdict
from martech.migration.phases.jobs import batch_id, results_of, why_failed
from martech.migration.phases.reading import filed_under, opt_outs
from martech.migration.phases.steps import Step
from martech.migration.target import Looking, differences
from martech.models import (
    Channel,
    Consent,
    Contact,
    Identifier,
    ItemOutcome,
    ItemResult,
    SubscriptionStatus,
)

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


@dataclass(slots=True)
class _Case:
    """One person of a batch with everything known of them now."""

    row: Row
    contact: Contact
    said: Contact
    losses: list[str]
    known: Contact | None
    seen: bool
    judgement: Judgement
    ref: Identifier
    digest: str
    unchanged: bool
    evidence: tuple[Consent, ...]
    """What the target is to keep of their evidence."""


# ── submitting ───────────────────────────────────────────────────────────────────────────────────────────────────


def _submit(work: Work, group: str, low: int, high: int, again: str) -> Any:
    first = work.journal.begins(work.run, batch_id(group, low, high, again)) and again == "first"
    rows = work.journal.people(work.run, group=Group(group), low=low, high=high, open_only=True)
    cases = _cases(work, rows)
    settled = [_refused(case) for case in cases if case.judgement.refusal is not None]
    left = [case for case in cases if case.judgement.refusal is None]
    settled += [
        _settled(work, case, ItemResult(outcome=ItemOutcome.UNCHANGED), None) for case in left if case.unchanged
    ]
    left = [case for case in left if not case.unchanged]
    target = work.order.target
    said = [_with_evidence(work, case) if first else case.said for case in left]
    done: dict[str, Any] = {
        "job": None, "seqs": [], "writes": len(left),
        "evidence": [case.row.seq for case in cases if case.evidence and case.judgement.refusal is None],
    }  # fmt: skip
    if target.hands_over(len(left)):
        job = target.hand_over(said)
        return done | {
            "rows": settled + [_begun(case) for case in left],
            "job": job.model_dump_json(),
            "seqs": [case.row.seq for case in left],
        }
    results = target.write(said) if left else ()
    for case, result in zip(left, results, strict=True):
        settled.append(_settled(work, case, result, _lifted(work, case, result)))
    return done | {"rows": settled}


def _record_submit(
    work: Work, connection: Connection, value: Any, group: str, low: int, high: int, again: str
) -> Any:
    work.journal.settle(connection, work.run, value["rows"])
    work.journal.wrote(connection, work.run, value["writes"])
    work.journal.expect_evidence(connection, work.run, value["evidence"])
    if value["job"] is not None:
        work.journal.keep_job(connection, work.run, batch_id(group, low, high, again), value["job"], value["seqs"])
    return {"job": value["job"] is not None}


def _cases(work: Work, rows: Sequence[Row]) -> list[_Case]:
    contacts = _looked_at_again(work, rows)
    journal = work.journal
    earlier = journal.earlier(work.run, [row.name for row in rows])
    named = {row.seq: (row.name, *filed_under(work, contacts[row.seq])) for row in rows}
    every = [name for names in named.values() for name in names]
    blocks, erased = journal.blocks(work.run, every), journal.erased(every)
    found = _known(work, [(row, contacts[row.seq], named[row.seq]) for row in rows])
    topics = {
        one["name"]: one["target_id"] for one in journal.things(work.run, "topic") if one["target_id"] is not None
    }
    cases: list[_Case] = []
    for row in rows:
        contact, names = contacts[row.seq], named[row.seq]
        known, seen = found[row.seq]
        before = earlier.get(row.name, [])
        elsewhere = [*opt_outs(one for name in names for one in blocks.get(name, ())), *_nos_of(before)]
        moved_before = any(one.settled in (Class.MOVED, Class.MOVED_WITH_LOSS) for one in before)
        if not seen and moved_before:
            # Nobody can look, but an earlier run put them there: somebody new needs a no, they do not.
            known = Contact()
        judgement = law.judge(
            contact, known, seen=seen, channels=work.order.target.channels, rules=work.order.rules,
            elsewhere=elsewhere, erased=bool(erased.intersection(names)), moved_before=moved_before,
            topics=topics,
        )  # fmt: skip
        cases.append(_case(work, row, contact, known if seen else None, seen, judgement, before))
    return cases


def _case(
    work: Work, row: Row, contact: Contact, known: Contact | None, seen: bool,  # noqa: FBT001 - private
    judgement: Judgement, before: Sequence[Row],
) -> _Case:  # fmt: skip
    target = work.order.target
    translated = work.order.translation.contact(contact)
    ref = target.name_of(translated.contact)
    assert ref is not None  # noqa: S101 - whoever nothing names was settled when they were read
    said = translated.contact
    if judgement.nos or judgement.topics:
        said = said.model_copy(update={"subscriptions": (*judgement.nos, *judgement.topics)})
    digest = _digest(said)
    last = before[0] if before else None
    same_as_last = (
        last is not None and last.digest == digest and last.settled in (Class.MOVED, Class.MOVED_WITH_LOSS)
    )
    lifts = Verdict.LIFT in judgement.verdicts.values()
    hides = target.shows is not None
    if seen:
        unchanged = not differences(said, known, shows=target.shows) and (
            not hides or same_as_last or _all_shown(said, target.shows)
        )
    else:
        unchanged = same_as_last
    return _Case(
        row, contact, said, [*translated.losses, *_losses(work, contact, judgement)], known, seen, judgement, ref,
        digest, unchanged=unchanged and not lifts,
        evidence=tuple(one for one in contact.consents if target.can_keep(one)),
    )  # fmt: skip


def _all_shown(said: Contact, shows: frozenset[str] | None) -> bool:
    return shows is None or all(name.casefold() in shows for name in said.attributes)


def _losses(work: Work, contact: Contact, judgement: Judgement) -> list[str]:
    """Return what the law and the target's bounds take away from a person."""
    lost = [f"no on {channel}: the target keeps nothing of that channel" for channel in judgement.lost]
    for channel, verdict in judgement.verdicts.items():
        quiet = verdict is Verdict.QUIET and contact.status(channel) is SubscriptionStatus.SUBSCRIBED
        lost += [f"yes on {channel}: not carried without evidence"] if quiet else []
    lost += ["states of topics"] if judgement.lost_topics else []
    if any(not work.order.target.can_keep(one) for one in contact.consents):
        lost.append("evidence of consent: the target keeps none like it; the journal does")
    return lost


def _with_evidence(work: Work, case: _Case) -> Contact:
    """Return what is said of somebody, their evidence with it where one write takes it all."""
    known = case.known.consents if case.known is not None else ()
    missing = work.order.target.missing(case.evidence, known)
    if not missing or len(missing) > work.order.target.evidence_at_once:
        return case.said
    return case.said.model_copy(update={"consents": missing})


def _digest(said: Contact) -> str:
    """Return a text that differs whenever what is said does; a no for the new only is said once and left out."""
    nos = [one for one in said.subscriptions if one.status is not SubscriptionStatus.NOT_SUBSCRIBED]
    told = said.model_dump(mode="json", exclude_unset=True) | {
        "subscriptions": [[one.channel, one.status] for one in nos]
    }
    return blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def _nos_of(rows: Sequence[Row]) -> list[OptOut]:
    """Return the opt-outs that earlier runs knew of."""
    return [
        OptOut(one.channel, one.changed_at, one.reason)
        for row in rows
        if row.said is not None
        for one in row.said.subscriptions
        if one.is_no and one.topic is None
    ]


# ── looking once more ────────────────────────────────────────────────────────────────────────────────────────────


def _looked_at_again(work: Work, rows: Sequence[Row]) -> dict[int, Contact]:
    """Return the people as the source has them now, as far as a page of it still holds them.

    A no that came since is taken over at once; a yes that came since is not.
    """
    staged = {row.seq: row.contact for row in rows if row.contact is not None}
    if not work.order.live:
        return staged
    now: dict[str, Contact] = {}
    for page in dict.fromkeys(row.page for row in rows if row.page != LONE_BLOCK):
        read = next(iter(work.order.source.people(page)), None)
        for contact in read.items if read is not None else ():
            if isinstance(contact, Contact):
                now |= dict.fromkeys(filed_under(work, contact), contact)
    for row in rows:
        contact = staged[row.seq]
        fresh = next((now[name] for name in filed_under(work, contact) if name in now), None)
        if fresh is not None and any(one.is_no for one in fresh.subscriptions):
            nos = tuple(one for one in fresh.subscriptions if one.is_no)
            staged[row.seq] = Contact(subscriptions=nos).over(contact)
    return staged


def _known(
    work: Work, people: Sequence[tuple[Row, Contact, Sequence[str]]]
) -> dict[int, tuple[Contact | None, bool]]:
    """Return how the target has each person, and whether it let us look."""
    target = work.order.target
    if target.looking is Looking.BY_LIST and work.order.survey:
        surveyed = work.journal.surveyed(work.run, [name for _, _, names in people for name in names])
        # By the name that the target goes by; another name may be somebody else's there.
        return {row.seq: (surveyed.get(row.name), True) for row, _, _ in people}
    if target.looking is not Looking.NOT:
        refs = [target.name_of(work.order.translation.contact(contact).contact) for _, contact, _ in people]
        found = target.look_up([ref for ref in refs if ref is not None])
        return {row.seq: (known, True) for (row, _, _), known in zip(people, found, strict=True)}
    return {row.seq: (None, False) for row, _, _ in people}


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────


def _begun(case: _Case) -> dict[str, Any]:
    return {
        "seq": case.row.seq,
        "contact": case.contact,
        "said": case.said,
        "before": case.known,
        "digest": case.digest,
        "verdicts": json.dumps(_verdicts(case)),
        "losses": json.dumps(case.losses),
        "opted_out": case.row.opted_out or case.judgement.opted_out,
        "undelivered": False,
    }


def _verdicts(case: _Case) -> dict[str, Any]:
    told: dict[str, Any] = {str(channel): str(verdict) for channel, verdict in case.judgement.verdicts.items()}
    return told | {"seen": case.seen, "unproven": [str(one) for one in case.judgement.unproven]}


def _refused(case: _Case) -> dict[str, Any]:
    return _begun(case) | {"class": Class.SKIPPED, "reason": case.judgement.refusal, "said": None}


def _settled(work: Work, case: _Case, result: ItemResult, lifted: str | None) -> dict[str, Any]:
    losses = [*case.losses, *([lifted] if lifted else [])]
    settled = _class_of(result, losses)
    return _begun(case) | {
        "class": settled,
        "outcome": result.outcome.value,
        "reason": _words(result),
        "losses": json.dumps(losses),
        "undelivered": _undelivered(case.judgement.opted_out or case.row.opted_out, settled),
        "written_at": work.now().timestamp(),
    }


def _class_of(result: ItemResult, losses: Sequence[str]) -> Class:
    settled = _CLASSES[result.outcome]
    return Class.MOVED_WITH_LOSS if settled is Class.MOVED and losses else settled


def _words(result: ItemResult) -> str | None:
    return f"{result.reason} ({result.code})" if result.reason and result.code else result.reason


def _undelivered(opted_out: bool, settled: Class) -> bool:  # noqa: FBT001 - private
    return opted_out and settled not in (Class.MOVED, Class.MOVED_WITH_LOSS)


def _lifted(work: Work, case: _Case, result: ItemResult) -> str | None:
    """Lift the opt-outs that were ordered to give way, through the guard; return what came in between."""
    if not result.ok:
        return None
    for channel, verdict in case.judgement.verdicts.items():
        if verdict is not Verdict.LIFT:
            continue
        evidence = _latest(case.contact, channel)
        since = law.target_word(case.known, channel, seen=True).since
        try:
            work.order.target.client.consent.subscribe(
                case.ref, channel=channel, evidence=evidence, opted_out_at=since
            )
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
    kept = work.journal.job(work.run, batch_id(group, low, high, again))
    if kept is None:
        return {"rows": [], "failed": None}
    job, seqs = kept
    rows = {row.seq: row for row in work.journal.people(work.run, group=Group(group), low=low, high=high)}
    told = []
    for seq, result in zip(seqs, results_of(work, job, len(seqs)), strict=True):
        row = rows[seq]
        settled = _class_of(result, row.losses)
        told.append({
            "seq": seq, "class": settled, "outcome": result.outcome.value, "reason": _words(result),
            "undelivered": _undelivered(row.opted_out, settled), "written_at": work.now().timestamp(),
        })  # fmt: skip
    return {"rows": told, "failed": why_failed(job)}


def _record_collect(
    work: Work, connection: Connection, value: Any, group: str, low: int, high: int, again: str
) -> Any:
    work.journal.settle(connection, work.run, value["rows"])
    work.journal.forget_job(connection, work.run, batch_id(group, low, high, again))
    return {"failed": value["failed"]}


STEPS = {
    "submit": Step(_submit, _record_submit),
    "collect": Step(_collect, _record_collect),
}
