"""Transactional and marketing e-mail: the emulator against section 20."""

from __future__ import annotations

from base64 import b64encode

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

MAIL = {
    "toAddresses": ["ana@example.org"],
    "subject": "Your order",
    "fromAddress": "news@shop.example.org",
    "htmlContent": "<p>Hi</p>",
    "plainTextContent": "Hi",
}
STANDARD, TRIGGERED = 1, 2
FILE = {"fileName": "a.txt", "mimeType": "text/plain", "content": b64encode(b"hello").decode()}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    return DotdigitalEmulator(clock=clock, rate_scheme="off")


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def code(body):
    return body["message"].split()[-1]


def marketing(**more):
    content = {"source": "html", "subject": "Offer", "htmlContent": "<a href='http://$UNSUB$'>out</a>"}
    return {"to": "ana@example.org", "from": "The shop <news@shop.example.org>", "content": content, **more}


def test_a_transactional_mail_is_answered_with_nothing_and_goes_to_anybody(client, vendor):
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    body = {
        **MAIL,
        "ccAddresses": ["bo@example.org"],
        "bccAddresses": ["cy@example.org"],
        "metadata": {"ref": "m-1"},
    }
    response = client.ask("POST", "/v2/email", body)
    assert (response.status, response.body) == (200, b"")
    assert [sent.recipient for sent in vendor.outbox] == ["ana@example.org", "bo@example.org", "cy@example.org"]
    assert {sent.key for sent in vendor.outbox} == {'{"ref":"m-1"}'}
    assert vendor.person("bo@example.org") is None


def test_property_names_are_read_in_any_case(client, vendor):
    client.expect(200, "POST", "/v2/email", {"ToAddresses": ["a@example.org"], "Subject": "x", "metadata": "text"})
    assert vendor.outbox[0].key == "text"


def test_a_sender_that_is_not_the_account_s_is_silently_replaced(client, vendor):
    client.expect(200, "POST", "/v2/email", {**MAIL, "fromAddress": "stranger@example.org"})
    client.expect(200, "POST", "/v2/email", MAIL)
    assert [mail.sender for mail in vendor.mails] == ["hello@shop.example.org", "news@shop.example.org"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"toAddresses": []},
        {"toAddresses": "ana@example.org"},
        {"toAddresses": ["nonsense"]},
        {"toAddresses": ["a@example.org"] * 101},
        {"ccAddresses": ["nonsense"]},
        {"subject": ""},
        {"metadata": {"x": "y" * 1500}},
        {"attachments": [{"fileName": "a"}]},
        {"attachments": [{**FILE, "content": "%%"}]},
        {"attachments": [{**FILE, "mimeType": "text"}]},
    ],
)
def test_a_transactional_mail_is_checked(client, vendor, wrong):
    assert code(client.expect(400, "POST", "/v2/email", {**MAIL, **wrong})) == "ERROR_PARAMETER_INVALID"
    assert vendor.outbox == []


def test_a_batch_tells_item_by_item(client, vendor):
    results = client.expect(200, "POST", "/v2/email/batch", [MAIL, {**MAIL, "toAddresses": []}, "nonsense"])
    assert results[0] == {"index": 0}
    assert results[1] == {
        "index": 1,
        "failureCode": "ERROR_PARAMETER_INVALID",
        "failureReason": "ToAddresses field is empty or invalid. ERROR_PARAMETER_INVALID",
    }
    assert results[2]["index"] == 2
    assert len(vendor.outbox) == 1


def test_a_triggered_campaign_is_filled_in(client, vendor):
    body = {
        "toAddresses": ["ana@example.org"],
        "campaignId": str(TRIGGERED),
        "personalizationValues": [{"name": "firstname", "value": "Ana"}],
        "attachments": [FILE],
    }
    client.expect(200, "POST", "/v2/email/triggered-campaign", body)
    assert vendor.mails[0].html.startswith("<p>Hello Ana</p>")
    assert vendor.mails[0].campaign_id == TRIGGERED
    results = client.expect(
        200, "POST", "/v2/email/triggered-campaign/batch", [body, {**body, "campaignId": STANDARD}]
    )
    assert results[1]["failureCode"] == "ERROR_CAMPAIGN_NOT_FOUND"
    twice = {**body, "personalizationValues": [{"name": "A", "value": "1"}] * 2}
    refused = client.expect(400, "POST", "/v2/email/triggered-campaign", twice)
    assert code(refused) == "ERROR_INVALID_PERSONALISATION_VALUES"
    assert (
        code(client.expect(404, "POST", "/v2/email/triggered-campaign", {**body, "campaignId": 99}))
        == "ERROR_CAMPAIGN_NOT_FOUND"
    )


def test_a_campaign_can_be_seen_as_it_would_be_sent(client):
    body = {"identifiers": {"email": "ana@example.org"}, "dataFields": {"FIRSTNAME": "Ana"}}
    client.expect(201, "POST", "/contacts/v3", body)
    prepared = client.get(f"/v2/campaigns/{TRIGGERED}/prepared-for-transactional-email/ana@example.org")
    assert prepared["processedPlainTextContent"].startswith("Hello Ana")
    assert prepared["plainTextContent"].startswith("Hello @FIRSTNAME@")


def test_a_day_has_an_end(client, vendor, clock):
    vendor.transactional_per_day = 1
    client.expect(200, "POST", "/v2/email", MAIL)
    assert code(client.expect(400, "POST", "/v2/email", MAIL)) == "ERROR_SEND_LIMITEXCEEDED"
    clock.advance(86_400)
    client.expect(200, "POST", "/v2/email", MAIL)


def test_statistics_by_period(client, vendor, clock):
    client.expect(200, "POST", "/v2/email", MAIL)
    vendor.count_mail("open", 2)
    clock.advance(30 * 86_400)
    client.expect(200, "POST", "/v2/email", MAIL)
    path = "/v2/email/stats/since-date/2026-01-01"
    (everything,) = client.get(path)
    assert (everything["numSent"], everything["numDelivered"], everything["numOpens"]) == (2, 2, 2)
    months = client.get(path, aggregatedBy="month", endDate="2026-02-10")
    assert [(row["startDate"][:10], row["endDate"][:10], row["numSent"]) for row in months] == [
        ("2026-01-01", "2026-01-31", 1),
        ("2026-02-01", "2026-02-10", 1),
    ]
    assert len(client.get(path, aggregatedBy="Day", endDate="2026-01-10")) == 10
    weeks = client.get(path, aggregatedBy="Week", endDate="2026-01-11")
    assert [row["startDate"][:10] for row in weeks] == ["2026-01-01", "2026-01-05"]
    for query in ("aggregatedBy=Never", "endDate=soon"):
        client.expect(400, "GET", f"{path}?{query}")


def test_transactional_sends_are_in_no_tier_and_not_in_the_flat_count(vendor, client):
    vendor.rate_scheme, vendor.flat_calls_per_hour = "flat", 0
    client.expect(200, "POST", "/v2/email", MAIL)
    client.expect(400, "GET", "/v2/server-time")


# ── marketing ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_marketing_mail_is_answered_with_nothing_and_makes_a_contact(client, vendor):
    response = client.ask(
        "POST", "/marketing-email/v3/send", marketing(metadata={"ref": "m-2"}, attachments=[FILE])
    )
    assert (response.status, response.body) == (201, b"")
    assert vendor.outbox[0].what == "marketing e-mail"
    assert vendor.contactable("ana@example.org") is True
    body = marketing()
    del body["from"]
    client.expect(201, "POST", "/marketing-email/v3/send", body)
    assert vendor.mails[-1].sender == "hello@shop.example.org"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("unsubscribed", "unsubscribed"),
        ("hardBounced", "hardBounced"),
        ("ispComplained", "complaint"),
        ("blockedlocalpart", "blocked"),
        ("spamTrap", "spamTrap"),
        ("suppressed", "suppressed"),
        ("pendingOptIn", "unsubscribed"),
    ],
)
def test_a_marketing_mail_goes_to_nobody_who_said_no(client, vendor, status, reason):
    client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": "ana@example.org"}})
    vendor.set_email_status(vendor.person("1"), status)
    refused = client.expect(409, "POST", "/marketing-email/v3/send", marketing())
    assert refused["errorCode"] == f"marketingEmail:{reason}"
    assert vendor.outbox == []


def template(**more):
    return {"source": "template", "campaignId": TRIGGERED, **more}


WRONG = [
    ({"to": None}, "badRequest", "MISSING_REQUIRED_FIELDS"),
    ({"to": "nonsense"}, "invalidValue", "INVALID_EMAIL"),
    ({"to": ["a@example.org", "b@example.org"]}, "badRequest", "MULTIPLE_RECIPIENTS"),
    ({"from": "stranger@example.org"}, "invalidFromAddress", "INVALID_FROM_ADDRESS"),
    ({"metadata": "text"}, "invalidValue", "INVALID_METADATA"),
    ({"content": {"source": "html"}}, "badRequest", "MISSING_CONTENT"),
    ({"content": {"source": "other"}}, "badRequest", "MISSING_CONTENT"),
    ({"content": {"source": "html", "subject": "x", "htmlContent": "x"}}, "badRequest", "MISSING_UNSUB"),
    ({"content": template(campaignId=99)}, "campaignNotFound", "INVALID_CAMPAIGN"),
    ({"content": template(campaignId=STANDARD)}, "campaignNotFound", "INVALID_CAMPAIGN"),
    ({"content": template(tags=[])}, "invalidValue", "INVALID_TAGS"),
    ({"content": template(subject="x")}, "badRequest", "SUBJECT_NOT_ALLOWED_WHEN_SENDING_TRIGGERED_EMAIL"),
    (
        {"content": template(personalizationValues=[{"name": "A", "value": "1"}] * 2)},
        "duplicatePersonalizationValuesFound",
        "SEND_ERROR",
    ),
    (
        {"content": template(personalizationValues=[{"name": "x" * 21, "value": "1"}])},
        "invalidValue",
        "SEND_ERROR",
    ),
    ({"content": template(personalizationValues=[{}] * 101)}, "invalidValue", "SEND_ERROR"),
    ({"attachments": [{"fileName": "a", "content": "aGk="}]}, "attachmentMimeTypeMissing", "SEND_ERROR"),
    ({"attachments": [{**FILE, "fileName": ""}]}, "attachmentFileNameMissing", "SEND_ERROR"),
    ({"attachments": [{**FILE, "content": ""}]}, "attachmentContentMissing", "SEND_ERROR"),
    ({"attachments": [{**FILE, "content": "%"}]}, "attachmentContentInvalid", "SEND_ERROR"),
    ({"attachments": [{**FILE, "mimeType": "x"}]}, "attachmentMimeTypeInvalid", "SEND_ERROR"),
    ({"attachments": [FILE] * 51}, "badRequest", "SEND_ERROR"),
]


@pytest.mark.parametrize(("wrong", "word", "batch"), WRONG)
def test_a_marketing_mail_is_checked_alone_and_in_a_batch(client, vendor, wrong, word, batch):
    refused = client.expect(400, "POST", "/marketing-email/v3/send", marketing(**wrong))
    assert refused["errorCode"] == f"marketingemail:{word}"
    answer = client.expect(201, "POST", "/marketing-email/v3/batch", [marketing(**wrong)])
    assert answer["results"][0]["failures"][0]["failureCode"] == batch
    assert vendor.outbox == []


def test_attachments_may_be_too_big_alone_or_together(client):
    big = b64encode(bytes(15 * 1024 * 1024 + 1)).decode()
    half = b64encode(bytes(8 * 1024 * 1024)).decode()
    for attachments, word in (
        ([{**FILE, "content": big}], "attachmentContentTooBig"),
        ([{**FILE, "content": half}] * 2, "attachmentCombinedContentTooBig"),
    ):
        refused = client.expect(400, "POST", "/marketing-email/v3/send", marketing(attachments=attachments))
        assert refused["errorCode"] == f"marketingemail:{word}"


def test_a_batch_counts_sent_uncontactable_and_failed(client, vendor):
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "no@example.org"})
    items = [marketing(), marketing(to="no@example.org"), {}, "nonsense", marketing(content=template())]
    answer = client.expect(201, "POST", "/marketing-email/v3/batch", items)
    assert answer["summary"] == {"sent": 2, "uncontactable": 1, "failed": 2}
    assert answer["results"][0] == {"index": 0, "status": "sent"}
    assert answer["results"][1]["failures"][0]["failureCode"] == "marketingEmail:unsubscribed"
    assert [result["status"] for result in answer["results"]] == [
        "sent",
        "uncontactable",
        "failed",
        "failed",
        "sent",
    ]
    empty = client.expect(400, "POST", "/marketing-email/v3/batch", [])
    assert empty["errorCode"] == "marketingEmail:invalidRequest"
    assert client.expect(400, "POST", "/marketing-email/v3/batch", {})["errorCode"] == "marketingemail:badJson"
