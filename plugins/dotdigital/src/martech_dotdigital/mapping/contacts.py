"""Contacts in both vocabularies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from martech.models import (
    FIELD_OF,
    Channel,
    Contact,
    IdentifierKind,
    IfNew,
    ItemOutcome,
    ItemResult,
    Merge,
)
from martech.provider import InvalidRequest
from martech_dotdigital.limits import CONSENTS_AT_ONCE
from martech_dotdigital.mapping import consent as consents
from martech_dotdigital.mapping.identifiers import CONTACT_ID, EMAIL, MOBILE, Naming, same
from martech_dotdigital.times import time_from_wire, value_to_wire
from martech_dotdigital.wire import contacts as wire

__all__ = ["contact_from_wire", "contact_to_wire", "import_row"]

FIRST_NAME, LAST_NAME = "FIRSTNAME", "LASTNAME"
_NAMES: Mapping[str, str] = {"firstname": "first_name", "lastname": "last_name"}
MERGE_OF_ONE: Mapping[Merge, str | None] = {
    Merge.OVERWRITE: None,
    Merge.KEEP_WHERE_EMPTY: "overwrite-if-not-empty",
    Merge.FILL_EMPTY: "overwrite-if-empty",
}
"""`merge-option` of a single write (S11.4-4); left out where it is what the vendor does anyway."""
MERGE_OF_MANY: Mapping[Merge, str] = {
    Merge.OVERWRITE: "overwrite",
    Merge.KEEP_WHERE_EMPTY: "overwriteIfNotEmpty",
    Merge.FILL_EMPTY: "overwriteIfEmpty",
}
"""`mergeOption` of an import; the same three, spelt otherwise."""

# Which channels an identifier opens. A new number may be subscribed by an account setting (S11.3).
_OPENS: Mapping[str, Mapping[str, str]] = {
    EMAIL: {"email": "unsubscribed"},
    MOBILE: {"sms": "noSubscription", "whatsApp": "noSubscription"},
}


def contact_from_wire(person: wire.Contact, naming: Naming) -> Contact:
    """Return a contact of v3. What an answer does not say is not given.

    The vendor's values are taken over as they are, not measured against our own rules: an address that we would
    not accept is one that somebody has there.
    """
    given: dict[str, Any] = {"vendor_id": str(person["contactId"]), "raw": person}
    for ref in naming.from_wire(person["identifiers"]):
        if ref.kind is IdentifierKind.CUSTOM:
            given.setdefault("custom_ids", {})[ref.name] = ref.value
        elif ref.kind in FIELD_OF:
            given[FIELD_OF[ref.kind]] = ref.value
    if (fields := person.get("dataFields")) is not None:
        attributes: dict[str, Any] = {}
        for name, value in fields.items():
            ours = _NAMES.get(name.casefold())
            if value is None:
                continue
            if ours is not None:
                given[ours] = str(value)
            else:
                attributes[name] = value
        given["attributes"] = attributes
    if person.get("channelProperties") is not None or person.get("preferences") is not None:
        given["subscriptions"] = tuple(consents.subscriptions_from_wire(person))
    if (records := person.get("consentRecords")) is not None:
        read = (consents.consent_from_wire(record) for record in records)
        given["consents"] = tuple(one for one in read if one is not None)
    if (lists := person.get("lists")) is not None:
        # Somebody who unsubscribed from a list is still named on it; carried to another list they would be back.
        given["list_ids"] = tuple(
            str(one["id"]) for one in lists if (one.get("status") or "").casefold() != "suppressed"
        )
    for name, ours in (("created", "created_at"), ("updated", "updated_at")):
        if (when := time_from_wire(person.get(name))) is not None:
            given[ours] = when
    if consents.is_binned(person):
        given["deleted"] = True
    return Contact.giving(given)


def contact_to_wire(contact: Contact, *, known: wire.Contact | None = None, looked: bool = True) -> dict[str, Any]:
    """Return what of a contact is to be written, its identifiers left out: only what was given.

    Args:
        contact: What to write.
        known: The contact as it is at the vendor; None for somebody new, or where nobody looked.
        looked: Whether somebody looked.

    Raises:
        InvalidRequest: It says what Dotdigital has no place for.
    """
    body: dict[str, Any] = {}
    if fields := fields_to_wire(contact):
        body["dataFields"] = fields
    words = {channel: state["status"] for channel, state in consents.channels_of(known)} if known else {}
    properties: dict[str, dict[str, str]] = {}
    preferences: list[dict[str, Any]] = []
    for one in contact.subscriptions:
        if one.topic is not None:
            preferences.append({"id": consents.topic_id(one.topic), "isOptedIn": False})
        elif (said := consents.no_to_wire(one, known=words if looked else None)) is not None:
            properties[said[0]] = {"status": said[1]}
    if properties:
        body["channelProperties"] = properties
    if preferences:
        body["preferences"] = preferences
    if contact.consents:
        if len(contact.consents) > CONSENTS_AT_ONCE:
            raise InvalidRequest(
                f"Dotdigital takes {CONSENTS_AT_ONCE} records of consent at a time, got {len(contact.consents)}",
                hint="consent.record adds them one by one",
            )
        body["consentRecords"] = [consents.consent_to_wire(one) for one in contact.consents]
    return body


def fields_to_wire(contact: Contact) -> dict[str, Any]:
    """Return data fields; None clears one."""
    fields = {name: value_to_wire(value) for name, value in contact.attributes.items()}
    for ours, theirs in (("first_name", FIRST_NAME), ("last_name", LAST_NAME)):
        if contact.given(ours):
            fields[theirs] = getattr(contact, ours)
    return fields


def quietly(body: dict[str, Any], opened: Iterable[str]) -> dict[str, Any]:
    """Return a body with a no for every channel that these identifiers open, unless it says one already."""
    nos = {channel: {"status": word} for name in opened for channel, word in _OPENS.get(name, {}).items()}
    said = {**nos, **body.get("channelProperties", {})}
    return {**body, "channelProperties": said} if said else body


def silenced(body: dict[str, Any], known: wire.Contact | None) -> dict[str, Any]:
    """Return a body that brings somebody back, with a no for every channel they have or may have had.

    Where the bin does not show them, each channel gets the strong no: a weaker one might replace an opt-out.
    """
    names = {name.casefold() for name in (*(known["identifiers"] if known else ()), *body["identifiers"])}
    had = [name for name in (EMAIL, MOBILE) if known is None or name.casefold() in names]
    nos = {channel: {"status": "unsubscribed"} for name in had for channel in _OPENS[name]}
    return {**body, "channelProperties": {**nos, **body.get("channelProperties", {})}}


def new_body(contact: Contact, naming: Naming, if_new: IfNew) -> dict[str, Any]:
    """Return the body that makes a contact, with its no where nobody new is to be contactable."""
    identifiers = naming.written(contact)
    body = {"identifiers": identifiers, **contact_to_wire(contact)}
    return quietly(body, identifiers) if if_new is IfNew.NOT_CONTACTABLE else body


def changed_body(contact: Contact, known: wire.Contact, naming: Naming) -> dict[str, Any]:
    """Return the body that changes a contact who was looked up: of identifiers only those that differ.

    An address or number that the contact did not have opens a channel, and comes with a no for it: the vendor
    would subscribe it by default, and no write of ours does that to somebody who is there.

    Raises:
        InvalidRequest: An identifier is to be cleared, which the vendor cannot (S9).
    """
    present = {name.casefold(): value for name, value in known["identifiers"].items()}
    kept = [name for name in naming.cleared(contact) if present.get(name.casefold())]
    if kept:
        raise InvalidRequest(
            f"Dotdigital cannot take {', '.join(kept)} from a contact",
            hint="an identifier can be replaced (contacts.change_identifier), not cleared",
        )
    changed = {
        name: value
        for name, value in naming.written(contact).items()
        if not same(name, value, present.get(name.casefold()))
    }
    body = contact_to_wire(contact, known=known)
    body = quietly(body, [name for name in changed if not present.get(name.casefold())])
    return {"identifiers": changed, **body} if changed else body


def import_row(contact: Contact, naming: Naming, match: IdentifierKind | None) -> dict[str, Any]:
    """Return a contact as a row of an import.

    Raises:
        InvalidRequest: It says what Dotdigital has no place for, or nothing names it.
    """
    name, value = naming.to_wire(naming.of_contact(contact, match=match))
    identifiers: dict[str, Any] = {**naming.written(contact), name: value}
    if name == CONTACT_ID:
        identifiers[name] = contact_id(value)
    return {"matchIdentifier": name, "identifiers": identifiers, **contact_to_wire(contact, looked=False)}


def contact_id(value: str) -> int:
    """Return a vendor id as the number it is.

    Raises:
        InvalidRequest: It is none.
    """
    if not (value.isascii() and value.isdigit()):
        raise InvalidRequest("a contact id at Dotdigital is a number, and this vendor id is none")
    return int(value)


def saved(
    person: wire.Contact, naming: Naming, contact: Contact, *, created: bool, new: bool = True
) -> ItemResult:
    """Return what became of a written contact; of somebody new, whether they may now be contacted."""
    return ItemResult(
        outcome=ItemOutcome.CREATED if created else ItemOutcome.UPDATED,
        identifier=contact.identifier(*naming.written_by(), IdentifierKind.VENDOR),
        vendor_id=str(person["contactId"]),
        contactable=consents.is_contactable(person) if created and new else None,
    )


def has_address(person: wire.Contact, channel: Channel) -> bool:
    """Return whether a contact can be reached on a channel at all."""
    low = {name.casefold() for name, value in person["identifiers"].items() if value}
    return (EMAIL if channel is Channel.EMAIL else MOBILE).casefold() in low
