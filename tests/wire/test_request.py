"""Requests as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech.errors import ConfigurationError, InvalidRequest
from martech.wire import Kind, Request, base_url, get, is_loopback, patch, post, put, send

BASE = "https://api.fake.test/rest"


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_part_that_would_name_another_resource_is_refused(part: str) -> None:
    with pytest.raises(InvalidRequest):
        get("/people/{email}", email=part).url(BASE)


@given(st.text(min_size=1, max_size=40))
def test_any_other_part_stays_one_segment_of_the_path(part: str) -> None:
    if part in (".", ".."):
        return
    url = get("/people/{email}/lists", email=part).url(BASE)
    assert url.startswith(f"{BASE}/people/")
    assert url.endswith("/lists")
    assert url.count("/") == 6
    assert "?" not in url
    assert "#" not in url


def test_half_a_character_is_refused_wherever_it_stands() -> None:
    for request in (get("/people/{email}", email="\ud800"), get("/people", query={"q": "\ud800"})):
        with pytest.raises(InvalidRequest):
            request.url(BASE)
    for body in ({"name": "\ud800"}, {"name": object()}):
        with pytest.raises(InvalidRequest):
            post("/people", json=body).body()


def test_values_are_percent_encoded_and_none_is_left_out() -> None:
    url = get("/people", query={"~since": "gte::2026-01-01", "ids": [1, "b&c"], "none": None}).url(BASE)
    assert url == f"{BASE}/people?~since=gte%3A%3A2026-01-01&ids=1&ids=b%26c"


def test_what_may_be_repeated_follows_from_what_it_does() -> None:
    assert get("/x").repeatable
    assert put("/x").repeatable
    assert patch("/x").repeatable
    assert not post("/x").repeatable
    assert post("/x", repeatable=True).repeatable
    assert post("/x", kind=Kind.READ).repeatable
    assert not send("/x", send_key="k").repeatable
    assert put("/x", kind=Kind.SEND).repeatable is False


def test_nothing_personal_is_in_a_repr() -> None:
    request = post("/people/{email}", email="ada@example.org", json={"name": "Ada"}, query={"q": "ada"})
    assert "ada" not in repr(request).lower()


def test_bodies_are_json_forms_or_bytes() -> None:
    assert post("/x", json={"a": 1}).body() == (b'{"a":1}', "application/json")
    assert post("/x", form={"a b": "c&d"}).body() == (b"a%20b=c%26d", "application/x-www-form-urlencoded")
    assert post("/x", content=b"\x00", content_type="application/zip").body() == (b"\x00", "application/zip")
    assert Request("GET", "/x", Kind.READ).body() == (b"", None)


@pytest.mark.parametrize(
    "url",
    ["http://api.fake.test", "ftp://api.fake.test", "api.fake.test", "https://user:pw@api.fake.test",
     "https://api.fake.test/?key=1", "https://api.fake.test/#x", "https://", "https://x:99999"],
)  # fmt: skip
def test_a_base_address_that_is_unsafe_or_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        base_url(url)
    assert "pw" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:1/rest/", "http://[::1]:1", BASE])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert base_url(url) == url.rstrip("/")
    assert is_loopback(url) is (url != BASE)
