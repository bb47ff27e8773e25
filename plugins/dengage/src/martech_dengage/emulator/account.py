"""The Settings API as far as clients show it: who messages may come from (C1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.envelope import operation
from martech_dengage.emulator.senders import EMAIL_FROMS, SMS_FROMS
from martech_dengage.emulator.vendor import Vendor

__all__ = ["Account", "sms_froms"]


class Account(Vendor):
    """Routes that read what an administrator set up."""

    @operation("GET", "/email/froms")
    def email_froms(self, _: Incoming) -> Mapping[str, Any]:
        """GetEmailFroms (C1)."""
        rows = [
            {"id": one.id, "fromName": one.name, "fromAddress": one.address, "isDefault": one.is_default}
            for one in EMAIL_FROMS
        ]
        return {"emailFroms": rows}

    @operation("GET", "/sms/froms/bulk")
    def bulk_sms_froms(self, _: Incoming) -> Mapping[str, Any]:
        """SMS froms of bulk sends (C1)."""
        return sms_froms()


def sms_froms() -> Mapping[str, Any]:
    """Return the senders of text messages as the API shows them."""
    rows = [
        {
            "id": one.id,
            "type": one.kind,
            "sender": one.sender,
            "isDefault": one.is_default,
            "partnerName": one.partner,
        }
        for one in SMS_FROMS
    ]
    return {"smsFroms": rows}
