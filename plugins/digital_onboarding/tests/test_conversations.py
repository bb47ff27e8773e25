"""Conversations with Digital Onboarding, played from cassettes."""

from martech import Channel, Contact, IfNew, ItemOutcome, own
from martech.testing.pytest_plugin import Conversation

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


def test_somebody_is_put_into_a_journey(conversation: Conversation) -> None:
    with conversation("digital_onboarding", "journeys") as client:
        client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT)
        welcome = next(client.automations.list())
        enrolled = client.automations.enrol(welcome.id, [own("m-1")], key="welcome-1").items[0]
        assert enrolled.ok
        assert enrolled.link is not None
        assert "://" not in repr(enrolled)
