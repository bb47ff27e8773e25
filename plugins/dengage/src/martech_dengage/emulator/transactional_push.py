"""SendTransactionalPush (D16; C1, C4, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.envelope import VALIDATION_FAILS, Answer, invalid, operation
from martech_dengage.emulator.messages import Message
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.rendering import render
from martech_dengage.emulator.transactional import TransactionalBase
from martech_dengage.emulator.vendor import Device

__all__ = ["TransactionalPush"]

PERIODS = {"DAY": timedelta(days=1)}


class TransactionalPush(TransactionalBase):
    """The route that pushes a stored content to one person or one device."""

    @operation("POST", "/transactional/push")
    def send_transactional_push(self, incoming: Incoming) -> Answer:
        """SendTransactionalPush (D16): that the contact has no device is said in a 200, with code 11 (C4, C6)."""
        body = Fields.of(incoming)

        def work() -> Answer:
            content_id = body.uuid_or_none("contentId") or body.text("contentId")  # required
            stored = self.template("push", content_id, body.text_or_none("language"))
            current, tags = self.current(body), body.texts("tags")
            for parameter in body.inners("customParameters"):
                parameter.text("key")
            devices = self._devices(body)
            details = {
                place: render(stored[place], current=current, contact={}, unsubscribe_link="")
                for place in ("title", "message")
            }
            if not devices:
                return self._without_device(body, details)
            self._keep_in_inbox(body, details)
            sent = [self._push_to(device, details, tags, body.text_or_none("traceId")) for device in devices]
            return Answer({"to": sent[0]} if len(sent) == 1 else {"to": sent[0], "toAll": sent})

        return self.once("transactional push", body.text_or_none("traceId"), work)

    def _devices(self, body: Fields) -> list[Device]:
        to_all = body.flag("sendToAll", default=False)
        if body.one_of("contactKey", "token") == "token":
            if to_all:
                raise invalid("sendToAll goes only with contactKey")
            token, application = body.text("token"), body.text("appId")
            return [
                one
                for one in self.devices
                if (one.token, one.application_id) == (token, application) and self.takes_push(one)
            ]
        key = body.text("contactKey")
        devices = [one for one in self.devices if one.contact_key == key and self.takes_push(one)]
        return devices if to_all else devices[-1:]

    def _without_device(self, body: Fields, details: Mapping[str, Any]) -> Answer:
        contact = self.contacts.get(body.text_or_none("contactKey") or "")
        # The name of the other channel is documented, how it is sent is not: the text of the push, to the number.
        if body.raw("fallbackChannel") == "SMS" and contact is not None and contact.reachable("sms"):
            message = Message(self.new_id(), "sms", contact["gsm"], self.agenda.now())
            self.mail.post(message, "transactional", key=body.text_or_none("traceId"), details=dict(details))
            self.mail.arrive([message])
            return Answer({"to": self.recipient(message, "gsm")})
        return Answer(None, code=VALIDATION_FAILS, message="Token not found with given ContactKey")

    def _push_to(
        self, device: Device, details: Mapping[str, Any], tags: tuple[str, ...], trace_id: str | None
    ) -> dict[str, Any]:
        tracking_id = self.new_id()
        recipient = device.contact_key or device.token
        self.send("push", recipient, "transactional", key=trace_id, tags=tags, **details)
        return {"contactKey": device.contact_key, "token": device.token, self.message_id_key: tracking_id}

    def _keep_in_inbox(self, body: Fields, details: Mapping[str, Any]) -> None:
        if not body.has("inboxParams"):
            return
        inbox = body.inner("inboxParams")
        if not inbox.flag("enabled", default=False) or not body.has("contactKey"):
            return
        expire = inbox.inner("expire")
        period = expire.raw("period")
        if (
            expire.text("type") != "PERIOD"
            or expire.text("periodType") not in PERIODS
            or not isinstance(period, int)
        ):
            raise invalid("inboxParams.expire must be a PERIOD of so many DAYs")
        expires_at = self.agenda.now() + period * PERIODS[expire.text("periodType")]
        self.inbox.setdefault(body.text("contactKey"), []).append((expires_at, dict(details)))
