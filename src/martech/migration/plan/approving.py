"""Plans in files, and whether one may be run: signed off, unchanged, and about a source that stands still."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from martech.errors import BrokenInput, InvalidRequest
from martech.migration.plan.model import PLAN_VERSION, Plan

if TYPE_CHECKING:
    from martech.migration.sources.contract import Source

__all__ = ["check_approved", "drift", "load_plan", "save_plan"]

LEAST_DRIFT = 10
"""How many people more or fewer are always let pass."""


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a file, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(plan.model_dump_json(indent=2) + "\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_plan(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        BrokenInput: It is not there, is no plan, or was written by a newer version.
    """
    import json

    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise BrokenInput(f"{path.name} cannot be opened: {error.strerror}") from error
    except ValueError:
        raise BrokenInput(f"{path.name} is no JSON") from None
    version = told.get("version") if isinstance(told, dict) else None
    if isinstance(version, int) and version > PLAN_VERSION:
        raise BrokenInput(f"{path.name} is a plan of version {version}, and this program knows {PLAN_VERSION}")
    try:
        return Plan.model_validate(told)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        raise BrokenInput(f"{path.name} is no plan: {where}: {first['msg']}") from None


def check_approved(plan: Plan, source: Source | None = None) -> None:
    """Let a plan pass that may be run.

    Args:
        plan: The plan.
        source: What is to be moved now; asked how large it is, which costs at most one request.

    Raises:
        InvalidRequest: Nobody signed it off, it was changed since, or the source is another or has moved.
    """
    if plan.approval is None:
        raise InvalidRequest("nobody has signed this plan off", hint="martech migrate plan --approve PLAN")
    if plan.approval.digest != plan.digest():
        raise InvalidRequest(
            "this plan was changed after it had been signed off",
            hint="plan again; what a plan says is changed in the mapping",
        )
    if source is None:
        return
    if source.name != plan.source.name:
        raise InvalidRequest(f"this plan is about {plan.source.name}, not about {source.name}")
    moved = drift(plan, source)
    if moved is not None:
        raise InvalidRequest(f"the source has moved since it was planned: {moved}", hint="plan again")


def drift(plan: Plan, source: Source) -> str | None:
    """Return how the source differs from what was planned, in words, or None where it stands still."""
    now = source.stamp()
    if plan.source.digest is not None and now.digest is not None and now.digest != plan.source.digest:
        return "its contents are not those that were read"
    if plan.source.people is None or now.people is None:
        return None
    allowed = max(LEAST_DRIFT, round(plan.source.people * plan.drift_at_most))
    if abs(now.people - plan.source.people) > allowed:
        return f"{now.people} people, {plan.source.people} when it was planned"
    return None
