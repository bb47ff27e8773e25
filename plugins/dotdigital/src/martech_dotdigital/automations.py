"""Automations at Dotdigital: programs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from martech.models import (
    Automation,
    Enrolment,
    EnrolmentResult,
    EnrolmentStatus,
    Identifier,
    ItemOutcome,
    Page,
)
from martech.provider import AutomationOperations, Extra, InvalidRequest, get, result_of, send
from martech_dotdigital.limits import ENROL_SIZE, ENROLMENTS
from martech_dotdigital.mapping import campaigns as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.paging import listed
from martech_dotdigital.people import present_many
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire import campaigns as wire

__all__ = ["Automations", "guid"]

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Automations(AutomationOperations):
    """Programs. Twenty calls an hour put people into them, all programs together."""

    batch_size = ENROL_SIZE

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    async def list(self, cursor: str | None) -> Page[Automation]:
        """One request a page, and one that brings nothing new."""
        return await listed(
            list[wire.Program],
            lambda query: get("/v2/programs", query=query, limit="medium"),
            mapping.automation_from_wire,
            cursor,
        )

    async def enrol(
        self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
    ) -> Enrolment:
        """One request a person, and one for up to 25 of them; `native.programs.enrol_lists` takes whole lists."""
        if extra:
            raise InvalidRequest(f"an enrolment at Dotdigital knows no {', '.join(sorted(extra))}")
        return await _enrol(number(automation_id, "program"), people, self._naming, key)

    async def enrolment_status(self, enrolment_id: str) -> Enrolment:
        """One request. Whom the program did not take is in `native.programs.faults`, once it is finished."""
        reply = await get("/v2/programs/enrolments/{enrolment}", enrolment=guid(enrolment_id), limit="medium")
        return mapping.enrolment_from_wire(read_v2(wire.Enrolment, reply))


def guid(enrolment_id: str) -> str:
    """Return an enrolment's id; the same place of the path also takes words, which list enrolments (S22).

    Raises:
        InvalidRequest: It is none.
    """
    if not _GUID.fullmatch(enrolment_id):
        raise InvalidRequest("an enrolment at Dotdigital has a GUID for its id")
    return enrolment_id


async def _enrol(program: int, refs: Sequence[Identifier], naming: Naming, key: str) -> Enrolment:
    known = await present_many(refs, naming)
    numbers = list(dict.fromkeys(outcome.value["contactId"] for outcome in known if outcome.error is None))
    enrolment: wire.Enrolment | None = None
    if numbers:
        body = {"programId": program, "contacts": numbers}
        reply = await send("/v2/programs/enrolments", json=body, send_key=key, limit=ENROLMENTS)
        enrolment = read_v2(wire.Enrolment, reply)
    items: list[EnrolmentResult] = []
    for position, (ref, outcome) in enumerate(zip(refs, known, strict=True)):
        if outcome.error is not None or enrolment is None:
            why = result_of(outcome.error, ref) if outcome.error is not None else None
            items.append(
                EnrolmentResult(
                    position=position,
                    outcome=why.outcome if why else ItemOutcome.UNKNOWN,
                    identifier=ref,
                    reason=why.reason if why else None,
                )
            )
            continue
        items.append(
            EnrolmentResult(
                position=position,
                outcome=ItemOutcome.ACCEPTED,
                identifier=ref,
                vendor_id=str(outcome.value["contactId"]),
                enrolment_id=enrolment["id"],
            )
        )
    return Enrolment(
        automation_id=str(program),
        ids=(enrolment["id"],) if enrolment else (),
        status=mapping.enrolment_status(enrolment) if enrolment else EnrolmentStatus.FINISHED,
        items=tuple(items),
        raw=enrolment,
    )
