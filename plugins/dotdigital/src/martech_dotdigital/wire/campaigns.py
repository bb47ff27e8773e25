"""Shapes of campaigns, their sends and their reports, and of programs and templates."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

_open = with_config(extra="allow")


class FromAddress(TypedDict):
    """An address a campaign comes from."""

    id: NotRequired[int | None]
    email: NotRequired[str | None]


@_open
class Campaign(TypedDict):
    """An e-mail campaign; in lists without its content. Tags are texts in one answer and objects in another."""

    id: int
    name: str
    subject: NotRequired[str | None]
    fromName: NotRequired[str | None]
    fromAddress: NotRequired[FromAddress | None]
    htmlContent: NotRequired[str | None]
    plainTextContent: NotRequired[str | None]
    replyAction: NotRequired[str | None]
    replyToAddress: NotRequired[str | None]
    isSplitTest: NotRequired[bool | None]
    status: NotRequired[str | None]
    type: NotRequired[str | None]
    tags: NotRequired[list[Any] | None]
    sentDate: NotRequired[str | None]
    scheduledDate: NotRequired[str | None]


@_open
class SmsCampaign(TypedDict):
    """A text message for many."""

    id: int
    name: str
    message: NotRequired[str | None]
    sendingIdentity: NotRequired[str | None]
    sendingIdentityId: NotRequired[int | None]
    toggleShortLinks: NotRequired[bool | str | None]
    status: NotRequired[str | None]


@_open
class CampaignSend(TypedDict):
    """One dispatch of a campaign. One sample prints a bare number where a list belongs."""

    id: str
    campaignId: NotRequired[int | None]
    addressBookIds: NotRequired[list[int] | int | None]
    contactIds: NotRequired[list[int] | int | None]
    sendDate: NotRequired[str | None]
    status: NotRequired[str | None]


@_open
class Summary(TypedDict):
    """The counts of a campaign. `numTotal…` is the sum of the HTML part and the text part."""

    dateSent: NotRequired[str | None]
    numTotalSent: NotRequired[int | None]
    numTotalDelivered: NotRequired[int | None]
    numTotalOpens: NotRequired[int | None]
    numTotalUniqueOpens: NotRequired[int | None]
    numTotalClicks: NotRequired[int | None]
    numRecipientsClicked: NotRequired[int | None]
    numTotalHardBounces: NotRequired[int | None]
    numTotalSoftBounces: NotRequired[int | None]
    numTotalIspComplaints: NotRequired[int | None]
    numTotalUnsubscribes: NotRequired[int | None]
    numTotalReplies: NotRequired[int | None]


@_open
class Activity(TypedDict):
    """What one recipient did with a campaign, counted."""

    contactId: int
    email: NotRequired[str | None]
    numReplies: NotRequired[int | None]
    dateSent: NotRequired[str | None]
    unsubscribed: NotRequired[bool | None]
    softBounced: NotRequired[bool | None]
    hardBounced: NotRequired[bool | None]


@_open
class Open(TypedDict):
    """One opening."""

    contactId: int
    email: NotRequired[str | None]
    dateOpened: NotRequired[str | None]


@_open
class Click(TypedDict):
    """One click."""

    contactId: int
    email: NotRequired[str | None]
    url: NotRequired[str | None]
    dateClicked: NotRequired[str | None]
    keyword: NotRequired[str | None]


@_open
class Program(TypedDict):
    """A program."""

    id: int
    name: str
    status: NotRequired[str | None]
    dateCreated: NotRequired[str | None]


@_open
class Enrolment(TypedDict):
    """Contacts put into a program."""

    id: str
    programId: NotRequired[int | None]
    status: NotRequired[str | None]
    contacts: NotRequired[list[int] | None]
    addressBooks: NotRequired[list[int] | None]


@_open
class Template(TypedDict):
    """An e-mail template; in lists without its content."""

    id: int
    name: str
    subject: NotRequired[str | None]
    fromName: NotRequired[str | None]
    htmlContent: NotRequired[str | None]
    plainTextContent: NotRequired[str | None]


@_open
class Message(TypedDict):
    """A message of the omnichannel route."""

    messageId: str
    status: NotRequired[str | None]
    sentOn: NotRequired[str | None]
    _updatedOn: NotRequired[str | None]


class QueuedMessage(TypedDict):
    """One message of a batch that was taken."""

    index: int
    messageId: str


class BatchRow(TypedDict):
    """What became of one e-mail of a batch; without a code it was taken."""

    index: int
    failureCode: NotRequired[str | None]
    failureReason: NotRequired[str | None]
