"""Sends of campaigns with their reports and logs: all of it assumed."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from martech_dengage.wire.base import Id, Text, open_ended
from martech_dengage.wire.messages import EventRow


class CreatedSend(TypedDict):
    """A send that was made."""

    sendId: str


class CreatedSendAnswer(TypedDict):
    """Answer of CreateEmailSend and CreateSMSSend."""

    data: CreatedSend


@open_ended
class SendRow(TypedDict):
    """A send."""

    status: NotRequired[Text]
    contentId: NotRequired[Text]
    scheduleDate: NotRequired[Text]


class SendAnswer(TypedDict):
    """Answer of GetEmailSend."""

    data: SendRow


@open_ended
class OverviewRow(TypedDict):
    """The counts of a send."""

    totalSent: NotRequired[int | None]
    totalDelivered: NotRequired[int | None]
    totalOpens: NotRequired[int | None]
    uniqueOpens: NotRequired[int | None]
    totalClicks: NotRequired[int | None]
    uniqueClicks: NotRequired[int | None]
    hardBounces: NotRequired[int | None]
    softBounces: NotRequired[int | None]
    spamReports: NotRequired[int | None]
    unsubscribes: NotRequired[int | None]


class OverviewAnswer(TypedDict):
    """Answer of GetEmailSendOverview and GetSMSSendOverview."""

    data: OverviewRow


@open_ended
class DetailRow(EventRow):
    """One thing that somebody did, in a report or a log of a send."""

    contact_key: NotRequired[Id | None]
    email: NotRequired[Text]
    gsm: NotRequired[Text]


class DetailsData(TypedDict):
    """A page of them."""

    result: NotRequired[list[DetailRow] | None]
    totalRowCount: NotRequired[int | None]
    queryForNextPage: NotRequired[bool | None]


class DetailsAnswer(TypedDict):
    """Answer of the reports and logs of a send."""

    data: NotRequired[DetailsData | None]
