"""The contract for the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from datetime import datetime

    from martech.models import Account, IdentifierDefinition, Page, Sender, Verification

__all__ = ["AccountOperations"]


class AccountOperations(Operations):
    """The account: who we are at the provider, and what it lets us use."""

    row = "account"

    async def get(self) -> Account:
        """Return what the vendor says about the account."""
        raise undeclared()

    async def verify(self) -> Verification:
        """Check the credentials with the cheapest call there is."""
        raise undeclared()

    async def senders(self, cursor: str | None) -> Page[Sender]:
        """Return one page of the addresses, numbers and names from which the account may send."""
        raise undeclared()

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        """Return by what the account can name contacts."""
        raise undeclared()

    async def server_time(self) -> datetime:
        """Return the vendor's time."""
        raise undeclared()
