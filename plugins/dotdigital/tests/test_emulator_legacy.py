"""The older v2 contacts and file imports: the emulator against section 12."""

from __future__ import annotations

from base64 import b64encode

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

SIX = {"id", "email", "optInType", "emailType", "dataFields", "status"}


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


def upload(text, name="people.csv"):
    return {"FileName": name, "data": b64encode(text.encode()).decode()}


def test_a_contact_is_written_by_address_with_six_keys(client):
    body = {
        "Email": "ana@example.org",
        "optInType": "single",
        "dataFields": [{"key": "firstname", "value": "Ana"}],
    }
    contact = client.expect(201, "POST", "/v2/contacts", body)
    assert set(contact) == SIX
    assert {"key": "FIRSTNAME", "value": "Ana"} in contact["dataFields"]
    assert {"key": "LASTNAME", "value": None} in contact["dataFields"]
    again = client.expect(201, "POST", "/v2/contacts", {"email": "ANA@example.org", "emailType": "PlainText"})
    assert (again["id"], again["optInType"], again["emailType"]) == (contact["id"], "Single", "PlainText")
    assert client.get("/v2/contacts/count") == 1


def test_a_contact_is_read_by_id_or_address_and_lists_hide_data_unless_asked(client):
    client.expect(201, "POST", "/v2/contacts", {"email": "ana@example.org"})
    client.expect(201, "POST", "/contacts/v3", {"identifiers": {"mobileNumber": "447700900001"}})
    assert client.get("/v2/contacts/1") == client.get("/v2/contacts/ana@example.org")
    (row,) = client.get("/v2/contacts")
    assert row["dataFields"] is None
    assert client.get("/v2/contacts", withFullData="true")[0]["dataFields"]
    assert code(client.expect(404, "GET", "/v2/contacts/2")) == "ERROR_CONTACT_NOT_FOUND"


def test_v2_refuses_to_touch_the_suppressed_and_does_not_find_them_by_id(client):
    client.expect(201, "POST", "/v2/contacts", {"email": "ana@example.org"})
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "ana@example.org"})
    refused = {"message": "Contact is suppressed. ERROR_CONTACT_SUPPRESSED"}
    assert client.expect(400, "POST", "/v2/contacts", {"email": "ana@example.org"}) == refused
    assert client.expect(400, "PUT", "/v2/contacts/1", {"email": "ana@example.org"}) == refused
    assert (
        client.expect(400, "POST", f"/v2/address-books/{book(client)}/contacts", {"email": "ana@example.org"})
        == refused
    )
    client.expect(404, "GET", "/v2/contacts/1")
    assert client.get("/v2/contacts/ana@example.org")["status"] == "Unsubscribed"


def book(client):
    return client.expect(201, "POST", "/v2/address-books", {"name": "Customers"})["id"]


def test_a_contact_is_added_to_a_list_unless_they_left_it(client):
    number = book(client)
    path = f"/v2/address-books/{number}/contacts"
    assert set(client.expect(200, "POST", path, {"email": "ana@example.org"})) == SIX
    assert [row["id"] for row in client.get(path)] == [1]
    client.expect(200, "POST", f"{path}/unsubscribe", {"email": "ana@example.org"})
    refused = client.expect(400, "POST", path, {"email": "ana@example.org"})
    assert code(refused) == "ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK"


def test_updating_by_id_may_change_the_address_to_a_free_one(client, vendor):
    for email in ("one@example.org", "two@example.org"):
        client.expect(201, "POST", "/v2/contacts", {"email": email})
    assert client.expect(200, "PUT", "/v2/contacts/1", {"email": "uno@example.org"})["email"] == "uno@example.org"
    assert (
        code(client.expect(400, "PUT", "/v2/contacts/1", {"email": "two@example.org"})) == "ERROR_NON_UNIQUE_EMAIL"
    )
    assert code(client.expect(400, "PUT", "/v2/contacts/1", {"email": "x"})) == "ERROR_INVALID_EMAIL"
    assert code(client.expect(400, "POST", "/v2/contacts", {"email": "x"})) == "ERROR_INVALID_EMAIL"
    bad = {"email": "three@example.org", "optInType": "Maybe"}
    assert code(client.expect(400, "POST", "/v2/contacts", bad)) == "ERROR_CONTACT_INVALID"
    client.expect(200, "PUT", "/v2/contacts/1", {"email": "uno@example.org", "optInType": "VerifiedDouble"})
    assert client.get("/v2/contacts/1")["status"] == "PendingOptIn"
    assert len(vendor.outbox) == 1
    client.expect(404, "PUT", "/v2/contacts/99", {"email": "x@example.org"})


def test_deleting_by_id_goes_to_the_recycle_bin_and_writing_again_restores(client):
    client.expect(201, "POST", "/v2/contacts", {"email": "ana@example.org"})
    client.expect(204, "DELETE", "/v2/contacts/1")
    client.expect(404, "GET", "/v2/contacts/ana@example.org")
    assert client.get("/v2/contacts/count") == 0
    assert client.expect(201, "POST", "/v2/contacts", {"email": "ana@example.org"})["id"] == 1
    assert client.get("/v2/contacts/count") == 1


def test_reads_since_a_date(client, clock):
    number = book(client)
    for email in ("one@example.org", "two@example.org"):
        client.expect(200, "POST", f"/v2/address-books/{number}/contacts", {"email": email})
        clock.advance(3600)
    client.expect(200, "PUT", "/v2/contacts/1", {"email": "uno@example.org"})
    since = "2026-01-05T10:00:00Z"
    assert [row["id"] for row in client.get(f"/v2/contacts/created-since/{since}")] == [2]
    assert [row["id"] for row in client.get(f"/v2/contacts/modified-since/{since}", select=2000)] == [1, 2]
    late = "2026-01-05%2011:00:00%2B00:00"
    assert [row["id"] for row in client.get(f"/v2/address-books/{number}/contacts/modified-since/{late}")] == [1]
    client.expect(400, "GET", f"/v2/contacts/modified-since/{since}?select=2001")


def finished(client, clock, job):
    assert client.get(f"/v2/contacts/import/{job['id']}") == {"id": job["id"], "status": "NotFinished"}
    assert (
        code(client.expect(404, "GET", f"/v2/contacts/import/{job['id']}/report"))
        == "ERROR_IMPORT_REPORT_NOT_FOUND"
    )
    clock.advance(5)
    assert client.get(f"/v2/contacts/import/{job['id']}")["status"] == "Finished"
    return client.get(f"/v2/contacts/import/{job['id']}/report")


def test_a_csv_file_is_imported_with_fields_preferences_and_faults(client, clock):
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "no@example.org"})
    text = (
        "Email,FirstName,Preference:Newsletters>Weekly,emailType\n"
        "ana@example.org,Ana,True,PlainText\n"
        "no@example.org,No,,\n"
        "ANA@example.org,Twice,,\n"
        'nonsense,"a, b",,\n'
    )
    job = client.expect(202, "POST", "/v2/contacts/import", upload(text))
    report = finished(client, clock, job)
    assert len(report) == 15
    counts = {name: count for name, count in report.items() if count}
    assert counts == {
        "newContacts": 1,
        "unsubscribed": 1,
        "duplicateEmails": 1,
        "invalidEntries": 1,
        "failures": 3,
    }
    ana = client.get("/contacts/v3/email/ana@example.org")
    assert ana["dataFields"] == {"FIRSTNAME": "Ana"}
    assert ana["preferences"][0]["isOptedIn"] is True
    assert ana["channelProperties"]["email"]["emailType"] == "PlainText"
    faults = client.ask("GET", f"/v2/contacts/import/{job['id']}/report-faults")
    assert faults.headers.get("content-type") == "text/csv; charset=utf-8"
    lines = faults.text.splitlines()
    assert lines[0].startswith("Reason,Email,FirstName")
    assert [line.split(",")[0] for line in lines[1:]] == ["Unsubscribed", "Duplicate", "InvalidEmail"]
    clock.advance(8 * 86_400)
    client.expect(404, "GET", f"/v2/contacts/import/{job['id']}/report-faults")


@pytest.mark.parametrize(("option", "kept"), [("0", None), ("1", "Ana"), ("2", "Ana"), ("Overwrite", None)])
def test_a_file_is_merged_as_its_option_says(client, clock, option, kept):
    client.expect(
        201,
        "POST",
        "/v2/contacts",
        {"email": "a@example.org", "dataFields": [{"key": "FIRSTNAME", "value": "Ana"}]},
    )
    path = f"/v2/contacts/import/with-merge-option/{option}"
    job = client.expect(202, "POST", path, upload("email,firstname,lastname\na@example.org,,Li\n"))
    assert finished(client, clock, job)["updatedContacts"] == 1
    contact = client.get("/contacts/v3/contactId/1")
    assert contact["dataFields"].get("FIRSTNAME") == kept
    assert contact["dataFields"]["LASTNAME"] == "Li"


def test_a_file_for_a_list_may_come_as_a_form(client, clock):
    number = book(client)
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\nemail\r\nana@example.org\r\n\r\n--xyz--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    path = f"/v2/address-books/{number}/contacts/import"
    job = client.expect(202, "POST", path, body=body, headers=headers)
    assert finished(client, clock, job)["newContacts"] == 1
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 1
    client.expect(400, "POST", path, body=b"--xyz--\r\n", headers=headers)
    job = client.expect(202, "POST", f"{path}/with-merge-option/1", upload("email\nbo@example.org\n"))
    assert finished(client, clock, job)["newContacts"] == 1


def test_a_collection_is_imported_into_lists(client, clock):
    number = book(client)
    contact = {
        "email": "ana@example.org",
        "optInType": "Single",
        "dataFields": [{"key": "FIRSTNAME", "value": "Ana"}],
    }
    body = {"addressBookIds": [number], "mergeOption": 0, "contacts": [contact]}
    job = client.expect(202, "POST", "/v2/contacts/import-collection", body)
    assert finished(client, clock, job)["newContacts"] == 1
    assert client.get(f"/v2/address-books/{number}")["contacts"] == 1
    client.expect(400, "POST", "/v2/contacts/import-collection", {**body, "contacts": []})
    client.expect(400, "POST", "/v2/contacts/import-collection", {**body, "mergeOption": 9})


def test_files_of_another_kind_are_rejected_as_a_job(client):
    for text, name in (("email\na@example.org\n", "people.xls"), ("name\nAna\n", "people.csv")):
        job = client.expect(202, "POST", "/v2/contacts/import", upload(text, name))
        assert job["status"] == "InvalidFileFormat"
        assert client.get(f"/v2/contacts/import/{job['id']}")["status"] == "InvalidFileFormat"


def test_file_imports_are_checked_and_limited_together_with_v3_imports(client, vendor):
    client.expect(400, "POST", "/v2/contacts/import", {"fileName": "a.csv", "data": "%%"})
    client.expect(400, "POST", "/v2/contacts/import", {})
    client.expect(400, "POST", "/v2/contacts/import/with-merge-option/7", upload("email\n"))
    assert code(client.expect(404, "GET", "/v2/contacts/import/nope")) == "ERROR_IMPORT_NOT_FOUND"
    vendor.import_body_bytes = 3
    client.expect(413, "POST", "/v2/contacts/import", upload("email\na@example.org\n"))
    vendor.import_body_bytes = 10_000
    vendor.most_active_imports = 1
    client.expect(202, "POST", "/v2/contacts/import", upload("email\na@example.org\n"))
    refused = client.expect(400, "POST", "/v2/contacts/import", upload("email\nb@example.org\n"))
    assert code(refused) == "ERROR_IMPORT_TOOMANYACTIVEIMPORTS"
    rows = [{"matchIdentifier": "email", "identifiers": {"email": "c@example.org"}}]
    client.expect(429, "PUT", "/contacts/v3/import", {"contacts": rows})


@pytest.mark.parametrize(
    ("status", "counter"),
    [("hardBounced", "hardBounced"), ("ispComplained", "ispComplaints"), ("spamTrap", "globallySuppressed")],
)
def test_a_file_counts_the_suppressed_by_reason(client, vendor, clock, status, counter):
    client.expect(201, "POST", "/v2/contacts", {"email": "a@example.org"})
    vendor.set_email_status(vendor.person("1"), status)
    job = client.expect(202, "POST", "/v2/contacts/import", upload("email\na@example.org\n"))
    assert finished(client, clock, job)[counter] == 1
