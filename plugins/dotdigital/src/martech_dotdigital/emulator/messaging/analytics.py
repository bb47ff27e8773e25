"""Counts of messages sent through the real-time API, by period (section 21.2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.messaging.message import Message
from martech_dotdigital.emulator.messaging.omnichannel import OmnichannelOperations

__all__ = ["AnalyticsOperations"]

PERIODS: dict[str, Callable[[datetime], datetime]] = {
    "hour": lambda at: at.replace(minute=0, second=0, microsecond=0),
    "day": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
    "month": lambda at: at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    "year": lambda at: at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
}
PREFIX = "/cpaas/analytics"
BY_CHANNEL = {
    "queued": ("processing", "retrying"),
    "success": ("sent", "delivered", "read"),
    "delivered": ("delivered", "read"),
    "read": ("read",),
    "undeliverable": ("failed",),
    "expired": ("expired",),
}

DELIVERY_BOUNDS = (10, 30, 60, 300, 3600, 86_400)
"""In how many seconds a message was delivered at most: the first two are the example's, the others ASSUMED."""


class AnalyticsOperations(OmnichannelOperations):
    """Aggregates; they know nothing of campaigns."""

    @operation("GET", PREFIX + "/messages")
    def get_message_analytics(self, incoming: Incoming) -> Response:
        """Count messages of all channels by how far they are."""
        return self._by_period(incoming, self.messages.values(), _counts, utc=True)

    @operation("GET", PREFIX + "/messages/metrics")
    def get_message_metrics(self, incoming: Incoming) -> Response:
        """Say how long delivery took, channel by channel."""
        return self._by_period(incoming, self.messages.values(), _delivery_times, utc=True)

    @operation("GET", PREFIX + "/sms/outbound")
    def get_sms_outbound(self, incoming: Incoming) -> Response:
        """Count SMS that were submitted."""
        return self._by_period(incoming, self._of_channel("sms"), _sms_outbound)

    @operation("GET", PREFIX + "/sms/inbound")
    def get_sms_inbound(self, incoming: Incoming) -> Response:
        """Count SMS that people sent."""
        start, end, floor = _window(incoming)
        received = [parsed(one["receivedOn"]) for one in self.inbounds.values() if one["channel"] == "sms"]
        counts = Counter(floor(at) for at in received if start <= at <= end)
        return answer(200, [{"date": stamp(at), "received": count} for at, count in sorted(counts.items())])

    @operation("GET", PREFIX + "/sms/tracking")
    def get_sms_tracking(self, incoming: Incoming) -> Response:
        """Count shortened links; nobody follows any here."""
        return self._by_period(incoming, self._of_channel("sms"), _tracking)

    @operation("GET", PREFIX + "/sms/verify")
    def get_sms_verify(self, incoming: Incoming) -> Response:
        """Count verification calls, of which there are none here."""
        _window(incoming)
        return answer(200, [])

    @operation("GET", PREFIX + "/whatsapp/conversations")
    def get_whatsapp_conversations(self, incoming: Incoming) -> Response:
        """Count WhatsApp conversations, one for each number written to."""
        start, end, _ = _window(incoming)
        numbers = {one.address for one in self._of_channel("whatsApp") if start <= one.created <= end}
        row = {
            "start": int(start.timestamp()),
            "end": int(end.timestamp()),
            "conversation": len(numbers),
            "cost": 0,
        }
        return answer(200, [row] if numbers else [])

    @operation("GET", PREFIX + "/whatsapp/dailymessagingusage")
    def get_whatsapp_usage(self, _: Incoming) -> Response:
        """Say how much of the daily WhatsApp allowance is used."""
        today = PERIODS["day"](self.now())
        used = sum(one.created >= today for one in self._of_channel("whatsApp"))
        return answer(200, [{"usageInTheLast24Hours": used, "messagingLimitTier": "TIER_1K"}])

    def _of_channel(self, channel: str) -> list[Message]:
        return [message for message in self.messages.values() if message.channel == channel]

    def _by_period(
        self,
        incoming: Incoming,
        messages: Iterable[Message],
        shape: Callable[[list[Message]], dict[str, Any]],
        *,
        utc: bool = False,
    ) -> Response:
        """Answer with one row a period; some of these routes print its beginning a second time as `dateUtc`."""
        start, end, floor = _window(incoming)
        periods: defaultdict[datetime, list[Message]] = defaultdict(list)
        for message in messages:
            if start <= message.created <= end:
                periods[floor(message.created)].append(message)
        rows = [
            {"date": stamp(at), **({"dateUtc": stamp(at)} if utc else {}), **shape(found)}
            for at, found in sorted(periods.items())
        ]
        return answer(200, rows)


def _window(incoming: Incoming) -> tuple[datetime, datetime, Callable[[datetime], datetime]]:
    try:
        start, end = parsed(incoming.arg("from") or ""), parsed(incoming.arg("to") or "")
    except ValueError:
        raise cpaas_refusal(400, "Validation failed.", fields={"from": "and to are required dates"}) from None
    return start, end, PERIODS.get((incoming.arg("by") or "day").split(",")[0], PERIODS["day"])


def _counts(messages: list[Message]) -> dict[str, Any]:
    counts: dict[str, Any] = {"attempted": len(messages)}
    for name, statuses in BY_CHANNEL.items():
        counts[name] = dict(Counter(one.channel for one in messages if one.status in statuses))
    return {**counts, "failed": sum(one.status == "failed" for one in messages), "inbound": {}}


def _delivery_times(messages: list[Message]) -> dict[str, Any]:
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for one in messages:
        if one.status in ("delivered", "read") and one.updated is not None:
            taken[one.channel].append((one.updated - one.created).total_seconds())
    return {channel: {"timeToDelivered": _spread(seconds)} for channel, seconds in taken.items()}


def _spread(seconds: list[float]) -> dict[str, dict[str, int]]:
    """Return how many deliveries took up to so many seconds, and the milliseconds of them all (spec example)."""
    spread: dict[str, dict[str, int]] = {}
    for one in sorted(seconds):
        bound = next((bound for bound in DELIVERY_BOUNDS if one <= bound), DELIVERY_BOUNDS[-1])
        there = spread.setdefault(str(bound), {"count": 0, "value": 0})
        there["count"] += 1
        there["value"] += int(one * 1000)
    return spread


def _sms_outbound(messages: list[Message]) -> dict[str, Any]:
    return {
        "submitted": len(messages),
        "delivered": sum(one.status in ("delivered", "read") for one in messages),
        "filtered": sum(one.status == "filtered" for one in messages),
        "undeliverable": sum(one.status in ("failed", "expired") for one in messages),
    }


def _tracking(messages: list[Message]) -> dict[str, Any]:
    links = sum("http" in str(one.request.get("body", "")) for one in messages)
    return {"sent": links, "clicks": 0, "uniqueClicks": 0}
