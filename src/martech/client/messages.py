"""Messages: one at a time, to one person or a few. Every send passes the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from martech.flows.people import narrowed
from martech.flows.sending import key_for
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
from martech.provider.resources import M, Resource, operation, paged

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Messages"]

ExtraFor = Mapping[str, Mapping[str, Any]]


class Messages(Resource[M]):
    """Messages: one at a time.

    `key` names a send: the same key is the same send, and does not go out twice; whoever repeats it gets the first
    receipt. It is kept, and told to the vendor: name an order rather than a person, of whom only a digest would be
    used. Without a key each call is a send of its own, and only its own retries are recognised, unless
    `dedupe_within_seconds` says for how long the same content to the same people counts as one send.
    """

    row = "messages"

    @operation
    async def send_email(
        self,
        message: EmailMessage,
        *,
        key: str | None = None,
        dedupe_within_seconds: float | None = None,
        extra: ExtraFor | None = None,
    ) -> Receipt:
        """Send an e-mail with its content. One request, repeated only if the vendor provably did not act.

        Raises:
            OutcomeUnknown: Nobody can tell whether it went out.
        """
        more = narrowed(self._provider, extra)
        return await self._provider.messages.send_email(
            message, key=await key_for(key, dedupe_within_seconds), extra=more
        )

    @operation
    async def send_template(
        self,
        message: TemplateMessage,
        *,
        key: str | None = None,
        dedupe_within_seconds: float | None = None,
        extra: ExtraFor | None = None,
    ) -> Receipt:
        """Send content kept at the vendor, with values for its places. One request, as `send_email`.

        Raises:
            OutcomeUnknown: Nobody can tell whether it went out.
        """
        more = narrowed(self._provider, extra)
        return await self._provider.messages.send_template(
            message, key=await key_for(key, dedupe_within_seconds), extra=more
        )

    @operation
    async def send_sms(
        self,
        message: SmsMessage,
        *,
        key: str | None = None,
        dedupe_within_seconds: float | None = None,
        extra: ExtraFor | None = None,
    ) -> Receipt:
        """Send a text message. One request, as `send_email`.

        Raises:
            OutcomeUnknown: Nobody can tell whether it went out.
        """
        more = narrowed(self._provider, extra)
        return await self._provider.messages.send_sms(
            message, key=await key_for(key, dedupe_within_seconds), extra=more
        )

    @operation
    async def status(self, message_id: str, *, channel: Channel = Channel.EMAIL) -> MessageReport:
        """Return what is known about one message, by the id of its receipt. One request."""
        return await self._provider.messages.status(message_id, channel=channel)

    @paged
    async def reports(
        self,
        cursor: str | None,
        *,
        since: datetime,
        until: datetime,
        channel: Channel = Channel.EMAIL,
        tags: tuple[str, ...] = (),
        recipients: tuple[str, ...] = (),
    ) -> Page[Engagement]:
        """Iterate over what became of messages in a span of time, by tags or by recipients."""
        query = MessageQuery(channel=channel, since=since, until=until, tags=tags, recipients=recipients)
        return await self._provider.messages.reports(query, cursor)
