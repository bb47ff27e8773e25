"""The data firehose: files of events that the vendor puts into somebody's own storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field

from martech.models import PERSONAL
from martech.provider import M, Resource, delete, get, operation, post, put
from martech_dotdigital.native.shapes.base import Shape
from martech_dotdigital.reading import read_v3

__all__ = ["Firehose", "Frequency", "NativeFirehose"]


class Frequency(StrEnum):
    """How often files are written."""

    DAILY = "daily"
    HOURLY = "hourly"
    EVERY_QUARTER = "fifteenMinutes"


class Firehose(Shape):
    """A configuration. Where it writes, and with which credentials, stays out of its repr."""

    id: str
    status: str | None = None
    frequency: str | None = None
    alerts_configuration: Mapping[str, Any] | None = Field(default=None, json_schema_extra=PERSONAL)
    events: tuple[Mapping[str, Any], ...] | None = None
    target: Mapping[str, Any] | None = Field(default=None, repr=False)


class NativeFirehose(Resource[M]):
    """Configurations of the data firehose. The vendor lists none: keep their ids. CXDP package only."""

    row = "native.firehose"

    @operation
    async def create(
        self,
        *,
        events: Mapping[str, Sequence[str]] | Sequence[str],
        frequency: Frequency,
        target: Mapping[str, Any],
        alerts_to: str | None = None,
    ) -> Firehose:
        """Have events written to a storage. One request.

        Args:
            events: Types of events; as a mapping, with the failures wanted of those that may be filtered.
            frequency: How often.
            target: The vendor's `platform`, `configuration` and `authentication`.
            alerts_to: An address that is written to when something fails; None for nobody.
        """
        body = _wire(events, frequency, target, alerts_to)
        return read_v3(Firehose, await post("/data-firehose/v3/configurations", json=body, limit="medium"))

    @operation
    async def get(self, firehose_id: str) -> Firehose:
        """Return a configuration. One request."""
        return read_v3(
            Firehose, await get("/data-firehose/v3/configurations/{id}", id=firehose_id, limit="medium")
        )

    @operation
    async def update(
        self,
        firehose_id: str,
        *,
        events: Mapping[str, Sequence[str]] | Sequence[str],
        frequency: Frequency,
        target: Mapping[str, Any],
        alerts_to: str | None = None,
    ) -> Firehose:
        """Replace a configuration. One request."""
        reply = await put(
            "/data-firehose/v3/configurations/{id}",
            id=firehose_id,
            json=_wire(events, frequency, target, alerts_to),
            limit="medium",
        )
        return read_v3(Firehose, reply)

    @operation
    async def enable(self, firehose_id: str) -> None:
        """Let a firehose run. One request."""
        await put(
            "/data-firehose/v3/configurations/{id}/status/{status}",
            id=firehose_id,
            status="enabled",
            limit="medium",
        )

    @operation
    async def disable(self, firehose_id: str) -> None:
        """Hold a firehose. One request."""
        await put(
            "/data-firehose/v3/configurations/{id}/status/{status}",
            id=firehose_id,
            status="disabled",
            limit="medium",
        )

    @operation
    async def delete(self, firehose_id: str) -> None:
        """Remove a firehose. One request.

        Raises:
            Conflict: It is writing just now.
        """
        await delete("/data-firehose/v3/configurations/{id}", id=firehose_id, limit="medium")


def _wire(
    events: Mapping[str, Sequence[str]] | Sequence[str],
    frequency: Frequency,
    target: Mapping[str, Any],
    alerts_to: str | None,
) -> dict[str, Any]:
    wanted = events if isinstance(events, Mapping) else dict.fromkeys(events, ())
    alerts = {"alertChannels": "none"} if alerts_to is None else {"alertChannels": "email", "email": alerts_to}
    return {
        "events": [
            {"eventType": kind} | ({"filters": list(filters)} if filters else {})
            for kind, filters in wanted.items()
        ],
        "frequency": frequency.value,
        "target": dict(target),
        "alertsConfiguration": alerts,
    }
