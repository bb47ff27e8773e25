"""One omnichannel message: what was asked, on which channel it goes, and how far it is (section 21.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.contacts.people import digits
from martech_dotdigital.emulator.conventions.answers import Refused, cpaas_refusal
from martech_dotdigital.emulator.conventions.times import parsed, stamp

__all__ = ["CHANNELS", "STATUSES", "Message", "checked"]

CHANNELS: Mapping[str, str] = {
    "sms": "phoneNumber",
    "mms": "phoneNumber",
    "whatsApp": "phoneNumber",
    "rcs": "phoneNumber",
    "fbMessenger": "fbMessengerId",
    "nativePush": "profileId",
    "appMessaging": "profileId",
}
"""Channel → the address in `to` that it needs."""

STATUSES = ("processing", "retrying", "sent", "delivered", "read", "expired", "failed", "filtered")
ECHOED = (
    *("metadata", "to", "title", "body", "templateId", "customBody", "channelOptions", "conversationId"),
    *("expiresOn", "rules", "messageParts", "overrides"),
)
LONGEST_SMS = 2000


@dataclass(slots=True)
class Message:
    """One message on its way to a person, or from one."""

    id: str
    request: dict[str, Any]
    channel: str
    address: str
    created: datetime
    status: str = "processing"
    updated: datetime | None = None
    direction: str = "outbound"
    channel_status: dict[str, Any] = field(default_factory=dict)

    def change(self, status: str, at: datetime) -> None:
        """Note how far it is."""
        self.status, self.updated = status, at

    def redact(self) -> None:
        """Forget what it said and to whom."""
        for name in ("title", "body", "messageParts", "customBody", "to", "metadata"):
            self.request.pop(name, None)

    def shape(self) -> dict[str, Any]:
        """Return it as printed."""
        details = {"channelId": self.channel, **self.channel_status}
        return {
            "messageId": self.id,
            "status": self.status,
            "statusDetails": details,
            **{name: self.request[name] for name in ECHOED if name in self.request},
            "sentOn": stamp(self.created),
            "_createdOn": stamp(self.created),
            "_createdBy": "api",
            "_updatedOn": stamp(self.updated or self.created),
            "_updatedBy": "api",
        }

    def history(self) -> dict[str, Any]:
        """Return it as the message history of a profile prints it."""
        said = {name: self.request[name] for name in ("title", "body") if name in self.request}
        return {
            "messageId": self.id,
            "submittedOn": stamp(self.created),
            "profileId": str((self.request.get("to") or {}).get("profileId", "")),
            "channelId": self.channel,
            "direction": self.direction,
            "status": self.status,
            "message": {**said, "channelData": {}},
        }


def checked(given: Any, templates: Mapping[str, Any]) -> tuple[str, str]:
    """Return the channel and the address of a message, or refuse.

    Unknown properties, such as `shortenLinks`, are accepted.
    """
    if not isinstance(given, dict):
        raise _wrong("message", "must be an object")
    to, rules = given.get("to"), given.get("rules")
    if not isinstance(to, dict) or not to:
        raise _wrong("to", "is required")
    if not isinstance(rules, list) or not rules or not set(rules) <= set(CHANNELS):
        raise _wrong("rules", "must be a list of channels")
    options, custom = given.get("channelOptions") or {}, given.get("customBody") or {}
    if both := set(options) & set(custom):
        raise _wrong(min(both), "may have a custom body or options, not both")
    channel, address = _route(rules, to)
    if not any(given.get(name) for name in ("body", "messageParts", "templateId")) and channel not in custom:
        raise _wrong("body", "is required")
    if channel == "sms" and len(str(given.get("body") or "")) > LONGEST_SMS:
        raise _wrong("body", f"is longer than {LONGEST_SMS} characters")
    origin = (options.get(channel) or {}).get("from")
    if channel in ("sms", "mms") and origin is not None and len(str(origin)) < 3:
        raise _wrong("from", "is too short")
    if given.get("templateId") and given["templateId"] not in templates:
        raise _wrong("templateId", "could not be found")
    if given.get("expiresOn"):
        try:
            parsed(str(given["expiresOn"]))
        except ValueError:
            raise _wrong("expiresOn", "is no date") from None
    return channel, address


def _route(rules: list[str], to: Mapping[str, Any]) -> tuple[str, str]:
    """Return the first channel for which there is an address; a profile may stand for any of them."""
    for channel in rules:
        kind = CHANNELS[channel]
        address = digits(to.get(kind)) if kind == "phoneNumber" else to.get(kind)
        if address:
            return channel, str(address)
        if to.get("profileId"):
            return channel, str(to["profileId"])
    raise _wrong("to", "has no address for any of the channels")


def _wrong(name: str, why: str) -> Refused:
    return cpaas_refusal(400, "Validation failed.", fields={name: why})
