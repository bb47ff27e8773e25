"""The consent law of a migration, tried with every input there is and with many that were drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martech.migration import law
from martech.migration.law import (
    TABLE,
    Judgement,
    OptOut,
    Rules,
    Standing,
    Verdict,
    Word,
    decide,
    judge,
    source_word,
)
from martech.models import Channel, Consent, Contact, Subscription, SubscriptionStatus

DAY = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 6).map(lambda day: DAY + timedelta(days=day))
SOURCE = [one for one in Standing if one not in (Standing.ABSENT, Standing.UNSEEN)]
NOS = (Standing.NO, Standing.BLOCKED)
CHANNELS = (Channel.EMAIL, Channel.SMS)

words = st.builds(Word, st.sampled_from(SOURCE), st.none() | DAYS, st.none() | DAYS)
target_words = st.builds(Word, st.sampled_from(list(Standing)), st.none() | DAYS, st.none() | DAYS)
rules = st.builds(Rules, st.booleans(), st.booleans(), st.booleans())
subscriptions = st.lists(
    st.builds(
        Subscription,
        channel=st.sampled_from(list(Channel)),
        status=st.sampled_from(list(SubscriptionStatus)),
        changed_at=st.none() | DAYS,
    ),
    max_size=4,
    unique_by=lambda one: one.channel,
).map(tuple)
consents = st.lists(
    st.builds(Consent, channel=st.sampled_from(list(Channel)), given_at=DAYS, text=st.just("Yes, please.")),
    max_size=3,
).map(tuple)
contacts = st.builds(
    Contact,
    email=st.just("ada@example.org"),
    mobile=st.none() | st.just("+447700900001"),
    subscriptions=subscriptions,
    consents=consents,
    deleted=st.booleans(),
)
opt_outs = st.lists(st.builds(OptOut, st.none() | st.sampled_from(list(Channel)), st.none() | DAYS), max_size=3)


def reached(verdict: Verdict, target: Word) -> bool:
    """Return whether somebody may be contacted at the target once a verdict was carried out, at worst."""
    match verdict:
        case Verdict.SAY_NO | Verdict.QUIET:
            return False
        case Verdict.CARRY | Verdict.LIFT:
            return True
        case Verdict.STAND:
            return target.standing is Standing.YES


def later(evidence: datetime | None, no: datetime | None) -> bool:
    return evidence is not None and no is not None and evidence > no


def test_the_table_has_one_word_for_everything_that_can_be() -> None:
    assert set(law._CELLS) == set(product(SOURCE, Standing))
    assert TABLE.count("\n") == len(SOURCE) + 2


@given(words, target_words, rules)
def test_nobody_moves_towards_being_contacted_without_a_yes_or_later_evidence(
    source: Word, target: Word, ordered: Rules
) -> None:
    verdict = decide(source, target, ordered)
    if reached(verdict, target) and target.standing is not Standing.YES:
        assert source.standing is Standing.YES
        if target.standing in NOS:
            assert target.standing is Standing.NO
            assert ordered.lift
            assert later(source.evidence, target.since)


@given(words, target_words, rules)
def test_an_opt_out_at_the_source_wins_over_everything_but_later_evidence_at_the_target(
    source: Word, target: Word, ordered: Rules
) -> None:
    if source.standing in NOS:
        verdict = decide(source, target, ordered)
        kept = source.standing is Standing.NO and target.standing is Standing.YES
        assert verdict is (Verdict.STAND if kept and later(target.evidence, source.since) else Verdict.SAY_NO)


@given(words, target_words, rules)
def test_a_no_without_a_date_is_later_than_any_evidence(source: Word, target: Word, ordered: Rules) -> None:
    verdict = decide(source, target, ordered)
    if source.standing in NOS and source.since is None:
        assert verdict is Verdict.SAY_NO
    if target.standing in NOS and target.since is None:
        assert not reached(verdict, target)


@given(words, target_words)
def test_whoever_has_no_evidence_is_not_carried_where_it_is_required(source: Word, target: Word) -> None:
    verdict = decide(source, target, Rules(require_evidence=True))
    if source.evidence is None and target.standing is not Standing.YES:
        assert not reached(verdict, target)


@given(contacts, st.none() | contacts, st.booleans(), rules, opt_outs)
def test_a_write_says_nothing_but_no(
    contact: Contact, known: Contact | None, seen: bool, ordered: Rules, elsewhere: list[OptOut]
) -> None:
    judged = judge(contact, known, seen=seen, channels=CHANNELS, rules=ordered, elsewhere=elsewhere)
    allowed = {SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED, SubscriptionStatus.NOT_SUBSCRIBED}
    assert {one.status for one in judged.nos} <= allowed
    assert {one.channel for one in judged.nos} <= set(CHANNELS)
    assert set(judged.verdicts) == set(CHANNELS)


@given(contacts, st.none() | contacts, rules, opt_outs, opt_outs)
@settings(max_examples=300)
def test_knowing_of_one_more_opt_out_never_lets_anybody_be_contacted_who_was_not(
    contact: Contact, known: Contact | None, ordered: Rules, elsewhere: list[OptOut], more: list[OptOut]
) -> None:
    def outcome(judged: Judgement, channel: Channel) -> bool:
        return reached(judged.verdicts[channel], law.target_word(known, channel, seen=True))

    less = judge(contact, known, seen=True, channels=CHANNELS, rules=ordered, elsewhere=elsewhere)
    stricter = judge(contact, known, seen=True, channels=CHANNELS, rules=ordered, elsewhere=[*elsewhere, *more])
    for channel in CHANNELS:
        assert outcome(less, channel) or not outcome(stricter, channel)


@given(contacts, opt_outs)
def test_a_yes_outlives_an_opt_out_known_from_elsewhere_only_on_later_evidence(
    contact: Contact, elsewhere: list[OptOut]
) -> None:
    for channel in Channel:
        word = source_word(contact, channel, elsewhere)
        about = [one for one in elsewhere if one.channel in (None, channel)]
        if word.standing is Standing.YES:
            assert all(later(word.evidence, one.at) for one in about)


@given(contacts, st.none() | contacts, rules)
def test_the_erased_and_the_removed_come_back_only_when_that_is_said(
    contact: Contact, known: Contact | None, ordered: Rules
) -> None:
    judged = judge(contact, known, seen=True, channels=CHANNELS, rules=ordered, erased=True)
    assert judged.refusal == law.ERASED
    judged = judge(contact, known, seen=True, channels=CHANNELS, rules=ordered, moved_before=True)
    gone = known is None or known.deleted
    assert (judged.refusal is not None) == (gone and not ordered.restore)


@pytest.mark.parametrize("known", [None, Contact()], ids=["absent", "unseen"])
def test_somebody_new_who_never_said_yes_is_made_with_a_no_on_every_channel(
    known: Contact | None,
) -> None:
    contact = Contact(email="ada@example.org", mobile="+447700900001")
    judged = judge(contact, None, seen=known is None, channels=tuple(Channel), rules=Rules())
    assert {one.channel for one in judged.nos} == set(Channel)


def test_a_block_on_every_channel_is_a_no_on_each() -> None:
    contact = Contact(email="ada@example.org", subscriptions=[Subscription(channel="email", status="subscribed")])
    judged = judge(contact, None, seen=True, channels=CHANNELS, rules=Rules(), elsewhere=[OptOut(None)])
    assert judged.opted_out
    assert {one.channel for one in judged.nos} == set(CHANNELS)
