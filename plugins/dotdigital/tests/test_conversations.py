"""Conversations with Dotdigital, played from cassettes: one of each group of operations."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from martech import (
    Campaign,
    CampaignStatus,
    Channel,
    Consent,
    ConsentRefused,
    Contact,
    CustomEvent,
    Dataset,
    EmailMessage,
    EngagementKind,
    IfNew,
    ItemOutcome,
    Lists,
    MessageState,
    NotFound,
    Record,
    Release,
    SendStatus,
    SmsMessage,
    SubscriptionStatus,
    email,
    own,
)
from martech.testing.pytest_plugin import Conversation

ADA = Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", first_name="Ada")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def test_somebody_is_made_read_changed_and_listed_and_many_are_imported(conversation: Conversation) -> None:
    with conversation("dotdigital", "contacts") as client:
        with pytest.raises(NotFound):
            client.contacts.get("ada@example.org")
        assert client.account.get().id == "33210"
        assert "crm-id" in [one.name for one in client.account.identifiers()]
        done = client.contacts.upsert(ADA, if_new=IfNew.NOT_CONTACTABLE)
        assert (done.outcome, done.contactable) == (ItemOutcome.CREATED, False)
        again = client.contacts.upsert(ADA.model_copy(update={"last_name": "L."}), if_new=IfNew.NOT_CONTACTABLE)
        assert again.outcome is ItemOutcome.UPDATED
        known = client.contacts.get(own("c-1"))
        assert (known.email, known.first_name, known.last_name) == ("ada@example.org", "Ada", "L.")
        people = [Contact(email=f"person-{n}@example.org") for n in range(8)]
        job = client.contacts.start_import(people, if_new=IfNew.VENDOR_DEFAULT, restore=True)
        results = client.jobs.results(client.jobs.wait(job))
        assert len({result.vendor_id for result in results if result.ok}) == 8
        assert len(list(client.contacts.list(changed_since=SINCE))) == 9
        gone = client.contacts.delete_many(["person-0@example.org"])
        assert [result.outcome for result in gone.items] == [ItemOutcome.REMOVED]


def test_a_list_is_made_filled_emptied_of_one_and_left_by_another(conversation: Conversation) -> None:
    with conversation("dotdigital", "lists") as client:
        people = [Contact(email=f"person-{n}@example.org") for n in range(3)]
        client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT, restore=True)
        made = client.lists.create("Readers")
        refs = [email(f"person-{n}@example.org") for n in range(4)]
        added = client.lists.add(made.id, refs)
        assert [result.ok for result in added.items] == [True, True, True, False]
        assert added.items[3].outcome is ItemOutcome.NOT_FOUND
        assert client.lists.remove(made.id, refs[0]).items[0].ok
        client.lists.unsubscribe(made.id, refs[1])
        assert [one.email for one in client.lists.members(made.id)] == ["person-2@example.org"]
        assert client.contacts.find(refs[0]) is not None
        client.jobs.wait(client.lists.clear(made.id))
        assert list(client.lists.members(made.id)) == []


def test_a_no_is_kept_and_only_later_evidence_asks_the_person_again(conversation: Conversation) -> None:
    with conversation("dotdigital", "consent") as client:
        ada = email("ada@example.org")
        client.contacts.upsert(ADA, if_new=IfNew.NOT_CONTACTABLE)
        status = {one.channel: one.status for one in client.consent.status(ada) if one.topic is None}
        assert SubscriptionStatus.SUBSCRIBED not in status.values()
        evidence = Consent(
            channel=Channel.EMAIL,
            given_at=datetime(2026, 1, 4, tzinfo=UTC),
            text="Yes, write to me.",
            source="https://example.org/form",
            ip_address="203.0.113.9",
            user_agent="Mozilla/5.0",
        )
        client.consent.record(ada, evidence)
        before = datetime(2026, 1, 3, tzinfo=UTC)
        client.consent.subscribe(ada, channel=Channel.EMAIL, evidence=evidence, opted_out_at=before)
        client.consent.unsubscribe(ada, channel=Channel.EMAIL)
        assert [one.identifier.value for one in client.consent.suppressions()] == ["ada@example.org"]
        with pytest.raises(ConsentRefused):
            client.consent.subscribe(ada, channel=Channel.EMAIL, evidence=evidence)
        asked = client.consent.release(ada, channel=Channel.EMAIL, evidence=evidence, opted_out_at=before)
        assert asked is Release.CHALLENGED


def test_messages_go_out_and_are_asked_about(conversation: Conversation) -> None:
    with conversation("dotdigital", "messages") as client:
        letter = EmailMessage(
            to="ada@example.org",
            subject="Your order",
            html="<p>Thank you</p>",
            sender="Shop <hello@shop.example.org>",
        )
        assert client.messages.send_email(letter, key="order-1").message_id is not None
        text = client.messages.send_sms(SmsMessage(to="+447700900123", text="Thank you"), key="order-2")
        assert text.message_id is not None
        status = client.messages.status(text.message_id, channel=Channel.SMS)
        assert status.state in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)


def test_a_campaign_is_sent_and_reported(conversation: Conversation) -> None:
    with conversation("dotdigital", "campaigns", send_seconds=0.0) as client:
        people = [email(f"person-{n}@example.org") for n in range(12)]
        contacts = [Contact(email=ref.value) for ref in people]
        client.contacts.upsert_many(contacts, if_new=IfNew.VENDOR_DEFAULT, restore=True)
        readers = client.lists.create("Readers")
        client.lists.add(readers.id, people)
        campaign = client.campaigns.create(
            Campaign(
                name="News",
                subject="News!",
                html='<a href="http://$UNSUB$">no more</a>',
                text="$UNSUB$",
                sender="Shop <hello@shop.example.org>",
            )
        )
        assert campaign.status is CampaignStatus.DRAFT
        send = client.campaigns.send(campaign, to=Lists([readers.id]), key="news-1")
        assert client.campaigns.send_status(send).status is SendStatus.SENT
        report = client.reports.counts(str(campaign.id))
        told = Counter(one.kind for one in client.reports.engagements(campaign_id=campaign.id))
        assert (report.sent, told[EngagementKind.SENT]) == (12, 12)
        assert told[EngagementKind.OPENED] == report.opens
        assert [one.id for one in client.reports.active_since(since=SINCE)] == [campaign.id]


def test_records_are_written_and_events_told(conversation: Conversation) -> None:
    with conversation("dotdigital", "datasets") as client:
        branches = client.datasets.create(Dataset(id="", name="Branches"))
        few = client.datasets.upsert_many(branches.id, [Record(key="b-1", values={"town": "Leeds", "open": True})])
        assert [one.outcome for one in few.items] == [ItemOutcome.CREATED]
        assert client.datasets.get(branches.id, "b-1").values["town"] == "Leeds"
        assert [one.key for one in client.datasets.records(branches.id)] == ["b-1"]
        stream = client.events.open("crm", types=["contact.created"])
        client.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.VENDOR_DEFAULT)
        told = client.events.stream(stream)
        assert [event.type for event in told.items] == ["contact.created"]
        happened = CustomEvent(type="visited", contact=email("ada@example.org"), at=SINCE, data={"page": "/sale"})
        done = client.events.track([happened])
        assert [one.outcome for one in done.items] == [ItemOutcome.ACCEPTED]
        client.events.close(stream)
