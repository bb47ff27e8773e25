"""Reports in both vocabularies: the counts of a campaign, and what single people did with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from martech.models import BounceKind, Engagement, EngagementKind, Report, ReportScope
from martech.provider import not_offered
from martech_dotdigital.times import time_from_wire
from martech_dotdigital.wire import campaigns as wire

__all__ = ["ACTIVITIES", "CLICKS", "OPENS", "SENDS", "SOURCES", "engagements_of", "report_from_wire", "sources_of"]

_K = EngagementKind

COUNTS: Mapping[str, str] = {
    "sent": "numTotalSent",
    "delivered": "numTotalDelivered",
    "opens": "numTotalOpens",
    "unique_opens": "numTotalUniqueOpens",
    "clicks": "numTotalClicks",
    "unique_clicks": "numRecipientsClicked",
    "hard_bounces": "numTotalHardBounces",
    "soft_bounces": "numTotalSoftBounces",
    "complaints": "numTotalIspComplaints",
    "unsubscribes": "numTotalUnsubscribes",
    "replies": "numTotalReplies",
}
"""Our counts under the vendor's names: `numTotal…` is HTML and plain text together (S19)."""
DEFINITIONS: Mapping[str, str] = {
    "delivered": "sent, less hard and soft bounces",
    "unique_clicks": "recipients who clicked at least once",
    "complaints": "complaints that a mailbox provider passed on",
    "replies": "of every sort, automatic ones included",
}

SENDS, ACTIVITIES, OPENS, CLICKS = "sends", "activities", "opens", "clicks"
SOURCES: Mapping[EngagementKind, str] = {
    _K.SENT: ACTIVITIES,
    _K.BOUNCED: ACTIVITIES,
    _K.UNSUBSCRIBED: ACTIVITIES,
    _K.REPLIED: ACTIVITIES,
    _K.OPENED: OPENS,
    _K.CLICKED: CLICKS,
}
"""Where each kind of engagement is listed (S19). What is not here, the vendor only counts."""
NOT_LISTED = not_offered(
    "Dotdigital counts deliveries and complaints and does not list them; reports.counts has the counts.",
    instead="reports.counts",
)


def report_from_wire(campaign_id: str, summary: wire.Summary) -> Report:
    """Return a summary. A count that is not there is not told."""
    said: Mapping[str, Any] = summary
    counts = {ours: said.get(theirs) for ours, theirs in COUNTS.items()}
    return Report(
        scope=ReportScope.CAMPAIGN,
        subject_id=campaign_id,
        first_sent_at=time_from_wire(said.get("dateSent")),
        definitions=DEFINITIONS,
        raw=summary,
        **counts,
    )


def sources_of(kinds: frozenset[EngagementKind], since: datetime | None) -> tuple[str, ...]:
    """Return which listings hold these kinds, in a fixed order; all of them for none.

    Since a time, only recipients are listed who did something since then (S19). Who was only sent to is found in
    the listing of all recipients, by the time of the sending.

    Raises:
        UnsupportedOperation: One of the kinds is not listed by the vendor.
    """
    wanted = kinds or frozenset(SOURCES)
    if not wanted <= set(SOURCES):
        NOT_LISTED()
    used = {SENDS if kind is _K.SENT and since is not None else SOURCES[kind] for kind in wanted}
    return tuple(source for source in (SENDS, ACTIVITIES, OPENS, CLICKS) if source in used)


def engagements_of(
    source: str, row: Mapping[str, Any], campaign_id: str, kinds: frozenset[EngagementKind], since: datetime | None
) -> Iterator[Engagement]:
    """Yield what one row of a listing says, of the kinds that are asked for."""
    wanted = kinds or frozenset(SOURCES)
    if source in (SENDS, ACTIVITIES):
        told = (one for one in _activities(row, campaign_id) if one.kind in wanted)
        yield from (one for one in told if since is None or _of_listing(one, source, since))
    elif source == OPENS:
        yield _engagement(_K.OPENED, row, campaign_id, at=time_from_wire(row.get("dateOpened")))
    else:
        when = time_from_wire(row.get("dateClicked"))
        keyword = row.get("keyword") or None
        yield _engagement(_K.CLICKED, row, campaign_id, at=when, url=row.get("url"), detail=keyword)


def _of_listing(one: Engagement, source: str, since: datetime) -> bool:
    """Return whether an engagement since a time is told by this listing, so that none is told twice."""
    if one.kind is not _K.SENT:
        return source == ACTIVITIES
    return source == SENDS and one.at is not None and one.at >= since


def _activities(row: Mapping[str, Any], campaign_id: str) -> Iterator[Engagement]:
    """Yield what a recipient's row tells. But for the sending, none of it has a time (S19)."""
    yield _engagement(_K.SENT, row, campaign_id, at=time_from_wire(row.get("dateSent")))
    for flag, bounce in (("hardBounced", BounceKind.HARD), ("softBounced", BounceKind.SOFT)):
        if row.get(flag):
            yield _engagement(_K.BOUNCED, row, campaign_id, bounce=bounce, vendor_word=flag)
    if row.get("unsubscribed"):
        yield _engagement(_K.UNSUBSCRIBED, row, campaign_id)
    if replies := row.get("numReplies"):
        yield _engagement(_K.REPLIED, row, campaign_id, count=int(replies))


def _engagement(kind: EngagementKind, row: Mapping[str, Any], campaign_id: str, **more: Any) -> Engagement:
    return Engagement(
        kind=kind,
        email=row.get("email"),
        vendor_id=str(row["contactId"]),
        campaign_id=campaign_id,
        raw=row,
        **more,
    )
