"""An application's tests with an outbox in place of a vendor."""

import asyncio

import pytest

from martech import (
    AlreadySent,
    Channel,
    Client,
    Contact,
    EmailMessage,
    IfNew,
    Lists,
    OutcomeUnknown,
    People,
    SendRefused,
    SmsMessage,
    TemplateMessage,
    UnsupportedOperation,
    email,
)
from martech.delivery import failover
from martech.testing.outbox import Outbox

RECEIPT = EmailMessage(to="ada@example.org", subject="Your receipt", text="Thank you.")


class Shop:
    """An application that sends."""

    def __init__(self, mail: Client) -> None:
        self.mail = mail

    def sell(self, what: str, to: str) -> None:
        letter = EmailMessage(to=to, subject=f"Your {what}", text="Thank you.")
        self.mail.messages.send_email(letter, key=f"receipt-{what}")


def test_an_applications_test_reads_like_this(outbox: Outbox) -> None:
    Shop(outbox.client()).sell("book", to="ada@example.org")
    letter = outbox.email(to="ada@example.org")
    assert letter.subject == "Your book"


def test_what_is_not_there_fails_with_what_is(outbox: Outbox) -> None:
    outbox.assert_empty()
    Shop(outbox.client()).sell("book", to="ada@example.org")
    with pytest.raises(
        AssertionError, match=r"(?s)to bob@example.org was to be sent; there is none.*e-mail 'Your book'"
    ):
        outbox.email(to="bob@example.org")
    with pytest.raises(AssertionError, match="named 'Your pen'"):
        outbox.email(subject="Your pen")
    with pytest.raises(AssertionError, match="nothing was to be sent"):
        outbox.assert_empty()
    Shop(outbox.client()).sell("pen", to="ada@example.org")
    with pytest.raises(AssertionError, match="there is 2"):
        outbox.email(to="ada@example.org")
    assert len(outbox.to("ADA@example.org")) == 2
    outbox.clear()
    outbox.assert_empty()


def test_the_same_key_sends_once_here_too(outbox: Outbox) -> None:
    shop = Shop(outbox.client())
    shop.sell("book", to="ada@example.org")
    shop.sell("book", to="ada@example.org")
    with pytest.raises(AlreadySent):
        shop.sell("book", to="bob@example.org")
    assert len(outbox) == 1


def test_a_send_that_goes_wrong_can_be_tried_out(outbox: Outbox) -> None:
    outbox.faults.add("cut_after")
    with pytest.raises(OutcomeUnknown):
        Shop(outbox.client()).sell("book", to="ada@example.org")
    assert len(outbox) == 1


def test_every_sort_of_send_is_collected(outbox: Outbox) -> None:
    client = outbox.client()
    client.messages.send_sms(SmsMessage(to="+447700900123", text="t"))
    client.messages.send_template(TemplateMessage(template_id="7", to="ada@example.org", values={"a": 1}))
    client.campaigns.send("spring", to=Lists(["1"]))
    client.campaigns.send("spring", to=People([email("ada@example.org")]))
    client.automations.enrol("welcome", ["ada@example.org"])
    assert outbox.sms(to="+447700900123").text == "t"
    assert outbox.template(template_id="7").values == {"a": 1}
    assert [str(one) for one in outbox.sent] == [
        "text message to +447700900123",
        "template '7' to ada@example.org",
        "campaign 'spring' to lists",
        "campaign 'spring' to ada@example.org",
        "enrolment to ada@example.org",
    ]


def test_the_other_face_fills_the_same_outbox(outbox: Outbox) -> None:
    async def sell() -> None:
        async with outbox.aclient() as client:
            await client.messages.send_email(RECEIPT)

    asyncio.run(sell())
    assert outbox.email() == RECEIPT


def test_contacts_are_kept_as_they_are_given(outbox: Outbox) -> None:
    client = outbox.client()
    made = client.contacts.upsert(Contact(email="ada@example.org", first_name="Ada"), if_new=IfNew.NOT_CONTACTABLE)
    assert (made.outcome, made.contactable) == ("created", False)
    client.contacts.upsert(Contact(email="ada@example.org", last_name="L"), if_new=IfNew.NOT_CONTACTABLE)
    assert client.contacts.get("ada@example.org").first_name == "Ada"
    client.consent.unsubscribe("ada@example.org", channel=Channel.EMAIL)
    assert client.contacts.get("ada@example.org").status("email") == "unsubscribed"
    assert [one.email for one in client.contacts.list()] == ["ada@example.org"]
    client.contacts.delete("ada@example.org")
    assert client.contacts.count() == 0


def test_what_it_does_not_keep_it_says(outbox: Outbox) -> None:
    with pytest.raises(UnsupportedOperation, match="only keeps what was sent"):
        outbox.client().lists.create("Friends")
    assert outbox.client().account.verify().ok


def test_a_sandbox_and_a_failover_work_with_it(outbox: Outbox) -> None:
    with pytest.raises(SendRefused):
        outbox.client(sandbox="allow=@example.test").messages.send_email(RECEIPT)
    other = Outbox(clock=outbox.clock)
    outbox.faults.add("status", status=429, times=9)
    failover(outbox.client(), other.client()).send_email(RECEIPT)
    outbox.assert_empty()
    assert other.email() == RECEIPT
