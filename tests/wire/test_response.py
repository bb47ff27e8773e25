"""Answers as values."""

import pytest

from martech.errors import UnexpectedResponse
from martech.wire import Headers, Response


def test_headers_are_found_in_any_case_and_the_first_counts() -> None:
    headers = Headers([("X-RateLimit-Reset", "1"), ("x-ratelimit-reset", "2")])
    assert headers.get("X-RATELIMIT-RESET") == "1"
    assert "x-other" not in headers
    assert headers.get("x-other", "usual") == "usual"


@pytest.mark.parametrize("body", [b"", b"<html><p>ada@example.org</p>", b'{"half": ', b"\xff\xfe"])
def test_what_is_no_json_is_an_error_with_a_masked_excerpt(body: bytes) -> None:
    response = Response(200, Headers([("content-type", "text/html")]), body, "GET /people")
    with pytest.raises(UnexpectedResponse) as unreadable:
        response.json()
    assert unreadable.value.asked == "GET /people"
    assert "text/html" in str(unreadable.value)
    assert "ada@" not in str(unreadable.value)
    assert response.json_or_none() is None


@pytest.mark.parametrize(
    "body", [b'{"name": "Augusta"', b' \n {"name": "Augusta"', b'\t["Augusta"', b'\n{"name": "Augusta"}']
)
def test_no_value_of_json_is_shown_wherever_it_begins(body: bytes) -> None:
    error = Response(200, Headers(), body).unexpected("expected something else")
    assert "Augusta" not in str(error)
    assert error.excerpt


def test_a_body_is_never_in_a_repr() -> None:
    assert "secret" not in repr(Response(200, Headers(), b"secret"))
