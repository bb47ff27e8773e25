"""Reports as the vendor prints them, with the identities that hold in its samples (section 19)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.email.activity import Activity, Kind, Report, Row
from martech_dotdigital.emulator.email.campaign import Campaign

__all__ = [
    "activity_row",
    "bookmark_row",
    "click_row",
    "grouped_click_row",
    "metrics",
    "open_row",
    "page_view_row",
    "reply_row",
    "roi_row",
    "split_result",
    "summary",
]

FAMILIES: Mapping[str, str] = {
    "UniqueOpens": f"unique {Kind.OPEN}",
    "Opens": Kind.OPEN,
    "Clicks": Kind.CLICK,
    "PageViews": Kind.PAGE_VIEW,
    "EstimatedForwards": Kind.FORWARD,
    "Replies": Kind.REPLY,
    "HardBounces": Kind.HARD_BOUNCE,
    "SoftBounces": Kind.SOFT_BOUNCE,
    "Unsubscribes": Kind.UNSUBSCRIBE,
    "IspComplaints": Kind.COMPLAINT,
    "MailBlocks": Kind.MAIL_BLOCK,
    "Sent": Kind.SENT,
}
"""Family of counters in a summary → what is counted."""


def activity_row(activity: Activity) -> dict[str, Any]:
    """Return one recipient."""
    counts = activity.counts
    return {
        "contactId": activity.contact_id,
        "email": activity.email,
        "numOpens": counts[Kind.OPEN],
        "numPageViews": counts[Kind.PAGE_VIEW],
        "numClicks": counts[Kind.CLICK],
        "numForwards": counts[Kind.FORWARD],
        "numEstimatedForwards": counts[Kind.FORWARD],
        "numReplies": counts[Kind.REPLY],
        "dateSent": stamp(activity.sent),
        "dateFirstOpened": stamp(activity.first_opened) if activity.first_opened else None,
        "dateLastOpened": stamp(activity.last_opened) if activity.last_opened else None,
        "firstOpenIp": activity.first_ip,
        "unsubscribed": bool(counts[Kind.UNSUBSCRIBE]),
        "softBounced": bool(counts[Kind.SOFT_BOUNCE]),
        "hardBounced": bool(counts[Kind.HARD_BOUNCE]),
    }


def open_row(row: Row) -> dict[str, Any]:
    """Return one open."""
    return {**_who(row), **row.data, "isHtml": row.html, "dateOpened": stamp(row.at)}


def click_row(row: Row) -> dict[str, Any]:
    """Return one click."""
    data = {name: value for name, value in row.data.items() if name != "groups"}
    return {**_who(row), **data, "dateClicked": stamp(row.at)}


def grouped_click_row(row: Row) -> dict[str, Any]:
    """Return one click with the groups of its link."""
    return {**click_row(row), "groups": row.data["groups"]}


def page_view_row(row: Row) -> dict[str, Any]:
    """Return one page view."""
    return {**_who(row), **row.data, "dateViewed": stamp(row.at)}


def roi_row(row: Row) -> dict[str, Any]:
    """Return what a tracked page reported."""
    return {**_who(row), **row.data, "dateEntered": stamp(row.at)}


def reply_row(row: Row) -> dict[str, Any]:
    """Return one reply."""
    return {**_who(row), **row.data, "dateReplied": stamp(row.at)}


def bookmark_row(key: tuple[int, str, str], count: int) -> dict[str, Any]:
    """Return how often a recipient followed a bookmark."""
    contact_id, email, name = key
    return {"contactId": contact_id, "email": email, "bookmarkName": name, "numViews": count}


def summary(campaign: Campaign) -> dict[str, Any]:
    """Return the totals of a campaign."""
    html, text = _part(campaign.report, html=True), _part(campaign.report, html=False)
    shape: dict[str, Any] = {"dateSent": stamp(campaign.sent) if campaign.sent else None}
    total = {name: html[name] + text[name] for name in html}
    for name in html:
        # The vendor's naming is irregular in these two.
        shape[f"num{name}"] = html[name]
        shape["numUniqueTextOpens" if name == "UniqueOpens" else f"numText{name}"] = text[name]
        shape[f"numTotal{name}"] = total[name]
    shape["numForwards"] = html["EstimatedForwards"]
    shape["numTextForwards"] = text["EstimatedForwards"]
    clicked = campaign.report.total(Kind.CLICK, unique=True)
    orders = campaign.report.rows[Kind.ORDER]
    revenue = float(sum(row.data["value"] for row in orders))
    shape |= {
        "numRecipientsClicked": clicked,
        "percentageDelivered": _share(total["Delivered"], total["Sent"]),
        "percentageUniqueOpens": _share(total["UniqueOpens"], total["Delivered"]),
        "percentageOpens": _share(total["Opens"], total["Delivered"]),
        "percentageUnsubscribes": _share(total["Unsubscribes"], total["Delivered"]),
        "percentageReplies": _share(total["Replies"], total["Delivered"]),
        "percentageHardBounces": _share(total["HardBounces"], total["Sent"]),
        # Over delivered, not over sent: so it is in the vendor's sample.
        "percentageSoftBounces": _share(total["SoftBounces"], total["Delivered"]),
        "percentageUsersClicked": _share(clicked, total["Delivered"]),
        "percentageClicksToOpens": _share(total["Clicks"], total["Opens"]),
        "revenue": f"£{revenue:,.2f}",
        "assistedRevenue": "£0.00",
        "conversionRate": _share(len(orders), total["Delivered"]),
        "numOrders": len(orders),
        "numAssistedOrders": 0,
    }
    return shape


def metrics(campaign: Campaign, from_address: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the numbers of a campaign between two moments; percentages go from 0 to 100 here."""
    report = campaign.report
    rows = {kind: report.between(kind, start, end) for kind in Kind}
    counts = {kind: len(found) for kind, found in rows.items()}
    unique = {kind: len({row.contact_id for row in found}) for kind, found in rows.items()}
    sent = counts[Kind.SENT]
    delivered = max(0, sent - counts[Kind.HARD_BOUNCE] - counts[Kind.SOFT_BOUNCE])
    return {
        "campaignId": campaign.id,
        "campaignName": campaign.name,
        "campaignType": campaign.type,
        "tags": campaign.tags,
        "subjectLine": campaign.content.subject,
        "dateSent": stamp(campaign.sent) if campaign.sent else None,
        "lastDateSent": stamp(campaign.last_sent) if campaign.last_sent else None,
        "sent": sent,
        "delivered": delivered,
        "opens": counts[Kind.OPEN],
        "uniqueOpens": unique[Kind.OPEN],
        "clicks": counts[Kind.CLICK],
        "uniqueClicks": unique[Kind.CLICK],
        "replies": counts[Kind.REPLY],
        "hardBounces": counts[Kind.HARD_BOUNCE],
        "softBounces": counts[Kind.SOFT_BOUNCE],
        "unsubscribes": counts[Kind.UNSUBSCRIBE],
        "forwards": counts[Kind.FORWARD],
        "complaints": counts[Kind.COMPLAINT],
        "mailBlocks": counts[Kind.MAIL_BLOCK],
        "sendStatusFails": 0,
        "pageViews": counts[Kind.PAGE_VIEW],
        "orders": counts[Kind.ORDER],
        "assistedOrders": 0,
        "revenue": float(sum(row.data["value"] for row in rows[Kind.ORDER])),
        "assistedRevenue": 0.0,
        "conversionRate": _percent(counts[Kind.ORDER], delivered),
        "percentageDelivered": _percent(delivered, sent),
        "percentageUniqueOpens": _percent(unique[Kind.OPEN], delivered),
        "percentageHardBounces": _percent(counts[Kind.HARD_BOUNCE], sent),
        "percentageSoftBounces": _percent(counts[Kind.SOFT_BOUNCE], sent),
        "percentageReplies": _percent(counts[Kind.REPLY], delivered),
        "percentageUnsubscribes": _percent(counts[Kind.UNSUBSCRIBE], delivered),
        "percentageUniqueClicks": _percent(unique[Kind.CLICK], delivered),
        "percentageUniqueClicksToOpens": _percent(unique[Kind.CLICK], unique[Kind.OPEN]),
        "fromName": campaign.content.from_name,
        "fromAddress": from_address,
        "isSplitTest": campaign.is_split_test,
    }


def split_result(campaign: Campaign, addresses: Mapping[int, str]) -> dict[str, Any]:
    """Return how the variations did by the metric of the test."""
    kind = {"Opens": Kind.OPEN, "Clicks": Kind.CLICK, "ROI": Kind.ROI}[campaign.metric]
    versions = []
    for number, content in enumerate(campaign.contents):
        activities = [one for one in campaign.report.activities.values() if one.variant == number]
        actual = sum(bool(one.counts[kind]) for one in activities)
        versions.append(
            {
                "subjectLine": content.subject,
                "fromName": content.from_name,
                "fromAddress": addresses[content.from_id],
                "htmlContent": content.html,
                "plainTextContent": content.text,
                "version": chr(ord("A") + number),
                "winningVersion": number == campaign.winner,
                "resultsActual": actual,
                "resultsPercentage": _percent(actual, sum(one.delivered for one in activities)),
            }
        )
    return {"versions": versions, "splitTestWinnerMetric": campaign.metric}


def _who(row: Row) -> dict[str, Any]:
    return {"contactId": row.contact_id, "email": row.email}


def _part(report: Report, *, html: bool) -> dict[str, int]:
    counts = report.counts[html]
    part = {family: counts[kind] for family, kind in FAMILIES.items()}
    part["Delivered"] = part["Sent"] - part["HardBounces"] - part["SoftBounces"]
    return part


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _percent(part: int, whole: int) -> float:
    return min(100.0, 100 * part / whole) if whole else 0.0
