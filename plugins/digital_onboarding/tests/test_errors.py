"""Every form of refusal, as an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
)
from martech.wire import Headers, Response
from martech_digital_onboarding.errors import refusal, said


def as_is(text: str) -> str:
    return text


def answer(status: int, body: Any = None, *, asked: str = "POST /v1/contacts", **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, Headers(headers.items()), raw, asked=asked)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_no_refusal(status: int) -> None:
    assert refusal(answer(status, {"error": "invalid_token"}), hide=as_is) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (408, ProviderUnavailable),
        (409, Conflict),
        (413, InvalidInput),
        (422, InvalidInput),
        (425, ProviderUnavailable),
        (429, RateLimited),
        (500, ProviderUnavailable),
        (502, ProviderUnavailable),
        (503, ProviderUnavailable),
        (504, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", [None, b"<h1>No</h1>", {"error": "no_good"}, [], "no", 7, {"errors": None}])
def test_the_status_decides_the_kind_whatever_the_body_is(
    status: int, kind: type[MartechError], body: Any
) -> None:
    assert type(refusal(answer(status, body, asked="GET /v1/templates"), hide=as_is)) is kind


@pytest.mark.parametrize("status", [404, 410])
def test_where_contacts_are_written_what_is_not_there_is_the_endpoint_and_nobody(status: int) -> None:
    error = refusal(answer(status, {"error": "not_found"}), hide=as_is)
    assert isinstance(error, InvalidInput)
    assert "no endpoint" in str(error)
    assert "base_url" in (error.hint or "")


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"error": "not_found"}, "not_found", None),
        ({"error": "no such thing here"}, None, "no such thing here"),
        ({"error": "bad", "error_description": "it is bad"}, "bad", "it is bad"),
        ({"message": "it is bad"}, None, "it is bad"),
        ({"error": {"message": "deep"}}, None, "message deep"),
        ({"errors": "it is bad"}, None, "it is bad"),
        ({"errors": ["one", "two", "one"]}, None, "one; two"),
        (
            {"errors": {"email": ["is invalid", "is taken"], "name": "is long"}},
            None,
            "email is invalid; email is taken; name is long",
        ),
        ({"errors": {"contacts": {"0": {"email": ["is invalid"]}}}}, None, "contacts 0 email is invalid"),
        (
            {
                "errors": [
                    {
                        "code": "validation_failed",
                        "title": "Invalid",
                        "detail": "email is invalid",
                        "source": {"pointer": "/email"},
                    },
                    {"detail": "second"},
                ]
            },
            "validation_failed",
            "Invalid: email is invalid (/email); second",
        ),
        ({"errors": [1, None, True, ["deep"]]}, None, "1; deep"),
        ({"errors": {"a": {"b": {"c": {"d": {"e": {"f": "too deep"}}}}}}}, None, None),
        ({}, None, None),
        (["one", "two"], None, "one; two"),
        ("plain", None, "plain"),
        (b"<html><h1>Bad\n  gateway</h1>", None, "Bad gateway"),
        # What is cut short may hold somebody's values, and none of its names says where they begin.
        (b'{"errors": {"email": ["is inv', None, None),
        (b' \n["Augusta", "is inv', None, None),
        (
            {"message": "see https://hub.example-bank.test/ada-4f2?x=1"},
            None,
            "see https://hub.example-bank.test/***",
        ),
        (b"<a href='http://hub.example-bank.test/ada-4f2'>here</a>", None, "here"),
        (b"at https://hub.example-bank.test/ada-4f2.", None, "at https://hub.example-bank.test/***"),
        (b"", None, None),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
    ],
)
def test_what_a_refusal_says_is_read_in_every_form(body: Any, code: str | None, text: str | None) -> None:
    words = said(answer(422, body), as_is)
    assert (words.code, words.text) == (code, text)


def test_a_long_page_is_cut_after_its_secrets_are_hidden() -> None:
    secret = "cs_1234567890"
    page = b"x" * 195 + secret.encode()
    error = refusal(answer(500, page), hide=lambda text: text.replace(secret, "***"))
    assert isinstance(error, ProviderError)
    assert error.vendor_message == "x" * 195 + "***"


def test_the_vendors_words_are_masked() -> None:
    error = refusal(answer(422, {"errors": {"email": ["ada@example.org is taken"]}}), hide=as_is)
    assert "ada@" not in str(error)
    assert "a…@example.org is taken" in str(error)


@pytest.mark.parametrize("body", [{"error": "invalid_token", "error_description": "tk_1 is old"}, b"tk_1 is old"])
def test_of_a_refused_token_only_the_code_is_kept(body: Any) -> None:
    error = refusal(answer(401, body), hide=as_is)
    assert isinstance(error, AuthenticationFailed)
    assert error.vendor_message is None
    assert "tk_1" not in str(error)
    assert "does not accept the token" in str(error)


def test_a_revoked_client_is_told_from_a_refused_token() -> None:
    error = refusal(answer(401, {"error": "invalid_client"}), hide=as_is)
    assert isinstance(error, AuthenticationFailed)
    assert "revoked" in error.message
    assert "admin interface" in (error.hint or "")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, AuthenticationFailed),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, AuthenticationFailed),
        (408, ProviderUnavailable),
        (422, AuthenticationFailed),
        (429, RateLimited),
        (500, ProviderUnavailable),
    ],
)
def test_whatever_the_token_endpoint_refuses_is_about_credentials_unless_it_is_out_of_order(
    status: int, kind: type[MartechError]
) -> None:
    body = {"error": "unsupported_grant_type", "error_description": "cs_7 is no secret"}
    error = refusal(answer(status, body, asked="POST /oauth2/token"), hide=as_is)
    assert type(error) is kind
    assert "cs_7" not in str(error)
    assert error is not None
    assert getattr(error, "code", None) == "unsupported_grant_type"


def test_a_413_says_that_it_is_too_much() -> None:
    error = refusal(answer(413, {"error": "request_entity_too_large"}), hide=as_is)
    assert isinstance(error, InvalidInput)
    assert "more than the vendor takes" in str(error)


@pytest.mark.parametrize("value", ["7", "Mon, 05 Jan 2026 09:00:07 GMT"])
def test_when_to_ask_again_is_read_in_both_forms(value: str) -> None:
    error = refusal(answer(429, None, **{"retry-after": value}), hide=as_is)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 7 or error.retry_at is not None
