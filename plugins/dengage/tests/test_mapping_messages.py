"""Golden pairs: messages, contents and sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from martech import (
    BounceKind,
    Campaign,
    Channel,
    EmailMessage,
    EngagementKind,
    InvalidRequest,
    Lists,
    MessageState,
    People,
    Segments,
    SendStatus,
    SmsMessage,
    TemplateMessage,
    own,
)
from martech.models import Purpose
from martech_dengage.mapping.contents import campaign_from_template, template_from_row, template_of_campaign
from martech_dengage.mapping.engagements import engagements_from_wire, message_from_wire, report_from_wire
from martech_dengage.mapping.messages import email_to_wire, message_id, sms_to_wire, template_to_wire
from martech_dengage.mapping.sends import send_from_wire, send_to_wire

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_email_says_everything_it_can() -> None:
    message = EmailMessage(
        to="Ada <ada@example.org>",
        subject="Hello",
        html="<p>Hi</p>",
        text="Hi",
        cc="bo@example.org",
        bcc="cy@example.org",
        reply_to="help@example.org",
        attachments=({"filename": "a.txt", "content": b"abc"},),
        tags=("welcome",),
        track_opens=False,
    )
    said = email_to_wire(
        message, sender={"fromNameId": "f-1"}, key="k-1", extra={"current": {"x": 1}}, as_text=False
    )
    assert said == {
        "send": {"to": "ada@example.org", "cc": "bo@example.org", "bcc": "cy@example.org"},
        "traceId": "k-1",
        "content": {"subject": "Hello", "html": "<p>Hi</p>", "fromNameId": "f-1"},
        "current": {"x": 1},
        "tags": ["welcome"],
        "attachments": [{"fileName": "a.txt", "fileContent": "YWJj"}],
        "replyTo": "help@example.org",
        "reporting": {"trackOpen": False},
    }


@pytest.mark.parametrize(
    "more",
    [
        {"to": ("ada@example.org", "bo@example.org")},
        {"cc": ("ada@example.org", "bo@example.org")},
        {"html": None, "text": "Hi"},
        {"headers": {"X-A": "b"}},
        {"metadata": {"a": "b"}},
        {"purpose": Purpose.MARKETING},
    ],
)
def test_an_email_that_cannot_be_said_is_refused(more: dict[str, Any]) -> None:
    message = EmailMessage(**{"to": "ada@example.org", "subject": "s", "html": "<p></p>", **more})
    with pytest.raises(InvalidRequest):
        email_to_wire(message, sender={}, key="k", extra={}, as_text=False)


def test_extra_input_that_nobody_knows_is_refused() -> None:
    message = EmailMessage(to="ada@example.org", subject="s", html="<p></p>")
    with pytest.raises(InvalidRequest, match="trackOpens"):
        email_to_wire(message, sender={}, key="k", extra={"trackOpens": True}, as_text=False)


def test_values_go_as_an_object_or_as_text() -> None:
    message = TemplateMessage(template_id="t", to="ada@example.org", values={"name": "Adà"})
    plain = template_to_wire(message, key="k", extra={}, as_text=False)
    as_text = template_to_wire(message, key="k", extra={}, as_text=True)
    assert plain["current"] == {"name": "Adà"}
    assert as_text["current"] == '{"name": "Adà"}'
    assert plain["traceId"] == "k"


def test_a_text_message_has_digits_and_no_trace() -> None:
    said = sms_to_wire(SmsMessage(to="+447700900123", text="Hi"), from_id="s-1", extra={}, as_text=False)
    assert said == {"send": {"to": "447700900123"}, "content": {"smsFromId": "s-1", "message": "Hi"}}
    template = TemplateMessage(template_id="t", to="+447700900123", channel=Channel.SMS, language="EN")
    assert template_to_wire(template, key="k", extra={}, as_text=False) == {
        "send": {"to": "447700900123", "toLanguage": "EN"},
        "content": {"templateId": "t"},
    }


def test_a_template_goes_to_what_its_channel_reaches() -> None:
    for message in (
        TemplateMessage(template_id="t", to="+447700900123"),
        TemplateMessage(template_id="t", to="ada@example.org", channel=Channel.SMS),
    ):
        with pytest.raises(InvalidRequest):
            template_to_wire(message, key="k", extra={}, as_text=False)


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ({"trackingId": "a", "transactionId": "b"}, "a"),
        ({"transactionId": "b"}, "b"),
        ({}, None),
        (None, None),
    ],
)
def test_the_id_of_a_message_is_never_that_of_the_call(to: Any, found: str | None) -> None:
    assert message_id({"data": {"to": to}, "transactionId": "call"}) == found  # type: ignore[typeddict-unknown-key]  # as it comes


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], MessageState.ACCEPTED),
        ([("WA", 1)], MessageState.SENT),
        ([("DL", 1)], MessageState.DELIVERED),
        ([("OP", 2), ("DL", 1)], MessageState.DELIVERED),
        ([("SB", 1), ("DL", 2)], MessageState.DELIVERED),
        ([("DL", 1), ("HB", 2)], MessageState.BOUNCED),
        ([("FA", 1)], MessageState.FAILED),
        ([("ZZ", 1)], MessageState.UNKNOWN),
    ],
)
def test_a_message_is_as_far_as_its_last_event(events: list[tuple[str, int]], state: MessageState) -> None:
    rows: Any = [{"event_type": word, "event_date": f"2026-01-05 09:0{minute}:00"} for word, minute in events]
    report = message_from_wire("m-1", Channel.EMAIL, rows, zone=UTC)
    assert report.state is state
    assert len(report.engagements) == len(events)


def test_a_bounce_says_its_kind_and_why() -> None:
    row: Any = {
        "trackingId": "m-1",
        "event_type": "HB",
        "events": [
            {"event_type": "HB", "event_date": "2026-01-05T09:00:00Z", "bounce_code": 550, "bounce_text": "gone"}
        ],
    }
    (one,) = engagements_from_wire(row, zone=UTC, who={"email": "ada@example.org"})
    assert (one.kind, one.bounce, one.detail, one.at) == (EngagementKind.BOUNCED, BounceKind.HARD, "550 gone", AT)
    assert (one.email, one.message_id) == ("ada@example.org", "m-1")


def test_a_pending_row_without_any_event_tells_nothing() -> None:
    assert engagements_from_wire({"gsm": "447700900123", "event_type": None}, zone=UTC, who={}) == []


# ── contents and sends ───────────────────────────────────────────────────────────────────────────────────────


def test_contents_of_pushes_spell_their_fields_otherwise() -> None:
    row: Any = {"id": "p-1", "name": "Push", "is_transactional_content": True, "location": "/"}
    template = template_from_row(row, Channel.PUSH, zone=UTC)
    assert (template.id, template.name, template.transactional) == ("p-1", "Push", True)


def test_a_campaign_is_its_content_and_nothing_of_a_send() -> None:
    campaign = Campaign(name="May", subject="Hello", html="<p></p>", sender="News <news@example.org>")
    template = template_of_campaign(campaign)
    assert template.transactional is False
    back = campaign_from_template(template)
    assert (back.name, back.subject, back.html, back.sender) == ("May", "Hello", "<p></p>", campaign.sender)
    for bad in (Campaign(name="May", tags=("a",)), Campaign(name="May", reply_to="a@example.org")):
        with pytest.raises(InvalidRequest):
            template_of_campaign(bad)


def test_a_send_names_one_audience_a_time_in_utc_and_our_key() -> None:
    at = datetime(2026, 1, 5, 12, 0, tzinfo=UTC) + timedelta(microseconds=5)
    said = send_to_wire("c-1", Lists(["t-1"]), channel=Channel.EMAIL, at=at, key="k-1", extra={"trackOpen": True})
    assert said == {
        "name": "martech k-1",
        "contentId": "c-1",
        "audience": {"tableId": "t-1"},
        "scheduleDate": "2026-01-05T12:00:00Z",
        "tracking": {"trackOpen": True},
        "deduplicate": True,
    }
    now = send_to_wire("c-1", Segments(["s-1"]), channel=Channel.SMS, at=None, key="k-1", extra={"tags": ["x"]})
    assert now == {
        "name": "martech k-1",
        "contentId": "c-1",
        "audience": {"segmentId": "s-1"},
        "scheduleDate": None,
        "tags": ["x"],
    }


@pytest.mark.parametrize(
    ("to", "channel", "at", "extra"),
    [
        (Lists(["a", "b"]), Channel.EMAIL, None, {}),
        (Segments(["a", "b"]), Channel.EMAIL, None, {}),
        (People([own("c-1")]), Channel.EMAIL, None, {}),
        (Lists(["a"]), Channel.SMS, None, {"deduplicate": True}),
        (Lists(["a"]), Channel.EMAIL, None, {"tag": "x"}),
        (Lists(["a"]), Channel.EMAIL, datetime(2026, 1, 5), {}),
    ],
)
def test_a_send_that_cannot_be_said_is_refused(to: Any, channel: Channel, at: Any, extra: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        send_to_wire("c-1", to, channel=channel, at=at, key="k", extra=extra)


@pytest.mark.parametrize(
    ("word", "status"),
    [("SCHEDULED", SendStatus.SCHEDULED), ("COMPLETED", SendStatus.SENT), ("HELD", SendStatus.UNKNOWN)],
)
def test_the_state_of_a_send_keeps_the_vendors_word(word: str, status: SendStatus) -> None:
    send = send_from_wire("s-1", {"status": word}, channel=Channel.EMAIL, zone=UTC)
    assert (send.status, send.vendor_word) == (status, word)


def test_an_overview_is_a_report_of_the_send() -> None:
    report = report_from_wire("s-1", {"totalSent": 10, "totalDelivered": 8, "hardBounces": 2})
    assert (report.sent, report.delivered, report.bounce_rate, report.opens) == (10, 8, 0.2, None)
