"""Shapes of contacts, v3 and v2, and of the jobs about them."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

_open = with_config(extra="allow")
"""Keeps what a shape does not name, so that the untouched answer stays reachable."""


@_open
class ChannelState(TypedDict):
    """One channel of a contact."""

    status: str
    optInType: NotRequired[str | None]
    emailType: NotRequired[str | None]
    countryCode: NotRequired[str | None]


@_open
class ListState(TypedDict):
    """A list a contact is on."""

    id: int
    name: NotRequired[str | None]
    status: NotRequired[str | None]


@_open
class PreferenceState(TypedDict):
    """A preference of a contact."""

    id: int
    isOptedIn: bool
    publicName: NotRequired[str | None]
    privateName: NotRequired[str | None]


@_open
class ConsentRecord(TypedDict):
    """A record of consent, as it is read."""

    text: str
    dateTimeConsented: str
    url: NotRequired[str | None]
    ipAddress: NotRequired[str | None]
    userAgent: NotRequired[str | None]
    dateTimeCreated: NotRequired[str | None]


@_open
class Contact(TypedDict):
    """A contact of v3. The optional blocks are there where they were asked for."""

    contactId: int
    status: NotRequired[str | None]
    created: NotRequired[str | None]
    updated: NotRequired[str | None]
    identifiers: dict[str, str | int | None]
    dataFields: NotRequired[dict[str, Any] | None]
    channelProperties: NotRequired[dict[str, ChannelState | None] | None]
    lists: NotRequired[list[ListState] | None]
    preferences: NotRequired[list[PreferenceState] | None]
    consentRecords: NotRequired[list[ConsentRecord] | None]


class Link(TypedDict):
    """Where another page is."""

    marker: NotRequired[str | None]
    link: NotRequired[str | None]


class Links(TypedDict):
    """The links of a page; no `next` on the last one."""

    next: NotRequired[Link | None]


class ContactsPage(TypedDict):
    """A page of contacts."""

    _links: Links
    _items: list[Contact]


class ImportAccepted(TypedDict):
    """Answer to an import of contacts or of records."""

    importId: str


class DeleteAccepted(TypedDict):
    """Answer to a bulk deletion."""

    deleteId: str


class Failure(TypedDict):
    """Why one row failed."""

    failureCode: NotRequired[str | None]
    description: NotRequired[str | None]


class WrittenRow(TypedDict):
    """A contact that an import made or changed."""

    contactId: int
    identifiers: dict[str, str | int | None]


class FailedRow(TypedDict):
    """A row that failed, wholly or in part."""

    contactId: NotRequired[int | None]
    matchIdentifier: NotRequired[str | None]
    identifiers: NotRequired[dict[str, str | int | None] | None]
    failures: NotRequired[list[Failure] | None]


class FailedDeletion(TypedDict):
    """A contact that was not deleted."""

    identifier: dict[str, str | int | None]
    failures: NotRequired[list[Failure] | None]


class DeleteState(TypedDict):
    """How far a bulk deletion is."""

    status: str
    deleted: NotRequired[list[dict[str, str | int | None]] | None]
    failures: NotRequired[list[FailedDeletion] | None]


@_open
class LegacyContact(TypedDict):
    """A contact of v2: six keys, e-mail only."""

    id: int
    email: NotRequired[str | None]
    status: NotRequired[str | None]


@_open
class SuppressedContact(TypedDict):
    """A person who is not sent to, since when and why."""

    suppressedContact: LegacyContact
    dateRemoved: NotRequired[str | None]
    reason: NotRequired[str | None]


class Named(TypedDict):
    """A person by contact id or address; the one that was not given is zero or null."""

    id: NotRequired[int | None]
    email: NotRequired[str | None]


class SuppressAnswer(TypedDict):
    """Answer to a bulk suppression."""

    suppressed: NotRequired[list[Named] | None]
    notFound: NotRequired[list[Named] | None]


class ResubscribeAnswer(TypedDict):
    """Answer to a resubscription."""

    contact: NotRequired[LegacyContact | None]
    status: str


class OptIn(TypedDict):
    """One choice of a person about a preference. The misspelling is the vendor's."""

    marketingPreferenceId: int
    isOptedIn: bool
    addressBookId: NotRequired[int | None]
    dateModifed: NotRequired[str | None]
    dateModified: NotRequired[str | None]


class ContactOptIns(TypedDict):
    """The choices of one person."""

    contact: NotRequired[LegacyContact | None]
    marketingPreferenceOptIns: NotRequired[list[OptIn] | None]


@_open
class Preference(TypedDict):
    """A preference or a category of preferences."""

    id: int
    publicName: NotRequired[str | None]
    privateName: NotRequired[str | None]
    isPreference: NotRequired[bool | None]
    isPublic: NotRequired[bool | None]
    categoryId: NotRequired[int | None]
    preferences: NotRequired[list[Preference] | None]


@_open
class DataField(TypedDict):
    """The definition of a data field."""

    name: str
    type: str
    visibility: NotRequired[str | None]
    defaultValue: NotRequired[Any]


@_open
class AddressBook(TypedDict):
    """A list. The vendor's paths call it an address book."""

    id: int
    name: str
    visibility: NotRequired[str | None]
    contacts: NotRequired[int | None]


@_open
class SegmentRow(TypedDict):
    """A segment."""

    id: int
    name: str
    contacts: NotRequired[int | None]


class JobState(TypedDict):
    """How far a job of v2 is: a removal from a list, a refresh of a segment, an import of a file."""

    id: NotRequired[str | int]
    status: str
