"""Insight data: the emulator against section 23."""

from __future__ import annotations

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

BASE = "/insightData/v3"
ORDER = {
    "id": "SO-1",
    "order_total": 67.2,
    "currency": "EUR",
    "purchase_date": "2024-05-01T10:00:00Z",
    "products": [{"name": "Hat", "sku": "H-1", "qty": 1, "price": 67.2}],
}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    vendor = DotdigitalEmulator(clock=clock, rate_scheme="off")
    vendor.seed_people([{"key": "C-1", "email": "ana@example.org"}, {"key": "C-2", "email": "bo@example.org"}])
    return vendor


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def record(key, email="ana@example.org", json=None):
    identity = {"identifier": "email", "value": email}
    return {"contactIdentity": identity, "key": key, "json": json or {"id": str(key)}}


def import_body(records, name="Orders", scope="contact", kind="orders"):
    return {"collectionName": name, "collectionScope": scope, "collectionType": kind, "records": records}


def run_import(client, clock, *records, **how):
    job = client.expect(202, "PUT", f"{BASE}/import", import_body(list(records), **how))["importId"]
    clock.advance(5)
    return client.get(f"{BASE}/import/{job}")


def test_collections_are_listed_for_the_account_and_a_contact(client):
    rows = client.get(f"{BASE}/collections")
    assert [row["collectionName"] for row in rows] == ["Orders", "CartInsight", "ConsentInsight", "Shops"]
    assert set(rows[0]) == {"collectionName", "collectionType", "collectionScope", "recordCount"}
    assert [row["collectionName"] for row in client.get(f"{BASE}/account")] == ["Shops"]
    assert client.get(f"{BASE}/contacts/email/ana@example.org") == []
    client.expect(201, "PUT", f"{BASE}/contacts/email/ana@example.org/Orders/1", ORDER)
    assert client.get(f"{BASE}/contacts/crm-id/C-1") == [
        {"collectionName": "Orders", "collectionType": "orders", "collectionScope": "contact", "recordCount": 1}
    ]
    missing = client.expect(404, "GET", f"{BASE}/contacts/email/x@example.org")
    assert missing["errorCode"] == "insightData:contactNotFound"
    assert client.expect(400, "GET", f"{BASE}/contacts/email/x")["errorCode"] == "insightData:invalidId"


def test_a_collection_is_created_once_in_any_case_of_its_type(client, vendor):
    path = f"{BASE}/collections/Consent?collectionScope=contact&collectionType=ConsentInsight"
    client.expect(201, "POST", path)
    client.expect(200, "POST", path)
    assert client.get(f"{BASE}/collections")[-1]["collectionType"] == "consentInsight"
    for bad in ("no%20name", "1st", "x" * 257):
        refused = client.expect(
            400, "POST", f"{BASE}/collections/{bad}?collectionScope=account&collectionType=custom"
        )
        assert refused["errorCode"] == "insightData:invalidId"
    client.expect(400, "POST", f"{BASE}/collections/Other?collectionScope=world&collectionType=custom")
    client.expect(400, "POST", f"{BASE}/collections/Other?collectionScope=account&collectionType=rocks")
    vendor.most_collections = 5
    client.expect(412, "POST", f"{BASE}/collections/Other?collectionScope=account&collectionType=custom")


def test_a_record_is_created_replaced_read_and_deleted(client, clock):
    path = f"{BASE}/contacts/contactId/1/Orders/SO%2F1"
    assert client.ask("PUT", path, ORDER).status == 201
    clock.advance(60)
    assert client.ask("PUT", path, {**ORDER, "order_total": 70}).status == 204
    found = client.get(path)
    assert found == {
        "key": "SO/1",
        "json": {**ORDER, "order_total": 70},
        "created": "2026-01-05T09:00:00.000Z",
        "updated": "2026-01-05T09:01:00.000Z",
        "ownerContactId": 1,
    }
    client.expect(204, "DELETE", path)
    gone = client.expect(404, "GET", path)
    assert gone["errorCode"] == "insightData:recordNotFound"
    client.expect(404, "DELETE", path)
    client.expect(404, "PUT", f"{BASE}/contacts/contactId/9/Orders/1", ORDER)
    client.expect(400, "PUT", path, body=b'"text"')


def test_account_records_have_no_owner_and_scopes_do_not_mix(client):
    path = f"{BASE}/account/Shops/S-2"
    client.expect(201, "PUT", path, {"name": "Hill", "city": "Bath"})
    assert "ownerContactId" not in client.get(path)
    client.expect(204, "DELETE", path)
    refused = client.expect(404, "GET", f"{BASE}/account/Orders")
    assert refused["errorCode"] == "insightData:collectionNotFound"
    assert refused["details"] == [{"item": "Orders", "description": "Not found"}]
    client.expect(404, "GET", f"{BASE}/contacts/Shops")
    client.expect(404, "PUT", f"{BASE}/account/Nowhere/1", {"a": 1})


def test_records_are_paged_for_one_contact_and_for_all_and_filtered_by_change(client, clock):
    for n in range(5):
        email = "ana" if n % 2 else "bo"
        client.expect(201, "PUT", f"{BASE}/contacts/email/{email}@example.org/Orders/{n}", {"n": n})
    clock.advance(60)
    client.expect(204, "PUT", f"{BASE}/contacts/email/ana@example.org/Orders/3", {"n": 33})
    keys, path = [], f"{BASE}/contacts/Orders?limit=2"
    while path:
        page = client.expect(200, "GET", path)
        keys += [row["key"] for row in page["_items"]]
        path = page["_links"].get("next", {}).get("link")
    assert keys == ["0", "1", "2", "3", "4"]
    assert [row["key"] for row in client.get(f"{BASE}/contacts/email/ana@example.org/Orders")["_items"]] == [
        "1",
        "3",
    ]
    late = "~modified=gte::2026-01-05T09:01:00Z"
    assert [row["key"] for row in client.get(f"{BASE}/contacts/Orders?{late}")["_items"]] == ["3"]
    assert client.get(f"{BASE}/contacts/email/bo@example.org/Orders?{late}")["_items"] == []
    assert client.get(f"{BASE}/account/Shops")["_items"][0]["key"] == "S-1"
    client.expect(400, "GET", f"{BASE}/contacts/Orders?~modified=yesterday")
    assert client.expect(400, "GET", f"{BASE}/contacts/Orders?limit=0")["errorCode"] == "insightData:badRequest"


def test_many_records_are_deleted_by_key_on_either_path(client):
    for n in range(3):
        client.expect(201, "PUT", f"{BASE}/account/Shops/{n}", {"name": "x"})
        client.expect(201, "PUT", f"{BASE}/contacts/contactId/1/Orders/{n}", {"n": n})
    answer = client.expect(200, "DELETE", f"{BASE}/accounts/Shops/deleteRecords", {"keys": [0, "9"]})
    assert answer == {"summary": {"totalRecords": 2, "totalDeleted": 1, "totalNotFound": 1}, "notFound": ["9"]}
    client.expect(200, "DELETE", f"{BASE}/account/Shops/deleteRecords", {"keys": ["1"]})
    answer = client.expect(
        200, "DELETE", f"{BASE}/contacts/contactId/1/Orders/deleteRecords", {"keys": ["0", "1"]}
    )
    assert answer["summary"]["totalDeleted"] == 2
    for keys in ([], ["x"] * 5001, None):
        refused = client.expect(400, "DELETE", f"{BASE}/accounts/Shops/deleteRecords", {"keys": keys})
        assert refused["errorCode"] == "insightData:noRecordsSpecified"


def test_collections_are_emptied_and_deleted_in_the_background(client, vendor, clock):
    for contact in (1, 2):
        client.expect(201, "PUT", f"{BASE}/contacts/contactId/{contact}/Orders/1", {"n": 1})
    job = client.expect(202, "DELETE", f"{BASE}/contacts/contactId/1/Orders/empty")["jobId"]
    assert client.get(f"{BASE}/async/{job}") == {"jobId": job, "status": "NotStarted"}
    clock.advance(3)
    assert client.get(f"{BASE}/async/{job}")["status"] == "NotFinished"
    clock.advance(3)
    assert client.get(f"{BASE}/async/{job}") == {
        "jobId": job,
        "status": "Finished",
        "summary": {"totalRecords": 1, "totalProcessed": 1, "totalFailed": 0},
    }
    client.expect(202, "DELETE", f"{BASE}/collections/Orders/empty")
    clock.advance(6)
    assert client.get(f"{BASE}/contacts/Orders")["_items"] == []
    client.expect(202, "DELETE", f"{BASE}/collections/Orders")
    clock.advance(6)
    client.expect(404, "GET", f"{BASE}/contacts/Orders")
    client.expect(404, "DELETE", f"{BASE}/collections/Orders")
    assert client.expect(404, "GET", f"{BASE}/async/nope")["errorCode"] == "insightData:asyncJobNotFound"
    vendor.job_outcomes = {"insightAsync": "Failed"}
    job = client.expect(202, "DELETE", f"{BASE}/collections/Shops")["jobId"]
    clock.advance(6)
    assert client.get(f"{BASE}/async/{job}")["status"] == "Failed"
    assert client.get(f"{BASE}/account/Shops")["_items"]


def test_an_import_runs_through_its_states_and_creates_a_missing_collection(client, clock):
    body = import_body([{"key": 24938, "json": {"price": 56}}], "catalog_shop", "account", "CATALOG")
    job = client.expect(202, "PUT", f"{BASE}/import", body)["importId"]
    assert client.get(f"{BASE}/import/{job}") == {"importId": job, "status": "NotStarted"}
    clock.advance(3)
    assert client.get(f"{BASE}/import/{job}")["status"] == "Processing"
    clock.advance(3)
    assert client.get(f"{BASE}/import/{job}") == {
        "importId": job,
        "status": "Finished",
        "collectionName": "catalog_shop",
        "summary": {"totalRecords": 1, "totalImported": 1, "totalRejected": 0},
    }
    assert client.get(f"{BASE}/account/catalog_shop/24938")["json"] == {"price": 56}


def test_each_rejected_record_says_why(client, clock):
    rows = [
        record("ok", json=ORDER),
        record("ok"),
        record("no", "nobody@example.org"),
        record("no", "nonsense"),
        {"key": "x", "json": {"a": 1}},
        {"contactIdentity": {"identifier": "contactId", "value": "99"}, "key": "x", "json": {"a": 1}},
        record("", json={"a": 1}),
        record(True, json={"a": 1}),
        record("nested", json={"a": [[1]]}),
        record("long", json={"k" * 256: 1}),
        record("chars", json={"a.b": 1}),
        record("value", json={"a": "x" * 10_001}),
        record("number", json={"a": 10**20}),
        record("type", json={"order_total": "much"}),
        record("list", json={"products": {"name": "Hat"}}),
    ]
    report = run_import(client, clock, *rows)
    assert [one["failureReason"] for one in report["failures"]] == [
        "DuplicateKey",
        "ContactEmailDoesNotExist",
        "InvalidContactIdentifier",
        "InvalidContactIdentifier",
        "ContactIdDoesNotExist",
        "InvalidClientKey",
        "InvalidClientKey",
        "JsonContainsNestedArray",
        "JsonKeyTooLong",
        "JsonKeyInvalidCharacters",
        "JsonValueTooLong",
        "JsonNumberValueTooLarge",
        "JsonValueIncompatibleWithSchema",
        "JsonValueIncompatibleWithSchema",
    ]
    first = report["failures"][0]
    assert first["collectionOwner"] == {"ownerType": "contact", "contactIdentity": rows[1]["contactIdentity"]}
    assert report["summary"] == {"totalRecords": 15, "totalImported": 1, "totalRejected": 14}
    refused = client.expect(400, "PUT", f"{BASE}/contacts/contactId/1/Orders/9", {"order_total": "x"})
    assert refused["errorCode"] == "insightData:badRequest"


def test_an_import_never_creates_contacts(client, vendor, clock):
    run_import(client, clock, record("1", "new@example.org"))
    assert vendor.person("new@example.org") is None


def test_imports_are_checked_and_five_at_a_time(client, vendor, clock):
    for body, code in (
        (import_body([]), "insightData:noRecordsSpecified"),
        (import_body([{"key": "1"}]), "insightData:badJson"),
        (import_body([record("1")], "no name"), "insightData:invalidId"),
        (import_body([record("1")], scope="world"), "insightData:badJson"),
        (import_body([record("1")], kind="rocks"), "insightData:badJson"),
        (import_body([record("1")], "Shops"), "insightData:badRequest"),
    ):
        assert client.expect(400, "PUT", f"{BASE}/import", body)["errorCode"] == code
    for _ in range(5):
        client.expect(202, "PUT", f"{BASE}/import", import_body([record("1")]))
    refused = client.expect(429, "PUT", f"{BASE}/import", import_body([record("1")]))
    assert refused["errorCode"] == "insightData:tooManyActiveImports"
    clock.advance(5)
    client.expect(202, "PUT", f"{BASE}/import", import_body([record("1")]))
    assert client.expect(404, "GET", f"{BASE}/import/nope")["errorCode"] == "insightData:importNotFound"
    vendor.import_body_bytes = 10
    client.expect(413, "PUT", f"{BASE}/import", import_body([record("1")]))


def test_a_schema_is_learned_and_widened(client):
    client.expect(201, "PUT", f"{BASE}/contacts/contactId/1/Orders/1", ORDER)
    client.expect(
        201, "PUT", f"{BASE}/contacts/contactId/1/Orders/2", {"order_total": 3, "paid": True, "note": None}
    )
    client.expect(201, "PUT", f"{BASE}/contacts/contactId/1/Orders/3", {"purchase_date": "unknown"})
    shape = client.get(f"{BASE}/collections/Orders/schema")
    assert (shape["collectionName"], shape["collectionType"]) == ("Orders", "orders")
    fields = {one["name"]: (one["type"], one["mode"]) for one in shape["schema"]}
    assert fields == {
        "id": ("STRING", "NULLABLE"),
        "order_total": ("FLOAT", "NULLABLE"),
        "currency": ("STRING", "NULLABLE"),
        "purchase_date": ("STRING", "NULLABLE"),
        "products": ("RECORD", "REPEATED"),
        "paid": ("BOOLEAN", "NULLABLE"),
    }
    products = next(one for one in shape["schema"] if one["name"] == "products")
    assert {"name": "qty", "mode": "NULLABLE", "type": "INTEGER", "fields": []} in products["fields"]
    client.expect(404, "GET", f"{BASE}/collections/Nowhere/schema")
    client.expect(400, "GET", f"{BASE}/collections/no%20name/schema")
