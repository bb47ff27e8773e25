"""What became of messages: reports, logs, and the state that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from martech.models import (
    Channel,
    Engagement,
    EngagementKind,
    MessageReport,
    MessageState,
    Report,
    ReportScope,
)
from martech_dengage.dates import read_time
from martech_dengage.mapping.words import BOUNCES, ENGAGEMENTS, MESSAGE_STATES
from martech_dengage.wire import DetailRow, EventRow, OverviewRow, ReportRow

__all__ = ["detail_from_wire", "engagements_from_wire", "message_from_wire", "report_from_wire"]


def engagements_from_wire(row: ReportRow, *, zone: tzinfo, who: dict[str, str]) -> list[Engagement]:
    """Return everything that happened to one message.

    A message's own event is the last of those it lists; it counts where it lists none.

    Args:
        row: The message.
        zone: In which zone its times are meant.
        who: What is known of the message besides: whose it is, where a report is about one address only.
    """
    number = row.get("gsm")
    named = {
        "email": row.get("email"),
        "mobile": f"+{number}" if number else None,
        "message_id": row.get("trackingId"),
    }
    known: dict[str, Any] = {**who, **{name: value for name, value in named.items() if value}}
    events: Sequence[EventRow] = row.get("events") or ([row] if row.get("event_type") else [])
    return [_engagement(event, zone=zone, known=known) for event in events]


def _engagement(event: EventRow, *, zone: tzinfo, known: dict[str, Any]) -> Engagement:
    word = (event.get("event_type") or "").upper()
    code, text = event.get("bounce_code"), event.get("bounce_text")
    return Engagement(
        kind=ENGAGEMENTS.get(word, EngagementKind.UNKNOWN),
        at=read_time(event.get("event_date"), zone=zone),
        url=event.get("url"),
        bounce=BOUNCES.get(word),
        detail=" ".join(str(one) for one in (code, text) if one not in (None, "")) or None,
        vendor_word=event.get("event_type") or None,
        raw=event,
        **known,
    )


def message_from_wire(message: str, channel: Channel, rows: Sequence[ReportRow], *, zone: tzinfo) -> MessageReport:
    """Return how far a message is: as far as its last event says. Without any it was accepted, no more."""
    engagements = [
        one for row in rows for one in engagements_from_wire(row, zone=zone, who={"message_id": message})
    ]
    engagements.sort(key=lambda one: one.at or datetime.min.replace(tzinfo=UTC))
    last = engagements[-1] if engagements else None
    return MessageReport(
        message_id=message,
        channel=channel,
        state=MESSAGE_STATES[last.kind] if last else MessageState.ACCEPTED,
        changed_at=last.at if last else None,
        engagements=tuple(engagements),
        vendor_word=last.vendor_word if last else None,
        raw=list(rows),
    )


def detail_from_wire(row: DetailRow, *, send_id: str, kind: EngagementKind | None, zone: tzinfo) -> Engagement:
    """Return a row of a report or log of a send; `kind` is what all its rows are, where they are alike."""
    known: dict[str, Any] = {"send_id": send_id}
    if row.get("contact_key") not in (None, ""):
        known["own_id"] = str(row.get("contact_key"))
    if row.get("email"):
        known["email"] = row.get("email")
    if row.get("gsm"):
        known["mobile"] = f"+{row.get('gsm')}"
    found = _engagement(row, zone=zone, known=known)
    return found if kind is None else found.model_copy(update={"kind": kind})


def report_from_wire(send_id: str, row: OverviewRow) -> Report:
    """Return the overview of a send."""
    return Report(
        scope=ReportScope.SEND,
        subject_id=send_id,
        sent=row.get("totalSent"),
        delivered=row.get("totalDelivered"),
        opens=row.get("totalOpens"),
        unique_opens=row.get("uniqueOpens"),
        clicks=row.get("totalClicks"),
        unique_clicks=row.get("uniqueClicks"),
        hard_bounces=row.get("hardBounces"),
        soft_bounces=row.get("softBounces"),
        complaints=row.get("spamReports"),
        unsubscribes=row.get("unsubscribes"),
        raw=row,
    )
