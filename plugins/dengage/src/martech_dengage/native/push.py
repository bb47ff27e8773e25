"""Pushes to many, their reports, and live activities."""

from __future__ import annotations

from typing import Any

from martech.provider import InvalidRequest, M, observed, operation, send
from martech_dengage import seen
from martech_dengage.native.base import Data, Group, data_of, key_for, refuse_everybody
from martech_dengage.reading import get

__all__ = ["Push"]


class Push(Group[M]):
    """SendInstantPush (D20) and live activities (C5)."""

    row = "native.push"

    @operation
    @observed(seen.PUSH)
    async def send_instant(self, body: Data, *, key: str | None = None) -> str:
        """SendInstantPush to a segment or a table, now or at `scheduleDate` (UTC); return its tracking id.

        `applicationIds`, `content` or `multiLangContent`, and `segmentId` or `tableId` make the body. One that
        names no audience would go to everybody, and is refused; so is one without `applicationIds`, which would go
        to every application. One request, a send; one more for a table.
        """
        await refuse_everybody(self._settings, body)
        if not body.get("applicationIds"):
            raise InvalidRequest("a push to many names its applications: applicationIds")
        reply = await send("/push/sendInstant", json=dict(body), send_key=await key_for(key))
        tracking_id = data_of(reply).get("trackingId")
        if not isinstance(tracking_id, str):
            raise reply.unexpected("the push was taken, and the answer does not say its id")
        return tracking_id

    @operation
    @observed(seen.PUSH)
    async def instant_report(self, tracking_id: str, *, application_id: str | None = None) -> Data:
        """Return how an instant push went (C4). One request.

        Raises:
            NotFound: There is no such push, or its report is not there yet.
        """
        query = {"trackingId": tracking_id, "applicationId": application_id}
        return data_of(await get("/push/sendInstant", query=query))

    @operation
    @observed(seen.ACTIVITIES)
    async def start_activity(self, body: Data, *, key: str | None = None) -> Data:
        """Start a live activity on the devices of some contacts or of a segment (C5). One request, a send.

        Raises:
            InvalidRequest: It names nobody; an update and an end name them again (C5).
        """
        return data_of(await send("/liveActivity/start", json=_named(body), send_key=await key_for(key)))

    @operation
    @observed(seen.ACTIVITIES)
    async def update_activity(self, body: Data, *, key: str | None = None) -> Data:
        """Update a live activity (C5). One request, a send."""
        return data_of(await send("/liveActivity/update", json=_named(body), send_key=await key_for(key)))

    @operation
    @observed(seen.ACTIVITIES)
    async def end_activity(self, body: Data, *, key: str | None = None) -> Data:
        """End a live activity (C5). One request, a send. Its id may not be used again for 13 hours."""
        return data_of(await send("/liveActivity/end", json=_named(body), send_key=await key_for(key)))


def _named(body: Data) -> dict[str, Any]:
    if not any(body.get(name) for name in ("contactKeys", "deviceIds", "segmentGuid")):
        raise InvalidRequest("a live activity names whom it is for: contactKeys, deviceIds or segmentGuid")
    return dict(body)
