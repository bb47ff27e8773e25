"""Campaigns, their sends and reports, and templates: the emulator against sections 18, 19 and 30."""

from __future__ import annotations

import pytest

from martech.emulation import serve
from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking
from martech_dotdigital.emulator.email.activity import Kind
from martech_dotdigital.emulator.switches import EngagementRates

HTML, TEXT = '<a href="http://$UNSUB$">out</a>', "out: $UNSUB$"
CAMPAIGN = {"name": "News", "subject": "Hi", "fromName": "Shop", "htmlContent": HTML, "plainTextContent": TEXT}
STILL = EngagementRates(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    return DotdigitalEmulator(clock=clock, rate_scheme="off", samples=False, engagement_rates=STILL)


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def code(body):
    return body["message"].split()[-1]


def new_campaign(client, **more):
    return client.expect(201, "POST", "/v2/campaigns", {**CAMPAIGN, **more})["id"]


def new_list(client, count, name="Customers"):
    number = client.expect(201, "POST", "/v2/address-books", {"name": name})["id"]
    for position in range(count):
        body = {"identifiers": {"email": f"{name.lower()}{position}@example.org"}, "lists": [number]}
        client.expect(201, "POST", "/contacts/v3", body)
    return number


def send(client, campaign, **how):
    return client.expect(202, "POST", "/v2/campaigns/send", {"campaignID": str(campaign), **how})


def engage(vendor, campaign, contact, kind, **more):
    vendor.engage(vendor.campaigns[campaign], vendor.people.by_id[contact], kind, **more)


# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_campaign_is_created_with_its_type_and_read_without(client):
    created = client.expect(201, "POST", "/v2/campaigns", {**CAMPAIGN, "type": "nonsense"})
    assert created.pop("type") == "Standard"
    assert created == {
        "id": 1,
        "name": "News",
        "subject": "Hi",
        "fromName": "Shop",
        "fromAddress": {"id": 1, "email": "hello@shop.example.org"},
        "htmlContent": HTML,
        "plainTextContent": TEXT,
        "replyAction": "Unset",
        "replyToAddress": "",
        "isSplitTest": False,
        "status": "Unsent",
    }
    assert client.get("/v2/campaigns/1") == created
    assert client.expect(201, "POST", "/v2/campaigns", {**CAMPAIGN, "type": "Triggered"})["status"] == "Triggered"
    assert code(client.expect(404, "GET", "/v2/campaigns/99")) == "ERROR_CAMPAIGN_NOT_FOUND"


@pytest.mark.parametrize(
    "wrong",
    [
        {"htmlContent": "<p>no way out</p>"},
        {"plainTextContent": "no way out"},
        {"name": "x" * 256},
        {"subject": None},
        {"fromName": " "},
        {"fromAddress": {"email": "stranger@example.org"}},
        {"replyAction": "Shout"},
        {"fromAddress": "hello@shop.example.org"},
        {"fromAddress": {"id": "one"}},
        {"subject": 7},
    ],
)
def test_a_campaign_is_checked(client, wrong):
    assert code(client.expect(400, "POST", "/v2/campaigns", {**CAMPAIGN, **wrong})) == "ERROR_CAMPAIGN_INVALID"


def test_from_addresses_are_listed_and_chosen_by_id_or_address(client, vendor):
    number = vendor.add_from_address("news@shop.example.org")
    assert client.get("/v2/custom-from-addresses")[-1] == {"id": number, "email": "news@shop.example.org"}
    for address in ({"id": str(number)}, {"email": "NEWS@shop.example.org"}):
        created = client.expect(201, "POST", "/v2/campaigns", {**CAMPAIGN, "fromAddress": address})
        assert created["fromAddress"]["id"] == number


def test_a_campaign_is_updated_until_it_is_sent_copied_and_deleted(client, clock):
    campaign, number = new_campaign(client, replyAction="webmail"), new_list(client, 1)
    updated = client.expect(200, "PUT", f"/v2/campaigns/{campaign}", {"subject": "Hello"})
    assert (updated["subject"], updated["name"], updated["replyAction"]) == ("Hello", "News", "Webmail")
    copy = client.expect(201, "POST", f"/v2/campaigns/{campaign}/copy")
    assert (copy["name"], copy["status"], copy["subject"]) == ("Copy of News", "Unsent", "Hello")
    send(client, campaign, addressBookIds=[number])
    refused = client.expect(400, "PUT", f"/v2/campaigns/{campaign}", {"subject": "Late"})
    assert code(refused) == "ERROR_CAMPAIGN_READONLY"
    assert code(client.expect(400, "DELETE", f"/v2/campaigns/{campaign}")) == "ERROR_CAMPAIGN_READONLY"
    clock.advance(5)
    client.expect(204, "DELETE", f"/v2/campaigns/{campaign}")
    client.expect(404, "GET", f"/v2/campaigns/{campaign}/summary")


def test_campaigns_are_listed_without_content_and_filtered(client, vendor, clock):
    first, second = new_campaign(client), new_campaign(client, name="Second")
    new_campaign(client, name="Third", type="Triggered")
    vendor.campaigns[first].tags = ["lapsed", "Sale"]
    number = new_list(client, 1)
    send(client, first, addressBookIds=[number])
    clock.advance(10)
    send(client, second, addressBookIds=[number], sendDate="2026-02-01T09:00:00Z")
    rows = client.get("/v2/campaigns")
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert rows[0]["htmlContent"] is rows[0]["plainTextContent"] is None
    assert client.get("/v2/campaigns/with-details")[0]["tags"] == [{"name": "lapsed"}, {"name": "Sale"}]
    detailed = client.get(f"/v2/campaigns/{first}/with-details")
    assert (detailed["type"], detailed["splitTestOptions"]) == ("Standard", [])
    assert detailed["sentDate"] == "2026-01-05T09:00:00.000Z"

    def ids(query):
        return [row["id"] for row in client.get(f"/v2/campaigns/filtered?{query}")]

    assert ids("~type=Triggered") == [3]
    assert ids("~tags=sale,lapsed") == [1]
    assert ids("~tags=other") == []
    assert ids("~statuses=Sent&~statuses=Triggered") == [1, 3]
    assert ids("~sentDate=2026-01-05") == [1]
    assert ids("~scheduledDateFrom=2026-01-20&~scheduledDateTo=2026-02-20") == [2]
    assert ids("select=1&skip=1") == [2]
    row = client.get("/v2/campaigns/filtered?~type=standard")[1]
    assert (row["scheduledDate"], row["sentDate"], row["tags"]) == ("2026-02-01T09:00:00.000Z", None, [])
    client.expect(400, "GET", "/v2/campaigns/filtered?~sentDate=soon")
    client.expect(400, "GET", "/v2/campaigns?select=0")


# ── sends ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_send_goes_from_sending_to_sent_and_reaches_each_once(client, vendor, clock):
    campaign, number = new_campaign(client), new_list(client, 3)
    answered = send(client, campaign, addressBookIDs=[number], contactIds=[1])
    assert answered == {
        "id": answered["id"],
        "campaignId": campaign,
        "addressBookIds": [number],
        "contactIds": [1],
        "sendDate": "2026-01-05T09:00:00.000Z",
        "splitTestOptions": None,
        "status": "Sending",
    }
    assert client.get(f"/v2/campaigns/{campaign}")["status"] == "Sending"
    clock.advance(5)
    assert client.get(f"/v2/campaigns/send/{answered['id']}")["status"] == "Sent"
    assert client.get(f"/v2/campaigns/{campaign}")["status"] == "Sent"
    assert sorted(sent.recipient for sent in vendor.outbox) == [f"customers{n}@example.org" for n in range(3)]
    assert {sent.key for sent in vendor.outbox} == {answered["id"]}
    assert [one["id"] for one in client.get(f"/v2/campaigns/{campaign}/address-books")] == [number]
    assert [one["id"] for one in client.get(f"/v2/address-books/{number}/campaigns")] == [campaign]


def test_only_who_may_be_written_to_gets_a_campaign(client, vendor, clock):
    campaign, number = new_campaign(client), new_list(client, 5)
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "customers0@example.org"})
    client.expect(
        200, "POST", f"/v2/address-books/{number}/contacts/unsubscribe", {"email": "customers1@example.org"}
    )
    client.expect(200, "DELETE", "/contacts/v3/email/customers2@example.org")
    body = {"channelProperties": {"email": {"optInType": "verifiedDouble"}}}
    client.expect(200, "PATCH", "/contacts/v3/email/customers3@example.org", body)
    send(client, campaign, addressBookIds=[number])
    mails = [sent for sent in vendor.outbox if sent.what.startswith("campaign")]
    assert [sent.recipient for sent in mails] == ["customers4@example.org"]
    rows = client.get(f"/v2/campaigns/{campaign}/activities")
    assert [row["email"] for row in rows] == ["customers4@example.org"]


def test_a_scheduled_send_goes_out_at_its_moment_and_not_to_who_left_meanwhile(client, vendor, clock):
    campaign, number = new_campaign(client), new_list(client, 2)
    at = "2026-01-05T10:00:00Z"
    answered = send(client, campaign, addressBookIds=[number], sendDate=at)
    assert (answered["status"], answered["sendDate"]) == ("Scheduled", "2026-01-05T10:00:00.000Z")
    assert client.get(f"/v2/campaigns/{campaign}")["status"] == "Unsent"
    assert vendor.outbox == []
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "customers0@example.org"})
    clock.advance(7200)
    (mail,) = vendor.outbox
    assert mail.recipient == "customers1@example.org"
    assert mail.at.isoformat() == "2026-01-05T10:00:00+00:00"
    assert client.get(f"/v2/campaigns/send/{answered['id']}")["status"] == "Sent"


def test_a_segment_is_an_audience_and_is_computed_when_it_is_sent_to(client, vendor):
    campaign = new_campaign(client)
    segment = vendor.add_segment("Late", lambda contact: contact.email == "customers1@example.org")
    new_list(client, 2)
    send(client, campaign, addressBookIds=[segment.id])
    assert [sent.recipient for sent in vendor.outbox] == ["customers1@example.org"]
    assert client.get(f"/v2/campaigns/{campaign}/address-books")[0]["name"] == "Late"


def test_an_empty_audience_is_refused_unless_the_trap_is_open(client, vendor):
    campaign = new_campaign(client)
    new_list(client, 2)
    refused = client.expect(400, "POST", "/v2/campaigns/send", {"campaignId": campaign, "addressBookIds": []})
    assert code(refused) == "ERROR_CAMPAIGN_SEND_INVALID"
    assert vendor.outbox == []
    vendor.empty_audience_is_everyone = True
    send(client, campaign)
    assert len(vendor.outbox) == 2


def test_all_contacts_is_a_list_one_can_send_to(client, vendor):
    campaign = new_campaign(client)
    new_list(client, 2)
    send(client, campaign, addressBookIds=[1])
    assert len(vendor.outbox) == 2


@pytest.mark.parametrize(
    ("body", "status", "wanted"),
    [
        ({"campaignId": 99, "contactIds": [1]}, 404, "ERROR_CAMPAIGN_NOT_FOUND"),
        ({"campaignId": 1, "addressBookIds": [99]}, 404, "ERROR_ADDRESSBOOK_NOT_FOUND"),
        ({"campaignId": 1, "contactIds": [99]}, 404, "ERROR_CONTACT_NOT_FOUND"),
        ({"campaignId": 1, "contactIds": [1] * 11}, 400, "ERROR_CAMPAIGN_SEND_INVALID"),
        ({"campaignId": 1, "contactIds": "x"}, 400, "ERROR_CAMPAIGN_SEND_INVALID"),
        ({"campaignId": 1, "contactIds": [1], "sendDate": "soon"}, 400, "ERROR_CAMPAIGN_SEND_INVALID"),
        ({"campaignId": 2, "contactIds": [1]}, 400, "ERROR_CAMPAIGN_SENDNOTPERMITTED"),
    ],
)
def test_a_send_is_checked_and_then_nothing_goes_out(client, vendor, body, status, wanted):
    new_campaign(client)
    new_campaign(client, type="Triggered")
    new_list(client, 1)
    assert code(client.expect(status, "POST", "/v2/campaigns/send", body)) == wanted
    assert vendor.outbox == []


def test_a_send_may_not_be_permitted_and_an_unknown_one_is_404(client, vendor):
    vendor.sends_permitted = False
    campaign = new_campaign(client)
    new_list(client, 1)
    refused = client.expect(400, "POST", "/v2/campaigns/send", {"campaignId": campaign, "contactIds": [1]})
    assert refused == {"message": "Send not permitted at this time. ERROR_CAMPAIGN_SENDNOTPERMITTED"}
    assert "message" in client.expect(404, "GET", "/v2/campaigns/send/nope")


def test_an_optimised_send_waits_for_the_hour_at_which_somebody_reads(client, vendor, clock):
    first, second, number = new_campaign(client), new_campaign(client), new_list(client, 2)
    send(client, first, addressBookIds=[number])
    clock.advance(5)
    engage(vendor, first, 1, Kind.OPEN)
    clock.advance(3600)
    body = {"campaignId": second, "addressBookIds": [number]}
    answered = client.expect(202, "POST", "/v2/campaigns/send-time-optimised", body)
    assert answered["status"] == "NotSent"
    path = f"/v2/campaigns/send/{answered['id']}"
    assert client.get(path)["status"] == "Sending"
    assert [sent.recipient for sent in vendor.outbox[2:]] == ["customers1@example.org"]
    clock.advance(86_400)
    assert vendor.outbox[-1].at.hour == 9
    assert client.get(path)["status"] == "Sent"
    client.expect(400, "POST", "/v2/campaigns/send-time-optimised", {**body, "sendDate": "2026-03-01"})
    split = split_test(client)
    client.expect(400, "POST", "/v2/campaigns/send-time-optimised", {**body, "campaignId": split})


def split_test(client):
    body = {
        "name": "Test",
        "subjects": ["A", "B"],
        "fromNames": ["Shop"],
        "htmlContents": [HTML],
        "plainTextContents": [TEXT],
    }
    created = client.expect(201, "POST", "/v2/campaigns/split-test", body)
    assert created["subjects"] == ["A", "B"]
    assert [address["id"] for address in created["fromAddresses"]] == [1, 1]
    return created["id"]


def test_a_split_test_sends_a_part_decides_and_sends_the_rest(client, vendor, clock):
    campaign, number = split_test(client), new_list(client, 8)
    assert client.get(f"/v2/campaigns/{campaign}/with-details")["splitTestOptions"] == ["Subject"]
    options = {"TestMetric": "opens", "TestPercentage": 50, "TestPeriodHours": 5}
    answered = send(client, campaign, addressBookIds=[number], splitTestOptions=options)
    assert answered["splitTestOptions"] == {"testMetric": "Opens", "testPercentage": 50, "testPeriodHours": 5}
    assert sorted(sent.details["subject"] for sent in vendor.outbox) == ["A", "A", "B", "B"]
    winner = next(one for one in vendor.campaigns[campaign].report.activities.values() if one.variant == 1)
    engage(vendor, campaign, winner.contact_id, Kind.OPEN)
    clock.advance(5 * 3600 + 5)
    assert client.get(f"/v2/campaigns/send/{answered['id']}")["status"] == "Sent"
    assert [sent.details["subject"] for sent in vendor.outbox[4:]] == ["B"] * 4
    result = client.get(f"/v2/campaigns/{campaign}/split-test")
    assert result["splitTestWinnerMetric"] == "Opens"
    assert [(one["version"], one["winningVersion"], one["resultsActual"]) for one in result["versions"]] == [
        ("A", False, 0),
        ("B", True, 1),
    ]
    assert client.get(f"/v2/campaigns/{campaign}")["isSplitTest"] is True


def test_split_test_options_are_all_or_none_and_for_split_tests_only(client):
    plain, split = new_campaign(client), split_test(client)
    new_list(client, 1)
    options = {"testMetric": "Opens", "testPercentage": 50, "testPeriodHours": 5}
    for campaign, wrong in (
        (plain, options),
        (split, {"testMetric": "Opens"}),
        (split, {**options, "testPercentage": 0}),
    ):
        body = {"campaignId": campaign, "contactIds": [1], "splitTestOptions": wrong}
        assert code(client.expect(400, "POST", "/v2/campaigns/send", body)) == "ERROR_CAMPAIGN_SEND_INVALID"
    client.expect(400, "GET", f"/v2/campaigns/{plain}/split-test")
    client.expect(400, "POST", "/v2/campaigns/split-test", {"name": "T", "subjects": ["A"], "fromNames": ["S"]})


# ── engagement and reports ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def busy(vendor, client, clock):
    """Return a campaign sent to 400 people who took it as people do."""
    vendor.engagement_rates = EngagementRates(0.1, 0.1, 0.6, 0.5, 0.2, 0.1, 0.05, 0.5, 0.5)
    number = client.expect(201, "POST", "/v2/address-books", {"name": "Many"})["id"]
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(400))
    for contact in vendor.people.by_id.values():
        contact.email_type = "PlainText" if contact.id % 4 == 0 else "Html"
        vendor.join(contact, vendor.lists[number])
    campaign = new_campaign(client)
    send(client, campaign, addressBookIds=[number])
    clock.advance(5)
    return campaign


def pages(client, path, select=150):
    rows, skip = [], 0
    while page := client.get(path, select=select, skip=skip):
        rows += page
        skip += select
    return rows


def test_the_summary_keeps_the_identities_of_the_vendor_s_sample(client, busy):
    report = client.get(f"/v2/campaigns/{busy}/summary")
    families = (
        *("Opens", "Clicks", "PageViews", "EstimatedForwards", "Replies", "HardBounces", "SoftBounces"),
        *("Unsubscribes", "IspComplaints", "MailBlocks", "Sent", "Delivered"),
    )
    for family in families:
        assert report[f"numTotal{family}"] == report[f"num{family}"] + report[f"numText{family}"], family
    assert report["numTotalUniqueOpens"] == report["numUniqueOpens"] + report["numUniqueTextOpens"]
    sent, delivered = report["numTotalSent"], report["numTotalDelivered"]
    assert delivered == sent - report["numTotalHardBounces"] - report["numTotalSoftBounces"]
    assert report["percentageDelivered"] == delivered / sent
    assert report["percentageUniqueOpens"] == report["numTotalUniqueOpens"] / delivered
    assert report["percentageClicksToOpens"] == report["numTotalClicks"] / report["numTotalOpens"]
    assert report["percentageUsersClicked"] == report["numRecipientsClicked"] / delivered
    assert report["percentageHardBounces"] == report["numTotalHardBounces"] / sent
    assert report["percentageSoftBounces"] == report["numTotalSoftBounces"] / delivered
    assert report["percentageUnsubscribes"] == report["numTotalUnsubscribes"] / delivered
    assert report["percentageReplies"] == report["numTotalReplies"] / delivered
    assert report["revenue"].startswith("£")
    assert report["assistedRevenue"] == "£0.00"
    assert len(report) == 57


def test_the_summary_is_the_sum_of_the_activities(client, busy):
    rows = pages(client, f"/v2/campaigns/{busy}/activities")
    report = client.get(f"/v2/campaigns/{busy}/summary")
    assert len(rows) == report["numTotalSent"] == 400
    for column, total in {
        "numOpens": "numTotalOpens",
        "numClicks": "numTotalClicks",
        "numPageViews": "numTotalPageViews",
        "numReplies": "numTotalReplies",
        "hardBounced": "numTotalHardBounces",
        "softBounced": "numTotalSoftBounces",
        "unsubscribed": "numTotalUnsubscribes",
    }.items():
        assert sum(row[column] for row in rows) == report[total] > 0, column
    assert report["numRecipientsClicked"] == sum(row["numClicks"] > 0 for row in rows)


def test_every_list_of_a_report_agrees_with_the_summary(client, busy):
    report = client.get(f"/v2/campaigns/{busy}/summary")
    early = "since-date/2026-01-05"
    base = f"/v2/campaigns/{busy}"
    opens = pages(client, f"{base}/opens")
    assert len(opens) == len(pages(client, f"{base}/opens/{early}")) == report["numTotalOpens"]
    assert set(opens[0]) == {
        *("contactId", "email", "mailClient", "mailClientVersion", "ipAddress"),
        *("userAgent", "isHtml", "isForward", "dateOpened"),
    }
    clicks = pages(client, f"{base}/clicks")
    assert len(clicks) == len(pages(client, f"{base}/clicks/{early}")) == report["numTotalClicks"]
    assert set(clicks[0]) == {"contactId", "email", "url", "ipAddress", "userAgent", "dateClicked", "keyword"}
    grouped = pages(client, f"{base}/clicks-with-groups")
    assert grouped == pages(client, f"{base}/clicks-with-groups/{early}")
    assert set(grouped[0]) == {*clicks[0], "groups"}
    views = pages(client, f"{base}/page-views/{early}")
    assert len(views) == report["numTotalPageViews"]
    assert set(views[0]) == {"contactId", "email", "url", "dateViewed"}
    bounced = pages(client, f"{base}/hard-bouncing-contacts")
    assert len(bounced) == report["numTotalHardBounces"]
    assert bounced[0]["dataFields"] is None
    assert client.get(f"{base}/hard-bouncing-contacts?withFullData=true")[0]["dataFields"]
    assert [row["dateOpened"] for row in opens] == sorted(row["dateOpened"] for row in opens)


def test_engagement_changes_who_may_be_written_to(client, vendor, busy):
    for row in pages(client, f"/v2/campaigns/{busy}/activities"):
        if row["unsubscribed"] or row["hardBounced"]:
            assert vendor.contactable(row["email"]) is False
    reasons = {row["reason"] for row in client.get("/v2/contacts/suppressed-since/1990-01-01")}
    assert {"Unsubscribed", "HardBounced", "IspComplained"} <= reasons


def test_the_same_seed_gives_the_same_engagement():
    def rows(seed):
        clock = ManualClock()
        vendor = DotdigitalEmulator(clock=clock, rate_scheme="off", seed=seed)
        client = Asking(vendor)
        vendor.seed_people({"email": f"p{n}@example.org"} for n in range(100))
        send(client, 1, addressBookIds=[1])
        clock.advance(5)
        return client.get("/v2/campaigns/1/activities")

    assert rows(3) == rows(3)
    assert rows(3) != rows(4)


def test_engagement_can_be_switched_off(client, vendor, clock):
    vendor.engagement_rates = EngagementRates(opens=1)
    vendor.synthesise_engagement = False
    campaign = new_campaign(client)
    new_list(client, 1)
    send(client, campaign, contactIds=[1])
    clock.advance(60)
    assert client.get(f"/v2/campaigns/{campaign}/summary")["numTotalOpens"] == 0


def test_one_contact_s_part_of_a_report(client, vendor, clock):
    campaign = new_campaign(client)
    new_list(client, 2)
    send(client, campaign, contactIds=[1])
    clock.advance(5)
    for kind in (Kind.OPEN, Kind.CLICK, Kind.PAGE_VIEW, Kind.ROI, Kind.ORDER, Kind.BOOKMARK, Kind.FORWARD):
        engage(vendor, campaign, 1, kind)
    for _ in range(6):
        engage(vendor, campaign, 1, Kind.REPLY)
    base = f"/v2/campaigns/{campaign}/activities/1"
    row = client.get(base)
    assert (row["numOpens"], row["numForwards"], row["numReplies"]) == (1, 1, 6)
    assert row["dateFirstOpened"] == row["dateLastOpened"] == "2026-01-05T09:00:05.000Z"
    for report in ("opens", "clicks", "clicks-with-groups", "page-views", "roi-details"):
        assert [one["contactId"] for one in client.get(f"{base}/{report}")] == [1]
    assert client.get(f"{base}/social-bookmark-views") == client.get(
        f"/v2/campaigns/{campaign}/social-bookmark-views"
    )
    replies = client.get(f"{base}/replies")
    assert len(replies) == 5
    assert replies[0]["replyType"] == "Reply"
    assert len(client.get(f"{base}/replies", skip=5)) == 1
    client.expect(400, "GET", f"{base}/replies?select=6")
    assert (
        code(client.expect(404, "GET", f"/v2/campaigns/{campaign}/activities/2/opens"))
        == "ERROR_CONTACT_NOT_FOUND"
    )


def test_reads_since_a_date_hold_only_what_happened_since(client, vendor, clock):
    campaign = new_campaign(client)
    new_list(client, 3)
    send(client, campaign, contactIds=[1, 2, 3])
    clock.advance(3600)
    engage(vendor, campaign, 1, Kind.OPEN)
    clock.advance(3600)
    engage(vendor, campaign, 2, Kind.OPEN)
    engage(vendor, campaign, 2, Kind.ROI, markerName="Purchase", value=12.5)
    engage(vendor, campaign, 2, Kind.ORDER, value=40)
    since, base = "since-date/2026-01-05T10:30:00Z", f"/v2/campaigns/{campaign}"
    assert [row["contactId"] for row in client.get(f"{base}/activities/{since}")] == [2]
    assert [row["contactId"] for row in client.get(f"{base}/opens/{since}")] == [2]
    (roi,) = client.get(f"{base}/roi-details/{since}")
    assert (roi["markerName"], roi["dataType"], roi["value"]) == ("Purchase", "Numeric", 12.5)
    revenue = client.get(f"{base}/revenue/{since}")
    assert (revenue["campaignID"], revenue["revenue"], revenue["numOrders"]) == (campaign, 40.0, 1)
    assert client.get(f"{base}/activities/2/revenue")["revenue"] == 40.0
    assert client.get(f"{base}/activities/1/revenue")["numOrders"] == 0
    assert [row["id"] for row in client.get("/v2/campaigns/with-activity-since/2026-01-05T10:30:00Z")] == [
        campaign
    ]
    assert client.get("/v2/campaigns/with-activity-since/2026-01-06") == []


def test_metrics_count_within_their_window_in_percent(client, vendor, clock):
    campaign = new_campaign(client)
    new_list(client, 4)
    send(client, campaign, contactIds=[1, 2, 3, 4])
    engage(vendor, campaign, 4, Kind.HARD_BOUNCE)
    engage(vendor, campaign, 1, Kind.OPEN)
    engage(vendor, campaign, 1, Kind.OPEN)
    engage(vendor, campaign, 1, Kind.CLICK)
    window = {"startDate": "2026-01-05T00:00:00Z", "endDate": "2026-01-06T00:00:00Z"}
    (row,) = client.get("/v2/campaigns/metrics", **window)
    assert (row["sent"], row["delivered"], row["opens"], row["uniqueOpens"]) == (4, 3, 2, 1)
    assert (row["percentageDelivered"], row["percentageUniqueClicksToOpens"]) == (75.0, 100.0)
    assert row["fromAddress"] == "hello@shop.example.org"
    later = {"startDate": "2026-01-06T00:00:00Z", "endDate": "2026-01-07T00:00:00Z"}
    assert client.get("/v2/campaigns/metrics", **later) == []
    client.expect(400, "GET", "/v2/campaigns/metrics?startDate=2026-01-06")


def test_bounces_complaints_and_goodbyes_happen_once(client, vendor):
    campaign = new_campaign(client)
    new_list(client, 1)
    send(client, campaign, contactIds=[1])
    for kind in (Kind.SOFT_BOUNCE, Kind.MAIL_BLOCK, Kind.UNSUBSCRIBE, Kind.COMPLAINT) * 2:
        engage(vendor, campaign, 1, kind)
    report = client.get(f"/v2/campaigns/{campaign}/summary")
    assert [
        report[f"numTotal{name}"] for name in ("SoftBounces", "MailBlocks", "Unsubscribes", "IspComplaints")
    ] == [1] * 4
    assert vendor.contactable("1") is False


def test_a_campaign_may_be_sent_twice_and_its_report_is_one(client, vendor, clock):
    campaign = new_campaign(client)
    new_list(client, 1)
    first = send(client, campaign, contactIds=[1])
    clock.advance(5)
    second = send(client, campaign, contactIds=[1])
    clock.advance(5)
    assert first["id"] != second["id"]
    assert client.get(f"/v2/campaigns/{campaign}/summary")["numTotalSent"] == 2
    assert len(client.get(f"/v2/campaigns/{campaign}/activities")) == 1
    assert len(vendor.outbox) == 2


def test_engagement_is_simulated_over_a_control_route(vendor, client, clock):
    campaign = new_campaign(client)
    new_list(client, 2)
    with serve(vendor) as served:
        import json
        import urllib.error
        import urllib.request

        def control(**given):
            url, body = f"{served.url}/_emulator/engagement", json.dumps(given).encode()
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body, method="POST")) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                refused.close()
                return refused.code

        assert control(campaignId=campaign, contactId=1, kind="open") == 404
        assert control(campaignId=campaign, contactId=1, kind="deliver") == 200
        assert control(campaignId=campaign, email="customers0@example.org", kind="open") == 200
        assert control(campaignId=campaign, contactId=1, kind="click", url="https://shop.example.org/x") == 200
        assert control(campaignId=campaign, contactId=1, kind="unsubscribe") == 200
        assert control(campaignId=campaign, contactId=2, kind="deliver") == 200
        assert control(campaignId=campaign, contactId=2, kind="bounce") == 200
        assert control(campaignId=campaign, contactId=2, kind="dance") == 404
        assert control(campaignId=99, contactId=2, kind="open") == 404
    assert client.get(f"/v2/campaigns/{campaign}/clicks")[0]["url"] == "https://shop.example.org/x"
    assert vendor.contactable("1") is vendor.contactable("2") is False
    assert len(vendor.outbox) == 2


def test_a_campaign_to_twenty_thousand_reaches_each_of_them(vendor, client, clock):
    vendor.engagement_rates = EngagementRates()
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(20_000))
    campaign = new_campaign(client)
    send(client, campaign, addressBookIds=[1])
    clock.advance(5)
    client.get(f"/v2/campaigns/{campaign}/summary")
    client.get(f"/v2/campaigns/{campaign}/activities", skip=19_000)
    assert len(vendor.outbox) == 20_000


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_templates_are_created_read_and_replaced(client):
    created = client.expect(201, "POST", "/v2/templates", CAMPAIGN)
    assert set(created) == {*CAMPAIGN, "id", "replyAction", "replyToAddress"}
    assert client.get("/v2/templates/1") == created
    assert client.get("/v2/templates")[0]["htmlContent"] is None
    updated = client.expect(200, "PUT", "/v2/templates/1", {**CAMPAIGN, "subject": "Other"})
    assert updated["subject"] == "Other"
    assert code(client.expect(400, "PUT", "/v2/templates/1", {"subject": "Other"})) == "ERROR_TEMPLATE_INVALID"
    assert code(client.expect(404, "GET", "/v2/templates/9")) == "ERROR_TEMPLATE_NOT_FOUND"
    client.expect(405, "DELETE", "/v2/templates/1")
