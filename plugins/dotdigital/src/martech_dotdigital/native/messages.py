"""Messages beyond e-mail and text: one route for every channel, several at once, and how e-mail did.

None of what goes out by the omnichannel route is measured against opt-outs by the vendor (S21.2, guide), so a
marketing message is measured here, where the contact's state of the channel is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from martech.models import (
    PERSONAL,
    Channel,
    EmailMessage,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    ItemResult,
    MessageReport,
    MobileNumber,
    Model,
    Purpose,
    SubscriptionStatus,
)
from martech.provider import ConsentRefused, InvalidRequest, M, NewId, delete, get, mask, operation, patch, send
from martech_dotdigital import people
from martech_dotdigital.limits import SEND_BATCH
from martech_dotdigital.mapping import messages as mapping
from martech_dotdigital.mapping.consent import channels_of, state_of
from martech_dotdigital.mapping.identifiers import digits
from martech_dotdigital.native.base import NativeResource
from martech_dotdigital.native.shapes.messaging import HistoryMessage
from martech_dotdigital.native.shapes.products import EmailStats
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import time_to_wire
from martech_dotdigital.wire.campaigns import BatchRow, Message, QueuedMessage

__all__ = ["By", "NativeMessages", "OmniMessage"]

_ASKS_FOR: Mapping[str, Channel] = {
    "sms": Channel.SMS,
    "mms": Channel.SMS,
    "rcs": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
}
"""Which state of a contact a rule of the route depends on; the vendor keeps none for push and Messenger."""


class By(StrEnum):
    """Over what counts are put together."""

    ALL_TIME = "AllTime"
    MONTH = "Month"
    WEEK = "Week"
    DAY = "Day"


class OmniMessage(Model):
    """A message for one recipient, by the first channel of `rules` that reaches them.

    Rules are the vendor's: `sms`, `mms`, `whatsApp`, `nativePush`, `appMessaging`, `fbMessenger`, `rcs`.
    """

    rules: tuple[str, ...] = Field(min_length=1)
    phone_number: MobileNumber | None = Field(default=None, json_schema_extra=PERSONAL)
    email: str | None = Field(default=None, json_schema_extra=PERSONAL)
    profile_id: str | None = Field(default=None, json_schema_extra=PERSONAL)
    messenger_id: str | None = Field(default=None, json_schema_extra=PERSONAL)
    title: str | None = None
    body: str | None = Field(default=None, repr=False)
    template_id: str | None = None
    parts: tuple[Mapping[str, Any], ...] = Field(default=(), repr=False)
    custom_body: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """By channel; a channel has either this or options."""
    channel_options: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    metadata: Mapping[str, str] = Field(default_factory=dict)
    expires_at: AwareDatetime | None = None
    conversation_id: str | None = None
    require_opt_in: bool | None = None
    """Looks at profiles of the vendor's messaging half, not at contacts."""
    purpose: Purpose = Purpose.TRANSACTIONAL


class NativeMessages(NativeResource[M]):
    """Messages."""

    row = "native.messages"

    @operation
    async def send(self, message: OmniMessage, *, key: str | None = None) -> MessageReport:
        """Send by Messenger, WhatsApp, push or any other channel of the route. One request, two for marketing.

        Raises:
            ConsentRefused: A marketing message, and the person is not subscribed to a channel it may take.
        """
        key = await NewId() if key is None else key
        body = _wire(message, key, self._own.send_key_field)
        await self._must_want(message)
        answer = read_v3(Message, await send("/cpaas/messages", json=body, send_key=key))
        return mapping.report_from_wire(answer, Channel.SMS).model_copy(update={"channel": _channel(message)})

    @operation
    async def send_many(self, messages: Sequence[OmniMessage], *, key: str | None = None) -> Sequence[ItemResult]:
        """Send several in one request, as one send: either all went out or none did. The vendor's id of each.

        Marketing messages cost one more request each.
        """
        key = await NewId() if key is None else key
        field = self._own.send_key_field
        bodies = [_wire(message, f"{key}/{place}", field) for place, message in enumerate(messages)]
        for message in messages:
            await self._must_want(message)
        reply = await send("/cpaas/messages/batch", json=bodies, send_key=key)
        ids = {row["index"]: row["messageId"] for row in read_v3(list[QueuedMessage], reply)}
        return [
            ItemResult(
                position=place,
                outcome=ItemOutcome.ACCEPTED if place in ids else ItemOutcome.UNKNOWN,
                vendor_id=ids.get(place),
            )
            for place in range(len(messages))
        ]

    @operation
    async def send_emails(
        self, messages: Sequence[EmailMessage], *, key: str | None = None
    ) -> Sequence[ItemResult]:
        """Send several transactional e-mails in one request, as one send; one result for each.

        Whether their senders are registered is not looked at: the vendor would use the account's own.
        """
        if any(message.purpose is not Purpose.TRANSACTIONAL for message in messages):
            raise InvalidRequest(
                "this route is for transactional e-mail", hint="messages.send_email sends the others"
            )
        if len(messages) > SEND_BATCH:
            raise InvalidRequest(f"up to {SEND_BATCH} e-mails at a time")
        key, settings = await NewId() if key is None else key, self._own
        bodies = [
            mapping.transactional(
                message, f"{key}/{place}", field=settings.send_key_field, as_text=settings.metadata_as_text
            )
            for place, message in enumerate(messages)
        ]
        reply = await send("/v2/email/batch", json=bodies, send_key=key)
        said = {row["index"]: row for row in read_v2(list[BatchRow], reply)}
        return [_batch_result(place, said.get(place)) for place in range(len(messages))]

    @operation
    async def redact(self, message_id: str) -> None:
        """Have the content of a message made unreadable at the vendor. One request."""
        await patch("/cpaas/messages/{message}", message=message_id, json={"redact": True}, limit="medium")

    @operation
    async def delete(self, message_id: str) -> None:
        """Remove a message from the vendor's history. One request; what was delivered stays delivered."""
        await delete("/cpaas/messages/{message}", message=message_id, limit="medium")

    @operation
    async def history(
        self,
        profile_id: str,
        *,
        channel: str | None = None,
        inbound: bool | None = None,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[HistoryMessage]:
        """Return the messages with a profile of the messaging half, newest first. One request."""
        direction = None if inbound is None else "inbound" if inbound else "outbound"
        reply = await get(
            "/cpaas/profiles/{profile}/messages",
            profile=profile_id,
            query={
                "channelId": channel,
                "direction": direction,
                "from": None if before is None else time_to_wire(before),
                "limit": limit,
            },
            limit="medium",
        )
        return read_v3(list[HistoryMessage], reply)

    @operation
    async def email_stats(
        self, *, since: datetime, until: datetime | None = None, by: By = By.ALL_TIME
    ) -> Sequence[EmailStats]:
        """Return how transactional e-mail did, in whole days. One request."""
        query = {"endDate": None if until is None else f"{until:%Y-%m-%d}", "aggregatedBy": by.value}
        reply = await get(
            "/v2/email/stats/since-date/{date}", date=f"{since:%Y-%m-%d}", query=query, limit="medium"
        )
        return read_v2(list[EmailStats], reply)

    async def _must_want(self, message: OmniMessage) -> None:
        """Refuse marketing to somebody who is not subscribed, since the vendor would not (S21.2)."""
        if message.purpose is not Purpose.MARKETING:
            return
        channels = {_ASKS_FOR.get(rule.casefold()) for rule in message.rules}
        if None in channels or message.phone_number is None:
            raise ConsentRefused(
                "Dotdigital keeps no subscription for one of these channels, so nobody knows who wants marketing",
                hint="name a phone number and rules of sms, mms, rcs and whatsApp only",
            )
        person = await people.present(Identifier(IdentifierKind.MOBILE, message.phone_number), self._naming)
        words = {channel: state["status"] for channel, state in channels_of(person)}
        for channel in channels:
            if channel is None:
                continue
            status = state_of(words.get(channel))[0]
            if status is not SubscriptionStatus.SUBSCRIBED:
                raise ConsentRefused(
                    f"this person is {status} on {channel}, and Dotdigital would send all the same"
                )


def _channel(message: OmniMessage) -> Channel:
    first = message.rules[0].casefold()
    return _ASKS_FOR.get(first, Channel.PUSH)


def _wire(message: OmniMessage, key: str, field: str) -> dict[str, Any]:
    to = {
        "phoneNumber": None if message.phone_number is None else digits(message.phone_number),
        "email": message.email,
        "profileId": message.profile_id,
        "fbMessengerId": message.messenger_id,
    }
    if not any(to.values()):
        raise InvalidRequest("a message needs somebody to go to")
    both = set(message.custom_body) & set(message.channel_options)
    if both:
        raise InvalidRequest(f"{', '.join(sorted(both))} has either a body of its own or options, not both")
    body: dict[str, Any] = {
        "to": {name: value for name, value in to.items() if value},
        "rules": list(message.rules),
        "metadata": mapping.metadata(message.metadata, key, field=field),
    }
    more: dict[str, Any] = {
        "title": message.title,
        "body": message.body,
        "templateId": message.template_id,
        "messageParts": [dict(part) for part in message.parts] or None,
        "customBody": dict(message.custom_body) or None,
        "channelOptions": dict(message.channel_options) or None,
        "expiresOn": None if message.expires_at is None else time_to_wire(message.expires_at),
        "conversationId": message.conversation_id,
        "requireOptIn": message.require_opt_in,
    }
    return body | {name: value for name, value in more.items() if value is not None}


def _batch_result(place: int, row: BatchRow | None) -> ItemResult:
    if row is None:
        return ItemResult(position=place, outcome=ItemOutcome.UNKNOWN, reason="the answer does not name this one")
    code = row.get("failureCode")
    if not code:
        return ItemResult(position=place, outcome=ItemOutcome.ACCEPTED)
    reason = mask(row.get("failureReason") or code)
    return ItemResult(position=place, outcome=ItemOutcome.REFUSED, code=code, reason=reason)
