"""Automations: programs and journeys at the vendor, and the contacts put into them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from martech.models.base import Answer, VendorWord
from martech.models.results import EnrolmentResult

__all__ = ["Automation", "AutomationStatus", "Enrolment", "EnrolmentStatus"]


class AutomationStatus(StrEnum):
    """Whether contacts can be put into an automation."""

    ACTIVE = "active"
    DRAFT = "draft"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class Automation(Answer):
    """A program or journey at the vendor."""

    id: str
    name: str
    status: AutomationStatus = AutomationStatus.UNKNOWN
    created_at: AwareDatetime | None = None
    vendor_word: VendorWord | None = None


class EnrolmentStatus(StrEnum):
    """How far an enrolment is."""

    PROCESSING = "processing"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class Enrolment(Answer):
    """Contacts put into an automation: one result per person, and the ids under which the vendor can be asked."""

    automation_id: str
    ids: tuple[str, ...] = ()
    """The vendor's ids of the enrolments; empty where it keeps none that can be asked for."""
    status: EnrolmentStatus = EnrolmentStatus.UNKNOWN
    items: tuple[EnrolmentResult, ...] = Field(default=(), repr=False)
