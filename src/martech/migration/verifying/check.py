"""One verification under way, and what all of its parts go by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from martech.migration.journal import Class
from martech.models import Channel, Contact, IdentifierKind, SubscriptionStatus

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.journal import Journal
    from martech.migration.order import Translation
    from martech.migration.sources.contract import Source
    from martech.migration.verifying.result import Verified
    from martech.provider.keeping import Keeping

__all__ = ["MOVED", "NOS", "YES", "Check", "names", "source_names"]

YES = SubscriptionStatus.SUBSCRIBED
NOS = (SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED)
MOVED = (Class.MOVED, Class.MOVED_WITH_LOSS)


@dataclass(slots=True)
class Check:
    """One verification under way."""

    journal: Journal
    run: str
    source: Source
    client: Client
    translation: Translation
    told: Verified
    began: datetime
    by_list: bool
    by_key: bool
    channels: tuple[Channel, ...]
    keeping: Keeping | None
    topics: dict[str, str]
    """The target's topics by the source's ids of them."""
    require_evidence: bool
    restore: bool
    at_source: str = field(default="")
    at_target: str = field(default="")

    @property
    def shows(self) -> frozenset[str] | None:
        """Which attributes a read of the target shows; None for all."""
        return None if self.keeping is None else self.keeping.shows


def names(check: Check, contact: Contact) -> list[str]:
    """Return the names of a person that mean the same on both sides."""
    seal = check.journal.seal
    return [seal.name(one) for one in contact.identifiers() if one.kind is not IdentifierKind.VENDOR]


def source_names(check: Check, contact: Contact) -> list[str]:
    """Return every name of a person of the source, its own id of them included."""
    return [check.journal.seal.name(one) for one in contact.identifiers()]
