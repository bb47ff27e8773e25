"""dEngage's own operations: each is said as documented, and none goes round the consent law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from martech import (
    Channel,
    Conflict,
    ConsentRefused,
    IfNew,
    InvalidInput,
    InvalidRequest,
    ItemOutcome,
    JobStatus,
    NotFound,
    OutcomeUnknown,
    UnsupportedOperation,
)
from martech.models import Contact, own
from martech_dengage.mapping.jobs import DELETE_FILE, FILE, ROWS

Start = Callable[..., Any]
KEY = {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False}
TITLE = {"name": "title", "type": "TEXT", "isNullable": True}
ID = {"name": "id", "type": "INTEGER", "isPrimary": True, "isNullable": False}


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_contact_is_inserted_read_and_updated_as_a_row(talk: Start) -> None:
    conversation = talk()
    contacts = conversation.client().native.contacts
    contacts.insert({"contact_key": "c-1", "email": "ada@example.org"}, if_new=IfNew.NOT_CONTACTABLE)
    assert conversation.emulator.contactable("c-1") is False
    with pytest.raises(Conflict):
        contacts.insert({"contact_key": "c-1"}, if_new=IfNew.VENDOR_DEFAULT)
    contacts.update("c-1", {"name": "Ada"})
    assert contacts.get("c-1", columns=["contact_key", "name"]) == {"contact_key": "c-1", "name": "Ada"}
    with pytest.raises(NotFound):
        contacts.update("nobody", {"name": "Ada"})


def test_a_column_is_made_with_a_contact_and_written_from_then_on(talk: Start) -> None:
    conversation = talk()
    client = conversation.client(contact_columns=("shoe_size",))
    row = {"contact_key": "c-1", "shoe_size": 42}
    with pytest.raises(InvalidInput, match="shoe_size"):
        client.native.contacts.insert(row, if_new=IfNew.NOT_CONTACTABLE)
    client.native.contacts.insert(row, if_new=IfNew.NOT_CONTACTABLE, new_columns={"shoe_size": "INTEGER"})
    assert client.contacts.get(own("c-1")).attributes["shoe_size"] == 42
    client.contacts.update(Contact(own_id="c-1", attributes={"shoe_size": 43}))
    assert client.contacts.get(own("c-1")).attributes["shoe_size"] == 43
    assert conversation.emulator.contactable("c-1") is False


@pytest.mark.parametrize("name", ["email_permission", "GSM_Status", "contact_key"])
def test_a_new_column_cannot_bear_the_name_of_one_that_is_there(talk: Start, name: str) -> None:
    conversation = talk()
    with pytest.raises(InvalidRequest, match=name):
        conversation.client().native.contacts.insert(
            {"contact_key": "c-1"}, if_new=IfNew.NOT_CONTACTABLE, new_columns={name: "TEXT"}
        )
    assert conversation.said == []


def test_a_column_that_came_with_somebody_who_is_there_is_not_made(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    contacts = conversation.client().native.contacts
    with pytest.raises(Conflict):
        contacts.insert({"contact_key": "c-1"}, if_new=IfNew.NOT_CONTACTABLE, new_columns={"shoe_size": "INTEGER"})
    assert "shoe_size" not in conversation.emulator.contacts.columns


def test_an_update_of_an_address_keeps_its_block(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    conversation.emulator.engage("c-1", "hard_bounce")
    conversation.client().native.contacts.update("c-1", {"email": "new@example.org"})
    assert conversation.emulator.contactable("c-1") is False


@pytest.mark.parametrize(
    "record",
    [
        {"email_permission": True},
        {"GSM_Permission": "true"},
        {"email_permission": None},
        {"whatsapp_permission": 1},
        {"contact_status": "A"},
        {"email_status": "a"},
    ],
)
def test_no_write_gives_a_permission_or_lifts_a_block(talk: Start, record: dict[str, Any]) -> None:
    conversation = talk()
    contacts = conversation.client().native.contacts
    whole = {"contact_key": "c-1", **record}
    for call in (
        lambda: contacts.insert(whole, if_new=IfNew.VENDOR_DEFAULT),
        lambda: contacts.update("c-1", record),
        lambda: contacts.bulk_upsert([whole], insert_if_not_exists=False),
        lambda: contacts.bulk_upsert_async([whole]),
    ):
        with pytest.raises(ConsentRefused):
            call()
    assert conversation.said == []


def test_rows_are_written_in_bulk_at_once_and_as_a_job(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    rows = [{"contact_key": f"c-{n}", "email_permission": False, "gsm_permission": False} for n in range(3)]
    told = client.native.contacts.bulk_upsert(rows[:2], insert_if_not_exists=True)
    assert (told["inserted"], told["updated"]) == (["c-0", "c-1"], [])
    job = client.jobs.wait(client.native.contacts.bulk_upsert_async(rows))
    results = client.jobs.results(job)
    assert [one.outcome for one in results] == [ItemOutcome.UPDATED, ItemOutcome.UPDATED, ItemOutcome.CREATED]
    assert results[2].contactable is False
    with pytest.raises(InvalidRequest, match="same columns"):
        client.native.contacts.bulk_upsert([{"contact_key": "a"}, {"contact_key": "b", "name": "x"}],
                                           insert_if_not_exists=True)  # fmt: skip


def test_extra_addresses_need_their_no_if_they_may_be_new(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    contacts = conversation.client().native.contacts
    row = {"contact_key": "c-1", "address": "work@example.org", "channel": "email", "name": "work"}
    with pytest.raises(InvalidRequest, match="permission"):
        contacts.bulk_upsert_extensions([row], insert_if_not_exists=True)
    with pytest.raises(ConsentRefused):
        contacts.bulk_upsert_extensions([{**row, "permission": True}], insert_if_not_exists=True)
    assert contacts.bulk_upsert_extensions([{**row, "permission": False}], insert_if_not_exists=True)


def test_making_somebody_passive_is_not_deleting_them(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "phone": "447700900123"}])
    client = conversation.client()
    done, missing = client.native.contacts.make_passive(["c-1", "nobody"])
    assert (done.outcome, missing.outcome, missing.position) == (ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND, 1)
    assert conversation.emulator.contactable("c-1") is False
    assert client.contacts.get(own("c-1")).email == "ada@example.org"
    assert conversation.row("nobody") is None


def test_the_log_of_one_contact_is_read(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}, {"key": "c-2"}])
    client = conversation.client()
    client.consent.unsubscribe_many([own("c-1"), own("c-2")], channel=Channel.EMAIL)
    now = conversation.clock.now()
    span = {"begin": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    assert len(client.native.contacts.update_log(**span)["result"]) == 2
    (line,) = client.native.contacts.update_log(**span, contact_key="c-2")["result"]
    assert (line["contactKey"], line["field"]) == ("c-2", "EmailPermission")


# ── data space ───────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_of_any_table_are_written_and_removed_at_once(talk: Start) -> None:
    conversation = talk()
    dataspace = conversation.client().native.dataspace
    table = dataspace.create_table("log", [{"name": "line", "type": "TEXT"}])
    assert dataspace.upsert_rows(table, [{"line": "a"}, {"line": "b"}])["affectedRowCount"] == 2
    assert dataspace.delete_rows(table, [{"line": "a"}])["affectedRowCount"] == 1
    with pytest.raises(InvalidRequest, match="same columns"):
        dataspace.upsert_rows(table, [{"line": "a"}, {"other": "b"}])
    with pytest.raises(InvalidRequest):
        dataspace.upsert_rows(table, [])
    dataspace.truncate_table(table)
    dataspace.drop_table(table)
    with pytest.raises(NotFound):
        dataspace.truncate_table(table)


def test_a_row_makes_a_contact_only_if_that_is_said(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    dataspace = conversation.client().native.dataspace
    table = dataspace.create_table("weekly", [KEY], contact_key_column="contact_key")
    rows = [{"contact_key": "c-1"}, {"contact_key": "nobody"}]
    for write in (dataspace.upsert_rows, dataspace.upsert_rows_async):
        with pytest.raises(InvalidRequest, match="1 of these rows"):
            write(table, rows)
    with pytest.raises(InvalidRequest, match="makes_contacts"):
        dataspace.upsert_file(table, b"contact_key\nnobody\n", column_of_header={"contact_key": "contact_key"})
    assert conversation.row("nobody") is None
    assert dataspace.upsert_rows(table, rows, makes_contacts=True)["affectedRowCount"] == 2
    assert conversation.row("nobody") is not None


def test_files_and_rows_are_handed_over_as_jobs(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    dataspace = client.native.dataspace
    table = dataspace.create_table("shops", [ID, TITLE])
    columns = {"no": "id", "what": "title"}
    upserted = dataspace.upsert_file(
        table, b"no,what\n1,a\n2,b\n3,c\n", column_of_header=columns, job_name="shops"
    )
    handed = dataspace.upsert_rows_async(table, [{"id": 4, "title": "d"}])
    assert [job.kind for job in (upserted, handed)] == [FILE, ROWS]
    assert client.jobs.wait(upserted).status is client.jobs.wait(handed).status is JobStatus.DONE
    assert client.datasets.schema(table).size == 4
    deleted = client.jobs.wait(dataspace.delete_file(table, b"no\n1\n2\n", column_of_header={"no": "id"}))
    assert client.datasets.schema(table).size == 2
    for job, kind in ((upserted, FILE), (handed, ROWS), (deleted, DELETE_FILE)):
        assert dataspace.job_status(job.parts[0].id, kind=kind)["status"] == "COMPLETED"


def test_a_flow_is_triggered_once_and_its_refusal_inside_a_success_is_one(talk: Start) -> None:
    conversation = talk()
    dataspace = conversation.client().native.dataspace
    dataspace.trigger_flow(conversation.emulator.add_flow())
    with pytest.raises(InvalidInput, match="not triggered"):
        dataspace.trigger_flow(conversation.emulator.add_flow(active=False))
    with pytest.raises(InvalidInput):
        dataspace.trigger_flow("no guid")
    conversation.emulator.faults.add("cut_after", route="triggerAutomatedFlow")
    with pytest.raises(OutcomeUnknown):
        dataspace.trigger_flow(conversation.emulator.add_flow())


# ── contents, sends and logs ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_contents_are_made_read_changed_and_removed(talk: Start, channel: str) -> None:
    client = talk().client()
    contents = client.native.contents
    senders = {one.channel.value: one.id for one in client.account.senders() if one.is_default}
    language = {
        "email": {"language": "EN", "subject": "s", "content": "<p></p>", "fromNameId": senders["email"]},
        "sms": {"language": "EN", "message": "Hi", "smsFromId": senders["sms"]},
    }[channel]
    made = contents.create(
        channel,
        {"contentName": "x", "isTransactionalContent": False, "contentDetail": {"contents": [language]}},
    )
    assert contents.get(channel, made)["contentDetail"]["contents"][0]["language"] == "EN"
    contents.update(channel, made, {"contentName": "y"})
    assert [row["contentName"] for row in contents.list(channel)["result"]] == ["y"]
    contents.delete(channel, made)
    with pytest.raises(NotFound):
        contents.get(channel, made)


@pytest.fixture
def sent(talk: Start) -> Any:
    """A conversation in which a segment of one contact got an e-mail and a text message."""
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "phone": "447700900123"}])
    segment = conversation.emulator.add_segment("all")
    client = conversation.client(email_from_id=None)
    mail = {"language": "EN", "subject": "s", "content": "<p></p>", "fromName": "n", "fromAddress": "n@acme.test"}
    text = {"language": "EN", "message": "Hi", "senderName": "ACME"}
    contents = {
        "email": conversation.emulator.add_content("email", "m", [mail]),
        "sms": conversation.emulator.add_content("sms", "t", [text]),
    }
    sends = {"email": client.native.email_sends, "sms": client.native.sms_sends}
    conversation.ids = {
        channel: sends[channel].create(
            {
                "name": channel,
                "contentId": contents[channel],
                "audience": {"segmentId": segment},
                "scheduleDate": None,
            }
            | ({"deduplicate": True} if channel == "email" else {}),
            key=f"send-{channel}",
        )
        for channel in sends
    }
    conversation.clock.advance(600)
    return conversation


def test_email_sends_are_read_with_their_four_reports(sent: Any) -> None:
    sends, send_id = sent.client().native.email_sends, sent.ids["email"]
    for kind in ("open", "click"):
        sent.emulator.engage("c-1", kind)
    assert sends.get(send_id)["status"] == "COMPLETED"
    assert sends.overview(send_id)["totalSent"] == 1
    assert sends.opens(send_id)["result"]
    assert sends.clicks(send_id)["result"][0]["contact_key"] == "c-1"
    assert sends.bounces(send_id)["result"] == []
    with pytest.raises(InvalidInput):
        sends.pause(send_id)
    with pytest.raises(InvalidInput):
        sends.resume(send_id)
    with pytest.raises(InvalidInput):
        sends.cancel(send_id)


def test_sms_sends_are_read_with_their_report(sent: Any) -> None:
    sends, send_id = sent.client().native.sms_sends, sent.ids["sms"]
    assert sends.overview(send_id)["totalSent"] == 1
    assert sends.report(send_id)["result"][0]["event_type"] == "DL"


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_scheduled_send_is_paused_resumed_and_cancelled(sent: Any, channel: str) -> None:
    client = sent.client()
    sends = {"email": client.native.email_sends, "sms": client.native.sms_sends}[channel]
    segment = sent.emulator.add_segment("again")
    listed = client.native.contents.list(channel)["result"]
    later = (sent.clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "name": "x",
        "contentId": listed[0]["publicId"],
        "audience": {"segmentId": segment},
        "scheduleDate": later,
    }
    send_id = sends.create(body)
    sends.pause(send_id)
    sends.resume(send_id)
    sends.cancel(send_id)
    assert sends.overview(send_id)["status"] == "CANCELLED"


def test_the_four_logs_of_a_send_are_read(sent: Any) -> None:
    logs, send_id = sent.client().native.logs, sent.ids["email"]
    for kind in ("spam", "unsubscribe", "hard_bounce"):
        sent.emulator.engage("c-1", kind)
    now = sent.clock.now()
    span = {"begin": now - timedelta(days=1), "end": now + timedelta(days=1)}
    assert [row["event_type"] for row in logs.spam(send_id)["result"]] == ["SP"]
    assert [row["event_type"] for row in logs.unsubscribes(send_id, **span)["result"]] == ["US"]
    assert [row["event_type"] for row in logs.bounces(send_id, limit=100)["result"]] == ["HB"]
    assert len(logs.emails(send_id, **span)["result"]) >= 4


# ── transactional and push ───────────────────────────────────────────────────────────────────────────────────


def test_a_group_of_emails_goes_out_in_one_call(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    sender = next(one.id for one in client.account.senders() if one.channel is Channel.EMAIL)
    emails = [
        {
            "content": {"subject": "Hello", "html": "<p>{%= $Current.name %}</p>", "fromNameId": sender},
            "props": [
                {"send": {"to": "ada@example.org"}, "current": {"name": "Ada"}},
                {"send": {"to": "bo@example.org"}, "current": {"name": "Bo"}},
            ],
        }
    ]
    told = client.native.transactional.send_emails(emails, key="group-1")
    (group,) = told["emailList"]
    assert group["groupId"]
    assert len(group["emailResults"]) == 2
    assert [one.recipient for one in conversation.emulator.outbox] == ["ada@example.org", "bo@example.org"]
    with pytest.raises(Conflict):
        client.native.transactional.send_emails(emails, key="group-1")
    conversation.clock.advance(60)
    report = client.native.transactional.email_report({"groupId": group["groupId"], "limit": 100})
    assert len(report["result"]) == 2


def test_a_group_that_is_refused_may_have_gone_out_in_part_and_is_not_sent_again(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    props = [{"send": {"to": "ada@example.org"}}, {"send": {"to": "nobody"}}]
    content = {"subject": "s", "html": "<p></p>", "fromAddress": "news@mail.acme.test", "fromName": "News"}
    for _ in range(2):
        with pytest.raises((OutcomeUnknown, Conflict)):
            client.native.transactional.send_emails([{"content": content, "props": props}], key="group-1")
    assert conversation.count("POST /transactional/email/bulkV2") == 1


def test_messages_with_a_body_of_dengages_carry_our_key(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    senders = {one.channel: one.id for one in client.account.senders() if one.is_default}
    content = {"subject": "s", "html": "<p></p>", "fromNameId": senders[Channel.EMAIL]}
    body = {"send": {"to": "ada@example.org"}, "content": content}
    assert client.native.transactional.send_email(body, key="k-1")["to"]["trackingId"]
    assert conversation.bodies("POST /transactional/email")[0]["traceId"] == "k-1"
    text = {"send": {"to": "447700900123"}, "content": {"smsFromId": senders[Channel.SMS], "message": "Hi"}}
    told = client.native.transactional.send_sms(text)
    conversation.clock.advance(60)
    (row,) = client.native.transactional.sms_report({"trackingId": told["to"]["trackingId"], "limit": 100})[
        "result"
    ]
    assert row["event_type"] == "DL"


def test_a_push_goes_to_a_contact_with_a_device_and_to_nobody_without(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}, {"key": "c-2"}])
    conversation.emulator.add_device("app-1", "dev1ce", contact_key="c-1", tags={"topic": "rust"})
    language = {"language": "EN", "title": "Hi", "message": "There"}
    push = conversation.emulator.add_content("push", "Ping", [language], transactional=True)
    transactional = conversation.client().native.transactional
    transactional.send_push(push, contact_key="c-1", more={"tags": ["x"]}, key="p-1")
    assert conversation.bodies("POST /transactional/push")[0] == {
        "contentId": push,
        "contactKey": "c-1",
        "traceId": "p-1",
        "tags": ["x"],
    }
    with pytest.raises(NotFound, match="no device"):
        transactional.send_push(push, contact_key="c-2")
    with pytest.raises(NotFound):
        transactional.send_push("11111111-2222-3333-4444-555555555555", contact_key="c-1")
    assert len(conversation.emulator.outbox) == 1


def test_a_push_by_tag_goes_to_the_devices_with_it(talk: Start) -> None:
    conversation = talk()
    app = "0c7e0f5b-4d0e-4c55-8b6a-3f1d2a010000"
    conversation.emulator.add_device(app, "one", tags={"topic": "rust"})
    conversation.emulator.add_device(app, "two", tags={"topic": "tea"})
    body = {
        "applicationIds": [app],
        "tagList": [{"tagName": "topic", "tagValue": "rust"}],
        "content": {"title": "Hi", "message": "There"},
    }
    conversation.client().native.transactional.send_push_by_tag(body, key="t-1")
    assert conversation.bodies("POST /transactional/pushByTag")[0]["traceId"] == "t-1"
    assert len(conversation.emulator.outbox) == 1


def test_an_instant_push_names_its_audience_and_its_applications(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    app = "0c7e0f5b-4d0e-4c55-8b6a-3f1d2a010000"
    conversation.emulator.add_device(app, "dev1ce", contact_key="c-1")
    segment = conversation.emulator.add_segment("all")
    push = conversation.client().native.push
    whole = {"applicationIds": [app], "segmentId": segment, "content": {"title": "Hi", "message": "There"}}
    for name in ("applicationIds", "segmentId"):
        with pytest.raises(InvalidRequest):
            push.send_instant({key: value for key, value in whole.items() if key != name})
    assert conversation.said == []
    tracking = push.send_instant(whole)
    with pytest.raises(NotFound):
        push.instant_report(tracking)
    conversation.clock.advance(600)
    assert push.instant_report(tracking, application_id=app)["status"]


def test_a_table_of_the_platforms_own_is_no_audience_of_a_push(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    tables = conversation.emulator.tables
    with pytest.raises(UnsupportedOperation):
        client.native.push.send_instant(
            {"applicationIds": ["a"], "tableId": tables.by_name("master_contact").table_id, "content": {}}
        )
    assert conversation.count("POST /push/sendInstant") == 0


def test_live_activities_are_started_updated_and_ended(talk: Start) -> None:
    conversation = talk()
    push = conversation.client().native.push
    with pytest.raises(InvalidRequest):
        push.start_activity({"activityType": "order", "activityId": "a-1"})
    body = {
        "activityType": "order",
        "activityId": "a-1",
        "appGuids": ["0c7e0f5b-4d0e-4c55-8b6a-3f1d2a010000"],
        "contactKeys": ["c-1"],
        "androidPayload": {"x": "1"},
    }
    push.start_activity(body)
    push.update_activity(body)
    push.end_activity(body)
    asked = [one.asked for one in conversation.said if "liveActivity" in one.path]
    assert asked == ["POST /liveActivity/start", "POST /liveActivity/update", "POST /liveActivity/end"]


# ── settings and commerce ────────────────────────────────────────────────────────────────────────────────────


def test_senders_and_servers_are_listed(talk: Start) -> None:
    settings = talk().client().native.settings
    assert settings.email_froms()["emailFroms"]
    assert settings.sms_froms()["smsFroms"]
    assert settings.bulk_vmtas()["vmtas"]
    assert settings.transactional_vmtas()["vmtas"]


def test_products_and_orders_are_written(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    commerce = conversation.client().native.commerce
    product = {
        "product_id": "p-1", "title": "Tea", "category_path": "drinks", "price": 5, "discounted_price": 4,
        "link": "https://example.org/p", "image_link": "https://example.org/i",
    }  # fmt: skip
    commerce.upsert_products([product])
    order = {
        "order_id": "o-1", "contact_key": "c-1", "order_date": "2026-01-05T09:00:00Z", "order_status": "success",
        "order_source": "web", "payment_method": "cash", "coupon_code": "", "item_count": 1, "total_amount": 4,
        "items": [{"product_id": "p-1", "product_variant_id": "p-1", "quantity": 1, "unit_price": 5,
                   "discounted_price": 4}],
    }  # fmt: skip
    commerce.upsert_orders([order])
    with pytest.raises(InvalidInput):
        commerce.upsert_products([{**product, "discounted_price": 6}])


def test_the_neutral_row_and_the_native_one_see_the_same_contact(talk: Start) -> None:
    client = talk().client()
    client.contacts.upsert(Contact(own_id="c-1", first_name="Ada"), if_new=IfNew.NOT_CONTACTABLE)
    assert client.native.contacts.get("c-1", columns=["name"])["name"] == "Ada"
