"""Conversations with Digital Onboarding, played from cassettes: one for each group of its operations."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from martech import (
    Channel,
    Consent,
    ConsentRefused,
    Contact,
    IfNew,
    ItemOutcome,
    Subscription,
    SubscriptionStatus,
    own,
)
from martech.testing.pytest_plugin import Conversation
from martech_digital_onboarding.objectives import Completion

ADA = Contact(own_id="m-1", email="ada@example.org", first_name="Ada", attributes={"branch": "North"})


def test_people_are_written_and_say_no(conversation: Conversation) -> None:
    with conversation("digital_onboarding", "contacts") as client:
        done = client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT)
        assert (done.outcome, done.contactable) == (ItemOutcome.CREATED, True)
        people = [Contact(own_id=f"m-{n}", email=f"person-{n}@example.org") for n in range(5)]
        many = client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT)
        assert [result.outcome for result in many.items] == [
            ItemOutcome.UPDATED if n == 1 else ItemOutcome.CREATED for n in range(5)
        ]
        assert client.consent.unsubscribe(own("m-1"), channel=Channel.EMAIL).ok
        assert client.consent.unsubscribe(own("nobody"), channel=Channel.EMAIL).outcome is ItemOutcome.NOT_FOUND


def test_one_person_is_saved_says_no_and_takes_it_back(conversation: Conversation) -> None:
    said_no, agreed = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)
    evidence = Consent(channel=Channel.EMAIL, given_at=agreed, text="Yes, write to me", source="form")
    with conversation("digital_onboarding", "single") as client:
        native = cast("Any", client.native)
        kept = native.save(ADA, if_new=IfNew.VENDOR_DEFAULT)
        assert (kept.own_id, kept.status(Channel.EMAIL)) == ("m-1", SubscriptionStatus.UNKNOWN)
        assert client.consent.subscribe(own("m-1"), channel=Channel.EMAIL, evidence=evidence).outcome is (
            ItemOutcome.UNCHANGED
        )
        assert client.consent.unsubscribe(own("m-1"), channel=Channel.EMAIL).ok
        again = native.save(ADA, if_new=IfNew.VENDOR_DEFAULT)
        assert again.status(Channel.EMAIL) is SubscriptionStatus.UNSUBSCRIBED
        with pytest.raises(ConsentRefused):
            client.consent.subscribe(own("m-1"), channel=Channel.EMAIL, evidence=evidence)
        assert client.consent.subscribe(
            own("m-1"), channel=Channel.EMAIL, evidence=evidence, opted_out_at=said_no
        ).ok


def test_somebody_is_put_into_a_journey(conversation: Conversation) -> None:
    with conversation("digital_onboarding", "journeys") as client:
        client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT)
        welcome = next(client.automations.list())
        enrolled = client.automations.enrol(welcome.id, [own("m-1")], key="welcome-1").items[0]
        assert enrolled.ok
        assert enrolled.link is not None
        assert "://" not in repr(enrolled)
        native = cast("Any", client.native)
        people = [own("m-1"), Contact(own_id="m-2", email="bo@example.org"), own("nobody")]
        bulk = native.enrol_in_bulk(welcome.id, people, key="spring-1").items
        assert [one.outcome for one in bulk] == [
            ItemOutcome.ACCEPTED,
            ItemOutcome.ACCEPTED,
            ItemOutcome.NOT_FOUND,
        ]


def test_a_token_is_asked_for_once_kept_and_replaced_when_it_is_refused(conversation: Conversation) -> None:
    with conversation("digital_onboarding", "token", force_401_once=True) as client:
        assert client.account.verify().ok
        assert client.account.verify().ok


def test_a_batch_brings_opt_outs_along_and_one_bad_contact_sinks_nobody_else(conversation: Conversation) -> None:
    no = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
    bad = Contact.model_construct({"own_id", "email"}, own_id="m-bad", email="no address")
    people = [ADA, Contact(own_id="m-2", email="bo@example.org", subscriptions=(no,)), bad]
    with conversation("digital_onboarding", "batch") as client:
        items = client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT).items
        assert [one.outcome for one in items] == [
            ItemOutcome.CREATED,
            ItemOutcome.CREATED,
            ItemOutcome.REFUSED,
        ]
        suppressed = client.consent.suppress_many([own("m-1"), own("m-2")]).items
        assert all(one.ok for one in suppressed)


def test_objectives_are_listed_and_completed(conversation: Conversation) -> None:
    at = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    with conversation("digital_onboarding", "objectives") as client:
        client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT)
        native = cast("Any", client.native)
        known = native.objectives()
        assert "direct-deposit" in {one.key for one in known}
        assert native.complete_objective(own("m-1"), "direct-deposit", at=at).ok
        done = native.complete_objectives(
            [Completion(own("m-1"), "estatements", "done"), Completion(own("nobody"), "estatements")], known=known
        )
        assert [one.outcome for one in done.items] == [ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND]
