"""Programs beyond the neutral words: whole lists, enrolments by state, and whom a program did not take."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import Automation, Enrolment, EnrolmentStatus, Page
from martech.provider import InvalidRequest, M, NewId, Resource, get, operation, paged, send
from martech_dotdigital.automations import guid
from martech_dotdigital.limits import ENROL_LISTS, ENROLMENTS
from martech_dotdigital.mapping import campaigns as mapping
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.contacts import faults_of
from martech_dotdigital.native.shapes.people import Fault
from martech_dotdigital.paging import listed
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire import campaigns as wire

__all__ = ["NativePrograms"]

_WORDS = {EnrolmentStatus.PROCESSING: "Processing", EnrolmentStatus.FINISHED: "Finished"}


class NativePrograms(Resource[M]):
    """Programs."""

    row = "native.programs"

    @operation
    async def get(self, program_id: str) -> Automation:
        """Return one program. One request."""
        reply = await get("/v2/programs/{program}", program=number(program_id, "program"), limit="medium")
        return mapping.automation_from_wire(read_v2(wire.Program, reply))

    @operation
    async def enrol_lists(self, program_id: str, list_ids: Sequence[str], *, key: str | None = None) -> Enrolment:
        """Put everybody on up to ten lists into a program: a send, one of twenty calls an hour. One request."""
        if not list_ids or isinstance(list_ids, str):
            raise InvalidRequest("an enrolment needs at least one list")
        if len(list_ids) > ENROL_LISTS:
            raise InvalidRequest(f"an enrolment takes up to {ENROL_LISTS} lists, got {len(list_ids)}")
        body = {
            "programId": number(program_id, "program"),
            "addressBooks": [number(one, "list") for one in list_ids],
        }
        key = key or await NewId()
        reply = await send("/v2/programs/enrolments", json=body, send_key=key, limit=ENROLMENTS)
        return mapping.enrolment_from_wire(read_v2(wire.Enrolment, reply))

    @paged
    async def enrolments(self, cursor: str | None, *, status: EnrolmentStatus) -> Page[Enrolment]:
        """Iterate over the enrolments in a state. One request a page."""
        if status not in _WORDS:
            raise InvalidRequest("enrolments are listed by processing or finished")
        return await listed(
            list[wire.Enrolment],
            lambda query: get(
                "/v2/programs/enrolments/{status}", status=_WORDS[status], query=query, limit="medium"
            ),
            mapping.enrolment_from_wire,
            cursor,
        )

    @operation
    async def faults(self, enrolment_id: str) -> Sequence[Fault]:
        """Return whom a program did not take, and why. One request.

        Raises:
            Conflict: The enrolment is not finished yet.
        """
        enrolment = guid(enrolment_id)
        return faults_of(
            await get("/v2/programs/enrolments/{enrolment}/report-faults", enrolment=enrolment, limit="medium")
        )
