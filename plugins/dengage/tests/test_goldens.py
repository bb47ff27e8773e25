"""Golden pairs of whole requests and answers: what the fact sheet shows of the wire, to the letter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from martech import (
    Channel,
    Client,
    Contact,
    EmailMessage,
    EngagementKind,
    IfNew,
    ItemOutcome,
    Lists,
    MessageState,
    SmsMessage,
    TemplateMessage,
    own,
)
from martech.models import Attachment
from martech.provider import HttpRequest, Response

Start = Callable[..., Any]
CALL = "1e4b1a52-7c7e-4d2d-9a51-0d6a7f6f3b10"
TABLE, SEND, CONTENT, SENDER = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))
NOTHING = {"result": [], "totalRowCount": 0, "queryForNextPage": False}
SPAN: dict[str, Any] = {"since": datetime(2026, 1, 5, 9, tzinfo=UTC), "until": datetime(2026, 1, 6, 9, tzinfo=UTC)}
KEYED = {"contactKeyColumn": "contact_key", "tableName": "nl_weekly", "totalRowCount": 1}
WIDE = {
    **KEYED,
    "columns": [
        {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False},
        {"name": "topic", "type": "TEXT", "isPrimary": False, "isNullable": True},
    ],
}


@dataclass(frozen=True)
class Golden:
    """One call of ours, the request it makes, and what dEngage answers."""

    fact: str
    call: Callable[[Any], Any]
    asked: str
    body: Any = None
    query: dict[str, list[str]] = field(default_factory=dict)
    data: Any = None
    before: dict[str, Any] = field(default_factory=dict)
    """`data` of what is asked before it."""
    check: Callable[[Any], bool] = lambda _: True
    settings: dict[str, Any] = field(default_factory=dict)


GOLDENS = (
    Golden(
        "9.1 CreateTable",
        lambda client: client.native.dataspace.create_table(
            "nl_weekly",
            [
                {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False},
                {"name": "topic", "type": "TEXT"},
            ],
            contact_key_column="contact_key",
        ),
        "POST /dataspace/tables",
        {
            "name": "nl_weekly",
            "contactKeyColumn": "contact_key",
            "columns": [
                {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False},
                {"name": "topic", "type": "TEXT"},
            ],
        },
        data={"tableId": TABLE},
        check=lambda made: made == TABLE,
    ),
    Golden(
        "9.2 list of tables",
        lambda client: [one.name for one in client.datasets.list()],
        "GET /dataspace/tables",
        query={"limit": ["25"], "offset": ["0"]},
        data={"result": [{"tableName": "MASTER_contact", "publicId": TABLE}], "totalRowCount": 1},
        check=lambda found: found == [],
    ),
    Golden(
        "9.6 UpsertData",
        lambda client: client.native.dataspace.upsert_rows(
            TABLE, [{"contact_key": "c-1", "topic": "rust"}], makes_contacts=True
        ),
        "POST /dataspace/sync/upsert",
        {"tableId": TABLE, "columns": ["contact_key", "topic"], "rows": [{"contact_key": "c-1", "topic": "rust"}]},
        data={"affectedRowCount": 1, "errorCount": 0, "errorList": []},
        before={f"GET /dataspace/tables/{TABLE}": WIDE},
        check=lambda told: told["affectedRowCount"] == 1,
    ),
    Golden(
        "9.9 DeleteData carries a body",
        lambda client: client.lists.remove(TABLE, own("c-1")).items[0].outcome,
        "DELETE /dataspace/sync/delete",
        {"tableId": TABLE, "columns": ["contact_key"], "rows": [{"contact_key": "c-1"}]},
        data={"affectedRowCount": 1, "errorCount": 0, "errorList": []},
        before={f"GET /dataspace/tables/{TABLE}": {**WIDE, "columns": WIDE["columns"][:1]}},
        check=lambda outcome: outcome is ItemOutcome.REMOVED,
    ),
    Golden(
        "9.7 UpsertData-Async by file",
        lambda client: client.native.dataspace.upsert_file(
            TABLE,
            b"key;what\nc-1;rust\n",
            column_of_header={"key": "contact_key", "what": "topic"},
            job_name="weekly",
            makes_contacts=True,
        ),
        "POST /dataspace/async/upsert",
        {
            "tableId": TABLE,
            "jobName": "weekly",
            "columnMapping": [
                {"tableColumn": "contact_key", "fileColumnHeader": "key"},
                {"tableColumn": "topic", "fileColumnHeader": "what"},
            ],
            "fileContent": "a2V5O3doYXQKYy0xO3J1c3QK",
        },
        before={f"GET /dataspace/tables/{TABLE}": WIDE},
        check=lambda job: job.parts[0].id == CALL,
    ),
    Golden(
        "9.12 TriggerAutomatedFlow",
        lambda client: client.native.dataspace.trigger_flow(SEND),
        "POST /dataspace/triggerAutomatedFlow",
        {"id": SEND},
        data={"HasError": False, "ErrorMessage": None},
    ),
    Golden(
        "10.1 BulkUpsert makes nobody who is only changed",
        lambda client: client.contacts.update(Contact(own_id="c-1", first_name="Ada", last_name="Byron")).outcome,
        "POST /bulk/contacts",
        {
            "columns": ["contact_key", "name", "surname"],
            "contactDatas": [{"contact_key": "c-1", "name": "Ada", "surname": "Byron"}],
            "insertIfNotExists": False,
            "throwExceptionIfInvalidRecord": False,
        },
        data={"inserted": [], "updated": ["c-1"], "errors": [], "warnings": []},
        check=lambda outcome: outcome is ItemOutcome.UPDATED,
    ),
    Golden(
        "10.2 BulkUpsert-Async names its job by the call",
        lambda client: client.contacts.start_import(
            [Contact(own_id="c-1", email="a@example.org")], if_new=IfNew.VENDOR_DEFAULT
        ),
        "POST /bulk/async/contacts",
        {
            "columns": ["contact_key", "email"],
            "contactDatas": [{"contact_key": "c-1", "email": "a@example.org"}],
        },
        settings={"look_first": False},
        check=lambda job: job.parts[0].id == CALL,
    ),
    Golden(
        "10.5 GetContact names its columns, apart by commas",
        lambda client: client.native.contacts.get("a/b c", columns=["email", "name"]),
        "GET /contacts/a%2Fb%20c",
        query={"contactFields": ["email,name"]},
        data={"contacts": [{"email": "a@example.org", "name": "Ada"}]},
        check=lambda row: row == {"email": "a@example.org", "name": "Ada"},
    ),
    Golden(
        "10.6 InsertContact never updates",
        lambda client: client.contacts.create(
            Contact(own_id="c-1", email="a@example.org"), if_new=IfNew.NOT_CONTACTABLE
        ),
        "POST /contacts",
        {
            "contact": {
                "contact_key": "c-1",
                "email": "a@example.org",
                "email_permission": False,
                "gsm_permission": False,
            },
            "updateIfExists": False,
        },
        check=lambda made: made.contactable is False,
    ),
    Golden(
        "10.8 GetUpdateLog",
        lambda client: client.native.contacts.update_log(
            begin=SPAN["since"], end=SPAN["until"], contact_key="c-1", limit=100
        ),
        "GET /contacts/updateLog",
        query={
            "beginTime": ["2026-01-05 09:00:00"],
            "endTime": ["2026-01-06 09:00:00"],
            "contactKey": ["c-1"],
            "limit": ["100"],
            "offset": ["0"],
        },
        data=NOTHING,
    ),
    Golden(
        "11.2 a content per language",
        lambda client: client.native.contents.get("email", CONTENT),
        f"GET /contents/email/{CONTENT}",
        data={"contentDetail": {"contents": [{"language": "TR", "subject": "Merhaba"}]}},
        check=lambda told: told["contentDetail"]["contents"][0]["language"] == "TR",
    ),
    Golden(
        "12 CreateEmailSend",
        lambda client: client.campaigns.send(
            CONTENT,
            to=Lists([TABLE]),
            at=datetime(2026, 1, 7, 9, 30, tzinfo=UTC),
            key="may-1",
            extra={"dengage": {"tags": ["may"], "trackOpen": True}},
        ),
        "POST /sends/email",
        {
            "name": "martech may-1",
            "contentId": CONTENT,
            "audience": {"tableId": TABLE},
            "scheduleDate": "2026-01-07T09:30:00Z",
            "tracking": {"trackOpen": True},
            "tags": ["may"],
            "deduplicate": True,
        },
        data={"sendId": SEND},
        before={f"GET /dataspace/tables/{TABLE}": WIDE},
        check=lambda send: send.id == SEND,
    ),
    Golden(
        "14.1 SendTransactionalEmail",
        lambda client: client.messages.send_email(
            EmailMessage(
                to="a@example.org",
                cc="c@example.org",
                bcc="b@example.org",
                subject="Hello",
                html="<p>Hi</p>",
                sender="News <news@mail.acme.test>",
                reply_to="help@example.org",
                tags=("welcome",),
                track_opens=True,
                track_clicks=False,
                attachments=(Attachment(filename="a.txt", content=b"hi", content_type="text/plain"),),
            ),
            key="k-1",
            extra={"dengage": {"xHeaders": {"X-Order": "7"}, "toLanguage": "TR", "current": {"n": 1}}},
        ),
        "POST /transactional/email",
        {
            "send": {"to": "a@example.org", "cc": "c@example.org", "bcc": "b@example.org", "toLanguage": "TR"},
            "traceId": "k-1",
            "content": {
                "subject": "Hello",
                "html": "<p>Hi</p>",
                "fromAddress": "news@mail.acme.test",
                "fromName": "News",
            },
            "current": {"n": 1},
            "tags": ["welcome"],
            "attachments": [{"fileName": "a.txt", "fileContent": "aGk="}],
            "replyTo": "help@example.org",
            "reporting": {"trackOpen": True, "trackClick": False},
            "xHeaders": {"X-Order": "7"},
        },
        data={"to": {"email": "a@example.org", "trackingId": SEND}, "cc": None, "bcc": None},
        check=lambda receipt: receipt.message_id == SEND,
    ),
    Golden(
        "14.1 a template by its id",
        lambda client: client.messages.send_template(
            TemplateMessage(template_id=CONTENT, to="a@example.org", values={"name": "Ada"}), key="k-1"
        ),
        "POST /transactional/email",
        {
            "send": {"to": "a@example.org"},
            "traceId": "k-1",
            "content": {"templateId": CONTENT},
            "current": '{"name": "Ada"}',
        },
        data={"to": {"email": "a@example.org", "transactionId": SEND}},
        settings={"current_as_text": True},
        check=lambda receipt: receipt.message_id == SEND,
    ),
    Golden(
        "14.3 SendTransactionalSms",
        lambda client: client.messages.send_sms(
            SmsMessage(to="+447700900123", text="Hi"),
            key="k-1",
            extra={"dengage": {"enableShortlink": True, "earliestTime": "09:00", "latestTime": "18:00"}},
        ),
        "POST /transactional/sms",
        {
            "send": {"to": "447700900123"},
            "content": {
                "smsFromId": SENDER,
                "message": "Hi",
                "enableShortlink": True,
                "earliestTime": "09:00",
                "latestTime": "18:00",
            },
        },
        data={"to": {"gsm": "447700900123", "trackingId": SEND}},
        settings={"sms_from_id": SENDER},
        check=lambda receipt: receipt.message_id == SEND,
    ),
    Golden(
        "14.4 GetTransactionalEmailReport by addresses",
        lambda client: list(client.messages.reports(recipients=("a@example.org", "b@example.org"), **SPAN)),
        "GET /transactional/email",
        query={
            "beginTime": ["2026-01-05 09:00:00"],
            "endTime": ["2026-01-06 09:00:00"],
            "email": ["a@example.org", "b@example.org"],
            "limit": ["1000"],
            "offset": ["0"],
        },
        data={
            "result": [
                {
                    "event_type": "HB",
                    "event_date": "2026-01-05T10:00:00",
                    "events": [
                        {
                            "event_type": "HB",
                            "event_date": "2026-01-05T10:00:00",
                            "bounce_code": "5.1.1",
                            "bounce_text": "no mailbox",
                        }
                    ],
                }
            ]
        },
        check=lambda found: (
            (found[0].kind, found[0].bounce, found[0].detail)
            == (EngagementKind.BOUNCED, "hard", "5.1.1 no mailbox")
        ),
    ),
    Golden(
        "14.4 an empty report means that nothing is known yet",
        lambda client: client.messages.status(SEND).state,
        "GET /transactional/email",
        query={"trackingId": [SEND], "limit": ["100"], "offset": ["0"]},
        data={"result": []},
        check=lambda state: state is MessageState.ACCEPTED,
    ),
    Golden(
        "14.5 GetTransactionalSmsReport says which time is meant",
        lambda client: list(client.messages.reports(channel=Channel.SMS, recipients=("+447700900123",), **SPAN)),
        "GET /transactional/sms",
        query={
            "beginTime": ["2026-01-05 09:00:00"],
            "endTime": ["2026-01-06 09:00:00"],
            "gsm": ["447700900123"],
            "queryTime": ["sent"],
            "limit": ["1000"],
            "offset": ["0"],
        },
        data={"result": [{"gsm": "447700900123", "event_type": "WA", "event_date": "2026-01-05T10:00:00"}]},
        check=lambda found: (found[0].kind, found[0].mobile) == (EngagementKind.PENDING, "+447700900123"),
    ),
    Golden(
        "14.6 SendTransactionalPush",
        lambda client: client.native.transactional.send_push(
            CONTENT,
            contact_key="c-1",
            more={
                "inboxParams": {"enabled": True, "expire": {"type": "PERIOD", "period": 7, "periodType": "DAY"}},
                "customParameters": [{"key": "order", "value": "7"}],
                "fallbackChannel": "SMS",
            },
            key="k-1",
        ),
        "POST /transactional/push",
        {
            "contentId": CONTENT,
            "contactKey": "c-1",
            "traceId": "k-1",
            "inboxParams": {"enabled": True, "expire": {"type": "PERIOD", "period": 7, "periodType": "DAY"}},
            "customParameters": [{"key": "order", "value": "7"}],
            "fallbackChannel": "SMS",
        },
    ),
    Golden(
        "15.2 the report of an instant push",
        lambda client: client.native.push.instant_report(SEND, application_id=TABLE),
        "GET /push/sendInstant",
        query={"trackingId": [SEND], "applicationId": [TABLE]},
        data={"status": "COMPLETED", "totalDeliveredCount": 2},
        check=lambda told: told["totalDeliveredCount"] == 2,
    ),
    Golden(
        "16.1 GetEmailFroms",
        lambda client: client.account.verify().detail,
        "GET /email/froms",
        data={"emailFroms": [{"id": SENDER, "fromName": "News", "fromAddress": "n@acme.test", "isDefault": True}]},
        check=lambda detail: "1 e-mail sender" in detail,
    ),
)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.fact)
def test_a_call_says_this_and_reads_that(talk: Start, golden: Golden) -> None:
    conversation = talk(golden.settings)
    told = {**golden.before, golden.asked: golden.data}

    def answer(request: HttpRequest) -> Response | None:
        if request.url.endswith("/login"):
            return None
        path = request.url.removeprefix(f"{conversation.emulator.public_url}/rest").partition("?")[0]
        envelope = {"transactionId": CALL, "code": 0, "message": "Successful"}
        data = told[f"{request.method} {path}"]
        status = 202 if path == "/bulk/async/contacts" else 200
        return Response(status, body=json.dumps({**envelope, "data": data}).encode(), asked=request.asked)

    conversation.answer = answer
    client: Client = conversation.client()
    assert golden.check(golden.call(client))
    said = [one for one in conversation.said if one.path != "/login"]
    assert [one.asked for one in said] == [*golden.before, golden.asked]
    assert (said[-1].json, parse_qs(said[-1].query)) == (golden.body, golden.query)


def test_login_says_the_pair_and_every_other_call_bears_the_token(talk: Start) -> None:
    conversation = talk()
    bearers: list[tuple[str, str | None]] = []

    def answer(request: HttpRequest) -> Response | None:
        bearers.append((request.url.rpartition("/")[2], request.headers.get("authorization")))
        if request.url.endswith("/login"):
            return Response(200, body=b'{"access_token": "opaque", "expires_in": 3600}', asked=request.asked)
        return Response(200, body=b'{"code": 0, "message": "Successful", "data": {"emailFroms": []}}')

    conversation.answer = answer
    conversation.client().account.verify()
    assert bearers == [("login", None), ("froms", "Bearer opaque")]
    settings = conversation.emulator.settings()
    assert conversation.bodies("POST /login") == [{name: settings[name] for name in ("userkey", "password")}]
