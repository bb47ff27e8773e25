"""Consent: a no reaches the right person, and a yes is written only on evidence, once, and for one channel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from martech import (
    Channel,
    Consent,
    ConsentRefused,
    Contact,
    IfNew,
    ItemOutcome,
    NotFound,
    RateLimited,
    Release,
    SubscriptionStatus,
    SuppressionReason,
    UnsupportedOperation,
    own,
)
from martech.errors import TransportError
from martech.provider import HttpRequest

Start = Callable[..., Any]
BULK, UPDATE = "POST /bulk/contacts", "PUT /contacts/c-1"
BOTH = {"key": "c-1", "email": "ada@example.org", "phone": "447700900123"}


@pytest.fixture
def known(talk: Start) -> Start:
    """Start a conversation about one contact, c-1."""

    def start(settings: dict[str, Any] | None = None, *, unsubscribed: bool = False, **switches: Any) -> Any:
        conversation = talk(settings, **switches)
        row = BOTH | ({"unsubscribed_email": "true", "unsubscribed_sms": "true"} if unsubscribed else {})
        conversation.emulator.seed_people([row])
        return conversation

    return start


def evidence(talk: Any, channel: Channel = Channel.EMAIL) -> dict[str, Any]:
    """Evidence given a minute ago, over an opt-out an hour ago."""
    now = talk.clock.now()
    given = Consent(channel=channel, given_at=now - timedelta(minutes=1), text="Yes, write to me")
    return {"channel": channel, "evidence": given, "opted_out_at": now - timedelta(hours=1)}


def reachable(talk: Any) -> list[bool | None]:
    return [talk.emulator.contactable("c-1", channel) for channel in ("email", "sms")]


# ── towards not being contacted ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("channel", "after"), [(Channel.EMAIL, [False, True]), (Channel.SMS, [True, False])])
@pytest.mark.parametrize("how", ["yes_only", "always", "never"])
def test_unsubscribe_closes_one_channel_and_no_other(
    known: Start, channel: Channel, after: list[bool], how: str
) -> None:
    talk = known({"update_contact": how})
    result = talk.client().consent.unsubscribe(own("c-1"), channel=channel, reason="by phone")
    assert result.outcome is ItemOutcome.UPDATED
    assert reachable(talk) == after


@pytest.mark.parametrize("verb", ["unsubscribe", "suppress"])
def test_a_no_makes_nobody_and_says_that_it_reached_nobody(known: Start, verb: str) -> None:
    talk = known()
    consent = talk.client().consent
    if verb == "unsubscribe":
        with pytest.raises(NotFound):
            consent.unsubscribe(own("nobody"), channel=Channel.EMAIL)
    else:
        assert consent.suppress(own("nobody")).outcome is ItemOutcome.NOT_FOUND
    assert all(body["insertIfNotExists"] is False for body in talk.bodies(BULK))
    assert talk.row("nobody") is None


@pytest.mark.parametrize("errors_as", ["objects", "strings"])
def test_many_noes_are_one_call_and_each_has_its_result(known: Start, errors_as: str) -> None:
    talk = known(errors_as=errors_as)
    talk.emulator.seed_people([{"key": "c-2", "email": "bo@example.org"}])
    people = [own("c-1"), own("nobody"), own("c-2"), own("c-1")]
    result = talk.client().consent.unsubscribe_many(people, channel=Channel.EMAIL)
    assert [(one.position, one.outcome, one.identifier) for one in result.items] == [
        (0, ItemOutcome.UPDATED, own("c-1")),
        (1, ItemOutcome.NOT_FOUND, own("nobody")),
        (2, ItemOutcome.UPDATED, own("c-2")),
        (3, ItemOutcome.UPDATED, own("c-1")),
    ]
    assert talk.count(BULK) == 1
    assert [talk.emulator.contactable(key) for key in ("c-1", "c-2")] == [False, False]


def test_a_block_without_a_channel_makes_the_contact_passive(known: Start) -> None:
    talk = known()
    client = talk.client()
    assert client.consent.suppress(own("c-1"), reason=SuppressionReason.COMPLAINED).ok
    assert reachable(talk) == [False, False]
    assert talk.row("c-1")["contact_status"] == "P"
    assert {one.status for one in client.consent.status(own("c-1"))} == {SubscriptionStatus.SUPPRESSED}


def test_a_block_on_one_channel_survives_a_change_of_the_address(known: Start) -> None:
    talk = known()
    client = talk.client()
    client.consent.suppress_many([own("c-1")], channel=Channel.EMAIL)
    client.native.contacts.bulk_upsert(
        [{"contact_key": "c-1", "email": "new@example.org"}], insert_if_not_exists=False, lifts_blocks=True
    )
    assert reachable(talk) == [False, True]


def test_a_lost_answer_does_not_lose_the_no(known: Start) -> None:
    for kind in ("cut_before", "cut_after"):
        talk = known(bulk_gate=False)
        talk.emulator.faults.add(kind, route="POST /rest/bulk/contacts")
        result = talk.client().consent.unsubscribe(own("c-1"), channel=Channel.EMAIL)
        assert result.outcome is ItemOutcome.UPDATED
        assert reachable(talk) == [False, True]


def test_a_no_that_has_to_wait_longer_than_its_caller_is_an_error_and_not_silence(known: Start) -> None:
    talk = known()
    client = talk.client(max_wait_seconds=30)
    client.consent.unsubscribe(own("c-1"), channel=Channel.EMAIL)
    with pytest.raises(RateLimited):
        client.consent.unsubscribe(own("c-1"), channel=Channel.SMS)
    assert reachable(talk) == [False, True]


@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.WHATSAPP])
def test_a_no_that_cannot_be_kept_is_refused_before_any_request(known: Start, channel: Channel) -> None:
    talk = known()
    client = talk.client()
    for call in (
        lambda: client.consent.unsubscribe(own("c-1"), channel=channel),
        lambda: client.consent.suppress(own("c-1"), channel=channel),
        lambda: client.consent.unsubscribe("ada@example.org", channel=Channel.EMAIL),
        lambda: client.consent.suppress("ada@example.org"),
    ):
        with pytest.raises(UnsupportedOperation):
            call()
    assert not client.supports("consent.unsubscribe", channel=channel)
    assert talk.said == []


# ── towards being contacted ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["yes_only", "always", "never"])
def test_a_yes_opens_one_channel_on_evidence(known: Start, how: str) -> None:
    talk = known({"update_contact": how}, unsubscribed=True)
    result = talk.client().consent.subscribe(own("c-1"), **evidence(talk))
    assert (result.outcome, result.identifier) == (ItemOutcome.UPDATED, own("c-1"))
    assert reachable(talk) == [True, False]
    assert talk.count(UPDATE) == (0 if how == "never" else 1)
    for body in talk.bodies(BULK):
        assert body["insertIfNotExists"] is False


def test_a_yes_over_an_undated_no_is_refused_and_nothing_is_written(known: Start) -> None:
    talk = known(unsubscribed=True)
    given = evidence(talk)
    del given["opted_out_at"]
    with pytest.raises(ConsentRefused):
        talk.client().consent.subscribe(own("c-1"), **given)
    assert talk.count(UPDATE) == 0
    assert reachable(talk) == [False, False]


def test_a_yes_does_not_lift_a_block(known: Start) -> None:
    talk = known()
    client = talk.client()
    client.consent.suppress(own("c-1"))
    with pytest.raises(ConsentRefused):
        client.consent.subscribe(own("c-1"), **evidence(talk))
    assert reachable(talk) == [False, False]


@pytest.mark.parametrize("how", ["yes_only", "never"])
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_yes_is_never_said_again_by_itself(known: Start, how: str, kind: str) -> None:
    talk = known({"update_contact": how}, unsubscribed=True)
    talk.emulator.faults.add(kind, route="PUT /rest/contacts|POST /rest/bulk/contacts", times=1)
    with pytest.raises(TransportError):
        talk.client().consent.subscribe(own("c-1"), **evidence(talk))
    assert talk.count(UPDATE) + talk.count(BULK) == 1


def test_a_yes_does_not_stand_in_line_behind_bulk_writes(known: Start) -> None:
    talk = known(unsubscribed=True)
    client = talk.client(max_wait_seconds=1)
    client.contacts.update(Contact(own_id="c-1", first_name="Ada"))
    client.consent.subscribe(own("c-1"), **evidence(talk))
    assert reachable(talk) == [True, False]


def test_a_yes_makes_nobody(known: Start) -> None:
    talk = known()
    with pytest.raises(NotFound):
        talk.client().consent.subscribe(own("nobody"), **evidence(talk))
    assert talk.row("nobody") is None


def test_a_yes_by_a_call_the_account_lacks_is_not_taken_for_a_missing_person(known: Start) -> None:
    talk = known({"assumed_paths": {"update_contact": "/people/{contact_key}"}}, unsubscribed=True)
    with pytest.raises(UnsupportedOperation, match="UpdateContact"):
        talk.client().consent.subscribe(own("c-1"), **evidence(talk))
    assert reachable(talk) == [False, False]


# ── lifting blocks ───────────────────────────────────────────────────────────────────────────────────────────


def test_releasing_a_passive_contact_opens_the_channel_of_the_evidence_and_closes_the_other(known: Start) -> None:
    talk = known()
    client = talk.client()
    client.consent.suppress(own("c-1"))
    assert client.consent.release(own("c-1"), **evidence(talk)) is Release.RELEASED
    assert reachable(talk) == [True, False]


def test_releasing_somebody_who_unsubscribed_at_the_platform_makes_the_address_active(known: Start) -> None:
    talk = known()
    assert talk.emulator.engage("c-1", "unsubscribe")
    client = talk.client()
    assert client.consent.release(own("c-1"), **evidence(talk)) is Release.RELEASED
    assert reachable(talk) == [True, True]


@pytest.mark.parametrize("what", ["hard_bounce", "spam"])
def test_an_address_that_bounced_or_complained_is_not_released(known: Start, what: str) -> None:
    talk = known()
    assert talk.emulator.engage("c-1", what)
    assert talk.client().consent.release(own("c-1"), **evidence(talk)) is Release.REFUSED
    assert talk.count(UPDATE) == 0
    assert reachable(talk)[0] is False


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_platform_notes_is_read_back(known: Start) -> None:
    talk = known()
    client = talk.client()
    assert {one.status for one in client.consent.status(own("c-1"))} == {SubscriptionStatus.SUBSCRIBED}
    talk.emulator.engage("c-1", "hard_bounce")
    mail, text = client.consent.status(own("c-1"))
    assert (mail.status, mail.reason) == (SubscriptionStatus.SUPPRESSED, SuppressionReason.BOUNCED)
    assert text.status is SubscriptionStatus.SUBSCRIBED
    with pytest.raises(NotFound):
        client.consent.status(own("nobody"))


def test_the_log_tells_changes_page_by_page_up_to_when_it_was_first_asked(known: Start) -> None:
    talk = known()
    people = [{"key": f"p-{n}", "email": f"p{n}@example.org"} for n in range(1203)]
    talk.emulator.seed_people(people)
    began = talk.clock.now() - timedelta(minutes=1)
    client = talk.client()
    client.consent.unsubscribe_many([own(row["key"]) for row in people], channel=Channel.EMAIL)
    talk.clock.advance(5)
    pages = client.consent.changes(since=began).pages()
    first = next(pages)
    client.consent.unsubscribe(own("c-1"), channel=Channel.SMS)
    rest = list(pages)
    changes = [*first.items, *(one for page in rest for one in page.items)]
    assert len(first.items) == 1000
    assert len({change.identifier.key for change in changes}) == len(changes) == 1203
    assert all(change.channel is Channel.EMAIL for change in changes)
    assert {(change.before, change.after) for change in changes} == {
        (SubscriptionStatus.SUBSCRIBED, SubscriptionStatus.UNSUBSCRIBED)
    }
    later = list(client.consent.changes(since=talk.clock.now() - timedelta(minutes=5)))
    assert (later[-1].identifier, later[-1].channel) == (own("c-1"), Channel.SMS)


def test_a_listing_of_the_log_goes_on_in_another_process(known: Start) -> None:
    talk = known()
    client = talk.client()
    client.consent.unsubscribe(own("c-1"), channel=Channel.EMAIL)
    began = talk.clock.now() - timedelta(hours=1)
    whole = list(client.consent.changes(since=began))
    cursor = f"{talk.clock.now().isoformat()}@0"
    (page,) = talk.client().consent.changes(since=began).pages(after=cursor)
    assert list(page.items) == whole
    assert len(whole) == 1


@pytest.mark.parametrize("verb", ["suppressions", "topics"])
def test_what_dengage_does_not_list_is_refused(known: Start, verb: str) -> None:
    talk = known()
    with pytest.raises(UnsupportedOperation):
        list(getattr(talk.client().consent, verb)())
    assert talk.said == []


# ── at no instant ────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_who_is_brought_in_with_a_no_is_contactable_at_any_instant(talk: Start) -> None:
    conversation = talk()
    seen: list[bool | None] = []
    lock = threading.Lock()

    def watch(request: HttpRequest) -> None:
        del request
        with lock:
            seen.append(conversation.emulator.contactable("c-1"))

    conversation.answer = watch
    client = conversation.client()
    client.contacts.upsert(Contact(own_id="c-1", email="ada@example.org"), if_new=IfNew.NOT_CONTACTABLE)
    client.contacts.upsert(Contact(own_id="c-1", email="bo@example.org"), if_new=IfNew.NOT_CONTACTABLE)
    assert True not in seen
    assert conversation.emulator.contactable("c-1") is False
