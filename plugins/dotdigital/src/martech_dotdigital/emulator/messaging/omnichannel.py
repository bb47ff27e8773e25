"""Messages over any channel: `/cpaas/messages` and what belongs to it (section 21.2).

Nobody's opt-out is looked at here: that is the vendor's compliance trap, and the caller's business.
"""

from __future__ import annotations

from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import as_integer, cpaas_json
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.email.mail import metadata_key
from martech_dotdigital.emulator.messaging.message import Message, checked
from martech_dotdigital.emulator.messaging.settings import MessagingSettings

__all__ = ["OmnichannelOperations"]

ONE = "/cpaas/messages/{messageId}"
INBOUND = "/cpaas/messages/inbounds"
MOST_HISTORY = 100
OUTCOMES = ("failed", "delivered", "read", "expired", "sent", "filtered")


class OmnichannelOperations(MessagingSettings, Population):
    """Send, ask, redact, delete; and what a custom channel would report."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.messages: dict[str, Message] = {}
        self.inbounds: dict[str, dict[str, Any]] = {}
        self.opted_in_profiles: set[str] = set()
        """CPaaS profiles, not contacts, that `requireOptIn` is about."""

    @operation("POST", "/cpaas/messages", tier=Tier.SEND)
    def send_message(self, incoming: Incoming) -> Response:
        """Accept one message."""
        return answer(201, self._accept_message(cpaas_json(incoming)).shape())

    @operation("POST", "/cpaas/messages/batch", tier=Tier.SEND)
    def send_message_batch(self, incoming: Incoming) -> Response:
        """Accept many messages, or none if one of them is wrong (ASSUMED)."""
        items = cpaas_json(incoming)
        if not isinstance(items, list) or not items:
            raise cpaas_refusal(400, "A batch must be an array of messages.")
        for item in items:
            self._check_message(item)
        messages = [self._accept_message(item) for item in items]
        return answer(202, [{"index": index, "messageId": message.id} for index, message in enumerate(messages)])

    @operation("GET", ONE, tier=Tier.POLL)
    def get_message(self, incoming: Incoming) -> Response:
        """Return a message and how far it is."""
        return answer(200, self._message(incoming).shape())

    @operation("PATCH", ONE)
    def redact_message(self, incoming: Incoming) -> Response:
        """Forget what a message said."""
        message = self._message(incoming, settled=True)
        body = cpaas_json(incoming)
        if not isinstance(body, dict) or body.get("redact") is not True:
            raise cpaas_refusal(400, "Validation failed.", fields={"redact": "must be true"})
        message.redact()
        return answer(202)

    @operation("DELETE", ONE)
    def delete_message(self, incoming: Incoming) -> Response:
        """Forget a message altogether."""
        del self.messages[self._message(incoming, settled=True).id]
        return answer(204)

    @operation("POST", ONE + "/statuses/{status}")
    def post_status(self, incoming: Incoming) -> Response:
        """Take a status that a custom channel reports."""
        message, status, body = self._message(incoming), incoming.parts["status"], cpaas_json(incoming)
        if status not in OUTCOMES or not isinstance(body, dict) or not body.get("channel"):
            raise cpaas_refusal(400, "Validation failed.", fields={"channel": "is required"})
        message.channel_status = dict(body.get("channelStatus") or {})
        if body.get("failureReason"):
            message.channel_status["failureReason"] = body["failureReason"]
        self._advance(message, status)
        return answer(200, body)

    @operation("POST", INBOUND)
    def post_inbound(self, incoming: Incoming) -> Response:
        """Take a message that a person sent."""
        body = cpaas_json(incoming)
        if not isinstance(body, dict) or not body.get("from") or not body.get("channel"):
            raise cpaas_refusal(400, "Validation failed.", fields={"from": "is required"})
        inbound = {"messageId": self.new_id(), "receivedOn": stamp(self.now()), "status": "received", **body}
        self.inbounds[inbound["messageId"]] = inbound
        details = {"channel": body["channel"], "additionalInfo": {"from": body["from"]}}
        self.publish("message.inbound", {"id": inbound["messageId"], "details": details, "body": body.get("body")})
        self.note("message.inbound", channel=body["channel"], messageId=inbound["messageId"])
        return answer(201, inbound)

    @operation("POST", INBOUND + "/{inboundMessageId}/statuses/{status}")
    def post_inbound_status(self, incoming: Incoming) -> Response:
        """Take what became of a message that a person sent."""
        inbound = self.inbounds.get(incoming.parts["inboundMessageId"])
        if inbound is None:
            raise cpaas_refusal(404, "The inbound message was not found.")
        if incoming.parts["status"] not in ("delivered", "read"):
            raise cpaas_refusal(400, "Validation failed.", fields={"status": "is invalid"})
        inbound["status"] = incoming.parts["status"]
        return answer(200, inbound)

    @operation("GET", "/cpaas/profiles/{profileId}/messages")
    def get_message_history(self, incoming: Incoming) -> Response:
        """Return the messages of a profile, newest first."""
        profile, limit = incoming.parts["profileId"], as_integer(incoming.arg("limit", str(MOST_HISTORY)))
        channel, direction, since = incoming.arg("channelId"), incoming.arg("direction"), incoming.arg("from")
        try:
            start = parsed(since) if since else None
        except ValueError:
            raise cpaas_refusal(400, "Validation failed.", fields={"from": "is no date"}) from None
        found = [
            message.history()
            for message in reversed(self.messages.values())
            if (message.request.get("to") or {}).get("profileId") == profile
            and channel in (None, message.channel)
            and direction in (None, message.direction)
            and (start is None or message.created >= start)
        ]
        return answer(200, found[: limit or MOST_HISTORY])

    def _check_message(self, given: Any) -> tuple[str, str]:
        channel, address = checked(given, self.message_templates)
        if channel == "sms" and not self.sms_pay_as_you_go:
            raise cpaas_refusal(403, "SMS pay as you go is not enabled.")
        return channel, address

    def _accept_message(self, given: Any) -> Message:
        channel, address = self._check_message(given)
        message = Message(self.new_id(), dict(given), channel, address, self.now())
        self.messages[message.id] = message
        self._tell_message(message, "message.sentRequest")
        profile = str(given["to"].get("profileId", ""))
        if given.get("requireOptIn") and profile not in self.opted_in_profiles:
            self.later(self.message_seconds, lambda: self._advance(message, "filtered"))
        elif given.get("expiresOn") and parsed(str(given["expiresOn"])) <= self.now():
            self.later(self.message_seconds, lambda: self._advance(message, "expired"))
        else:
            self.send(
                channel, address, f"{channel} message", key=metadata_key(given.get("metadata")), id=message.id
            )
            self.later(self.message_seconds, lambda: self._progress(message, "processing", "sent"))
            self.later(2 * self.message_seconds, lambda: self._progress(message, "sent", "delivered"))
        return message

    def _progress(self, message: Message, before: str, after: str) -> None:
        if message.status == before:
            self._advance(message, after)

    def _advance(self, message: Message, status: str) -> None:
        message.change(status, self.now())
        self._tell_message(message, f"message.{status}", revision=0 if status == "sent" else 1)
        contact = self.person(message.address)
        said: dict[str, Any] = {
            "messageId": message.id,
            "channel": message.channel,
            "status": status,
            "contactId": contact.id if contact else None,
        }
        self.note("message.sent" if status == "sent" else "message.status", **said)
        if message.channel == "sms" and status in ("sent", "delivered", "failed"):
            self.note("sms.send" if status == "sent" else f"sms.{status}", **said)

    def _tell_message(self, message: Message, name: str, *, revision: int = 0) -> None:
        info = {"to": message.address, "successful": message.status not in ("failed", "expired", "filtered")}
        payload = {"id": message.id, "details": {"channel": message.channel, "additionalInfo": info}}
        if "metadata" in message.request:
            payload["metadata"] = message.request["metadata"]
        self.publish(name, payload, revision=revision)

    def _message(self, incoming: Incoming, *, settled: bool = False) -> Message:
        message = self.messages.get(incoming.parts["messageId"])
        if message is None:
            raise cpaas_refusal(404, "The message was not found.")
        if settled and message.status == "processing":
            # When the vendor's documented concurrency conflict arises is ASSUMED.
            raise cpaas_refusal(409, "The message is being processed.")
        return message
