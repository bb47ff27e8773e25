"""The emulator's conventions: who may ask, where, how often, in which dialect, and how much is handed out."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import get_type_hints

import pytest

from martech import Client, PermissionDenied
from martech.emulation import serve
from martech.testing.clock import ManualClock
from martech.wire import CutConnection, Headers, HttpRequest
from martech_dotdigital.emulator import DotdigitalEmulator
from martech_dotdigital.emulator.asking import Asking
from martech_dotdigital.emulator.conventions.answers import JSON_TYPE
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.switches import Switchable, Switches


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def vendor(clock):
    return DotdigitalEmulator(clock=clock)


@pytest.fixture
def client(vendor):
    return Asking(vendor)


def wrong(vendor, path):
    return vendor(HttpRequest("GET", vendor.public_url + path, Headers([("Authorization", "Basic bm86bm8=")])))


def test_account_info_has_two_keys_and_names_the_endpoint_with_a_trailing_slash(client, vendor):
    info = client.get("/v2/account-info")
    assert set(info) == {"id", "properties"}
    values = {row["name"]: row["value"] for row in info["properties"]}
    assert values["ApiEndpoint"] == vendor.public_url + "/"
    assert all(isinstance(row["value"], str) for row in info["properties"])
    vendor.api_endpoint = "https://r2-api.example.test/"
    values = {row["name"]: row["value"] for row in client.get("/v2/account-info")["properties"]}
    assert values["ApiEndpoint"] == "https://r2-api.example.test/"


def test_settings_say_user_password_and_where_to_ask(vendor):
    settings = vendor.settings()
    assert settings["locator_url"] == vendor.public_url
    assert settings["password"] in vendor.secrets()
    assert settings["user"].startswith("apiuser-")


def test_server_time_is_a_bare_timestamp_of_the_emulated_clock(client):
    assert client.get("/v2/server-time") == "2026-01-05T09:00:00.000Z"


def test_wrong_credentials_are_answered_401_in_the_dialect_of_the_path(vendor):
    v2 = wrong(vendor, "/v2/account-info")
    assert v2.status == 401
    assert v2.json() == {"message": "Authorization has been denied for this request."}
    v3 = wrong(vendor, "/contacts/v3")
    assert v3.status == 401
    assert set(v3.json()) == {"errorCode", "description"}
    assert v3.headers.get("Content-Type") == JSON_TYPE == "application/json; charset=utf-8"
    assert wrong(vendor, "/cpaas/messages/x").status == 401


def test_a_request_without_credentials_and_a_disabled_user_are_401(vendor, client):
    assert vendor(HttpRequest("GET", vendor.public_url + "/v2/account-info")).status == 401
    vendor.api_user_enabled = False
    assert client.ask("GET", "/v2/account-info").status == 401


def test_v3_answers_carry_the_exact_content_type(client):
    assert client.ask("GET", "/contacts/v3").headers.get("content-type") == "application/json; charset=utf-8"


def test_a_foreign_region_answers_account_info_and_refuses_all_else(clock):
    home = DotdigitalEmulator(clock=clock)
    foreign = DotdigitalEmulator(clock=clock, foreign_region=True)
    foreign.api_endpoint = home.api_endpoint
    client = Asking(foreign)
    values = {row["name"]: row["value"] for row in client.get("/v2/account-info")["properties"]}
    assert values["ApiEndpoint"] == home.public_url + "/"
    refused = client.ask("GET", "/v2/data-fields/")
    assert (refused.status, refused.json()) == (403, {"message": "Access is denied"})
    refused = client.ask("GET", "/contacts/v3")
    assert refused.status == 403
    assert refused.json()["errorCode"] == "contacts:forbidden"
    assert wrong(foreign, "/v2/data-fields").status == 401


@pytest.mark.parametrize("home", ["r1", "r2", "r3"])
def test_an_account_lives_in_one_of_three_regions_and_each_says_which(clock, home):
    vendor = DotdigitalEmulator(clock=clock, region=home)
    for region in ("r1", "r2", "r3"):
        vendor.public_url = f"https://{region}-api.dotdigital.test"
        client = Asking(vendor)
        values = {row["name"]: row["value"] for row in client.get("/v2/account-info")["properties"]}
        assert values["ApiEndpoint"] == f"https://{home}-api.dotdigital.test/"
        assert client.ask("GET", "/v2/data-fields").status == (200 if region == home else 403)


def test_a_client_finds_the_region_of_its_account(clock):
    vendor = DotdigitalEmulator(clock=clock, region="r3")
    vendor.public_url = "https://r1-api.dotdigital.com"
    given = {"user": vendor.api_user, "password": vendor.password, "app": vendor, "clock": clock}
    with Client("dotdigital", **given) as located, Client("dotdigital", **given, region="r2") as told:
        assert located.contacts.count() == 0
        with pytest.raises(PermissionDenied):
            told.contacts.count()


def test_unknown_paths_and_methods_are_refused_in_their_dialect(client):
    assert "message" in client.expect(404, "GET", "/v2/nothing-here")
    assert client.expect(404, "GET", "/insightData/v3/nothing/of/the/sort/at/all")["errorCode"].startswith(
        "insightData:"
    )
    assert client.expect(405, "PATCH", "/v2/account-info")["message"]


def test_a_trailing_slash_is_accepted_also_before_the_query(client):
    assert client.ask("GET", "/v2/data-fields/").status == 200
    assert client.get("/contacts/v3/", limit=2)["_items"] == []


def test_the_offset_paging_of_v2_ends_with_an_empty_page_and_checks_its_bounds(client):
    for number in range(5):
        client.expect(201, "POST", "/v2/address-books", {"name": f"List {number}"})
    pages = [client.get("/v2/address-books", select=3, skip=skip) for skip in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    for query in ({"select": 0}, {"select": 1001}, {"skip": -1}, {"select": "many"}):
        body = client.expect(400, "GET", "/v2/address-books", query=query)
        assert body["message"].endswith("ERROR_PARAMETER_INVALID")


def test_the_seek_paging_of_v3_hands_out_everybody_once_with_links_that_carry_the_filters(client, vendor):
    vendor.seed_people({"email": f"p{number}@example.org"} for number in range(7))
    path, seen = "/contacts/v3?limit=3&include=lists", []
    while True:
        page = client.expect(200, "GET", path)
        seen += [row["contactId"] for row in page["_items"]]
        assert {"self", "first"} <= set(page["_links"])
        assert all(set(link) == {"marker", "link"} for link in page["_links"].values())
        if "next" not in page["_links"]:
            break
        assert "include=lists" in page["_links"]["next"]["link"]
        path = page["_links"]["next"]["link"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


def test_next_is_absent_when_the_last_page_is_exactly_full(client, vendor):
    vendor.seed_people({"email": f"p{number}@example.org"} for number in range(4))
    assert "next" not in client.get("/contacts/v3", limit=4)["_links"]


def test_a_bad_limit_or_marker_is_refused(client):
    for query in (
        {"limit": 0},
        {"limit": 5001},
        {"limit": "x"},
        {"marker": "bm9uc2Vuc2U="},
        {"marker": "%%"},
        {"marker": "a"},
    ):
        assert client.expect(400, "GET", "/contacts/v3", query=query)["errorCode"] == "contacts:invalidFilter"


def test_each_tier_counts_by_the_minute_and_says_so_in_headers(client, vendor, clock):
    vendor.rate_limits = {"lowCallRate": 2}
    first = client.ask("GET", "/contacts/v3")
    assert first.headers.get("X-RateLimit-Limit") == "2"
    assert first.headers.get("X-RateLimit-Remaining") == "1"
    assert first.headers.get("X-RateLimit-Scope") == "lowCallRate"
    reset = clock.now() + timedelta(minutes=1)
    assert first.headers.get("X-RateLimit-Reset") == str(int(reset.timestamp()))
    client.ask("GET", "/contacts/v3")
    refused = client.ask("GET", "/contacts/v3")
    assert refused.status == 429
    assert refused.json()["errorCode"] == "contacts:tooManyRequests"
    assert refused.headers.get("X-RateLimit-Remaining") == "0"
    assert client.ask("GET", "/v2/data-fields").headers.get("X-RateLimit-Scope") == "mediumCallRate"
    assert client.ask("GET", "/v2/server-time").headers.get("X-RateLimit-Scope") == "highCallRate"
    clock.advance(60)
    assert client.ask("GET", "/contacts/v3").status == 200


def test_the_limits_follow_the_plan_and_may_be_used_up_by_others(client, vendor):
    for plan, low in {"basic": "35", "standard": "75", "enhanced": "150"}.items():
        vendor.plan = plan
        assert client.ask("GET", "/contacts/v3").headers.get("X-RateLimit-Limit") == low
    vendor.exhaust(Tier.MEDIUM)
    refused = client.ask("GET", "/v2/data-fields")
    assert refused.status == 429
    assert refused.json()["message"]
    assert client.ask("GET", "/contacts/v3").status == 200
    assert vendor.control("POST", "exhaust", {"tier": "lowCallRate"}).status == 200
    assert client.ask("GET", "/contacts/v3").status == 429


def test_the_reset_may_be_told_as_a_delta(client, vendor, clock):
    vendor.reset_as_delta = True
    clock.advance(10)
    assert client.ask("GET", "/contacts/v3").headers.get("X-RateLimit-Reset") == "50"


def test_polling_is_unlimited_and_unlabelled(client, vendor):
    vendor.rate_limits = {tier.value: 0 for tier in Tier}
    response = client.ask("GET", "/contacts/v3/import/none")
    assert response.status == 404
    assert "X-RateLimit-Limit" not in response.headers


def test_the_flat_scheme_refuses_with_400_and_a_code_and_shows_in_account_info(clock):
    vendor = DotdigitalEmulator(clock=clock, rate_scheme="flat", flat_calls_per_hour=2)
    client = Asking(vendor)
    client.get("/v2/data-fields")
    values = {row["name"]: row["value"] for row in client.get("/v2/account-info")["properties"]}
    assert (values["ApiCallsInLastHour"], values["ApiCallsRemaining"]) == ("2", "0")
    refused = client.ask("GET", "/v2/data-fields")
    assert refused.status == 400
    assert refused.json()["message"].endswith("ERROR_APIUSAGE_EXCEEDED")
    clock.advance(3600)
    assert client.ask("GET", "/v2/data-fields").status == 200


def test_limits_can_be_off(client, vendor):
    vendor.rate_scheme = "off"
    vendor.rate_limits = {"lowCallRate": 0}
    assert client.ask("GET", "/contacts/v3").status == 200


def test_malformed_bodies_are_refused_in_both_dialects(client):
    assert client.expect(400, "POST", "/v2/address-books", body=b"{")["message"].endswith(
        "ERROR_MALFORMED_REQUEST"
    )
    assert client.expect(400, "POST", "/v2/address-books", [])["message"].endswith("ERROR_MALFORMED_REQUEST")
    body = client.expect(400, "PUT", "/v2/contacts/suppress-contacts", {})
    assert body["message"].endswith("ERROR_MALFORMED_REQUEST")
    assert client.expect(400, "POST", "/contacts/v3", body=b"nonsense")["errorCode"] == "contacts:badJson"


def test_faults_cut_before_and_after_the_work(client, vendor):
    vendor.faults.add("cut_before", route="POST /contacts/v3")
    with pytest.raises(CutConnection):
        client.ask("POST", "/contacts/v3", {"identifiers": {"email": "ana@example.org"}})
    assert len(vendor.people) == 0
    vendor.faults.add("cut_after", route="POST /contacts/v3")
    with pytest.raises(CutConnection):
        client.ask("POST", "/contacts/v3", {"identifiers": {"email": "ana@example.org"}})
    assert len(vendor.people) == 1
    vendor.faults.add("status", status=503)
    assert client.ask("GET", "/v2/server-time").status == 503


def test_an_unknown_switch_is_refused_and_every_switch_is_an_attribute():
    with pytest.raises(TypeError, match="no_such_thing"):
        DotdigitalEmulator(no_such_thing=1)
    declared, typed = get_type_hints(Switches), get_type_hints(Switchable)
    assert {name: typed[name] for name in declared} == declared
    assert all(hasattr(Switchable, name) for name in declared)


def test_no_two_areas_share_the_name_of_a_method():
    owners: dict[str, list[type]] = {}
    for area in DotdigitalEmulator.__mro__:
        if not area.__module__.startswith("martech_dotdigital"):
            continue
        for name, value in vars(area).items():
            if callable(value) and not name.startswith("__"):
                assert all(issubclass(owner, area) for owner in owners.get(name, [])), name
                owners.setdefault(name, []).append(area)


def test_the_control_routes_and_a_real_port_work_together():
    vendor = DotdigitalEmulator(clock=ManualClock())
    with serve(vendor) as served:
        client = Asking(vendor)

        def fetch(path, method="GET", body=None):
            headers = {"Authorization": client.authorization, "Content-Type": "application/json"}
            request = urllib.request.Request(served.url + path, body, headers, method=method)
            with urllib.request.urlopen(request) as answer:
                return answer.headers, json.loads(answer.read())

        headers, info = fetch("/v2/account-info")
        endpoint = next(row["value"] for row in info["properties"] if row["name"] == "ApiEndpoint")
        assert endpoint == served.url + "/"
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        body = b'{"identifiers":{"email":"ana+x@example.org"}}'
        _, created = fetch("/contacts/v3", "POST", body)
        _, found = fetch("/contacts/v3/email/ana+x@example.org")
        assert found["contactId"] == created["contactId"]
        fetch("/_emulator/switches", "POST", b'{"foreign_region": true}')
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch("/v2/data-fields")
        refused.value.close()
        assert refused.value.code == 403
        assert served.line()["settings"]["locator_url"] == served.url
        with pytest.raises(urllib.error.HTTPError) as unknown:
            fetch("/_emulator/nothing")
        unknown.value.close()
        assert unknown.value.code == 404
    vendor.ledger.assert_no_secret_in_urls()


def test_a_secret_in_an_address_is_noticed(client, vendor):
    client.ask("GET", f"/v2/server-time?password={vendor.password}")
    with pytest.raises(AssertionError):
        vendor.ledger.assert_no_secret_in_urls()


def test_two_emulators_with_one_seed_do_the_same():
    ids = [DotdigitalEmulator(clock=ManualClock(), seed=7).new_id() for _ in range(2)]
    assert ids[0] == ids[1]
