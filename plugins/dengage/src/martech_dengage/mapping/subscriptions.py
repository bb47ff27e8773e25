"""Consent: two permissions, two states of addresses, and one of the whole contact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from martech.models import (
    Basis,
    Channel,
    ConsentChange,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    own,
)
from martech.provider import InvalidRequest
from martech_dengage.dates import read_time
from martech_dengage.mapping.words import CHANNELS, CONTACT_STATUS, LOG_FIELDS, STATUS_REASONS, LogField
from martech_dengage.wire import ContactRow, LogRow

__all__ = ["change_from_wire", "is_passive", "no_to_wire", "opening", "subscriptions_from_wire"]

_LOG_REASONS: Mapping[SubscriptionStatus, SuppressionReason] = {
    SubscriptionStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    SubscriptionStatus.SUPPRESSED: SuppressionReason.OTHER,
}


def subscriptions_from_wire(row: ContactRow) -> tuple[Subscription, ...]:
    """Return the state of each channel that a contact has columns for."""
    return tuple(_subscription(channel, row) for channel in CHANNELS)


def _subscription(channel: Channel, row: ContactRow) -> Subscription:
    """The strongest block wins: the whole contact, then the address, then the permission.

    Nothing is dated, and nobody can tell a permission that was given from one that is there by default (D7), so
    the basis is always unknown.
    """
    columns = CHANNELS[channel]
    status, reason, word = SubscriptionStatus.UNKNOWN, None, None
    permission = row.get(columns.permission)
    if is_passive(row.get(CONTACT_STATUS)):
        status, reason = SubscriptionStatus.SUPPRESSED, SuppressionReason.OTHER
        word = f"{CONTACT_STATUS}={row[CONTACT_STATUS]}"
    elif is_passive(row.get(columns.status)):
        # `US` too is lifted by `release` alone: the platform set it, and a permission does not undo it.
        code = str(row.get(columns.reason) or "")
        status, reason = SubscriptionStatus.SUPPRESSED, STATUS_REASONS.get(code, SuppressionReason.OTHER)
        word = f"{columns.status}={row[columns.status]}" + (f" {code}" if code else "")
    elif isinstance(permission, bool):
        status = SubscriptionStatus.SUBSCRIBED if permission else SubscriptionStatus.UNSUBSCRIBED
        reason = None if permission else SuppressionReason.UNSUBSCRIBED
        word = f"{columns.permission}={str(permission).lower()}"
    elif permission is not None:
        word = f"{columns.permission}={permission}"
    return Subscription(channel=channel, status=status, basis=Basis.UNKNOWN, reason=reason, vendor_word=word)


def is_passive(word: Any) -> bool:
    """Return whether a state blocks sending: everything but active does, words we do not know included."""
    return word not in (None, "", "A", "a")


def no_to_wire(one: Subscription) -> dict[str, Any]:
    """Return the column that says a no. A block becomes a withdrawn permission: dEngage sets states by itself.

    Raises:
        InvalidRequest: dEngage has no place for it, so that it would be lost.
    """
    if one.topic is not None:
        raise InvalidRequest("dEngage has no topics, so an opt-out of one cannot be kept")
    columns = CHANNELS.get(one.channel)
    if columns is None:
        raise InvalidRequest(f"dEngage has no permission for {one.channel} on a contact, so a no cannot be kept")
    return {columns.permission: False}


def opening(channel: Channel, known: ContactRow) -> dict[str, Any] | None:
    """Return the columns that lift what blocks one channel, or None where it must not or cannot be lifted.

    A passive contact is made active with the other channels closed: nobody has said anything about those. An
    address that bounced stays blocked, whatever was agreed to; so does one of which nobody says why.
    """
    columns = CHANNELS[channel]
    record: dict[str, Any] = {columns.permission: True}
    if is_passive(known.get(columns.status)):
        if STATUS_REASONS.get(str(known.get(columns.reason))) is not SuppressionReason.UNSUBSCRIBED:
            return None
        record[columns.status] = "A"
    if is_passive(known.get(CONTACT_STATUS)):
        record[CONTACT_STATUS] = "A"
        record |= {other.permission: False for other in CHANNELS.values() if other is not columns}
    return record


def change_from_wire(row: LogRow, *, zone: tzinfo) -> ConsentChange:
    """Return one line of the log as a change; one about a field we do not know says so in the vendor's word."""
    field = LOG_FIELDS.get(row["field"], _UNKNOWN_FIELD)
    before, after = (field.words.get(_word(row.get(name)), SubscriptionStatus.UNKNOWN) for name in _BOTH)
    return ConsentChange(
        identifier=own(str(row["contactKey"])),
        channel=field.channel,
        before=before,
        after=after,
        changed_at=read_time(row.get("updatedAt"), zone=zone),
        basis=Basis.UNKNOWN,
        reason=_LOG_REASONS.get(after),
        vendor_word=" ".join(filter(None, (f"{row['field']}={_word(row.get('newValue'))}", row.get("source")))),
        raw=row,
    )


_BOTH = ("oldValue", "newValue")
_UNKNOWN_FIELD = LogField(None, {})


def _word(value: Any) -> str:
    return str(value).lower() if value is not None else ""
