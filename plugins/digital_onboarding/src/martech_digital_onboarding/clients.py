"""The typed pair: the same client, with Digital Onboarding's settings and operations known to editors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from pydantic import SecretStr

from martech.client import AsyncClient, Client, ClientOptions, Rows
from martech.provider import Blocking, M, NonBlocking
from martech_digital_onboarding.limits import BATCH_BYTES, BATCH_CONTACTS
from martech_digital_onboarding.native import Native
from martech_digital_onboarding.settings import Identity


class _DigitalOnboarding(Rows[M]):
    native: Native[M]

    def __init__(
        self,
        *,
        client_id: SecretStr | str,
        client_secret: SecretStr | str,
        base_url: str = "https://api.digitalonboarding.com",
        account: str | None = None,
        identity: Identity = "unique_id",
        email_key_case: Literal["lower", "as_given"] = "lower",
        credentials_in: Literal["header", "body"] = "header",
        token_body: Literal["form", "json"] = "form",  # noqa: S107 - a word
        flat_journey_key: bool = False,
        objective_keys: Sequence[str] = (),
        batch_contacts: int = BATCH_CONTACTS,
        batch_bytes: int = BATCH_BYTES,
        **options: Unpack[ClientOptions],
    ) -> None:
        settings = {
            "client_id": client_id,
            "client_secret": client_secret,
            "base_url": base_url,
            "account": account,
            "identity": identity,
            "email_key_case": email_key_case,
            "credentials_in": credentials_in,
            "token_body": token_body,
            "flat_journey_key": flat_journey_key,
            "objective_keys": tuple(objective_keys),
            "batch_contacts": batch_contacts,
            "batch_bytes": batch_bytes,
        }
        self._open("digital_onboarding", settings, options)


class DigitalOnboarding(_DigitalOnboarding[Blocking], Client):
    """A client for Digital Onboarding whose methods block."""


class AsyncDigitalOnboarding(_DigitalOnboarding[NonBlocking], AsyncClient):
    """A client for Digital Onboarding for asyncio."""
