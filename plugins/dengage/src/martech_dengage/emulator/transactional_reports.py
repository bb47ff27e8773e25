"""GetTransactionalEmailReport and GetTransactionalSmsReport (D18, D19; answers C1)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.dates import answer_time, report_time
from martech_dengage.emulator.envelope import invalid, malformed, operation
from martech_dengage.emulator.messages import BOUNCES, Message
from martech_dengage.emulator.reading import is_uuid, paging, several
from martech_dengage.emulator.vendor import Vendor

__all__ = ["TransactionalReports"]

LONGEST_WINDOW = timedelta(days=7)
MOST_VALUES = 5
"""Addresses or tags that one report takes (D18, D19)."""
ADDRESS_PARAMETER = {"email": "email", "sms": "gsm"}


class TransactionalReports(Vendor):
    """Routes that tell what happened to transactional messages. Nothing yet is an empty `result`."""

    @operation("GET", "/transactional/email")
    def transactional_email_report(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetTransactionalEmailReport (D18): one row for each message that something happened to."""
        messages = (message for message in self._asked_for(incoming, "email") if message.happened)
        return self._report(incoming, messages, self._email_row)

    @operation("GET", "/transactional/sms")
    def transactional_sms_report(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetTransactionalSmsReport (D19): one row for each message, without a type while it is pending."""
        return self._report(incoming, self._asked_for(incoming, "sms"), _sms_row)

    def _report(
        self, incoming: Incoming, messages: Iterator[Message], row: Callable[[Message], dict[str, Any]]
    ) -> Mapping[str, Any]:
        # ASSUMPTION: the key of this filter is not visible in the capture of D18.
        kinds = several(incoming, "eventType")
        page = paging(incoming, least=100)
        found = [
            message
            for message in messages
            if not kinds or any(happening.kind in kinds for happening in message.happened)
        ]
        return {"result": [row(message) for message in page.page(found)], "totalRowCount": len(found)}

    def _email_row(self, message: Message) -> dict[str, Any]:
        events = []
        for happening in message.happened:
            code, text = BOUNCES.get(happening.kind, (None, None))
            event = {"event_type": happening.kind, "event_date": answer_time(happening.at)}
            events.append({**event, "bounce_code": code, "bounce_text": text})
        # ASSUMPTION: the client looks by message id and reads only the events; whose they are must be somewhere.
        whose = {"email": message.address, self.message_id_key: message.tracking_id}
        return {**whose, **_last_event(message), "events": events}

    def _asked_for(self, incoming: Incoming, channel: str) -> Iterator[Message]:
        """Return the messages by the rules of precedence: group, then message, then addresses, then tags."""
        by_message = self.mail.with_tracking_id
        finders = {"groupId": self.mail.in_group, "trackingId": by_message, self.message_id_key: by_message}
        for parameter, find in finders.items():
            if (wanted := incoming.arg(parameter)) is not None:
                if not is_uuid(wanted):
                    raise malformed(f"{parameter} must be a uuid")
                return (
                    message for message in find(wanted) if message.channel == channel and message.transactional
                )
        for parameter in (ADDRESS_PARAMETER[channel], "tag"):
            if values := several(incoming, parameter):
                if len(values) > MOST_VALUES:
                    raise invalid(f"at most {MOST_VALUES} values of {parameter} may be given")
                if parameter == "tag":
                    found = self.mail.with_tags(channel, dict.fromkeys(values))
                else:
                    found = self.mail.to_addresses(channel, dict.fromkeys(value.lower() for value in values))
                return self._in_window(incoming, channel, found)
        raise invalid(f"groupId, trackingId, {ADDRESS_PARAMETER[channel]} or tag is required")

    def _in_window(self, incoming: Incoming, channel: str, lists: list[list[Message]]) -> Iterator[Message]:
        begin, end = _window(incoming)
        if channel == "sms":
            query_time = incoming.arg("queryTime")
            if query_time not in ("sent", "event"):
                raise invalid("queryTime must be sent or event")
            if query_time == "event":
                merged = _merged(lists)
                return (m for m in merged if m.transactional and m.happened and begin <= m.happened[-1].at < end)
        windows = []
        for messages in lists:
            first, last = (bisect_left(messages, at, key=_sent_at) for at in (begin, end))
            windows.append(messages[first:last])
        return (message for message in _merged(windows) if message.transactional)


def _window(incoming: Incoming) -> tuple[datetime, datetime]:
    """Return the window of a report: from `beginTime` to the end of the second `endTime`."""
    try:
        begin, end = (report_time(incoming.arg(name) or "") for name in ("beginTime", "endTime"))
    except ValueError as wrong:
        raise invalid(f"beginTime and endTime are required: {wrong}") from wrong
    if end < begin:
        raise invalid("endTime must not be before beginTime")
    if end - begin > LONGEST_WINDOW:
        raise invalid("endTime may be at most 7 days after beginTime")
    return begin, end + timedelta(seconds=1)


def _merged(lists: list[list[Message]]) -> Iterator[Message]:
    if len(lists) == 1:
        return iter(lists[0])
    return iter(sorted({id(m): m for m in chain.from_iterable(lists)}.values(), key=_sent_at))


def _sent_at(message: Message) -> datetime:
    return message.sent_at


def _last_event(message: Message) -> dict[str, Any]:
    last = message.happened[-1] if message.happened else None
    return {"event_type": last.kind if last else None, "event_date": answer_time(last.at) if last else None}


def _sms_row(message: Message) -> dict[str, Any]:
    return {
        "gsm": message.address,
        **_last_event(message),
        "senderName": message.sender,
        "partnerName": message.partner,
        "created_at": answer_time(message.sent_at),
    }
