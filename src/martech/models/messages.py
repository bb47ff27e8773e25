"""Messages: one at a time, to one person or a few."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from martech.models.base import PERSONAL, Answer, Model, VendorWord
from martech.models.consent import Channel
from martech.models.identifiers import EmailAddress, MobileNumber, email_address
from martech.models.reports import Engagement

__all__ = [
    "Attachment",
    "EmailMessage",
    "Mailbox",
    "MessageQuery",
    "MessageReport",
    "MessageState",
    "Purpose",
    "Receipt",
    "SmsMessage",
    "TemplateMessage",
    "list_unsubscribe",
]


class Purpose(StrEnum):
    """Why a message is sent; vendors check consent for one and not for the other."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Mailbox(Model):
    """An address with an optional name. Text such as `Ada <ada@example.org>` is read as one."""

    address: EmailAddress = Field(json_schema_extra=PERSONAL)
    name: str | None = Field(default=None, json_schema_extra=PERSONAL)

    def formatted(self) -> str:
        """Return `Name <address>`, the name quoted where it must be, or the bare address."""
        from email.utils import formataddr

        return formataddr((self.name, self.address)) if self.name else self.address


_NAMED = re.compile(r"\s*\"?(?P<name>[^<\"]*?)\"?\s*<(?P<address>[^<>]+)>\s*\Z")


def _mailbox(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if found := _NAMED.match(value):
        return Mailbox(address=found["address"], name=found["name"] or None)
    return Mailbox(address=value)


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, (str, Mailbox)) else value


OneMailbox = Annotated[Mailbox, BeforeValidator(_mailbox)]
"""A mailbox, or text that is read as one."""
Mailboxes = Annotated[tuple[OneMailbox, ...], BeforeValidator(_several)]
"""Mailboxes, or one alone."""
MailboxLike = Mailbox | str
MailboxesLike = Mailbox | str | Sequence[Mailbox | str]


class Attachment(Model):
    """A file that goes with a message."""

    filename: str
    content: bytes = Field(repr=False)
    content_type: str = "application/octet-stream"


class EmailMessage(Model):
    """An e-mail with its content."""

    to: Mailboxes = Field(min_length=1)
    subject: str
    html: str | None = Field(default=None, repr=False)
    text: str | None = Field(default=None, repr=False)
    sender: OneMailbox | None = None
    """None lets the vendor use the account's own."""
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    reply_to: OneMailbox | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = Field(default_factory=dict)
    """Given back by the vendor with what happens to the message, where it does that."""
    purpose: Purpose = Purpose.TRANSACTIONAL
    track_opens: bool | None = None
    track_clicks: bool | None = None

    if TYPE_CHECKING:  # what may be given is more than what is kept

        def __init__(
            self,
            *,
            to: MailboxesLike,
            subject: str,
            html: str | None = None,
            text: str | None = None,
            sender: MailboxLike | None = None,
            cc: MailboxesLike = (),
            bcc: MailboxesLike = (),
            reply_to: MailboxLike | None = None,
            attachments: Sequence[Attachment] = (),
            headers: Mapping[str, str] = ...,
            tags: Sequence[str] = (),
            metadata: Mapping[str, str] = ...,
            purpose: Purpose = Purpose.TRANSACTIONAL,
            track_opens: bool | None = None,
            track_clicks: bool | None = None,
        ) -> None: ...


def list_unsubscribe(*, url: str | None = None, mailto: str | None = None) -> dict[str, str]:
    """Return the headers by which a mail program offers to unsubscribe, for `EmailMessage(headers=…)`.

    An `https` address is one-click (RFC 8058): the program posts to it, and whoever is there must not ask again. A
    vendor that takes no headers of ours refuses the message before any request; most of those write their own.

    Raises:
        ValueError: Neither is given, or the address is not `https`.
    """
    if url is None and mailto is None:
        raise ValueError("list_unsubscribe needs an address or a mailbox")
    if url is not None and (not url.startswith("https://") or re.search(r"[\s<>]", url)):
        raise ValueError("the address of list_unsubscribe must be https")
    ways = [f"<{url}>"] if url is not None else []
    ways += [f"<mailto:{email_address(mailto)}>"] if mailto is not None else []
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url is not None else {}
    return {"List-Unsubscribe": ", ".join(ways), **one_click}


class TemplateMessage(Model):
    """A message whose content is kept at the vendor, with the values for its places."""

    template_id: str
    to: Mailboxes | MobileNumber
    """Mailboxes for e-mail, a number for SMS."""
    channel: Channel = Channel.EMAIL
    values: Mapping[str, Any] = Field(default_factory=dict, json_schema_extra=PERSONAL)
    language: str | None = None
    sender: OneMailbox | None = None
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = Field(default_factory=dict)
    purpose: Purpose = Purpose.TRANSACTIONAL

    if TYPE_CHECKING:  # what may be given is more than what is kept

        def __init__(
            self,
            *,
            template_id: str,
            to: MailboxesLike,
            channel: Channel = Channel.EMAIL,
            values: Mapping[str, Any] = ...,
            language: str | None = None,
            sender: MailboxLike | None = None,
            cc: MailboxesLike = (),
            bcc: MailboxesLike = (),
            attachments: Sequence[Attachment] = (),
            tags: Sequence[str] = (),
            metadata: Mapping[str, str] = ...,
            purpose: Purpose = Purpose.TRANSACTIONAL,
        ) -> None: ...


class SmsMessage(Model):
    """A text message to one number."""

    to: MobileNumber = Field(json_schema_extra=PERSONAL)
    text: str = Field(repr=False, min_length=1)
    sender: str | None = None
    """A name, number or the vendor's id of one; None lets the vendor use the account's own."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = Field(default_factory=dict)
    purpose: Purpose = Purpose.TRANSACTIONAL


class MessageState(StrEnum):
    """How far a message is."""

    ACCEPTED = "accepted"
    """The vendor took it; nothing more is known yet."""
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    DRY_RUN = "dry_run"
    """A sandbox kept it back; nothing was sent."""
    UNKNOWN = "unknown"


class Receipt(Answer):
    """What the vendor gave for a message that it accepted."""

    message_id: str | None = None
    """The vendor's id, or ours where it gives none and echoes ours; None where there is neither."""
    channel: Channel
    state: MessageState = MessageState.ACCEPTED
    send_key: str
    """Under which key the send ledger holds it."""


class MessageReport(Answer):
    """What is known about one message. Nothing known yet is `ACCEPTED`, not a failure."""

    message_id: str
    channel: Channel
    state: MessageState
    changed_at: AwareDatetime | None = None
    engagements: tuple[Engagement, ...] = ()
    vendor_word: VendorWord | None = None


class MessageQuery(Model):
    """Which messages a report is about: by tags or by recipients, in a span of time."""

    channel: Channel = Channel.EMAIL
    since: AwareDatetime
    until: AwareDatetime
    tags: tuple[str, ...] = ()
    recipients: tuple[str, ...] = Field(default=(), json_schema_extra=PERSONAL)
