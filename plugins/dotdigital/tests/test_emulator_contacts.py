"""Contacts of v3 and the jobs around them: the emulator against sections 11 and 35."""

from __future__ import annotations

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

CONSENT = {
    "text": "Newsletter please",
    "dateTimeConsented": "2024-05-01T10:00:00",
    "url": "https://shop.example.org/signup",
    "ipAddress": "203.0.113.9",
    "userAgent": "Mozilla/5.0",
}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    return DotdigitalEmulator(clock=clock, rate_scheme="off")


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def made(client, email="ana@example.org", **more):
    return client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": email}, **more})


def new_list(client, name="Customers"):
    return client.expect(201, "POST", "/v2/address-books", {"name": name})["id"]


def run_import(client, clock, rows, **more):
    job = client.expect(202, "PUT", "/contacts/v3/import", {"contacts": rows, **more})["importId"]
    clock.advance(5)
    return client.get(f"/contacts/v3/import/{job}")


def row(match="email", **identifiers):
    return {"matchIdentifier": match, "identifiers": identifiers}


def test_a_created_contact_is_returned_whole_and_absent_members_are_left_out(client):
    contact = made(client)
    assert contact == {
        "contactId": 1,
        "status": "subscribed",
        "created": "2026-01-05T09:00:00.000Z",
        "updated": "2026-01-05T09:00:00.000Z",
        "identifiers": {"email": "ana@example.org"},
        "channelProperties": {"email": {"emailType": "Html", "optInType": "Unknown", "status": "subscribed"}},
    }


def test_creating_with_a_taken_identifier_is_a_conflict_in_any_case(client):
    made(client)
    body = client.expect(409, "POST", "/contacts/v3", {"identifiers": {"email": "ANA@example.org"}})
    assert body["errorCode"] == "contacts:idAlreadyExists"


def test_creating_needs_an_address_that_is_one(client):
    assert client.expect(400, "POST", "/contacts/v3", {"identifiers": {}})["errorCode"] == "contacts:badRequest"
    for identifiers in ({"email": "ana"}, {"email": None}, {"mobileNumber": "12"}, {"no-such-id": "1"}):
        body = client.expect(400, "POST", "/contacts/v3", {"identifiers": identifiers})
        assert body["errorCode"] == "contacts:invalidId"


def test_a_mobile_number_is_kept_as_digits_and_has_its_channels(client):
    contact = client.expect(201, "POST", "/contacts/v3", {"identifiers": {"mobileNumber": "+44 7700 900123"}})
    assert contact["identifiers"] == {"mobileNumber": "447700900123"}
    assert contact["channelProperties"] == {
        "sms": {"countryCode": "GB", "status": "subscribed"},
        "whatsApp": {"status": "noSubscription"},
    }
    assert contact["status"] == "subscribed"
    found = client.get("/contacts/v3/mobileNumber/+447700900123")
    assert found["contactId"] == contact["contactId"]


def test_the_default_status_of_a_mobile_number_is_an_account_setting(clock):
    vendor = DotdigitalEmulator(
        clock=clock, default_sms_status="noSubscription", default_whatsapp_status="subscribed"
    )
    contact = Asking(vendor).expect(201, "POST", "/contacts/v3", {"identifiers": {"mobileNumber": "447700900123"}})
    assert contact["channelProperties"]["sms"]["status"] == "noSubscription"
    assert contact["channelProperties"]["whatsApp"]["status"] == "subscribed"
    assert vendor.contactable("447700900123", "sms") is False


def test_a_contact_is_found_by_each_identifier_with_raw_or_encoded_characters(client):
    client.expect(201, "POST", "/configuration/v3/customIdentifiers", {"name": "till-id"})
    identifiers = {"email": "ana+news@example.org", "mobileNumber": "447700900123", "till-id": "C/17"}
    client.expect(201, "POST", "/contacts/v3", {"identifiers": identifiers, "matchIdentifier": "email"})
    for path in (
        "contactId/1",
        "email/ana+news@example.org",
        "email/ana%2Bnews%40EXAMPLE.org",
        "mobileNumber/447700900123",
        "till-id/C%2F17",
    ):
        assert client.get(f"/contacts/v3/{path}")["identifiers"] == identifiers


def test_an_unknown_contact_is_404_with_details_and_an_impossible_one_400(client):
    body = client.expect(404, "GET", "/contacts/v3/email/nobody%40example.org")
    assert body["errorCode"] == "contacts:contactNotFound"
    assert body["details"] == [
        {"item": "nobody@example.org", "description": "Not found using the identifier 'email'"}
    ]
    for path in ("email/123646", "contactId/abc", "no-such-id/1"):
        assert client.expect(400, "GET", f"/contacts/v3/{path}")["errorCode"] == "contacts:invalidId"


def test_patch_updates_with_200_and_creates_with_201_from_the_identifiers_in_the_body(client):
    body = {"identifiers": {"email": "bo@example.org"}, "dataFields": {"firstName": "Bo"}}
    assert client.ask("PATCH", "/contacts/v3/email/bo@example.org", body).status == 201
    patched = client.expect(
        200, "PATCH", "/contacts/v3/email/bo@example.org", {"dataFields": {"LASTNAME": "Berg"}}
    )
    assert patched["dataFields"] == {"FIRSTNAME": "Bo", "LASTNAME": "Berg"}
    refused = client.expect(400, "PATCH", "/contacts/v3/email/new@example.org", {"dataFields": {}})
    assert refused["errorCode"] == "contacts:badRequest"


def test_patch_can_change_other_identifiers_and_clashes_with_409(client):
    made(client, "one@example.org")
    made(client, "two@example.org")
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"identifiers": {"mobileNumber": "447700900001"}})
    client.expect(
        200, "PATCH", "/contacts/v3/mobileNumber/447700900001", {"identifiers": {"email": "uno@example.org"}}
    )
    client.expect(404, "GET", "/contacts/v3/email/one@example.org")
    clash = client.expect(409, "PATCH", "/contacts/v3/contactId/1", {"identifiers": {"email": "two@example.org"}})
    assert clash["errorCode"] == "contacts:idAlreadyExists"


@pytest.mark.parametrize(
    ("option", "given", "kept"),
    [
        ("overwrite", {"FIRSTNAME": "New", "LASTNAME": None}, {"FIRSTNAME": "New"}),
        ("overwrite-if-not-empty", {"FIRSTNAME": "", "LASTNAME": "New"}, {"FIRSTNAME": "Old", "LASTNAME": "New"}),
        (
            "overwrite-if-empty",
            {"FIRSTNAME": "New", "GENDER": "F"},
            {"FIRSTNAME": "Old", "LASTNAME": "Old", "GENDER": "F"},
        ),
    ],
)
def test_the_merge_option_decides_what_is_written(client, option, given, kept):
    made(client, dataFields={"FIRSTNAME": "Old", "LASTNAME": "Old"})
    path = f"/contacts/v3/contactId/1?merge-option={option}"
    assert client.expect(200, "PATCH", path, {"dataFields": given})["dataFields"] == kept


def test_an_unknown_merge_option_is_refused(client):
    made(client)
    client.expect(400, "PATCH", "/contacts/v3/contactId/1?merge-option=maybe", {})


def test_replace_clears_what_is_left_out_but_keeps_lists_and_consents(client):
    first, second = new_list(client, "First"), new_list(client, "Second")
    made(client, dataFields={"FIRSTNAME": "Ana"}, lists=[first], consentRecords=[CONSENT])
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"identifiers": {"mobileNumber": "447700900001"}})
    body = {"identifiers": {"email": "ana@example.org"}, "lists": [second], "dataFields": {"LASTNAME": "Li"}}
    replaced = client.expect(200, "PUT", "/contacts/v3/contactId/1", body)
    assert replaced["identifiers"] == {"email": "ana@example.org"}
    assert replaced["dataFields"] == {"LASTNAME": "Li"}
    assert [one["id"] for one in replaced["lists"]] == [first, second]
    assert len(replaced["consentRecords"]) == 1
    client.expect(404, "PUT", "/contacts/v3/email/nobody@example.org", body)
    client.expect(400, "PUT", "/contacts/v3/contactId/1", {"identifiers": {}})


def test_consent_records_are_appended_with_their_creation_time(client, clock):
    made(client, consentRecords=[CONSENT])
    clock.advance(60)
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"consentRecords": [CONSENT]})
    first, second = contact["consentRecords"]
    assert first["dateTimeConsented"] == "2024-05-01T10:00:00.000Z"
    assert first["dateTimeCreated"] < second["dateTimeCreated"]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [CONSENT] * 6,
        [{**CONSENT, "text": ""}],
        [{**CONSENT, "ipAddress": "here"}],
        [{**CONSENT, "url": "nowhere"}],
        [{**CONSENT, "more": 1}],
        [{"text": "only"}],
        "nonsense",
    ],
)
def test_incomplete_consent_is_refused(client, records):
    client.expect(
        400, "POST", "/contacts/v3", {"identifiers": {"email": "a@example.org"}, "consentRecords": records}
    )
    client.expect(404, "GET", "/contacts/v3/email/a@example.org")


def test_data_fields_are_checked_against_their_types(client):
    for name, kind in {"LTV": "Numeric", "VIP": "Boolean", "BORN": "Date"}.items():
        client.expect(201, "POST", "/v2/data-fields", {"name": name, "type": kind})
    contact = made(client, dataFields={"ltv": "12.5", "Vip": "true", "BORN": "1990-05-17", "FIRSTNAME": 7})
    assert contact["dataFields"] == {"LTV": 12.5, "VIP": True, "BORN": "1990-05-17", "FIRSTNAME": "7"}
    changed = client.expect(
        200, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"LTV": "", "BORN": "", "VIP": False}}
    )
    assert changed["dataFields"] == {"VIP": False, "FIRSTNAME": "7"}
    for bad in (
        {"LTV": "much"},
        {"LTV": "nan"},
        {"VIP": 3},
        {"BORN": "then"},
        {"NOPE": "x"},
        {"FIRSTNAME": "x" * 1001},
    ):
        body = client.expect(400, "PATCH", "/contacts/v3/contactId/1", {"dataFields": bad})
        assert body["errorCode"] == "contacts:badRequest"


@pytest.mark.parametrize(
    "body",
    [
        {"lists": [999]},
        {"lists": []},
        {"lists": [1]},
        {"preferences": [{"id": 999, "isOptedIn": True}]},
        {"preferences": [{"id": 1, "isOptedIn": True}]},
        {"preferences": [{"id": 2}]},
        {"channelProperties": {"email": {"status": "whatever"}}},
        {"channelProperties": {"email": {"resubscribeOptions": {"preferredLocale": "xx"}}}},
        {"dataFields": []},
        {"identifiers": []},
    ],
)
def test_other_nonsense_in_a_body_is_refused(client, body):
    made(client)
    assert client.expect(400, "PATCH", "/contacts/v3/contactId/1", body)["errorCode"].startswith("contacts:")


def test_lists_and_preferences_are_shown_with_their_names(client):
    number = new_list(client)
    contact = made(client, lists=[str(number)], preferences=[{"id": 2, "isOptedIn": True}])
    assert contact["lists"] == [{"id": number, "name": "Customers", "status": "subscribed"}]
    assert contact["preferences"] == [
        {"id": 2, "isOptedIn": True, "publicName": "Weekly news", "privateName": "Weekly"}
    ]


def test_a_patch_without_status_never_brings_anybody_back(client, vendor):
    made(client)
    client.expect(
        200, "PATCH", "/contacts/v3/contactId/1", {"channelProperties": {"email": {"status": "unsubscribed"}}}
    )
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"FIRSTNAME": "Ana"}})
    assert contact["status"] == "unsubscribed"
    assert contact["dataFields"] == {"FIRSTNAME": "Ana"}
    assert vendor.contactable("ana@example.org") is False


def test_status_subscribed_brings_back_silently_by_default(client, vendor):
    made(client, channelProperties={"email": {"status": "Unsubscribed", "emailType": "plainText"}})
    body = {"channelProperties": {"email": {"status": "subscribed"}}}
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", body)
    assert contact["channelProperties"]["email"]["status"] == "subscribed"
    assert contact["channelProperties"]["email"]["emailType"] == "PlainText"
    assert vendor.outbox == []


def test_a_challenge_leaves_people_out_until_they_confirm(client, vendor):
    made(client, channelProperties={"email": {"status": "unsubscribed"}})
    email = {"status": "subscribed", "resubscribeOptions": {"resubscribeWithNoChallenge": False}}
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"channelProperties": {"email": email}})
    assert contact["status"] == "unsubscribed"
    assert [sent.recipient for sent in vendor.outbox] == ["ana@example.org"]
    assert vendor.confirm("ana@example.org")
    assert vendor.contactable("ana@example.org") is True
    assert not vendor.confirm("ana@example.org")


def test_a_verified_double_opt_in_is_pending_until_confirmed(client, vendor):
    number = new_list(client)
    contact = made(client, channelProperties={"email": {"optInType": "verifiedDouble"}}, lists=[number])
    assert contact["status"] == "pendingOptIn"
    assert contact["lists"][0]["status"] == "pending"
    assert vendor.contactable("ana@example.org") is False
    assert len(vendor.outbox) == 1
    vendor.confirm("ana@example.org")
    contact = client.get("/contacts/v3/contactId/1")
    assert contact["channelProperties"]["email"] == {
        "emailType": "Html",
        "optInType": "VerifiedDouble",
        "status": "subscribed",
    }


def test_the_account_may_enforce_double_opt_in(clock):
    vendor = DotdigitalEmulator(clock=clock, enforce_double_opt_in=True)
    client = Asking(vendor)
    assert made(client)["status"] == "pendingOptIn"
    subscribe = {"channelProperties": {"email": {"status": "subscribed"}}}
    assert made(client, "bo@example.org", **subscribe)["status"] == "pendingOptIn"
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "bo@example.org"})
    assert client.expect(200, "PATCH", "/contacts/v3/contactId/2", subscribe)["status"] == "pendingOptIn"
    assert vendor.contactable("bo@example.org") is False


def test_a_complaint_cannot_be_undone(client, vendor):
    made(client)
    vendor.set_email_status(vendor.person("1"), "ispComplained")
    body = {"channelProperties": {"email": {"status": "subscribed"}}}
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", body)
    assert contact["status"] == "suppressed"
    assert contact["channelProperties"]["email"]["status"] == "ispComplained"


def test_sms_and_whatsapp_are_changed_by_patch_only_for_who_has_a_number(client, vendor):
    made(client)
    body = {"channelProperties": {"sms": {"status": "subscribed"}}}
    assert "sms" not in client.expect(200, "PATCH", "/contacts/v3/contactId/1", body)["channelProperties"]
    body = {
        "identifiers": {"mobileNumber": "447700900001"},
        "channelProperties": {"sms": {"status": "unsubscribed"}},
    }
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", body)
    assert vendor.contactable("447700900001", "sms") is False
    assert vendor.contactable("1", "email") is True
    body = {"channelProperties": {"sms": {"status": "subscribed"}, "whatsApp": {"status": "unsubscribed"}}}
    contact = client.expect(200, "PATCH", "/contacts/v3/contactId/1", body)
    assert contact["channelProperties"]["whatsApp"] == {"status": "unsubscribed"}
    assert vendor.contactable("1", "sms") is True


def test_delete_puts_a_whole_contact_into_the_recycle_bin_and_patch_takes_it_out(client, vendor):
    number = new_list(client)
    made(client, lists=[number], preferences=[{"id": 2, "isOptedIn": True}])
    client.expect(
        200, "PATCH", "/contacts/v3/contactId/1", {"channelProperties": {"email": {"status": "unsubscribed"}}}
    )
    assert client.expect(200, "DELETE", "/contacts/v3/email/ana@example.org") == {"contactId": 1}
    client.expect(404, "GET", "/contacts/v3/contactId/1")
    client.expect(404, "DELETE", "/contacts/v3/contactId/1")
    client.expect(404, "PUT", "/contacts/v3/contactId/1", {"identifiers": {"email": "ana@example.org"}})
    client.expect(409, "POST", "/contacts/v3", {"identifiers": {"email": "ana@example.org"}})
    assert vendor.contactable("ana@example.org") is False
    assert client.get("/contacts/v3")["_items"] == []
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 0
    restored = client.expect(
        200, "PATCH", "/contacts/v3/email/ana@example.org", {"dataFields": {"FIRSTNAME": "Ana"}}
    )
    assert restored["status"] == "unsubscribed"
    assert restored["lists"][0]["id"] == number
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 1
    assert client.get("/v2/contacts/with-preference/2")[0]["id"] == 1


def test_the_recycle_bin_can_be_shown_and_emptied(client, vendor):
    made(client)
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    vendor.show_binned = True
    assert client.get("/contacts/v3/contactId/1")["status"] == "binned"
    client.expect(200, "POST", "/v2/accounts/empty-recycle-bin/")
    client.expect(404, "GET", "/contacts/v3/contactId/1")
    assert made(client)["contactId"] == 2


def test_listing_shows_blocks_and_fields_only_when_asked(client):
    number = new_list(client)
    made(client, lists=[number], dataFields={"FIRSTNAME": "Ana", "LASTNAME": "Li"}, consentRecords=[CONSENT])
    bare = client.get("/contacts/v3")["_items"][0]
    assert set(bare) == {"contactId", "status", "created", "updated", "identifiers"}
    full = client.get(
        "/contacts/v3?include=channelProperties|lists|preferences|consentRecords&data-fields=[[ALL]]"
    )
    assert {"channelProperties", "lists", "consentRecords", "dataFields"} <= set(full["_items"][0])
    some = client.get("/contacts/v3?data-fields=firstName%7CGENDER")["_items"][0]
    assert some["dataFields"] == {"FIRSTNAME": "Ana"}
    client.expect(400, "GET", "/contacts/v3?include=everything")
    client.expect(400, "GET", "/contacts/v3?data-fields=NOPE")


def test_filters_by_creation_change_list_and_segment(client, vendor, clock):
    number = new_list(client)
    made(client, "one@example.org")
    clock.advance(3600)
    made(client, "two@example.org", lists=[number])
    made(client, "three@example.org")
    clock.advance(3600)
    client.expect(
        200, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"FIRSTNAME": "Ana"}, "lists": [number]}
    )
    segment = vendor.add_segment("Anas", lambda contact: contact.data.get("FIRSTNAME") == "Ana")

    def ids(query):
        return [one["contactId"] for one in client.expect(200, "GET", f"/contacts/v3?{query}")["_items"]]

    assert ids("~created=gte::2026-01-05T10:00:00Z") == [2, 3]
    assert ids("%7Emodified=gte%3A%3A2026-01-05T11:00:00.000Z") == [1]
    assert ids(f"~listId={number}") == [1, 2]
    assert ids(f"~listId={number}&~modified=gte::2026-01-05T11:00:00Z") == [1]
    assert ids(f"~segmentId={segment.id}") == [1]
    assert ids("~listId=1") == [1, 2, 3]
    assert ids("~created=gte::2027-01-05T10:00:00Z") == []
    for bad in (
        "~created=2026-01-05T10:00:00Z",
        "~modified=gte::2026-01-05",
        "~created=gte::2026-01-05T10:00:00Z&~modified=gte::2026-01-05T10:00:00Z",
        f"~listId={number}&~segmentId=1",
        "~listId=999",
        "~segmentId=x",
    ):
        assert client.expect(400, "GET", f"/contacts/v3?{bad}")["errorCode"] == "contacts:invalidFilter"


def test_an_import_is_accepted_runs_and_reports_ids(client, clock):
    made(client, "old@example.org")
    number = new_list(client)
    body = {
        "mergeOption": "overwriteIfNotEmpty",
        "contacts": [
            {**row(email="new@example.org", mobileNumber="447700900123"), "lists": [number]},
            {**row(email="old@example.org"), "dataFields": {"FIRSTNAME": "Old"}},
            row(email="not-an-address"),
        ],
    }
    job = client.expect(202, "PUT", "/contacts/v3/import", body)["importId"]
    running = client.get(f"/contacts/v3/import/{job}")
    assert running == {"importId": job, "status": "NotFinished"}
    clock.advance(5)
    report = client.get(f"/contacts/v3/import/{job}")
    assert report["status"] == "Finished"
    assert report["summary"] == {
        "newContacts": 1,
        "updatedContacts": 1,
        "globallySuppressed": 0,
        "invalidEntries": 1,
        "duplicateIdentifiers": 0,
    }
    assert report["created"] == [
        {"contactId": 2, "identifiers": {"email": "new@example.org", "mobileNumber": "447700900123"}}
    ]
    assert report["updated"] == [{"contactId": 1, "identifiers": {"email": "old@example.org"}}]
    assert report["failures"] == [
        {
            "matchIdentifier": "email",
            "identifiers": {"email": "not-an-address"},
            "failures": [{"failureCode": "invalidEmail", "description": "Invalid value for 'email'"}],
        }
    ]


def test_a_grossly_wrong_import_is_refused_at_once(client, vendor):
    cases = [
        ({"contacts": [{"matchIdentifier": "email"}]}, "contacts:badRequest"),
        ({"contacts": [{"identifiers": {"email": "a@example.org"}}]}, "contacts:badRequest"),
        ({"contacts": []}, "contacts:noContactsSpecified"),
        ({"contacts": [row(email="a@example.org")], "mergeOption": "maybe"}, "contacts:badRequest"),
    ]
    for body, code in cases:
        assert client.expect(400, "PUT", "/contacts/v3/import", body)["errorCode"] == code
    missing = client.expect(400, "PUT", "/contacts/v3/import", cases[0][0])
    assert missing["description"].startswith("The Identifiers field is required")
    assert client.expect(400, "PUT", "/contacts/v3/import", body=b"[")["errorCode"] == "contacts:badJson"
    vendor.import_body_bytes = 10
    assert client.ask("PUT", "/contacts/v3/import", {"contacts": [row(email="a@example.org")]}).status == 413


def test_rows_fail_alone_and_parts_of_rows_fail_alone(client, clock):
    made(client, "taken@example.org")
    rows = [
        row(email="one@example.org"),
        row(email="ONE@example.org"),
        row("mobileNumber", mobileNumber="447700900001", email="taken@example.org"),
        row("crm-id", **{"crm-id": "1"}),
        row("mobileNumber", email="two@example.org"),
        {**row(email="three@example.org"), "consentRecords": [{}], "dataFields": {"NOPE": 1}, "lists": [99]},
        row("contactId", contactId=1, email="renamed@example.org"),
        row("contactId", contactId=77),
    ]
    report = run_import(client, clock, rows)
    assert [one["contactId"] for one in report["created"]] == [2, 3]
    assert [one["identifiers"]["email"] for one in report["updated"]] == ["renamed@example.org"]
    assert report["summary"]["duplicateIdentifiers"] == 2
    assert report["summary"]["invalidEntries"] == 3
    partial = next(one for one in report["failures"] if "contactId" in one)
    assert {one["failureCode"] for one in partial["failures"]} == {
        "consentRecordsNotApplied",
        "invalidDataField",
        "listNotFound",
    }


def test_an_import_updates_suppressed_people_without_letting_them_back(client, vendor, clock):
    made(client, "no@example.org", channelProperties={"email": {"status": "unsubscribed"}})
    made(client, "bounced@example.org")
    vendor.set_email_status(vendor.person("2"), "hardBounced")
    subscribe = {"channelProperties": {"email": {"status": "subscribed"}}}
    rows = [
        {**row(email="no@example.org"), "dataFields": {"FIRSTNAME": "No"}},
        {**row(email="bounced@example.org"), **subscribe},
    ]
    report = run_import(client, clock, rows)
    assert report["summary"]["updatedContacts"] == 2
    assert report["summary"]["globallySuppressed"] == 1
    assert client.get("/contacts/v3/contactId/1")["status"] == "unsubscribed"
    assert client.get("/contacts/v3/contactId/2")["status"] == "suppressed"


def test_an_import_restores_people_from_the_recycle_bin(client, clock):
    made(client)
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    assert run_import(client, clock, [row(email="ana@example.org")])["summary"]["updatedContacts"] == 1
    assert client.get("/contacts/v3/contactId/1")["status"] == "subscribed"


def test_25_imports_may_be_active_and_no_more(client, clock):
    for number in range(25):
        client.expect(202, "PUT", "/contacts/v3/import", {"contacts": [row(email=f"p{number}@example.org")]})
    refused = client.expect(429, "PUT", "/contacts/v3/import", {"contacts": [row(email="x@example.org")]})
    assert refused["errorCode"] == "contacts:tooManyActiveImports"
    clock.advance(5)
    client.expect(202, "PUT", "/contacts/v3/import", {"contacts": [row(email="x@example.org")]})


@pytest.mark.parametrize("outcome", ["Failed", "RejectedByWatchdog", "ExceedsAllowedContactLimit"])
def test_an_import_may_end_badly_and_then_did_nothing(client, vendor, clock, outcome):
    vendor.job_outcomes = {"contactImport": outcome}
    report = run_import(client, clock, [row(email="a@example.org")])
    assert set(report) == {"importId", "status"}
    assert report["status"] == outcome
    assert len(vendor.people) == 0


def test_a_job_may_never_end(client, vendor, clock):
    vendor.job_outcomes = {"contactImport": "never"}
    job = client.expect(202, "PUT", "/contacts/v3/import", {"contacts": [row(email="a@example.org")]})["importId"]
    clock.advance(86_400)
    assert client.get(f"/contacts/v3/import/{job}")["status"] == "NotFinished"


def test_half_a_batch_may_be_refused(client, vendor, clock):
    vendor.refuse_every_nth_row = 2
    report = run_import(client, clock, [row(email=f"p{number}@example.org") for number in range(4)])
    assert report["summary"]["newContacts"] == report["summary"]["invalidEntries"] == 2


def test_an_unknown_import_is_404(client):
    assert client.expect(404, "GET", "/contacts/v3/import/nope")["errorCode"] == "contacts:importNotFound"


def test_a_bulk_delete_runs_through_its_states_and_reports(client, clock):
    client.expect(201, "POST", "/configuration/v3/customIdentifiers", {"name": "till-id"})
    for number in range(3):
        identifiers = {"email": f"p{number}@example.org", "till-id": f"C-{number}"}
        client.expect(201, "POST", "/contacts/v3", {"identifiers": identifiers})
    rows = [
        {"contactId": 1},
        {"email": "p1@example.org"},
        {"till-id": "C-2"},
        {"email": "x@example.org"},
        {"email": "x"},
    ]
    job = client.expect(202, "POST", "/contacts/v3/delete", rows)["deleteId"]
    assert client.get(f"/contacts/v3/delete/{job}") == {"deleteId": job, "status": "NotStarted"}
    clock.advance(3)
    assert client.get(f"/contacts/v3/delete/{job}")["status"] == "NotFinished"
    clock.advance(3)
    done = client.get(f"/contacts/v3/delete/{job}")
    assert done["status"] == "Finished"
    assert done["summary"] == {
        "requestedContacts": 5,
        "deletedContacts": 3,
        "unknownContacts": 1,
        "invalidEntries": 1,
    }
    assert done["deleted"] == rows[:3]
    assert [one["failures"][0]["failureCode"] for one in done["failures"]] == ["contactNotFound", "invalidEmail"]


def test_a_bulk_delete_is_checked(client):
    assert client.expect(400, "POST", "/contacts/v3/delete", [])["errorCode"] == "contacts:noContactsSpecified"
    assert client.expect(400, "POST", "/contacts/v3/delete", {})["errorCode"] == "contacts:badJson"
    for rows in ([{"email": "a@example.org", "contactId": 1}], [{"contactId": 1}] * 5001):
        assert client.expect(400, "POST", "/contacts/v3/delete", rows)["errorCode"] == "contacts:badRequest"
    for _ in range(5):
        client.expect(202, "POST", "/contacts/v3/delete", [{"contactId": 1}])
    refused = client.expect(429, "POST", "/contacts/v3/delete", [{"contactId": 1}])
    assert refused["errorCode"] == "contacts:tooManyBulkDeleteJobs"
    assert client.expect(400, "GET", "/contacts/v3/delete/123")["errorCode"] == "contacts:invalidDeleteId"
    client.expect(404, "GET", "/contacts/v3/delete/d7de900d-d337-43f6-b1e1-c8ec73e1a434")


def test_custom_identifiers_are_created_listed_limited_and_deleted_when_unused(client, vendor):
    created = client.expect(201, "POST", "/configuration/v3/customIdentifiers", {"name": "till-id"})
    assert set(created) == {"name", "created", "updated"}
    assert client.get("/configuration/v3/customIdentifiers")[1:] == [created]
    again = client.expect(409, "POST", "/configuration/v3/customIdentifiers", {"name": "till-id"})
    assert again["errorCode"] == "customIdentifiers:nameAlreadyExists"
    client.expect(409, "POST", "/configuration/v3/customIdentifiers", {"name": "email"})
    long = client.expect(400, "POST", "/configuration/v3/customIdentifiers", {"name": "x" * 51})
    assert long["errorCode"] == "customIdentifiers:nameTooLong"
    client.expect(400, "POST", "/configuration/v3/customIdentifiers", {"name": "no spaces"})
    vendor.most_custom_identifiers = 1
    client.expect(412, "POST", "/configuration/v3/customIdentifiers", {"name": "other"})
    client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": "a@example.org", "till-id": "1"}})
    used = client.expect(400, "DELETE", "/configuration/v3/customIdentifiers/till-id")
    assert used["errorCode"] == "customIdentifiers:inUse"
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    client.expect(200, "POST", "/v2/accounts/empty-recycle-bin")
    client.expect(204, "DELETE", "/configuration/v3/customIdentifiers/till-id")
    gone = client.expect(404, "DELETE", "/configuration/v3/customIdentifiers/till-id")
    assert gone["errorCode"] == "customIdentifiers:notExist"


def test_seeded_people_have_their_key_and_their_no(vendor, client):
    rows = [
        {
            "key": "C-1",
            "email": "ana@example.org",
            "phone": "+44 7700 900001",
            "first_name": "Ana",
            "last_name": "Li",
        },
        {"key": "C-2", "email": "bo@example.org", "unsubscribed_email": "true"},
        {"key": "C-3", "phone": "447700900003", "unsubscribed_sms": "true"},
        {"key": "C-4"},
    ]
    assert vendor.seed_people(rows) == 3
    ana = client.get("/contacts/v3/crm-id/C-1")
    assert ana["dataFields"] == {"FIRSTNAME": "Ana", "LASTNAME": "Li"}
    assert ana["channelProperties"]["sms"]["status"] == "subscribed"
    assert vendor.contactable("C-1") is True
    assert vendor.contactable("bo@example.org") is False
    assert vendor.contactable("447700900003", "sms") is False
    assert vendor.contactable("C-3", "email") is False
    assert vendor.contactable("nobody@example.org") is None
    assert client.get("/v2/contacts/unsubscribed-since/1990-01-01")[0]["suppressedContact"]["id"] == 2
    assert vendor.seed_people([{"key": "C-1", "email": "ana@example.org", "unsubscribed_email": "true"}]) == 1
    assert vendor.seed_people([{"key": "C-1", "email": "ana@example.org"}]) == 1
    assert vendor.contactable("C-1") is False
    assert vendor.seed_people([{"key": "C-1", "email": "ana@example.org", "unsubscribed_email": "false"}]) == 1
    assert vendor.contactable("C-1") is True
    assert len(client.get("/v2/contacts/suppressed-since/1990-01-01")) == 1


def test_thirty_thousand_people_are_no_problem(vendor, client):
    vendor.seed_people(
        {"key": f"C-{n}", "email": f"p{n}@example.org", "phone": f"4477{n:08}"} for n in range(30_000)
    )
    page = client.get("/contacts/v3", limit=1000)
    for _ in range(3):
        page = client.expect(200, "GET", page["_links"]["next"]["link"])
    client.get("/contacts/v3?~modified=gte::2026-01-05T10:00:00Z")
    client.get("/contacts/v3/crm-id/C-29999")
    client.get("/v2/contacts/count")


def test_an_import_of_the_largest_usual_size_makes_every_row(client, clock):
    number = new_list(client)
    rows = [
        {**row(email=f"p{n}@example.org"), "dataFields": {"FIRSTNAME": "A"}, "lists": [number]}
        for n in range(5000)
    ]
    report = run_import(client, clock, rows)
    assert report["summary"]["newContacts"] == 5000
