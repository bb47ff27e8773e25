"""Conversations with Pigeonpost, played from cassettes."""

from martech import Contact, EmailMessage, IfNew, ItemOutcome, MessageState, own
from martech.testing.pytest_plugin import Conversation

ADA = Contact(email="ada@example.org", own_id="c-1", first_name="Ada", attributes={"city": "London"})


def test_somebody_is_written_read_and_deleted(conversation: Conversation) -> None:
    with conversation("example", "contacts") as client:
        done = client.contacts.upsert(ADA, if_new=IfNew.NOT_CONTACTABLE)
        assert (done.outcome, done.contactable) == (ItemOutcome.CREATED, False)
        known = client.contacts.get("ADA@example.org")
        assert (known.first_name, known.own_id, dict(known.attributes)) == ("Ada", "c-1", {"city": "London"})
        assert client.contacts.find("bob@example.org") is None
        assert [one.email for one in client.contacts.list()] == ["ada@example.org"]
        assert client.contacts.delete("ada@example.org").outcome is ItemOutcome.REMOVED
        assert not client.supports("contacts.get", ref=own("c-1"))


def test_many_are_imported_put_on_a_list_and_one_gets_a_letter(conversation: Conversation) -> None:
    people = [Contact(email=f"person-{n}@example.org") for n in range(30)]
    with conversation("example", "bulk") as client:
        done = client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT)
        assert done.counts == {ItemOutcome.CREATED: 30}
        friends = client.lists.create("Friends")
        added = client.lists.add(friends.id, ["person-1@example.org", "nobody@example.org"])
        assert [result.outcome for result in added.items] == [ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND]
        letter = EmailMessage(to="person-1@example.org", subject="Hello", html="<p>Hello</p>")
        receipt = client.messages.send_email(letter, key="hello-1")
        assert receipt.message_id is not None
        assert client.messages.status(receipt.message_id).state is MessageState.SENT
