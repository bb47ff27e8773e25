"""The typed pair: the same client, with Dotdigital's settings and operations known to editors."""

from __future__ import annotations

from typing import Literal, Unpack

from pydantic import SecretStr

from martech.client import AsyncClient, Client, ClientOptions, Rows
from martech.provider import Blocking, M, NonBlocking
from martech_dotdigital.assumed import EVERYONE_LIST, IMPORT_BODY_BYTES, LOCATOR_URL, SEND_KEY_FIELD
from martech_dotdigital.native import Native

__all__ = ["AsyncDotdigital", "Dotdigital"]


class _Dotdigital(Rows[M]):
    native: Native[M]

    def __init__(
        self,
        *,
        user: str,
        password: SecretStr | str,
        region: str = "auto",
        base_url: str | None = None,
        locator_url: str = LOCATOR_URL,
        own_identifier: str | None = None,
        rate_scheme: Literal["tiered", "flat"] = "tiered",
        sms_route: Literal["omnichannel", "v2"] = "omnichannel",
        metadata_as_text: bool = False,
        send_key_field: str = SEND_KEY_FIELD,
        everyone_list: str = EVERYONE_LIST,
        import_body_bytes: int = IMPORT_BODY_BYTES,
        integration_token: str | None = None,
        account: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        settings = {
            "user": user,
            "password": password,
            "region": region,
            "base_url": base_url,
            "locator_url": locator_url,
            "own_identifier": own_identifier,
            "rate_scheme": rate_scheme,
            "sms_route": sms_route,
            "metadata_as_text": metadata_as_text,
            "send_key_field": send_key_field,
            "everyone_list": everyone_list,
            "import_body_bytes": import_body_bytes,
            "integration_token": integration_token,
            "account": account,
        }
        self._open("dotdigital", settings, options)


class Dotdigital(_Dotdigital[Blocking], Client):
    """A client for Dotdigital whose methods block."""


class AsyncDotdigital(_Dotdigital[NonBlocking], AsyncClient):
    """A client for Dotdigital for asyncio."""
