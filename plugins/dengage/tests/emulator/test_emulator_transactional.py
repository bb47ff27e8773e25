"""Transactional messages of the pretended dEngage, and their reports."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

import pytest

SENDER = "5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a01"
SMS_SENDER = "8a4d2c90-3b1f-4f7a-8d21-7c5e9b0f4b01"
INLINE = {"subject": "Hello {%= $Current.name || 'friend' %}", "html": "<p>Hi</p>", "fromNameId": SENDER}
SMS_INLINE = {"smsFromId": SMS_SENDER, "message": "Code {%= $Current.code %}"}
DAY = {"beginTime": "2026-01-05 00:00:00", "endTime": "2026-01-06 00:00:00"}


def mail(api, to="ada@example.org", **given):
    return api.post("/transactional/email", {"send": {"to": to}, "content": INLINE, **given})


def text(api, to="905351234567", **given):
    return api.post("/transactional/sms", {"send": {"to": to}, "content": SMS_INLINE, **given})


def events(api, said):
    (row,) = api.get("/transactional/email", trackingId=said.data["to"]["trackingId"]).data["result"]
    return [event["event_type"] for event in row["events"]]


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_email_goes_out_at_once_and_answers_the_id_of_the_message(api):
    said = mail(api, "Ada@Example.org", current={"name": "Ada"})
    assert said.code == 0
    assert set(said.data) == {"to", "cc", "bcc"}
    assert (said.data["to"]["email"], said.data["cc"]) == ("ada@example.org", None)
    assert said.data["to"]["trackingId"] != said.job
    (sent,) = api.emulator.outbox
    assert (sent.channel, sent.recipient, sent.what, sent.at) == (
        "email",
        "ada@example.org",
        "transactional",
        api.clock.now(),
    )
    assert sent.details["subject"] == "Hello Ada"
    assert sent.details["from"] == sent.details["reply_to"] == "news@mail.acme.test"


def test_copies_are_messages_of_their_own(api):
    said = api.post(
        "/transactional/email",
        {"send": {"to": "a@example.org", "cc": "b@example.org", "bcc": "c@example.org"}, "content": INLINE},
    )
    assert [said.data[role]["email"] for role in ("to", "cc", "bcc")] == [f"{x}@example.org" for x in "abc"]
    assert len(api.emulator.outbox) == 3


def test_the_id_of_a_message_may_be_called_transaction_id_beside_a_group_id(connect):
    api = connect(message_id_key="transactionId")
    data = mail(api).data
    assert set(data["to"]) == {"email", "transactionId"}
    api.clock.advance(2)
    (row,) = api.get("/transactional/email", groupId=data["groupId"]).data["result"]
    assert row["transactionId"] == data["to"]["transactionId"]
    for parameter in ("trackingId", "transactionId"):
        query = {parameter: row["transactionId"]}
        assert api.get("/transactional/email", **query).data["totalRowCount"] == 1


def test_consent_is_not_looked_at(api):
    api.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "unsubscribed_email": "true"}])
    assert mail(api).code == 0
    assert len(api.emulator.outbox) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"send": None}, 1),
        ({"send": {}}, 1),
        ({"send": {"to": ["a@example.org"]}}, 1),
        ({"send": {"to": "c-1"}}, 11),
        ({"send": {"to": "a@example.org", "cc": "nobody"}}, 11),
        ({"content": None}, 11),
        ({"multiLangContent": [{"language": "EN", **INLINE}]}, 11),
        ({"content": {}}, 11),
        ({"content": {**INLINE, "templateId": str(uuid4())}}, 11),
        ({"content": {"html": "x", "fromNameId": SENDER}}, 1),
        ({"content": {"html": "x", "subject": "x"}}, 11),
        ({"content": {**INLINE, "fromNameId": str(uuid4())}}, 11),
        ({"content": {**INLINE, "fromNameId": None, "fromAddress": "me@elsewhere.test", "fromName": "Me"}}, 11),
        ({"content": {**INLINE, "fromNameId": None, "fromAddress": "me@mail.acme.test"}}, 1),
        ({"attachments": [{"fileName": "a.txt"}]}, 1),
        ({"attachments": [{"fileName": "a.txt", "fileContent": "no base64!"}]}, 1),
        ({"current": "{"}, 1),
        ({"current": "[]"}, 1),
        ({"current": 7}, 1),
        ({"replyTo": "nobody"}, 11),
        ({"tags": [1]}, 1),
        ({"reporting": {"trackOpen": "yes"}}, 1),
    ],
)
def test_an_email_that_does_not_do_is_refused_and_nothing_goes_out(api, given, code):
    said = mail(api, **given)
    assert (said.status, said.code) == (400, code)
    assert api.emulator.outbox == []


def test_the_part_before_the_at_of_a_sender_may_be_changed(api):
    content = {"subject": "x", "html": "x", "fromAddress": "me@mail.acme.test", "fromName": "Me"}
    attachments = [{"fileName": "a.txt", "fileContent": b64encode(b"x").decode()}]
    assert mail(api, content=content, attachments=attachments, replyTo="r@example.org").code == 0
    assert api.emulator.outbox[0].details["from"] == "me@mail.acme.test"
    assert api.emulator.outbox[0].details["reply_to"] == "r@example.org"


@pytest.mark.parametrize(("form", "other"), [("object", "string"), ("string", "object")])
def test_values_may_have_to_come_in_one_form(connect, form, other):
    api = connect(current_as=form)
    forms = {"object": {"name": "Ada"}, "string": '{"name": "Ada"}'}
    assert mail(api, current=forms[other]).code == 1
    assert mail(api, current=forms[form]).code == 0
    assert api.emulator.outbox[0].details["subject"] == "Hello Ada"


def test_a_template_is_filled_with_the_values_of_the_call_only(api):
    body = "{%= 1 %}{% odd %}{% if ($Current.vip) { %}VIP {% if ($Current.no) { %}never{% } %}{% } %}"
    body += "{%= $Contact.name %}{{unsubscribe-link}}"
    languages = [
        {
            "language": "TR",
            "subject": "Selam",
            "content": "x",
            "fromName": "",
            "fromAddress": "news@mail.acme.test",
        },
        {"language": "EN", "subject": "Hi", "content": body, "fromName": "", "fromAddress": "news@mail.acme.test"},
    ]
    template = api.emulator.add_content("email", "welcome", languages, transactional=True)
    said = api.post(
        "/transactional/email",
        {
            "send": {"to": "a@example.org", "toLanguage": "en"},
            "content": {"templateId": template},
            "current": {"vip": 1},
        },
    )
    (sent,) = api.emulator.outbox
    assert sent.details["subject"] == "Hi"
    assert sent.details["body"] == f"VIP {api.emulator.public_url}/unsubscribe/{said.data['to']['trackingId']}"


@pytest.mark.parametrize("kind", ["unknown", "not transactional"])
def test_a_template_that_is_unknown_or_not_transactional_is_404_in_these_words(api, kind):
    languages = [{"language": "EN", "subject": "x", "content": "x", "fromName": "", "fromAddress": ""}]
    known = api.emulator.add_content("email", "news", languages)
    template = known if kind == "not transactional" else str(uuid4())
    said = mail(api, content={"templateId": template})
    assert (said.status, said.body["message"]) == (404, f"{template} content is null")
    assert api.emulator.outbox == []


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_language_of_the_recipient_decides(api, wrapped):
    several = [{"language": "TR", **INLINE, "subject": "Selam"}, {"language": "EN", **INLINE, "subject": "Hi"}]
    content = {"contents": several} if wrapped else several
    for language in ("EN", "FR"):
        send = {"to": "a@example.org", "toLanguage": language}
        assert api.post("/transactional/email", {"send": send, "multiLangContent": content}).code == 0
    assert [sent.details["subject"] for sent in api.emulator.outbox] == ["Hi", "Selam"]


def test_the_same_trace_id_within_a_day_gives_the_first_answer_and_sends_nothing(api):
    first = mail(api, traceId="t-1")
    api.clock.advance(3599)
    assert mail(api, "other@example.org", traceId="t-1") == first
    assert [sent.key for sent in api.emulator.outbox] == ["t-1"]
    api.clock.advance(23 * 3600 + 1)
    api.login()
    assert mail(api, traceId="t-1") != first
    assert len(api.emulator.outbox) == 2


def test_trace_ids_may_be_forgotten_at_once(connect):
    api = connect(idempotency_seconds=0)
    assert mail(api, traceId="t-1") != mail(api, traceId="t-1")
    assert len(api.emulator.outbox) == 2


def test_a_refusal_is_not_remembered_under_its_trace_id(api):
    assert mail(api, "nobody", traceId="t-1").code == 11
    assert mail(api, traceId="t-1").code == 0


def test_the_bulk_form_answers_a_group_for_each_content(api):
    props = [{"send": {"to": f"{name}@example.org"}, "current": {"name": name}} for name in ("ada", "bob")]
    said = api.post("/transactional/email/bulkV2", {"emailList": [{"content": INLINE, "props": props}] * 2})
    first, second = said.data["emailList"]
    assert first["groupId"] != second["groupId"]
    assert [result["to"]["email"] for result in first["emailResults"]] == ["ada@example.org", "bob@example.org"]
    assert [sent.details["subject"] for sent in api.emulator.outbox] == ["Hello ada", "Hello bob"] * 2
    api.clock.advance(2)
    report = api.get("/transactional/email", groupId=second["groupId"], trackingId=str(uuid4())).data
    assert [row["email"] for row in report["result"]] == ["ada@example.org", "bob@example.org"]


def test_one_bad_message_of_a_bulk_holds_back_all_of_them(api):
    props = [{"send": {"to": "a@example.org"}}, {"send": {"to": "b@example.org"}, "tags": 7}]
    assert api.post("/transactional/email/bulkV2", {"emailList": [{"content": INLINE, "props": props}]}).code == 1
    assert api.post("/transactional/email/bulkV2", {"emailList": []}).code == 1
    assert api.emulator.outbox == []


# ── reports of e-mail ────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_is_empty_until_the_message_is_delivered(api):
    said = mail(api)
    tracking_id = said.data["to"]["trackingId"]
    assert api.get("/transactional/email", trackingId=tracking_id).data == {"result": [], "totalRowCount": 0}
    api.clock.advance(2)
    (row,) = api.get("/transactional/email", trackingId=tracking_id).data["result"]
    assert (row["event_type"], row["event_date"]) == ("DL", "2026-01-05T09:00:02Z")
    assert row["events"] == [
        {"event_type": "DL", "event_date": "2026-01-05T09:00:02Z", "bounce_code": None, "bounce_text": None}
    ]


def test_an_address_that_bounces_is_reported_and_made_passive(connect):
    api = connect(bouncing_addresses={"ada@example.org"})
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    said = mail(api)
    api.clock.advance(2)
    (row,) = api.get("/transactional/email", trackingId=said.data["to"]["trackingId"]).data["result"]
    assert (row["event_type"], row["events"][0]["bounce_code"]) == ("HB", "5.1.1")
    assert (api.contact("c-1")["email_status"], api.contact("c-1")["email_status_reason"]) == ("P", "HB")
    assert api.emulator.contactable("c-1") is False


def test_what_happens_later_is_added_to_the_report(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    said = mail(api)
    api.clock.advance(2)
    for kind in ("open", "click", "soft_bounce", "spam", "unsubscribe"):
        assert api.control("engagement", contact_key="c-1", kind=kind).status == 200
    assert events(api, said) == ["DL", "OP", "CL", "SB", "SP", "US"]
    assert (
        api.get("/transactional/email", email="ada@example.org", eventType="CL", **DAY).data["totalRowCount"] == 1
    )
    assert (
        api.get("/transactional/email", email="ada@example.org", eventType="HB", **DAY).data["totalRowCount"] == 0
    )


def test_what_is_not_tracked_is_not_reported(api):
    api.bulk({"contact_key": "c-1", "email": "ada@example.org"})
    said = mail(api, reporting={"trackOpen": False, "trackClick": False})
    api.clock.advance(2)
    for kind in ("open", "click"):
        api.emulator.engage("c-1", kind, tracking_id=said.data["to"]["trackingId"])
    assert events(api, said) == ["DL"]
    assert api.contact("c-1")["is_email_active"] is None


def test_addresses_beat_tags_and_both_need_a_window(api):
    mail(api, "a@example.org", tags=["x", "y"])
    mail(api, "b@example.org", tags=["y"])
    api.clock.advance(2)

    def found(**query):
        return [row["email"] for row in api.get("/transactional/email", **DAY, **query).data["result"]]

    assert found(tag="y") == ["a@example.org", "b@example.org"]
    assert found(tag=["x", "y"]) == ["a@example.org", "b@example.org"]
    assert found(tag="x,nothing") == ["a@example.org"]
    assert found(email="B@example.org", tag="x") == ["b@example.org"]
    assert found(email="a@example.org,b@example.org") == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 11),
        ({"tag": "x"}, 11),
        ({"tag": "x", "beginTime": "2026-01-05 00:00:00"}, 11),
        ({"tag": "x", "beginTime": "2026-01-05", "endTime": "2026-01-06"}, 11),
        ({"tag": "x", "beginTime": "2026-01-05 00:00:01", "endTime": "2026-01-05 00:00:00"}, 11),
        ({"tag": "x", "beginTime": "2026-01-01 00:00:00", "endTime": "2026-01-08 00:00:01"}, 11),
        ({"tag": "a,b,c,d,e,f", **DAY}, 11),
        ({"email": "a,b,c,d,e,f", **DAY}, 11),
        ({"tag": "x", "limit": 99, **DAY}, 11),
        ({"tag": "x", "limit": 1001, **DAY}, 11),
        ({"groupId": "short"}, 1),
        ({"trackingId": "short"}, 1),
        ({"trackingId": "x" * 36}, 1),
    ],
)
def test_a_report_outside_of_its_rules_is_refused(api, query, code):
    assert api.get("/transactional/email", **query).code == code


def test_a_report_of_exactly_seven_days_is_given_and_read_to_the_end(api):
    for number in range(230):
        mail(api, f"p{number}@example.org", tags=["x"])
    api.clock.advance(2)
    window = {"beginTime": "2026-01-01 00:00:00", "endTime": "2026-01-08 00:00:00"}
    rows = api.all_rows("/transactional/email", tag="x", **window)
    assert len({row["trackingId"] for row in rows}) == 230
    later = {"beginTime": "2026-01-05 09:00:01", "endTime": "2026-01-06 00:00:00"}
    assert api.get("/transactional/email", tag="x", **later).data["totalRowCount"] == 0


# ── text messages ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_message_goes_out_and_its_report_says_where_it_is(api):
    said = text(api, current={"code": 7}, tags=["otp"])
    assert said.data["to"]["gsm"] == "905351234567"
    (sent,) = api.emulator.outbox
    assert (sent.channel, sent.recipient, sent.details["body"]) == ("sms", "905351234567", "Code 7")

    def row():
        return api.get("/transactional/sms", trackingId=said.data["to"]["trackingId"]).data["result"][0]

    assert row() == {
        "gsm": "905351234567",
        "event_type": None,
        "event_date": None,
        "senderName": "ACME",
        "partnerName": "Example Carrier",
        "created_at": "2026-01-05T09:00:00Z",
    }
    api.clock.advance(1)
    assert row()["event_type"] == "WA"
    api.clock.advance(1)
    assert row()["event_type"] == "DL"


def test_a_number_that_fails_is_reported_and_made_passive(connect):
    api = connect(bouncing_addresses={"905351234567"})
    api.bulk({"contact_key": "c-1", "gsm": "905351234567"})
    text(api)
    api.clock.advance(2)
    (row,) = api.get("/transactional/sms", gsm="905351234567", queryTime="event", **DAY).data["result"]
    assert row["event_type"] == "FA"
    assert api.contact("c-1")["gsm_status"] == "P"


def test_a_text_message_knows_no_trace_id(api):
    text(api, traceId="t-1")
    text(api, traceId="t-1")
    assert len(api.emulator.outbox) == 2


def test_a_text_message_may_use_a_stored_content(api):
    languages = [{"language": "EN", "message": "Hi {%= $Current.name %}", "senderName": "ACME INFO"}]
    template = api.emulator.add_content("sms", "hi", languages, transactional=True)
    assert text(api, content={"templateId": template}, current={"name": "Ada"}).code == 0
    assert (api.emulator.outbox[0].details["body"], api.emulator.outbox[0].details["from"]) == (
        "Hi Ada",
        "ACME INFO",
    )
    assert text(api, content={"templateId": str(uuid4())}).status == 404


def test_a_text_message_may_have_several_languages(api):
    contents = [
        {"language": "TR", **SMS_INLINE},
        {"language": "EN", **SMS_INLINE, "message": "Hi", "enableShortlink": True},
    ]
    send = {"to": "905351234567", "toLanguage": "EN"}
    assert api.post("/transactional/sms", {"send": send, "multiLangContent": {"contents": contents}}).code == 0
    assert api.emulator.outbox[0].details["body"] == "Hi"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"send": {"to": "+905351234567"}}, 11),
        ({"send": {}}, 1),
        ({"content": None}, 11),
        ({"content": {"smsFromId": SMS_SENDER}}, 1),
        ({"content": {"smsFromId": "nobody", "message": "x"}}, 11),
        ({"content": {"message": "x"}}, 1),
        ({"content": {**SMS_INLINE, "enableShortlink": "yes"}}, 1),
        ({"earliestTime": "9:00"}, 11),
        ({"earliestTime": "10:00", "latestTime": "09:00"}, 11),
    ],
)
def test_a_text_message_that_does_not_do_is_refused(api, given, code):
    assert text(api, **given).code == code
    assert api.emulator.outbox == []


@pytest.mark.parametrize(
    ("hours", "goes_out"),
    [
        ({"earliestTime": "08:00", "latestTime": "20:00"}, "2026-01-05T09:00"),
        ({"earliestTime": "10:30"}, "2026-01-05T10:30"),
        ({"earliestTime": "07:00", "latestTime": "08:00"}, "2026-01-06T07:00"),
        ({"latestTime": "08:00"}, "2026-01-06T00:00"),
    ],
)
@pytest.mark.parametrize("place", ["root", "content"])
def test_a_text_message_waits_for_the_hours_it_may_go_out_in(api, hours, goes_out, place):
    text(api, **(hours if place == "root" else {"content": {**SMS_INLINE, **hours}}))
    api.clock.advance(86_400)
    (sent,) = api.emulator.outbox
    assert sent.at.isoformat().startswith(goes_out)


def test_a_report_by_number_or_tag_says_which_time_it_means(api):
    text(api, tags=["otp"])
    api.clock.advance(2)
    assert api.get("/transactional/sms", tag="otp", **DAY).code == 11
    assert api.get("/transactional/sms", tag="otp", queryTime="noon", **DAY).code == 11
    for query_time in ("sent", "event"):
        assert api.get("/transactional/sms", tag="otp", queryTime=query_time, **DAY).data["totalRowCount"] == 1
    narrow = {"beginTime": "2026-01-05 09:00:00", "endTime": "2026-01-05 09:00:00"}
    assert api.get("/transactional/sms", tag="otp", queryTime="sent", **narrow).data["totalRowCount"] == 1
    assert api.get("/transactional/sms", tag="otp", queryTime="event", **narrow).data["totalRowCount"] == 0
