"""The pretended dEngage as a whole: people put in, control routes, faults, a real port, and its own shape."""

from __future__ import annotations

import json
from collections import Counter
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from martech.emulation import serve
from martech.wire import CutConnection
from martech_dengage.emulator import DengageEmulator


def test_settings_follow_the_address_it_is_served_at():
    emulator = DengageEmulator()
    assert emulator.settings()["base_url"] == "https://emulated.dengage.test/rest"
    with serve(emulator) as served:
        assert emulator.settings() == {
            "userkey": "acme_api_user",
            "password": emulator.settings()["password"],
            "base_url": f"{served.url}/rest",
            "event_base_url": served.url,
        }


def test_no_method_of_one_area_hides_that_of_another():
    named = Counter(
        name
        for area in DengageEmulator.__mro__
        if area.__module__.startswith("martech_dengage")
        for name, value in vars(area).items()
        if getattr(value, "routes", None)
        or (name.startswith("_") and not name.startswith("__") and callable(value))
    )
    assert [name for name, times in named.items() if times > 1] == []


OPERATIONS = """
POST /login
POST /dataspace/tables
GET /dataspace/tables
GET /dataspace/tables/{public_id}
DELETE /dataspace/tables/{table_id}/truncate
DELETE /dataspace/tables/{table_id}/drop
POST /dataspace/sync/upsert
DELETE /dataspace/sync/delete
POST /dataspace/async/upsert
POST /dataspace/async/upsert_v2
DELETE /dataspace/async/delete
GET /dataspace/async/{work}/{job_id}
POST /dataspace/triggerAutomatedFlow
POST /dataspace/ecomm/product/upsert
POST /dataspace/ecomm/orders_detail/upsert
POST /bulk/contacts
POST /bulk/async/contacts
GET /bulk/async/contacts/{job_id}
POST /bulk/contact_extensions
POST /contacts
GET /contacts/{contact_key}
PUT /contacts/{contact_key}
GET /contacts/updateLog
GET /contents/{channel}
POST /contents/{channel}
GET /contents/{channel}/{content_id}
PUT /contents/{channel}/{content_id}
DELETE /contents/{channel}/{content_id}
POST /sends/{channel}
POST /sends/{channel}/{send_id}/{step}
GET /sends/email/{send_id}
GET /sends/email/{send_id}/overview
GET /sends/email/{send_id}/{detail}
GET /sends/sms/{send_id}/overview
GET /sends/sms/{send_id}/report
POST /transactional/email
POST /transactional/email/bulkV2
GET /transactional/email
POST /transactional/sms
GET /transactional/sms
POST /transactional/push
POST /transactional/pushByTag
POST /push/sendInstant
GET /push/sendInstant
POST /liveActivity/{step}
GET /email/froms
GET /email/vmtas/{use}
GET /sms/froms/bulk
GET /sms/froms/transactional
GET /logs/email
GET /logs/email/{log}
POST /api/web/event
GET /api/inbox/getMessages
"""


def test_its_routes_are_the_operations_that_are_known_by_path_or_by_name():
    routes = {f"{method} {pattern}" for method, _, pattern, _ in DengageEmulator._routes}
    assert routes == set(OPERATIONS.strip().splitlines())


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_are_put_in_as_if_they_had_always_been_there(connect):
    api = connect(visibility_lag_seconds=120)
    rows = [
        {
            "key": "c-1",
            "email": "Ada@Example.org",
            "phone": "+90 (535) 123-45-67",
            "first_name": "Ada",
            "last_name": "L",
        },
        {"email": "bob@example.org", "unsubscribed_email": "true"},
        {"phone": "905350000000", "unsubscribed_sms": "true"},
        {"first_name": "Nobody"},
    ]
    assert api.emulator.seed_people(rows) == 3
    ada = api.contact("c-1")
    assert (ada["email"], ada["gsm"], ada["name"], ada["surname"]) == (
        "ada@example.org",
        "905351234567",
        "Ada",
        "L",
    )
    assert api.contact("bob@example.org")["email_permission"] is False
    assert api.contact("905350000000")["gsm_permission"] is False
    assert api.all_rows("/contacts/updateLog") == []


def test_a_person_is_contactable_by_key_address_or_number_as_a_campaign_would_see_it(api):
    api.emulator.seed_people(
        [
            {"key": "c-1", "email": "ada@example.org", "phone": "905351234567", "unsubscribed_sms": "true"},
            {"key": "c-2", "email": "Ada@example.org", "unsubscribed_email": "true"},
            {"key": "c-3"},
        ]
    )
    contactable = api.emulator.contactable
    assert contactable("c-1") is contactable("ADA@example.org") is contactable("+905351234567") is True
    assert contactable("c-1", "sms") is contactable("+90 535 123 45 67", "sms") is False
    assert contactable("c-2") is contactable("c-3") is contactable("c-3", "sms") is False
    assert contactable("order 905351234567") is None  # digits inside of something else are no number
    assert contactable("nobody") is contactable("nobody@example.org") is contactable("") is None
    api.bulk({"contact_key": "c-1", "contact_status": "P"})
    assert contactable("c-1") is contactable("ada@example.org") is False
    with pytest.raises(ValueError, match="channel"):
        contactable("c-1", "fax")


def test_among_thirty_thousand_people_the_largest_calls_find_theirs(connect):
    api = connect()
    rows = [{"key": f"c-{n}", "email": f"p{n}@example.org", "phone": f"90535{n:07}"} for n in range(30_000)]
    assert api.emulator.seed_people(rows) == 30_000
    records = [
        {"contact_key": f"c-{n}", "email": f"q{n}@example.org", "email_permission": False} for n in range(1000)
    ]
    assert len(api.bulk(*records).data["updated"]) == 1000
    assert api.contact("c-29999")["email"] == "p29999@example.org"
    assert api.emulator.contactable("p29999@example.org") is True
    assert len(api.all_rows("/contacts/updateLog", limit=1000)) == 1000


# ── control routes ───────────────────────────────────────────────────────────────────────────────────────────


def test_switches_are_set_over_http(api):
    assert api.control("switches", unknown_contact="empty", engagement={"open": 1.0}).body == {"ok": True}
    assert api.get("/contacts/c-1").data == {"contacts": []}
    assert api.emulator.engagement.open == 1.0
    assert api.control("switches", colour="red").status == 400
    assert api.control("switches", seed=1).status == 400


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("engagement", {"contact_key": "nobody", "kind": "open"}),
        ("engagement", {"contact_key": "c-1", "kind": "dance"}),
        ("engagement", {"contact_key": "c-1", "kind": "open", "channel": "sms"}),
        ("engagement", {"contact_key": "c-1"}),
        ("segments", {}),
        ("jobs", {}),
    ],
)
def test_a_control_route_says_what_it_did_not_understand(api, path, given):
    api.bulk({"contact_key": "c-1"})
    assert api.control(path, **given).status == 400


def test_other_control_routes_are_404(api):
    assert api.control("weather").status == 404
    assert api.emulator.control("GET", "segments", {}).status == 404


def test_the_panel_is_reached_over_control_routes(api):
    segment = api.control("segments", name="all").body["segmentId"]
    device = api.control("devices", application_id="app", token="t", contact_key="c-1").body["deviceId"]
    assert segment in api.emulator.segments
    assert api.emulator.devices[0].device_id == device


# ── bad days and a real port ─────────────────────────────────────────────────────────────────────────────────


def test_a_cut_after_the_work_leaves_the_work_done(api):
    api.emulator.faults.add("cut_after", route="POST /rest/bulk/contacts")
    with pytest.raises(CutConnection):
        api.bulk({"contact_key": "c-1"})
    assert api.contact("c-1")["contact_key"] == "c-1"


def test_a_fault_of_the_vendor_is_answered_as_it_was_told(api):
    api.emulator.faults.add("status", status=500, body='{"code": 999}', route="/email/froms")
    said = api.get("/email/froms")
    assert (said.status, said.code) == (500, 999)


def ask(method, url, body=None, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urlopen(Request(url, data, headers, method=method), timeout=5) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read() or "null")


def test_it_serves_a_client_over_a_real_port():
    with serve(DengageEmulator()) as served:
        settings = served.line()["settings"]
        rest, control = settings["base_url"], f"{served.url}/_emulator"
        assert ask("POST", f"{rest}/login", {"userkey": "x", "password": "y"}) == (403, None)
        pair = {"userkey": settings["userkey"], "password": settings["password"]}
        token = ask("POST", f"{rest}/login", pair)[1]["access_token"]
        column = {"name": "contact_key", "type": "TEXT", "isPrimary": True}
        table = {"name": "weekly", "columns": [column], "contactKeyColumn": "contact_key"}
        assert ask("POST", f"{rest}/dataspace/tables", table, token)[0] == 200
        rows = {"tableName": "weekly", "columns": ["contact_key"], "rows": [{"contact_key": "c-1"}]}
        assert ask("POST", f"{rest}/dataspace/sync/upsert", rows, token)[1]["data"]["affectedRowCount"] == 1
        # A DELETE with a body must arrive with it.
        assert ask("DELETE", f"{rest}/dataspace/sync/delete", rows, token)[1]["data"]["affectedRowCount"] == 1
        assert ask("GET", f"{rest}/contacts/c-1?contactFields=contact_key", None, token)[1]["data"] == {
            "contacts": [{"contact_key": "c-1"}]
        }
        engagement = {"contact_key": "c-1", "kind": "unsubscribe"}
        assert ask("POST", f"{control}/engagement", engagement) == (200, {"ok": True})
        changes = ask("GET", f"{rest}/contacts/updateLog", None, token)[1]["data"]["result"]
        assert {change["source"] for change in changes} == {"UNSUBSCRIBE"}
        assert ask("POST", f"{control}/clock", {"advance_seconds": 3600})[0] == 200
        assert ask("GET", f"{rest}/email/froms", None, token) == (401, None)
        assert ask("GET", f"{control}/outbox") == (200, [])
