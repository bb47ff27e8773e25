"""Nothing secret is left in a recording."""

from __future__ import annotations

import json

from martech_dengage.scrub import SCRUB


def test_both_halves_of_a_login_and_its_token_are_scrubbed() -> None:
    asked = SCRUB.body(json.dumps({"userkey": "acme_api_user", "password": "hunter2"}).encode())
    answered = SCRUB.body(json.dumps({"access_token": "abc.def", "expires_in": 3600}).encode())
    assert b"acme_api_user" not in asked
    assert b"hunter2" not in asked
    assert b"abc.def" not in answered
    assert json.loads(answered)["expires_in"] == 3600


def test_the_bearer_is_scrubbed() -> None:
    assert SCRUB.is_secret_header("Authorization")


def test_the_token_of_a_device_is_scrubbed_in_bodies_and_addresses() -> None:
    assert b"dev1ce" not in SCRUB.body(json.dumps({"token": "dev1ce", "appId": "app"}).encode())
    assert "dev1ce" not in SCRUB.url("https://api.dengage.com/rest/x?token=dev1ce&limit=10")


def test_ids_that_are_needed_to_read_a_recording_stay() -> None:
    body = json.dumps({"transactionId": "1e4b", "data": {"to": {"trackingId": "77aa"}}}).encode()
    assert SCRUB.body(body) == body.replace(b", ", b",").replace(b": ", b":")
