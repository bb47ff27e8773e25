"""What may be written of one person, as pure functions: the consent law of a migration and nothing else.

A status is carried, never given. `TABLE` says for each thing the source may say of a channel, and each thing that
may be known at the target, what is done; three of its words depend on evidence or on what was ordered. Nothing
here reads a clock, a network or a journal, so the whole law can be tried with every input there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from martech.models import (
    Channel,
    Contact,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
)

__all__ = [
    "TABLE",
    "Judgement",
    "OptOut",
    "Rules",
    "Standing",
    "Verdict",
    "Word",
    "decide",
    "judge",
    "source_word",
    "target_word",
    "together",
]


class Standing(StrEnum):
    """How a person stands on one channel at one side."""

    YES = "yes"
    NO = "no"
    BLOCKED = "blocked"
    """The vendor does not send: bounced, complained, or blocked by hand."""
    ASKED = "asked"
    """Was asked to confirm and has not done so."""
    SILENT = "silent"
    """Never said anything."""
    UNKNOWN = "unknown"
    """There, and nobody tells how they stand."""
    ABSENT = "absent"
    """Not there. Of the target only."""
    UNSEEN = "unseen"
    """The target does not let us look. Of the target only."""


class Verdict(StrEnum):
    """What is done about one person on one channel."""

    SAY_NO = "say_no"
    """The no is in the write itself, so that nobody is ever there without it."""
    CARRY = "carry"
    """Nothing is said: who is there stays as they are, who is new is made as the vendor makes people."""
    QUIET = "quiet"
    """There is no yes to carry: who is new is made with a no, whether they have an address for it yet or not."""
    STAND = "stand"
    """Nothing is said: what the target knows stands."""
    LIFT = "lift"
    """The target's no is older than the evidence, and it was ordered: through the guard, which looks again."""


TABLE = """
    source    absent  unseen  yes     no      blocked asked   silent  unknown
    yes       proven  proven  stand   over    stand   stand   stand   stand
    no        say_no  say_no  since   say_no  say_no  say_no  say_no  say_no
    blocked   say_no  say_no  say_no  say_no  say_no  say_no  say_no  say_no
    asked     quiet   quiet   stand   stand   stand   stand   stand   stand
    silent    quiet   quiet   stand   stand   stand   stand   stand   stand
    unknown   quiet   quiet   stand   stand   stand   stand   stand   stand
"""
"""Rows: what the source says. Columns: how the person stands at the target.

* `proven`: carry; under `require_evidence`, quiet for somebody without any.
* `over`: lift if that was ordered and the source's evidence is later than the target's no; stand otherwise.
* `since`: stand if the target's own evidence is later than the source's no; say no otherwise.
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What was ordered."""

    require_evidence: bool = False
    """Whether nobody is carried without evidence."""
    lift: bool = False
    """Whether an opt-out at the target gives way to later evidence from the source."""
    restore: bool = False
    """Whether somebody in the target's bin, or removed there since an earlier run, may come back."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one side says of one person on one channel."""

    standing: Standing
    since: datetime | None = None
    """Since when; a no without a date is later than everything."""
    evidence: datetime | None = None
    """When the latest evidence of that side was given."""
    reason: SuppressionReason | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """A no that is known from elsewhere than the contact itself: a list of blocks, or an earlier run."""

    channel: Channel | None
    """None for every channel."""
    at: datetime | None = None
    reason: SuppressionReason | None = None


_STANDINGS: Mapping[SubscriptionStatus, Standing] = {
    SubscriptionStatus.SUBSCRIBED: Standing.YES,
    SubscriptionStatus.UNSUBSCRIBED: Standing.NO,
    SubscriptionStatus.SUPPRESSED: Standing.BLOCKED,
    SubscriptionStatus.PENDING: Standing.ASKED,
    SubscriptionStatus.NOT_SUBSCRIBED: Standing.SILENT,
    SubscriptionStatus.UNKNOWN: Standing.UNKNOWN,
}


def _read(table: str) -> Mapping[tuple[Standing, Standing], str]:
    (_, *columns), *rows = (line.split() for line in table.strip().splitlines())
    return {
        (Standing(row[0]), Standing(column)): word
        for row in rows
        for column, word in zip(columns, row[1:], strict=True)
    }


_CELLS = _read(TABLE)


def decide(source: Word, target: Word, rules: Rules) -> Verdict:
    """Return what is done about one person on one channel."""
    match _CELLS[source.standing, target.standing]:
        case "proven":
            return Verdict.QUIET if rules.require_evidence and source.evidence is None else Verdict.CARRY
        case "over":
            return Verdict.LIFT if rules.lift and _later(source.evidence, target.since) else Verdict.STAND
        case "since":
            return Verdict.STAND if _later(target.evidence, source.since) else Verdict.SAY_NO
        case word:
            return Verdict(word)


def _later(evidence: datetime | None, no: datetime | None) -> bool:
    """Return whether evidence is later than a no. Without a date on the no, none is."""
    return evidence is not None and no is not None and evidence > no


def _latest(*nos: datetime | None) -> datetime | None:
    """Return when the latest no was said; None, which is later than everything, if one of them has no date."""
    dated = [no for no in nos if no is not None]
    return max(dated) if len(dated) == len(nos) else None


def source_word(contact: Contact, channel: Channel, elsewhere: Iterable[OptOut] = ()) -> Word:
    """Return what the source says, every no that is known anywhere counted in.

    A yes outlives such a no only on evidence later than it.
    """
    word = _word(contact, channel)
    nos = [one for one in elsewhere if one.channel in (None, channel)]
    if not nos or word.standing is Standing.BLOCKED:
        return word
    if word.standing is Standing.NO:
        return replace(word, since=_latest(word.since, *(one.at for one in nos)))
    latest = _latest(*(one.at for one in nos))
    if word.standing is Standing.YES and _later(word.evidence, latest):
        return word
    blocked = next((one.reason for one in nos if one.reason not in (None, SuppressionReason.UNSUBSCRIBED)), None)
    standing = Standing.BLOCKED if blocked is not None else Standing.NO
    return Word(standing, latest, word.evidence, blocked or SuppressionReason.UNSUBSCRIBED)


def target_word(known: Contact | None, channel: Channel, *, seen: bool) -> Word:
    """Return how somebody stands at the target; `seen` says whether it let us look."""
    if known is None:
        return Word(Standing.ABSENT if seen else Standing.UNSEEN)
    return _word(known, channel)


def _word(contact: Contact, channel: Channel) -> Word:
    about = [one for one in contact.subscriptions if one.channel is channel and one.topic is None]
    # Whatever else is said of the channel, a no outweighs it.
    said = next((one for one in about if one.is_no), about[0] if about else None)
    given = [one.given_at for one in contact.consents if one.channel is channel and one.topic is None]
    evidence = max(given, default=None)
    if said is None:
        return Word(Standing.UNKNOWN, evidence=evidence)
    return Word(_STANDINGS[said.status], said.changed_at, evidence, said.reason)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is done about one person: by channel, and as one write."""

    verdicts: Mapping[Channel, Verdict]
    nos: tuple[Subscription, ...]
    """The states that go into the write; every one of them forbids contact."""
    refusal: str | None = None
    """Why nothing at all is written; None where something is."""
    opted_out: bool = False
    """Whether the source says no on any channel that the target keeps: such a person goes before all others."""
    lost: tuple[Channel, ...] = ()
    """Channels on which the source says no and the target keeps nothing."""
    unproven: tuple[Channel, ...] = ()
    """Channels carried without evidence."""
    topics: tuple[Subscription, ...] = ()
    """The topics, by the target's ids, that the person is taken out of in the same write."""
    lost_topics: tuple[str, ...] = ()
    """The topics, by the source's ids, whose state does not go along: each yes, and a no without a counterpart."""


ERASED = "this person was erased on request, and no import brings them back"
IN_THE_BIN = "this person is in the target's bin; restore = true would bring them back"
REMOVED_SINCE = "this person was removed at the target since an earlier run; restore = true would bring them back"


def judge(
    contact: Contact,
    known: Contact | None,
    *,
    seen: bool,
    channels: Sequence[Channel],
    rules: Rules,
    elsewhere: Sequence[OptOut] = (),
    erased: bool = False,
    moved_before: bool = False,
    topics: Mapping[str, str] = MappingProxyType({}),
) -> Judgement:
    """Return what may be written of one person.

    Args:
        contact: As the source has them.
        known: As the target has them; None where it does not, or does not say.
        seen: Whether the target let us look.
        channels: The channels on which the target keeps a no.
        rules: What was ordered.
        elsewhere: Opt-outs known from elsewhere than the contact.
        erased: Whether a tombstone names the person.
        moved_before: Whether an earlier run put the person there.
        topics: The target's topics by the source's ids of them.
    """
    verdicts: dict[Channel, Verdict] = {}
    nos: list[Subscription] = []
    lost: list[Channel] = []
    unproven: list[Channel] = []
    opted_out = False
    for channel in Channel:
        source = source_word(contact, channel, elsewhere)
        forbids = source.standing in (Standing.NO, Standing.BLOCKED)
        if channel not in channels:
            lost += [channel] if forbids else []
            continue
        target = target_word(known, channel, seen=seen)
        verdict = verdicts[channel] = decide(source, target, rules)
        opted_out |= forbids
        if verdict is Verdict.SAY_NO:
            nos.append(_no(channel, source))
        elif verdict is Verdict.QUIET:
            nos.append(Subscription(channel=channel, status=SubscriptionStatus.NOT_SUBSCRIBED))
        elif verdict is Verdict.CARRY and source.evidence is None:
            unproven.append(channel)
    out, lost_topics = _topics(contact, known, topics)
    return Judgement(
        verdicts, tuple(nos), _refusal(known, rules, seen=seen, erased=erased, moved_before=moved_before),
        opted_out, tuple(lost), tuple(unproven), out, lost_topics,
    )  # fmt: skip


def _topics(
    contact: Contact, known: Contact | None, topics: Mapping[str, str]
) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    """Return the topics that somebody is taken out of, and those whose state does not go along.

    Nobody is ever put into a topic. A no is said unless the target says it already, or knows a yes that somebody
    gave there later.
    """
    out: dict[str, Subscription] = {}
    lost: dict[str, None] = {}
    for one in contact.subscriptions:
        if one.topic is None or not (one.is_no or one.is_yes):
            continue
        target = topics.get(one.topic)
        if one.is_yes or target is None:
            lost[one.topic] = None
        elif not _stands_on_topic(known, target, one.changed_at):
            out[target] = Subscription(
                channel=one.channel,
                topic=target,
                status=SubscriptionStatus.UNSUBSCRIBED,
                changed_at=one.changed_at,
            )
    return tuple(out.values()), tuple(lost)


def _stands_on_topic(known: Contact | None, topic: str, no: datetime | None) -> bool:
    """Return whether what the target knows of somebody and a topic stands over a no of the source."""
    if known is None:
        return False
    if any(one.is_no for one in known.subscriptions if one.topic == topic):
        return True
    given = max((one.given_at for one in known.consents if one.topic == topic), default=None)
    return _later(given, no)


def _no(channel: Channel, source: Word) -> Subscription:
    blocked = source.standing is Standing.BLOCKED
    status = SubscriptionStatus.SUPPRESSED if blocked else SubscriptionStatus.UNSUBSCRIBED
    reason = source.reason or (SuppressionReason.OTHER if blocked else SuppressionReason.UNSUBSCRIBED)
    return Subscription(channel=channel, status=status, reason=reason, changed_at=source.since)


def _refusal(known: Contact | None, rules: Rules, *, seen: bool, erased: bool, moved_before: bool) -> str | None:
    if erased:
        return ERASED
    if rules.restore:
        return None
    if known is not None and known.deleted:
        return IN_THE_BIN
    return REMOVED_SINCE if known is None and seen and moved_before else None


def together(later: Contact, earlier: Contact) -> Contact:
    """Return two records of one person as one; on each channel the one that allows less counts.

    Whoever is there in one of them is not only in the bin.
    """
    both = later.over(earlier)
    if both.deleted and not (later.deleted and earlier.deleted):
        both = both.model_copy(update={"deleted": False})
    said = {(one.channel, one.topic): one for one in both.subscriptions}
    for one in (*earlier.subscriptions, *later.subscriptions):
        known = said.get((one.channel, one.topic))
        if known is None or (known.is_yes and not one.is_yes):
            said[one.channel, one.topic] = one
    return both.model_copy(update={"subscriptions": tuple(said.values())}) if said else both
