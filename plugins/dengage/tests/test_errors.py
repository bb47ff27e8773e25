"""Every way in which dEngage refuses, as an error of ours that a person can act on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from martech.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    MartechError,
    NotFound,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    UnexpectedResponse,
)
from martech.provider import Response
from martech.wire import Headers
from martech_dengage.auth import LoginAuth
from martech_dengage.errors import refusal

CALL = "1e4b1a52-7c7e-4d2d-9a51-0d6a7f6f3b10"


def answer(status: int, body: Any = None, *, asked: str = "GET /contacts/{contact_key}") -> Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, Headers([("Content-Type", "application/json")]), content, asked)


def envelope(code: int, message: str = "no", data: Any = None) -> dict[str, Any]:
    return {"transactionId": CALL, "code": code, "message": message, "data": data}


def refused(response: Response) -> MartechError:
    error = refusal(response)
    assert error is not None
    return error


@pytest.mark.parametrize("status", [200, 202])
def test_code_zero_is_no_refusal(status: int) -> None:
    assert refusal(answer(status, envelope(0, "Successful"))) is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, 1, InvalidInput),
        (200, 10, PermissionDenied),
        (200, 11, InvalidInput),
        (200, 999, ProviderUnavailable),
        (200, 12345, InvalidInput),
        (200, 401, AuthenticationFailed),
        (200, 404, NotFound),
        (200, 429, RateLimited),
        (400, 1, InvalidInput),
        (400, 11, InvalidInput),
        (400, 10, PermissionDenied),
        (404, 404, NotFound),
        (429, 429, RateLimited),
        (500, 999, ProviderUnavailable),
    ],
)
def test_the_code_is_the_verdict_whatever_the_status(status: int, code: int, kind: type[ProviderError]) -> None:
    error = refused(answer(status, envelope(code, "the vendor's words")))
    assert type(error) is kind
    assert isinstance(error, ProviderError)
    assert (error.status, error.code, error.request_id) == (status, str(code), CALL)
    assert "the vendor's words" in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, AuthenticationFailed),
        (404, NotFound),
        (429, RateLimited),
        (502, ProviderUnavailable),
    ],
)
def test_a_refusal_with_an_empty_body_goes_by_its_status(status: int, kind: type[ProviderError]) -> None:
    assert type(refused(answer(status))) is kind
    assert type(refused(answer(status, b"<html>no</html>"))) is kind


def test_a_name_that_is_taken_is_a_conflict() -> None:
    taken = envelope(1, "Table with given name already exists!")
    assert type(refused(answer(400, taken, asked="POST /dataspace/tables"))) is Conflict


def test_an_address_off_the_allow_list_is_said_so_without_the_address() -> None:
    error = refused(answer(403, {"actionResult": "IP address 203.0.113.7 is not whitelisted"}))
    assert type(error) is PermissionDenied
    assert "allow-list" in error.message
    assert "203.0.113" not in str(error)
    assert "IP restriction" in (error.hint or "")
    six = refused(answer(403, {"actionResult": "2001:db8:0:1::7 is not whitelisted"}))
    assert "2001" not in str(six)


def test_a_missing_permission_is_named() -> None:
    missing = envelope(10, "Forbidden", {"missingPermissions": ["DataSpace.Manage", "DataSpace.Read"]})
    error = refused(answer(403, missing))
    assert type(error) is PermissionDenied
    assert "DataSpace.Manage, DataSpace.Read" in error.message


def test_an_empty_403_names_all_three_reasons() -> None:
    error = refused(answer(403, asked="POST /transactional/push"))
    assert type(error) is PermissionDenied
    for reason in ("allow-list", "permission", "credentials"):
        assert reason in (error.hint or "")


def test_the_three_meanings_of_403_read_differently() -> None:
    said = [
        refused(answer(403, {"actionResult": "10.0.0.1 is not whitelisted"})).message,
        refused(answer(403, envelope(10, "Forbidden", {"missingPermissions": ["X"]}))).message,
        refused(answer(403)).message,
        refused(answer(403, asked="POST /login")).message,
    ]
    assert len(set(said)) == 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_is_about_credentials(status: int) -> None:
    error = refused(answer(status, asked="POST /login"))
    assert type(error) is AuthenticationFailed
    assert "userkey" in (error.hint or "")


def test_a_login_from_a_wrong_address_is_about_the_allow_list() -> None:
    off = {"actionResult": "IP address 203.0.113.7 is not whitelisted"}
    assert type(refused(answer(403, off, asked="POST /login"))) is PermissionDenied


def test_too_many_logins_are_a_limit_and_a_broken_login_is_a_broken_vendor() -> None:
    assert type(refused(answer(429, asked="POST /login"))) is RateLimited
    assert type(refused(answer(500, asked="POST /login"))) is ProviderUnavailable


def test_a_login_has_no_envelope() -> None:
    assert refusal(answer(200, {"access_token": "x", "expires_in": 3600}, asked="POST /login")) is None


def test_a_content_that_is_not_flagged_says_what_to_do() -> None:
    error = refused(answer(404, envelope(404, "1e4b content is null"), asked="POST /transactional/email"))
    assert type(error) is NotFound
    assert "flagged" in error.message
    assert "flagged" in (error.hint or "")


def test_a_contact_without_a_device_is_not_found() -> None:
    no_device = envelope(11, "Token not found with given ContactKey")
    error = refused(answer(200, no_device, asked="POST /transactional/push"))
    assert type(error) is NotFound
    assert "device" in error.message


def test_a_flow_refuses_in_a_spelling_of_its_own_inside_a_success() -> None:
    for data in (
        {"HasError": True, "ErrorMessage": "flow is not active"},
        {"hasError": True, "errorMessage": "flow is not active"},
    ):
        flow = "POST /dataspace/triggerAutomatedFlow"
        error = refused(answer(200, envelope(0, "Successful", data), asked=flow))
        assert type(error) is InvalidInput
        assert "flow is not active" in str(error)
    assert refusal(answer(200, envelope(0, "Successful", {"HasError": False}))) is None


def test_what_is_wrong_with_single_records_is_no_refusal_of_the_call() -> None:
    assert refusal(answer(200, envelope(0, "Successful", {"errors": [{"contact_key": "c-1"}]}))) is None
    assert refusal(answer(200, envelope(0, "Successful", {"errorCount": 1, "errorList": ["x"]}))) is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"x"', b"null", b'{"message": "Successful"}', b'{"code": "0"}']
)
def test_an_answer_without_a_verdict_is_unexpected(body: bytes) -> None:
    assert isinstance(refusal(answer(200, body)), UnexpectedResponse)


def test_the_event_host_has_no_envelope() -> None:
    assert refusal(answer(200, asked="POST /api/web/event")) is None
    assert type(refused(answer(500, asked="POST /api/web/event"))) is ProviderUnavailable


def test_a_column_that_is_refused_says_what_columns_need() -> None:
    error = refused(answer(400, envelope(11, "shoe is not a column"), asked="POST /bulk/contacts"))
    assert type(error) is InvalidInput
    assert "import-enabled" in (error.hint or "")


def test_no_address_or_number_of_a_person_survives_in_an_error() -> None:
    error = refused(answer(400, envelope(11, "ada@example.org and 447700900123 are taken")))
    assert "ada@" not in str(error)
    assert "900123" not in str(error)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (answer(401), True),
        (answer(200, envelope(401, "Unauthorized")), True),
        (answer(403), False),
        (answer(200, envelope(0, "Successful", {"result": [401]})), False),
        (answer(500, b"401"), False),
    ],
)
def test_only_a_401_is_about_the_token(response: Response, *, verdict: bool) -> None:
    assert LoginAuth("user", SecretStr("secret")).refused(response) is verdict
