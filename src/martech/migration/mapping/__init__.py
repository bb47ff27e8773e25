"""The mapping: what becomes of each field on the way, as data."""

from __future__ import annotations

from martech.migration.mapping.losses import CHOICES, LossKind, Lost
from martech.migration.mapping.proposing import proposed
from martech.migration.mapping.rules import MappingRules, read_mapping
from martech.migration.mapping.translating import Route, Schema, Translated, Translation, resolved
from martech.migration.mapping.values import converted, seen_type, type_of

__all__ = [
    "CHOICES",
    "LossKind",
    "Lost",
    "MappingRules",
    "Route",
    "Schema",
    "Translated",
    "Translation",
    "converted",
    "proposed",
    "read_mapping",
    "resolved",
    "seen_type",
    "type_of",
]
