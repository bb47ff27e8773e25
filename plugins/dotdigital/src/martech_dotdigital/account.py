"""The account at Dotdigital."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from martech.models import Account as AccountModel
from martech.models import (
    Channel,
    IdentifierDefinition,
    IdentifierKind,
    Page,
    Sender,
    Verification,
)
from martech.provider import AccountOperations, NotFound, Now, PermissionDenied, get
from martech_dotdigital.auth import endpoint_of
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.paging import chained, listed
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import time_from_wire
from martech_dotdigital.wire.account import AccountInfo, CustomIdentifier, FromAddress, SmsNumber

__all__ = ["Account", "from_addresses"]


class Account(AccountOperations):
    """The account."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    async def get(self) -> AccountModel:
        """One request."""
        return account_from_wire(await _info())

    async def verify(self) -> Verification:
        """One request, and one more before the first of a client, which finds the region."""
        account = account_from_wire(await _info())
        where = f" in region {account.region}" if account.region else ""
        return Verification(ok=True, detail=f"account {account.id}{where}", checked_at=await Now())

    async def senders(self, cursor: str | None) -> Page[Sender]:
        """One request a page of addresses, then one each for numbers and short codes where the account has SMS."""
        return await chained(cursor, [from_addresses, _dedicated, _shortcodes])

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        """One request."""
        reply = await get("/configuration/v3/customIdentifiers", limit="medium")
        names = [one["name"] for one in read_v3(list[CustomIdentifier], reply)]
        own = self._naming.own
        return (
            IdentifierDefinition(kind=IdentifierKind.EMAIL),
            IdentifierDefinition(kind=IdentifierKind.MOBILE),
            IdentifierDefinition(kind=IdentifierKind.VENDOR),
            *(
                IdentifierDefinition(
                    kind=IdentifierKind.OWN
                    if own is not None and name.casefold() == own.casefold()
                    else IdentifierKind.CUSTOM,
                    name=name,
                )
                for name in names
            ),
        )

    async def server_time(self) -> datetime:
        """One request."""
        reply = await get("/v2/server-time", limit="high")
        # Bare text by one description, a JSON string by the other (S3).
        when = time_from_wire(reply.text)
        if when is None:
            raise reply.unexpected("expected a time")
        return when


async def _info() -> AccountInfo:
    return read_v2(AccountInfo, await get("/v2/account-info", limit="high"))


def account_from_wire(info: AccountInfo) -> AccountModel:
    """Return what the vendor says about the account; its properties are an open set (S10)."""
    said = {one["name"]: one["value"] or "" for one in info["properties"]}
    low = {name.casefold(): value for name, value in said.items()}
    endpoint = endpoint_of(info) or ""
    region = endpoint.removeprefix("https://").split("-", 1)[0]
    return AccountModel(
        id=str(info["id"]),
        name=low.get("name") or None,
        region=region if region[:1] == "r" and region[1:].isdigit() else None,
        timezone=low.get("timezoneiana") or None,
        properties=said,
        raw=info,
    )


async def from_addresses(cursor: str | None) -> Page[Sender]:
    """Return one page of the addresses registered for sending. One request."""

    def sender(row: FromAddress) -> Sender:
        return Sender(id=str(row["id"]), address=row["email"], raw=row)

    return await listed(
        list[FromAddress],
        lambda query: get("/v2/custom-from-addresses", query=query, limit="medium"),
        sender,
        cursor,
    )


async def _dedicated(cursor: str | None) -> Page[Sender]:
    del cursor
    return await _numbers(get("/sms/dedicatedNumbers", limit="medium"))


async def _shortcodes(cursor: str | None) -> Page[Sender]:
    del cursor
    return await _numbers(get("/sms/shortcodes", limit="medium"))


async def _numbers(asking: Any) -> Page[Sender]:
    try:
        rows = read_v2(list[SmsNumber], await asking)
    except (PermissionDenied, NotFound):
        return Page([])
    return Page(
        [
            Sender(channel=Channel.SMS, address=row["number"], name=row.get("keyword") or None, raw=row)
            for row in rows
        ]
    )
