"""Reports: counts with their definitions, and the single engagements they count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.errors import InvalidRequest
from martech.models import (
    Campaign,
    Channel,
    Engagement,
    EngagementKind,
    EngagementQuery,
    Page,
    Report,
    ReportScope,
    Send,
)
from martech.provider.resources import M, Resource, operation, paged

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Reports"]


def _subject(subject: Campaign | Send, channel: Channel | None) -> tuple[str, ReportScope, Channel]:
    if isinstance(subject, Send):
        return subject.id, ReportScope.SEND, channel or subject.channel
    if subject.id is None:
        raise InvalidRequest("this campaign has no id")
    return subject.id, ReportScope.CAMPAIGN, channel or subject.channel


class Reports(Resource[M]):
    """Reports."""

    row = "reports"

    @operation
    async def counts(
        self,
        subject: Campaign | Send | str,
        *,
        scope: ReportScope = ReportScope.CAMPAIGN,
        channel: Channel | None = None,
    ) -> Report:
        """Return the counts of a campaign or a send; `scope` says which, where only an id is given. One request.

        Raises:
            NotFound: There is none.
        """
        on = channel or Channel.EMAIL
        subject_id, about, on = (subject, scope, on) if isinstance(subject, str) else _subject(subject, channel)
        return await self._provider.reports.counts(subject_id, scope=about, channel=on)

    @paged
    async def engagements(
        self,
        cursor: str | None,
        *,
        campaign_id: str | None = None,
        send_id: str | None = None,
        channel: Channel = Channel.EMAIL,
        kinds: frozenset[EngagementKind] = frozenset(),
        since: datetime | None = None,
        page_size: int | None = None,
    ) -> Page[Engagement]:
        """Iterate over what people did with a campaign or a send. One request a page and kind."""
        query = EngagementQuery(
            campaign_id=campaign_id,
            send_id=send_id,
            channel=channel,
            kinds=kinds,
            since=since,
            page_size=page_size,
        )
        return await self._provider.reports.engagements(query, cursor)

    @paged
    async def active_since(self, cursor: str | None, *, since: datetime) -> Page[Campaign]:
        """Iterate over the campaigns with which something happened since a time."""
        return await self._provider.reports.active_since(since, cursor)
