"""Reports of campaigns: totals, recipients, and every single thing that happened (section 19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.shapes import v2_contact
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import INVALID, date_part, number_part, v2_flag
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.email.activity import Activity, Kind, Row
from martech_dotdigital.emulator.email.campaigns import CampaignOperations
from martech_dotdigital.emulator.email.rows import (
    activity_row,
    bookmark_row,
    click_row,
    grouped_click_row,
    metrics,
    open_row,
    page_view_row,
    reply_row,
    roi_row,
    split_result,
    summary,
)

__all__ = ["ReportOperations"]

ONE = "/v2/campaigns/{campaignId}"
SINCE = "/since-date/{date}"
OF_CONTACT = ONE + "/activities/{contactId}"
MOST_ACTIVITIES_SINCE = 2000
MOST_REPLIES = 5

Shape = Callable[[Row], dict[str, Any]]


class ReportOperations(CampaignOperations):
    """Reads of what became of campaigns."""

    @operation("GET", ONE + "/summary")
    def get_campaign_summary(self, incoming: Incoming) -> Response:
        """Return the totals of a campaign: HTML part, plain-text part, and both."""
        return answer(200, summary(self.campaign_named(incoming)))

    @operation("GET", "/v2/campaigns/with-activity-since/{date}")
    def list_campaigns_with_activity(self, incoming: Incoming) -> Response:
        """List the sent campaigns with which anything happened since a date."""
        since = date_part(incoming)
        found = [
            campaign
            for campaign in self.campaigns.values()
            if campaign.report.last_activity is not None and campaign.report.last_activity >= since
        ]
        window = offset_window(incoming, found)
        return answer(200, [self.campaign_shape(campaign, content=False) for campaign in window])

    @operation("GET", "/v2/campaigns/metrics")
    def list_metrics(self, incoming: Incoming) -> Response:
        """List the numbers of every campaign with activity between two moments."""
        start, end = _bound(incoming, "startDate"), _bound(incoming, "endDate")
        found = [
            metrics(campaign, self.from_addresses[campaign.content.from_id], start, end)
            for campaign in self.campaigns.values()
            if any(campaign.report.between(kind, start, end) for kind in Kind)
        ]
        return answer(200, offset_window(incoming, found))

    @operation("GET", ONE + "/activities", tier=Tier.LOW)
    def list_activities(self, incoming: Incoming) -> Response:
        """List the recipients with what each did."""
        activities = list(self.campaign_named(incoming).report.activities.values())
        return answer(200, [activity_row(activity) for activity in offset_window(incoming, activities)])

    @operation("GET", ONE + "/activities" + SINCE, tier=Tier.LOW)
    def list_activities_since(self, incoming: Incoming) -> Response:
        """List only those recipients who did anything since a date."""
        report = self.campaign_named(incoming).report
        found = [report.activities[number] for number in report.last.since(date_part(incoming))]
        most = MOST_ACTIVITIES_SINCE
        window = offset_window(incoming, found, default=most, most=most)
        return answer(200, [activity_row(activity) for activity in window])

    @operation("GET", OF_CONTACT)
    def get_activity(self, incoming: Incoming) -> Response:
        """Return what one recipient did."""
        return answer(200, activity_row(self._recipient(incoming)))

    @operation("GET", ONE + "/opens", ONE + "/opens" + SINCE, OF_CONTACT + "/opens", tier=Tier.LOW)
    def list_opens(self, incoming: Incoming) -> Response:
        """List opens: all, since a date, or one contact's."""
        return self._happened(incoming, Kind.OPEN, open_row)

    @operation("GET", ONE + "/clicks", ONE + "/clicks" + SINCE, OF_CONTACT + "/clicks", tier=Tier.LOW)
    def list_clicks(self, incoming: Incoming) -> Response:
        """List clicks: all, since a date, or one contact's."""
        return self._happened(incoming, Kind.CLICK, click_row)

    @operation(
        "GET",
        ONE + "/clicks-with-groups",
        ONE + "/clicks-with-groups" + SINCE,
        OF_CONTACT + "/clicks-with-groups",
        tier=Tier.LOW,
    )
    def list_clicks_with_groups(self, incoming: Incoming) -> Response:
        """List clicks with the groups of their links."""
        return self._happened(incoming, Kind.CLICK, grouped_click_row)

    @operation("GET", ONE + "/page-views" + SINCE, OF_CONTACT + "/page-views", tier=Tier.LOW)
    def list_page_views(self, incoming: Incoming) -> Response:
        """List page views since a date, or one contact's."""
        return self._happened(incoming, Kind.PAGE_VIEW, page_view_row)

    @operation("GET", ONE + "/roi-details" + SINCE, OF_CONTACT + "/roi-details", tier=Tier.LOW)
    def list_roi_details(self, incoming: Incoming) -> Response:
        """List what the tracked pages reported since a date, or for one contact."""
        return self._happened(incoming, Kind.ROI, roi_row)

    @operation("GET", OF_CONTACT + "/replies")
    def list_replies(self, incoming: Incoming) -> Response:
        """List one contact's replies, at most five at a time."""
        return self._happened(incoming, Kind.REPLY, reply_row, most=MOST_REPLIES)

    @operation("GET", ONE + "/social-bookmark-views", OF_CONTACT + "/social-bookmark-views")
    def list_social_bookmark_views(self, incoming: Incoming) -> Response:
        """List how often recipients, or one of them, followed a bookmark."""
        rows = self._rows(incoming, Kind.BOOKMARK)
        views = Counter((row.contact_id, row.email, row.data["bookmarkName"]) for row in rows)
        return answer(
            200, [bookmark_row(key, count) for key, count in offset_window(incoming, list(views.items()))]
        )

    @operation("GET", ONE + "/hard-bouncing-contacts", tier=Tier.LOW)
    def list_hard_bouncing_contacts(self, incoming: Incoming) -> Response:
        """List the contacts whose address does not exist."""
        rows = self.campaign_named(incoming).report.rows[Kind.HARD_BOUNCE]
        fields = self.data_fields if v2_flag(incoming, "withFullData") else None
        people = self.people.some(row.contact_id for row in rows)
        return answer(200, [v2_contact(contact, fields) for contact in offset_window(incoming, people)])

    @operation("GET", ONE + "/revenue" + SINCE, OF_CONTACT + "/revenue")
    def get_revenue(self, incoming: Incoming) -> Response:
        """Return what was bought since a date, or by one contact."""
        campaign = self.campaign_named(incoming)
        orders = self._rows(incoming, Kind.ORDER)
        recipients = len(campaign.report.activities)
        return answer(
            200,
            {
                "campaignID": campaign.id,
                "dateSent": stamp(campaign.last_sent) if campaign.last_sent else None,
                "currency": "GBP",
                "revenue": float(sum(row.data["value"] for row in orders)),
                "numOrders": len(orders),
                "conversionRate": 100 * len(orders) / recipients if recipients else 0.0,
            },
        )

    @operation("GET", ONE + "/split-test")
    def get_split_test(self, incoming: Incoming) -> Response:
        """Return how the variations of a split test did, and which of them won."""
        campaign = self.campaign_named(incoming)
        if not campaign.is_split_test:
            raise v2_refusal(400, "ERROR_CAMPAIGN_INVALID", "The campaign is no split test.")
        return answer(200, split_result(campaign, self.from_addresses))

    def _recipient(self, incoming: Incoming) -> Activity:
        missing = v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        number = number_part(incoming, "contactId", missing)
        activity = self.campaign_named(incoming).report.activities.get(number)
        if activity is None:
            raise missing
        return activity

    def _rows(self, incoming: Incoming, kind: Kind) -> Sequence[Row]:
        """Return what happened, as much of it as the path asks for."""
        report = self.campaign_named(incoming).report
        if "contactId" in incoming.parts:
            return report.of_contact.get((kind, self._recipient(incoming).contact_id), [])
        if "date" in incoming.parts:
            return report.since(kind, date_part(incoming))
        return report.rows[kind]

    def _happened(self, incoming: Incoming, kind: Kind, shape: Shape, *, most: int = 1000) -> Response:
        window = offset_window(incoming, self._rows(incoming, kind), default=most, most=most)
        return answer(200, [shape(row) for row in window])


def _bound(incoming: Incoming, name: str) -> datetime:
    try:
        return parsed(incoming.arg(name) or "")
    except ValueError:
        raise v2_refusal(400, INVALID, f"The {name} is invalid.") from None
