"""Conversations with dEngage, played from cassettes: one for each group of its operations."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from martech import (
    AttributeType,
    Campaign,
    Channel,
    Client,
    Column,
    Contact,
    Dataset,
    EmailMessage,
    IfNew,
    InvalidInput,
    ItemOutcome,
    JobStatus,
    Lists,
    MessageState,
    NotFound,
    Record,
    SendStatus,
    SmsMessage,
    SubscriptionStatus,
    Template,
    TemplateContent,
    own,
)
from martech.testing.pytest_plugin import Conversation

ADA = Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", first_name="Ada")
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 9, tzinfo=UTC)


def _a_list_of_ada(client: Client) -> str:
    """Make Ada and a list she is on; return the list's id."""
    client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT)
    made = client.lists.create("newsletter")
    assert client.lists.add(made.id, own("c-1")).items[0].ok
    return made.id


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


def test_a_table_is_made_filled_both_ways_emptied_and_dropped(conversation: Conversation) -> None:
    columns = (
        Column(name="id", type=AttributeType.INTEGER, is_key=True, nullable=False),
        Column(name="title", type=AttributeType.TEXT),
    )
    shops = [Record(key=str(n), values={"title": f"Shop {n}"}) for n in range(4)]
    with conversation("dengage", "datasets") as client:
        made = client.datasets.create(Dataset(id="", name="shops", columns=columns))
        assert client.datasets.upsert_many(made.id, shops[:3]).counts == {ItemOutcome.SAVED: 3}
        job = client.jobs.wait(client.datasets.start_import(made.id, shops))
        assert (job.status, len(list(client.jobs.results(job)))) == (JobStatus.DONE, 4)
        assert client.datasets.delete_records(made.id, ["1"]).counts == {ItemOutcome.REMOVED: 1}
        assert client.datasets.schema(made.id).size == 3
        assert client.datasets.truncate(made.id).status is JobStatus.DONE
        assert client.datasets.delete(made.id).status is JobStatus.DONE
        assert list(client.datasets.list()) == []


def test_contents_are_made_read_changed_and_removed(conversation: Conversation) -> None:
    letter = TemplateContent(language="EN", subject="Hello", html="<p>Hi</p>")
    with conversation("dengage", "templates") as client:
        mail = client.templates.create(Template(name="Welcome", transactional=True, contents=(letter,)))
        text = client.templates.create(
            Template(name="Code", channel=Channel.SMS, contents=(TemplateContent(text="Hi"),))
        )
        assert client.templates.get(mail.id).contents[0].subject == "Hello"
        client.templates.update(Template(id=mail.id, name="Welcome 2"))
        assert [one.name for one in client.templates.list()] == ["Welcome 2"]
        client.templates.delete(mail.id)
        client.templates.delete(text.id, channel=Channel.SMS)
        assert list(client.templates.list()) == []


def test_a_campaign_is_sent_to_a_list_and_counted(conversation: Conversation) -> None:
    with conversation("dengage", "campaigns") as client:
        list_id = _a_list_of_ada(client)
        made = client.campaigns.create(Campaign(name="May", subject="Hello", html="<p>Hi</p>"))
        send = client.campaigns.send(made.id, to=Lists([list_id]), at=LATER, key="may-1")
        assert client.campaigns.send_status(send).status is SendStatus.SCHEDULED
        assert client.campaigns.pause(send).status is SendStatus.PAUSED
        assert client.campaigns.resume(send).status is SendStatus.SCHEDULED
        assert client.campaigns.cancel(send).status is SendStatus.CANCELLED
        assert client.reports.counts(send).sent == 0
        assert list(client.reports.engagements(send_id=send.id)) == []


def test_a_campaign_of_text_messages_is_sent_and_reported(conversation: Conversation) -> None:
    with conversation("dengage", "sms_campaigns") as client:
        list_id = _a_list_of_ada(client)
        made = client.campaigns.create(Campaign(name="Text", channel=Channel.SMS, text="Hi"))
        send = client.campaigns.send(made, to=Lists([list_id]), at=LATER, key="text-1")
        assert client.campaigns.pause(send).status is SendStatus.PAUSED
        assert client.campaigns.resume(send).status is SendStatus.SCHEDULED
        assert client.campaigns.cancel(send).status is SendStatus.CANCELLED
        assert client.reports.counts(send).sent == 0
        assert list(client.reports.engagements(send_id=send.id)) == []


def test_changes_and_logs_are_read(conversation: Conversation) -> None:
    with conversation("dengage", "logs") as client:
        list_id = _a_list_of_ada(client)
        made = client.campaigns.create(Campaign(name="May", subject="Hello", html="<p>Hi</p>"))
        send = client.campaigns.send(made.id, to=Lists([list_id]), key="may-1")
        assert client.consent.unsubscribe_many([own("c-1")], channel=Channel.EMAIL).items[0].ok
        (change,) = client.consent.changes(since=BEGAN)
        assert (change.identifier, change.after) == (own("c-1"), SubscriptionStatus.UNSUBSCRIBED)
        native = cast("Any", client.native)
        log = native.contacts.update_log(begin=BEGAN, end=BEGAN + timedelta(days=1), contact_key="c-1")
        assert [line["field"] for line in log["result"]] == ["EmailPermission"]
        events = native.logs.emails(send.id)["result"]
        assert {event["contact_key"] for event in events} == {"c-1"}
        for read in (native.logs.bounces, native.logs.spam, native.logs.unsubscribes):
            assert read(send.id)["totalRowCount"] in (0, 1)


def test_files_are_handed_over_and_their_jobs_asked_about(conversation: Conversation) -> None:
    columns = [
        {"name": "id", "type": "INTEGER", "isPrimary": True, "isNullable": False},
        {"name": "title", "type": "TEXT"},
    ]
    with conversation("dengage", "files") as client:
        dataspace = cast("Any", client.native).dataspace
        table = dataspace.create_table("shops", columns)
        headers = {"no": "id", "what": "title"}
        upserted = dataspace.upsert_file(table, b"no;what\n1;a\n2;b\n", column_of_header=headers)
        assert client.jobs.wait(upserted).status is JobStatus.DONE
        told = dataspace.job_status(upserted.parts[0].id)
        assert (told["status"], told["affectedRowCount"], told["errorCount"]) == ("COMPLETED", 2, 0)
        deleted = dataspace.delete_file(table, b"no\n1\n", column_of_header={"no": "id"}, job_name="one")
        assert client.jobs.wait(deleted).status is JobStatus.DONE
        assert client.datasets.schema(table).size == 1


def test_a_group_is_written_to_in_one_call(conversation: Conversation) -> None:
    with conversation("dengage", "groups") as client:
        transactional = cast("Any", client.native).transactional
        sender = next(one.id for one in client.account.senders() if one.channel is Channel.EMAIL)
        people = [{"send": {"to": f"{name}@example.org"}, "current": {"name": name}} for name in ("ada", "bo")]
        content = {"subject": "Hello", "html": "<p>{%= $Current.name %}</p>", "fromNameId": sender}
        told = transactional.send_emails([{"content": content, "props": people}], key="group-1")
        (group,) = told["emailList"]
        assert [one["to"]["email"] for one in group["emailResults"]] == ["ada@example.org", "bo@example.org"]
        assert "result" in transactional.email_report({"groupId": group["groupId"], "limit": 100})


def test_pushes_and_live_activities_go_out(conversation: Conversation) -> None:
    app, nothing = "0c7e0f5b-4d0e-4c55-8b6a-3f1d2a010000", "11111111-2222-4333-8444-555555555555"
    content = {"title": "Hello", "message": "There"}
    activity = {"activityType": "order", "activityId": "a-1", "appGuids": [app], "contactKeys": ["c-1"],
                "androidPayload": {"step": "1"}}  # fmt: skip
    with conversation("dengage", "push") as client:
        list_id = _a_list_of_ada(client)
        native = cast("Any", client.native)
        with pytest.raises(NotFound, match="flagged"):
            native.transactional.send_push(nothing, contact_key="c-1", key="push-1")
        tags = {"applicationIds": [app], "tagList": [{"tagName": "topic", "tagValue": "tea"}], "content": content}
        assert native.transactional.send_push_by_tag(tags, key="push-2")["trackingId"]
        instant = {"applicationIds": [app], "content": content, "tableId": list_id}
        sent = native.push.send_instant(instant, key="push-3")
        with pytest.raises(NotFound):
            native.push.instant_report(sent, application_id=app)
        assert native.push.start_activity(activity, key="live-1")["activityId"] == "a-1"
        native.push.update_activity(activity, key="live-2")
        native.push.end_activity(activity, key="live-3")


def test_a_shop_tells_of_products_and_orders_and_a_flow_is_refused_inside_a_success(
    conversation: Conversation,
) -> None:
    product = {"product_id": "p-1", "title": "Tea", "category_path": "drinks", "price": 5, "discounted_price": 4,
               "link": "https://example.org/p", "image_link": "https://example.org/i"}  # fmt: skip
    item = {
        "product_id": "p-1",
        "product_variant_id": "p-1",
        "quantity": 2,
        "unit_price": 5,
        "discounted_price": 4,
    }
    order = {"order_id": "o-1", "contact_key": "c-1", "order_date": "2026-01-05T09:00:00Z",
             "order_status": "success", "order_source": "web", "payment_method": "cash", "coupon_code": "",
             "item_count": 2, "total_amount": 8, "items": [item]}  # fmt: skip
    with conversation("dengage", "shop") as client:
        native = cast("Any", client.native)
        native.commerce.upsert_products([product])
        native.commerce.upsert_orders([order])
        with pytest.raises(InvalidInput, match="not triggered"):
            native.dataspace.trigger_flow("11111111-2222-4333-8444-555555555555", key="flow-1")


def test_settings_are_read(conversation: Conversation) -> None:
    with conversation("dengage", "settings") as client:
        assert client.account.verify().ok
        assert {one.channel for one in client.account.senders()} == {Channel.EMAIL, Channel.SMS}
        native = cast("Any", client.native)
        assert native.settings.bulk_vmtas()["vmtas"]
        assert native.settings.transactional_vmtas()["vmtas"]
