"""Starting journeys: each is a send, made once under a key of its own and never repeated blindly.

There are two ways to the same effect. The journey endpoint, here, takes one contact and answers with the journey
and the person's link; `journey.template_id` on contacts, in `bulk.py`, takes many and answers with the contacts
alone. The first always makes another journey, the second makes or updates one (seed, "Journeys" and "Contacts").
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
    InvalidRequest,
    MartechError,
    NotFound,
    Outcome,
    OutcomeUnknown,
    ProviderError,
    Together,
    concerns_all,
    key_part,
    result_of,
    send,
)
from martech_digital_onboarding import mapping, names
from martech_digital_onboarding.limits import ENROL_AT_ONCE, ENROL_WAVE
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import Row
from martech_digital_onboarding.wire import JourneyAnswer, answered

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
        raise NotFound(
            NO_TEMPLATE,
            status=none.status,
            code=none.code,
            vendor_message=none.vendor_message,
            request_id=none.request_id,
            asked=none.asked,
        ) from none
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
    plan = planned(people, settings)
    waiting = deque(plan.rows.items())
    while waiting:
        wave = [waiting.popleft() for _ in range(min(ENROL_WAVE, len(waiting)))]
        calls = [start(template_id, row, key=key_part(key, position), journey=journey) for position, row in wave]
        outcomes: Sequence[Outcome[EnrolmentResult]] = await Together(calls, at_most=ENROL_AT_ONCE)
        for (position, row), one in zip(wave, outcomes, strict=True):
            plan.results[position] = one.value if one.error is None else failed(one.error, row.ref)
        errors = [one.error for one in outcomes if one.error is not None]
        hopeless = next(filter(concerns_all, errors), None)
        if hopeless is not None:
            plan.give_up(hopeless)
            break
        no_template = next((error for error in errors if isinstance(error, NotFound)), None)
        if no_template is not None:
            # Nothing but the template is named in the path, so it is the same for everybody.
            plan.fail_rest(no_template)
            break
    items = plan.in_order()
    ids = tuple(item.enrolment_id for item in items if item.enrolment_id is not None)
    return Enrolment(automation_id=template_id, ids=ids, status=EnrolmentStatus.UNKNOWN, items=items)


def failed(error: MartechError, ref: Identifier | None) -> EnrolmentResult:
    """Return what an error means for one person."""
    plain = result_of(error, ref)
    return EnrolmentResult(outcome=plain.outcome, identifier=ref, reason=plain.reason, code=plain.code)


def reason_of(error: MartechError) -> MartechError:
    """Return the refusal for which nobody knows what became of a send, or else the error itself."""
    cause = error.__cause__
    return cause if isinstance(error, OutcomeUnknown) and isinstance(cause, ProviderError) else error


# ── one journey per person, however often they are named ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is to be enrolled, by position, and one result per input."""

    count: int
    people: dict[int, Person]
    rows: dict[int, Row]
    results: dict[int, EnrolmentResult]

    def give_up(self, error: MartechError) -> None:
        """Note that what concerns everybody stopped the rest; raises it if nobody can have been enrolled."""
        if not any(item.outcome in _MAYBE_ENROLLED for item in self.results.values()):
            raise error
        self.fail_rest(reason_of(error))

    def fail_rest(self, error: MartechError) -> None:
        """Note what an error means for everybody of whom nothing is known yet."""
        for position, row in self.rows.items():
            self.results.setdefault(position, failed(error, row.ref))

    def in_order(self) -> tuple[EnrolmentResult, ...]:
        """Return one result per input."""
        return tuple(
            self.results[position].model_copy(update={"position": position}) for position in range(self.count)
        )


def planned(people: Sequence[Person], settings: DigitalOnboardingSettings) -> Plan:
    """Plan one journey per person: who is named twice would get two messages."""
    plan = Plan(len(people), {}, {}, {})
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
