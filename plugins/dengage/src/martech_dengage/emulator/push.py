"""Pushes to many: SendInstantPush with its report (D20, C4), and live activities (C5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.audience import Audience, audience, segment
from martech_dengage.emulator.dates import answer_time, moment
from martech_dengage.emulator.envelope import invalid, not_found, operation
from martech_dengage.emulator.reading import Fields, is_uuid
from martech_dengage.emulator.vendor import Device, Vendor

__all__ = ["Push", "check_push_content", "scheduled"]

ACTIVITY_ID_KEPT = timedelta(hours=13)
"""How long the id of a live activity may not be used for another one (C5)."""


@dataclass(slots=True)
class InstantPush:
    """One push to many."""

    tracking_id: str
    created_at: datetime
    title: str
    shown_at: datetime | None = None
    """When its report begins to be found."""
    delivered: list[Device] = field(default_factory=list)
    bounced: int = 0


class Push(Vendor):
    """Routes that push to the devices of a segment or of a sendable table."""

    def __post_init__(self, seed: int) -> None:
        super().__post_init__(seed)
        self._pushes: dict[str, InstantPush] = {}
        self._activities: dict[str, datetime] = {}

    @operation("POST", "/push/sendInstant")
    def send_instant_push(self, incoming: Incoming) -> Mapping[str, Any]:
        """SendInstantPush (D20): now or at `scheduleDate`, which is UTC."""
        body = Fields.of(incoming)
        applications = body.texts("applicationIds", at_least=1)
        if not all(map(is_uuid, applications)):
            raise invalid("applicationIds must be uuids")
        title = check_push_content(self, body)
        people = audience(self, body)
        engaged_only = body.flag("useOnlyEngagedTokens", default=False)
        due = scheduled(body, self.agenda.now())
        tracking_id = body.uuid_or_none("trackingId") or self.new_id()
        if tracking_id in self._pushes:
            raise invalid("trackingId was used before")
        push = self._pushes[tracking_id] = InstantPush(tracking_id, self.agenda.now(), title)

        def wanted(device: Device) -> bool:
            is_engaged = device.engaged or not engaged_only
            return device.application_id in applications and is_engaged and self.takes_push(device)

        self.agenda.now_or_at(due, lambda: self._push(push, people, wanted))
        return {"trackingId": tracking_id}

    @operation("GET", "/push/sendInstant")
    def instant_push_report(self, incoming: Incoming) -> Mapping[str, Any]:
        """Report of an instant push (C4): 404 until the send shows up."""
        push = self._pushes.get(incoming.arg("trackingId") or "")
        if push is None or push.shown_at is None or push.shown_at > self.agenda.now():
            raise not_found("no such send")
        application = incoming.arg("applicationId")
        devices = [device for device in push.delivered if application in (None, device.application_id)]
        return {
            "status": "COMPLETED",
            "createdAt": answer_time(push.created_at),
            "totalDeliveredCount": len(devices),
            "totalOpenCount": 0,
            "totalBounceCount": push.bounced,
            "totalErrorCount": 0,
            "errorMessage": None,
            "browsers": _counted(device.browser for device in devices),
            "deviceTypes": _counted(device.kind for device in devices),
        }

    @operation("POST", "/liveActivity/{step}")
    def live_activity(self, incoming: Incoming) -> Mapping[str, Any]:
        """Start, update or end a live activity on devices (C5)."""
        step = incoming.parts["step"]
        if step not in ("start", "update", "end"):
            raise not_found(f"a live activity has no step {step}")
        body = Fields.of(incoming)
        body.text("activityType")
        applications = body.texts("appGuids", at_least=1)
        payload = body.inner(body.one_of("androidPayload", "iosPayload"))
        if body.has("iosPayload"):
            payload.inner("contentState")
        devices = [device for device in self._live_devices(body) if device.application_id in applications]
        activity_id = body.text_or_none("activityId") or self.new_id()
        if step == "start":
            started = self._activities.get(activity_id)
            if started is not None and self.agenda.now() < started + ACTIVITY_ID_KEPT:
                raise invalid("activityId may not be used again for 13 hours")
            self._activities[activity_id] = self.agenda.now()
        elif activity_id not in self._activities:
            raise not_found(f"no live activity has the id {activity_id}")
        for device in devices:
            self.send(
                "push",
                device.contact_key or device.token,
                f"live activity {step}",
                key=f"{activity_id}/{device.token}",
            )
        return {"activityId": activity_id}

    def _live_devices(self, body: Fields) -> list[Device]:
        which = body.one_of("contactKeys", "deviceIds", "segmentGuid")
        if which == "deviceIds":
            wanted = set(body.texts("deviceIds", at_least=1))
            return [device for device in self.devices if device.device_id in wanted and self.takes_push(device)]
        people = body.texts(which, at_least=1) if which == "contactKeys" else segment(self, body.text(which))()
        keys = set(people)
        return [device for device in self.devices if device.contact_key in keys and self.takes_push(device)]

    def _push(self, push: InstantPush, people: Audience, wanted: Callable[[Device], bool]) -> None:
        push.shown_at = self.agenda.now() + timedelta(seconds=self.push_report_seconds)
        by_contact: dict[str, list[Device]] = {}
        for device in self.devices:
            if device.contact_key is not None and wanted(device):
                by_contact.setdefault(device.contact_key, []).append(device)
        for key in dict.fromkeys(people()):
            for device in by_contact.get(key, ()):
                if device.token in self.bouncing_addresses:
                    push.bounced += 1
                    continue
                push.delivered.append(device)
                self.send(
                    "push",
                    key,
                    f"instant push {push.tracking_id}",
                    key=f"{push.tracking_id}/{device.token}",
                    title=push.title,
                )


def check_push_content(vendor: Vendor, body: Fields) -> str:
    """Return the title of an inline push content, or of the stored one it names; raises a refusal otherwise."""
    if body.one_of("content", "multiLangContent") == "multiLangContent":
        content = body.languages("multiLangContent")[0]
    else:
        content = body.inner("content")
    if content.has("templateId"):
        template_id = content.text("templateId")
        if (stored := vendor.contents["push"].get(template_id)) is None:
            raise not_found(f"{template_id} content is null")
        return str(stored.languages[0]["title"])
    content.text("message")
    return content.text("title")


def scheduled(body: Fields, now: datetime) -> datetime:
    """Return when something is due by `scheduleDate`, which is UTC; null means now."""
    if (text := body.text_or_none("scheduleDate")) is None:
        return now
    try:
        return moment(text)
    except ValueError as wrong:
        raise invalid(f"scheduleDate: {wrong}") from wrong


def _counted(names: Iterable[str | None]) -> list[dict[str, Any]]:
    counted = Counter(name for name in names if name is not None)
    return [{"itemName": name, "deliveredCount": count, "openCount": 0} for name, count in counted.items()]
