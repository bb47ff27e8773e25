"""Contacts: rows of `master_contact`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from martech.models import Contact, Identifier, IdentifierKind, email, mobile
from martech.provider import InvalidRequest, not_offered
from martech_dengage.dates import said
from martech_dengage.mapping.subscriptions import is_passive, no_to_wire, subscriptions_from_wire
from martech_dengage.mapping.words import CHANNELS, CONTACT_COLUMNS, CONTACT_STATUS, PASSIVE
from martech_dengage.wire import ContactRow

__all__ = [
    "BY_KEY_ONLY",
    "KEY",
    "READ_COLUMNS",
    "contact_from_wire",
    "contact_to_wire",
    "contactable_if_new",
    "kept_blocks",
    "key_of",
    "no_for_new",
    "value_to_wire",
]

KEY = "contact_key"
BY_KEY_ONLY: Mapping[IdentifierKind, Any] = {
    kind: not_offered("dEngage finds people only by contact key: say own(…).")
    for kind in IdentifierKind
    if kind is not IdentifierKind.OWN
}
"""Refuses every other kind of identifier."""
READ_COLUMNS: tuple[str, ...] = tuple(name for name in CONTACT_COLUMNS if not name.startswith("is_"))
"""What is asked for of a contact: those columns every account has (D7)."""
BIRTH_DATE, LONGEST_DAY = "birth_date", 10
_NAMES = {"first_name": "name", "last_name": "surname"}
_PERMISSIONS = tuple(columns.permission for columns in CHANNELS.values())


def key_of(ref: Identifier) -> str:
    """Return the contact key that an identifier is.

    Raises:
        UnsupportedOperation: It is another kind of identifier.
    """
    if ref.kind is not IdentifierKind.OWN:
        raise BY_KEY_ONLY[ref.kind].error()
    return ref.value


def contact_from_wire(row: ContactRow) -> Contact:
    """Return a row as a contact. Columns that are empty are left out; the rest is in `raw`."""
    given: dict[str, Any] = {"own_id": str(row[KEY])} if row.get(KEY) not in (None, "") else {}
    if address := _readable(email, row.get("email")):
        given["email"] = address
    if number := _readable(mobile, row.get("gsm")):
        given["mobile"] = number
    given |= {ours: str(row[theirs]) for ours, theirs in _NAMES.items() if row.get(theirs)}
    attributes = {
        name: value
        for name, value in row.items()
        if name not in CONTACT_COLUMNS and isinstance(value, (str, bool, int, float))
    }
    return Contact(**given, attributes=attributes, subscriptions=subscriptions_from_wire(row), raw=row)


def contact_to_wire(contact: Contact, *, skip_empty: bool = False) -> dict[str, Any]:
    """Return what of a contact dEngage is to write: the columns that were given, and no other.

    Text that is cleared becomes empty text, which is what those columns hold when there is nothing (D7).

    Args:
        contact: Who; with an own id.
        skip_empty: Whether to leave out what would clear a column.

    Raises:
        InvalidRequest: The contact says what dEngage has no place for.
    """
    if not contact.own_id:
        raise InvalidRequest("dEngage files people under a contact key, and this contact has no own id")
    if contact.own_id != contact.own_id.strip():
        # Identifiers have none, so that no opt-out could reach whoever was written under such a key.
        raise InvalidRequest("a contact key has no spaces around it")
    if contact.custom_ids:
        raise InvalidRequest("dEngage has no identifiers besides the contact key")
    if contact.consents:
        raise InvalidRequest("dEngage keeps no evidence of consent")
    record: dict[str, Any] = {}
    if contact.given("email"):
        record["email"] = contact.email or ""
    if contact.given("mobile"):
        record["gsm"] = (contact.mobile or "").removeprefix("+")
    for ours, theirs in _NAMES.items():
        if contact.given(ours):
            record[theirs] = getattr(contact, ours) or ""
    for name, value in contact.attributes.items():
        _refuse_reserved(name)
        record[name] = _attribute(name, value)
    if skip_empty:
        record = {name: value for name, value in record.items() if value not in (None, "")}
    for one in contact.subscriptions:
        record |= no_to_wire(one)
    return {KEY: contact.own_id, **record}


def value_to_wire(value: Any) -> Any:
    """Return a value as JSON can say it: days and times in a form dEngage takes."""
    return said(value) if isinstance(value, (date, datetime)) else value


def _attribute(name: str, value: Any) -> Any:
    """Return what is written of an attribute; a birth date is a day of ten characters, never a time (D4)."""
    if name.strip().casefold() != BIRTH_DATE:
        return value_to_wire(value)
    day = value_to_wire(value.date() if isinstance(value, datetime) else value)
    if isinstance(day, str) and len(day) > LONGEST_DAY:
        raise InvalidRequest(f"{name!r} is a day such as 1815-12-10, of at most {LONGEST_DAY} characters")
    return day


def no_for_new(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record with a no for every channel: both permissions are true unless one says otherwise (D7)."""
    return {**record, **dict.fromkeys(_PERMISSIONS, False)}


def contactable_if_new(record: Mapping[str, Any]) -> bool:
    """Return whether somebody whom this record makes may be contacted on any channel.

    Channels count for which it has an address; if it has none at all, every channel does, since an address may
    follow and a permission is then there already.
    """
    if record.get(CONTACT_STATUS) == PASSIVE:
        return False
    reachable = [columns for columns in CHANNELS.values() if record.get(columns.address)]
    return any(record.get(columns.permission) is not False for columns in reachable or CHANNELS.values())


def kept_blocks(record: Mapping[str, Any], known: ContactRow) -> dict[str, Any]:
    """Return the columns to write along so that a changed address does not lift a block.

    dEngage makes an address active again whenever it changes (D4), whatever had made it passive. A word other than
    active is kept as it is.
    """
    kept: dict[str, Any] = {}
    for columns in CHANNELS.values():
        status = known.get(columns.status)
        if columns.address not in record or not is_passive(status):
            continue
        if _folded(record[columns.address]) == _folded(known.get(columns.address)):
            continue
        kept[columns.status] = status
        if known.get(columns.reason):
            kept[columns.reason] = known[columns.reason]
    return kept


def _folded(address: Any) -> str:
    return str(address or "").strip().casefold()


def _refuse_reserved(name: str) -> None:
    """Refuse what would be written past the rules: a permission as an attribute would be a yes in disguise."""
    plain = name.strip().casefold()
    if plain in CONTACT_COLUMNS:
        raise InvalidRequest(f"{name!r} is no attribute: dEngage's own columns have places of their own")
    if plain.endswith("_permission"):
        raise InvalidRequest(f"{name!r} is no attribute: permissions are written by the verbs of consent")


def _readable(kind: Any, text: Any) -> str | None:
    """Return an address or number in our form, or None where it is empty or cannot be one of ours."""
    if not text:
        return None
    try:
        found: Identifier = kind(str(text))
    except ValueError:
        return None
    return found.value
