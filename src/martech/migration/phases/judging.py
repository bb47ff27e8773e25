"""Judging a batch: look once more at both sides, and note what is to be said of each person and what is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from martech.migration import law
from martech.migration.journal import LONE_BLOCK, Class, Row
from martech.migration.law import Judgement, OptOut, Verdict
from martech.migration.phases.reading import filed_under, opt_outs
from martech.migration.target import Looking, differences
from martech.models import Consent, Contact, Identifier, ItemOutcome, SubscriptionStatus

if TYPE_CHECKING:
    from martech.migration.order import Work

__all__ = ["LIFTS", "Pages", "judge"]

LIFTS = "lifts"
"""Under this the verdicts of somebody have the channels whose opt-out is to give way, with the day of each."""


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


def judge(work: Work, rows: Sequence[Row], pages: Pages) -> None:
    """Note what is to be said of people, at once: whoever comes after a crash knows how they were before it.

    Whoever is not to be written is settled by it.
    """
    cases = _cases(work, rows, pages)
    noted = [_noted(work, case) for case in cases]
    keeping = [case.row.seq for case in cases if case.evidence and case.judgement.refusal is None]
    with work.journal.database.writing() as connection:
        work.journal.settle(connection, work.run, noted)
        work.journal.expect_evidence(connection, work.run, keeping)


def _cases(work: Work, rows: Sequence[Row], pages: Pages) -> list[_Case]:
    contacts = _looked_at_again(work, rows, pages)
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


class Pages:
    """The page of the source that was read last, for batches of which several parts are from one page."""

    def __init__(self) -> None:
        self._now: dict[str, Contact] | None = None
        self._page: str | None = None

    def fresh(self, work: Work, page: str | None, contact: Contact) -> Contact | None:
        """Return somebody as a page has them now, if it still has them. One request where it is another page."""
        if self._now is None or page != self._page:
            read = next(iter(work.order.source.people(page)), None)
            people = [one for one in (read.items if read is not None else ()) if isinstance(one, Contact)]
            self._now = {name: one for one in people for name in filed_under(work, one)}
            self._page = page
        now = self._now
        return next((now[name] for name in filed_under(work, contact) if name in now), None)


def _looked_at_again(work: Work, rows: Sequence[Row], pages: Pages) -> dict[int, Contact]:
    """Return the people as the source has them now, as far as a page of it still holds them.

    A no that came since is taken over at once; a yes that came since is not.
    """
    staged = {row.seq: row.contact for row in rows if row.contact is not None}
    if not work.order.live:
        return staged
    for row in rows:
        contact = staged[row.seq]
        fresh = pages.fresh(work, row.page, contact) if row.page != LONE_BLOCK else None
        if fresh is not None and any(one.is_no for one in fresh.subscriptions):
            nos = {(one.channel, one.topic): one for one in fresh.subscriptions if one.is_no}
            others = (one for one in contact.subscriptions if (one.channel, one.topic) not in nos)
            staged[row.seq] = contact.model_copy(update={"subscriptions": (*nos.values(), *others)})
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


# ── what is noted ────────────────────────────────────────────────────────────────────────────────────────────────


def _noted(work: Work, case: _Case) -> dict[str, Any]:
    if case.judgement.refusal is not None:
        return _begun(case) | {"class": Class.SKIPPED, "reason": case.judgement.refusal, "said": None}
    if case.unchanged:
        settled = Class.MOVED_WITH_LOSS if case.losses else Class.MOVED
        told = {"class": settled, "outcome": ItemOutcome.UNCHANGED.value, "reason": None}
        return _begun(case) | told | {"written_at": work.now().timestamp()}
    return _begun(case)


def _begun(case: _Case) -> dict[str, Any]:
    row = case.row
    return {
        "seq": row.seq,
        "contact": case.contact,
        "said": case.said,
        # What was said of them in this run already may have arrived: then they were as noted then.
        "before": case.known if row.said is None else row.before,
        "digest": case.digest,
        "verdicts": json.dumps(_verdicts(case)),
        "losses": json.dumps(case.losses),
        "opted_out": row.opted_out or case.judgement.opted_out,
        "undelivered": False,
    }


def _verdicts(case: _Case) -> dict[str, Any]:
    verdicts = case.judgement.verdicts
    told: dict[str, Any] = {str(channel): str(verdict) for channel, verdict in verdicts.items()}
    lifts = {
        str(channel): law.target_word(case.known, channel, seen=True).since
        for channel, verdict in verdicts.items()
        if verdict is Verdict.LIFT
    }
    told |= {LIFTS: {channel: at and at.isoformat() for channel, at in lifts.items()}} if lifts else {}
    return told | {"seen": case.seen, "unproven": [str(one) for one in case.judgement.unproven]}
