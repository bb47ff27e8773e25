"""Reports at Dotdigital: always of a campaign, all its sends together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from martech.models import Campaign, Channel, Engagement, EngagementQuery, Page, Report, ReportScope
from martech.provider import ReportOperations, declines, get, not_offered, not_written
from martech_dotdigital.assumed import LONG_AGO
from martech_dotdigital.campaigns import campaigns_page
from martech_dotdigital.limits import LARGEST_V2_PAGE, PAGE_SIZE
from martech_dotdigital.mapping import reports as mapping
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.paging import Ask, chained, listed, walked
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import since_part
from martech_dotdigital.wire import campaigns as wire

__all__ = ["Reports", "active_ids", "active_page", "activities", "clicks", "opens"]

BY_CAMPAIGN = not_offered(
    "Dotdigital counts by campaign, all its sends together; ask with the campaign's id.", instead="reports.counts"
)
ONLY_EMAIL = {
    channel: not_offered("Dotdigital's interface reports on e-mail campaigns only.")
    for channel in Channel
    if channel is not Channel.EMAIL
}


class Reports(ReportOperations):
    """Counts, and what single people did."""

    @declines(
        scope={
            ReportScope.SEND: BY_CAMPAIGN,
            ReportScope.ACCOUNT: not_written(
                "Totals of an account come day by day, from native.campaigns.metrics.", instead="reports.counts"
            ),
        },
        channel=ONLY_EMAIL,
    )
    async def counts(self, subject_id: str, *, scope: ReportScope, channel: Channel) -> Report:
        """One request."""
        del scope, channel
        campaign = number(subject_id, "campaign")
        reply = await get("/v2/campaigns/{campaign}/summary", campaign=campaign, limit="medium")
        return mapping.report_from_wire(subject_id, read_v2(wire.Summary, reply))

    @declines(query={"send_id": BY_CAMPAIGN})
    async def engagements(self, query: EngagementQuery, cursor: str | None) -> Page[Engagement]:
        """One request a page; a campaign's recipients, then its openings, then its clicks.

        Without a campaign: of every campaign with which something happened since then, one after the other.
        Bounces, unsubscribes and replies have no time: since a time, they are told of whoever did anything then,
        and who was sent to since then is looked up among all recipients.
        """
        sources = mapping.sources_of(query.kinds, query.since)

        async def of_campaign(campaign_id: str, at: str | None) -> Page[Engagement]:
            def listing(source: str) -> Any:
                async def page(inside: str | None) -> Page[Engagement]:
                    return await _rows(source, campaign_id, query, inside)

                return page

            return await chained(at, [listing(source) for source in sources])

        if query.campaign_id is not None:
            return await of_campaign(query.campaign_id, cursor)
        return await walked(cursor, lambda outer: active_ids(query.since or LONG_AGO, outer), of_campaign)

    async def active_since(self, since: datetime, cursor: str | None) -> Page[Campaign]:
        """One request a page, and one that brings nothing new."""
        return await active_page(since, cursor)


async def active_page(since: datetime, cursor: str | None) -> Page[Campaign]:
    """Return one page of the campaigns with which something happened since a time. One request."""
    date = since_part(since)
    return await campaigns_page(
        lambda query: get("/v2/campaigns/with-activity-since/{date}", date=date, query=query, limit="medium"),
        cursor,
    )


async def active_ids(since: datetime, cursor: str | None) -> Page[str]:
    """Return one page of their ids. One request."""
    page = await active_page(since, cursor)
    return Page([one.id for one in page.items if one.id is not None], page.next_cursor)


def activities(campaign: int, since: datetime | None) -> Ask:
    """Return the question for what each recipient of a campaign did."""
    if since is None:
        return lambda query: get(
            "/v2/campaigns/{campaign}/activities", campaign=campaign, query=query, limit="low"
        )
    date = since_part(since)
    return lambda query: get(
        "/v2/campaigns/{campaign}/activities/since-date/{date}",
        campaign=campaign,
        date=date,
        query=query,
        limit="low",
    )


def opens(campaign: int, since: datetime | None) -> Ask:
    """Return the question for a campaign's openings."""
    if since is None:
        return lambda query: get("/v2/campaigns/{campaign}/opens", campaign=campaign, query=query, limit="low")
    date = since_part(since)
    return lambda query: get(
        "/v2/campaigns/{campaign}/opens/since-date/{date}", campaign=campaign, date=date, query=query, limit="low"
    )


def clicks(campaign: int, since: datetime | None) -> Ask:
    """Return the question for a campaign's clicks."""
    if since is None:
        return lambda query: get("/v2/campaigns/{campaign}/clicks", campaign=campaign, query=query, limit="low")
    date = since_part(since)
    return lambda query: get(
        "/v2/campaigns/{campaign}/clicks/since-date/{date}", campaign=campaign, date=date, query=query, limit="low"
    )


LISTINGS: Mapping[str, tuple[Any, Callable[[int, datetime | None], Ask]]] = {
    mapping.SENDS: (list[wire.Activity], lambda campaign, _since: activities(campaign, None)),
    mapping.ACTIVITIES: (list[wire.Activity], activities),
    mapping.OPENS: (list[wire.Open], opens),
    mapping.CLICKS: (list[wire.Click], clicks),
}
"""The shape of each listing's rows, and how one asks for them."""


async def _rows(source: str, campaign_id: str, query: EngagementQuery, cursor: str | None) -> Page[Engagement]:
    shape, question = LISTINGS[source]
    ask = question(number(campaign_id, "campaign"), query.since)

    def told(row: Mapping[str, Any]) -> list[Engagement]:
        return list(mapping.engagements_of(source, row, campaign_id, query.kinds, query.since))

    size = min(max(query.page_size or PAGE_SIZE, 1), LARGEST_V2_PAGE)
    page = await listed(shape, ask, told, cursor, size=size)
    return Page([one for several in page.items for one in several], page.next_cursor)
