"""Conversations with dEngage, played from cassettes."""

from martech import (
    Channel,
    Contact,
    EmailMessage,
    IfNew,
    ItemOutcome,
    MessageState,
    SmsMessage,
    SubscriptionStatus,
    own,
)
from martech.testing.pytest_plugin import Conversation

ADA = Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", first_name="Ada")


def test_somebody_is_made_read_and_says_no(conversation: Conversation) -> None:
    with conversation("dengage", "contacts") as client:
        done = client.contacts.upsert(ADA, if_new=IfNew.NOT_CONTACTABLE)
        assert (done.outcome, done.contactable) == (ItemOutcome.CREATED, False)
        known = client.contacts.get(own("c-1"))
        assert (known.email, known.first_name) == ("ada@example.org", "Ada")
        client.consent.unsubscribe(own("c-1"), channel=Channel.SMS)
        status = {one.channel: one.status for one in client.consent.status(own("c-1"))}
        assert status[Channel.SMS] is SubscriptionStatus.UNSUBSCRIBED
        assert client.contacts.find(own("nobody")) is None


def test_many_are_written_in_bulk_both_ways(conversation: Conversation) -> None:
    people = [Contact(own_id=f"c-{n}", email=f"person-{n}@example.org") for n in range(25)]
    with conversation("dengage", "bulk") as client:
        done = client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT)
        assert done.counts == {ItemOutcome.CREATED: 25}
        assert all(result.contactable for result in done.items)
        job = client.contacts.start_import(people[:5], if_new=IfNew.VENDOR_DEFAULT)
        results = client.jobs.results(client.jobs.wait(job))
        assert [result.outcome for result in results] == [ItemOutcome.UPDATED] * 5


def test_a_list_is_made_filled_and_emptied_of_one(conversation: Conversation) -> None:
    with conversation("dengage", "lists") as client:
        client.contacts.upsert(ADA, if_new=IfNew.NOT_CONTACTABLE)
        made = client.lists.create("newsletter")
        added = client.lists.add(made.id, [own("c-1"), own("nobody")])
        assert [result.outcome for result in added.items][1] is ItemOutcome.NOT_FOUND
        assert added.items[0].ok
        assert client.lists.remove(made.id, own("c-1")).items[0].ok
        assert client.contacts.find(own("c-1")) is not None


def test_messages_go_out_and_are_asked_about(conversation: Conversation) -> None:
    with conversation("dengage", "messages") as client:
        sender = next(one for one in client.account.senders() if one.channel is Channel.EMAIL)
        letter = EmailMessage(
            to="ada@example.org", subject="Hello", html="<p>Hello</p>", sender=f"{sender.name} <{sender.address}>"
        )
        receipt = client.messages.send_email(letter, key="hello-1")
        assert receipt.message_id is not None
        assert client.messages.status(receipt.message_id).state in (MessageState.ACCEPTED, MessageState.DELIVERED)
        text = client.messages.send_sms(SmsMessage(to="+447700900123", text="Hello"), key="hello-2")
        assert text.message_id is not None
        assert client.messages.status(text.message_id, channel=Channel.SMS).channel is Channel.SMS
