"""Events in and out: the emulator against section 24."""

from __future__ import annotations

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

SUBSCRIPTIONS = "/events/v3/export/subscriptions"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    return DotdigitalEmulator(clock=clock, rate_scheme="off")


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def wish(*types, name="crm sync", status="active", **more):
    wanted = [one if isinstance(one, dict) else {"eventType": one} for one in types or ("contact.updated",)]
    alerts = {"alertChannels": "none"}
    return {"name": name, "status": status, "subscribedEventTypes": wanted, "alertsConfiguration": alerts, **more}


def subscribed(client, *types, **more):
    return client.expect(201, "POST", SUBSCRIPTIONS, wish(*types, **more))["id"]


def drained(client, number, limit=2):
    events, checkpoint = [], None
    while True:
        tail = f"&checkPoint={checkpoint}" if checkpoint else ""
        page = client.get(f"/events/v3/export/{number}?limit={limit}{tail}")
        if not page["events"]:
            return events
        events += page["events"]
        checkpoint = page["checkPoint"]


def made(client, email="ana@example.org", **more):
    return client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": email}, **more})["contactId"]


def test_a_subscription_lives_through_its_operations(client):
    created = client.expect(201, "POST", SUBSCRIPTIONS, wish())
    assert created["id"] == 95
    assert {"created", "updated"} <= set(created)
    path = f"{SUBSCRIPTIONS}/{created['id']}"
    assert client.get(path) == created
    changed = client.expect(200, "PUT", path, wish("contact.created", name="other", status="inactive"))
    assert (changed["name"], changed["status"]) == ("other", "inactive")
    page = client.get(SUBSCRIPTIONS, limit=1)
    assert [one["id"] for one in page["_items"]] == [created["id"]]
    assert {"self", "first"} == set(page["_links"])
    client.expect(204, "DELETE", path)
    missing = client.expect(404, "GET", path)
    assert missing["errorCode"] == "events:subscriptionNotFound"
    client.expect(404, "GET", "/events/v3/export/95")


def test_subscriptions_are_paged(client):
    for n in range(3):
        subscribed(client, name=f"s{n}")
    first = client.get(SUBSCRIPTIONS, limit=2)
    second = client.expect(200, "GET", first["_links"]["next"]["link"])
    assert len(first["_items"] + second["_items"]) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (wish("example.unknownType", name="x"), 400, "events:invalidEventType"),
        (wish(name="taken"), 409, "events:nameAlreadyExists"),
        (wish(name=""), 400, "events:badRequest"),
        (wish(name="x", status="sleeping"), 400, "events:badRequest"),
        ({**wish(name="x"), "subscribedEventTypes": []}, 400, "events:badRequest"),
        ({**wish(name="x"), "alertsConfiguration": {"alertChannels": "email"}}, 400, "events:badRequest"),
        ({**wish(name="x"), "alertsConfiguration": None}, 400, "events:badRequest"),
        (wish({"eventType": "message.sent", "filters": []}, name="x"), 400, "events:badRequest"),
        (
            wish({"eventType": "message.sent", "filters": [{"field": "channel"}]}, name="x"),
            400,
            "events:badRequest",
        ),
        (
            wish({"eventType": "message.sent", "filters": [{"field": "$.channel"}]}, name="x"),
            400,
            "events:badRequest",
        ),
    ],
)
def test_a_subscription_is_checked(client, body, status, code):
    subscribed(client, name="taken")
    assert client.expect(status, "POST", SUBSCRIPTIONS, body)["errorCode"] == code


def test_there_may_be_five_subscriptions(client):
    for n in range(5):
        subscribed(client, name=f"s{n}")
    client.expect(412, "POST", SUBSCRIPTIONS, wish(name="sixth"))


def test_nothing_from_before_is_captured_and_nothing_while_inactive(client, vendor, clock):
    made(client, "before@example.org")
    number = subscribed(client, "contact.created")
    made(client, "during@example.org")
    client.expect(200, "PUT", f"{SUBSCRIPTIONS}/{number}", wish("contact.created", status="inactive"))
    made(client, "meanwhile@example.org")
    refused = client.expect(409, "GET", f"/events/v3/export/{number}")
    assert refused["errorCode"] == "events:inactiveSubscription"
    client.expect(200, "PUT", f"{SUBSCRIPTIONS}/{number}", wish("contact.created"))
    made(client, "after@example.org")
    assert [event["data"]["email"] for event in drained(client, number)] == [
        "during@example.org",
        "after@example.org",
    ]


def test_capture_may_begin_late(client, vendor, clock):
    vendor.subscription_start_seconds = 300
    number = subscribed(client, "contact.created")
    made(client, "early@example.org")
    clock.advance(300)
    made(client, "late@example.org")
    assert [event["data"]["email"] for event in drained(client, number)] == ["late@example.org"]


def test_an_event_is_a_closed_envelope(client):
    number = subscribed(client, "contact.created")
    contact = made(client)
    (event,) = drained(client, number)
    assert set(event) == {"id", "accountId", "processedDate", "type", "eventDate", "data"}
    assert (event["type"], event["data"]["contactId"]) == ("contact.created", contact)


def test_a_checkpoint_confirms_and_a_page_can_be_read_again(client):
    number = subscribed(client, "contact.created")
    for n in range(3):
        made(client, f"p{n}@example.org")
    path = f"/events/v3/export/{number}"
    first = client.get(path, limit=2)
    assert client.get(path, limit=2)["events"] == first["events"]
    second = client.get(path, limit=2, checkPoint=first["checkPoint"])
    assert len(second["events"]) == 1
    assert client.get(path, limit=2, checkPoint=first["checkPoint"])["events"] == second["events"]
    assert client.get(path, limit=2)["events"] == second["events"]
    assert client.get(path, checkPoint=second["checkPoint"])["events"] == []
    for bad in ("nonsense", "bm9uc2Vuc2U=", "czE6MQ=="):
        refused = client.expect(400, "GET", f"{path}?checkPoint={bad}")
        assert refused["errorCode"] == "events:invalidCheckpoint"
    client.expect(400, "GET", f"{path}?limit=5001")


def test_filters_are_anded_and_equal_types_are_ored(client, vendor, clock):
    def condition(field, pattern, **more):
        return {"field": field, "matchPattern": pattern, **more}

    number = subscribed(
        client,
        {
            "eventType": "message.status",
            "filters": [condition("$.channel", "s[l-n]s"), condition("$.status", "del*")],
        },
        {"eventType": "message.status", "filters": [condition("$.channel", "WHATS?PP", caseSensitive=False)]},
        {"eventType": "message.status", "filters": [condition("$.nothing.here", "*")]},
    )
    for rules in (["sms"], ["whatsApp"], ["mms"]):
        body = {"to": {"phoneNumber": "447700900123"}, "body": "x", "rules": rules}
        client.expect(201, "POST", "/cpaas/messages", body)
    clock.advance(5)
    assert [event["data"]["channel"] for event in drained(client, number)] == ["sms", "whatsApp"]


def test_every_change_of_a_contact_is_an_event(client, vendor, clock):
    kinds = ("contact.created", "contact.updated", "contact.removed", "contact.membershipUpdated")
    more = ("contact.preferenceUpdated", "contact.consentAdded", "interaction.unsubscribe", "email.doubleOptIn")
    number = subscribed(client, *kinds, *more)
    book = client.expect(201, "POST", "/v2/address-books", {"name": "Customers"})["id"]
    consent = {
        "text": "yes",
        "dateTimeConsented": "2024-05-01",
        "url": "https://x.example.org",
        "ipAddress": "::1",
        "userAgent": "x",
    }
    made(client, lists=[book], preferences=[{"id": 2, "isOptedIn": True}], consentRecords=[consent])
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    client.expect(200, "POST", "/v2/contacts/resubscribe", {"unsubscribedContact": {"email": "ana@example.org"}})
    vendor.confirm("ana@example.org")
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    events = drained(client, number)
    assert {event["type"] for event in events} == {*kinds, *more}
    assert len({event["id"] for event in events}) == len(events)


def test_membership_of_lists_and_segments_is_an_event(client, vendor):
    number = subscribed(client, "contact.membershipUpdated")
    book = client.expect(201, "POST", "/v2/address-books", {"name": "Customers"})["id"]
    made(client, lists=[book])
    segment = vendor.add_segment("Everybody", lambda contact: not contact.data)
    client.expect(200, "POST", f"/v2/address-books/{book}/contacts/unsubscribe", {"email": "ana@example.org"})
    client.expect(204, "DELETE", f"/v2/address-books/{book}/contacts/1")
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"FIRSTNAME": "Ana"}})
    vendor.refresh_segment(segment)
    data = [event["data"] for event in drained(client, number)]
    assert [(one.get("listId"), one.get("segmentId"), one["change"]) for one in data] == [
        (book, None, "added"),
        (None, segment.id, "added"),
        (book, None, "suppressed"),
        (book, None, "removed"),
        (None, segment.id, "removed"),
    ]


def test_campaigns_programs_and_insight_make_events_too(client, vendor, clock):
    number = subscribed(client, "campaign.send", "message.sent", "insightData.set", "insightData.removed")
    other = subscribed(
        client, "interaction.click", "insightData.collectionCreated", "insightData.collectionRemoved", name="more"
    )
    made(client)
    client.expect(202, "POST", "/v2/campaigns/send", {"campaignId": 1, "contactIds": [1]})
    vendor.control("POST", "engagement", {"campaignId": 1, "contactId": 1, "kind": "click"})
    path = "/insightData/v3/contacts/contactId/1/Orders/1"
    client.expect(201, "PUT", path, {"n": 1})
    client.expect(204, "DELETE", path)
    client.expect(201, "POST", "/insightData/v3/collections/New?collectionScope=account&collectionType=custom")
    client.expect(202, "DELETE", "/insightData/v3/collections/New")
    clock.advance(10)
    types = [event["type"] for event in drained(client, number)]
    assert sorted(types) == ["campaign.send", "insightData.removed", "insightData.set", "message.sent"]
    events = drained(client, other)
    assert events[0]["data"]["campaignId"] == 1
    assert [event["type"] for event in events] == [
        "interaction.click",
        "insightData.collectionCreated",
        "insightData.collectionRemoved",
    ]


def test_thirty_days_unread_make_a_subscription_inactive(client, clock):
    number = subscribed(client)
    clock.advance(29 * 86_400)
    client.get(f"/events/v3/export/{number}")
    clock.advance(31 * 86_400)
    client.expect(409, "GET", f"/events/v3/export/{number}")
    assert client.get(f"{SUBSCRIPTIONS}/{number}")["status"] == "inactive"


def event(type_="Booked a visit", email="ana@example.org", **more):
    return {"contactIdentity": {"identifier": "email", "value": email}, "type": type_, **more}


def test_imported_events_become_insight_records_of_their_contacts(client, clock):
    made(client)
    body = [
        event(id="e-1", eventTimestamp="2026-01-01T10:00:00Z", eventData={"place": "Bath"}),
        event(id="e-1", eventData={"place": "Bristol"}),
        event(email="nobody@example.org"),
        event(timelineDetails={"summary": "Booked"}),
    ]
    response = client.ask("POST", "/events/v3/import", body)
    assert (response.status, response.body) == (202, b"")
    clock.advance(5)
    rows = client.get("/insightData/v3/contacts/Booked_a_visit")["_items"]
    assert len(rows) == 2
    assert rows[0]["json"]["event"] == "Booked a visit"
    assert rows[0]["json"]["event_data"] == {"place": "Bristol"}
    assert set(rows[0]["json"]) == {"id", "event", "created_date", "event_data"}
    assert client.get("/insightData/v3/collections")[-1]["collectionType"] == "event"


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{}],
        [event("")],
        [event("x" * 81)],
        [{"type": "x", "contactIdentity": {"identifier": "email"}}],
        [event(timelineDetails={"summary": ""})],
        [event(timelineDetails={"summary": "x" * 161})],
        [event(eventTimestamp="then")],
        [event(eventData=[])],
        [event()] * 5001,
        {},
    ],
)
def test_imported_events_are_checked(client, body):
    assert client.expect(400, "POST", "/events/v3/import", body)["errorCode"] == "events:badJson"


def test_a_large_object_is_bytes_under_the_vendor_s_misspelt_type(client, vendor):
    vendor.large_objects["lob-1"] = b"much"
    got = client.ask("GET", "/events/v3/lob/lob-1")
    assert (got.body, got.headers.get("content-type")) == (b"much", "application/octet-steam")
    client.expect(404, "GET", "/events/v3/lob/lob-2")


def test_events_need_the_larger_package(client, vendor):
    vendor.cxdp = False
    for method, path, body in (
        ("POST", "/events/v3/import", [event()]),
        ("GET", SUBSCRIPTIONS, None),
        ("POST", SUBSCRIPTIONS, wish()),
        ("GET", "/events/v3/export/95", None),
        ("GET", "/events/v3/lob/x", None),
    ):
        assert client.expect(403, method, path, body)["errorCode"] == "events:forbidden"
    vendor.cxdp, vendor.import_body_bytes = True, 5
    client.expect(413, "POST", "/events/v3/import", [event()])
