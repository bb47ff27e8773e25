"""Objectives: what contacts are meant to do, and saying that they did.

Completing one has no endpoint: its key is a member of the contact (doc:obj). A misspelt key would therefore be
ignored in silence, and one that bears a field's name would overwrite the field; so keys are checked first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from martech.models import Answer, BulkResult, Identifier, ItemOutcome, ItemResult
from martech.provider import InvalidRequest, MartechError, Now, get, result_of
from martech_digital_onboarding import names
from martech_digital_onboarding.public import CONTACT_FIELDS
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import Row, told_of_known, write
from martech_digital_onboarding.wire import ObjectiveAnswer, ObjectivesAnswer, answered

COMPLETION_WORDS = frozenset({"true", "t", "1", "y", "yes", "complete", "completed", "done"})
"""Each completes an objective at the time of receipt (doc:obj)."""

MADE_EMPTY = (
    "nobody had this key: the vendor made an empty contact of it, whose objective is completed and which its API "
    "cannot remove"
)


class Objective(Answer):
    """Something a contact is meant to do, such as activating a card."""

    key: str
    """Its name in contacts and files."""
    name: str
    id: str | None = None
    team_id: str | None = None
    """The team it belongs to; None for those of the platform."""


@dataclass(frozen=True, slots=True)
class Completion:
    """That somebody completed an objective, and when."""

    contact: Identifier
    objective: str
    at: datetime | str | None = None
    """An aware time, an ISO 8601 text with its offset, a word such as `done` (then), or None for now."""


async def listed() -> tuple[Objective, ...]:
    """Return every objective of the team, the platform's included. One request; there are no pages."""
    answer = await answered(ObjectivesAnswer, get("/v1/objectives"))
    return tuple(objective_from_wire(one) for one in answer.objectives)


async def complete_each(
    completions: Iterable[Completion], settings: DigitalOnboardingSettings, *, known: Collection[Objective] | None
) -> BulkResult:
    """Write completions, those of one contact together; one result per completion.

    Of several of one objective by one contact the last is written. One request for the objectives unless they are
    `known`, and one for as many contacts as a batch holds.
    """
    several = list(completions)
    keys = keys_of(await listed() if known is None and several else known or ())
    now = await Now()
    rows: dict[str, Row] = {}
    last: dict[tuple[str, str], int] = {}
    said: list[str | ItemResult] = []
    for position, one in enumerate(several):
        try:
            row = _row(one, settings, keys, now)
        except MartechError as refused:
            said.append(result_of(refused, one.contact))
            continue
        earlier = rows.get(row.key)
        rows[row.key] = row if earlier is None else Row(row.ref, {**earlier.members, **row.members})
        said.append(row.key)
        if (before := last.get((row.key, one.objective))) is not None:
            why = f"the same objective of the same person as input {position}, which was written"
            said[before] = ItemResult(outcome=ItemOutcome.SUPERSEDED, identifier=row.ref, reason=why)
        last[row.key, one.objective] = position
    written = {one.row.key: one for one in await write(list(rows.values()), settings)}
    results = [
        one if isinstance(one, ItemResult) else told_of_known(written[one], if_made=MADE_EMPTY) for one in said
    ]
    return BulkResult(items=tuple(result.at(position) for position, result in enumerate(results)))


async def complete(
    completion: Completion, settings: DigitalOnboardingSettings, *, known: Collection[Objective] | None
) -> ItemResult:
    """Write one completion.

    Raises:
        InvalidRequest: It cannot be said to the vendor.
        MartechError: Whatever the vendor's answer stands for.
    """
    keys = keys_of(await listed() if known is None else known)
    (written,) = await write([_row(completion, settings, keys, await Now())], settings)
    if written.error is not None:
        raise written.error
    return told_of_known(written, if_made=MADE_EMPTY)


def keys_of(objectives: Collection[Objective]) -> Collection[str]:
    """Return the keys of objectives."""
    return frozenset(objective.key for objective in objectives)


def _row(one: Completion, settings: DigitalOnboardingSettings, keys: Collection[str], now: datetime) -> Row:
    ref = Identifier(one.contact.kind, names.key(one.contact, settings))
    check_key(one.objective, keys)
    return Row(ref, {"unique_id": ref.value, one.objective: completion_value(one.at, now)})


def check_key(key: str, known: Collection[str]) -> None:
    """Refuse what is none of the known objectives, or is a field of contacts too.

    Raises:
        InvalidRequest: The vendor would ignore it in silence, or overwrite the field.
    """
    low = key.strip().lower()
    if not low or low.startswith(("journey.", "meta_public.")) or low in CONTACT_FIELDS:
        raise InvalidRequest(f"{key!r} is a field of contacts and cannot be completed")
    if key not in known:
        raise InvalidRequest(
            f"the team has no objective {key!r}, and the vendor would ignore it in silence",
            hint="native.objectives tells the keys there are",
        )


def completion_value(at: datetime | str | None, now: datetime) -> str:
    """Return when an objective was completed, as the vendor takes it: always text (doc:obj's example).

    Raises:
        InvalidRequest: It is neither a time with its offset nor one of the vendor's words.
    """
    if at is None:
        at = now
    if isinstance(at, str):
        word = at.strip().lower()
        if word in COMPLETION_WORDS:
            return word
        at = _time(at.strip())
    if at is None or at.tzinfo is None:
        raise InvalidRequest("a completion is a time with its offset, or one of the vendor's words for done")
    # ISO 8601 has offsets of whole minutes; places had others before they had time zones.
    offset = at.utcoffset() or timedelta()
    return (at.astimezone(UTC) if offset % timedelta(minutes=1) else at).isoformat(timespec="seconds")


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def objective_from_wire(answer: ObjectiveAnswer) -> Objective:
    """Return an objective."""
    return Objective(
        key=answer["key"],
        name=answer.get("name") or answer["key"],
        id=_text(answer.get("id")),
        team_id=_text(answer.get("team_id")),
        raw=answer,
    )


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
