"""Who messages may come from: names, addresses and numbers that an administrator set up. All are invented."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EMAIL_FROMS", "SMS_FROMS", "EmailFrom", "SmsFrom", "email_from", "is_account_address", "sms_from"]


@dataclass(frozen=True, slots=True)
class EmailFrom:
    """One sender of e-mail."""

    id: str
    name: str
    address: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class SmsFrom:
    """One sender of text messages."""

    id: str
    sender: str
    partner: str
    kind: str = "BULK"
    is_default: bool = False


EMAIL_FROMS = (
    EmailFrom("5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a01", "Acme News", "news@mail.acme.test", is_default=True),
    EmailFrom("5f0c1b7e-0f5b-4d0e-9c55-0b6a3f1d2a02", "Acme Service", "service@mail.acme.test"),
)
SMS_FROMS = (
    SmsFrom("8a4d2c90-3b1f-4f7a-8d21-7c5e9b0f4b01", "ACME", "Example Carrier", is_default=True),
    SmsFrom("8a4d2c90-3b1f-4f7a-8d21-7c5e9b0f4b02", "ACME INFO", "Example Carrier"),
)


def email_from(sender_id: str) -> EmailFrom | None:
    """Return the e-mail sender with that id, if there is one."""
    return next((one for one in EMAIL_FROMS if one.id == sender_id), None)


def sms_from(sender_id: str) -> SmsFrom | None:
    """Return the text message sender with that id, if there is one."""
    return next((one for one in SMS_FROMS if one.id == sender_id), None)


def is_account_address(address: str) -> bool:
    """Return whether an address is a sender's, of which only the part before the `@` may be changed (D14)."""
    domain = address.rpartition("@")[2].lower()
    return any(domain == one.address.rpartition("@")[2] for one in EMAIL_FROMS)
