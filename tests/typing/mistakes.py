"""Mistakes people make. Each line marked `mistake` must be reported by both type checkers, and no other line.

`pyright` at the end of the mark: only that one can see it. This file is never run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import martech
from martech import AsyncClient, BulkResult, Channel, Client, Contact, IfNew, ItemResult, Lists, Page, own
from martech.provider import ContactOperations, ListOperations, get, not_offered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import Identifier
    from martech_example.clients import Pigeonpost


def right(client: Client) -> None:
    assert_type(client.contacts.get("ada@example.org"), Contact)
    assert_type(client.contacts.find(own("c-1")), Contact | None)
    assert_type(next(client.contacts.list()), Contact)
    assert_type(next(client.contacts.list().pages()), Page[Contact])
    assert_type(client.contacts.upsert_many([], if_new=IfNew.VENDOR_DEFAULT), BulkResult)
    for result in client.contacts.upsert_stream([Contact()], if_new=IfNew.NOT_CONTACTABLE):
        assert_type(result, ItemResult)


async def right_too(client: AsyncClient) -> None:
    assert_type(await client.contacts.get("ada@example.org"), Contact)
    async for contact in client.contacts.list():
        assert_type(contact, Contact)
    async for result in client.contacts.upsert_stream([Contact()], if_new=IfNew.NOT_CONTACTABLE):
        assert_type(result, ItemResult)


def wrong(client: Client, typed: Pigeonpost) -> None:
    client.contacts.get(7)  # mistake
    client.contacts.get()  # mistake
    client.contacts.gte("ada@example.org")  # mistake
    client.contcats.get("ada@example.org")  # mistake
    client.contacts.upsert(Contact())  # mistake
    client.contacts.upsert(Contact(), if_new="yes")  # mistake
    client.contacts.upsert(Contact(), if_new=IfNew.VENDOR_DEFAULT, mathc=None)  # mistake
    client.contacts.list(changed_since="2026-01-01")  # mistake
    client.contacts.get("ada@example.org").emial  # noqa: B018 - a mistake on purpose  # mistake
    client.contacts.find("ada@example.org").email  # noqa: B018 - a mistake on purpose  # mistake
    client.consent.unsubscribe("ada@example.org", channel="pigeon")  # mistake
    client.consent.subscribe("ada@example.org", channel=Channel.EMAIL)  # mistake
    client.campaigns.send("1", to=["42"])  # mistake
    client.campaigns.send("1", to=Lists(["42"]), at="now")  # mistake
    for result in client.contacts.upsert_stream([Contact()], if_new=IfNew.NOT_CONTACTABLE):
        result.otucome  # noqa: B018 - a mistake on purpose  # mistake
    typed.native.stamps(1)  # mistake
    typed.native.stamp()  # mistake
    martech.Clinet  # noqa: B018 - a mistake on purpose  # mistake
    Contact(emial="ada@example.org")  # mistake
    get(f"/people/{client}")  # mistake pyright


async def wrong_too(client: AsyncClient) -> None:
    client.contacts.get("ada@example.org").email  # noqa: B018 - a mistake on purpose  # mistake
    for _ in client.contacts.list():  # mistake
        pass
    await client.contacts.list()  # mistake
    await client.contacts.upsert(Contact())  # mistake


class Fine(ListOperations):
    remove = not_offered("There is no such thing.")


class Wrong(ContactOperations):
    async def get(self, ref: str) -> Contact:  # mistake
        return Contact(email=ref)

    async def count(self) -> str:  # mistake
        return "many"

    async def submit_delete(self, refs: Sequence[Identifier], *, gently: bool) -> None: ...  # mistake
