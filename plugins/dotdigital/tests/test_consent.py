"""Consent: states with their basis, evidence, opt-outs that reach the right person, yes only past the guard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    ConnectionFailed,
    ConsentRefused,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    UnexpectedResponse,
    UnsupportedOperation,
)
from martech.models import (
    Channel,
    Consent,
    Contact,
    IfNew,
    ItemOutcome,
    Release,
    SubscriptionStatus,
    SuppressionReason,
    Topic,
    email,
    mobile,
    own,
    vendor_id,
)

Talk = Any
S = SubscriptionStatus
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def evidence(channel: Channel = Channel.EMAIL, *, full: bool = True, **more: Any) -> Consent:
    given: dict[str, Any] = {"channel": channel, "given_at": NOW - timedelta(days=1), "text": "Yes, please."}
    if full:
        given |= {"source": "https://example.org/form", "ip_address": "203.0.113.9", "user_agent": "Mozilla/5.0"}
    return Consent(**{**given, **more})


def states(talked: Talk, ref: Any) -> dict[str, SubscriptionStatus]:
    known = talked.call(lambda c: c.consent.status(ref))
    return {one.channel.value: one.status for one in known if one.topic is None}


def test_the_state_of_each_channel_is_told(both: Talk) -> None:
    both.vendor.seed_people([{"email": "a@example.org", "phone": "447700900001", "unsubscribed_sms": "true"}])
    assert states(both, "a@example.org") == {
        "email": S.SUBSCRIBED, "sms": S.UNSUBSCRIBED, "whatsapp": S.NOT_SUBSCRIBED,
    }  # fmt: skip
    with pytest.raises(NotFound):
        both.call(lambda c: c.consent.status("nobody@example.org"))


@pytest.mark.parametrize("ref", ["person-0@example.org", mobile("+447700900000"), own("c-0"), vendor_id(1)])
@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_a_no_reaches_the_person_by_any_name_on_any_channel(one: Talk, ref: Any, channel: Channel) -> None:
    one.seed(2)
    done = one.call(lambda c: c.consent.unsubscribe(ref, channel=channel, reason="they called"))
    assert (done.outcome, done.vendor_id) == (ItemOutcome.UPDATED, "1")
    truth = [one.emulator.contactable(f"person-{number}@example.org", channel) for number in (0, 1)]
    assert truth == [False, True]
    again = one.call(lambda c: c.consent.unsubscribe(ref, channel=channel))
    assert again.outcome is ItemOutcome.UNCHANGED


def test_a_no_on_whatsapp_is_kept(both: Talk) -> None:
    both.seed()
    both.call(lambda c: c.consent.unsubscribe("person-0@example.org", channel=Channel.WHATSAPP))
    assert states(both, "person-0@example.org")["whatsapp"] is S.UNSUBSCRIBED


@pytest.mark.parametrize("verb", ["unsubscribe", "suppress"])
def test_a_no_for_nobody_makes_nobody(both: Talk, verb: str) -> None:
    for channel in (Channel.EMAIL, Channel.SMS):
        try:
            done = both.call(
                lambda c, channel=channel: getattr(c.consent, verb)("nobody@example.org", channel=channel)
            )
        except NotFound:
            continue
        assert done.outcome is ItemOutcome.NOT_FOUND
    assert both.emulator.contactable("nobody@example.org") is None
    assert not both.requests_to("PATCH /")


def test_a_no_on_a_channel_somebody_does_not_have_is_not_taken_for_done(both: Talk) -> None:
    both.vendor.seed_people([{"email": "a@example.org"}])
    with pytest.raises(InvalidRequest, match="no mobile number"):
        both.call(lambda c: c.consent.unsubscribe("a@example.org", channel=Channel.SMS))


def test_a_no_that_the_vendor_did_not_take_is_not_taken_for_done(one: Talk) -> None:
    one.seed()
    kept = (
        b'{"contactId":1,"status":"subscribed","identifiers":{"email":"person-0@example.org"},'
        b'"channelProperties":{"email":{"status":"subscribed"}}}'
    )
    one.emulator.faults.add(FaultKind.STATUS, route="PATCH", status=200, body=kept.decode())
    with pytest.raises(Exception, match="did not take the opt-out"):
        one.call(lambda c: c.consent.unsubscribe("person-0@example.org", channel=Channel.EMAIL))


def test_push_is_refused_before_anything_is_sent(one: Talk) -> None:
    with pytest.raises(UnsupportedOperation, match="push"):
        one.call(lambda c: c.consent.unsubscribe("a@example.org", channel=Channel.PUSH))
    with pytest.raises(UnsupportedOperation, match="push"):
        one.call(
            lambda c: c.consent.subscribe("a@example.org", channel=Channel.PUSH, evidence=evidence(Channel.PUSH))
        )
    assert one.emulator.ledger.total == 0


def test_many_say_no_one_by_one(both: Talk) -> None:
    addresses = both.seed(3)
    done = both.call(
        lambda c: c.consent.unsubscribe_many([*addresses, "nobody@example.org"], channel=Channel.EMAIL)
    )
    assert [one.outcome for one in done.items] == [*[ItemOutcome.UPDATED] * 3, ItemOutcome.NOT_FOUND]


# ── yes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def quiet(talked: Talk) -> None:
    talked.call(
        lambda c: c.contacts.create(
            Contact(email="a@example.org", mobile="+447700900001"), if_new=IfNew.NOT_CONTACTABLE
        )
    )


def test_a_yes_on_a_channel_nobody_spoke_about_is_written_with_its_evidence(both: Talk) -> None:
    quiet(both)
    done = both.call(
        lambda c: c.consent.subscribe("a@example.org", channel=Channel.SMS, evidence=evidence(Channel.SMS))
    )
    assert done.outcome is ItemOutcome.UPDATED
    assert both.emulator.contactable("a@example.org", "sms") is True
    assert both.emulator.contactable("a@example.org") is False
    (kept,) = both.call(lambda c: c.contacts.get("a@example.org")).consents
    assert (kept.channel, kept.text, kept.source) == (Channel.SMS, "Yes, please.", "https://example.org/form")


def test_a_yes_over_a_no_needs_evidence_later_than_it(both: Talk) -> None:
    both.vendor.seed_people([{"email": "a@example.org", "unsubscribed_email": "true"}])
    later = evidence(full=False)
    ask = {"channel": Channel.EMAIL, "evidence": later}
    with pytest.raises(ConsentRefused, match="nobody says when"):
        both.call(lambda c: c.consent.subscribe("a@example.org", **ask))
    with pytest.raises(ConsentRefused, match="after the evidence"):
        both.call(lambda c: c.consent.subscribe("a@example.org", opted_out_at=NOW, **ask))
    assert both.emulator.contactable("a@example.org") is False
    done = both.call(lambda c: c.consent.subscribe("a@example.org", opted_out_at=NOW - timedelta(days=2), **ask))
    assert done.outcome is ItemOutcome.UPDATED
    assert both.emulator.contactable("a@example.org") is True
    (body,) = both.bodies("PATCH /")
    assert body["channelProperties"]["email"]["resubscribeOptions"] == {"resubscribeWithNoChallenge": True}


def test_a_yes_makes_nobody(both: Talk) -> None:
    with pytest.raises(NotFound):
        both.call(lambda c: c.consent.subscribe("nobody@example.org", channel=Channel.EMAIL, evidence=evidence()))
    assert both.emulator.contactable("nobody@example.org") is None


def test_a_yes_with_evidence_in_it_is_not_written_twice(one: Talk) -> None:
    quiet(one)
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="PATCH")
    with pytest.raises(ConnectionFailed):
        one.call(
            lambda c: c.consent.subscribe("a@example.org", channel=Channel.SMS, evidence=evidence(Channel.SMS))
        )
    assert len(one.call(lambda c: c.contacts.get("a@example.org")).consents) == 1


def test_who_is_asked_to_confirm_is_challenged(one: Talk) -> None:
    body = (
        '{"contactId":1,"identifiers":{"email":"person-0@example.org"},'
        '"channelProperties":{"email":{"status":"%s"}}}'
    )
    for word, outcome in (("pendingOptIn", ItemOutcome.CHALLENGED), ("hardBounced", ItemOutcome.REFUSED)):
        one.seed()
        one.emulator.faults.add(FaultKind.STATUS, route="PATCH", status=200, body=body % word)
        done = one.call(
            lambda c: c.consent.subscribe(
                "person-0@example.org", channel=Channel.EMAIL, evidence=evidence(full=False)
            )
        )
        assert done.outcome is outcome
    assert "hardBounced" in (done.reason or "")


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_evidence_is_added_and_changes_no_state(both: Talk) -> None:
    both.vendor.seed_people([{"email": "a@example.org", "unsubscribed_email": "true"}])
    for text in ("One", "Two"):
        both.call(lambda c, text=text: c.consent.record("a@example.org", evidence(text=text)))
    known = both.call(lambda c: c.contacts.get("a@example.org"))
    assert [one.text for one in known.consents] == ["One", "Two"]
    assert known.consents[0].recorded_at is not None
    assert both.emulator.contactable("a@example.org") is False


@pytest.mark.parametrize("missing", ["source", "ip_address", "user_agent"])
def test_evidence_that_lacks_one_of_five_things_is_refused_by_name(one: Talk, missing: str) -> None:
    with pytest.raises(InvalidRequest, match=missing):
        one.call(lambda c: c.consent.record("a@example.org", evidence(**{missing: None})))
    assert one.emulator.ledger.total == 0


def test_evidence_for_nobody_makes_nobody(both: Talk) -> None:
    with pytest.raises(NotFound):
        both.call(lambda c: c.consent.record("nobody@example.org", evidence()))
    assert both.emulator.contactable("nobody@example.org") is None


def test_evidence_for_several_is_told_one_by_one(both: Talk) -> None:
    both.seed(2)
    done = both.call(
        lambda c: c.consent.record_many(["person-0@example.org", "nobody@example.org", own("c-1")], evidence())
    )
    assert [one.outcome for one in done.items] == [ItemOutcome.SAVED, ItemOutcome.NOT_FOUND, ItemOutcome.SAVED]


# ── suppressions ─────────────────────────────────────────────────────────────────────────────────────────────


def test_suppressing_for_email_is_one_request_for_many(both: Talk) -> None:
    addresses = both.seed(3)
    refs = [addresses[0].upper(), vendor_id(2), "nobody@example.org", email(addresses[2])]
    done = both.call(lambda c: c.consent.suppress_many(refs, channel=Channel.EMAIL))
    assert [one.outcome for one in done.items] == [
        ItemOutcome.UPDATED, ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND, ItemOutcome.UPDATED,
    ]  # fmt: skip
    assert len(both.requests_to("PUT /v2/contacts/suppress-contacts")) == 1
    assert [both.emulator.contactable(one) for one in addresses] == [False] * 3
    assert both.emulator.contactable(addresses[0], "sms") is True


def test_suppressing_everywhere_blocks_every_channel_somebody_has(both: Talk) -> None:
    both.seed()
    both.vendor.seed_people([{"email": "b@example.org"}])
    done = both.call(lambda c: c.consent.suppress_many([own("c-0"), "b@example.org", "nobody@example.org"]))
    assert [one.outcome for one in done.items] == [ItemOutcome.UPDATED, ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND]
    assert states(both, own("c-0")) == dict.fromkeys(("email", "sms", "whatsapp"), S.SUPPRESSED)
    assert states(both, "b@example.org")["email"] is S.SUPPRESSED


def test_suppressing_by_a_number_is_for_that_channel(both: Talk) -> None:
    both.seed()
    done = both.call(lambda c: c.consent.suppress(mobile("+447700900000"), channel=Channel.SMS))
    assert done.outcome is ItemOutcome.UPDATED
    assert (
        both.emulator.contactable("person-0@example.org"),
        both.emulator.contactable("person-0@example.org", "sms"),
    ) == (True, False)


def test_suppressed_people_are_listed_since_a_time(both: Talk) -> None:
    addresses = both.seed(4)
    both.call(lambda c: c.consent.unsubscribe(addresses[0], channel=Channel.EMAIL))
    both.bench.clock.advance(3600)
    since = both.bench.clock.now()
    both.call(lambda c: c.consent.suppress_many(addresses[1:3], channel=Channel.EMAIL))
    everybody = both.all(lambda c: c.consent.suppressions())
    assert [(one.identifier.value, one.reason) for one in everybody] == [
        (addresses[0], SuppressionReason.UNSUBSCRIBED), (addresses[1], SuppressionReason.BY_HAND),
        (addresses[2], SuppressionReason.BY_HAND),
    ]  # fmt: skip
    recent = both.all(lambda c: c.consent.suppressions(since=since))
    assert [one.identifier.value for one in recent] == addresses[1:3]
    assert recent[0].suppressed_at == since


def test_changes_tell_who_unsubscribed_then_who_was_suppressed_and_nobody_twice(both: Talk) -> None:
    addresses = both.seed(4)
    since = both.bench.clock.now()
    both.call(lambda c: c.consent.suppress(addresses[1], channel=Channel.EMAIL))
    both.call(lambda c: c.consent.unsubscribe(addresses[0], channel=Channel.EMAIL))
    changes = both.all(lambda c: c.consent.changes(since=since))
    assert [(one.identifier.value, one.before, one.after) for one in changes] == [
        (addresses[0], S.UNKNOWN, S.UNSUBSCRIBED), (addresses[1], S.UNKNOWN, S.SUPPRESSED),
    ]  # fmt: skip
    assert {one.channel for one in changes} == {Channel.EMAIL}


def test_more_suppressed_people_than_a_page_holds_are_all_listed_once(one: Talk) -> None:
    one.vendor.seed_people(
        [{"email": f"p{number}@example.org", "unsubscribed_email": "true"} for number in range(1500)]
    )
    listed = [each.identifier.value for each in one.all(lambda c: c.consent.suppressions())]
    assert len(listed) == len(set(listed)) == 1500


# ── release ──────────────────────────────────────────────────────────────────────────────────────────────────


def unsubscribed(talked: Talk) -> dict[str, Any]:
    talked.vendor.seed_people(
        [
            {
                "email": "a@example.org",
                "phone": "447700900001",
                "unsubscribed_email": "true",
                "unsubscribed_sms": "true",
            }
        ]
    )
    return {"evidence": evidence(full=False), "opted_out_at": NOW - timedelta(days=2)}


def test_lifting_an_opt_out_asks_the_person_first(both: Talk) -> None:
    ask = unsubscribed(both)
    done = both.call(lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, **ask))
    assert done is Release.CHALLENGED
    assert both.emulator.contactable("a@example.org") is False
    assert len(both.emulator.outbox) == 1
    both.vendor.confirm("a@example.org")
    assert both.emulator.contactable("a@example.org") is True


def test_lifting_an_opt_out_without_asking_is_done_when_told(both: Talk) -> None:
    ask = unsubscribed(both)
    done = both.call(
        lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, without_challenge=True, **ask)
    )
    assert done is Release.RELEASED
    assert both.emulator.contactable("a@example.org") is True
    assert both.emulator.outbox == []


def test_a_challenge_whose_answer_was_lost_is_unknown_and_not_repeated(one: Talk) -> None:
    ask = unsubscribed(one)
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="POST /v2/contacts/resubscribe")
    with pytest.raises(OutcomeUnknown):
        one.call(lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, **ask))
    assert len(one.emulator.outbox) == 1


def test_text_messages_are_released_at_once_since_nobody_can_be_asked(both: Talk) -> None:
    ask = unsubscribed(both) | {"evidence": evidence(Channel.SMS, full=False)}
    assert both.call(lambda c: c.consent.release("a@example.org", channel=Channel.SMS, **ask)) is Release.RELEASED
    assert both.emulator.contactable("a@example.org", "sms") is True


def test_nothing_is_released_without_evidence_that_counts(both: Talk) -> None:
    ask = unsubscribed(both) | {"opted_out_at": NOW}
    with pytest.raises(ConsentRefused):
        both.call(lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, **ask))
    assert both.emulator.contactable("a@example.org") is False
    assert both.emulator.outbox == []


@pytest.mark.parametrize("word", ["ContactCannotBeUnsuppressed", "contactcannotbeunsuppressed"])
def test_what_the_vendor_does_not_lift_is_refused(one: Talk, word: str) -> None:
    ask = unsubscribed(one)
    one.emulator.faults.add(
        FaultKind.STATUS, route="resubscribe", status=200, body=f'{{"contact":null,"status":"{word}"}}'
    )
    assert one.call(lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, **ask)) is Release.REFUSED


def test_a_word_nobody_knows_is_not_taken_for_a_release(one: Talk) -> None:
    ask = unsubscribed(one)
    one.emulator.faults.add(FaultKind.STATUS, route="resubscribe", status=200, body='{"status":"ContactPondered"}')
    with pytest.raises((UnexpectedResponse, OutcomeUnknown)):
        one.call(
            lambda c: c.consent.release("a@example.org", channel=Channel.EMAIL, without_challenge=True, **ask)
        )


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_topics_are_listed_and_made_in_their_category(both: Talk) -> None:
    made = both.call(
        lambda c: c.consent.create_topic(Topic(name="Boots", category="Newsletters", is_public=False))
    )
    assert (made.name, made.category, made.is_public) == ("Boots", "Newsletters", False)
    listed = {one.name: one for one in both.all(lambda c: c.consent.topics())}
    assert listed["Boots"].id == made.id
    assert listed["Boots"].category == "Newsletters"
    with pytest.raises(NotFound, match="category"):
        both.call(lambda c: c.consent.create_topic(Topic(name="X", category="Nowhere")))


def topic_states(talked: Talk, ref: Any) -> dict[tuple[str, str | None], SubscriptionStatus]:
    known = talked.call(lambda c: c.consent.status(ref))
    return {(one.channel.value, one.topic): one.status for one in known if one.topic is not None}


def test_somebody_goes_into_a_topic_on_evidence_and_out_of_it_without(both: Talk) -> None:
    both.seed()
    topic = both.all(lambda c: c.consent.topics())[0].id
    ref = "person-0@example.org"
    with pytest.raises(ConsentRefused, match="evidence"):
        both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=True))
    both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=True, evidence=evidence()))
    assert topic_states(both, ref)["email", topic] is S.SUBSCRIBED
    assert len(both.call(lambda c: c.contacts.get(ref)).consents) == 1
    both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=False))
    assert topic_states(both, ref)["email", topic] is S.UNSUBSCRIBED


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS, Channel.WHATSAPP])
def test_an_opt_out_of_a_topic_is_not_undone_on_older_evidence_whatever_its_channel(
    both: Talk, channel: Channel
) -> None:
    both.seed()
    topic = both.all(lambda c: c.consent.topics())[0].id
    ref = "person-0@example.org"
    both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=True, evidence=evidence()))
    both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=False))
    if channel is Channel.WHATSAPP:
        both.call(lambda c: c.consent.subscribe(ref, channel=channel, evidence=evidence(channel)))
    with pytest.raises(ConsentRefused):
        both.call(lambda c: c.consent.set_topic(ref, topic, subscribed=True, evidence=evidence(channel)))
    assert topic_states(both, ref)["email", topic] is S.UNSUBSCRIBED


def test_a_topic_for_nobody_makes_nobody(both: Talk) -> None:
    topic = both.all(lambda c: c.consent.topics())[0].id
    with pytest.raises(NotFound):
        both.call(lambda c: c.consent.set_topic("nobody@example.org", topic, subscribed=False))
    assert both.emulator.contactable("nobody@example.org") is None
