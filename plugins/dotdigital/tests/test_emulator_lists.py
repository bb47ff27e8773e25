"""Data fields, lists, segments, preferences and suppression: the emulator against sections 13 to 17."""

from __future__ import annotations

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking


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
    return client.expect(201, "POST", "/contacts/v3", {"identifiers": {"email": email}, **more})["contactId"]


def new_list(client, name="Customers", **more):
    return client.expect(201, "POST", "/v2/address-books", {"Name": name, **more})["id"]


def code(body):
    return body["message"].split()[-1]


# ── data fields ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_data_fields_have_four_keys_and_the_built_in_ones_are_there(client):
    fields = client.get("/v2/data-fields/")
    assert {"FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "LASTSUBSCRIBED"} <= {
        field["name"] for field in fields
    }
    assert all(set(field) == {"name", "type", "visibility", "defaultValue"} for field in fields)


def test_a_data_field_is_created_in_capitals_once(client, vendor):
    body = {"name": "birthday", "Type": "date", "visibility": "public"}
    created = client.expect(201, "POST", "/v2/data-fields", body)
    assert created == {"name": "BIRTHDAY", "type": "Date", "visibility": "Public", "defaultValue": None}
    again = client.expect(400, "POST", "/v2/data-fields", {"name": "BIRTHDAY", "type": "String"})
    assert again == {"message": "Field already exists. ERROR_NON_UNIQUE_DATAFIELD"}
    for bad in (
        {"name": "X"},
        {"name": "no spaces", "type": "String"},
        {"name": "X", "type": "Text"},
        {"type": "Date"},
    ):
        assert code(client.expect(400, "POST", "/v2/data-fields", bad)) == "ERROR_DATAFIELD_INVALID"
    wrong = {"name": "N", "type": "Numeric", "defaultValue": "x"}
    assert code(client.expect(400, "POST", "/v2/data-fields", wrong)) == "ERROR_DATAFIELD_INVALID"
    vendor.most_data_fields = 7
    full = client.expect(400, "POST", "/v2/data-fields", {"name": "X", "type": "String"})
    assert code(full) == "ERROR_DATAFIELD_LIMITEXCEEDED"


def test_deleting_a_data_field_takes_its_values_and_a_refusal_is_still_200(client, vendor):
    client.expect(201, "POST", "/v2/data-fields", {"name": "LTV", "type": "Numeric"})
    made(client, dataFields={"LTV": 1})
    vendor.use_data_field("LTV", "Used in program 12345")
    refused = client.expect(200, "DELETE", "/v2/data-fields/ltv")
    assert refused == {"result": False, "dependencies": ["Used in program 12345"]}
    vendor.data_field_refusal_is_409 = True
    assert client.expect(409, "DELETE", "/v2/data-fields/LTV")["status"] == 409
    client.expect(201, "POST", "/v2/data-fields", {"name": "FREE", "type": "String"})
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"FREE": "x"}})
    assert client.expect(200, "DELETE", "/v2/data-fields/FREE") == {"result": True, "dependencies": None}
    assert client.get("/contacts/v3/contactId/1")["dataFields"] == {"LTV": 1}
    assert code(client.expect(404, "DELETE", "/v2/data-fields/FREE")) == "ERROR_DATAFIELD_NOTFOUND"


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_has_exactly_four_keys_through_its_life(client):
    created = client.expect(201, "POST", "/v2/address-books", {"name": "Customers", "visibility": "public"})
    assert created == {"id": created["id"], "name": "Customers", "visibility": "Public", "contacts": 0}
    path = f"/v2/address-books/{created['id']}"
    assert client.get(path) == created
    updated = client.expect(200, "PUT", path, {"name": "Clients"})
    assert updated == {"id": created["id"], "name": "Clients", "visibility": "Private", "contacts": 0}
    client.expect(204, "DELETE", path)
    assert code(client.expect(404, "GET", path)) == "ERROR_ADDRESSBOOK_NOT_FOUND"
    assert code(client.expect(404, "GET", "/v2/address-books/abc")) == "ERROR_ADDRESSBOOK_NOT_FOUND"


def test_lists_are_listed_by_visibility_and_the_built_in_ones_are_among_them(client):
    new_list(client, "Open", visibility="Public")
    new_list(client, "Closed")
    assert [one["name"] for one in client.get("/v2/address-books")] == ["All Contacts", "Test", "Open", "Closed"]
    assert [one["name"] for one in client.get("/v2/address-books/public")] == ["Open"]
    assert [one["name"] for one in client.get("/v2/address-books/private", select=2, skip=2)] == ["Closed"]


def test_names_must_be_new_also_against_reserved_names_and_segments(client, vendor):
    new_list(client)
    vendor.add_segment("Lapsed", lambda contact: False)
    for name in ("customers", "Test", "all contacts", "Lapsed"):
        assert (
            code(client.expect(400, "POST", "/v2/address-books", {"name": name})) == "ERROR_ADDRESSBOOK_DUPLICATE"
        )
    for bad in ({"name": ""}, {"name": "x" * 129}, {"name": "X", "visibility": "Secret"}, {}):
        assert code(client.expect(400, "POST", "/v2/address-books", bad)) == "ERROR_ADDRESSBOOK_INVALID"
    vendor.most_lists = 3
    full = client.expect(400, "POST", "/v2/address-books", {"name": "New"})
    assert code(full) == "ERROR_ADDRESSBOOK_LIMITEXCEEDED"


def test_built_in_lists_cannot_be_written_to(client):
    for method, path, body in (
        ("DELETE", "/v2/address-books/2", None),
        ("PUT", "/v2/address-books/1", {"name": "Mine"}),
        ("POST", "/v2/address-books/2/contacts/delete-all", None),
        ("POST", "/v2/address-books/2/contacts", {"email": "a@example.org"}),
    ):
        assert code(client.expect(400, method, path, body)) == "ERROR_ADDRESSBOOK_NOTWRITABLE"


def test_deleting_a_list_keeps_its_contacts(client):
    number = new_list(client)
    made(client, lists=[number])
    client.expect(204, "DELETE", f"/v2/address-books/{number}")
    assert "lists" not in client.get("/contacts/v3/contactId/1")


def test_one_contact_is_removed_by_id(client):
    number = new_list(client)
    made(client, lists=[number])
    path = f"/v2/address-books/{number}/contacts"
    client.expect(204, "DELETE", f"{path}/1")
    assert code(client.expect(404, "DELETE", f"{path}/1")) == "ERROR_CONTACT_NOT_FOUND"
    assert code(client.expect(404, "DELETE", f"{path}/ana@example.org")) == "ERROR_CONTACT_NOT_FOUND"
    assert client.get("/contacts/v3/contactId/1")["status"] == "subscribed"


@pytest.mark.parametrize("pascal", [False, True])
def test_many_are_removed_in_the_background(client, vendor, clock, pascal):
    vendor.removal_status_in_pascal_case = pascal
    number = new_list(client)
    for position in range(3):
        made(client, f"p{position}@example.org", lists=[number])
    path = f"/v2/address-books/{number}/contacts/delete"
    job = client.expect(202, "POST", path, [1, "2", 99])
    assert job["status"] == "Started"
    status = client.get(f"/v2/contacts/deletion/{job['id']}")
    assert status == ({"Id": job["id"], "Status": "Started"} if pascal else job)
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 3
    clock.advance(5)
    assert "Completed" in client.get(f"/v2/contacts/deletion/{job['id']}").values()
    assert [one["contactId"] for one in client.get("/contacts/v3", **{"~listId": number})["_items"]] == [3]


def test_everybody_is_removed_in_the_background_or_at_once(client, vendor, clock):
    number = new_list(client)
    made(client, lists=[number])
    job = client.expect(202, "POST", f"/v2/address-books/{number}/contacts/delete-all")
    clock.advance(5)
    assert client.get(f"/v2/contacts/deletion/{job['id']}")["status"] == "Completed"
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 0
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"lists": [number]})
    client.expect(204, "DELETE", f"/v2/address-books/{number}/contacts")
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 0
    vendor.job_outcomes = {"listRemoval": "Failed"}
    job = client.expect(202, "POST", f"/v2/address-books/{number}/contacts/delete-all")
    clock.advance(5)
    assert client.get(f"/v2/contacts/deletion/{job['id']}")["status"] == "Failed"


def test_a_removal_needs_ids_and_a_known_job(client):
    number = new_list(client)
    for body in ([], ["ana@example.org"]):
        refused = client.expect(400, "POST", f"/v2/address-books/{number}/contacts/delete", body)
        assert code(refused) == "ERROR_CONTACTS_ARE_NOT_SPECIFIED"
    assert "message" in client.expect(404, "GET", "/v2/contacts/deletion/nope")


# ── segments ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_segment_is_as_stale_as_its_last_refresh(client, vendor, clock):
    segment = vendor.add_segment("Everybody", lambda contact: True)
    made(client)
    assert client.get("/v2/segments")[-1] == {"id": segment.id, "name": "Everybody", "contacts": 0}
    path = f"/v2/segments/refresh/{segment.id}"
    assert client.get(path)["status"] == "Finished"
    assert client.expect(202, "POST", path) == {"id": segment.id, "status": "NotStarted"}
    clock.advance(3)
    assert client.get(path)["status"] == "NotFinished"
    assert client.expect(202, "POST", path)["status"] == "NotFinished"
    clock.advance(3)
    assert client.get(path) == {"id": segment.id, "status": "Finished"}
    assert client.get("/v2/segments")[-1]["contacts"] == 1
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    assert client.get("/v2/segments")[-1]["contacts"] == 0
    assert code(client.expect(404, "POST", "/v2/segments/refresh/99")) == "ERROR_SEGMENT_NOT_FOUND"


# ── preferences ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_preferences_are_a_tree_with_the_vendor_s_keys(client):
    (category,) = client.get("/v2/preferences")
    assert category["isPreference"] is False
    assert category["preferenceCount"] == 2
    first = category["preferences"][0]
    assert set(first) == {
        *("id", "publicName", "privateName", "isPreference", "order", "isPublic"),
        *("categoryId", "preferenceCount", "created", "lastModified"),
    }
    assert (first["order"], first["categoryId"]) == ("0", category["id"])


def test_preferences_are_created_ordered_updated_and_deleted(client, clock):
    clock.advance(60)
    body = {"publicName": "Sport", "privateName": "sport", "order": "top"}
    sport = client.expect(200, "POST", "/v2/preferences", body)
    assert (sport["isPreference"], sport["order"]) == (False, "0")
    child = {"publicName": "Ball", "privateName": "ball", "isPreference": True, "categoryId": str(sport["id"])}
    ball = client.expect(200, "POST", "/v2/preferences", child)
    changed = client.get("/v2/preferences/modified-since/2026-01-05T09:01:00Z")
    assert [(one["id"], [leaf["id"] for leaf in one["preferences"]]) for one in changed] == [
        (sport["id"], [ball["id"]])
    ]
    update = {"id": ball["id"], "publicName": "Balls", "privateName": "ball", "isPublic": False, "categoryId": 1}
    updated = client.expect(200, "PUT", f"/v2/preferences/{ball['id']}", update)
    assert (updated["publicName"], updated["isPublic"], updated["categoryId"]) == ("Balls", False, 1)
    made(client, preferences=[{"id": 2, "isOptedIn": True}])
    assert client.expect(200, "DELETE", "/v2/preferences/1") == "Deleted"
    assert [one["id"] for one in client.get("/v2/preferences")] == [sport["id"]]
    assert "preferences" not in client.get("/contacts/v3/contactId/1")


def test_nonsense_about_preferences_is_refused(client):
    assert code(client.expect(400, "POST", "/v2/preferences", {"publicName": "X"})) == "ERROR_PREFERENCE_INVALID"
    names = {"publicName": "X", "privateName": "X"}
    unknown = client.expect(404, "POST", "/v2/preferences", {**names, "categoryId": 99})
    assert code(unknown) == "ERROR_PREFERENCE_NOT_FOUND"
    leaf = client.expect(400, "POST", "/v2/preferences", {**names, "categoryId": 2})
    assert code(leaf) == "ERROR_PREFERENCE_INVALID"
    assert code(client.expect(404, "DELETE", "/v2/preferences/99")) == "ERROR_PREFERENCE_NOT_FOUND"
    made(client)
    for body, status in (([{"id": 99, "isPreference": True}], 404), ([7], 400)):
        client.expect(status, "PUT", "/v2/contacts/1/preferences", body)
    client.expect(404, "GET", "/v2/contacts/99/preferences")


def test_a_contact_opts_in_and_out_as_a_tree_or_as_leaves_even_when_suppressed(client, clock):
    made(client)
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    tree = [{"id": 1, "isPreference": False, "preferences": [{"id": 2, "isPreference": True, "isOptedIn": True}]}]
    client.expect(200, "PUT", "/v2/contacts/1/preferences", tree)
    client.expect(200, "PUT", "/v2/contacts/ana@example.org/preferences", [{"id": 3, "isPreference": True}])
    (category,) = client.get("/v2/contacts/1/preferences")
    assert [leaf["isOptedIn"] for leaf in category["preferences"]] == [True, False]
    shown = client.get("/contacts/v3/contactId/1")["preferences"]
    assert [(one["id"], one["isOptedIn"]) for one in shown] == [(2, True), (3, False)]
    subscriptions = client.get("/v2/contacts/ana@example.org/subscriptions")
    assert subscriptions["contact"]["status"] == "Unsubscribed"
    assert set(subscriptions["marketingPreferenceOptIns"][0]) == {
        *("marketingPreferenceId", "addressBookId", "isOptedIn", "dateModifed"),
    }


def test_who_opted_in_is_read_by_keyset_everywhere_and_within_a_list(client, clock):
    number = new_list(client)
    for position in range(3):
        more = {"lists": [number]} if position else {}
        made(client, f"p{position}@example.org", preferences=[{"id": 2, "isOptedIn": True}], **more)
    client.expect(
        201,
        "POST",
        "/contacts/v3",
        {"identifiers": {"mobileNumber": "447700900001"}, "preferences": [{"id": 2, "isOptedIn": True}]},
    )
    path = "/contacts/with-preference/2"
    assert client.get(f"/v2{path}") == [{"id": n, "email": f"p{n - 1}@example.org"} for n in (1, 2, 3)]
    assert [one["id"] for one in client.get(f"/v2{path}", minContactId=2)] == [2, 3]
    assert [one["id"] for one in client.get(f"/v2/address-books/{number}{path}")] == [2, 3]
    clock.advance(60)
    client.expect(200, "PUT", "/v2/contacts/3/preferences", [{"id": 2, "isPreference": True, "isOptedIn": False}])
    since = "/opt-ins-since/2026-01-05T09:01:00Z"
    (row,) = client.get(f"/v2{path}{since}")
    assert row["contact"]["id"] == 3
    assert row["marketingPreferenceOptIns"][0]["isOptedIn"] is False
    (row,) = client.get(f"/v2/address-books/{number}{path}{since}")
    assert row["marketingPreferenceOptIns"][0]["addressBookId"] == number
    client.expect(400, "GET", f"/v2{path}?minContactID=-1")
    client.expect(404, "GET", "/v2/contacts/with-preference/99")
    client.expect(400, "GET", f"/v2{path}/opt-ins-since/yesterday")


def test_a_keyset_page_holds_at_most_a_thousand(client, vendor):
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(1001))
    preference = vendor.preferences[2]
    for contact in vendor.people.by_id.values():
        vendor.opt(contact, preference, opted_in=True)
    page = client.get("/v2/contacts/with-preference/2")
    assert len(page) == 1000
    assert len(client.get("/v2/contacts/with-preference/2", minContactId=page[-1]["id"] + 1)) == 1


# ── suppression ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_unsubscribing_returns_a_suppression_and_shows_in_both_listings(client, vendor):
    made(client)
    body = client.expect(200, "POST", "/v2/contacts/unsubscribe", {"Email": "ANA@example.org"})
    assert body == {
        "suppressedContact": {
            "id": 1,
            "email": "ana@example.org",
            "optInType": "Unknown",
            "emailType": "Html",
            "dataFields": None,
            "status": "Unsubscribed",
        },
        "dateRemoved": "2026-01-05T09:00:00.000Z",
        "reason": "Unsubscribed",
    }
    assert client.get("/v2/contacts/unsubscribed-since/1990-01-01") == [body]
    assert client.get("/v2/contacts/suppressed-since/2026-01-05T09:00:00Z") == [body]
    assert client.get("/v2/contacts/suppressed-since/2026-01-06") == []
    assert vendor.contactable("ana@example.org") is False


def test_an_unknown_address_is_taken_in_as_unsubscribed(client, vendor):
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "new@example.org"})
    assert vendor.contactable("new@example.org") is False
    assert code(client.expect(400, "POST", "/v2/contacts/unsubscribe", {"email": "new"})) == "ERROR_INVALID_EMAIL"
    assert "message" in client.expect(400, "POST", "/v2/contacts/unsubscribe", {})


def test_unsubscribing_somebody_deleted_keeps_them_out_when_they_come_back(client, vendor):
    made(client)
    client.expect(200, "DELETE", "/contacts/v3/contactId/1")
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    assert vendor.contactable("ana@example.org") is False


def test_bulk_suppression_echoes_what_it_was_given(client, vendor):
    made(client)
    made(client, "bo@example.org")
    body = [{"id": 1}, {"email": "bo@example.org"}, {"email": "unknown@example.org"}, {"id": 99}]
    answer = client.expect(200, "PUT", "/v2/contacts/suppress-contacts", body)
    assert answer == {
        "suppressed": [{"id": 1, "email": None}, {"id": 0, "email": "bo@example.org"}],
        "notFound": [{"id": 0, "email": "unknown@example.org"}, {"id": 99, "email": None}],
    }
    rows = client.get("/v2/contacts/suppressed-since/1990-01-01", select=1, skip=1)
    assert rows[0]["reason"] == "Suppressed"
    assert client.get("/v2/contacts/unsubscribed-since/1990-01-01") == []
    assert (
        code(client.expect(400, "PUT", "/v2/contacts/suppress-contacts", [{}]))
        == "ERROR_CONTACTS_ARE_NOT_SPECIFIED"
    )


def test_coming_back_with_and_without_challenge(client, vendor):
    made(client)
    person = {
        "unsubscribedContact": {"email": "ana@example.org", "dataFields": [{"key": "FIRSTNAME", "value": "Ana"}]}
    }
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    asked = client.expect(200, "POST", "/v2/contacts/resubscribe", person)
    assert asked["status"] == "ContactChallenged"
    assert asked["contact"]["status"] == "Unsubscribed"
    assert len(vendor.outbox) == 1
    back = client.expect(200, "POST", "/v2/contacts/resubscribe-with-no-challenge", person)
    assert (back["status"], back["contact"]["status"]) == ("ContactAdded", "Subscribed")
    assert len(vendor.outbox) == 1
    assert client.get("/contacts/v3/contactId/1")["dataFields"] == {"FIRSTNAME": "Ana"}
    assert client.get("/v2/contacts/suppressed-since/1990-01-01") == []


def test_a_bounce_or_complaint_cannot_be_undone(client, vendor):
    made(client)
    vendor.set_email_status(vendor.person("1"), "hardBounced")
    person = {"unsubscribedContact": {"email": "ana@example.org"}}
    for way in ("resubscribe", "resubscribe-with-no-challenge"):
        assert client.expect(200, "POST", f"/v2/contacts/{way}", person)["status"] == "ContactCannotBeUnsuppressed"
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    client.expect(200, "PUT", "/v2/contacts/suppress-contacts", [{"id": 1}])
    assert client.get("/v2/contacts/suppressed-since/1990-01-01")[0]["reason"] == "HardBounced"


def test_nonsense_about_coming_back_is_refused(client):
    made(client)
    client.expect(400, "POST", "/v2/contacts/resubscribe", {})
    client.expect(404, "POST", "/v2/contacts/resubscribe", {"unsubscribedContact": {"email": "x@example.org"}})
    for pair, wanted in (
        ({"key": "NOPE", "value": 1}, "ERROR_DATAFIELD_NOTFOUND"),
        ({"key": "LASTSUBSCRIBED", "value": "x"}, "ERROR_DATAFIELD_INVALID"),
    ):
        person = {"unsubscribedContact": {"email": "ana@example.org", "dataFields": [pair]}}
        assert code(client.expect(400, "POST", "/v2/contacts/resubscribe", person)) == wanted


def test_a_list_can_be_left_alone_and_joined_again(client, vendor, clock):
    number = new_list(client)
    made(client, lists=[number])
    path = f"/v2/address-books/{number}/contacts"
    left = client.expect(200, "POST", f"{path}/unsubscribe", {"email": "ana@example.org"})
    assert (left["reason"], left["suppressedContact"]["status"]) == ("Unsubscribed", "Subscribed")
    assert client.get(f"{path}/unsubscribed-since/2026-01-05") == [left]
    assert client.get("/contacts/v3/contactId/1")["lists"][0]["status"] == "suppressed"
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 0
    assert vendor.contactable("ana@example.org") is True
    client.expect(200, "PATCH", "/contacts/v3/contactId/1", {"lists": [number]})
    assert client.get("/contacts/v3/contactId/1")["lists"][0]["status"] == "suppressed"
    person = {"unsubscribedContact": {"email": "ana@example.org"}}
    assert client.expect(200, "POST", f"{path}/resubscribe", person)["status"] == "ContactChallenged"
    assert vendor.confirm("ana@example.org")
    assert client.get("/contacts/v3/contactId/1")["lists"][0]["status"] == "subscribed"
    client.expect(200, "POST", f"{path}/unsubscribe", {"email": "ana@example.org"})
    back = client.expect(200, "POST", f"{path}/resubscribe-with-no-challenge", person)
    assert back["status"] == "ContactAdded"
    assert client.get(f"{path}/unsubscribed-since/2026-01-05") == []
    client.expect(404, "POST", f"{path}/unsubscribe", {"email": "nobody@example.org"})
    client.expect(404, "POST", "/v2/address-books/99/contacts/unsubscribe", {"email": "ana@example.org"})
