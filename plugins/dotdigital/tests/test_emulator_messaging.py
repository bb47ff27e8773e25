"""SMS, omnichannel messages, settings, analytics and webhooks: the emulator against sections 21, 25 and 30."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha1

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

MESSAGE = {
    "to": {"phoneNumber": "447700900123"},
    "body": "Your code is 1234",
    "rules": ["sms"],
    "channelOptions": {"sms": {"from": "ACME"}},
    "metadata": {"ref": "m-9"},
    "shortenLinks": "on",
}
SECRET = "a-secret-of-some-length"


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


def sent(client, **more):
    return client.expect(201, "POST", "/cpaas/messages", {**MESSAGE, **more})["messageId"]


# ── SMS of v2 ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_sms_goes_to_any_number_without_an_id(client, vendor):
    response = client.ask("POST", "/v2/sms-messages/send-to/447700900123", {"Message": "Hello"})
    assert (response.status, response.body) == (204, b"")
    assert [(mail.channel, mail.recipient) for mail in vendor.outbox] == [("sms", "447700900123")]


def test_an_sms_is_checked(client, vendor):
    path = "/v2/sms-messages/send-to"
    assert code(client.expect(400, "POST", f"{path}/nobody", {"message": "x"})) == "ERROR_SMS_INVALIDPHONENUMBER"
    for body in ({}, {"message": "x" * 1601}):
        assert code(client.expect(400, "POST", f"{path}/447700900123", body)) == "ERROR_SMS_INVALID"
    vendor.sms_credits = 0
    refused = client.expect(400, "POST", f"{path}/447700900123", {"message": "x"})
    assert code(refused) == "ERROR_SMS_SENDNOTPERMITTED"
    assert vendor.outbox == []


def test_sms_campaigns_are_definitions_only(client, vendor):
    body = {"name": "Flash", "message": "Sale today", "toggleShortLinks": "true"}
    created = client.expect(201, "POST", "/v2/sms/campaigns", body)
    assert created == {
        "id": 1,
        "name": "Flash",
        "message": "Sale today",
        "sendingIdentity": "Dotdigital",
        "sendingIdentityId": 1,
        "toggleShortLinks": True,
        "status": "Unsent",
    }
    assert client.get("/v2/sms/campaigns/1") == created
    copy = client.expect(201, "POST", "/v2/sms/campaigns/copy", {"campaignId": "1", "copyName": "Again"})
    assert (copy["id"], copy["name"], copy["message"]) == (2, "Again", "Sale today")
    assert client.expect(200, "PUT", "/v2/sms/campaigns/1", {**body, "message": "Sale"})["message"] == "Sale"
    assert [one["id"] for one in client.get("/v2/sms/campaigns")] == [1, 2]
    vendor.sms_campaigns[2].status = "Sent"
    assert code(client.expect(400, "DELETE", "/v2/sms/campaigns/2")) == "ERROR_CAMPAIGN_READONLY"
    client.expect(204, "DELETE", "/v2/sms/campaigns/1")
    client.expect(404, "GET", "/v2/sms/campaigns/1")
    client.expect(404, "POST", "/v2/sms/campaigns/copy", {"campaignId": 9, "copyName": "x"})
    for wrong in (
        {"name": ""},
        {"message": "x" * 1601},
        {"sendingIdentity": "Nobody"},
        {"sendingIdentity": "x" * 16},
    ):
        assert code(client.expect(400, "POST", "/v2/sms/campaigns", {**body, **wrong})) == "ERROR_SMS_INVALID"


# ── omnichannel ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_has_an_id_and_goes_from_processing_to_delivered(client, vendor, clock):
    answered = client.expect(201, "POST", "/cpaas/messages", MESSAGE)
    assert answered["status"] == "processing"
    assert answered["statusDetails"] == {"channelId": "sms"}
    assert answered["metadata"] == {"ref": "m-9"}
    assert "title" not in answered
    path = f"/cpaas/messages/{answered['messageId']}"
    clock.advance(1)
    assert client.get(path)["status"] == "sent"
    clock.advance(1)
    assert client.get(path)["status"] == "delivered"
    assert [(one.channel, one.recipient, one.key) for one in vendor.outbox] == [
        ("sms", "447700900123", '{"ref":"m-9"}')
    ]
    client.expect(404, "GET", "/cpaas/messages/nope")


def test_nobody_s_opt_out_stops_an_omnichannel_sms(client, vendor):
    vendor.seed_people([{"email": "a@example.org", "phone": "447700900123", "unsubscribed_sms": "true"}])
    sent(client)
    assert vendor.contactable("447700900123", "sms") is False
    assert len(vendor.outbox) == 1


def test_the_first_channel_with_an_address_is_taken(client, vendor):
    sent(client, rules=["fbMessenger", "whatsApp", "sms"])
    sent(client, rules=["nativePush"], to={"profileId": "p-1"})
    sent(client, rules=["sms"], to={"profileId": "p-1"})
    assert [(one.channel, one.recipient) for one in vendor.outbox[1:]] == [("nativePush", "p-1"), ("sms", "p-1")]
    assert vendor.outbox[0].channel == "whatsApp"


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": {}},
        {"to": {"email": "a@example.org"}},
        {"rules": []},
        {"rules": ["pigeon"]},
        {"body": None},
        {"body": "x" * 2001},
        {"channelOptions": {"sms": {"from": "AB"}}},
        {"customBody": {"sms": {}}},
        {"templateId": "nope"},
        {"expiresOn": "soon"},
    ],
)
def test_a_message_is_checked_alone_and_in_a_batch(client, vendor, wrong):
    assert client.ask("POST", "/cpaas/messages", {**MESSAGE, **wrong}).status == 400
    assert client.ask("POST", "/cpaas/messages/batch", [MESSAGE, {**MESSAGE, **wrong}]).status == 400
    assert vendor.outbox == []


def test_a_batch_answers_each_with_its_id(client, vendor):
    rows = client.expect(202, "POST", "/cpaas/messages/batch", [MESSAGE, MESSAGE])
    assert [row["index"] for row in rows] == [0, 1]
    assert len({row["messageId"] for row in rows}) == len(vendor.outbox) == 2
    for body in (b"nonsense", b"[]", b"{}", b"[1]"):
        assert client.ask("POST", "/cpaas/messages/batch", body=body).status == 400


def test_sms_needs_pay_as_you_go(client, vendor):
    vendor.sms_pay_as_you_go = False
    client.expect(403, "POST", "/cpaas/messages", MESSAGE)


def test_an_expired_message_and_one_without_opt_in_do_not_go_out(client, vendor, clock):
    late = sent(client, expiresOn="2020-01-01T00:00:00Z")
    asked = sent(client, requireOptIn=True, to={"profileId": "p-1", "phoneNumber": "447700900123"})
    clock.advance(5)
    assert client.get(f"/cpaas/messages/{late}")["status"] == "expired"
    assert client.get(f"/cpaas/messages/{asked}")["status"] == "filtered"
    assert vendor.outbox == []
    vendor.opted_in_profiles.add("p-1")
    sent(client, requireOptIn=True, to={"profileId": "p-1", "phoneNumber": "447700900123"})
    assert len(vendor.outbox) == 1


def test_a_message_is_redacted_and_deleted_once_it_is_no_longer_processed(client, clock):
    path = f"/cpaas/messages/{sent(client)}"
    client.expect(409, "PATCH", path, {"redact": True})
    client.expect(409, "DELETE", path)
    clock.advance(5)
    client.expect(400, "PATCH", path, {"redact": False})
    client.expect(202, "PATCH", path, {"redact": True, "redactSource": "message"})
    assert "body" not in client.get(path)
    client.expect(204, "DELETE", path)
    client.expect(404, "DELETE", path)


def test_a_custom_channel_reports_statuses_and_inbound_messages(client):
    path = f"/cpaas/messages/{sent(client)}"
    body = {"channel": "sms", "failureReason": "unknown number"}
    client.expect(200, "POST", f"{path}/statuses/failed", body)
    shown = client.get(path)
    assert (shown["status"], shown["statusDetails"]["failureReason"]) == ("failed", "unknown number")
    client.expect(400, "POST", f"{path}/statuses/lost", body)
    client.expect(400, "POST", f"{path}/statuses/read", {})
    inbound = client.expect(
        201, "POST", "/cpaas/messages/inbounds", {"from": {"phoneNumber": "1"}, "channel": "sms"}
    )
    assert inbound["status"] == "received"
    base = f"/cpaas/messages/inbounds/{inbound['messageId']}/statuses"
    assert client.expect(200, "POST", f"{base}/read", {"timestamp": "2026-01-05T09:00:00Z"})["status"] == "read"
    client.expect(400, "POST", f"{base}/eaten", {})
    client.expect(404, "POST", "/cpaas/messages/inbounds/nope/statuses/read", {})
    client.expect(400, "POST", "/cpaas/messages/inbounds", {"channel": "sms"})


def test_the_history_of_a_profile_is_newest_first(client, clock):
    to = {"profileId": "p-1", "phoneNumber": "447700900123"}
    first = sent(client, to=to)
    clock.advance(60)
    second = sent(client, to=to, rules=["whatsApp"], channelOptions={})
    sent(client)
    path = "/cpaas/profiles/p-1/messages"
    assert [row["messageId"] for row in client.get(path)] == [second, first]
    assert [row["messageId"] for row in client.get(path, channelId="sms")] == [first]
    assert [row["messageId"] for row in client.get(path, limit=1)] == [second]
    assert client.get(path, direction="inbound") == []
    assert [row["messageId"] for row in client.get(f"{path}?from=2026-01-05T09:00:30Z")] == [second]
    client.expect(400, "GET", f"{path}?from=x")


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_message_templates_are_versioned(client):
    body = {"id": "hello", "name": "Hello", "messageParts": [{"type": "text/plain", "data": "Hi"}]}
    created = client.ask("POST", "/cpaas/templates", body)
    assert created.status == 201
    first = created.headers.get("etag")
    assert created.headers.get("last-modified")
    assert created.json()["_createdBy"]
    client.expect(400, "POST", "/cpaas/templates", body)
    client.expect(400, "POST", "/cpaas/templates", {"name": "x"})
    client.expect(400, "POST", "/cpaas/templates", [])
    changed = client.ask("PUT", "/cpaas/templates/hello", {**body, "name": "Hey"}, headers={"If-Match": first})
    assert (changed.status, changed.json()["name"]) == (200, "Hey")
    assert client.ask("PUT", "/cpaas/templates/hello", body, headers={"If-Match": first}).status == 412
    assert client.ask("DELETE", "/cpaas/templates/hello", headers={"If-Match": first}).status == 412
    assert [one["id"] for one in client.get("/cpaas/templates")] == ["hello"]
    sent(client, body=None, templateId="hello")
    client.expect(204, "DELETE", "/cpaas/templates/hello")
    client.expect(404, "GET", "/cpaas/templates/hello")
    assert client.get("/cpaas/templates/hello?includeDeleted=true")["id"] == "hello"


def test_content_is_kept_and_given_back(client):
    body = {"name": "a.png", "type": "image/png", "data": b64encode(b"picture").decode()}
    kept = client.expect(200, "POST", "/cpaas/content", body)
    assert kept["size"] == 7
    got = client.ask("GET", kept["url"])
    assert (got.body, got.headers.get("content-type")) == (b"picture", "image/png")
    client.expect(200, "DELETE", f"/cpaas/content/{kept['id']}")
    client.expect(404, "GET", f"/cpaas/content/{kept['id']}")
    client.expect(400, "POST", "/cpaas/content", {**body, "data": "%"})


def test_sms_numbers_are_listed(client):
    for kind, keys in (
        ("dedicatedNumbers", {"number", "countryIsoCode"}),
        ("shortcodes", {"number", "keyword", "countryIsoCode"}),
        ("keywords", {"number", "keyword", "countryIsoCode"}),
    ):
        assert set(client.get(f"/sms/{kind}")[0]) == keys


def test_whatsapp_numbers_and_templates(client, vendor):
    base = "/cpaas/channels/whatsapp"
    body = {"phoneNumberId": "447700900555", "wabaId": "w-1"}
    client.expect(202, "POST", f"{base}/cloud", body)
    client.expect(409, "POST", f"{base}/cloud", body)
    client.expect(400, "POST", f"{base}/cloud", {})
    (number,) = client.get(f"{base}/cloud")
    assert client.get(f"{base}/cloud/+447700900555") == number
    assert client.expect(200, "POST", f"{base}/cloud/register/447700900555") is True
    client.expect(204, "DELETE", f"{base}/cloud/447700900555")
    client.expect(404, "GET", f"{base}/cloud/447700900555")
    vendor.whatsapp_templates["w-1"] = {"t-1": {"id": "t-1", "name": "hello"}}
    assert client.get(f"{base}/businessaccounts/w-1/templates")["data"] == [{"id": "t-1", "name": "hello"}]
    assert client.get(f"{base}/businessaccounts/w-1/templates/t-1")["name"] == "hello"
    client.expect(404, "GET", f"{base}/businessaccounts/w-1/templates/t-2")


def test_analytics_count_what_was_sent(client, clock):
    for _ in range(2):
        sent(client, body="See https://shop.example.org")
    sent(client, rules=["whatsApp"], channelOptions={})
    client.expect(201, "POST", "/cpaas/messages/inbounds", {"from": {"phoneNumber": "1"}, "channel": "sms"})
    clock.advance(10)
    window = {"from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z", "by": "hour"}
    base = "/cpaas/analytics"
    (row,) = client.get(f"{base}/messages", **window)
    assert (row["attempted"], row["delivered"]) == (3, {"sms": 2, "whatsApp": 1})
    (row,) = client.get(f"{base}/messages/metrics", **window)
    assert row["sms"]["timeToDelivered"]["10"]["value"] == 2000 * row["sms"]["timeToDelivered"]["10"]["count"]
    (row,) = client.get(f"{base}/sms/outbound", **window)
    assert (row["submitted"], row["delivered"]) == (2, 2)
    assert client.get(f"{base}/sms/inbound", **window) == [{"date": "2026-01-05T09:00:00.000Z", "received": 1}]
    assert client.get(f"{base}/sms/tracking", **window)[0]["sent"] == 2
    assert client.get(f"{base}/sms/verify", **window) == []
    assert client.get(f"{base}/whatsapp/conversations", **window)[0]["conversation"] == 1
    assert client.get(f"{base}/whatsapp/dailymessagingusage")[0]["usageInTheLast24Hours"] == 1
    client.expect(400, "GET", f"{base}/messages")


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def hook(client, **more):
    body = {"name": "crm", "url": "https://hooks.example.org/in", "secret": SECRET, **more}
    return client.expect(201, "POST", "/cpaas/webhooks", body)["id"]


def names(requests):
    envelopes = [json.loads(request.body) for request in requests]
    flat = [one for envelope in envelopes for one in (envelope if isinstance(envelope, list) else [envelope])]
    return [one["name"] for one in flat]


def test_a_webhook_lives_in_versions(client):
    created = client.ask("POST", "/cpaas/webhooks", {"name": "crm", "url": "https://hooks.example.org/in"})
    number, first = created.json()["id"], created.headers.get("etag")
    path = f"/cpaas/webhooks/{number}"
    body = {"name": "crm", "url": "https://hooks.example.org/other", "batch": True, "maxBatchSize": 2}
    assert client.ask("PUT", path, body, headers={"if-match": first}).status == 200
    assert client.ask("PUT", path, body, headers={"if-match": first}).status == 412
    assert client.get(path)["url"].endswith("other")
    client.expect(204, "DELETE", path)
    client.expect(404, "GET", path)
    assert client.get("/cpaas/webhooks") == []
    assert [one["id"] for one in client.get("/cpaas/webhooks?includeDeleted=true")] == [number]
    assert client.get(f"{path}?includeDeleted=true")["id"] == number


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"url": "nowhere"},
        {"secret": "short"},
        {"maxBatchSize": 501},
        {"batchTimeout": 0},
        {"subscriptions": [{"type": "message.eaten"}]},
    ],
)
def test_a_webhook_is_checked(client, wrong):
    body = {"name": "crm", "url": "https://hooks.example.org/in", **wrong}
    client.expect(400, "POST", "/cpaas/webhooks", body)


def test_events_and_templates_of_webhooks_can_be_read(client):
    events = client.get("/cpaas/webhooks/availableevents?includeSchemas=true")
    assert {"type", "description", "filters", "schema"} == set(events[0])
    assert "schema" not in client.get("/cpaas/webhooks/availableevents")[0]
    assert "message.sent" in client.get("/cpaas/webhooks/availabletemplates")[0]["events"]


def test_a_delivery_is_signed_over_its_raw_body(client, vendor, clock):
    hook(client)
    sent(client)
    clock.advance(2)
    requests = vendor.webhook_deliveries()
    assert names(requests) == ["message.sentRequest", "message.sent", "message.delivered"]
    for request in requests:
        expected = hmac.new(SECRET.encode(), request.body, sha1).hexdigest()
        assert request.headers.get("X-Comapi-Signature") == expected
        assert (request.method, request.url) == ("POST", "https://hooks.example.org/in")
    envelope = json.loads(requests[1].body)
    assert set(envelope) == {
        *("eventId", "accountId", "apiSpaceId", "name", "payload", "revision", "etag", "timestamp"),
    }
    assert envelope["payload"]["details"] == {
        "channel": "sms",
        "additionalInfo": {"to": "447700900123", "successful": True},
    }
    assert envelope["payload"]["metadata"] == {"ref": "m-9"}
    assert vendor.webhook_deliveries() == []


def test_only_wanted_events_are_delivered_filtered_by_channel(client, vendor, clock):
    wanted = {"type": "message.sent", "filters": [{"name": "channel", "value": "SMS"}]}
    hook(client, subscriptions=[wanted])
    sent(client)
    sent(client, rules=["whatsApp"], channelOptions={})
    clock.advance(5)
    (request,) = vendor.webhook_deliveries()
    assert json.loads(request.body)["payload"]["details"]["channel"] == "sms"


def test_batches_close_when_full_or_when_time_is_up(client, vendor, clock):
    hook(client, batch=True, maxBatchSize=2, batchTimeout=30, subscriptions=[{"type": "message.sent"}])
    for _ in range(3):
        sent(client)
    clock.advance(1)
    (full,) = vendor.webhook_deliveries()
    assert len(json.loads(full.body)) == 2
    clock.advance(30)
    (rest,) = vendor.webhook_deliveries()
    assert len(json.loads(rest.body)) == 1


def test_a_receiver_that_fails_is_asked_again_after_the_vendor_s_delays(client, vendor, clock):
    hook(client, subscriptions=[{"type": "message.sent"}])
    sent(client)
    clock.advance(1)
    statuses = iter([500, 401])

    def fails(_):
        status = next(statuses, None)
        if status is None:
            raise ConnectionError("nobody there")
        return status

    assert len(vendor.webhook_deliveries(fails)) == 1
    assert vendor.webhook_deliveries(fails) == []
    for wait in (5, 10, 30):
        clock.advance(wait - 1)
        assert vendor.webhook_deliveries(fails) == []
        clock.advance(1)
        assert len(vendor.webhook_deliveries(fails)) == 1
    clock.advance(86_400)
    vendor.deliver = fails
    assert len(vendor.webhook_deliveries()) == 1
    clock.advance(86_400)
    assert vendor.webhook_deliveries() == []


def test_a_receiver_that_answers_400_is_never_asked_again(client, vendor, clock):
    hook(client, subscriptions=[{"type": "message.sent"}])
    sent(client)
    clock.advance(1)
    assert len(vendor.webhook_deliveries(lambda request: 400)) == 1
    clock.advance(86_400)
    assert vendor.webhook_deliveries() == []


def test_a_deleted_webhook_gets_nothing_more(client, vendor, clock):
    number = hook(client)
    sent(client)
    client.expect(204, "DELETE", f"/cpaas/webhooks/{number}")
    clock.advance(5)
    assert vendor.webhook_deliveries() == []


def test_transactional_mail_is_echoed_with_its_metadata(client, vendor):
    hook(client)
    body = {"toAddresses": ["ana@example.org"], "subject": "Hi", "metadata": {"ref": "m-1"}}
    client.expect(200, "POST", "/v2/email", body)
    (request,) = vendor.webhook_deliveries()
    payload = json.loads(request.body)["payload"]
    assert payload["metadata"] == {"ref": "m-1"}
    assert payload["details"]["additionalInfo"]["to"] == "ana@example.org"


def test_campaigns_are_told_to_webhooks_too(client, vendor, clock):
    hook(client)
    client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": "ana@example.org"}})
    client.expect(202, "POST", "/v2/campaigns/send", {"campaignId": 1, "contactIds": [1]})
    vendor.settle()
    assert names(vendor.webhook_deliveries())[0] == "message.sent"


def test_due_deliveries_come_over_a_control_route_too(client, vendor, clock):
    hook(client, subscriptions=[{"type": "message.sent"}])
    sent(client)
    clock.advance(1)
    (shape,) = vendor.control("POST", "webhooks", {}).json()
    assert shape["url"] == "https://hooks.example.org/in"
    assert "x-comapi-signature" in shape["headers"]
    made = vendor.control("POST", "segments", {"name": "Anas", "field": "firstname", "value": "Ana"}).json()
    assert client.get("/v2/segments")[0]["id"] == made["id"]
    assert vendor.control("POST", "confirm", {"email": "x@example.org"}).json() == {"confirmed": False}
