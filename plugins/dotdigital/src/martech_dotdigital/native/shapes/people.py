"""People, their scores and choices, and files of them."""

from __future__ import annotations

from pydantic import Field

from martech.models import PERSONAL
from martech_dotdigital.native.shapes.base import OfContact, Shape, WireTime


class Score(OfContact):
    """How the vendor rates a contact."""

    date_modified: WireTime = None
    score_label: str | None = None
    score: int | None = None
    engagement: int | None = None
    suitability: int | None = None


class Person(Shape):
    """A contact by id and address."""

    id: int
    email: str | None = Field(default=None, json_schema_extra=PERSONAL)
    email_type: str | None = None
    opt_in_type: str | None = None
    status: str | None = None


class Choice(Shape):
    """One choice about a preference. The vendor misspells the time."""

    marketing_preference_id: int
    address_book_id: int | None = None
    is_opted_in: bool
    date_modifed: WireTime = None


class Choices(Shape):
    """The choices of one person about preferences."""

    contact: Person | None = None
    marketing_preference_opt_ins: tuple[Choice, ...] | None = None


class PreferenceNode(Shape):
    """A preference, or a category with those inside it."""

    id: int
    public_name: str | None = None
    private_name: str | None = None
    is_preference: bool | None = None
    is_public: bool | None = None
    category_id: int | None = None
    order: int | str | None = None
    preference_count: int | None = None
    created: WireTime = None
    last_modified: WireTime = None
    preferences: tuple[PreferenceNode, ...] | None = None


class FileImportReport(Shape):
    """What became of the rows of an imported file, counted."""

    new_contacts: int = 0
    updated_contacts: int = 0
    globally_suppressed: int = 0
    invalid_entries: int = 0
    duplicate_emails: int = 0
    blocked: int = 0
    unsubscribed: int = 0
    hard_bounced: int = 0
    soft_bounced: int = 0
    isp_complaints: int = 0
    mail_blocked: int = 0
    domain_suppressed: int = 0
    pending_double_optin: int = 0
    failures: int = 0
    suppressed_contacts: int = 0


class Fault(Shape):
    """A row that was not taken, and why; its cells by the names of their columns."""

    reason: str | None = None
    cells: dict[str, str] = Field(default_factory=dict, json_schema_extra=PERSONAL)
