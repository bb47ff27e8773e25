"""Campaigns, their sends and reports, and templates: most of it assumed, and tried against an emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from martech import (
    Campaign,
    Channel,
    Conflict,
    Contact,
    EngagementKind,
    Everyone,
    IfNew,
    InvalidRequest,
    Lists,
    NotFound,
    OutcomeUnknown,
    People,
    ReportScope,
    Segments,
    SendStatus,
    Template,
    TemplateContent,
    UnsupportedOperation,
    own,
)
from martech.provider import HttpRequest, Kind, Response

Start = Callable[..., Any]
SEND = "POST /sends/email"
ENGLISH = {"language": "EN", "subject": "s", "content": "<p>hi</p>", "fromName": "n",
           "fromAddress": "news@mail.acme.test"}  # fmt: skip


@pytest.fixture
def may(talk: Start) -> Callable[..., Any]:
    """Start a conversation with two contacts on a list, and a campaign; `list_id` and `campaign_id`."""

    def start(settings: dict[str, Any] | None = None, **switches: Any) -> Any:
        conversation = talk(settings, **switches)
        conversation.emulator.seed_people([
            {"key": "c-1", "email": "ada@example.org", "phone": "447700900123"},
            {"key": "c-2", "email": "bo@example.org", "unsubscribed_email": "true"},
        ])  # fmt: skip
        client = conversation.client()
        conversation.list_id = client.lists.create("weekly").id
        client.lists.add(conversation.list_id, [own("c-1"), own("c-2")])
        made = client.campaigns.create(
            Campaign(name="May", subject="Hello", html="<p>Hi</p>", sender="Acme News <news@mail.acme.test>")
        )
        conversation.campaign_id = made.id
        conversation.said.clear()
        return conversation

    return start


# ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────


def test_making_a_campaign_makes_a_content_and_dispatches_nothing(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    campaign = client.campaigns.get(conversation.campaign_id)
    assert (campaign.name, campaign.subject, campaign.html) == ("May", "Hello", "<p>Hi</p>")
    assert [one.id for one in client.campaigns.list()] == [conversation.campaign_id]
    conversation.clock.advance(3600)
    assert conversation.emulator.outbox == []
    assert conversation.count(SEND) == 0


def test_campaigns_of_both_channels_are_listed_and_transactional_contents_are_not(may: Callable[..., Any]) -> None:
    conversation = may()
    conversation.emulator.add_content("email", "Reset", [ENGLISH], transactional=True)
    client = conversation.client()
    client.campaigns.create(Campaign(name="Text", channel=Channel.SMS, text="Hi"))
    assert [(one.name, one.channel) for one in client.campaigns.list()] == [
        ("May", Channel.EMAIL),
        ("Text", Channel.SMS),
    ]


def test_a_campaign_is_changed_and_removed(may: Callable[..., Any]) -> None:
    client = may().client()
    (campaign,) = client.campaigns.list()
    client.campaigns.update(Campaign(id=campaign.id, name="June", subject="Hello", html="<p>June</p>"))
    assert client.campaigns.get(campaign.id).html == "<p>June</p>"
    client.campaigns.delete(campaign.id)
    with pytest.raises(NotFound):
        client.campaigns.get(campaign.id)


# ── sends ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("to", ["list", "segment"])
def test_a_send_goes_to_one_list_or_segment_and_keeps_to_permissions(may: Callable[..., Any], to: str) -> None:
    conversation = may()
    segment = conversation.emulator.add_segment("both", ["c-1", "c-2"])
    audience = Lists([conversation.list_id]) if to == "list" else Segments([segment])
    client = conversation.client()
    send = client.campaigns.send(
        conversation.campaign_id, to=audience, key="may-1", extra={"dengage": {"tags": ["x"], "trackOpen": True}}
    )
    assert (send.campaign_id, send.send_key) == (conversation.campaign_id, "may-1")
    conversation.clock.advance(3600)
    assert [sent.recipient for sent in conversation.emulator.outbox] == ["ada@example.org"]
    assert client.campaigns.send_status(send).status is SendStatus.SENT
    (said,) = conversation.bodies(SEND)
    assert (said["name"], said["tags"], said["deduplicate"], said["scheduleDate"]) == (
        "martech may-1",
        ["x"],
        True,
        None,
    )


def test_a_send_can_be_held_resumed_and_called_off(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    at = conversation.clock.now() + timedelta(hours=1)
    send = client.campaigns.send(conversation.campaign_id, to=Lists([conversation.list_id]), at=at)
    assert client.campaigns.send_status(send).status is SendStatus.SCHEDULED
    assert client.campaigns.send_status(send).at == at.replace(microsecond=0)
    assert client.campaigns.pause(send).status is SendStatus.PAUSED
    assert client.campaigns.pause(send).status is SendStatus.PAUSED
    conversation.clock.advance(7200)
    assert conversation.emulator.outbox == []
    assert client.campaigns.resume(send).status in (SendStatus.SCHEDULED, SendStatus.SENDING)
    with pytest.raises(Conflict):
        client.campaigns.resume(send)
    assert client.campaigns.cancel(send).status is SendStatus.CANCELLED
    with pytest.raises(Conflict):
        client.campaigns.pause(send)
    conversation.clock.advance(7200)
    assert conversation.emulator.outbox == []


def test_stopping_a_send_survives_a_lost_answer(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    at = conversation.clock.now() + timedelta(hours=1)
    send = client.campaigns.send(conversation.campaign_id, to=Lists([conversation.list_id]), at=at)
    conversation.emulator.faults.add("cut_after", route="POST /rest/sends/email/.*/pause")
    assert client.campaigns.pause(send).status is SendStatus.PAUSED


@pytest.mark.parametrize("verb", ["send", "resume"])
def test_what_may_reach_people_is_never_repeated_by_itself(may: Callable[..., Any], verb: str) -> None:
    conversation = may()
    client = conversation.client()
    at = conversation.clock.now() + timedelta(hours=1)
    to = Lists([conversation.list_id])
    held = client.campaigns.pause(client.campaigns.send(conversation.campaign_id, to=to, at=at))
    conversation.said.clear()
    conversation.emulator.faults.add("cut_after", route="POST /rest/sends/email(/.*/resume)?$")
    call = {
        "send": lambda: client.campaigns.send(conversation.campaign_id, to=to, at=at),
        "resume": lambda: client.campaigns.resume(held),
    }[verb]
    with pytest.raises(OutcomeUnknown):
        call()
    assert len([one for one in conversation.said if one.method == "POST" and "/sends/" in one.path]) == 1


def test_an_audience_that_would_be_everybody_is_refused(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    master = next(
        row["publicId"]
        for row in client.request("GET", "/dataspace/tables", kind=Kind.READ, query={"limit": 100}).json()["data"][
            "result"
        ]
        if row["tableName"] == "master_contact"
    )
    with pytest.raises(UnsupportedOperation) as caught:
        client.campaigns.send(conversation.campaign_id, to=Lists([master]))
    assert caught.value.word == "never"
    for raw in ({"tableId": master}, {}, {"name": "x"}):
        with pytest.raises((UnsupportedOperation, InvalidRequest)):
            client.native.email_sends.create({"contentId": conversation.campaign_id, "audience": raw})
    assert conversation.count(SEND) == 0


@pytest.mark.parametrize("to", [People([own("c-1")]), Everyone()])
def test_an_audience_dengage_does_not_know_is_declined_before_any_request(
    may: Callable[..., Any], to: Any
) -> None:
    conversation = may()
    with pytest.raises(UnsupportedOperation):
        conversation.client().campaigns.send(conversation.campaign_id, to=to)
    assert conversation.said == []


def test_two_lists_are_refused_because_somebody_may_be_on_both(may: Callable[..., Any]) -> None:
    conversation = may()
    with pytest.raises(InvalidRequest, match="one list or one segment"):
        conversation.client().campaigns.send(conversation.campaign_id, to=Lists(["a", "b"]))
    assert conversation.said == []


def test_a_table_without_contacts_is_no_audience(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    plain = client.native.dataspace.create_table("plain", [{"name": "id", "type": "TEXT", "isPrimary": True}])
    with pytest.raises(InvalidRequest, match="no contact keys"):
        client.campaigns.send(conversation.campaign_id, to=Lists([plain]))
    assert conversation.count(SEND) == 0


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sends_counts_and_engagements_are_read(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    send = client.campaigns.send(conversation.campaign_id, to=Lists([conversation.list_id]))
    conversation.clock.advance(3600)
    for kind in ("open", "click", "unsubscribe"):
        conversation.emulator.engage("c-1", kind)
    report = client.reports.counts(send)
    assert (report.scope, report.sent) == (ReportScope.SEND, 1)
    assert report.opens
    found = list(client.reports.engagements(send_id=send.id))
    kinds = {one.kind for one in found}
    assert {EngagementKind.OPENED, EngagementKind.CLICKED, EngagementKind.UNSUBSCRIBED} <= kinds
    assert {(one.own_id, one.send_id) for one in found} == {("c-1", send.id)}
    assert len({(one.kind, one.at) for one in found}) == len(found)
    only = list(client.reports.engagements(send_id=send.id, kinds=frozenset({EngagementKind.CLICKED})))
    assert {one.kind for one in only} == {EngagementKind.CLICKED}
    later = client.reports.engagements(send_id=send.id, since=conversation.clock.now() + timedelta(hours=1))
    assert list(later) == []


def test_a_send_of_text_messages_has_one_report(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    text = client.campaigns.create(Campaign(name="Text", channel=Channel.SMS, text="Hi"))
    send = client.campaigns.send(text, to=Lists([conversation.list_id]))
    conversation.clock.advance(3600)
    assert [sent.recipient for sent in conversation.emulator.outbox] == ["447700900123"]
    assert client.campaigns.send_status(send).status is SendStatus.SENT
    assert client.reports.counts(send).sent == 1
    (one,) = client.reports.engagements(send_id=send.id)
    assert (one.kind, one.mobile) == (EngagementKind.DELIVERED, "+447700900123")


def test_reports_of_anything_but_a_send_are_declined(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    with pytest.raises(UnsupportedOperation):
        client.reports.counts(conversation.campaign_id, scope=ReportScope.CAMPAIGN)
    with pytest.raises(UnsupportedOperation):
        list(client.reports.engagements(campaign_id=conversation.campaign_id))
    with pytest.raises(InvalidRequest):
        list(client.reports.engagements())
    with pytest.raises(UnsupportedOperation):
        list(client.reports.active_since(since=conversation.clock.now()))
    assert conversation.said == []


def test_a_send_nobody_knows_is_not_found(may: Callable[..., Any]) -> None:
    client = may().client()
    with pytest.raises(NotFound):
        client.campaigns.send_status("11111111-2222-3333-4444-555555555555")
    with pytest.raises(NotFound):
        list(client.reports.engagements(send_id="11111111-2222-3333-4444-555555555555"))


# ── assumptions that are put right by settings ───────────────────────────────────────────────────────────────


def test_assumed_paths_and_fields_are_replaced_by_settings(may: Callable[..., Any]) -> None:
    conversation = may()
    settings = {
        "assumed_paths": {"create_send": "/v2/sends/{channel}"},
        "assumed_fields": {"contentId": "content", "sendId": "id"},
    }

    def answer(request: HttpRequest) -> Response | None:
        if "/v2/sends/email" in request.url:
            return Response(200, body=b'{"transactionId": "x", "code": 0, "data": {"id": "s-9"}}')
        return None

    conversation.answer = answer
    send = conversation.client(**settings).campaigns.send(conversation.campaign_id, to=Segments(["s-1"]))
    assert send.id == "s-9"
    (said,) = conversation.bodies("POST /v2/sends/email")
    assert said["content"] == conversation.campaign_id
    assert "contentId" not in said


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────


def test_templates_are_made_read_changed_and_removed_per_channel_and_language(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    made = client.templates.create(
        Template(
            name="Welcome",
            transactional=True,
            contents=(
                TemplateContent(
                    language="en", subject="Hello", html="<p>Hi</p>", sender_address="NEWS@mail.acme.test"
                ),
                TemplateContent(language="TR", subject="Merhaba", html="<p>Selam</p>"),
            ),
        )
    )
    read = client.templates.get(made.id)
    assert (read.name, read.transactional) == ("Welcome", True)
    assert [(one.language, one.subject) for one in read.contents] == [("EN", "Hello"), ("TR", "Merhaba")]
    assert read.contents[0].sender_address == "news@mail.acme.test"
    client.templates.update(Template(id=made.id, name="Welcome 2"))
    assert [one.name for one in client.templates.list()] == ["Welcome 2"]
    assert len(client.templates.get(made.id).contents) == 2
    client.templates.delete(made.id)
    assert list(client.templates.list()) == []
    text = client.templates.create(
        Template(name="Code", channel=Channel.SMS, contents=(TemplateContent(text="Hi", sender_name="ACME"),))
    )
    assert client.templates.get(text.id, channel=Channel.SMS).contents[0].text == "Hi"


def test_contents_of_pushes_are_read_and_not_written(talk: Start) -> None:
    conversation = talk()
    language = {"language": "EN", "title": "Hi", "message": "There", "ios": {"targetUrl": "x"}}
    push = conversation.emulator.add_content("push", "Ping", [language], transactional=True)
    client = conversation.client()
    (listed,) = client.templates.list(channel=Channel.PUSH)
    assert (listed.id, listed.name, listed.transactional) == (push, "Ping", True)
    (content,) = client.templates.get(push, channel=Channel.PUSH).contents
    assert (content.subject, content.text) == ("Hi", "There")
    conversation.said.clear()
    for call in (
        lambda: client.templates.delete(push, channel=Channel.PUSH),
        lambda: client.templates.create(Template(name="x", channel=Channel.PUSH)),
        lambda: list(client.templates.list(channel=Channel.WHATSAPP)),
    ):
        with pytest.raises(UnsupportedOperation):
            call()
    assert conversation.said == []


@pytest.mark.parametrize(
    "template",
    [
        Template(name="x"),
        Template(name="x", folder="/a", contents=(TemplateContent(html="<p></p>"),)),
        Template(name="x", contents=(TemplateContent(text="no html"),)),
        Template(name="x", channel=Channel.SMS, contents=(TemplateContent(html="<p></p>"),)),
        Template(name="x", channel=Channel.SMS, contents=(TemplateContent(),)),
    ],
)
def test_a_template_that_cannot_be_said_is_refused_before_any_request(talk: Start, template: Template) -> None:
    conversation = talk()
    with pytest.raises(InvalidRequest):
        conversation.client().templates.create(template)
    assert conversation.said == []


def test_a_long_listing_of_templates_is_complete(talk: Start) -> None:
    conversation = talk()
    for number in range(1203):
        conversation.emulator.add_content("email", f"c-{number}", [ENGLISH])
    client = conversation.client()
    listed = list(client.templates.list())
    assert len({one.id for one in listed}) == 1203
    assert client.templates.get(listed[-1].id).name == listed[-1].name


def test_the_people_of_a_send_are_made_by_nobody(may: Callable[..., Any]) -> None:
    conversation = may()
    client = conversation.client()
    client.contacts.upsert(Contact(own_id="c-3", email="cy@example.org"), if_new=IfNew.NOT_CONTACTABLE)
    client.lists.add(conversation.list_id, own("c-3"))
    client.campaigns.send(conversation.campaign_id, to=Lists([conversation.list_id]))
    conversation.clock.advance(3600)
    assert {sent.recipient for sent in conversation.emulator.outbox} == {"ada@example.org"}
