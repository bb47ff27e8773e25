"""What an account has besides people, and people refer to: data fields, lists, segments, preferences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.conventions.order import Recency, SortedIds

__all__ = ["ALL_CONTACTS", "RESERVED", "TEST", "ContactList", "DataField", "Preference", "Segment"]

ALL_CONTACTS = "All Contacts"
TEST = "Test"
RESERVED = (ALL_CONTACTS, TEST)
"""Names of lists that every account has and nobody may write to (sections 14 and 35)."""


@dataclass(frozen=True, slots=True)
class DataField:
    """One custom attribute; its name is in capitals and its type never changes (section 13)."""

    name: str
    type: str
    visibility: str = "Private"
    default: Any = None
    dependencies: tuple[str, ...] = ()
    """What uses it, such as `Used in program 12345`; while there is anything, it cannot be deleted."""

    def shape(self) -> dict[str, Any]:
        """Return it as printed: four keys."""
        return {
            "name": self.name,
            "type": self.type,
            "visibility": self.visibility,
            "defaultValue": self.default,
        }


@dataclass(slots=True)
class ContactList:
    """An address book, now called a list."""

    id: int
    name: str
    visibility: str
    members: SortedIds = field(default_factory=SortedIds)
    """Whoever is in it and not in the recycle bin, those who left it by unsubscribing included."""
    suppressed: int = 0
    unsubscribed: Recency[int] = field(default_factory=Recency)
    """Who unsubscribed from this list alone, and when."""

    @property
    def reserved(self) -> bool:
        """Whether it is built in."""
        return self.name in RESERVED


@dataclass(slots=True)
class Segment:
    """A set computed by a rule; its members are those of the last refresh."""

    id: int
    name: str
    rule: Callable[[Contact], bool]
    members: SortedIds = field(default_factory=SortedIds)


@dataclass(slots=True)
class Preference:
    """A marketing preference, or a category of them (section 16)."""

    id: int
    public_name: str
    private_name: str
    is_preference: bool
    is_public: bool
    category: int
    created: datetime
    modified: datetime
    order: int = 0
    opted_in: SortedIds = field(default_factory=SortedIds)
    said: Recency[int] = field(default_factory=Recency)
    """Who said anything about it, and when."""
