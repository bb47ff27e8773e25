"""Who messages may come from."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import Channel, Mailbox, Sender
from martech.provider import InvalidRequest
from martech_dengage.wire import EmailFrom, SmsFrom

__all__ = [
    "default_email_from",
    "email_sender",
    "matching_email_from",
    "matching_sms_from",
    "named_email_from",
    "sms_sender",
]


def email_sender(one: EmailFrom) -> Sender:
    """Return a sender of e-mails."""
    return Sender(
        id=str(one["id"]),
        channel=Channel.EMAIL,
        address=one.get("fromAddress") or "",
        name=one.get("fromName"),
        is_default=one.get("isDefault"),
        raw=one,
    )


def sms_sender(one: SmsFrom) -> Sender:
    """Return a sender of text messages."""
    return Sender(
        id=str(one["id"]),
        channel=Channel.SMS,
        address=one.get("sender") or "",
        is_default=one.get("isDefault"),
        raw=one,
    )


def default_email_from(froms: Sequence[EmailFrom]) -> str:
    """Return the id of the account's default sender of e-mails.

    Raises:
        InvalidRequest: There is none.
    """
    found = next((one for one in froms if one.get("isDefault")), froms[0] if len(froms) == 1 else None)
    if found is None:
        raise InvalidRequest(
            "the message names no sender, and the account has no default one",
            hint="say sender=, or name one for all with the setting email_from_id",
        )
    return str(found["id"])


def matching_email_from(froms: Sequence[EmailFrom], address: str | None, name: str | None) -> str:
    """Return the id of the sender with that address, and that name where several share it.

    Raises:
        InvalidRequest: There is none.
    """
    same = [one for one in froms if _same(one.get("fromAddress"), address)]
    found = next((one for one in same if one.get("fromName") == name), same[0] if same else None)
    if found is None:
        raise InvalidRequest(
            "no sender of this account has the address of the content", hint="account.senders lists them"
        )
    return str(found["id"])


def named_email_from(froms: Sequence[EmailFrom], sender: Mailbox) -> str:
    """Return the id of the sender that a bare address is.

    Raises:
        InvalidRequest: There is none, so that nobody knows a name to go with it.
    """
    found = next((one for one in froms if _same(one.get("fromAddress"), sender.address)), None)
    if found is None:
        raise InvalidRequest(
            "dEngage takes an address with a name, and this one is no sender of the account",
            hint="say sender='Name <address>'; account.senders lists those that need no name",
        )
    return str(found["id"])


def matching_sms_from(froms: Sequence[SmsFrom], wanted: str | None) -> str:
    """Return the id of a sender of text messages by its id or name, or that of the default one.

    Raises:
        InvalidRequest: There is none.
    """
    if wanted is None:
        found = next((one for one in froms if one.get("isDefault")), froms[0] if len(froms) == 1 else None)
    else:
        found = next((one for one in froms if wanted in (str(one["id"]), one.get("sender"))), None)
    if found is None:
        raise InvalidRequest(
            "the account has no such sender of text messages, or no default one",
            hint="account.senders lists them",
        )
    return str(found["id"])


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").casefold() == (other or "").casefold()
