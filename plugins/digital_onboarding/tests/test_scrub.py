"""What must never be recorded of a conversation."""

from __future__ import annotations

import json
from typing import Any

from martech.models import own
from martech_digital_onboarding.scrub import SCRUB

LINK = "https://hub.example-bank.test/ada-4f2"


def test_credentials_are_scrubbed_from_forms_and_json() -> None:
    form = SCRUB.body(b"grant_type=client_credentials&client_id=ci_7&client_secret=cs_7")
    assert form == b"grant_type=client_credentials&client_id=SCRUBBED&client_secret=SCRUBBED"
    body = SCRUB.body(json.dumps({"client_id": "ci_7", "client_secret": "cs_7"}).encode())
    assert b"_7" not in body


def test_tokens_and_journey_links_are_scrubbed_from_answers() -> None:
    token = SCRUB.body(b'{"access_token": "tk_1", "expires_in": 900, "token_type": "Bearer"}')
    assert json.loads(token) == {"access_token": "SCRUBBED", "expires_in": 900, "token_type": "Bearer"}
    journey = SCRUB.body(json.dumps({"id": "jr-1", "slug": "ada-4f2", "web_client_url": LINK}).encode())
    assert json.loads(journey) == {"id": "jr-1", "slug": "SCRUBBED", "web_client_url": "SCRUBBED"}


def test_authorization_and_webhook_signatures_are_secret_headers() -> None:
    assert SCRUB.is_secret_header("Authorization")
    assert SCRUB.is_secret_header("X-Signature")
    assert not SCRUB.is_secret_header("content-type")


def test_credentials_in_an_address_would_be_scrubbed_too() -> None:
    assert SCRUB.url("/oauth2/token?client_id=ci_7&client_secret=cs_7") == (
        "/oauth2/token?client_id=SCRUBBED&client_secret=SCRUBBED"
    )


def test_every_real_exchange_is_clean_of_secrets_once_scrubbed(talk: Any) -> None:
    talked = talk(options={"credentials_in": "body"})
    enrolled = talked(lambda client: client.automations.enrol("tpl-welcome", own("m-1")))
    link = enrolled.items[0].link.get_secret_value()
    secrets = {*talked.emulator.secrets(), link, link.rpartition("/")[2]}
    assert len(secrets) >= 5
    for message in (*talked.said, *talked.answered):
        recorded = SCRUB.body(message.body).decode()
        kept = [value for name, value in message.headers if not SCRUB.is_secret_header(name)]
        assert not any(secret in text for secret in secrets for text in (recorded, *kept))
