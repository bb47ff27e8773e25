"""Firehose, forms, files, phone validation, scores: the emulator against sections 26 to 31."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from martech.testing.clock import ManualClock
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking

FIREHOSES = "/data-firehose/v3/configurations"
FIREHOSE = {
    "events": [{"eventType": "email.click"}, {"eventType": "email.failed", "filters": ["hardBounced"]}],
    "frequency": "hourly",
    "target": {
        "platform": "amazonS3",
        "configuration": {"bucketName": "b", "regionEndpoint": "https://s3.example.org", "folderPath": "/x"},
        "authentication": {"authType": "sas", "accessKey": "k", "secretAccessKey": "s"},
    },
    "alertsConfiguration": {"alertChannels": "none"},
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 640, 480)
GIF = b"GIF89a" + struct.pack("<HH", 3, 4)


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


def form_data(**fields):
    lines = []
    for name, value in fields.items():
        filename, value = value if isinstance(value, tuple) else (None, value)
        tail = f'; filename="{filename}"' if filename else ""
        lines.append(f'--xyz\r\nContent-Disposition: form-data; name="{name}"{tail}\r\n\r\n{value}\r\n')
    body = "".join(lines) + "--xyz--\r\n"
    return {"body": body.encode(), "headers": {"Content-Type": "multipart/form-data; boundary=xyz"}}


# ── firehose ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_firehose_lives_through_its_operations(client, vendor):
    created = client.expect(201, "POST", FIREHOSES, FIREHOSE)
    assert created["status"] == "enabled"
    path = f"{FIREHOSES}/{created['id']}"
    assert client.get(path) == created
    assert client.expect(200, "PUT", path, {**FIREHOSE, "frequency": "daily"})["frequency"] == "daily"
    vendor.firehose_syncing = True
    assert client.expect(409, "DELETE", path)["errorCode"] == "dataFirehose:syncInProgress"
    client.expect(204, "PUT", f"{path}/status/disabled")
    client.expect(400, "PUT", f"{path}/status/broken")
    client.expect(204, "DELETE", path)
    assert client.expect(404, "GET", path)["errorCode"] == "dataFirehose:configNotFound"
    vendor.cxdp = False
    assert client.expect(403, "POST", FIREHOSES, FIREHOSE)["errorCode"] == "dataFirehose:forbidden"


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []},
        {"events": [{"eventType": "pigeon.sent"}]},
        {"events": [{"eventType": "email.click", "filters": ["hardBounced"]}]},
        {"frequency": "sometimes"},
        {"target": {"platform": "attic"}},
        {"target": {**FIREHOSE["target"], "configuration": {}}},
        {"target": {**FIREHOSE["target"], "authentication": {}}},
        {"alertsConfiguration": {"alertChannels": "pigeon"}},
    ],
)
def test_a_firehose_is_checked(client, wrong):
    assert client.expect(400, "POST", FIREHOSES, {**FIREHOSE, **wrong})["errorCode"] == "dataFirehose:badRequest"


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_has_exactly_38_keys_and_counts_its_responses(client, vendor, clock):
    (form,) = client.get("/v2/surveys")
    assert len(form) == 38
    assert client.get("/v2/surveys/1") == form
    counts = [form[name] for name in ("totalCompleteResponses", "timeToCompleteMax", "timeToCompleteMin")]
    assert counts == [2, 120, 60]
    clock.advance(2 * 86_400)
    vendor.respond(vendor.forms[1], "cy@example.org", seconds=None)
    form = client.get("/v2/surveys/1")
    assert (form["totalCompleteResponsesInLastDay"], form["totalCompleteResponsesInLastWeek"]) == (0, 2)
    assert form["totalIncompleteResponses"] == 1
    assert code(client.expect(404, "GET", "/v2/surveys/9")) == "ERROR_SURVEY_NOT_FOUND"


def test_forms_responses_and_fields_are_read_whole_or_since_a_date(client, vendor, clock):
    clock.advance(3600)
    other = vendor.add_form("Quiet", list_id=2)
    assert [form["id"] for form in client.get("/v2/surveys?assignedToAddressBookOnly=true")] == [other.id]
    vendor.respond(vendor.forms[1], "cy@example.org", "Sunday")
    since = "with-activity-since/2026-01-05T10:00:00Z"
    assert [form["id"] for form in client.get(f"/v2/surveys/{since}")] == [1]
    responses = client.get("/v2/surveys/1/responses")
    assert set(responses[0]) == {
        "id",
        "email",
        "started",
        "dateStarted",
        "complete",
        "dateCompleted",
        "givenAnswers",
    }
    assert responses[0]["givenAnswers"][1] == {"fieldId": 2, "subFieldId": None, "value": "Monday"}
    assert [one["email"] for one in client.get(f"/v2/surveys/1/responses/{since}")] == ["cy@example.org"]
    (page,) = client.get("/v2/surveys/1/fields")
    assert page["fields"][0]["assignedContactDataFieldName"] == "Email"
    client.expect(400, "GET", "/v2/surveys?select=501")
    assert len(client.get("/v2/surveys/1/responses", select=2, skip=2)) == 1


# ── documents and images ─────────────────────────────────────────────────────────────────────────────────────────


def test_documents_are_kept_in_folders_and_attached_to_campaigns(client):
    folder = client.expect(201, "POST", "/v2/document-folders/0", {"Name": "Events"})
    assert folder == {"id": folder["id"], "name": "Events", "childFolders": None}
    inner = client.expect(201, "POST", f"/v2/document-folders/{folder['id']}", {"name": "Inner"})
    (tree,) = client.get("/v2/document-folders")
    assert tree["childFolders"][0]["id"] == inner["id"]
    path = f"/v2/document-folders/{folder['id']}/documents"
    body = {"FileName": "plan.pdf", "Data": b64encode(b"plan").decode()}
    document = client.expect(200, "POST", path, body)
    assert set(document) == {"id", "name", "fileName", "fileSize", "dateCreated", "dateModified"}
    client.expect(200, "POST", path, **form_data(file=("map.pdf", "map")))
    assert [one["name"] for one in client.get(path)] == ["plan.pdf", "map.pdf"]
    attachments = "/v2/campaigns/1/attachments"
    for _ in range(2):
        client.expect(200, "POST", attachments, {"id": document["id"]})
    assert client.get(attachments) == [document]
    assert code(client.expect(404, "POST", attachments, {"id": 99})) == "ERROR_DOCUMENT_NOT_FOUND"
    client.expect(204, "DELETE", f"{attachments}/{document['id']}")
    client.expect(404, "DELETE", f"{attachments}/{document['id']}")


def test_documents_are_checked(client):
    assert code(client.expect(404, "GET", "/v2/document-folders/9/documents")) == "ERROR_DOCUMENT_FOLDER_NOT_FOUND"
    client.expect(400, "POST", "/v2/document-folders/0", {"name": "no spaces please"})
    big = {"fileName": "big", "data": b64encode(bytes(10 * 1024 * 1024 + 1)).decode()}
    client.expect(400, "POST", "/v2/document-folders/0/documents", big)
    client.expect(400, "POST", "/v2/document-folders/0/documents", {"fileName": "x", "data": "%"})
    client.expect(400, "POST", "/v2/document-folders/0/documents", **form_data(note="x"))


def test_images_are_kept_from_json_or_raw_with_their_size(client):
    folder = client.expect(201, "POST", "/v2/image-folders/0", {"name": "Banners"})
    path = f"/v2/image-folders/{folder['id']}"
    kept = client.expect(200, "POST", f"{path}/images", {"fileName": "a.png", "data": b64encode(PNG).decode()})
    assert kept == {"id": 1, "name": "a.png", "path": "Banners/a.png"}
    client.expect(200, "POST", f"{path}/images", body=GIF, headers={"Content-Type": "image/gif"})
    client.expect(200, "POST", f"{path}/images", body=b"\xff\xd8", headers={"Content-Type": "image/jpeg"})
    sizes = [
        (one["mimeType"], one["widthInPixels"], one["heightInPixels"]) for one in client.get(f"{path}/images")
    ]
    assert sizes == [("image/png", 640, 480), ("image/gif", 3, 4), ("image/jpeg", 0, 0)]
    assert client.get(path)["name"] == "Banners"
    assert client.get("/v2/image-folders")[0]["id"] == folder["id"]
    assert client.get("/v2/image-folders/0")["childFolders"][0]["name"] == "Banners"
    refused = client.expect(400, "POST", f"{path}/images", {"fileName": "a.txt", "data": "aGk="})
    assert code(refused) == "ERROR_CONTENT_TYPE_IS_NOT_SUPPORTED"
    assert code(client.expect(404, "GET", "/v2/image-folders/9")) == "ERROR_IMAGE_FOLDER_NOT_FOUND"


# ── phone validation ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("phoneNumber=447700900123", "On"),
        ("phoneNumber=%2B447700900123&countryCode=GB", "On"),
        ("phoneNumber=07700900123&countryCode=GB", "On"),
        ("phoneNumber=07700900123", "BadNumber"),
        ("phoneNumber=447700900123&countryCode=FR", "CountryMismatch"),
        ("phoneNumber=447700900000", "Dead"),
        ("phoneNumber=nonsense", "BadNumber"),
    ],
)
def test_one_number_is_validated(client, query, status):
    found = client.get(f"/cpaas/phonevalidation/single?{query}")
    assert found["status"] == status
    assert ("networkDetails" in found) == (status == "On")


def test_a_number_must_be_given(client):
    client.expect(400, "GET", "/cpaas/phonevalidation/single")


def test_a_file_of_numbers_is_validated_in_the_background(client, clock):
    fields = {
        "csv": ("numbers.csv", "name;phone\nAna;447700900123\nBo;nonsense"),
        "separator": "semicolon",
        "country": "GBR",
        "isHeader": "true",
        "isInternational": "true",
        "phoneField": "phone",
    }
    number = client.expect(200, "POST", "/cpaas/phonevalidation/bulk", **form_data(**fields))
    path = f"/cpaas/phonevalidation/bulk/{number}"
    job = client.get(path)
    assert (job["status"], job["percentComplete"], job["phoneNumberCount"]) == ("Queued", 0, 2)
    assert len(job) == 19
    assert client.ask("GET", f"{path}/result").text == ""
    clock.advance(3)
    assert client.get(path)["status"] == "Processing"
    clock.advance(3)
    (job,) = client.get("/cpaas/phonevalidation/bulk")
    assert (job["status"], job["invalidCount"], job["liveInfoCount"]) == ("Completed", 1, 1)
    result = client.ask("GET", f"{path}/result")
    assert result.headers.get("content-type") == "text/csv"
    assert "results.csv" in result.headers.get("content-disposition")
    rows = [line.split(",")[:3] for line in result.text.splitlines()]
    assert rows[1:] == [["447700900123", "447700900123", "On"], ["nonsense", "nonsense", "BadNumber"]]
    client.expect(404, "GET", "/cpaas/phonevalidation/bulk/1")
    client.expect(400, "POST", "/cpaas/phonevalidation/bulk", **form_data(separator="comma"))


# ── scores ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_scores_are_read_for_all_since_a_date_for_one_and_for_a_list(client, vendor, clock):
    vendor.seed_people([{"email": "ana@example.org"}, {"email": "bo@example.org"}, {"phone": "447700900001"}])
    rows = client.get("/v2/contacts/score")
    assert [row["contactId"] for row in rows] == [1, 2]
    assert set(rows[0]) == {
        *("contactId", "email", "dateModified", "scoreLabel", "score", "engagement", "suitability"),
    }
    assert client.get("/v2/contacts/ana@example.org/score") == client.get("/v2/contacts/1/score") == rows[0]
    clock.advance(60)
    number = client.expect(201, "POST", "/v2/address-books", {"name": "Customers"})["id"]
    client.expect(200, "PATCH", "/contacts/v3/contactId/2", {"lists": [number]})
    since = client.get("/v2/contacts/score/modified-since/2026-01-05T09:01:00Z")
    assert [row["contactId"] for row in since] == [2]
    assert [row["contactId"] for row in client.get(f"/v2/address-books/{number}/contacts/score")] == [2]
    client.expect(404, "GET", "/v2/contacts/nobody@example.org/score")


def test_recommendations_are_listed(client):
    (row,) = client.get("/v2/products/recommendations")
    assert (row["type"], row["status"]) == ("BestSellers", "Ready")


def test_an_account_without_samples_holds_only_what_the_vendor_builds_in(clock):
    client = Asking(DotdigitalEmulator(clock=clock, samples=False))
    for path in ("/v2/campaigns", "/v2/programs", "/v2/surveys", "/v2/preferences", "/insightData/v3/collections"):
        assert client.get(path) == []
    assert len(client.get("/v2/address-books")) == 2
