"""Transactional messages, their reports, and who they may come from."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from martech_dengage.wire.base import Id, Text, open_ended


class Addressed(TypedDict):
    """One recipient of a message: its id is `trackingId` (C1) or, in other sources, `transactionId` (D14, C6)."""

    trackingId: NotRequired[Text]
    transactionId: NotRequired[Text]


@open_ended
class SentData(TypedDict):
    """Who a message went to."""

    to: NotRequired[Addressed | None]


class SentAnswer(TypedDict):
    """Answer of SendTransactionalEmail and SendTransactionalSms."""

    data: NotRequired[SentData | None]


@open_ended
class EventRow(TypedDict):
    """Something that happened to a message (C1)."""

    event_type: NotRequired[Text]
    event_date: NotRequired[Text]
    bounce_code: NotRequired[Id | None]
    bounce_text: NotRequired[Text]
    url: NotRequired[Text]


@open_ended
class ReportRow(EventRow):
    """A message with what happened to it (C1). Whose it is was seen for text messages only."""

    events: NotRequired[list[EventRow] | None]
    email: NotRequired[Text]
    gsm: NotRequired[Text]
    trackingId: NotRequired[Text]


class ReportData(TypedDict):
    """A page of a report."""

    result: NotRequired[list[ReportRow] | None]
    totalRowCount: NotRequired[int | None]
    queryForNextPage: NotRequired[bool | None]


class ReportAnswer(TypedDict):
    """Answer of GetTransactionalEmailReport and GetTransactionalSmsReport."""

    data: NotRequired[ReportData | None]


@open_ended
class EmailFrom(TypedDict):
    """A sender of e-mails (C1)."""

    id: Id
    fromName: NotRequired[Text]
    fromAddress: NotRequired[Text]
    isDefault: NotRequired[bool | None]


class EmailFroms(TypedDict):
    """All of them."""

    emailFroms: list[EmailFrom]


class EmailFromsAnswer(TypedDict):
    """Answer of GetEmailFroms."""

    data: EmailFroms


@open_ended
class SmsFrom(TypedDict):
    """A sender of text messages (C1)."""

    id: Id
    sender: NotRequired[Text]
    isDefault: NotRequired[bool | None]


class SmsFroms(TypedDict):
    """All of them."""

    smsFroms: list[SmsFrom]


class SmsFromsAnswer(TypedDict):
    """Answer of the list of text message senders."""

    data: SmsFroms
