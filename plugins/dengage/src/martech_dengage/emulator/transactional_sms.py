"""SendTransactionalSms (D15, C1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.dates import clock_time
from martech_dengage.emulator.envelope import invalid, operation
from martech_dengage.emulator.messages import Kind, Message
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.rendering import render
from martech_dengage.emulator.senders import SMS_FROMS, SmsFrom, sms_from
from martech_dengage.emulator.transactional import TransactionalBase, chosen_language
from martech_dengage.emulator.values import is_phone

__all__ = ["TransactionalSms"]


class TransactionalSms(TransactionalBase):
    """The route that sends a text message to a number. It knows no `traceId`: the same call twice sends twice."""

    @operation("POST", "/transactional/sms")
    def send_transactional_sms(self, incoming: Incoming) -> Mapping[str, Any]:
        """SendTransactionalSms (D15): now, or when the hours given for it begin."""
        body = Fields.of(incoming)
        send = body.inner("send")
        number, language = send.text("to"), send.text_or_none("toLanguage")
        if not is_phone(number):
            raise invalid("send.to is not a phone number: digits with country code, without a plus")
        content, text, sender = self._content(body, language)
        current = self.current(body)
        goes_out = self._within_hours(
            content if content.has("earliestTime") or content.has("latestTime") else body
        )
        message = Message(
            self.new_id(),
            "sms",
            number,
            goes_out,
            tags=body.texts("tags"),
            sender=sender.sender,
            partner=sender.partner,
        )
        details = {"body": render(text, current=current, contact={}, unsubscribe_link=""), "from": sender.sender}

        def post() -> None:
            self.mail.post(message, "transactional", key=None, details=details)
            # Until the carrier accepts it, its report has no event type (C1).
            self.agenda.later(self.delivery_seconds / 2, lambda: self.mail.happen(message, Kind.WAITING))
            self.mail.arrive([message])

        self.agenda.now_or_at(goes_out, post)
        return {"to": self.recipient(message, "gsm")}

    def _content(self, body: Fields, language: str | None) -> tuple[Fields, str, SmsFrom]:
        if body.one_of("content", "multiLangContent") == "content":
            content = body.inner("content")
        else:
            content = chosen_language(body.languages("multiLangContent"), language)
        content.flag("enableShortlink", default=False)
        if content.has("templateId"):
            stored = self.template("sms", content.text("templateId"), language)
            known = next((one for one in SMS_FROMS if one.sender == stored["senderName"]), SMS_FROMS[0])
            return content, str(stored["message"]), known
        sender = sms_from(content.text("smsFromId"))
        if sender is None:
            raise invalid("smsFromId is not a sender of this account")
        return content, content.text("message"), sender

    def _within_hours(self, given: Fields) -> datetime:
        """Return when a message goes out between `earliestTime` and `latestTime`, which are read as UTC."""
        now, midnight = self.agenda.now(), self.agenda.now().replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            earliest, latest = (
                clock_time(given.text(name)) if given.has(name) else None
                for name in ("earliestTime", "latestTime")
            )
        except ValueError as wrong:
            raise invalid(str(wrong)) from wrong
        start = midnight + timedelta(hours=earliest[0], minutes=earliest[1]) if earliest else midnight
        end = midnight + timedelta(hours=latest[0], minutes=latest[1]) if latest else midnight + timedelta(days=1)
        if end <= start:
            raise invalid("latestTime must be later than earliestTime")
        if now > end:
            return start + timedelta(days=1)
        return max(now, start)
