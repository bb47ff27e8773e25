"""Every table of words. What is not in one becomes UNKNOWN, with the raw word kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from martech.models import (
    AttributeType,
    BounceKind,
    Channel,
    EngagementKind,
    JobStatus,
    MessageState,
    SendStatus,
    SubscriptionStatus,
    SuppressionReason,
)

__all__ = [
    "ACTIVE",
    "BOUNCES",
    "CHANNELS",
    "COLUMN_TYPES",
    "CONTACT_COLUMNS",
    "CONTACT_STATUS",
    "ENGAGEMENTS",
    "JOB_STATES",
    "LOG_FIELDS",
    "MESSAGE_STATES",
    "PASSIVE",
    "SEND_STATES",
    "STATUS_REASONS",
    "TYPES_TO_WRITE",
    "ChannelColumns",
    "LogField",
]

ACTIVE = "A"
PASSIVE = "P"
"""A passive contact gets nothing on any channel; a passive address is one that no longer takes mail (D7, D4)."""
CONTACT_STATUS = "contact_status"


@dataclass(frozen=True, slots=True)
class ChannelColumns:
    """The columns of `master_contact` that say whether a channel may be used (D7)."""

    address: str
    permission: str
    status: str
    reason: str


CHANNELS: Mapping[Channel, ChannelColumns] = {
    Channel.EMAIL: ChannelColumns("email", "email_permission", "email_status", "email_status_reason"),
    Channel.SMS: ChannelColumns("gsm", "gsm_permission", "gsm_status", "gsm_status_reason"),
}
"""No other channel has a permission on a contact (C6)."""

STATUS_REASONS: Mapping[str, SuppressionReason] = {
    "HB": SuppressionReason.BOUNCED,
    "SB": SuppressionReason.BOUNCED,
    "US": SuppressionReason.UNSUBSCRIBED,
}
"""Why an address is passive (D7). A complaint has no code that was seen, nor has a carrier's reason."""

CONTACT_COLUMNS: Mapping[str, AttributeType] = {
    "contact_key": AttributeType.TEXT,
    "contact_status": AttributeType.TEXT,
    "email": AttributeType.EMAIL,
    "email_permission": AttributeType.BOOLEAN,
    "email_status": AttributeType.TEXT,
    "email_status_reason": AttributeType.TEXT,
    "is_email_active": AttributeType.BOOLEAN,
    "is_email_engaged": AttributeType.BOOLEAN,
    "gsm": AttributeType.PHONE,
    "gsm_permission": AttributeType.BOOLEAN,
    "gsm_status": AttributeType.TEXT,
    "gsm_status_reason": AttributeType.TEXT,
    "name": AttributeType.TEXT,
    "surname": AttributeType.TEXT,
}
"""The columns of `master_contact` that are not attributes: each has a place of its own in a contact (D7)."""

COLUMN_TYPES: Mapping[str, AttributeType] = {
    "TEXT": AttributeType.TEXT,
    "INTEGER": AttributeType.INTEGER,
    "DECIMAL": AttributeType.NUMBER,
    "BOOLEAN": AttributeType.BOOLEAN,
    # One type holds days and times: both are in the list of accepted forms (D1, D2).
    "DATE": AttributeType.DATETIME,
    "EMAIL": AttributeType.EMAIL,
    "PHONE": AttributeType.PHONE,
}
"""The types of columns (C4)."""

TYPES_TO_WRITE: Mapping[AttributeType, str] = {
    **{ours: theirs for theirs, ours in COLUMN_TYPES.items()},
    AttributeType.DATE: "DATE",
}

JOB_STATES: Mapping[str, JobStatus] = {
    "WAITING": JobStatus.WAITING,
    "RUNNING": JobStatus.RUNNING,
    "COMPLETED": JobStatus.DONE,
    "FAILED": JobStatus.FAILED,
}
"""Assumed: no answer about a job was seen."""

ENGAGEMENTS: Mapping[str, EngagementKind] = {
    "DL": EngagementKind.DELIVERED,
    "HB": EngagementKind.BOUNCED,
    "SB": EngagementKind.BOUNCED,
    "WA": EngagementKind.PENDING,
    "FA": EngagementKind.FAILED,
    # From here on assumed: the report has an example for each, without its code (D18).
    "SN": EngagementKind.SENT,
    "OP": EngagementKind.OPENED,
    "CL": EngagementKind.CLICKED,
    "SP": EngagementKind.COMPLAINED,
    "US": EngagementKind.UNSUBSCRIBED,
}
"""What happened to a message (C1)."""

BOUNCES: Mapping[str, BounceKind] = {"HB": BounceKind.HARD, "SB": BounceKind.SOFT}

MESSAGE_STATES: Mapping[EngagementKind, MessageState] = {
    EngagementKind.SENT: MessageState.SENT,
    # The carrier has it and has not told yet.
    EngagementKind.PENDING: MessageState.SENT,
    EngagementKind.DELIVERED: MessageState.DELIVERED,
    # Whoever opens, clicks, complains or unsubscribes has got it.
    EngagementKind.OPENED: MessageState.DELIVERED,
    EngagementKind.CLICKED: MessageState.DELIVERED,
    EngagementKind.COMPLAINED: MessageState.DELIVERED,
    EngagementKind.UNSUBSCRIBED: MessageState.DELIVERED,
    EngagementKind.REPLIED: MessageState.DELIVERED,
    EngagementKind.BOUNCED: MessageState.BOUNCED,
    EngagementKind.FAILED: MessageState.FAILED,
    EngagementKind.UNKNOWN: MessageState.UNKNOWN,
}

SEND_STATES: Mapping[str, SendStatus] = {
    "SCHEDULED": SendStatus.SCHEDULED,
    "SENDING": SendStatus.SENDING,
    "PAUSED": SendStatus.PAUSED,
    "CANCELLED": SendStatus.CANCELLED,
    "COMPLETED": SendStatus.SENT,
}
"""Assumed: no answer about a send was seen."""


@dataclass(frozen=True, slots=True)
class LogField:
    """What one field of the log of changes is about."""

    channel: Channel | None
    words: Mapping[str, SubscriptionStatus]


_ADDRESS = {"p": SubscriptionStatus.SUPPRESSED, "a": SubscriptionStatus.UNKNOWN}
"""An active address, or an active contact, says nothing about permission."""
_PERMISSION = {"true": SubscriptionStatus.SUBSCRIBED, "false": SubscriptionStatus.UNSUBSCRIBED}

LOG_FIELDS: Mapping[str, LogField] = {
    "ContactStatus": LogField(None, _ADDRESS),
    "EmailStatus": LogField(Channel.EMAIL, _ADDRESS),
    "GsmStatus": LogField(Channel.SMS, _ADDRESS),
    "EmailPermission": LogField(Channel.EMAIL, _PERMISSION),
    "GsmPermission": LogField(Channel.SMS, _PERMISSION),
}
"""What GetUpdateLog tells about (D1, D2). How it spells values is assumed."""
