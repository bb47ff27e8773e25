"""Sends of campaigns: to one table or one segment, now or later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, cast

from martech.models import Audience, Channel, Lists, Segments, Send, SendStatus
from martech.provider import InvalidRequest
from martech_dengage.dates import read_time, said
from martech_dengage.mapping.words import SEND_STATES
from martech_dengage.wire import SendRow

__all__ = ["audience_to_wire", "send_from_wire", "send_to_wire"]

OPTIONS = {
    Channel.EMAIL: frozenset({"deduplicate", "name", "tags", "trackClick", "trackOpen"}),
    Channel.SMS: frozenset({"name", "tags", "trackClick"}),
}
"""What may be said about a send besides (D2): e-mail has deduplication, text messages have not."""


def audience_to_wire(to: Audience) -> dict[str, str]:
    """Return whom a send goes to.

    Raises:
        InvalidRequest: It is more than dEngage's one table or one segment.
    """
    if isinstance(to, Lists) and len(to.ids) == 1:
        return {"tableId": to.ids[0]}
    if isinstance(to, Segments) and len(to.ids) == 1:
        return {"segmentId": to.ids[0]}
    raise InvalidRequest(
        "a send at dEngage goes to one list or one segment",
        hint="put everybody on one list: somebody who is on two would get it twice",
    )


def send_to_wire(
    content_id: str, to: Audience, *, channel: Channel, at: datetime | None, key: str, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a send as it is assumed to be asked for. It bears our key as its name, so that it can be found.

    Raises:
        InvalidRequest: It says what cannot be said.
    """
    unknown = sorted(extra.keys() - OPTIONS[channel])
    if unknown:
        known = ", ".join(sorted(OPTIONS[channel]))
        raise InvalidRequest(f"{', '.join(unknown)} is no option of this send; options are {known}")
    if at is not None and at.tzinfo is None:
        raise InvalidRequest("a send needs an aware time")
    body: dict[str, Any] = {
        "name": extra.get("name") or f"martech {key}",
        "contentId": content_id,
        "audience": audience_to_wire(to),
        "scheduleDate": said(at) if at is not None else None,
    }
    tracking = {name: extra[name] for name in ("trackOpen", "trackClick") if name in extra}
    body |= {"tracking": tracking} if tracking else {}
    body |= {"tags": list(extra["tags"])} if extra.get("tags") else {}
    if channel is Channel.EMAIL:
        # Nobody wants the same mail twice under one address; whoever does can say so.
        body["deduplicate"] = bool(extra.get("deduplicate", True))
    return body


def send_from_wire(send_id: str, row: SendRow, *, channel: Channel, zone: tzinfo) -> Send:
    """Return a send. Its state by an unknown word is unknown, with the word kept."""
    word = row.get("status")
    return Send(
        id=send_id,
        campaign_id=row.get("contentId"),
        channel=channel,
        status=SEND_STATES.get((word or "").upper(), SendStatus.UNKNOWN),
        at=read_time(row.get("scheduleDate"), zone=zone),
        vendor_word=word,
        raw=cast("Any", row),
    )
