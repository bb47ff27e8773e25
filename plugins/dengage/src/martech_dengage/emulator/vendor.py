"""What all routes stand on: the switches and the state of one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dengage.emulator.contact_book import ContactBook
from martech_dengage.emulator.content import Content
from martech_dengage.emulator.envelope import Answer
from martech_dengage.emulator.jobs import JobBook
from martech_dengage.emulator.messages import Mailroom
from martech_dengage.emulator.switches import Switches
from martech_dengage.emulator.tables import TableStore

__all__ = ["ACCOUNT_ID", "Device", "Extension", "Flow", "Segment", "Vendor"]

ACCOUNT_ID = "c0ffee00-1111-4222-8333-444455556666"
"""The invented account that events are reported for."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A further address of a contact, in `master_contact_extensions`."""

    channel: str
    name: str
    permission: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A set of contacts computed in the panel; without keys it is everyone."""

    segment_id: str
    name: str
    contact_keys: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device or browser that takes pushes, in `master_device`."""

    device_id: str
    application_id: str
    token: str
    contact_key: str | None = None
    kind: str = "ANDROID"
    browser: str | None = None
    tags: dict[str, str | None] = field(default_factory=dict)
    engaged: bool = True


@dataclass(slots=True)
class Flow:
    """An automated flow with a step that the API triggers."""

    step_id: str
    active: bool = True
    triggered: int = 0


class Vendor(Switches):
    """The state of one account. Every area of the API adds its routes to it."""

    def __post_init__(self, seed: int) -> None:
        super().__post_init__(seed)
        self.contacts = ContactBook(self)
        self.tables = TableStore(self, self.contacts)
        self.jobs = JobBook(self)
        self.mail = Mailroom(self, self.contacts)
        self.contents: dict[str, dict[str, Content]] = {"email": {}, "sms": {}, "push": {}}
        self.extensions: dict[tuple[str, str], Extension] = {}
        """By contact key and address."""
        self.segments: dict[str, Segment] = {}
        self.flows: dict[str, Flow] = {}
        self.devices: list[Device] = []
        self.products: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.inbox: dict[str, list[tuple[datetime, Mapping[str, Any]]]] = {}
        """By contact key: until when each message is kept, and what it says."""
        self.last_bulk_call: datetime | None = None
        self.traces: dict[tuple[str, str], tuple[datetime, Answer]] = {}
        """First answers by operation and `traceId`, with their time."""

    def takes_push(self, device: Device) -> bool:
        """Return whether a device may get a push: a passive contact receives nothing on any channel (D7)."""
        contact = self.contacts.get(device.contact_key) if device.contact_key is not None else None
        return contact is None or contact["contact_status"] == "A"
