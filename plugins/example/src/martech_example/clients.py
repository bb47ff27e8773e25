"""The typed pair: the same client, with Pigeonpost's settings and operations known to editors."""

from __future__ import annotations

from typing import Unpack

from pydantic import SecretStr

from martech.client import AsyncClient, Client, ClientOptions, Rows
from martech.provider import Blocking, M, NonBlocking
from martech_example.native import Native


class _Pigeonpost(Rows[M]):
    native: Native[M]

    def __init__(
        self,
        *,
        name: str,
        passphrase: SecretStr | str,
        base_url: str = "https://api.pigeonpost.test",
        letter_path: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        settings = {"name": name, "passphrase": passphrase, "base_url": base_url, "letter_path": letter_path}
        self._open("example", settings, options)


class Pigeonpost(_Pigeonpost[Blocking], Client):
    """A client for Pigeonpost whose methods block."""


class AsyncPigeonpost(_Pigeonpost[NonBlocking], AsyncClient):
    """A client for Pigeonpost for asyncio."""
