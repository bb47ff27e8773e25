"""Messages at dEngage: transactional e-mails and text messages, with their reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
from martech.provider import (
    Extra,
    InvalidRequest,
    MessageOperations,
    Response,
    declines,
    not_offered,
    not_written,
    observed,
    read,
    send,
)
from martech_dengage import assumed, seen
from martech_dengage.dates import zone_of
from martech_dengage.limits import REPORT_PAGE
from martech_dengage.mapping.engagements import engagements_from_wire, message_from_wire
from martech_dengage.mapping.messages import email_to_wire, message_id, sms_to_wire, template_to_wire
from martech_dengage.mapping.pages import after
from martech_dengage.mapping.senders import default_email_from, matching_sms_from, named_email_from
from martech_dengage.mapping.spans import place_of, place_said, subjects, weeks
from martech_dengage.reading import get
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import EmailFromsAnswer, ReportAnswer, ReportData, SentAnswer, SmsFromsAnswer

TWO_CHANNELS: dict[Channel, Any] = {
    Channel.PUSH: not_written(
        "Pushes go to devices and applications, not to addresses: native.transactional.send_push sends one."
    ),
    Channel.WHATSAPP: not_offered("dEngage's API sends no WhatsApp messages."),
}
"""Of the channels of a message."""


class Messages(MessageOperations):
    """Transactional messages. Nobody's permission is looked at, and templates see only the values in the call."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @observed(seen.MESSAGES)
    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        """One request, and one before it where nothing names a sender, or only an address does.

        dEngage knows a repetition by its `traceId`, which is our send key. Takes `current`, `fromNameId`,
        `toLanguage` and `xHeaders` as extra.
        """
        said = email_to_wire(
            message,
            sender=await self._email_sender(message, extra),
            key=key,
            extra=extra,
            as_text=self._settings.current_as_text,
        )
        reply = await self._send_email(said, key)
        return Receipt(
            message_id=message_id(read(SentAnswer, reply)), channel=Channel.EMAIL, send_key=key, raw=reply.json()
        )

    @observed(seen.MESSAGES)
    @declines(message=TWO_CHANNELS)
    async def send_template(self, message: TemplateMessage, *, key: str, extra: Extra) -> Receipt:
        """One request. The content must be flagged as transactional; dEngage refuses any other as not found."""
        _one_of_two(message.channel)
        said = template_to_wire(message, key=key, extra=extra, as_text=self._settings.current_as_text)
        if message.channel is Channel.SMS:
            reply = await send("/transactional/sms", json=said, send_key=key)
        else:
            reply = await self._send_email(said, key)
        return Receipt(
            message_id=message_id(read(SentAnswer, reply)), channel=message.channel, send_key=key, raw=reply.json()
        )

    @observed(seen.MESSAGES)
    async def send_sms(self, message: SmsMessage, *, key: str, extra: Extra) -> Receipt:
        """One request, and one before it unless the setting `sms_from_id` names the sender.

        dEngage has no means to know a repeated text message: only our own send ledger does. Takes `current`,
        `toLanguage`, `enableShortlink`, `earliestTime` and `latestTime` as extra.
        """
        from_id = await self._sms_sender(message)
        said = sms_to_wire(message, from_id=from_id, extra=extra, as_text=self._settings.current_as_text)
        reply = await send("/transactional/sms", json=said, send_key=key)
        return Receipt(
            message_id=message_id(read(SentAnswer, reply)), channel=Channel.SMS, send_key=key, raw=reply.json()
        )

    @observed(seen.REPORTS)
    @declines(channel=TWO_CHANNELS)
    async def status(self, message_id: str, *, channel: Channel) -> MessageReport:
        """One request. A message of which nothing is known yet looks like one that never was: accepted."""
        query = {"trackingId": message_id, "limit": 100, "offset": 0}
        data = await self._report(channel, query)
        return message_from_wire(
            message_id, channel, data.get("result") or (), zone=zone_of(self._settings.timezone)
        )

    @observed(seen.REPORTS)
    @declines(query=TWO_CHANNELS)
    async def reports(self, query: MessageQuery, cursor: str | None) -> Page[Engagement]:
        """One request a page: a report spans seven days and is about five addresses or tags (D18, D19).

        Longer spans and more addresses are cut for the caller; a page may be empty with more to follow.
        """
        _one_of_two(query.channel)
        zone = zone_of(self._settings.timezone)
        stretches, groups = weeks(query.since, query.until, zone=zone), subjects(query)
        week, group, start = place_of(cursor)
        if week >= len(stretches) or group >= len(groups):
            raise InvalidRequest("this cursor belongs to another report")
        begin, end = stretches[week]
        name, some = groups[group]
        asked: dict[str, Any] = {
            "beginTime": begin,
            "endTime": end,
            name: some,
            "limit": REPORT_PAGE,
            "offset": start,
        }
        if query.channel is Channel.SMS:
            # Messages that were sent in the span, not whatever happened in it.
            asked["queryTime"] = "sent"
        data = await self._report(query.channel, asked)
        rows = data.get("result") or ()
        items = [one for row in rows for one in engagements_from_wire(row, zone=zone, who=_who(name, some))]
        following = after(start, len(rows), data, size=REPORT_PAGE)
        if following is not None:
            return Page(items, place_said(week, group, following))
        if group + 1 < len(groups):
            return Page(items, place_said(week, group + 1, 0))
        return Page(items, place_said(week + 1, 0, 0) if week + 1 < len(stretches) else None)

    async def _report(self, channel: Channel, query: Mapping[str, Any]) -> ReportData:
        """Return one page of a report. Codes of some events are assumed, and put right by `assumed_words`."""
        if channel is Channel.SMS:
            reply = await get("/transactional/sms", query=query)
        else:
            reply = await get("/transactional/email", query=query)
        return read(ReportAnswer, assumed.heard(self._settings, reply)).get("data") or {}

    async def _send_email(self, said: Mapping[str, Any], key: str) -> Response:
        """Send an e-mail; told again after an accident, dEngage knows it by its `traceId`, which is our key."""
        return await send(
            "/transactional/email",
            json=said,
            send_key=key,
            known_again_seconds=self._settings.trace_id_seconds,
        )

    async def _email_sender(self, message: EmailMessage, extra: Extra) -> dict[str, Any]:
        """Return who an e-mail comes from; dEngage takes only the account's own senders (D14)."""
        if "fromNameId" in extra:
            return {"fromNameId": extra["fromNameId"]}
        sender = message.sender
        if sender is not None and sender.name:
            return {"fromAddress": sender.address, "fromName": sender.name}
        if sender is None and self._settings.email_from_id is not None:
            return {"fromNameId": self._settings.email_from_id}
        froms = read(EmailFromsAnswer, await get("/email/froms"))["data"]["emailFroms"]
        # An address goes with a name (D14): that of the account's sender, where the message says none.
        return {"fromNameId": default_email_from(froms) if sender is None else named_email_from(froms, sender)}

    async def _sms_sender(self, message: SmsMessage) -> str:
        if message.sender is None and self._settings.sms_from_id is not None:
            return self._settings.sms_from_id
        froms = read(SmsFromsAnswer, await get("/sms/froms/bulk"))["data"]["smsFroms"]
        return matching_sms_from(froms, message.sender)


def _who(name: str, some: Sequence[str]) -> dict[str, str]:
    """Return whose the messages of a report are, which its rows need not say, where it is about one person."""
    if len(some) != 1 or name == "tag":
        return {}
    return {"email": some[0]} if name == "email" else {"mobile": f"+{some[0]}"}


def _one_of_two(channel: Channel) -> None:
    """Refuse a channel that is a field of a message, and so not seen by `declines`."""
    if channel in TWO_CHANNELS:
        raise TWO_CHANNELS[channel].error()
