"""Messages: sent once, to the right person, and told apart in reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from martech import (
    AlreadySent,
    Attachment,
    Channel,
    EmailMessage,
    EngagementKind,
    InvalidRequest,
    MessageState,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Purpose,
    SmsMessage,
    TemplateMessage,
    UnsupportedOperation,
)
from martech.errors import ProviderUnavailable
from martech.provider import HttpRequest, Response

Start = Callable[..., Any]
EMAIL, SMS = "POST /transactional/email", "POST /transactional/sms"
HELLO = EmailMessage(to="ada@example.org", subject="Hello", html="<p>Hi</p>")
TEXT = SmsMessage(to="+447700900123", text="Hi")
LANGUAGE = {
    "language": "EN",
    "subject": "s",
    "content": "<p>{%= $Current.name %}</p>",
    "fromName": "Acme News",
    "fromAddress": "news@mail.acme.test",
}


def test_an_email_reaches_its_recipient_and_is_found_again(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    receipt = client.messages.send_email(HELLO, key="welcome-1")
    assert (receipt.state, receipt.send_key) == (MessageState.ACCEPTED, "welcome-1")
    assert conversation.bodies(EMAIL)[0]["traceId"] == "welcome-1"
    assert client.messages.status(receipt.message_id).state is MessageState.ACCEPTED
    conversation.clock.advance(60)
    (sent,) = conversation.emulator.outbox
    assert sent.recipient == "ada@example.org"
    report = client.messages.status(receipt.message_id)
    assert (report.state, report.engagements[0].kind) == (MessageState.DELIVERED, EngagementKind.DELIVERED)


@pytest.mark.parametrize("name", ["trackingId", "transactionId"])
def test_the_id_of_a_message_is_read_under_either_name(talk: Start, name: str) -> None:
    conversation = talk(message_id_key=name)
    client = conversation.client()
    receipt = client.messages.send_email(HELLO)
    conversation.clock.advance(60)
    assert client.messages.status(receipt.message_id).state is MessageState.DELIVERED


def test_the_sender_is_the_messages_the_settings_or_the_accounts_own(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    client.messages.send_email(HELLO)
    default = conversation.bodies(EMAIL)[0]["content"]["fromNameId"]
    (first, *_) = [one.id for one in client.account.senders() if one.is_default and one.channel is Channel.EMAIL]
    assert default == first
    conversation.said.clear()
    client.messages.send_email(HELLO, extra={"dengage": {"fromNameId": first}})
    conversation.client(email_from_id=first).messages.send_email(HELLO)
    named = HELLO.model_copy(update={"sender": EmailMessage(to="x@example.org", subject="",
                             sender="Acme <service@mail.acme.test>").sender})  # fmt: skip
    client.messages.send_email(named)
    assert [body["content"].get("fromNameId") for body in conversation.bodies(EMAIL)] == [first, first, None]
    assert conversation.bodies(EMAIL)[2]["content"]["fromAddress"] == "service@mail.acme.test"
    assert conversation.count("GET /email/froms") == 0


def test_a_sender_without_a_name_goes_by_the_accounts_own_one_or_not_at_all(talk: Start) -> None:
    conversation = talk({"email_from_id": "11111111-2222-4333-8444-555555555555"})
    client = conversation.client()
    ids = {one.address: one.id for one in client.account.senders()}
    bare = EmailMessage(to="ada@example.org", subject="s", html="<p></p>", sender="Service@mail.acme.test")
    client.messages.send_email(bare)
    said = conversation.bodies(EMAIL)[0]["content"]
    assert (said["fromNameId"], "fromAddress" in said) == (ids["service@mail.acme.test"], False)
    assert conversation.emulator.outbox[0].details["from"] == "service@mail.acme.test"
    other = EmailMessage(to="ada@example.org", subject="s", html="<p></p>", sender="other@mail.acme.test")
    with pytest.raises(InvalidRequest, match="with a name"):
        client.messages.send_email(other)
    assert conversation.count(EMAIL) == 1


def test_a_template_is_filled_with_the_values_of_the_call(talk: Start) -> None:
    for as_text in (False, True):
        conversation = talk({"current_as_text": as_text}, current_as="string" if as_text else "object")
        content = conversation.emulator.add_content("email", "Hello", [LANGUAGE], transactional=True)
        message = TemplateMessage(
            template_id=content, to="ada@example.org", values={"name": "Ada"}, tags=("welcome",)
        )
        receipt = conversation.client().messages.send_template(message)
        assert receipt.message_id
        (sent,) = conversation.emulator.outbox
        assert "Ada" in json.dumps(dict(sent.details)) + sent.what
        assert isinstance(conversation.bodies(EMAIL)[0]["current"], str) is as_text


def test_a_content_that_is_not_flagged_is_refused_with_what_to_do(talk: Start) -> None:
    conversation = talk()
    content = conversation.emulator.add_content("email", "Hello", [LANGUAGE])
    with pytest.raises(NotFound) as caught:
        conversation.client().messages.send_template(TemplateMessage(template_id=content, to="ada@example.org"))
    assert "flagged" in str(caught.value)
    assert conversation.emulator.outbox == []


def test_a_text_message_goes_to_digits_from_the_right_sender(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    receipt = client.messages.send_sms(TEXT.model_copy(update={"sender": "ACME INFO"}))
    conversation.clock.advance(60)
    assert client.messages.status(receipt.message_id, channel=Channel.SMS).state is MessageState.DELIVERED
    said = conversation.bodies(SMS)[0]
    assert said["send"] == {"to": "447700900123"}
    assert "traceId" not in said
    with pytest.raises(InvalidRequest, match="no such sender"):
        client.messages.send_sms(TEXT.model_copy(update={"sender": "NOBODY"}))
    conversation.client(sms_from_id=said["content"]["smsFromId"]).messages.send_sms(TEXT)
    assert conversation.bodies(SMS)[1]["content"]["smsFromId"] == said["content"]["smsFromId"]


def test_a_text_message_of_a_template_goes_the_same_way(talk: Start) -> None:
    conversation = talk()
    language = {"language": "EN", "message": "Hi {%= $Current.name %}", "senderName": "ACME"}
    content = conversation.emulator.add_content("sms", "Hello", [language], transactional=True)
    message = TemplateMessage(template_id=content, to="+447700900123", channel=Channel.SMS, values={"name": "Ada"})
    assert conversation.client().messages.send_template(message).channel is Channel.SMS
    (sent,) = conversation.emulator.outbox
    assert sent.recipient == "447700900123"


@pytest.mark.parametrize(
    "call",
    [
        lambda messages: messages.send_email(HELLO.model_copy(update={"purpose": Purpose.MARKETING})),
        lambda messages: messages.send_sms(TEXT.model_copy(update={"purpose": Purpose.MARKETING})),
        lambda messages: messages.send_email(HELLO, extra={"dengage": {"to": "x"}}),
        lambda messages: messages.send_sms(TEXT.model_copy(update={"metadata": {"a": "b"}})),
        lambda messages: messages.send_template(
            TemplateMessage(template_id="t", to="+447700900123", channel=Channel.SMS,
                            attachments=(Attachment(filename="a", content=b""),))
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_said_sends_nothing(talk: Start, call: Callable[[Any], Any]) -> None:
    conversation = talk({"sms_from_id": "s", "email_from_id": "e"})
    with pytest.raises(InvalidRequest):
        call(conversation.client().messages)
    assert conversation.said == []


@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.WHATSAPP])
def test_other_channels_are_refused_before_any_request(talk: Start, channel: Channel) -> None:
    conversation = talk()
    client = conversation.client()
    message = TemplateMessage(template_id="t", to="ada@example.org", channel=channel)
    now = conversation.clock.now()
    for call in (
        lambda: client.messages.send_template(message),
        lambda: client.messages.status("m-1", channel=channel),
        lambda: list(client.messages.reports(since=now, until=now, channel=channel, tags=("a",))),
    ):
        with pytest.raises(UnsupportedOperation):
            call()
    assert not client.supports("messages.send_template", channel=channel)
    assert conversation.said == []


# ── never twice, never lost ──────────────────────────────────────────────────────────────────────────────────


def sends(conversation: Any, *, key: str) -> None:
    conversation.client().messages.send_email(HELLO, key=key)


FROM = {"email_from_id": "5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a01"}


@pytest.mark.parametrize("kind", ["cut_after", "nonsense", "truncate"])
def test_a_send_whose_fate_nobody_knows_is_said_so_and_not_repeated(talk: Start, kind: str) -> None:
    conversation = talk(FROM | {"trace_id_seconds": 0})
    conversation.emulator.faults.add(kind, route="POST /rest/transactional/email")
    client = conversation.client()
    with pytest.raises(OutcomeUnknown):
        client.messages.send_email(HELLO, key="k-1")
    with pytest.raises(OutcomeUnknown):
        client.messages.send_email(HELLO, key="k-1")
    assert conversation.count(EMAIL) == 1
    assert len(conversation.emulator.outbox) == 1


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "status"])
def test_an_email_whose_answer_was_lost_is_told_again_under_its_trace_id_and_arrives_once(
    talk: Start, kind: str
) -> None:
    conversation = talk(FROM)
    conversation.emulator.faults.add(kind, route="POST /rest/transactional/email", times=2)
    conversation.client().messages.send_email(HELLO, key="k-1")
    assert conversation.count(EMAIL) == 3
    assert len(conversation.emulator.outbox) == 1


def test_a_text_message_whose_answer_was_lost_is_unknown_since_it_has_no_trace_id(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.faults.add("cut_after", route="POST /rest/transactional/sms")
    with pytest.raises(OutcomeUnknown):
        conversation.client().messages.send_sms(TEXT, key="k-1")
    assert len(conversation.emulator.outbox) == 1


def test_a_send_the_vendor_broke_on_is_unknown(talk: Start) -> None:
    conversation = talk(FROM | {"trace_id_seconds": 0})
    conversation.emulator.faults.add("status", route="POST /rest/transactional/email", status=500)
    with pytest.raises(OutcomeUnknown):
        conversation.client().messages.send_email(HELLO)


def test_a_send_turned_away_at_the_door_is_said_again_and_arrives_once(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.faults.add("status", route="POST /rest/transactional/email", status=429, times=2)
    client = conversation.client()
    client.messages.send_email(HELLO)
    conversation.emulator.expire_tokens()
    client.messages.send_email(HELLO)
    assert len(conversation.emulator.outbox) == 2
    assert conversation.count("POST /login") == 2


def test_the_same_key_is_the_same_send(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    first = client.messages.send_email(HELLO, key="k-1")
    assert client.messages.send_email(HELLO, key="k-1") == first
    assert conversation.count(EMAIL) == 1
    with pytest.raises(AlreadySent, match="another send"):
        client.messages.send_email(EmailMessage(to="bob@example.org", subject="Other", html="<p>x</p>"), key="k-1")
    # Another process, which remembers nothing: the vendor knows the key.
    again = conversation.client().messages.send_email(HELLO, key="k-1")
    assert again.message_id is not None
    assert len(conversation.emulator.outbox) == 1


def test_a_refusal_inside_a_success_is_a_refusal_and_the_key_may_be_used_again(talk: Start) -> None:
    conversation = talk({"email_from_id": "5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a01"})
    client = conversation.client()
    answers = [{"transactionId": "x", "code": 11, "message": "no"}]

    def refuse_once(request: HttpRequest) -> Response | None:
        if "/transactional/" in request.url and answers:
            return Response(200, body=json.dumps(answers.pop()).encode())
        return None

    conversation.answer = refuse_once
    with pytest.raises(Exception, match="code 11"):
        client.messages.send_email(HELLO, key="k-1")
    client.messages.send_email(HELLO, key="k-1")
    assert len(conversation.emulator.outbox) == 1


def test_an_empty_403_on_a_send_names_its_possible_reasons(talk: Start) -> None:
    conversation = talk(
        {"email_from_id": "x"},
        denied_permissions=["transactional.manage", "Transactional.Manage"],
        empty_forbidden=True,
    )
    with pytest.raises(PermissionDenied) as caught:
        conversation.client().messages.send_email(HELLO)
    assert "allow-list" in str(caught.value)


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_reports_span_any_time_and_any_number_of_people(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    began = conversation.clock.now()
    people = [f"p{number}@example.org" for number in range(7)]
    for week in range(3):
        for person in people:
            client.messages.send_email(HELLO.model_copy(update={"to": HELLO.model_validate(
                {"to": person, "subject": "", "html": ""}).to, "tags": (f"week-{week}",)}))  # fmt: skip
        conversation.clock.advance(7 * 24 * 3600)
    until = conversation.clock.now()
    conversation.said.clear()
    found = list(client.messages.reports(since=began, until=until, recipients=tuple(people)))
    assert len(found) == 21
    assert {one.email for one in found} == set(people)
    assert {one.kind for one in found} == {EngagementKind.DELIVERED}
    reports = [one for one in conversation.said if one.asked == "GET /transactional/email"]
    assert len(reports) == 2 * 4
    by_tag = client.messages.reports(since=began, until=until, tags=("week-1",))
    assert len(list(by_tag)) == 7


def test_reports_go_on_from_a_cursor_without_repeating(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    began = conversation.clock.now()
    for _ in range(3):
        client.messages.send_sms(TEXT)
        conversation.clock.advance(6 * 24 * 3600)
    span: dict[str, Any] = {
        "since": began,
        "until": conversation.clock.now(),
        "channel": Channel.SMS,
        "recipients": ("+44 7700 900123",),
    }
    pages = list(client.messages.reports(**span).pages())
    assert sum(len(page.items) for page in pages) == 3
    rest = list(conversation.client().messages.reports(**span).pages(after=pages[0].next_cursor))
    assert [list(page.items) for page in rest] == [list(page.items) for page in pages[1:]]
    assert {one.mobile for page in pages for one in page.items} == {"+447700900123"}


def test_a_report_about_nothing_is_refused(talk: Start) -> None:
    conversation = talk()
    now = conversation.clock.now()
    messages = conversation.client().messages
    for about in ({}, {"tags": ("a",), "recipients": ("ada@example.org",)}):
        with pytest.raises(InvalidRequest):
            list(messages.reports(since=now - timedelta(days=1), until=now, **about))
    assert conversation.said == []


def test_a_bounce_is_told_with_its_reason(talk: Start) -> None:
    conversation = talk(bouncing_addresses=["ada@example.org"])
    client = conversation.client()
    receipt = client.messages.send_email(HELLO)
    conversation.clock.advance(60)
    report = client.messages.status(receipt.message_id)
    assert report.state is MessageState.BOUNCED
    assert report.engagements[0].detail


def test_a_read_that_fails_for_a_moment_is_repeated(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    receipt = client.messages.send_email(HELLO)
    conversation.emulator.faults.add("status", route="GET /rest/transactional/email", status=503, times=2)
    assert client.messages.status(receipt.message_id).state is MessageState.ACCEPTED
    conversation.emulator.faults.add("status", route="GET /rest/transactional/email", status=503, times=9)
    with pytest.raises(ProviderUnavailable):
        client.messages.status(receipt.message_id)
