"""Automations: programs and journeys, and putting contacts into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martech.flows import sending
from martech.flows.people import Refs, narrowed, several
from martech.provider.resources import M, Resource, flow, operation, paged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martech.models import Automation, Enrolment, Page

__all__ = ["Automations"]


class Automations(Resource[M]):
    """Automations. Putting somebody into one may reach them: it is a send, and guarded as one."""

    row = "automations"

    @paged
    async def list(self, cursor: str | None) -> Page[Automation]:
        """Iterate over the automations."""
        return await self._provider.automations.list(cursor)

    @flow
    async def enrol(
        self,
        automation_id: str,
        people: Refs,
        *,
        key: str | None = None,
        dedupe_within_seconds: float | None = None,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Enrolment:
        """Put people into an automation; one result per person. As many requests as the vendor asks for."""
        more = narrowed(self._provider, extra)
        return await sending.enrol(
            self._provider,
            automation_id,
            several(people),
            await sending.key_for(key, dedupe_within_seconds),
            more,
        )

    @operation
    async def enrolment_status(self, enrolment_id: str) -> Enrolment:
        """Return how far an enrolment is. One request."""
        return await self._provider.automations.enrolment_status(enrolment_id)
