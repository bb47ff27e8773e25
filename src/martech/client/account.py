"""The account: who we are at the provider, and what it lets us use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.resources import M, Resource, operation, paged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from martech.models import Account, IdentifierDefinition, LimitReport, Page, Sender, Verification

__all__ = ["AccountResource"]


class AccountResource(Resource[M]):
    """The account."""

    row = "account"

    @operation
    async def get(self) -> Account:
        """Return what the vendor says about the account. One request."""
        return await self._provider.account.get()

    @operation
    async def verify(self) -> Verification:
        """Check the credentials with the cheapest call the vendor has. One request, or a login.

        Raises:
            AuthenticationFailed: They are not accepted.
        """
        return await self._provider.account.verify()

    @paged
    async def senders(self, cursor: str | None) -> Page[Sender]:
        """Iterate over the addresses, numbers and names from which the account may send."""
        return await self._provider.account.senders(cursor)

    @operation
    async def limits(self) -> Sequence[LimitReport]:
        """Return the limits as declared by the plugin or learned from answers so far. No request."""
        return self._runner.limits()

    @operation
    async def identifiers(self) -> Sequence[IdentifierDefinition]:
        """Return by what the account can name contacts."""
        return await self._provider.account.identifiers()

    @operation
    async def server_time(self) -> datetime:
        """Return the vendor's time, aware: a watermark for reads since a time. One request."""
        return await self._provider.account.server_time()
