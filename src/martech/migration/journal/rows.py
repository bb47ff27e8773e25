"""The rows of the journal about people: as staged, and as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from martech.migration.journal.words import Class, Group
from martech.models import Contact

__all__ = ["Row", "Staged", "moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """One person as read, before anything was written."""

    names: tuple[str, ...]
    """What they are filed under: the name at the target first. Empty for what could not be read."""
    contact: Contact | None
    group: Group
    opted_out: bool = False
    settled: Class | None = None
    reason: str | None = None
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of a run, as the journal has them."""

    seq: int
    name: str
    page: str | None
    group: Group
    contact: Contact | None
    before: Contact | None
    """As the target had them; None where it did not, or did not say (`verdicts` tells which)."""
    said: Contact | None
    digest: str | None
    settled: Class | None
    outcome: str | None
    reason: str | None
    verdicts: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    opted_out: bool = False
    undelivered: bool = False
    written_at: datetime | None = None


def moment(seconds: float | None) -> datetime | None:
    """Return a time as it was before it was kept."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
