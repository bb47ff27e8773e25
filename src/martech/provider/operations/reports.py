"""The contract for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from datetime import datetime

    from martech.models import Campaign, Channel, Engagement, EngagementQuery, Page, Report, ReportScope

__all__ = ["ReportOperations"]


class ReportOperations(Operations):
    """Reports: counts, and the single engagements they count."""

    row = "reports"

    async def counts(self, subject_id: str, *, scope: ReportScope, channel: Channel) -> Report:
        """Return the counts of one campaign or send; `NotFound` if there is none."""
        raise undeclared()

    async def engagements(self, query: EngagementQuery, cursor: str | None) -> Page[Engagement]:
        """Return one page of engagements."""
        raise undeclared()

    async def active_since(self, since: datetime, cursor: str | None) -> Page[Campaign]:
        """Return one page of the campaigns with which something happened since a time."""
        raise undeclared()
