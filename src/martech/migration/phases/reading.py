"""Reading: the blocks and everybody at the source, and whom the target has. Nothing is written to anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from martech.errors import InvalidRequest
from martech.migration import law
from martech.migration.journal import LONE_BLOCK, Class, Group, Kind, Staged, moment
from martech.migration.law import OptOut, Standing
from martech.migration.phases.steps import Step, nothing_to_perform
from martech.migration.sources.contract import Part
from martech.migration.target import Looking
from martech.models import (
    Channel,
    Contact,
    Identifier,
    IdentifierKind,
    RejectedInput,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS", "filed_under", "names_of", "opt_outs", "staged", "topics_out"]

ONLY_THE_SOURCES_ID = "only the source's own id names this person, who was blocked there"
"""Why somebody cannot be told of to the target."""


def names_of(work: Work, *contacts: Contact) -> tuple[str, ...]:
    """Return the names of people that mean the same on both sides."""
    seal = work.journal.seal
    found = [
        seal.name(one)
        for contact in contacts
        for one in contact.identifiers()
        if one.kind is not IdentifierKind.VENDOR
    ]
    return tuple(dict.fromkeys(found))


def filed_under(work: Work, contact: Contact) -> tuple[str, ...]:
    """Return everything somebody of the source is filed under, the source's own id of them included."""
    seal = work.journal.seal
    return tuple(dict.fromkeys(seal.name(one) for one in contact.identifiers()))


def opt_outs(blocks: Iterable[Mapping[str, Any]]) -> list[OptOut]:
    """Return blocks as the law takes them."""
    return [
        OptOut(
            Channel(one["channel"]) if one["channel"] != "*" else None,
            moment(one["at"]),
            SuppressionReason(one["reason"]) if one["reason"] else None,
        )
        for one in blocks
    ]


IN_THE_SOURCES_BIN = "this person is only in the source's bin"

# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_blocks(work: Work, again: str, cursor: str | None) -> Any:
    del again
    if Part.SUPPRESSIONS in work.order.source.cannot:
        return {"blocks": [], "next": None}
    page = work.page("blocks", work.order.source.suppressions, cursor)
    if page is None:
        return {"blocks": [], "next": None}
    blocks = [
        {
            "name": work.journal.seal.name(one.identifier),
            "channel": one.channel.value if one.channel is not None else "*",
            "identifier": [one.identifier.kind.value, one.identifier.value, one.identifier.name],
            "at": one.suppressed_at.timestamp() if one.suppressed_at else None,
            "reason": one.reason.value,
        }
        for one in page.items
    ]
    return {"blocks": blocks, "next": page.next_cursor}


def _keep_blocks(work: Work, connection: Connection, value: Any, again: str, cursor: str | None) -> Any:
    del again, cursor
    work.journal.keep_blocks(connection, work.run, value["blocks"])
    return value["next"]


# ── everybody at the source ──────────────────────────────────────────────────────────────────────────────────────


def _read_people(work: Work, cursor: str | None) -> Any:
    page = work.page("people", work.order.source.people, cursor)
    if page is None:
        return {"people": [], "rejected": [], "next": None}
    people = [one for one in page.items if isinstance(one, Contact)]
    rejected = [
        one.reason if one.line is None else f"line {one.line}: {one.reason}"
        for one in page.items
        if isinstance(one, RejectedInput)
    ]
    return {"people": people, "rejected": rejected, "next": page.next_cursor}


def _stage_people(work: Work, connection: Connection, value: Any, cursor: str | None) -> Any:
    people: Sequence[Contact] = value["people"]
    found = list(staged(work, people))
    if work.order.kind is Kind.OPT_OUTS:
        found = [one for one in found if one.opted_out or one.group is Group.NOS]
    found += [
        Staged(names=(), contact=None, group=Group.NONE, settled=Class.SKIPPED, reason=f"could not be read: {why}")
        for why in value["rejected"]
    ]
    work.journal.stage(connection, work.run, cursor, found)
    return value["next"]


def staged(work: Work, people: Sequence[Contact]) -> Iterable[Staged]:
    """Yield people as they are to be staged: by whom, in which group, or why not at all."""
    journal = work.journal
    named = [filed_under(work, contact) for contact in people]
    every = [name for names in named for name in names]
    blocks, erased = journal.blocks(work.run, every), journal.erased(every)
    for contact, names in zip(people, named, strict=True):
        elsewhere = opt_outs(one for name in names for one in blocks.get(name, ()))
        yield _staged(work, contact, names, elsewhere, is_erased=bool(erased.intersection(names)))


def _staged(
    work: Work, contact: Contact, names: tuple[str, ...], elsewhere: Sequence[OptOut], *, is_erased: bool
) -> Staged:
    target = work.order.target
    no = says_no(work, contact, elsewhere)
    try:
        translated = work.order.translation.contact(contact)
    except InvalidRequest as refused:
        return Staged(
            names=names,
            contact=contact,
            group=Group.NONE,
            opted_out=no,
            settled=Class.SKIPPED,
            reason=refused.message,
        )
    by = target.name_of(translated.contact)
    names = tuple(dict.fromkeys([*([journal_name(work, by)] if by else []), *names]))
    reason = IN_THE_SOURCES_BIN if contact.deleted and not no else None
    if is_erased:
        # Nobody is there to be contacted, and nobody will be: the no needs no carrying.
        return Staged(
            names=names, contact=None, group=Group.NONE, settled=Class.SKIPPED, reason=law.ERASED, opted_out=False
        )
    if by is None:
        kinds = " or ".join(target.provider.contacts.written_by)
        reason = reason or f"nothing names this person at the target, which goes by {kinds}"
    if reason is not None:
        return Staged(
            names=names, contact=contact, group=Group.NONE, opted_out=no, settled=Class.SKIPPED, reason=reason
        )
    first = no or (work.order.kind is Kind.OPT_OUTS and bool(topics_out(work, contact)))
    group = Group.NOS if first else Group.OTHERS
    return Staged(names=names, contact=contact, group=group, opted_out=no, losses=translated.losses)


def topics_out(work: Work, contact: Contact) -> frozenset[str]:
    """Return the topics that somebody is out of, where that can be said to the target."""
    out = frozenset(one.topic for one in contact.subscriptions if one.topic is not None and one.is_no)
    return out if work.order.target.keeps_topics else frozenset()


def journal_name(work: Work, ref: Identifier) -> str:
    """Return what somebody is filed under who is written by this identifier."""
    return work.journal.seal.name(ref)


def says_no(work: Work, contact: Contact, elsewhere: Sequence[OptOut] = ()) -> bool:
    """Return whether the source says no of somebody on any channel that the target keeps."""
    words = (law.source_word(contact, channel, elsewhere) for channel in work.order.target.channels)
    return any(word.standing in (Standing.NO, Standing.BLOCKED) for word in words)


# ── blocks that name nobody among them ───────────────────────────────────────────────────────────────────────────


def _stage_lone_blocks(work: Work, connection: Connection, value: Any, again: str) -> Any:
    """Make people of blocks that name nobody: made with their no, nobody else can make them without."""
    del value, again
    return sum(_stage_blocked(work, connection, some) for some in work.journal.lone_blocks(work.run, connection))


def _stage_blocked(work: Work, connection: Connection, blocks: Sequence[Mapping[str, Any]]) -> int:
    found: dict[str, Contact] = {}
    nameless: set[str] = set()
    for one in blocks:
        kind, text, name = one["identifier"]
        no = _block(one)
        lone = Contact.known_by(Identifier(IdentifierKind(kind), text, name))
        made = lone and lone.model_copy(update={"subscriptions": no})
        if made is not None:
            found[one["name"]] = made.over(found[one["name"]]) if one["name"] in found else made
        else:
            nameless.add(one["name"])
    lost = [
        Staged(
            names=(name,), contact=None, group=Group.NONE, opted_out=True, settled=Class.SKIPPED,
            reason=ONLY_THE_SOURCES_ID,
        )
        for name in sorted(nameless)
    ]  # fmt: skip
    work.journal.stage(connection, work.run, LONE_BLOCK, [*staged(work, list(found.values())), *lost])
    return len(found)


def _block(one: Mapping[str, Any]) -> tuple[Subscription, ...]:
    channels = [Channel(one["channel"])] if one["channel"] != "*" else list(Channel)
    return tuple(
        Subscription(
            channel=channel, status=SubscriptionStatus.SUPPRESSED, changed_at=moment(one["at"]),
            reason=SuppressionReason(one["reason"]) if one["reason"] else None,
        )
        for channel in channels
    )  # fmt: skip


# ── whom the target has ──────────────────────────────────────────────────────────────────────────────────────────


def _survey(work: Work, cursor: str | None) -> Any:
    if not work.order.survey or work.order.target.looking is not Looking.BY_LIST:
        return {"people": [], "next": None}
    page = work.page("everybody", work.order.target.everybody, cursor)
    if page is None:
        return {"people": [], "next": None}
    return {"people": list(page.items), "next": page.next_cursor}


def _keep_survey(work: Work, connection: Connection, value: Any, cursor: str | None) -> Any:
    del cursor
    rows = [(name, contact) for contact in value["people"] for name in names_of(work, contact)]
    work.journal.keep_survey(connection, work.run, rows)
    return value["next"]


STEPS = {
    "blocks": Step(_read_blocks, _keep_blocks),
    "read": Step(_read_people, _stage_people),
    "lone_blocks": Step(nothing_to_perform, _stage_lone_blocks),
    "survey": Step(_survey, _keep_survey),
}
