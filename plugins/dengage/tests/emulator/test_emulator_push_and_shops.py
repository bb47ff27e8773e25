"""Pushes, products, orders, events and flows of the pretended dEngage."""

from __future__ import annotations

from uuid import uuid4

import pytest

APP, OTHER_APP = str(uuid4()), str(uuid4())
LANGUAGES = [
    {
        "language": "EN",
        "title": "Hi {%= $Current.name %}",
        "message": "News",
        "ios": {"targetUrl": "https://a.test"},
    },
    {"language": "TR", "title": "Selam", "message": "Haber"},
]


@pytest.fixture
def api(connect):
    api = connect()
    api.emulator.seed_people([{"key": f"c-{n}", "phone": f"90535000000{n}"} for n in range(4)])
    api.emulator.add_device(APP, "t-0", contact_key="c-0", browser="Chrome", kind="WEB", tags={"vip": "gold"})
    api.emulator.add_device(APP, "t-1", contact_key="c-1", tags={"vip": "silver", "new": None})
    api.emulator.add_device(APP, "t-1b", contact_key="c-1", engaged=False)
    api.emulator.add_device(OTHER_APP, "t-2", contact_key="c-2")
    api.push_content = api.emulator.add_content("push", "news", LANGUAGES, transactional=True)
    return api


def push(api, **given):
    return api.post("/transactional/push", {"contentId": api.push_content, **given})


def recipients(api):
    return [(sent.channel, sent.recipient) for sent in api.emulator.outbox]


# ── transactional pushes ─────────────────────────────────────────────────────────────────────────────────────


def test_a_push_goes_to_the_latest_device_of_a_contact_or_to_all(api):
    said = push(api, contactKey="c-1", current={"name": "Ada"})
    assert (said.code, said.data["to"]["token"]) == (0, "t-1b")
    assert api.emulator.outbox[0].details["title"] == "Hi Ada"
    assert push(api, contactKey="c-1", sendToAll=True, language="TR").code == 0
    assert len(api.emulator.outbox) == 3
    assert api.emulator.outbox[1].details["title"] == "Selam"


def test_a_push_goes_to_a_token_of_an_application(api):
    assert push(api, token="t-0", appId=APP).code == 0
    assert push(api, token="t-0", appId=OTHER_APP).code == 11
    assert recipients(api) == [("push", "c-0")]


@pytest.mark.parametrize("key", ["c-3", "nobody"])
def test_a_contact_without_a_device_is_code_11_inside_a_200(api, key):
    said = push(api, contactKey=key)
    assert (said.status, said.code) == (200, 11)
    assert said.body["message"] == "Token not found with given ContactKey"


def test_a_passive_contact_gets_no_push(api):
    api.bulk({"contact_key": "c-0", "contact_status": "P"})
    assert push(api, contactKey="c-0").code == 11
    assert push(api, token="t-0", appId=APP).code == 11


@pytest.mark.parametrize("transactional", [True, False])
def test_a_push_content_that_is_unknown_or_not_transactional_is_404_in_these_words(api, transactional):
    content = str(uuid4()) if transactional else api.emulator.add_content("push", "x", LANGUAGES)
    said = push(api, contentId=content, contactKey="c-0")
    assert (said.status, said.body["message"]) == (404, f"{content} content is null")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, 11),
        ({"contactKey": "c-0", "token": "t-0"}, 11),
        ({"token": "t-0"}, 1),
        ({"token": "t-0", "appId": APP, "sendToAll": True}, 11),
        ({"contactKey": "c-0", "contentId": "news"}, 1),
        ({"contactKey": "c-0", "contentId": None}, 1),
        ({"contactKey": "c-0", "customParameters": [{"value": "x"}]}, 1),
        ({"contactKey": "c-0", "inboxParams": {"enabled": True}}, 1),
        (
            {
                "contactKey": "c-0",
                "inboxParams": {"enabled": True, "expire": {"type": "DATE", "periodType": "DAY"}},
            },
            11,
        ),
    ],
)
def test_a_push_that_does_not_do_is_refused(api, given, code):
    assert push(api, **given).code == code
    assert api.emulator.outbox == []


def test_the_same_trace_id_pushes_once_but_a_refusal_may_be_made_again(api):
    assert push(api, contactKey="c-3", traceId="t").code == 11
    first = push(api, contactKey="c-0", traceId="t")
    assert push(api, contactKey="c-0", traceId="t") == first
    assert len(api.emulator.outbox) == 1


def test_a_contact_without_a_device_may_get_a_text_message_instead(api):
    said = push(api, contactKey="c-3", fallbackChannel="SMS")
    assert said.data["to"]["gsm"] == "905350000003"
    api.bulk({"contact_key": "c-3", "gsm_permission": False})
    assert push(api, contactKey="c-3", fallbackChannel="SMS").code == 11
    assert recipients(api) == [("sms", "905350000003")]


def test_a_push_may_stay_in_the_inbox_until_it_expires(api):
    expire = {"type": "PERIOD", "period": 7, "periodType": "DAY"}
    push(api, contactKey="c-0", current={"name": "Ada"}, inboxParams={"enabled": True, "expire": expire})
    push(api, contactKey="c-0", inboxParams={"enabled": False})

    def inbox():
        return api(
            "GET", "/api/inbox/getMessages", base=api.emulator.public_url, token=None, contactKey="c-0"
        ).data

    assert inbox() == {"messages": [{"title": "Hi Ada", "message": "News"}]}
    api.clock.advance(7 * 86_400)
    assert inbox() == {"messages": []}
    assert api("GET", "/api/inbox/getMessages", base=api.emulator.public_url, token=None).code == 1


def test_a_push_by_tag_goes_to_devices_that_carry_the_tags(api):
    def by_tag(*tags, **given):
        api.emulator.outbox.clear()
        body = {
            "applicationIds": [APP],
            "tagList": [dict(zip(("tagName", "tagValue"), tag, strict=False)) for tag in tags],
            "content": {"title": "x", "message": "x"},
            **given,
        }
        return api.post("/transactional/pushByTag", body).code, [sent.recipient for sent in api.emulator.outbox]

    assert by_tag(("vip",)) == (0, ["c-0", "c-1"])
    assert by_tag(("vip", "gold")) == (0, ["c-0"])
    assert by_tag(("vip", "gold"), ("new",), tagOperator="OR") == (0, ["c-0", "c-1"])
    assert by_tag(("vip",), ("new",), tagOperator="AND") == (0, ["c-1"])
    assert by_tag(("vip",), ("new",)) == (11, [])
    assert by_tag() == (1, [])
    assert by_tag(*[("vip",)] * 4, tagOperator="OR") == (1, [])
    assert by_tag(("vip",), applicationIds=[]) == (1, [])
    assert by_tag(("vip",), traceId="t")[1] == ["c-0", "c-1"]
    assert by_tag(("vip",), traceId="t")[1] == []


# ── pushes to many ───────────────────────────────────────────────────────────────────────────────────────────


def instant(api, **given):
    segment = api.emulator.add_segment("all")
    content = {"title": "x", "message": "x"}
    return api.post(
        "/push/sendInstant", {"applicationIds": [APP], "content": content, "segmentId": segment, **given}
    )


def test_an_instant_push_goes_to_the_devices_of_a_segment_and_is_reported_after_a_while(api):
    api.bulk({"contact_key": "c-1", "contact_status": "P"})
    tracking_id = instant(api).data["trackingId"]
    assert recipients(api) == [("push", "c-0")]
    assert api.get("/push/sendInstant", trackingId=tracking_id).status == 404
    api.clock.advance(60)
    report = api.get("/push/sendInstant", trackingId=tracking_id, applicationId=APP).data
    assert report == {
        "status": "COMPLETED",
        "createdAt": "2026-01-05T09:00:00Z",
        "totalDeliveredCount": 1,
        "totalOpenCount": 0,
        "totalBounceCount": 0,
        "totalErrorCount": 0,
        "errorMessage": None,
        "browsers": [{"itemName": "Chrome", "deliveredCount": 1, "openCount": 0}],
        "deviceTypes": [{"itemName": "WEB", "deliveredCount": 1, "openCount": 0}],
    }
    other = api.get("/push/sendInstant", trackingId=tracking_id, applicationId=OTHER_APP).data
    assert other["totalDeliveredCount"] == 0
    assert api.get("/push/sendInstant", trackingId=str(uuid4())).status == 404


def test_an_instant_push_may_be_scheduled_and_bear_an_id_of_its_own(api):
    own = str(uuid4())
    assert instant(api, trackingId=own, scheduleDate="2026-01-05T10:00:00Z").data == {"trackingId": own}
    assert instant(api, trackingId=own).code == 11
    assert recipients(api) == []
    api.clock.advance(3599)
    assert api.get("/push/sendInstant", trackingId=own).status == 404
    api.clock.advance(3601)
    assert {sent.at.isoformat() for sent in api.emulator.outbox} == {"2026-01-05T10:00:00+00:00"}


def test_an_instant_push_to_a_table_to_engaged_devices_and_past_bouncing_ones(api):
    table = api.table()
    api.rows(table, "c-0", "c-1")
    api.emulator.bouncing_addresses = {"t-0"}
    tracking_id = instant(api, segmentId=None, tableId=table, useOnlyEngagedTokens=True).data["trackingId"]
    assert recipients(api) == [("push", "c-1")]
    api.clock.advance(60)
    assert api.get("/push/sendInstant", trackingId=tracking_id).data["totalBounceCount"] == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"applicationIds": []}, 1),
        ({"applicationIds": ["app"]}, 11),
        ({"content": {"title": "x"}}, 1),
        ({"content": {"templateId": str(uuid4())}}, 404),
        ({"content": None}, 11),
        ({"segmentId": None}, 11),
        ({"trackingId": "short"}, 1),
        ({"scheduleDate": "soon"}, 11),
    ],
)
def test_an_instant_push_that_does_not_do_is_refused(api, given, code):
    assert instant(api, **given).code == code
    assert api.emulator.outbox == []


def test_an_instant_push_may_have_a_stored_content_or_languages(api):
    assert instant(api, content={"templateId": api.push_content}).code == 0
    assert (
        instant(api, content=None, multiLangContent=[{"language": "EN", "title": "a", "message": "b"}]).code == 0
    )
    assert {sent.details["title"] for sent in api.emulator.outbox} == {LANGUAGES[0]["title"], "a"}


def test_a_live_activity_is_started_updated_and_ended_on_devices(api):
    base = {"activityType": "parcel", "appGuids": [APP], "activityId": "a-1", "androidPayload": {"eta": 5}}
    segment = api.emulator.add_segment("some", ["c-0"])
    device = api.emulator.devices[0].device_id
    assert api.post("/liveActivity/start", {**base, "contactKeys": ["c-0"]}).data == {"activityId": "a-1"}
    ios = {**base, "androidPayload": None, "iosPayload": {"contentState": {"eta": 4}}}
    assert api.post("/liveActivity/update", {**ios, "deviceIds": [device]}).code == 0
    assert api.post("/liveActivity/end", {**base, "segmentGuid": segment}).code == 0
    assert [sent.what for sent in api.emulator.outbox] == [
        f"live activity {s}" for s in ("start", "update", "end")
    ]


def test_the_id_of_a_live_activity_may_not_be_used_again_for_13_hours(connect):
    api = connect(token_seconds=10**6)
    body = {
        "activityType": "p",
        "appGuids": [APP],
        "activityId": "a-1",
        "androidPayload": {},
        "contactKeys": ["c"],
    }
    assert api.post("/liveActivity/start", body).code == 0
    api.clock.advance(13 * 3600 - 1)
    assert api.post("/liveActivity/start", body).code == 11
    api.clock.advance(1)
    assert api.post("/liveActivity/start", body).code == 0
    assert api.post("/liveActivity/update", {**body, "activityId": "a-2"}).status == 404
    assert api.post("/liveActivity/stop", body).status == 404
    assert api.post("/liveActivity/start", {**body, "deviceIds": ["d"]}).code == 11
    assert api.post("/liveActivity/start", {**body, "androidPayload": None, "iosPayload": {}}).code == 1


# ── shops ────────────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT = {
    "product_id": "p-1",
    "title": "Hat",
    "category_path": "Hats",
    "price": 10,
    "discounted_price": 9.5,
    "link": "https://shop.acme.test/hat",
    "image_link": "https://shop.acme.test/hat.png",
}
VARIANT = {"product_variant_id": "v-1", "title": "Red hat", "price": 10, "discounted_price": 9, "image_link": "x"}
ORDER = {
    "order_id": "o-1",
    "contact_key": "c-1",
    "order_date": "2026-01-05T09:00:00Z",
    "order_status": "success",
    "order_source": "web",
    "payment_method": "credit_card",
    "item_count": 3,
    "total_amount": 28.5,
    "items": [
        {"product_id": "p-1", "quantity": 1, "unit_price": 10, "discounted_price": 9.5},
        {"product_id": "p-1", "quantity": 2, "unit_price": 10, "discounted_price": 9.5},
    ],
}


def test_products_are_upserted(api):
    said = api.post("/dataspace/ecomm/product/upsert", {"products": [{**PRODUCT, "variants": [VARIANT]}]})
    assert said.code == 0
    assert api.emulator.products["p-1"]["variants"] == [VARIANT]


@pytest.mark.parametrize(
    "given",
    [
        {"title": ""},
        {"link": None},
        {"price": "10"},
        {"price": 9},
        {"stock_count": -1},
        {"variants": [{**VARIANT, "image_link": ""}]},
        {"variants": [{**VARIANT, "discounted_price": 11}]},
        {"variants": [{**VARIANT, "product_id": "p-1"}]},
    ],
)
def test_a_product_that_does_not_do_refuses_all_of_them(api, given):
    products = [{**PRODUCT, "product_id": "good"}, {**PRODUCT, **given}]
    assert api.post("/dataspace/ecomm/product/upsert", {"products": products}).code == 11
    assert api.emulator.products == {}


def test_at_most_a_thousand_products_are_taken(api):
    assert api.post("/dataspace/ecomm/product/upsert", {"products": [PRODUCT] * 1001}).code == 1


def test_orders_are_upserted(api):
    assert api.post("/dataspace/ecomm/orders_detail/upsert", {"orders": [ORDER]}).code == 0
    assert list(api.emulator.orders) == ["o-1"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"order_id": None}, 1),
        ({"order_date": "05.01.2026"}, 11),
        ({"order_status": "lost"}, 11),
        ({"order_source": "phone"}, 11),
        ({"payment_method": "gold"}, 11),
        ({"item_count": 2}, 11),
        ({"total_amount": 30}, 11),
        ({"items": []}, 1),
    ],
)
def test_an_order_that_does_not_do_is_refused(api, given, code):
    assert api.post("/dataspace/ecomm/orders_detail/upsert", {"orders": [{**ORDER, **given}]}).code == code
    assert api.emulator.orders == {}


def event(api, **given):
    body = {"accountId": "c0ffee00-1111-4222-8333-444455556666", "eventTable": "page_view_events", "key": "c-1"}
    body |= {"eventDetails": {"page_type": "home"}, **given}
    return api("POST", "/api/web/event", body, token=None, base=api.emulator.public_url)


def test_an_event_needs_no_token_and_is_stored_where_its_table_is_there(api):
    said = event(api)
    assert (said.status, said.body) == (200, None)
    (row,) = api.emulator.tables.by_name("page_view_events").rows.values()
    assert row == {"contact_key": "c-1", "page_type": "home"}


@pytest.mark.parametrize(
    "given", [{"accountId": "other"}, {"eventTable": "nothing"}, {"eventTable": "master_contact"}]
)
def test_an_event_that_cannot_be_stored_vanishes_without_a_word(api, given):
    assert event(api, **given).status == 200
    assert all(not table.rows for table in api.emulator.tables.listed())


def test_an_event_may_go_to_a_table_of_the_customer_if_it_fits(api):
    api.table("visits")
    event(api, eventTable="visits", eventDetails={"topic": "home"})
    event(api, eventTable="visits", eventDetails={"topic": 7})
    assert len(api.emulator.tables.by_name("visits").rows) == 1


def test_an_event_for_a_sendable_table_makes_a_contact_that_is_opted_in(api):
    api.table("visits", contactKeyColumn="contact_key")
    event(api, eventTable="visits", eventDetails={"topic": "home"})
    assert api.contact("c-1")["email_permission"] is True


@pytest.mark.parametrize("given", [{"accountId": None}, {"key": ""}, {"eventDetails": "x"}])
def test_an_event_in_a_bad_format_is_refused(api, given):
    assert event(api, **given).status == 400


def test_a_flow_is_triggered_and_refusals_come_inside_a_200(api):
    flow = api.emulator.add_flow()
    said = api.post("/dataspace/triggerAutomatedFlow", {"id": flow})
    assert (said.code, said.data) == (0, {"HasError": False, "ErrorMessage": None})
    assert api.emulator.flows[flow].triggered == 1
    sleeping = api.control("flows", active=False).body["id"]
    for unknown in (str(uuid4()), sleeping):
        said = api.post("/dataspace/triggerAutomatedFlow", {"id": unknown})
        assert (said.status, said.code, said.data["HasError"]) == (200, 0, True)
    said = api.post("/dataspace/triggerAutomatedFlow", {"id": "flow"})
    assert (said.status, said.code, said.body["message"]) == (400, 1, "id need to be a guid!")
