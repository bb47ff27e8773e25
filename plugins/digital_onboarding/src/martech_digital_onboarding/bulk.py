"""Starting journeys for many contacts at a time: `journey.template_id` on contacts, each batch a send.

It makes or updates a journey for each contact and answers with the contacts alone (seed, "Contacts").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from martech.models import Enrolment, EnrolmentResult, EnrolmentStatus, Identifier, ItemOutcome
from martech.provider import (
    AlreadySent,
    InvalidInput,
    MartechError,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    Together,
    concerns_all,
    get,
    key_part,
    send,
)
from martech_digital_onboarding import assumed, mapping
from martech_digital_onboarding.journeys import MADE_EMPTY, NO_TEMPLATE, Person, Plan, failed, planned, reason_of
from martech_digital_onboarding.limits import BULK_STRETCH
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import NOT_NAMED, TOO_LARGE, Row, Written, chunks, matched
from martech_digital_onboarding.wire import BatchAnswer, TemplatesAnswer, answered


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
    plan = planned(people, settings)
    for position, row in plan.rows.items():
        plan.rows[position] = Row(row.ref, {**row.members, **member})
    positions = list(plan.rows)
    for start in range(0, len(positions), BULK_STRETCH):
        hopeless = await _sent_stretch(plan, positions[start : start + BULK_STRETCH], settings, key)
        if hopeless is not None:
            plan.give_up(hopeless)
            break
    return Enrolment(automation_id=template_id, status=EnrolmentStatus.UNKNOWN, items=plan.in_order())


async def _sent_stretch(
    plan: Plan, positions: Sequence[int], settings: DigitalOnboardingSettings, key: str
) -> MartechError | None:
    """Send one stretch of people in as many batches as it takes; returns an error that concerns everybody, if any.

    The first batch of a stretch that may have gone out holds the key of the stretch, and whoever finds that key
    used sends nothing of the stretch. So nobody is enrolled twice under one key, though the sizes of batches may
    have changed in between, and with them who shares a batch with whom.
    """
    position_of = {plan.rows[position].key: position for position in positions}
    waiting = deque(chunks([plan.rows[position] for position in positions], settings))
    begun = False
    while waiting:
        some = waiting.popleft()
        part = key_part(key, position_of[some[0].key] if begun else positions[0])
        # By itself among several, so that what cannot be read of its answer is noted as unknown for this send.
        (outcome,) = await Together([_sent(some, part)], at_most=1)
        error = outcome.error
        if error is not None and _too_large(error) and len(some) > 1:
            middle = len(some) // 2
            waiting.extendleft((some[middle:], some[:middle]))
            continue
        if error is not None and not begun and _used_before(error):
            plan.results.update((position_of[row.key], failed(error, row.ref)) for row in some)
            beside = [row for rest in waiting for row in rest]
            plan.results.update((position_of[row.key], _beside(row.ref)) for row in beside)
            return None
        found = matched(some, outcome.value) if error is None else {}
        for row in some:
            position = position_of[row.key]
            plan.results[position] = (
                _bulk_result(found[row.key], by_name_only=isinstance(plan.people[position], Identifier))
                if error is None
                else _refused(error, row.ref, among=len(some))
            )
        if error is not None and concerns_all(reason_of(error)):
            return error
        begun = begun or error is None or failed(error, None).outcome is ItemOutcome.UNKNOWN
    return None


async def _check_template(template_id: str) -> None:
    templates = (await answered(TemplatesAnswer, get("/v1/templates"))).templates
    if template_id not in {str(one["id"]) for one in templates}:
        raise NotFound(NO_TEMPLATE, hint="automations.list tells the templates there are")


async def _sent(rows: Sequence[Row], key: str) -> BatchAnswer:
    body = {"contacts": [row.members for row in rows]}
    request = send("/v1/contacts", json=body, send_key=key, may_stop_midway=len(rows) > 1)
    return await answered(BatchAnswer, request)


def _too_large(error: MartechError) -> bool:
    return isinstance(error, InvalidInput) and error.status == TOO_LARGE


def _used_before(error: MartechError) -> bool:
    """Return whether a send did not go out, because an earlier one under its key has, or may have."""
    return isinstance(error, AlreadySent) or (isinstance(error, OutcomeUnknown) and error.cause is None)


def _beside(ref: Identifier) -> EnrolmentResult:
    """Return what is known of somebody whose stretch was begun before, in which batches nobody can tell."""
    why = "those under the same key were enrolled before, and whether this person was among them is not known"
    return EnrolmentResult(outcome=ItemOutcome.UNKNOWN, identifier=ref, reason=why)


def _bulk_result(written: Written, *, by_name_only: bool) -> EnrolmentResult:
    ref, answer = written.row.ref, written.answer
    if answer is None:
        return EnrolmentResult(outcome=ItemOutcome.UNKNOWN, identifier=ref, reason=NOT_NAMED)
    outcome, why, contactable = ItemOutcome.ACCEPTED, None, None
    if mapping.lost_opt_out(written.row.members, answer):
        outcome, why = ItemOutcome.UNKNOWN, mapping.OPT_OUT_LOST
    elif written.outcome is ItemOutcome.CREATED and by_name_only:
        outcome, why = ItemOutcome.NOT_FOUND, MADE_EMPTY
    elif written.outcome is ItemOutcome.CREATED:
        contactable = mapping.contactable(written.row.members, answer)
    return EnrolmentResult(
        outcome=outcome, identifier=ref, vendor_id=answer.get("id"), reason=why, contactable=contactable
    )


def _refused(error: MartechError, ref: Identifier, *, among: int) -> EnrolmentResult:
    why = reason_of(error)
    if why is error or isinstance(why, ProviderUnavailable):
        return failed(error, ref)
    one = failed(why, ref)
    said = f"{one.reason}; it was one of {among} in a call, and some of them may have been started before that"
    return one.model_copy(update={"outcome": ItemOutcome.UNKNOWN, "reason": said})
