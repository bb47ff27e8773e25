"""What did not arrive as it was, person by person, and what of it a plan foretold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from martech.migration import law
from martech.migration.mapping import LossKind
from martech.migration.plan import Plan
from martech.models import (
    Channel,
    Contact,
)
from martech.models import SubscriptionStatus as S


@dataclass
class Moved:
    """What became of everybody."""

    classes: Counter[str] = field(default_factory=Counter[str])
    losses: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    towards_contact: int = 0


def compare(
    contact: Contact, before: Contact | None, after: Contact, plan: Plan,
    elsewhere: Sequence[law.OptOut], moved: Moved, *, seen: bool, topics: Mapping[str, str],
) -> None:  # fmt: skip
    """Count whatever of a person is not at the target as it is at the source. Knows nothing of types or rules."""
    lost = moved.losses
    if contact.deleted:
        return
    for name in ("email", "mobile", "own_id", "first_name", "last_name"):
        mine, theirs = getattr(contact, name), getattr(after, name)
        if mine and (mine.casefold() if name == "email" else mine) != (
            (theirs or "").casefold() if name == "email" else theirs
        ):
            lost["field", name] += 1
    for name in contact.custom_ids:
        if after.custom_ids.get(name) != contact.custom_ids[name]:
            lost["field", f"custom_ids.{name}"] += 1
    there = {one.source: one.target for one in plan.attributes}
    for name, value in contact.attributes.items():
        if value in (None, ""):
            continue
        kept = after.attributes.get(name)
        if kept is None and name.upper() in after.attributes and there.get(name) == name.upper():
            kept = after.attributes[name.upper()]  # names in capitals there are the same names
        if not as_it_was(value, kept):
            lost["attribute", name] += 1
    for channel in Channel:
        source = law.source_word(contact, channel, elsewhere)
        known = next((one for one in after.subscriptions if one.channel is channel and one.topic is None), None)
        status = known.status if known is not None else S.UNKNOWN
        told = next((one for one in contact.subscriptions if one.channel is channel and one.topic is None), None)
        no = status in (S.UNSUBSCRIBED, S.SUPPRESSED)
        if source.standing in (law.Standing.NO, law.Standing.BLOCKED):
            if not no:
                lost["opt_out", channel] += 1
            elif (
                told is not None
                and told.is_no
                and known is not None
                and (status, known.reason or told.reason) != (told.status, told.reason or known.reason)
            ):
                lost["state", f"{channel} {told.status}"] += 1
        elif source.standing is law.Standing.YES and status is not S.SUBSCRIBED and known is not None:
            if not seen and before is not None:
                continue  # nobody can foretell what a target says that cannot be read
            lost["closed", channel] += 1
        elif (
            source.standing is not law.Standing.YES
            and before is None
            and told is not None
            and status is not told.status
            and known is not None
        ):
            lost["closed", channel] += 1
        if source.standing is not law.Standing.YES and status is S.SUBSCRIBED:
            was = (
                next(
                    (one.status for one in before.subscriptions if one.channel is channel and one.topic is None),
                    None,
                )
                if before
                else None
            )
            has_address = contact.email if channel is Channel.EMAIL else contact.mobile
            moved.towards_contact += was is not S.SUBSCRIBED and bool(has_address)
        if (
            told is not None
            and told.changed_at is not None
            and (known is None or known.changed_at != told.changed_at)
        ):
            lost["time", channel] += 1
    for one in contact.subscriptions:
        if one.topic is not None and (one.is_yes or one.is_no):
            there_now = [kept for kept in after.subscriptions if kept.topic == topics.get(one.topic, "none")]
            arrived = (
                any(kept.is_no for kept in there_now) if one.is_no else any(kept.is_yes for kept in there_now)
            )
            lost["topic", one.topic] += not arrived
            was_in = before is not None and any(
                kept.is_yes for kept in before.subscriptions if kept.topic == topics.get(one.topic, "none")
            )
            moved.towards_contact += any(kept.is_yes for kept in there_now) and not was_in
    kept_evidence = {(kept.text, kept.given_at) for kept in after.consents}
    for channel in {one.channel for one in contact.consents if (one.text, one.given_at) not in kept_evidence}:
        lost["evidence", channel] += 1
    twice = len(after.consents) - len(kept_evidence)
    moved.losses["evidence kept", "twice"] += twice


def moment(text: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) and len(text) >= 10 else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)


def as_it_was(mine: Any, theirs: Any) -> bool:
    if moment(mine) is not None and moment(mine) == moment(theirs):
        return True  # the same time, printed otherwise
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return mine is theirs
    if isinstance(mine, (date, datetime)):
        try:
            read = datetime.fromisoformat(theirs) if isinstance(theirs, str) else None
        except ValueError:
            return False
        if read is None:
            return bool(mine == theirs)
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        mine = mine if isinstance(mine, datetime) else datetime(mine.year, mine.month, mine.day, tzinfo=UTC)
        return bool(read == mine)
    return bool(mine == theirs)


COVERS: Mapping[str, tuple[LossKind, ...]] = {
    "field": (LossKind.FIELD, LossKind.TARGET_STANDS),
    "attribute": (
        LossKind.ATTRIBUTE, LossKind.ATTRIBUTE_PUBLIC, LossKind.ATTRIBUTE_RENAMED, LossKind.ATTRIBUTE_NARROWED,
        LossKind.ATTRIBUTE_READ_ONLY, LossKind.ATTRIBUTE_MAPPED, LossKind.VALUE,
    ),
    "opt_out": (LossKind.OPT_OUT, LossKind.TARGET_STANDS),
    "state": (LossKind.STATE,),
    "closed": (LossKind.STATE_CLOSED, LossKind.TARGET_STANDS),
    "time": (LossKind.STATE_TIME,),
    "topic": (LossKind.TOPIC,),
    "evidence": (LossKind.EVIDENCE,),
    "evidence kept": (),
}  # fmt: skip
"""Which losses of a plan foretell which difference of one name."""
PERSONS = {
    "unreadable": LossKind.PERSON_UNREADABLE, "in_bin": LossKind.PERSON_IN_BIN, "twice": LossKind.PERSON_TWICE,
    "nameless": LossKind.PERSON_NAMELESS, "conflicting": LossKind.PERSON_CONFLICTING,
}  # fmt: skip


def foretold(plan: Plan, kind: str, name: str) -> int:
    if kind == "person":
        return sum(one.count or 0 for one in plan.losses if one.kind is PERSONS[name])
    return sum(one.count or 0 for one in plan.losses if one.kind in COVERS[kind] and one.name == name)
