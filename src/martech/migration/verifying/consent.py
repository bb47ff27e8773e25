"""The consent law held against one person at a time: a second opinion, which shares nothing with the first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from martech.migration.journal import Class, Row
from martech.migration.verifying.check import MOVED, NOS, YES, Check
from martech.models import Channel, Consent, Contact, SubscriptionStatus

__all__ = ["came_back", "look_at_consent", "look_at_evidence", "look_at_topics", "never_told"]

NOT_ON_PURPOSE = ("erased on request", "in the target's bin", "removed at the target")
"""Parts of the reasons why somebody is not at the target whom nobody there could contact."""


def look_at_consent(
    check: Check, row: Row, source_now: Contact | None, found: Contact | None, blocked: Sequence[Any]
) -> None:
    """Hold somebody's states on both sides against the law, channel by channel."""
    assert row.contact is not None  # noqa: S101 - the caller has looked
    for channel in check.channels:
        then, now = _status(row.contact, channel), _status(source_now, channel)
        block = any(one["channel"] in (channel.value, "*") for one in blocked)
        forbids = then in NOS or now in NOS or block
        at_target = _status(found, channel)
        _count(check, channel, forbids, then, found, at_target)
        if not check.told.looked:
            _unseen(check, row, channel, forbids=forbids, then=then)
            continue
        if found is None:
            if forbids and not _nobody_there(row):
                check.told.not_delivered(row.seq, f"{channel}: not at the target ({row.reason or 'no reason'})")
        elif forbids:
            _of_a_no(check, row, source_now, found, channel)
        elif at_target is YES:
            _of_a_yes(check, row, found, channel, then)


def look_at_topics(check: Check, row: Row, source_now: Contact | None, found: Contact | None) -> None:
    """Hold what somebody said about topics against the target: out stays out, and nobody is put into one."""
    if found is None or not check.topics:
        return
    for source_topic, topic in check.topics.items():
        sides = (row.contact, source_now)
        out = any(_on_topic(one, source_topic) in NOS for one in sides)
        there = _on_topic(found, topic)
        given = [one.given_at for one in found.consents if one.topic == topic]
        if there is not YES:
            if out and there not in NOS and row.settled in MOVED:
                check.told.not_delivered(
                    row.seq, "out of a topic at the source, and the target knows nothing of it"
                )
        elif out and not given:
            check.told.violated(row.seq, "is out of a topic at the source, and in it at the target")
        elif _on_topic(row.before, topic) is not YES and not given:
            check.told.violated(row.seq, "was put into a topic at the target")


def look_at_evidence(check: Check, row: Row, settled: Class, found: Contact | None) -> None:
    """Look whether the evidence that the target keeps is there, of somebody who is."""
    keeping = check.keeping
    if row.contact is None or keeping is None or settled not in MOVED:
        return
    wanted = {_mark(one) for one in row.contact.consents if keeping.keeps(one)}
    if not wanted:
        return
    if found is None:
        check.told.evidence["not shown"] += 1
    else:
        check.told.evidence["missing" if wanted - {_mark(one) for one in found.consents} else "arrived"] += 1


def never_told(check: Check, row: Row) -> None:
    """Note an opt-out of somebody of whom nothing is known that the target could be told."""
    if row.undelivered and not _nobody_there(row):
        check.told.not_delivered(row.seq, row.reason or "nothing names this person at the target")


def _mark(one: Consent) -> tuple[str, str, int]:
    return one.channel.value, " ".join(one.text.split()), round(one.given_at.timestamp())


def _on_topic(contact: Contact | None, topic: str) -> SubscriptionStatus | None:
    said = [one.status for one in contact.subscriptions if one.topic == topic] if contact is not None else []
    return next((one for one in said if one in NOS), said[0] if said else None)


def _unseen(check: Check, row: Row, channel: Channel, *, forbids: bool, then: SubscriptionStatus | None) -> None:
    """Somebody at a target that cannot be read: what was said to it is all there is to go by."""
    said = row.said is not None and any(
        one.channel is channel and one.topic is None for one in row.said.subscriptions
    )
    if forbids and not _nobody_there(row) and not (row.settled in MOVED and said):
        check.told.not_delivered(row.seq, f"{channel}: {row.reason or 'the no was not in what was written'}")
    new = row.verdicts.get(channel.value) != "stand"
    if then is not YES and not forbids and new and row.settled in MOVED and not said:
        check.told.violated(row.seq, f"{channel}: {then or 'unknown'} at the source, and written without a no")


def _of_a_no(check: Check, row: Row, source_now: Contact | None, found: Contact, channel: Channel) -> None:
    """Somebody the source says no of: the target must say no too, or hold evidence later than the no."""
    at_target = _status(found, channel)
    if at_target in NOS:
        return
    if at_target is YES:
        no = _since(source_now if _status(source_now, channel) in NOS else row.contact, channel)
        agreed = max([*_evidence(found, channel), *_evidence(row.contact, channel)], default=None)
        if no is None or agreed is None or agreed <= no:
            check.told.violated(row.seq, f"{channel}: opted out at the source, and may be contacted at the target")
        return
    check.told.not_delivered(row.seq, f"{channel}: the target has them as {at_target or 'unknown'}")


def _of_a_yes(check: Check, row: Row, found: Contact, channel: Channel, then: SubscriptionStatus | None) -> None:
    """Somebody who may be contacted at the target: the source said so, or the target did before."""
    agreed = [*_evidence(row.contact, channel), *_evidence(found, channel)]
    if then is YES:
        check.told.with_evidence += bool(agreed)
        check.told.without_evidence += not agreed
        if check.require_evidence and not agreed and _status(row.before, channel) is not YES:
            check.told.violated(row.seq, f"{channel}: carried without evidence, which was required")
    before = _status(row.before, channel)
    if before in NOS:
        no = _since(row.before, channel)
        if no is None or not agreed or max(agreed) <= no:
            check.told.violated(row.seq, f"{channel}: had opted out at the target, and may be contacted there now")
    elif then is not YES and before is not YES and not agreed:
        check.told.violated(
            row.seq, f"{channel}: {then or 'unknown'} at the source, and may be contacted at the target"
        )


def came_back(check: Check, row: Row, earlier: Sequence[Row]) -> None:
    """Somebody whom an earlier run had put there, who was gone, and who was made again."""
    gone = row.before is None and row.verdicts.get("seen") and row.outcome not in (None, "unchanged")
    if gone and not check.restore and row.settled in MOVED and any(one.settled in MOVED for one in earlier):
        check.told.violated(row.seq, "was removed at the target since an earlier run, and is there again")


def _count(
    check: Check, channel: Channel, forbids: bool, then: SubscriptionStatus | None,  # noqa: FBT001 - private
    found: Contact | None, at_target: SubscriptionStatus | None,
) -> None:  # fmt: skip
    source = "no" if forbids else "yes" if then is YES else "neither"
    if not check.told.looked:
        target = "not shown"
    elif found is None:
        target = "absent"
    else:
        target = "no" if at_target in NOS else "yes" if at_target is YES else "neither"
    check.told.channels.setdefault(channel.value, type(check.told.classes)())[f"{source} → {target}"] += 1


def _nobody_there(row: Row) -> bool:
    return any(words in (row.reason or "") for words in NOT_ON_PURPOSE)


def _status(contact: Contact | None, channel: Channel) -> SubscriptionStatus | None:
    if contact is None:
        return None
    said = [one.status for one in contact.subscriptions if one.channel is channel and one.topic is None]
    return next((one for one in said if one in NOS), said[0] if said else None)


def _since(contact: Contact | None, channel: Channel) -> datetime | None:
    said = contact.subscriptions if contact is not None else ()
    dates = [one.changed_at for one in said if one.channel is channel and one.topic is None and one.status in NOS]
    return max((one for one in dates if one is not None), default=None) if None not in dates else None


def _evidence(contact: Contact | None, channel: Channel) -> list[datetime]:
    given = contact.consents if contact is not None else ()
    return [one.given_at for one in given if one.channel is channel and one.topic is None]
