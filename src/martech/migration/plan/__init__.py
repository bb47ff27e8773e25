"""The plan: what a migration will do, before it does anything."""

from __future__ import annotations

from martech.migration.plan.approving import check_approved, drift, load_plan, save_plan
from martech.migration.plan.making import make_plan, schema_of, translation_of
from martech.migration.plan.model import Certainty, Loss, PeopleCounts, Plan

__all__ = [
    "Certainty",
    "Loss",
    "PeopleCounts",
    "Plan",
    "check_approved",
    "drift",
    "load_plan",
    "make_plan",
    "save_plan",
    "schema_of",
    "translation_of",
]
