"""The account at Pigeonpost, of which its API says little."""

from __future__ import annotations

from martech.models import IdentifierDefinition, IdentifierKind, Verification
from martech.provider import AccountOperations, Now, get, not_offered, read
from martech_example.wire import StampsAnswer

TELLS_NOTHING = not_offered("Pigeonpost's API says nothing about the account.", instead="account.verify")


class Account(AccountOperations):
    """The account."""

    get = TELLS_NOTHING

    async def verify(self) -> Verification:
        """One request, and a login."""
        left = read(StampsAnswer, await get("/stamps"))["left"]
        return Verification(ok=True, detail=f"logged in; {left} letters left", checked_at=await Now())

    senders = TELLS_NOTHING
    server_time = TELLS_NOTHING

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        """No request: the address is the only one there is."""
        return (IdentifierDefinition(kind=IdentifierKind.EMAIL),)
