"""What a migration remembers: one row per person with exactly one class, and what it takes to go on or back."""

from __future__ import annotations

from martech.migration.journal.journal import Journal
from martech.migration.journal.kept import pieces
from martech.migration.journal.rows import Row, Staged, moment
from martech.migration.journal.sealing import Seal
from martech.migration.journal.words import CLASSES, LONE_BLOCK, Class, Group, Kind, State

__all__ = [
    "CLASSES",
    "LONE_BLOCK",
    "Class",
    "Group",
    "Journal",
    "Kind",
    "Row",
    "Seal",
    "Staged",
    "State",
    "moment",
    "pieces",
]
