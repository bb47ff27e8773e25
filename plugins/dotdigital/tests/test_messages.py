"""Messages: two sorts of e-mail, text messages by two routes, stored content, and what is known of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import Conflict, ConsentRefused, InvalidInput, InvalidRequest, NotFound, OutcomeUnknown
from martech.models import (
    Attachment,
    Campaign,
    CampaignStatus,
    Channel,
    EmailMessage,
    MessageState,
    Purpose,
    SmsMessage,
    TemplateMessage,
)

Talk = Any
Talker = Callable[..., Any]
HTML = '<p>Hi</p><a href="http://$UNSUB$">no more</a>'
KNOWN_SENDER = "Shop <hello@shop.example.org>"


def mail(to: str = "x@example.org", **more: Any) -> EmailMessage:
    return EmailMessage(**{"to": to, "subject": "Hi", "html": "<p>Hi</p>", **more})


def test_a_transactional_email_goes_out_with_everything_and_our_key_comes_back(both: Talk) -> None:
    message = mail(
        text="Hi", cc="c@example.org", bcc="b@example.org", sender=KNOWN_SENDER, tags=("orders",),
        metadata={"ref": "m-1"},
        attachments=(Attachment(filename="a.txt", content=b"hello", content_type="text/plain"),),
    )  # fmt: skip
    receipt = both.call(lambda c: c.messages.send_email(message, key="k-1"))
    assert (receipt.message_id, receipt.send_key, receipt.channel) == ("k-1", "k-1", Channel.EMAIL)
    (body,) = both.bodies("POST /v2/email")
    assert body["metadata"] == {"ref": "m-1", "send_key": "k-1"}
    assert body["attachments"] == [{"fileName": "a.txt", "mimeType": "text/plain", "content": "aGVsbG8="}]
    assert body["fromAddress"] == KNOWN_SENDER
    assert {sent.recipient for sent in both.emulator.outbox} == {"x@example.org", "c@example.org", "b@example.org"}


def test_metadata_may_travel_as_text(talk: Talker) -> None:
    talked = talk(metadata_as_text=True, send_key_field="our_key")
    talked.call(lambda c: c.messages.send_email(mail(), key="k-1"))
    (body,) = talked.bodies("POST /v2/email")
    assert json.loads(body["metadata"]) == {"our_key": "k-1"}


def test_a_sender_the_vendor_would_replace_without_a_word_is_refused(both: Talk) -> None:
    with pytest.raises(InvalidRequest, match="not registered") as refused:
        both.call(lambda c: c.messages.send_email(mail(sender="Shop <stranger@example.org>")))
    assert "account.senders" in str(refused.value)
    assert both.emulator.outbox == []
    decide = {"dotdigital": {"check_sender": False}}
    both.call(lambda c: c.messages.send_email(mail(sender="Shop <stranger@example.org>"), extra=decide))
    assert len(both.emulator.outbox) == 1


def test_registered_senders_are_asked_for_once(both: Talk) -> None:
    for _ in range(3):
        both.call(lambda c: c.messages.send_email(mail(sender=KNOWN_SENDER)))
    assert 1 <= len(both.requests_to("GET /v2/custom-from-addresses")) <= 2


def test_a_page_for_people_in_place_of_an_answer_is_not_taken_for_one(one: Talk) -> None:
    one.call(lambda c: c.account.verify())
    one.emulator.faults.add(FaultKind.NONSENSE, route="POST /v2/email")
    with pytest.raises(OutcomeUnknown):
        one.call(lambda c: c.messages.send_email(mail(), key="k-1"))


def test_what_the_vendor_refuses_it_refuses(one: Talk) -> None:
    one.vendor.transactional_per_day = 0
    with pytest.raises((Conflict, InvalidInput)) as refused:
        one.call(lambda c: c.messages.send_email(mail()))
    assert refused.value.code


# ── marketing ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_marketing_email_reaches_who_may_be_written_to(both: Talk) -> None:
    both.seed()
    message = mail("person-0@example.org", html=HTML, purpose=Purpose.MARKETING, metadata={"ref": "m-2"})
    receipt = both.call(lambda c: c.messages.send_email(message, key="k-2"))
    assert receipt.message_id == "k-2"
    (body,) = both.bodies("POST /marketing-email/v3/send")
    assert body["metadata"] == {"ref": "m-2", "send_key": "k-2"}
    assert [sent.recipient for sent in both.emulator.outbox] == ["person-0@example.org"]


@pytest.mark.parametrize("word", ["unsubscribed", "hardBounced", "suppressed"])
def test_a_marketing_email_to_who_may_not_is_a_clear_conflict(both: Talk, word: str) -> None:
    both.seed()
    with both.vendor.lock:
        both.vendor.people.find("email", "person-0@example.org").email_status = word
    message = mail("person-0@example.org", html=HTML, purpose=Purpose.MARKETING)
    with pytest.raises(Conflict, match="may not be contacted") as refused:
        both.call(lambda c: c.messages.send_email(message))
    assert word.casefold() in str(refused.value.code).casefold()
    assert both.emulator.outbox == []


def test_a_marketing_email_makes_no_contact_of_an_unknown_address(both: Talk) -> None:
    message = mail("nobody@example.org", html=HTML, purpose=Purpose.MARKETING)
    with pytest.raises(NotFound, match="subscribed"):
        both.call(lambda c: c.messages.send_email(message))
    assert both.emulator.contactable("nobody@example.org") is None
    assert both.emulator.outbox == []


def test_a_marketing_email_without_a_way_out_is_the_vendors_to_refuse(one: Talk) -> None:
    one.seed()
    with pytest.raises(InvalidInput):
        one.call(lambda c: c.messages.send_email(mail("person-0@example.org", purpose=Purpose.MARKETING)))


# ── stored content ───────────────────────────────────────────────────────────────────────────────────────────


def triggered(talked: Talk) -> str:
    campaign = Campaign(
        name="Order",
        subject="Your order",
        html=HTML,
        text="$UNSUB$",
        sender=KNOWN_SENDER,
        status=CampaignStatus.TRIGGERED,
    )
    made = talked.call(lambda c: c.campaigns.create(campaign))
    return str(made.id)


def test_a_triggered_campaign_is_a_template(both: Talk) -> None:
    campaign = triggered(both)
    message = TemplateMessage(template_id=campaign, to="x@example.org", values={"ORDER": 17})
    receipt = both.call(lambda c: c.messages.send_template(message, key="k-3"))
    assert receipt.message_id == "k-3"
    (body,) = both.bodies("POST /v2/email/triggered-campaign")
    assert body["personalizationValues"] == [{"name": "ORDER", "value": "17"}]
    assert body["campaignId"] == int(campaign)
    assert len(both.emulator.outbox) == 1


def test_a_triggered_campaign_as_marketing_asks_whether_one_may(both: Talk) -> None:
    both.seed()
    campaign = triggered(both)
    message = TemplateMessage(
        template_id=campaign,
        to="person-0@example.org",
        values={"A": "b"},
        tags=("spring",),
        purpose=Purpose.MARKETING,
    )
    both.call(lambda c: c.messages.send_template(message, key="k-4"))
    (body,) = both.bodies("POST /marketing-email/v3/send")
    assert body["content"] == {
        "source": "template", "campaignId": int(campaign), "tags": ["spring"],
        "personalizationValues": [{"name": "A", "value": "b"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        TemplateMessage(template_id="2", to="+447700900123", channel=Channel.SMS),
        TemplateMessage(template_id="2", to="+447700900123"),
        TemplateMessage(template_id="2", to="x@example.org", tags=("t",)),
        TemplateMessage(template_id="welcome", to="x@example.org"),
    ],
)
def test_what_stored_content_cannot_do_is_refused_before_anything_is_sent(
    one: Talk, message: TemplateMessage
) -> None:
    with pytest.raises(InvalidRequest):
        one.call(lambda c: c.messages.send_template(message))
    assert one.emulator.ledger.total == 0


# ── text messages ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_message_gives_an_id_that_can_be_asked_for(both: Talk) -> None:
    message = SmsMessage(to="+447700900123", text="Your code is 1234", sender="ACME", metadata={"ref": "m-9"})
    receipt = both.call(lambda c: c.messages.send_sms(message, key="k-5"))
    assert receipt.state is MessageState.ACCEPTED
    assert receipt.message_id not in (None, "k-5")
    both.bench.clock.advance(1.5)
    states = [both.call(lambda c: c.messages.status(receipt.message_id, channel=Channel.SMS)).state]
    both.bench.clock.advance(5)
    states.append(both.call(lambda c: c.messages.status(receipt.message_id, channel=Channel.SMS)).state)
    assert states == [MessageState.SENT, MessageState.DELIVERED]
    (body,) = both.bodies("POST /cpaas/messages")
    assert body["metadata"] == {"ref": "m-9", "send_key": "k-5"}
    with pytest.raises(NotFound):
        both.call(lambda c: c.messages.status("d8e296bb-97c4-4495-b98f-1e32e0b11628", channel=Channel.SMS))


@pytest.mark.parametrize("by", ["settings", "call"])
def test_the_other_route_gives_no_id(talk: Talker, by: str) -> None:
    talked = talk(sms_route="v2" if by == "settings" else "omnichannel")
    extra = {"dotdigital": {"route": "v2"}} if by == "call" else None
    message = SmsMessage(to="+447700900123", text="Hi")
    receipt = talked.call(lambda c: c.messages.send_sms(message, key="k-6", extra=extra))
    assert (receipt.message_id, receipt.send_key) == (None, "k-6")
    assert [sent.recipient for sent in talked.emulator.outbox] == ["447700900123"]


def test_a_route_that_is_none_is_refused(one: Talk) -> None:
    with pytest.raises(InvalidRequest, match="route"):
        one.call(
            lambda c: c.messages.send_sms(
                SmsMessage(to="+447700900123", text="Hi"), extra={"dotdigital": {"route": "post"}}
            )
        )


@pytest.mark.parametrize("route", ["omnichannel", "v2"])
def test_marketing_by_text_goes_only_to_who_subscribed_since_the_vendor_would_not_look(
    talk: Talker, route: str
) -> None:
    talked = talk(sms_route=route)
    talked.seed(2)
    talked.call(lambda c: c.consent.unsubscribe("person-1@example.org", channel=Channel.SMS))
    yes, no, nobody = (
        SmsMessage(to=f"+4477009{n:05}", text="Sale", purpose=Purpose.MARKETING) for n in (0, 1, 77)
    )
    talked.call(lambda c: c.messages.send_sms(yes))
    with pytest.raises(ConsentRefused, match="unsubscribed on sms"):
        talked.call(lambda c: c.messages.send_sms(no))
    with pytest.raises(NotFound):
        talked.call(lambda c: c.messages.send_sms(nobody))
    assert len(talked.emulator.outbox) == 1


def test_an_account_without_credit_is_told_so(talk: Talker) -> None:
    talked = talk(switches={"sms_credits": 0}, sms_route="v2")
    with pytest.raises(Conflict, match="no credit"):
        talked.call(lambda c: c.messages.send_sms(SmsMessage(to="+447700900123", text="Hi")))
