"""ASSUMPTION: the Email Sends and SMS Sends APIs, known by name only (seed, D1).

The roots follow those of the documented groups; `segmentId`, `tableId` and `scheduleDate` are the names of
SendInstantPush (D20).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.assumed.logs import event_row
from martech_dengage.emulator.assumed.sends import Send, SendDesk
from martech_dengage.emulator.audience import audience
from martech_dengage.emulator.dates import answer_time
from martech_dengage.emulator.envelope import not_found, operation
from martech_dengage.emulator.messages import Kind, Message
from martech_dengage.emulator.push import scheduled
from martech_dengage.emulator.reading import Fields, paged
from martech_dengage.emulator.vendor import Vendor

__all__ = ["AssumedSends"]

CHANNELS = ("email", "sms")
DETAILS = {"opens": Kind.OPEN, "clicks": Kind.CLICK, "bounces": "bounces"}


class AssumedSends(Vendor):
    """Routes for campaigns by e-mail and by text message. A send has no key against being made twice."""

    def __post_init__(self, seed: int) -> None:
        super().__post_init__(seed)
        self._desk = SendDesk(self)
        self.sends: dict[str, Send] = {}

    @operation("POST", "/sends/{channel}")
    def create_send(self, incoming: Incoming) -> Mapping[str, Any]:
        """CreateEmailSend and CreateSMSSend: to a segment or a sendable table, now or at `scheduleDate`."""
        channel, body = self._channel(incoming), Fields.of(incoming)
        content_id, people = body.text("contentId"), body.inner("audience")
        if (content := self.contents[channel].get(content_id)) is None:
            raise not_found(f"{content_id} content is null")
        tracking = body.inner("tracking") if body.has("tracking") else Fields({})
        now = self.agenda.now()
        send = Send(
            self.new_id(),
            channel,
            body.text("name"),
            content,
            audience(self, people),
            dict(people.given),
            now,
            scheduled(body, now),
            body.text_or_none("scheduleDate"),
            body.texts("tags"),
            # Only e-mail has this option (seed).
            deduplicate=channel == "email" and body.flag("deduplicate", default=False),
            track_open=tracking.flag("trackOpen", default=True),
            track_click=tracking.flag("trackClick", default=True),
        )
        self.sends[send.send_id] = send
        self._desk.plan(send)
        return {"sendId": send.send_id}

    @operation("GET", "/sends/email/{send_id}")
    def get_email_send(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetEmailSend; for text messages no such operation is named."""
        send = self._send(incoming, "email")
        return {
            **_summary(send),
            "tracking": {"trackOpen": send.track_open, "trackClick": send.track_click},
            "deduplicate": send.deduplicate,
        }

    @operation("POST", "/sends/{channel}/{send_id}/{step}")
    def step_send(self, incoming: Incoming) -> Mapping[str, Any]:
        """Pause, resume or cancel a send."""
        send, step = self._send(incoming, self._channel(incoming)), incoming.parts["step"]
        if step not in ("pause", "resume", "cancel"):
            raise not_found(f"a send has no step {step}")
        self._desk.step(send, step)
        return {"sendId": send.send_id, "status": send.status}

    @operation("GET", "/sends/email/{send_id}/overview")
    def email_send_overview(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetEmailSendOverview: the counts of a send up to now."""
        send = self._send(incoming, "email")
        return {
            "sendId": send.send_id,
            "status": send.status,
            "totalSent": len(send.messages),
            "totalDelivered": self._total(send, Kind.DELIVERED),
            "totalOpens": self._total(send, Kind.OPEN),
            "uniqueOpens": self.mail.unique(send.send_id, Kind.OPEN),
            "totalClicks": self._total(send, Kind.CLICK),
            "uniqueClicks": self.mail.unique(send.send_id, Kind.CLICK),
            "hardBounces": self._total(send, Kind.HARD_BOUNCE),
            "softBounces": self._total(send, Kind.SOFT_BOUNCE),
            "spamReports": self._total(send, Kind.SPAM),
            "unsubscribes": self._total(send, Kind.UNSUBSCRIBE),
        }

    @operation("GET", "/sends/email/{send_id}/{detail}")
    def email_send_details(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetEmailSendOpens, GetEmailSendClicks and GetEmailSendBounces: one row for each event."""
        send, detail = self._send(incoming, "email"), incoming.parts["detail"]
        if detail not in DETAILS:
            raise not_found(f"a send has no report {detail}")
        return paged(incoming, self.mail.happenings("email", DETAILS[detail], send_id=send.send_id), event_row)

    @operation("GET", "/sends/sms/{send_id}/overview")
    def sms_send_overview(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetSMSSendOverview: all about a send, with its counts up to now (seed)."""
        send = self._send(incoming, "sms")
        delivered, failed = self._total(send, Kind.DELIVERED), self._total(send, Kind.FAILED)
        return {
            **_summary(send),
            "totalSent": len(send.messages),
            "totalDelivered": delivered,
            "totalFailed": failed,
            "totalWaiting": len(send.messages) - delivered - failed,
            "unsubscribes": self._total(send, Kind.UNSUBSCRIBE),
        }

    @operation("GET", "/sends/sms/{send_id}/report")
    def sms_send_report(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetSMSSendReport: one row for each message, with where it is now."""
        return paged(incoming, self._send(incoming, "sms").messages, _sms_row)

    def _channel(self, incoming: Incoming) -> str:
        channel = incoming.parts["channel"]
        if channel not in CHANNELS:
            raise not_found(f"there are no sends by {channel}")
        return channel

    def _send(self, incoming: Incoming, channel: str) -> Send:
        send = self.sends.get(incoming.parts["send_id"])
        if send is None or send.channel != channel:
            raise not_found(f"no send has the id {incoming.parts['send_id']}")
        return send

    def _total(self, send: Send, kind: str) -> int:
        return len(self.mail.happenings(send.channel, kind, send_id=send.send_id))


def _summary(send: Send) -> dict[str, Any]:
    return {
        "sendId": send.send_id,
        "name": send.name,
        "status": send.status,
        "contentId": send.content.public_id,
        "audience": send.audience_given,
        "scheduleDate": send.scheduled,
        "createdAt": answer_time(send.created_at),
        "tags": send.tags,
    }


def _sms_row(message: Message) -> dict[str, Any]:
    # An unsubscribe by answer is told in the update log; here only what became of the message.
    last = [one for one in message.happened if one.kind != Kind.UNSUBSCRIBE][-1]
    return {
        "contact_key": message.contact_key,
        "gsm": message.address,
        "event_type": last.kind,
        "event_date": answer_time(last.at),
    }
