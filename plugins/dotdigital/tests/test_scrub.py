"""What must never be recorded of a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from martech_dotdigital.native import Frequency
from martech_dotdigital.scrub import SCRUB

TARGET = {
    "platform": "amazonS3",
    "configuration": {
        "bucketName": "b", "regionEndpoint": "https://s3.example.org",
        "folderPath": "f", "addAccountIdToPath": True,
    },
    "authentication": {"authType": "sas", "accessKey": "AK-secret", "secretAccessKey": "SAK-secret"},
}  # fmt: skip


def test_the_credentials_of_every_sort_of_storage_are_scrubbed() -> None:
    names = [
        "accessKey", "secretAccessKey", "tenantId", "clientId", "clientSecret", "sasToken", "username", "password",
        "privateKey", "privateKeyId", "secret",
    ]  # fmt: skip
    body = json.loads(SCRUB.body(json.dumps({"a": dict.fromkeys(names, "hush"), "folderPath": "f"}).encode()))
    assert set(body["a"].values()) == {"SCRUBBED"}
    assert body["folderPath"] == "f"


def test_credentials_and_the_partners_token_are_secret_headers() -> None:
    assert SCRUB.is_secret_header("Authorization")
    assert SCRUB.is_secret_header("X-DDG-Integration-Token")
    assert not SCRUB.is_secret_header("x-ratelimit-scope")


def test_every_real_exchange_is_clean_of_secrets_once_scrubbed(talk: Callable[..., Any]) -> None:
    talked = talk(integration_token="5a96bc79-19a7-4544-973b-e2da0c9136f9")
    talked.call(lambda client: client.account.verify())
    made = talked.call(
        lambda client: client.native.webhooks.create(
            "w", url="https://hooks.example.org", secret="hook-secret-0123456789", types=["message.sent"]
        )
    )
    assert "hook-secret" not in repr(made)
    firehose = talked.call(
        lambda client: client.native.firehose.create(
            events=["email.open"], frequency=Frequency.DAILY, target=TARGET
        )
    )
    assert "secret" not in repr(firehose)
    secrets = ("emulated-S3cret", "hook-secret", "AK-secret", "5a96bc79-19a7-4544-973b-e2da0c9136f9")
    for message in (*talked.said, *talked.answered):
        recorded = SCRUB.body(message.body).decode()
        kept = [value for name, value in message.headers if not SCRUB.is_secret_header(name)]
        assert not any(secret in text for secret in secrets for text in (recorded, *kept))
    talked.emulator.ledger.assert_no_secret_in_urls()
