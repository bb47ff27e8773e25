"""Detailed reports of campaigns, and the walk through all of them since a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from martech.models import Page
from martech.provider import InvalidRequest, M, Resource, get, operation, paged
from martech_dotdigital import reports
from martech_dotdigital.limits import REPLIES_PAGE
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.shapes.campaigns import (
    Activity,
    Clicking,
    Metrics,
    Opening,
    PageView,
    Reply,
    Revenue,
    RoiDetail,
    SocialView,
    Summary,
)
from martech_dotdigital.native.shapes.people import Person
from martech_dotdigital.paging import Ask, PageOf, chained, listed, rows, walked
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import since_part, time_to_wire

__all__ = ["BackfillDetail", "BackfillRow", "CampaignReports"]


class BackfillDetail(StrEnum):
    """What a backfill brings of each campaign with which something happened."""

    SUMMARY = "summary"
    ACTIVITY = "activity"
    """What each recipient did, counted."""
    ROI = "roi"
    REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """One row of a backfill: of which campaign, and what."""

    campaign_id: str
    row: Summary | Activity | RoiDetail | Revenue


class CampaignReports(Resource[M]):
    """Reports with everything the vendor prints. Since-reads take any aware time."""

    @paged
    async def backfill(
        self, cursor: str | None, *, since: datetime, details: Sequence[BackfillDetail] = tuple(BackfillDetail)
    ) -> Page[BackfillRow]:
        """Iterate over what happened with every campaign since a time, one after the other. One request a page.

        Of each campaign come its summary, what each recipient did, markers and revenue, or those of them that are
        wanted. The cursor holds the campaigns still to come: `pages(after=cursor)` goes on in another process,
        with the same `since` and `details`.
        """
        if not details:
            raise InvalidRequest("a backfill of no details brings nothing", hint="leave `details` out for all")

        async def of_campaign(campaign_id: str, at: str | None) -> Page[BackfillRow]:
            return await chained(at, [_details(one, campaign_id, since) for one in details])

        return await walked(cursor, lambda outer: reports.active_ids(since, outer), of_campaign)

    @operation
    async def summary(self, campaign_id: str) -> Summary:
        """Return the counts of a campaign, all that the vendor prints. One request."""
        return await _summary(number(campaign_id, "campaign"))

    @paged
    async def activities(
        self, cursor: str | None, campaign_id: str, *, since: datetime | None = None
    ) -> Page[Activity]:
        """Iterate over a campaign's recipients, or those who did something since a time. One request a page."""
        return await rows(list[Activity], reports.activities(number(campaign_id, "campaign"), since), cursor)

    @operation
    async def activity_of(self, campaign_id: str, *, contact_id: int) -> Activity:
        """Return what one recipient did. One request."""
        campaign = number(campaign_id, "campaign")
        reply = await get(
            "/v2/campaigns/{campaign}/activities/{contact}", campaign=campaign, contact=contact_id, limit="medium"
        )
        return read_v2(Activity, reply)

    @paged
    async def opens(self, cursor: str | None, campaign_id: str, *, since: datetime | None = None) -> Page[Opening]:
        """Iterate over openings, with what they were opened in. One request a page."""
        return await rows(list[Opening], reports.opens(number(campaign_id, "campaign"), since), cursor)

    @paged
    async def opens_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[Opening]:
        """Iterate over one recipient's openings. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[Opening],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/opens",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
        )

    @paged
    async def clicks(
        self, cursor: str | None, campaign_id: str, *, since: datetime | None = None
    ) -> Page[Clicking]:
        """Iterate over clicks with the groups of their links. One request a page."""
        campaign = number(campaign_id, "campaign")
        if since is None:
            return await rows(
                list[Clicking],
                lambda query: get(
                    "/v2/campaigns/{campaign}/clicks-with-groups", campaign=campaign, query=query, limit="low"
                ),
                cursor,
            )
        date = since_part(since)
        return await rows(
            list[Clicking],
            lambda query: get(
                "/v2/campaigns/{campaign}/clicks-with-groups/since-date/{date}",
                campaign=campaign,
                date=date,
                query=query,
                limit="low",
            ),
            cursor,
        )

    @paged
    async def clicks_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[Clicking]:
        """Iterate over one recipient's clicks with the groups of their links. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[Clicking],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/clicks-with-groups",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
        )

    @paged
    async def page_views(self, cursor: str | None, campaign_id: str, *, since: datetime) -> Page[PageView]:
        """Iterate over the pages that recipients looked at since a time. One request a page."""
        campaign, date = number(campaign_id, "campaign"), since_part(since)
        return await rows(
            list[PageView],
            lambda query: get(
                "/v2/campaigns/{campaign}/page-views/since-date/{date}",
                campaign=campaign,
                date=date,
                query=query,
                limit="low",
            ),
            cursor,
        )

    @paged
    async def page_views_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[PageView]:
        """Iterate over the pages that one recipient looked at. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[PageView],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/page-views",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
        )

    @paged
    async def replies_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[Reply]:
        """Iterate over one recipient's answers. One request for up to five."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[Reply],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/replies",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
            size=REPLIES_PAGE,
        )

    @paged
    async def roi(self, cursor: str | None, campaign_id: str, *, since: datetime) -> Page[RoiDetail]:
        """Iterate over the markers that recipients set off since a time. One request a page."""
        return await _roi(number(campaign_id, "campaign"), since, cursor)

    @paged
    async def roi_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[RoiDetail]:
        """Iterate over the markers that one recipient set off. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[RoiDetail],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/roi-details",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
        )

    @operation
    async def revenue(self, campaign_id: str, *, since: datetime) -> Revenue:
        """Return what was bought after a campaign since a time. One request."""
        return await _revenue(number(campaign_id, "campaign"), since)

    @operation
    async def revenue_of(self, campaign_id: str, *, contact_id: int) -> Revenue:
        """Return what one recipient bought after a campaign. One request."""
        campaign = number(campaign_id, "campaign")
        reply = await get(
            "/v2/campaigns/{campaign}/activities/{contact}/revenue",
            campaign=campaign,
            contact=contact_id,
            limit="medium",
        )
        return read_v2(Revenue, reply)

    @paged
    async def metrics(self, cursor: str | None, *, since: datetime, until: datetime) -> Page[Metrics]:
        """Iterate over the counts of every campaign in a window of time. One request a page.

        A day at a time, it gives the day by day numbers of the whole account.
        """
        window = {"startDate": time_to_wire(since), "endDate": time_to_wire(until)}

        def itself(row: Metrics) -> Metrics:
            return row

        return await listed(
            list[Metrics],
            lambda query: get("/v2/campaigns/metrics", query={**window, **query}, limit="low"),
            itself,
            cursor,
        )

    @paged
    async def social_views(self, cursor: str | None, campaign_id: str) -> Page[SocialView]:
        """Iterate over how often recipients' shares were looked at. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[SocialView],
            lambda query: get(
                "/v2/campaigns/{campaign}/social-bookmark-views", campaign=campaign, query=query, limit="low"
            ),
            cursor,
        )

    @paged
    async def social_views_of(self, cursor: str | None, campaign_id: str, *, contact_id: int) -> Page[SocialView]:
        """Iterate over how often one recipient's shares were looked at. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[SocialView],
            lambda query: get(
                "/v2/campaigns/{campaign}/activities/{contact}/social-bookmark-views",
                campaign=campaign,
                contact=contact_id,
                query=query,
                limit="medium",
            ),
            cursor,
        )

    @paged
    async def hard_bounces(self, cursor: str | None, campaign_id: str) -> Page[Person]:
        """Iterate over the recipients whose addresses do not exist. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await rows(
            list[Person],
            lambda query: get(
                "/v2/campaigns/{campaign}/hard-bouncing-contacts", campaign=campaign, query=query, limit="low"
            ),
            cursor,
        )


async def _roi(campaign: int, since: datetime, cursor: str | None) -> Page[RoiDetail]:
    date = since_part(since)
    return await rows(
        list[RoiDetail],
        lambda query: get(
            "/v2/campaigns/{campaign}/roi-details/since-date/{date}",
            campaign=campaign,
            date=date,
            query=query,
            limit="low",
        ),
        cursor,
    )


async def _revenue(campaign: int, since: datetime) -> Revenue:
    reply = await get(
        "/v2/campaigns/{campaign}/revenue/since-date/{date}",
        campaign=campaign,
        date=since_part(since),
        limit="medium",
    )
    return read_v2(Revenue, reply)


async def _summary(campaign: int) -> Summary:
    reply = await get("/v2/campaigns/{campaign}/summary", campaign=campaign, limit="medium")
    counts = read_v2(dict[str, Any], reply)
    return Summary.model_validate({**counts, "campaignId": str(campaign)}).model_copy(update={"raw": counts})


def _details(detail: BackfillDetail, campaign_id: str, since: datetime) -> PageOf[BackfillRow]:
    return lambda cursor: _backfilled(detail, campaign_id, since, cursor)


async def _backfilled(
    detail: BackfillDetail, campaign_id: str, since: datetime, cursor: str | None
) -> Page[BackfillRow]:
    campaign = number(campaign_id, "campaign")
    found: Page[Activity] | Page[RoiDetail]
    if detail is BackfillDetail.REVENUE:
        return Page([BackfillRow(campaign_id, await _revenue(campaign, since))])
    if detail is BackfillDetail.SUMMARY:
        return Page([BackfillRow(campaign_id, await _summary(campaign))])
    if detail is BackfillDetail.ROI:
        found = await _roi(campaign, since, cursor)
    else:
        ask: Ask = reports.activities(campaign, since)
        found = await rows(list[Activity], ask, cursor)
    several: Sequence[BackfillRow] = [BackfillRow(campaign_id, row) for row in found.items]
    return Page(several, found.next_cursor)
