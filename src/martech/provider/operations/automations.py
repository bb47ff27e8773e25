"""The contract for automations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Extra, Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import Automation, Enrolment, Identifier, Page

__all__ = ["AutomationOperations"]


class AutomationOperations(Operations):
    """Automations: programs and journeys, and putting contacts into them, which is a send."""

    row = "automations"
    batch_size: ClassVar[int] = 25
    """How many people `enrol` takes at a time."""

    async def list(self, cursor: str | None) -> Page[Automation]:
        """Return one page of the automations."""
        raise undeclared()

    async def enrol(
        self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
    ) -> Enrolment:
        """Put up to `batch_size` people into an automation; one result per person."""
        raise undeclared()

    async def enrolment_status(self, enrolment_id: str) -> Enrolment:
        """Return how far an enrolment is; `NotFound` if there is none."""
        raise undeclared()
