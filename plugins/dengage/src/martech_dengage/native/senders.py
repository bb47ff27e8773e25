"""The Settings API: who messages may come from, and which servers send them."""

from __future__ import annotations

from typing import Literal

from martech.provider import Kind, M, observed, operation
from martech_dengage import assumed, seen
from martech_dengage.native.base import Data, Group, data_of
from martech_dengage.reading import get

__all__ = ["SenderSettings"]


class SenderSettings(Group[M]):
    """GetEmailFroms, the senders of text messages, and the two lists of servers. One request each."""

    row = "native.settings"

    @operation
    @observed(seen.SENDERS)
    async def email_froms(self) -> Data:
        """GetEmailFroms (C1): `emailFroms`."""
        return data_of(await get("/email/froms"))

    @operation
    @observed(seen.SENDERS)
    async def sms_froms(self) -> Data:
        """Senders of text messages (C1): `smsFroms`."""
        return data_of(await get("/sms/froms/bulk"))

    @operation
    @assumed.rests_on(assumed.VMTAS)
    async def bulk_vmtas(self) -> Data:
        """GetBulkVmtaList (assumed): servers of sends to many."""
        return await self._vmtas("bulk_vmtas")

    @operation
    @assumed.rests_on(assumed.VMTAS)
    async def transactional_vmtas(self) -> Data:
        """GetTransactionalVmtaList (assumed): servers of transactional messages."""
        return await self._vmtas("transactional_vmtas")

    async def _vmtas(self, name: Literal["bulk_vmtas", "transactional_vmtas"]) -> Data:
        request = assumed.ask(self._settings, name, "GET", Kind.READ)
        return data_of(assumed.heard(self._settings, await request))
