"""What a migration remembers: one row per person with exactly one class, and everything needed to go on or back."""

from __future__ import annotations

from martech.migration.journal.journal import Journal, Row, Staged
from martech.migration.journal.sealing import Seal
from martech.migration.journal.words import CLASSES, Class, Group, Kind, State

__all__ = ["CLASSES", "Class", "Group", "Journal", "Kind", "Row", "Seal", "Staged", "State"]
