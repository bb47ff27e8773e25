"""The typed pair: the same client, with dEngage's settings and operations known to editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from pydantic import SecretStr

from martech.client import AsyncClient, Client, ClientOptions, Rows
from martech.provider import Blocking, M, NonBlocking
from martech_dengage.native import Native
from martech_dengage.settings import BASE_URL, UpdateContact


class DengageOptions(ClientOptions, total=False):
    """What may be said about a client of dEngage: the options of any client, and the settings with a default.

    What each setting means is said at `DengageSettings`.
    """

    account: str
    event_base_url: str
    event_account_id: str
    contact_columns: tuple[str, ...]
    look_first: bool
    insert_contact: bool
    update_contact: UpdateContact
    current_as_text: bool
    trace_id_seconds: float
    email_from_id: str
    sms_from_id: str
    language: str
    timezone: str
    errors_number_from: Literal[0, 1]
    assumed_paths: Mapping[str, str]
    assumed_fields: Mapping[str, str]
    assumed_words: Mapping[str, str]


class _Dengage(Rows[M]):
    native: Native[M]

    def __init__(
        self,
        *,
        userkey: str,
        password: SecretStr | str,
        base_url: str = BASE_URL,
        **options: Unpack[DengageOptions],
    ) -> None:
        given: dict[str, Any] = {**options}
        of_any_client = {name: given.pop(name) for name in list(given) if name in ClientOptions.__annotations__}
        settings = {"userkey": userkey, "password": password, "base_url": base_url, **given}
        self._open("dengage", settings, of_any_client)


class Dengage(_Dengage[Blocking], Client):
    """A client for dEngage whose methods block."""


class AsyncDengage(_Dengage[NonBlocking], AsyncClient):
    """A client for dEngage for asyncio."""
