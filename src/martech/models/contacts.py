"""Contacts: the people we may talk to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import AwareDatetime, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from martech.models.base import PERSONAL, Answer
from martech.models.consent import Consent, Subscription, SubscriptionStatus
from martech.models.identifiers import EmailAddress, Identifier, IdentifierKind, MobileNumber

__all__ = ["FIELD_OF", "AttributeValue", "Contact", "ContactQuery", "Include", "Merge"]

AttributeValue = StrictStr | StrictBool | StrictInt | StrictFloat | datetime | date | None
"""What an attribute may hold. None clears it."""

FIELD_OF: Mapping[IdentifierKind, str] = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.MOBILE: "mobile",
    IdentifierKind.OWN: "own_id",
}
"""The field of a contact that holds a name of one kind, where a write can say it and there is one of it."""


class Contact(Answer):
    """One person we may talk to.

    A field that was not given is left alone by every write; a field set to None, or an attribute of None, is
    cleared. Addresses are kept without surrounding spaces; numbers in international form.
    """

    email: EmailAddress | None = Field(default=None, json_schema_extra=PERSONAL)
    mobile: MobileNumber | None = Field(default=None, json_schema_extra=PERSONAL)
    own_id: str | None = Field(default=None, json_schema_extra=PERSONAL)
    """The user's own id: contact key, unique id, or the custom identifier named in settings."""
    vendor_id: str | None = None
    """The id that the vendor gave; set when read, never written."""
    custom_ids: Mapping[str, str] = Field(default_factory=dict, json_schema_extra=PERSONAL)
    first_name: str | None = Field(default=None, json_schema_extra=PERSONAL)
    last_name: str | None = Field(default=None, json_schema_extra=PERSONAL)
    attributes: Mapping[str, AttributeValue] = Field(default_factory=dict, json_schema_extra=PERSONAL)
    """Named values, under the vendor's names for them."""
    subscriptions: tuple[Subscription, ...] = ()
    consents: tuple[Consent, ...] = ()
    list_ids: tuple[str, ...] = ()
    """The lists the contact is on, where they were asked for. Read only: `lists.add` puts people on lists."""
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    deleted: bool = False
    """Whether the vendor keeps the contact only in a bin, from which an upsert would bring it back."""

    def identifiers(self) -> tuple[Identifier, ...]:
        """Return everything that names this contact: own id, vendor id, e-mail, mobile, custom ones."""
        named = [
            Identifier(kind, value)
            for kind, value in (
                (IdentifierKind.OWN, self.own_id),
                (IdentifierKind.VENDOR, self.vendor_id),
                (IdentifierKind.EMAIL, self.email),
                (IdentifierKind.MOBILE, self.mobile),
            )
            if value
        ]
        named += [Identifier(IdentifierKind.CUSTOM, value, name) for name, value in self.custom_ids.items()]
        return tuple(named)

    def identifier(self, *kinds: IdentifierKind) -> Identifier | None:
        """Return the first identifier of the given kinds, in their order, or None."""
        return next((known for kind in kinds for known in self.identifiers() if known.kind is kind), None)

    def status(self, channel: str) -> SubscriptionStatus:
        """Return the status on a channel as a whole, UNKNOWN where nothing is known."""
        found = (one.status for one in self.subscriptions if one.channel == channel and one.topic is None)
        return next(found, SubscriptionStatus.UNKNOWN)

    def carried(self) -> Contact:
        """Return what of this contact may be written elsewhere: everything but what only its vendor can set.

        A status that forbids contact comes along. One that allows it is left out, since a write never gives one:
        who is subscribed at the other side, or absent there, is carried by saying nothing.
        """
        fields = {name: getattr(self, name) for name in self.model_fields_set - _ONLY_READ}
        if "subscriptions" in fields:
            fields["subscriptions"] = tuple(one for one in self.subscriptions if one.is_no)
        return Contact.giving(fields)

    def over(self, earlier: Contact) -> Contact:
        """Return what both say about one person, this one being the later.

        What this one gives replaces what the earlier gave, attribute by attribute. A status that forbids contact
        is kept from either: no later line takes back a no.
        """
        given = earlier.model_fields_set | self.model_fields_set
        fields: dict[str, Any] = {
            name: getattr(self if name in self.model_fields_set else earlier, name) for name in given
        }
        for name in ("attributes", "custom_ids"):
            if name in given:
                fields[name] = {**getattr(earlier, name), **getattr(self, name)}
        if "subscriptions" in given:
            nos = {(one.channel, one.topic) for one in self.subscriptions if one.is_no}
            kept = (one for one in earlier.subscriptions if one.is_no and (one.channel, one.topic) not in nos)
            mine = {(one.channel, one.topic): one for one in self.subscriptions}
            fields["subscriptions"] = tuple((mine | {(one.channel, one.topic): one for one in kept}).values())
        if "consents" in given:
            fields["consents"] = (*earlier.consents, *self.consents)
        return Contact.giving(fields)

    @staticmethod
    def known_by(ref: Identifier) -> Contact | None:
        """Return somebody of whom only a name is known; None for a vendor's id, which none but it can set."""
        if ref.kind is IdentifierKind.CUSTOM:
            return Contact.giving({"custom_ids": {ref.name: ref.value}})
        name = FIELD_OF.get(ref.kind)
        return Contact.giving({name: ref.value}) if name is not None else None

    @staticmethod
    def giving(fields: Mapping[str, Any]) -> Contact:
        """Return a contact that gives exactly these fields; their values are taken as they are."""
        return _nothing().model_copy(update=fields)


@cache
def _nothing() -> Contact:
    """Return a contact that gives nothing; made once, and only when the first is asked for."""
    return Contact()


_ONLY_READ = frozenset({"vendor_id", "list_ids", "created_at", "updated_at", "deleted", "raw"})
"""Fields that a vendor sets and no write says."""


class Merge(StrEnum):
    """How incoming values meet those that are there."""

    OVERWRITE = "overwrite"
    """What was given replaces what is there; a None clears it."""
    KEEP_WHERE_EMPTY = "keep_where_empty"
    """Only values that are not empty replace what is there."""
    FILL_EMPTY = "fill_empty"
    """Only what is empty there is filled."""


class Include(StrEnum):
    """What a listing brings besides names and times, at a cost."""

    ATTRIBUTES = "attributes"
    SUBSCRIPTIONS = "subscriptions"
    CONSENTS = "consents"
    LISTS = "lists"
    TOPICS = "topics"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuery:
    """Which contacts a listing is about, and what it brings of each."""

    changed_since: datetime | None = None
    created_since: datetime | None = None
    include: frozenset[Include] = frozenset({Include.ATTRIBUTES, Include.SUBSCRIPTIONS})
    page_size: int | None = None
