"""The pretended token endpoint, and what the other endpoints do with tokens."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from martech.emulation import FaultKind
from martech.testing.clock import ManualClock
from martech.wire import CutConnection, Headers, HttpRequest, Response
from martech_digital_onboarding.emulator import DigitalOnboardingEmulator

BASE = "https://emulated.digital-onboarding.test"
FORM = "application/x-www-form-urlencoded"


def emulated(**switches: Any) -> DigitalOnboardingEmulator:
    return DigitalOnboardingEmulator(clock=ManualClock(), **switches)


def credentials(emulator: DigitalOnboardingEmulator) -> dict[str, str]:
    settings = emulator.settings()
    return {"client_id": settings["client_id"], "client_secret": settings["client_secret"]}


def in_body(emulator: DigitalOnboardingEmulator, query: str = "", **changes: str) -> Response:
    body = {"grant_type": "client_credentials", **credentials(emulator), **changes}
    text = urlencode({name: value for name, value in body.items() if value})
    headers = Headers([("content-type", FORM)])
    return emulator(HttpRequest("POST", f"{BASE}/oauth2/token{query}", headers, text.encode()))


def in_header(emulator: DigitalOnboardingEmulator, body: str = "grant_type=client_credentials") -> Response:
    pair = ":".join(credentials(emulator).values())
    headers = Headers([("content-type", FORM), ("authorization", f"Basic {b64encode(pair.encode()).decode()}")])
    return emulator(HttpRequest("POST", f"{BASE}/oauth2/token", headers, body.encode()))


def as_json(emulator: DigitalOnboardingEmulator, body: object) -> Response:
    headers = Headers([("content-type", "application/json")])
    return emulator(HttpRequest("POST", f"{BASE}/oauth2/token", headers, json.dumps(body).encode()))


def templates(emulator: DigitalOnboardingEmulator, token: str | None, base: str = BASE) -> Response:
    headers = Headers([("authorization", f"Bearer {token}")] if token else [])
    return emulator(HttpRequest("GET", f"{base}/v1/templates", headers))


def token_of(emulator: DigitalOnboardingEmulator) -> str:
    return str(in_body(emulator).json()["access_token"])


def test_credentials_in_the_body_give_a_token_with_its_lifetime_and_type() -> None:
    emulator = emulated()
    answer = in_body(emulator)
    assert answer.status == 200
    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}
    assert answer.json()["expires_in"] == 900
    assert answer.json()["token_type"] == "Bearer"
    assert templates(emulator, answer.json()["access_token"]).status == 200


def test_credentials_in_a_basic_header_give_a_token() -> None:
    emulator = emulated()
    assert templates(emulator, in_header(emulator).json()["access_token"]).status == 200


def test_form_encoded_credentials_in_a_basic_header_are_understood_too() -> None:
    emulator = emulated()
    emulator.credentials.issue_client("ci:/7", "cs +%7")
    pair = b64encode(b"ci%3A%2F7:cs+%2B%257").decode()
    headers = Headers([("content-type", FORM), ("authorization", f"Basic {pair}")])
    request = HttpRequest("POST", f"{BASE}/oauth2/token", headers, b"grant_type=client_credentials")
    assert emulator(request).status == 200


def test_a_token_request_may_be_json() -> None:
    emulator = emulated()
    answer = as_json(emulator, {"grant_type": "client_credentials", **credentials(emulator)})
    assert answer.status == 200


def test_each_token_is_another_one_and_the_earlier_ones_live_on() -> None:
    emulator = emulated()
    first, second = token_of(emulator), token_of(emulator)
    assert first != second
    assert templates(emulator, first).ok
    assert templates(emulator, second).ok


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_a_bad_token_request_is_refused_as_in_the_oauth_standard(
    changes: dict[str, str], status: int, error: str
) -> None:
    answer = in_body(emulated(), **changes)
    assert (answer.status, answer.json()) == (status, {"error": error})


def test_an_unreadable_token_request_is_an_invalid_request() -> None:
    emulator = emulated()
    assert as_json(emulator, ["no", "object"]).json() == {"error": "invalid_request"}
    broken = HttpRequest("POST", f"{BASE}/oauth2/token", Headers([("content-type", FORM)]), b"\xff\xfe")
    assert emulator(broken).status == 400


def test_a_secret_in_header_and_body_at_once_is_an_invalid_request() -> None:
    emulator = emulated()
    answer = in_header(emulator, "grant_type=client_credentials&client_secret=x")
    assert (answer.status, answer.json()) == (400, {"error": "invalid_request"})


def test_wrong_credentials_in_a_header_are_told_which_scheme_is_meant() -> None:
    emulator = emulated()
    emulator.revoke_client()
    answer = in_header(emulator)
    assert answer.status == 401
    assert (answer.headers.get("www-authenticate") or "").startswith("Basic")


def test_credentials_in_the_query_string_revoke_the_client_for_good_and_kill_its_tokens() -> None:
    emulator = emulated()
    token = token_of(emulator)
    secret = credentials(emulator)["client_secret"]
    exposed = in_body(emulator, f"?{urlencode({'client_secret': secret})}")
    assert (exposed.status, exposed.json()) == (401, {"error": "invalid_client"})
    assert templates(emulator, token).json() == {"error": "invalid_token"}
    assert in_body(emulator).status == 401
    assert in_header(emulator).status == 401
    with pytest.raises(AssertionError, match="/oauth2/token"):
        emulator.ledger.assert_no_secret_in_urls()


def test_a_client_id_alone_in_the_query_string_is_enough_and_under_any_method_and_name() -> None:
    emulator = emulated()
    identity = credentials(emulator)["client_id"]
    assert emulator(HttpRequest("GET", f"{BASE}/oauth2/token?who={identity}")).status == 401
    assert in_body(emulator).status == 401


def test_credentials_in_the_query_string_of_any_other_path_revoke_the_client_too() -> None:
    emulator = emulated()
    token, secret = token_of(emulator), credentials(emulator)["client_secret"]
    headers = Headers([("authorization", f"Bearer {token}")])
    answer = emulator(HttpRequest("GET", f"{BASE}/v1/templates?{urlencode({'q': secret})}", headers))
    assert (answer.status, answer.json()) == (401, {"error": "invalid_token"})
    assert in_body(emulator).status == 401


def test_somebody_elses_credentials_in_the_query_string_are_refused_and_revoke_nobody() -> None:
    emulator = emulated()
    assert in_body(emulator, "?client_id=unknown").status == 401
    assert in_body(emulator).status == 200


def test_new_credentials_from_the_admin_interface_work_after_the_old_were_revoked() -> None:
    emulator = emulated()
    before = credentials(emulator)
    emulator.revoke_client()
    assert in_body(emulator).status == 401
    assert emulator.issue_client() == emulator.settings()
    assert credentials(emulator) != before
    assert in_body(emulator).status == 200
    assert in_body(emulator, **before).status == 401


def test_a_token_that_never_was_or_is_missing_is_answered_401_on_every_path() -> None:
    emulator = emulated()
    for token in (None, "tk_unknown"):
        answer = templates(emulator, token)
        assert (answer.status, answer.json()) == (401, {"error": "invalid_token"})
    assert emulator(HttpRequest("GET", f"{BASE}/v1/nothing")).status == 401


def test_tokens_expire_on_the_emulators_clock() -> None:
    emulator = emulated(token_seconds=60)
    clock = emulator.clock
    token = token_of(emulator)
    clock.sleep(59.9)
    assert templates(emulator, token).ok
    clock.sleep(0.1)
    assert templates(emulator, token).json() == {"error": "invalid_token"}
    assert templates(emulator, token).status == 401


def test_every_token_can_be_expired_at_once() -> None:
    emulator = emulated()
    token = token_of(emulator)
    emulator.expire_tokens()
    assert templates(emulator, token).status == 401
    assert templates(emulator, token_of(emulator)).ok


def test_force_401_once_needs_exactly_one_new_token() -> None:
    emulator = emulated()
    token = token_of(emulator)
    emulator.force_401_once = True
    assert templates(emulator, token).json() == {"error": "invalid_token"}
    assert templates(emulator, token).status == 401
    assert templates(emulator, token_of(emulator)).ok
    assert not emulator.force_401_once


def test_force_401_always_refuses_new_tokens_too_but_still_gives_them() -> None:
    emulator = emulated(force_401_always=True)
    for _ in range(3):
        assert templates(emulator, token_of(emulator)).status == 401


def test_a_refused_token_can_be_told_something_else() -> None:
    emulator = emulated(unauthorized_body="invalid_client")
    assert templates(emulator, None).json() == {"error": "invalid_client"}
    emulator.unauthorized_body = "unreadable"
    answer = templates(emulator, None)
    assert answer.status == 401
    assert answer.json_or_none() is None


def test_the_endpoint_can_take_credentials_from_the_header_only() -> None:
    emulator = emulated(credential_channels="basic")
    assert in_body(emulator).json() == {"error": "invalid_client"}
    assert in_header(emulator).ok


def test_the_endpoint_can_take_credentials_from_the_body_only() -> None:
    emulator = emulated(credential_channels="body")
    assert in_header(emulator).json() == {"error": "invalid_client"}
    assert in_body(emulator).ok


def test_the_endpoint_can_insist_on_one_encoding() -> None:
    emulator = emulated(token_encodings="json")
    asked = {"grant_type": "client_credentials", **credentials(emulator)}
    assert in_body(emulator).status == 400
    assert as_json(emulator, asked).ok
    emulator.token_encodings = "form"
    assert in_body(emulator).ok
    assert as_json(emulator, asked).status == 400


def test_the_lifetime_can_be_text_or_nonsense_or_missing() -> None:
    emulator = emulated(expires_in="missing")
    assert in_body(emulator).json().keys() == {"access_token", "token_type"}
    emulator.expires_in = "text"
    assert in_body(emulator).json()["expires_in"] == "900"
    emulator.expires_in = "nonsense"
    assert in_body(emulator).json()["expires_in"] == "soon"
    emulator.expires_in, emulator.token_seconds = "number", 0.5
    assert in_body(emulator).json()["expires_in"] == 0.5


def test_the_token_type_can_be_in_other_letters() -> None:
    assert in_body(emulated(token_type="bearer")).json()["token_type"] == "bearer"


def test_every_issued_token_is_a_secret_that_must_not_come_in_an_address() -> None:
    emulator = emulated()
    token = token_of(emulator)
    assert {*credentials(emulator).values(), token} <= set(emulator.secrets())
    emulator.ledger.assert_no_secret_in_urls()
    emulator(HttpRequest("GET", f"{BASE}/v1/templates?access_token={token}"))
    with pytest.raises(AssertionError):
        emulator.ledger.assert_no_secret_in_urls()


def test_plain_http_from_beyond_this_machine_is_noticed() -> None:
    emulator = emulated()
    templates(emulator, None, "http://127.0.0.1:8080")
    templates(emulator, None, "http://localhost:8080")
    emulator.assert_no_plain_http()
    templates(emulator, None, "http://api.example.test")
    with pytest.raises(AssertionError, match="/v1/templates"):
        emulator.assert_no_plain_http()


def test_an_unknown_path_with_a_token_is_not_found() -> None:
    emulator = emulated()
    headers = Headers([("authorization", f"Bearer {token_of(emulator)}")])
    for method, path in (("GET", "/v2/partner/contacts"), ("DELETE", "/v1/contacts"), ("POST", "/v1/batches")):
        answer = emulator(HttpRequest(method, BASE + path, headers))
        assert (answer.status, answer.json()) == (404, {"error": "not_found"})


def test_a_redirect_of_the_token_endpoint_can_be_pretended() -> None:
    emulator = emulated()
    emulator.faults.add(FaultKind.REDIRECT, route="/oauth2/token")
    assert in_body(emulator).status == 302


def test_the_token_endpoint_can_be_cut_off_and_gives_a_token_the_next_time() -> None:
    emulator = emulated()
    emulator.faults.add(FaultKind.CUT_AFTER, route="/oauth2/token")
    with pytest.raises(CutConnection):
        in_body(emulator)
    assert in_body(emulator).ok


def test_the_same_seed_gives_the_same_tokens() -> None:
    assert token_of(emulated(seed=7)) == token_of(emulated(seed=7))
    assert token_of(emulated(seed=7)) != token_of(emulated(seed=8))
