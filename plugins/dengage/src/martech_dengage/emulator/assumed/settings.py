"""ASSUMPTION: lists of mail servers, known by name only (seed), and text message senders for transactional use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.account import sms_froms
from martech_dengage.emulator.envelope import not_found, operation
from martech_dengage.emulator.vendor import Vendor

__all__ = ["AssumedSettings"]

VMTAS = {
    "bulk": (
        ("b2d94a10-6f4e-4b7b-9a51-3d2c1e0f7a01", "bulk-1", True),
        ("b2d94a10-6f4e-4b7b-9a51-3d2c1e0f7a02", "bulk-2", False),
    ),
    "transactional": (("b2d94a10-6f4e-4b7b-9a51-3d2c1e0f7a03", "transactional-1", True),),
}


class AssumedSettings(Vendor):
    """Routes that read what an administrator set up."""

    @operation("GET", "/email/vmtas/{use}")
    def vmta_list(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetBulkVmtaList and GetTransactionalVmtaList."""
        if (vmtas := VMTAS.get(incoming.parts["use"])) is None:
            raise not_found("there are mail servers for bulk and for transactional use")
        return {"vmtas": [{"id": vmta_id, "name": name, "isDefault": default} for vmta_id, name, default in vmtas]}

    @operation("GET", "/sms/froms/transactional")
    def transactional_sms_froms(self, _: Incoming) -> Mapping[str, Any]:
        """The likely sibling of the senders for bulk use."""
        return sms_froms()
