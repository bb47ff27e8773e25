"""Programs and enrolments: the emulator against section 22."""

from __future__ import annotations

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

ACTIVE, DRAFT = 1, 2
ENROLMENTS = "/v2/programs/enrolments"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    vendor = DotdigitalEmulator(clock=clock, rate_scheme="off")
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(30))
    return vendor


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def code(body):
    return body["message"].split()[-1]


def test_programs_have_four_keys(client):
    programs = client.get("/v2/programs/", select=1000, skip=0)
    assert [(program["name"], program["status"]) for program in programs] == [
        ("Welcome", "Active"),
        ("Win back", "Draft"),
    ]
    assert set(programs[0]) == {"id", "name", "status", "dateCreated"}
    assert client.get("/v2/programs/1") == programs[0]
    assert client.expect(404, "GET", "/v2/programs/99") == {"message": "Error: ERROR_PROGRAM_NOT_FOUND"}
    assert code(client.expect(400, "GET", "/v2/programs?select=0")) == "ERROR_PARAMETER_INVALID"


def test_an_enrolment_is_processed_then_finished_and_writes_to_each_once(client, vendor, clock):
    created = client.expect(201, "POST", ENROLMENTS, {"programId": "1", "contacts": [1, 2]})
    assert set(created) == {"id", "programId", "status", "dateCreated", "contacts", "addressBooks"}
    assert (created["status"], created["contacts"], created["addressBooks"]) == ("Processing", [1, 2], [])
    assert client.get(f"{ENROLMENTS}/{created['id']}") == created
    assert client.get(f"{ENROLMENTS}/processing") == [created]
    faults = f"{ENROLMENTS}/{created['id']}/report-faults"
    assert client.expect(400, "GET", faults) == {"message": "Error: ERROR_ENROLMENT_IS_PROCESSING"}
    assert vendor.outbox == []
    clock.advance(5)
    assert client.get(f"{ENROLMENTS}/{created['id']}")["status"] == "Finished"
    assert client.get(f"{ENROLMENTS}/Finished", select=1)[0]["id"] == created["id"]
    assert client.get(f"{ENROLMENTS}/NotAvailableInThisVersion") == []
    assert [sent.recipient for sent in vendor.outbox] == ["p0@example.org", "p1@example.org"]
    assert {sent.key for sent in vendor.outbox} == {created["id"]}


def test_who_said_no_and_who_is_inside_already_are_faults(client, vendor, clock):
    client.expect(200, "POST", "/v2/contacts/unsubscribe", {"email": "p0@example.org"})
    number = client.expect(201, "POST", "/v2/address-books", {"name": "Some"})["id"]
    for contact in (1, 2):
        client.expect(200, "PATCH", f"/contacts/v3/contactId/{contact}", {"lists": [number]})
    for contacts in ({"contacts": [2]}, {"addressBooks": [number]}):
        created = client.expect(201, "POST", ENROLMENTS, {"programId": ACTIVE, **contacts})
        clock.advance(5)
    response = client.ask("GET", f"{ENROLMENTS}/{created['id']}/report-faults")
    assert response.headers.get("content-type") == "text/csv"
    assert response.text.splitlines() == [
        "Id,Email,TelephoneNumber,Reason",
        "1,p0@example.org,,Unsubscribed",
        "2,p1@example.org,,AlreadyInProgram",
    ]
    assert [sent.recipient for sent in vendor.outbox] == ["p1@example.org"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"programId": 99, "contacts": [1]}, 404, "Error: ERROR_PROGRAM_NOT_FOUND"),
        ({"programId": DRAFT, "contacts": [1]}, 422, "Error: ERROR_PROGRAM_NOT_ACTIVE"),
        ({"programId": ACTIVE}, 400, "Error: ERROR_ENROLMENT_INVALID"),
        ({"programId": ACTIVE, "contacts": list(range(1, 27))}, 400, "Error: ERROR_ENROLMENT_INVALID"),
        ({"programId": ACTIVE, "addressBooks": [1] * 11}, 400, "Error: ERROR_ADDRESSBOOK_TOOMANY"),
        ({"programId": ACTIVE, "addressBooks": [99]}, 400, "Error: ERROR_ADDRESSBOOK_NOT_FOUND"),
        ({"programId": ACTIVE, "contacts": [99]}, 400, "Error: ERROR_CONTACT_NOT_FOUND"),
    ],
)
def test_an_enrolment_is_checked(client, body, status, message):
    assert client.expect(status, "POST", ENROLMENTS, body) == {"message": message}


def test_twenty_enrolments_an_hour_and_no_more(client, clock):
    for _ in range(20):
        client.expect(201, "POST", ENROLMENTS, {"programId": ACTIVE, "contacts": [1]})
    refused = client.expect(400, "POST", ENROLMENTS, {"programId": ACTIVE, "contacts": [1]})
    assert refused == {"message": "Error: ERROR_ENROLMENT_ALLOWANCE_EXCEEDED "}
    clock.advance(3600)
    client.expect(201, "POST", ENROLMENTS, {"programId": ACTIVE, "contacts": [1]})


def test_programs_may_not_be_permitted_and_enrolments_may_be_unknown(client, vendor):
    assert code(client.expect(404, "GET", f"{ENROLMENTS}/nope")) == "ERROR_ENROLMENT_NOT_FOUND"
    assert code(client.expect(404, "GET", f"{ENROLMENTS}/nope/report-faults")) == "ERROR_ENROLMENT_NOT_FOUND"
    vendor.programs_permitted = False
    for method, path in (
        ("GET", "/v2/programs"),
        ("GET", "/v2/programs/1"),
        ("POST", ENROLMENTS),
        ("GET", f"{ENROLMENTS}/x"),
    ):
        assert (
            code(client.expect(403, method, path, {"programId": 1} if method == "POST" else None))
            == "ERROR_FEATURENOTACTIVE"
        )


def test_an_enrolment_may_never_end(client, vendor, clock):
    vendor.job_outcomes = {"enrolment": "never"}
    created = client.expect(201, "POST", ENROLMENTS, {"programId": ACTIVE, "contacts": [1]})
    clock.advance(86_400)
    assert client.get(f"{ENROLMENTS}/{created['id']}")["status"] == "Processing"
    assert vendor.outbox == []
