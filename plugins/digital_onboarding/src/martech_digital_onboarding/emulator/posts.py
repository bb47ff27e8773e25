"""Contact objects as they are posted: what is in them, what is refused, what is passed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from martech_digital_onboarding.emulator.answers import Refused
from martech_digital_onboarding.emulator.assumptions import INVALID, UNKNOWN_TEMPLATE
from martech_digital_onboarding.emulator.shapes import is_object
from martech_digital_onboarding.emulator.switches import BadObjectiveValues, JourneySpellings
from martech_digital_onboarding.emulator.vocabulary import (
    BOOLEAN_FIELDS,
    COMPLETION_WORDS,
    READ_ONLY_FIELDS,
    STRING_FIELDS,
)

__all__ = ["ContactPost", "ContactReader", "IgnoredMember", "Spelling"]

Spelling = Literal["nested", "flat", "column"]
"""How `journey.template_id` was written: as a member of `journey`, as one dotted name, or as a CSV column."""
Reason = Literal["read_only", "unknown", "objective_value", "journey_spelling"]

FLAT_TEMPLATE_ID = "journey.template_id"
_STRINGS = frozenset(STRING_FIELDS)
_BOOLEANS = frozenset(BOOLEAN_FIELDS)
_READ_ONLY = frozenset(READ_ONLY_FIELDS)


@dataclass(frozen=True, slots=True)
class IgnoredMember:
    """One member that was posted and had no effect, with the `unique_id` of the contact it was posted with."""

    unique_id: str | None
    member: str
    reason: Reason


@dataclass(slots=True)
class ContactPost:
    """One contact object that may be stored."""

    key: str | None = None
    """What decides whether it creates or updates: its `unique_id`, else its `email`, else nothing (seed)."""
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    """The writable fields that were given, without `unique_id`."""
    completions: dict[str, datetime | None] = field(default_factory=dict[str, datetime | None])
    """Objectives that it completes; None is the time of receipt."""
    template_id: str | None = None
    spelling: Spelling | None = None
    ignored: list[tuple[str, Reason]] = field(default_factory=list[tuple[str, Reason]])


class ContactReader:
    """Reads posted contact objects against what the team has; everything is looked at before it is refused."""

    def __init__(
        self,
        *,
        templates: Collection[str],
        objectives: Collection[str],
        journey_spellings: JourneySpellings = "both",
        bad_objective_values: BadObjectiveValues = "refuse",
    ) -> None:
        self._templates = templates
        self._objectives = objectives
        self._spellings = journey_spellings
        self._bad_objective_values = bad_objective_values

    def read(self, record: object) -> ContactPost:
        """Return what a contact object asks for.

        Raises:
            Refused: It is no object, or a member of it has the wrong type or form.
        """
        if not is_object(record):
            raise Refused({"contact": [INVALID]})
        post, errors = ContactPost(), dict[str, list[str]]()
        for member, value in record.items():
            if member in _STRINGS:
                if not _is_text(member, value):
                    errors[member] = [INVALID]
                post.members[member] = value
            elif member in _BOOLEANS:
                if not isinstance(value, bool):
                    errors[member] = [INVALID]
                post.members[member] = value
            elif member == "meta_public":
                if value is not None and not is_object(value):
                    errors[member] = [INVALID]
                post.members[member] = value
            elif member in _READ_ONLY:
                post.ignored.append((member, "read_only"))
            elif member in self._objectives:
                self._read_completion(post, member, value, errors)
            elif member not in ("journey", FLAT_TEMPLATE_ID):
                post.ignored.append((member, "unknown"))
        self._read_journey(post, record, errors)
        if errors:
            raise Refused(errors)
        post.key = post.members.pop("unique_id", None) or post.members.get("email") or None
        return post

    def _read_completion(self, post: ContactPost, key: str, value: object, errors: dict[str, list[str]]) -> None:
        try:
            post.completions[key] = _completed_at(value)
        except ValueError:
            if self._bad_objective_values == "refuse":
                errors[key] = [INVALID]
            else:
                post.ignored.append((key, "objective_value"))

    def _read_journey(self, post: ContactPost, record: Mapping[str, Any], errors: dict[str, list[str]]) -> None:
        journey: object = {} if record.get("journey") is None else record["journey"]
        if not is_object(journey):
            errors["journey"] = [INVALID]
            return
        for member in journey:
            if member != "template_id":
                post.ignored.append((f"journey.{member}", "unknown"))
        written: dict[Spelling, Any] = {
            "nested": journey.get("template_id"),
            "flat": record.get(FLAT_TEMPLATE_ID),
        }
        for spelling, template_id in written.items():
            if template_id is None:
                continue
            if self._spellings not in ("both", spelling):
                post.ignored.append((FLAT_TEMPLATE_ID, "journey_spelling"))
            elif not isinstance(template_id, str) or template_id not in self._templates:
                errors[FLAT_TEMPLATE_ID] = [UNKNOWN_TEMPLATE]
            elif post.template_id not in (None, template_id):
                errors[FLAT_TEMPLATE_ID] = [INVALID]
            elif post.template_id is None:
                post.template_id, post.spelling = template_id, spelling


def _is_text(member: str, value: object) -> bool:
    if member == "email" and isinstance(value, str):
        return "@" in value
    return value is None or isinstance(value, str)


def _completed_at(value: object) -> datetime | None:
    """Return the time that a completion value names, or None for the time of receipt.

    JSON's own `true` and `1` are taken for the words they look like, which is assumed; times without an offset
    are taken as UTC, which is assumed too.

    Raises:
        ValueError: It is neither a word for done nor a time.
    """
    if not isinstance(value, str) and value not in (True, 1):
        raise ValueError("neither text nor true")
    text = str(value).strip().lower()
    if text in COMPLETION_WORDS:
        return None
    at = datetime.fromisoformat(text.upper())
    return at if at.tzinfo else at.replace(tzinfo=UTC)
