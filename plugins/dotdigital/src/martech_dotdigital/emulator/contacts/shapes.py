"""A contact as the vendor prints it: whole or in part on v3, and as exactly six keys on v2."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from martech_dotdigital.emulator.contacts.people import Contact, country_of
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["ALL_FIELDS", "EVERYTHING", "V2_STATUS", "channels_shape", "v2_contact", "v3_contact"]

EVERYTHING = frozenset({"channelProperties", "lists", "preferences", "consentRecords"})
ALL_FIELDS = "[[ALL]]"

V2_STATUS: Mapping[str, str] = {
    "subscribed": "Subscribed",
    "unsubscribed": "Unsubscribed",
    "softBounced": "SoftBounced",
    "hardBounced": "HardBounced",
    "ispComplained": "IspComplained",
    "pendingOptIn": "PendingOptIn",
    "directComplaint": "DirectComplaint",
    "deleted": "Deleted",
    "blockedlocalpart": "MailBlocked",
    "sharedsuppression": "SharedSuppression",
    "sharedDomainSuppression": "SharedSuppression",
    "suppressed": "Suppressed",
    "domainSuppressed": "DomainSuppression",
    "binned": "Deleted",
}
"""E-mail status of v3 → status of v2 (section 12); what v2 has no word for is `NotAllowed`, ASSUMED."""


def channels_shape(contact: Contact) -> dict[str, Any]:
    """Return the channels a contact has an address for."""
    channels: dict[str, Any] = {}
    if contact.email is not None:
        status = "binned" if contact.binned else contact.email_status
        channels["email"] = {
            "emailType": contact.email_type,
            "optInType": contact.opt_in_type,
            "status": status,
        }
    if contact.mobile is not None:
        status = "binned" if contact.binned else contact.sms_status
        channels["sms"] = {"countryCode": country_of(contact.mobile), "status": status}
        channels["whatsApp"] = {"status": contact.whatsapp_status}
    return channels


def v3_contact(
    contact: Contact,
    list_names: Mapping[int, str],
    preference_names: Mapping[int, tuple[str, str]],
    *,
    include: Collection[str] = EVERYTHING,
    fields: Collection[str] = (ALL_FIELDS,),
) -> dict[str, Any]:
    """Return a contact of v3; optional members that are empty are left out (section 35)."""
    shape: dict[str, Any] = {
        "contactId": contact.id,
        "status": contact.status,
        "created": stamp(contact.created),
        "updated": stamp(contact.updated),
        "identifiers": contact.identifiers(),
    }
    if fields and (data := _fields(contact, fields)):
        shape["dataFields"] = data
    if "channelProperties" in include and (channels := channels_shape(contact)):
        shape["channelProperties"] = channels
    if "lists" in include and contact.lists:
        pending = contact.email_status == "pendingOptIn"
        shape["lists"] = [
            {"id": number, "name": list_names[number], "status": "pending" if pending else status}
            for number, status in contact.lists.items()
            if number in list_names
        ]
    if "preferences" in include and contact.preferences:
        shape["preferences"] = [
            {
                "id": number,
                "isOptedIn": said.opted_in,
                "publicName": preference_names[number][0],
                "privateName": preference_names[number][1],
            }
            for number, said in contact.preferences.items()
            if number in preference_names
        ]
    if "consentRecords" in include and contact.consents:
        shape["consentRecords"] = contact.consents
    return shape


def v2_contact(contact: Contact, fields: Iterable[str] | None = None) -> dict[str, Any]:
    """Return a contact of v2: six keys, with all data fields of the account if their names are given."""
    data = None if fields is None else [{"key": name, "value": contact.data.get(name)} for name in fields]
    return {
        "id": contact.id,
        "email": contact.email,
        "optInType": contact.opt_in_type,
        "emailType": contact.email_type,
        "dataFields": data,
        "status": V2_STATUS.get(contact.email_status, "NotAllowed"),
    }


def _fields(contact: Contact, wanted: Collection[str]) -> dict[str, Any]:
    if ALL_FIELDS in wanted:
        return {name: value for name, value in contact.data.items() if value is not None}
    found = {name.upper(): contact.data.get(name.upper()) for name in wanted}
    return {name: value for name, value in found.items() if value is not None}
