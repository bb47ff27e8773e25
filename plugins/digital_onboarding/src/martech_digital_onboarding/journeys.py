"""Starting journeys: each is a send, made once under a key of its own and never repeated blindly.

There are two ways to the same effect. The journey endpoint takes one contact and answers with the journey and the
person's link; `journey.template_id` on contacts takes many and answers with the contacts alone. The first always
makes another journey, the second makes or updates one (seed, "Journeys" and "Contacts").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from martech.models import (
    Contact,
    Enrolment,
    EnrolmentResult,
    EnrolmentStatus,
    Identifier,
    ItemOutcome,
)
from martech.provider import (
    InvalidInput,
    InvalidRequest,
    MartechError,
    NotFound,
    Outcome,
    Together,
    concerns_all,
    get,
    result_of,
    send,
)
from martech_digital_onboarding import assumed, mapping, names
from martech_digital_onboarding.limits import ENROL_AT_ONCE, ENROL_WAVE
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import NOT_NAMED, TOO_LARGE, Row, chunks, matched
from martech_digital_onboarding.wire import BatchAnswer, JourneyAnswer, TemplatesAnswer, answered

NO_TEMPLATE = "the vendor knows no such template, so nobody was put into it"
MADE_EMPTY = (
    "nobody had this key: the vendor made an empty contact of it, without an address, and a journey that reaches "
    "nobody"
)
_MAYBE_ENROLLED = frozenset({ItemOutcome.ACCEPTED, ItemOutcome.UNKNOWN})
_JOURNEY_MEMBERS = frozenset({"name", "owner_id"})

Person = Contact | Identifier


def row_of(person: Person, settings: DigitalOnboardingSettings) -> Row:
    """Return what is written of a person: all that a contact says, or for an identifier its key alone."""
    if isinstance(person, Contact):
        return Row(*mapping.contact_to_wire(person, settings))
    named = Identifier(person.kind, names.key(person, settings))
    return Row(named, {"unique_id": named.value})


async def start(
    template_id: str, row: Row, *, key: str, journey: Mapping[str, Any] | None = None
) -> EnrolmentResult:
    """Make a journey for one contact. One request, a send.

    Args:
        template_id: From which template.
        row: For whom; who is not there is made.
        key: Names the send.
        journey: `name` and `owner_id`, where they are given.
    """
    body = {**(journey or {}), "contact": row.members}
    request = send("/v1/templates/{template}/journeys", template=template_id, json=body, send_key=key)
    try:
        answer = await answered(JourneyAnswer, request)
    except NotFound as none:
        raise NotFound(NO_TEMPLATE, status=none.status, code=none.code, asked=none.asked) from none
    return mapping.enrolled_from_wire(row.ref, answer)


def journey_members(extra: Mapping[str, Any]) -> dict[str, str]:
    """Return what is said about a journey besides its contact.

    Raises:
        InvalidRequest: It is not one of the vendor's two members, or no text.
    """
    unknown = sorted(set(extra) - _JOURNEY_MEMBERS)
    if unknown:
        raise InvalidRequest(f"a journey has a name and an owner_id, nothing called {', '.join(unknown)}")
    for name, value in extra.items():
        if not isinstance(value, str) or not value:
            raise InvalidRequest(f"the {name} of a journey is text")
    return dict(extra)


async def start_each(
    template_id: str,
    people: Sequence[Identifier],
    settings: DigitalOnboardingSettings,
    *,
    key: str,
    extra: Mapping[str, Any],
) -> Enrolment:
    """Make a journey for each of several people, each by a send of its own under `key/position`.

    Raises:
        MartechError: It concerns everybody, and nobody was enrolled.
    """
    journey = journey_members(extra)
    plan = _plan(people, settings)
    waiting = deque(plan.rows.items())
    while waiting:
        wave = [waiting.popleft() for _ in range(min(ENROL_WAVE, len(waiting)))]
        calls = [start(template_id, row, key=f"{key}/{position}", journey=journey) for position, row in wave]
        outcomes: Sequence[Outcome[EnrolmentResult]] = await Together(calls, at_most=ENROL_AT_ONCE)
        for (position, row), one in zip(wave, outcomes, strict=True):
            plan.results[position] = one.value if one.error is None else failed(one.error, row.ref)
        hopeless = next((one.error for one in outcomes if one.error is not None and concerns_all(one.error)), None)
        if hopeless is not None:
            plan.give_up(hopeless, [position for position, _ in waiting])
            break
    items = plan.in_order()
    ids = tuple(item.enrolment_id for item in items if item.enrolment_id is not None)
    return Enrolment(automation_id=template_id, ids=ids, status=EnrolmentStatus.UNKNOWN, items=items)


def failed(error: MartechError, ref: Identifier | None) -> EnrolmentResult:
    """Return what an error means for one person."""
    plain = result_of(error, ref)
    return EnrolmentResult(outcome=plain.outcome, identifier=ref, reason=plain.reason, code=plain.code)


# ── in bulk ──────────────────────────────────────────────────────────────────────────────────────────────────


async def start_in_bulk(
    template_id: str, people: Sequence[Person], settings: DigitalOnboardingSettings, *, key: str
) -> Enrolment:
    """Write people with `journey.template_id`, as many at a time as a batch holds, each batch a send.

    No batch is made twice, and none is taken apart because of one bad contact: whether the vendor starts some of
    its journeys before it refuses is not stated. Only a 413, which is told before anything is read, halves one.

    Raises:
        NotFound: There is no such template; nothing was sent.
        MartechError: It concerns everybody, and nobody was enrolled.
    """
    await _check_template(template_id)
    member = assumed.journey_members(template_id, flat=settings.flat_journey_key)
    plan = _plan(people, settings)
    rows = {position: Row(row.ref, {**row.members, **member}) for position, row in plan.rows.items()}
    position_of = {row.key: position for position, row in rows.items()}
    waiting = deque(chunks(list(rows.values()), settings))
    while waiting:
        some = waiting.popleft()
        first = position_of[some[0].key]
        # By itself among several, so that what cannot be read of its answer is noted as unknown for this send.
        (outcome,) = await Together([_sent(some, f"{key}/{first}")], at_most=1)
        error = outcome.error
        if isinstance(error, InvalidInput) and error.status == TOO_LARGE and len(some) > 1:
            middle = len(some) // 2
            waiting.extendleft((some[middle:], some[:middle]))
            continue
        if error is not None and concerns_all(error):
            left = [row for rest in (some, *waiting) for row in rest]
            plan.give_up(error, [position_of[row.key] for row in left])
            break
        found = matched(some, outcome.value) if error is None else {}
        for row in some:
            position = position_of[row.key]
            by_name_only = isinstance(plan.people[position], Identifier)
            plan.results[position] = (
                _bulk_result(row, found[row.key].outcome, found[row.key].answer, by_name_only=by_name_only)
                if error is None
                else _refused(error, row.ref, among=len(some))
            )
    return Enrolment(automation_id=template_id, status=EnrolmentStatus.UNKNOWN, items=plan.in_order())


async def _check_template(template_id: str) -> None:
    templates = (await answered(TemplatesAnswer, get("/v1/templates"))).templates
    if template_id not in {str(one["id"]) for one in templates}:
        raise NotFound(NO_TEMPLATE, hint="automations.list tells the templates there are")


async def _sent(rows: Sequence[Row], key: str) -> BatchAnswer:
    body = {"contacts": [row.members for row in rows]}
    return await answered(BatchAnswer, send("/v1/contacts", json=body, send_key=key))


def _bulk_result(row: Row, outcome: ItemOutcome, answer: Any, *, by_name_only: bool) -> EnrolmentResult:
    if answer is None:
        return EnrolmentResult(outcome=ItemOutcome.UNKNOWN, identifier=row.ref, reason=NOT_NAMED)
    new = outcome is ItemOutcome.CREATED
    if new and by_name_only:
        return EnrolmentResult(
            outcome=ItemOutcome.NOT_FOUND, identifier=row.ref, vendor_id=answer.get("id"), reason=MADE_EMPTY
        )
    return EnrolmentResult(
        outcome=ItemOutcome.ACCEPTED,
        identifier=row.ref,
        vendor_id=answer.get("id"),
        contactable=mapping.contactable(row.members, answer) if new else None,
    )


def _refused(error: MartechError, ref: Identifier, *, among: int) -> EnrolmentResult:
    one = failed(error, ref)
    if among == 1 or not isinstance(error, InvalidInput) or error.status == TOO_LARGE:
        return one
    why = f"{one.reason}; it was one of {among} in a call, and some of them may have been started before that"
    return one.model_copy(update={"outcome": ItemOutcome.UNKNOWN, "reason": why})


# ── one journey per person, however often they are named ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who is to be enrolled, by position, and one result per input."""

    count: int
    people: dict[int, Person]
    rows: dict[int, Row]
    results: dict[int, EnrolmentResult]

    def give_up(self, error: MartechError, positions: Sequence[int]) -> None:
        """Note that what concerns everybody stopped the rest; raises it if nobody was enrolled."""
        if not any(item.outcome in _MAYBE_ENROLLED for item in self.results.values()):
            raise error
        for position in positions:
            self.results[position] = failed(error, self.rows[position].ref)

    def in_order(self) -> tuple[EnrolmentResult, ...]:
        return tuple(
            self.results[position].model_copy(update={"position": position}) for position in range(self.count)
        )


def _plan(people: Sequence[Person], settings: DigitalOnboardingSettings) -> _Plan:
    """Plan one journey per person: who is named twice would get two messages."""
    plan = _Plan(len(people), {}, {}, {})
    position_of: dict[str, int] = {}
    for position, person in enumerate(people):
        try:
            row = row_of(person, settings)
            earlier = position_of.get(row.ref.key)
            if earlier is not None:
                person = _both(plan.people.pop(earlier), person)
                row = row_of(person, settings)
                del plan.rows[earlier]
                plan.results[earlier] = EnrolmentResult(
                    outcome=ItemOutcome.SUPERSEDED,
                    identifier=row.ref,
                    reason=f"names the same person as input {position}, who was enrolled once",
                )
        except MartechError as refused:
            plan.results[position] = failed(refused, person if isinstance(person, Identifier) else None)
            continue
        plan.people[position], plan.rows[position] = person, row
        position_of[row.ref.key] = position
    return plan


def _both(earlier: Person, later: Person) -> Person:
    """Return what two mentions of one person say, so that neither a name nor an opt-out of either is lost."""
    if isinstance(earlier, Contact) and isinstance(later, Contact):
        return later.over(earlier)
    return earlier if isinstance(earlier, Contact) else later
