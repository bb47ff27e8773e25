"""Contents and settings of the pretended dEngage."""

from __future__ import annotations

from uuid import uuid4

import pytest

SENDER = "5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a02"
SMS_SENDER = "8a4d2c90-3b1f-4f7a-8d21-7c5e9b0f4b01"
EMAIL = {"language": "EN", "subject": "Hi", "content": "<p>Hi</p>", "fromNameId": SENDER}
SMS = {"language": "TR", "message": "Selam", "smsFromId": SMS_SENDER}
ITEMS = {"email": EMAIL, "sms": SMS}


def create(api, channel="email", *items, **given):
    detail = {"contents": list(items or [ITEMS[channel]])}
    return api.post(f"/contents/{channel}", {"contentName": "welcome", "contentDetail": detail, **given})


def test_an_email_content_is_created_and_read_back_with_the_names_of_its_sender(api):
    content = create(api, isTransactionalContent=True).data["publicId"]
    assert api.get(f"/contents/email/{content}").data == {
        "contentDetail": {
            "contents": [
                {
                    "language": "EN",
                    "subject": "Hi",
                    "content": "<p>Hi</p>",
                    "fromName": "Acme Service",
                    "fromAddress": "service@mail.acme.test",
                }
            ]
        }
    }
    (row,) = api.get("/contents/email").data["result"]
    assert row == {
        "contentName": "welcome",
        "publicId": content,
        "location": "/",
        "isTransactionalContent": True,
        "createdAt": "2026-01-05T09:00:00Z",
        "createdBy": "acme_api_user",
        "updatedAt": "2026-01-05T09:00:00Z",
        "updatedBy": "acme_api_user",
    }


def test_a_text_message_content_is_created_and_read_back(api):
    content = create(api, "sms").data["publicId"]
    detail = api.get(f"/contents/sms/{content}").data["contentDetail"]
    assert detail == {"contents": [{"language": "TR", "message": "Selam", "senderName": "ACME"}]}


def test_a_push_content_is_spelled_in_other_words_and_made_in_the_panel_only(api):
    languages = [{"language": "EN", "title": "x", "message": "y", "web": {"targetUrl": "https://a.test"}}]
    content = api.control("contents", channel="push", name="news", languages=languages).body["publicId"]
    (row,) = api.get("/contents/push").data["result"]
    assert row == {"name": "news", "id": content, "location": "/", "is_transactional_content": False}
    assert api.get(f"/contents/push/{content}").data["contentDetail"]["contents"] == languages
    assert create(api, "push", {}).status == 404
    assert api.delete(f"/contents/push/{content}").status == 404


def test_a_content_is_changed_where_it_is_told_to(api):
    content, folder = create(api).data["publicId"], str(uuid4())
    api.clock.advance(60)
    said = api.put(f"/contents/email/{content}", {"contentName": "hello", "folderId": folder})
    assert said.data == {"publicId": content}
    (row,) = api.get("/contents/email").data["result"]
    assert (row["contentName"], row["location"], row["updatedAt"]) == (
        "hello",
        f"/{folder}",
        "2026-01-05T09:01:00Z",
    )
    api.put(f"/contents/email/{content}", {"contentDetail": {"contents": [{**EMAIL, "subject": "New"}]}})
    detail = api.get(f"/contents/email/{content}").data["contentDetail"]["contents"]
    assert [one["subject"] for one in detail] == ["New"]


def test_a_content_is_deleted_once(api):
    content = create(api, "sms").data["publicId"]
    assert api.delete(f"/contents/sms/{content}").code == 0
    for said in (
        api.get(f"/contents/sms/{content}"),
        api.delete(f"/contents/sms/{content}"),
        api.put(f"/contents/sms/{content}", {}),
    ):
        assert (said.status, said.body["message"]) == (404, f"{content} content is null")


@pytest.mark.parametrize(
    ("channel", "item", "code"),
    [
        ("email", {"subject": ""}, 1),
        ("email", {"content": None}, 1),
        ("email", {"language": "en"}, 11),
        ("email", {"language": None}, 1),
        ("email", {"fromNameId": str(uuid4())}, 11),
        ("sms", {"message": ""}, 1),
        ("sms", {"smsFromId": "x"}, 11),
    ],
)
def test_a_content_that_does_not_do_is_refused(api, channel, item, code):
    assert create(api, channel, {**ITEMS[channel], **item}).code == code
    assert api.get(f"/contents/{channel}").data["totalRowCount"] == 0


def test_a_content_needs_a_name_and_one_entry_for_each_language(api):
    assert create(api, contentName=None).code == 1
    assert create(api, contentDetail={"contents": []}).code == 1
    assert create(api, "email", EMAIL, EMAIL).code == 11
    assert create(api, folderId="short").code == 1


def test_contents_are_listed_to_the_end(api):
    for _ in range(25):
        create(api)
    first = api.get("/contents/email", limit=10).data
    assert (len(first["result"]), first["affectedRowCount"], first["totalRowCount"]) == (10, 10, 25)
    assert first["queryForNextPage"] is True
    last = api.get("/contents/email", limit=10, offset=20).data
    assert (last["affectedRowCount"], last["queryForNextPage"]) == (5, False)
    assert len({row["publicId"] for row in api.all_rows("/contents/email", limit=4)}) == 25
    assert api.get("/contents/email", limit=1001).code == 11


def test_there_are_three_kinds_of_contents(api):
    for path in ("/contents/fax", f"/contents/fax/{uuid4()}"):
        assert api.get(path).status == 404


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_senders_of_email_are_listed_with_one_default(api):
    rows = api.get("/email/froms").data["emailFroms"]
    assert set(rows[0]) == {"id", "fromName", "fromAddress", "isDefault"}
    assert [row["isDefault"] for row in rows] == [True, False]


@pytest.mark.parametrize("use", ["bulk", "transactional"])
def test_senders_of_text_messages_are_listed(api, use):
    rows = api.get(f"/sms/froms/{use}").data["smsFroms"]
    assert set(rows[0]) == {"id", "type", "sender", "isDefault", "partnerName"}


@pytest.mark.parametrize("use", ["bulk", "transactional"])
def test_mail_servers_are_listed(api, use):
    rows = api.get(f"/email/vmtas/{use}").data["vmtas"]
    assert set(rows[0]) == {"id", "name", "isDefault"}


def test_there_are_no_other_mail_servers(api):
    assert api.get("/email/vmtas/special").status == 404
