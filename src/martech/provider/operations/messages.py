"""The contract for messages. All of the sends are guarded: each request carries the `key` it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Extra, Operations, undeclared

if TYPE_CHECKING:
    from martech.models import (
        Channel,
        EmailMessage,
        Engagement,
        MessageQuery,
        MessageReport,
        Page,
        Receipt,
        SmsMessage,
        TemplateMessage,
    )

__all__ = ["MessageOperations"]


class MessageOperations(Operations):
    """Messages: one at a time. `key` names the send; the same key is the same send."""

    row = "messages"

    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        """Send an e-mail with its content."""
        raise undeclared()

    async def send_template(self, message: TemplateMessage, *, key: str, extra: Extra) -> Receipt:
        """Send content kept at the vendor."""
        raise undeclared()

    async def send_sms(self, message: SmsMessage, *, key: str, extra: Extra) -> Receipt:
        """Send a text message."""
        raise undeclared()

    async def status(self, message_id: str, *, channel: Channel) -> MessageReport:
        """Return what is known about one message."""
        raise undeclared()

    async def reports(self, query: MessageQuery, cursor: str | None) -> Page[Engagement]:
        """Return one page of what became of messages."""
        raise undeclared()
