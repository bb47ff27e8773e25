"""Campaigns, programs, templates, reports and messages between Dotdigital's words and ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from martech.errors import InvalidRequest
from martech.models import (
    AutomationStatus,
    BounceKind,
    Campaign,
    CampaignStatus,
    Channel,
    EmailMessage,
    EngagementKind,
    EnrolmentStatus,
    MessageState,
    Purpose,
    SendStatus,
    SmsMessage,
    SubscriptionStatus,
    Template,
    TemplateContent,
    TemplateMessage,
)
from martech_dotdigital.mapping import (
    campaigns,
    messages,
    reports,
)
from martech_dotdigital.reading import plain
from martech_dotdigital.wire import campaigns as campaign_shapes

Golden = Callable[[str], Any]
S = SubscriptionStatus


def shaped(shape: Any, value: Any) -> Any:
    return TypeAdapter(shape).validate_python(value)


# ── campaigns, programs, templates ───────────────────────────────────────────────────────────────────────────


def test_campaigns_are_read_with_tags_and_dates_in_every_printed_form(golden: Golden) -> None:
    sent, later, triggered = (
        campaigns.campaign_from_wire(one)
        for one in shaped(list[campaign_shapes.Campaign], golden("campaigns_filtered"))
    )
    assert (sent.status, sent.tags, sent.sent_at) == (
        CampaignStatus.SENT, ("lapsed",), datetime(2025, 1, 1, 9, 40, 18, tzinfo=UTC),
    )  # fmt: skip
    assert sent.sender is not None
    assert sent.sender.formatted() == "Shop <news@example.org>"
    assert (later.status, later.sent_at) == (CampaignStatus.SCHEDULED, None)
    assert (triggered.status, triggered.tags) == (CampaignStatus.TRIGGERED, ("always",))
    assert not sent.given("html")


@pytest.mark.parametrize(
    "word",
    [
        "Unsent",
        "Sending",
        "Sent",
        "Paused",
        "Cancelled",
        "RequiresSystemApproval",
        "RequiresSMSApproval",
        "RequiresWorkflowApproval",
        "Triggered",
        "NotAvailableInThisVersion",
    ],
)
def test_every_word_for_a_campaign_is_known(word: str) -> None:
    assert word.casefold() in campaigns.STATUSES


@pytest.mark.parametrize(
    "word", ["NotSent", "Scheduled", "Sending", "Sent", "Cancelled", "NotAvailableInThisVersion"]
)
def test_every_word_for_a_send_is_known(word: str) -> None:
    assert word.casefold() in campaigns.SEND_STATUSES


def test_a_campaign_is_written_with_what_was_given() -> None:
    campaign = Campaign(
        name="N",
        subject="S",
        html="<p>$UNSUB$</p>",
        text="$UNSUB$",
        sender="Shop <news@example.org>",
        reply_to="r@example.org",
    )
    assert campaigns.campaign_to_wire(campaign) == {
        "name": "N", "subject": "S", "htmlContent": "<p>$UNSUB$</p>", "plainTextContent": "$UNSUB$",
        "fromName": "Shop", "fromAddress": {"email": "news@example.org"},
        "replyAction": "WebMailForward", "replyToAddress": "r@example.org",
    }  # fmt: skip
    with pytest.raises(InvalidRequest, match="tags"):
        campaigns.campaign_to_wire(Campaign(name="N", tags=("a",)))
    assert campaigns.type_to_wire(Campaign(name="N", status=CampaignStatus.TRIGGERED)) == {"type": "Triggered"}
    with pytest.raises(InvalidRequest, match="sent"):
        campaigns.type_to_wire(Campaign(name="N", status=CampaignStatus.SENT))


def test_a_send_is_read_even_where_a_number_stands_for_a_list(golden: Golden) -> None:
    send = campaigns.send_from_wire(shaped(campaign_shapes.CampaignSend, plain(golden("campaign_send"))), key="k")
    assert (send.id, send.campaign_id, send.status, send.send_key) == (
        "e8224c2b-a670-461e-b060-4ec776e9e7c2", "1", SendStatus.SENDING, "k",
    )  # fmt: skip


def test_a_send_to_nobody_in_particular_cannot_even_be_said() -> None:
    with pytest.raises(InvalidRequest, match="Everyone"):
        campaigns.send_to_wire(1, lists=[], people=[], at=None, extra={})


def test_a_split_test_needs_all_three_things_and_nothing_else() -> None:
    split = {"metric": "clicks", "percentage": 20, "hours": 4}
    body, optimised = campaigns.send_to_wire(1, lists=[2], people=[], at=None, extra={"split_test": split})
    assert body["splitTestOptions"] == {"testMetric": "Clicks", "testPercentage": 20, "testPeriodHours": 4}
    assert not optimised
    for wrong in ({"metric": "clicks"}, split | {"metric": "luck"}, split | {"more": 1}, "clicks"):
        with pytest.raises(InvalidRequest, match="split test"):
            campaigns.send_to_wire(1, lists=[2], people=[], at=None, extra={"split_test": wrong})
    with pytest.raises(InvalidRequest, match="no soon"):
        campaigns.send_to_wire(1, lists=[2], people=[], at=None, extra={"soon": True})
    with pytest.raises(InvalidRequest, match="best hour"):
        campaigns.send_to_wire(
            1, lists=[2], people=[], at=datetime(2026, 2, 1, tzinfo=UTC), extra={"optimised": True}
        )
    with pytest.raises(InvalidRequest, match="zone"):
        campaigns.send_to_wire(1, lists=[2], people=[], at=datetime(2026, 2, 1), extra={})


def test_programs_and_enrolments_are_read(golden: Golden) -> None:
    read = [
        campaigns.automation_from_wire(one).status
        for one in shaped(list[campaign_shapes.Program], golden("programs"))
    ]
    assert read == [
        AutomationStatus.ACTIVE,
        AutomationStatus.INACTIVE,
        AutomationStatus.DRAFT,
        AutomationStatus.INACTIVE,
    ]
    enrolment = campaigns.enrolment_from_wire(shaped(campaign_shapes.Enrolment, golden("enrolment")))
    assert (enrolment.status, enrolment.items) == (EnrolmentStatus.PROCESSING, ())


def test_templates_are_read_without_contents_and_written_with_them(golden: Golden) -> None:
    (read,) = (
        campaigns.template_from_wire(one) for one in shaped(list[campaign_shapes.Template], golden("templates"))
    )
    assert read.contents[0].html is None
    content = TemplateContent(subject="S", sender_name="Shop", html="<p>", text="t")
    assert campaigns.template_to_wire(Template(name="N", contents=(content,))) == {
        "name": "N", "subject": "S", "fromName": "Shop", "htmlContent": "<p>", "plainTextContent": "t",
    }  # fmt: skip
    for wrong in (
        Template(name="N", folder="F"),
        Template(name="N", channel=Channel.SMS),
        Template(name="N", contents=(content, content)),
        Template(name="N", contents=(content.model_copy(update={"language": "de"}),)),
    ):
        with pytest.raises(InvalidRequest):
            campaigns.template_to_wire(wrong)


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_summary_is_read_from_the_sums_of_both_parts(golden: Golden) -> None:
    report = reports.report_from_wire("1", shaped(campaign_shapes.Summary, golden("campaign_summary")))
    assert (report.sent, report.delivered, report.opens, report.unique_opens) == (18, 16, 18, 13)
    assert (report.clicks, report.unique_clicks, report.hard_bounces, report.soft_bounces) == (9, 9, 1, 1)
    assert (report.complaints, report.unsubscribes, report.replies) == (1, 3, 4)
    assert report.delivery_rate == pytest.approx(golden("campaign_summary")["percentageDelivered"])


def test_a_recipients_row_tells_what_became_of_the_sending(golden: Golden) -> None:
    first, second = shaped(list[campaign_shapes.Activity], golden("campaign_activities"))
    told = list(reports.engagements_of(reports.ACTIVITIES, first, "7", frozenset(), None))
    assert [(one.kind, one.count) for one in told] == [
        (EngagementKind.SENT, 1), (EngagementKind.UNSUBSCRIBED, 1), (EngagementKind.REPLIED, 3),
    ]  # fmt: skip
    assert told[1].at is None
    bounced = list(
        reports.engagements_of(reports.ACTIVITIES, second, "7", frozenset({EngagementKind.BOUNCED}), None)
    )
    assert [(one.kind, one.bounce) for one in bounced] == [(EngagementKind.BOUNCED, BounceKind.HARD)]


def test_since_a_time_nothing_is_told_twice_and_only_later_sendings_are_told(golden: Golden) -> None:
    rows = shaped(list[campaign_shapes.Activity], golden("campaign_activities"))
    since = datetime(2020, 1, 2, tzinfo=UTC)
    sends = [one for row in rows for one in reports.engagements_of(reports.SENDS, row, "7", frozenset(), since)]
    others = [
        one for row in rows for one in reports.engagements_of(reports.ACTIVITIES, row, "7", frozenset(), since)
    ]
    assert [one.email for one in sends] == ["erik@example.org"]
    assert EngagementKind.SENT not in {one.kind for one in others}


def test_a_click_is_told_with_its_link(golden: Golden) -> None:
    (row,) = shaped(list[campaign_shapes.Click], golden("campaign_clicks"))
    (click,) = reports.engagements_of(reports.CLICKS, row, "7", frozenset(), None)
    assert (click.kind, click.url, click.detail, click.vendor_id) == (
        EngagementKind.CLICKED, "https://example.org/page3", "example", "19",
    )  # fmt: skip


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_transactional_email_carries_our_key_in_its_metadata() -> None:
    message = EmailMessage(
        to="a@example.org", cc="b@example.org", subject="Hi", html="<p>", text="t", metadata={"ref": "1"}
    )
    body = messages.transactional(message, "k-1", field="send_key", as_text=False)
    assert body == {
        "toAddresses": ["a@example.org"], "ccAddresses": ["b@example.org"], "subject": "Hi", "htmlContent": "<p>",
        "plainTextContent": "t", "metadata": {"ref": "1", "send_key": "k-1"},
    }  # fmt: skip
    assert (
        messages.transactional(message, "k-1", field="send_key", as_text=True)["metadata"]
        == '{"ref":"1","send_key":"k-1"}'
    )
    with pytest.raises(InvalidRequest, match="send_key"):
        messages.metadata({"send_key": "theirs"}, "k-1", field="send_key")


@pytest.mark.parametrize("more", [{"reply_to": "r@example.org"}, {"headers": {"X": "1"}}, {"track_opens": False}])
def test_what_the_transactional_route_has_no_place_for_is_refused(more: dict[str, Any]) -> None:
    message = EmailMessage(to="a@example.org", subject="Hi", text="t", **more)
    with pytest.raises(InvalidRequest, match=next(iter(more))):
        messages.transactional(message, "k", field="send_key", as_text=False)


def test_a_marketing_email_is_one_to_one_and_html() -> None:
    message = EmailMessage(
        to="a@example.org", subject="Hi", html="$UNSUB$", sender="Shop <s@example.org>", purpose=Purpose.MARKETING
    )
    assert messages.marketing(message, "k", field="send_key") == {
        "to": "a@example.org", "from": "Shop <s@example.org>", "metadata": {"send_key": "k"},
        "content": {"source": "html", "subject": "Hi", "htmlContent": "$UNSUB$"},
    }  # fmt: skip
    for wrong in (
        {"to": ("a@example.org", "b@example.org")},
        {"cc": ("b@example.org",)},
        {"html": None},
        {"text": "t"},
    ):
        with pytest.raises(InvalidRequest):
            messages.marketing(
                EmailMessage(**{"to": "a@example.org", "subject": "Hi", "html": "h", **wrong}), "k", field="f"
            )


def test_values_for_a_triggered_campaign_are_texts() -> None:
    message = TemplateMessage(
        template_id="12", to="a@example.org", values={"N": 1, "B": True, "E": None, "D": date(2026, 1, 2)}
    )
    body = messages.triggered(message, "k", field="send_key", as_text=False)
    assert body["campaignId"] == 12
    assert body["personalizationValues"] == [
        {"name": "N", "value": "1"}, {"name": "B", "value": "true"},
        {"name": "E", "value": ""}, {"name": "D", "value": "2026-01-02"},
    ]  # fmt: skip
    with pytest.raises(InvalidRequest, match="texts"):
        messages.personal({"L": [1, 2]})
    with pytest.raises(InvalidRequest, match="number"):
        messages.triggered(
            TemplateMessage(template_id="welcome", to="a@example.org"), "k", field="f", as_text=False
        )


def test_text_messages_on_both_routes() -> None:
    message = SmsMessage(to="+447700900123", text="Hi", sender="ACME", metadata={"ref": "m-9"})
    assert messages.omnichannel_sms(message, "k", field="send_key") == {
        "to": {"phoneNumber": "447700900123"}, "rules": ["sms"], "body": "Hi",
        "channelOptions": {"sms": {"from": "ACME"}}, "metadata": {"ref": "m-9", "send_key": "k"},
    }  # fmt: skip
    assert messages.plain_sms(SmsMessage(to="+447700900123", text="Hi")) == {"message": "Hi"}
    with pytest.raises(InvalidRequest, match="sender, metadata"):
        messages.plain_sms(message)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("processing", MessageState.ACCEPTED), ("retrying", MessageState.ACCEPTED), ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED), ("read", MessageState.DELIVERED), ("expired", MessageState.FAILED),
        ("failed", MessageState.FAILED), ("filtered", MessageState.FAILED), ("pondering", MessageState.UNKNOWN),
    ],
)  # fmt: skip
def test_a_message_is_as_far_as_the_vendor_says(golden: Golden, word: str, state: MessageState) -> None:
    message = shaped(campaign_shapes.Message, golden("message") | {"status": word})
    report = messages.report_from_wire(message, Channel.SMS)
    assert (report.state, report.vendor_word) == (state, word)
    assert report.changed_at == datetime(2024, 3, 17, 14, 22, 40, 627000, tzinfo=UTC)
