"""SendTransactionalEmail, one message at a time and in bulk (D14, C1)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.envelope import Answer, invalid, malformed, operation
from martech_dengage.emulator.messages import Message
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.rendering import render
from martech_dengage.emulator.senders import email_from, is_account_address
from martech_dengage.emulator.transactional import TransactionalBase, chosen_language
from martech_dengage.emulator.values import is_email

__all__ = ["TransactionalEmail"]

ROLES = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says and whom it comes from, before its places are filled."""

    subject: str
    html: str
    sender: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """To whom one message goes, by role, with the values for its places and what is to be tracked."""

    addresses: Mapping[str, str]
    language: str | None
    current: Mapping[str, Any]
    reply_to: str | None
    tags: tuple[str, ...]
    track_open: bool
    track_click: bool


class TransactionalEmail(TransactionalBase):
    """Routes that send e-mail to an address, at once. An address, never a contact key."""

    @operation("POST", "/transactional/email")
    def send_transactional_email(self, incoming: Incoming) -> Answer:
        """SendTransactionalEmail (D14): the message ids come for each recipient."""
        body = Fields.of(incoming)
        trace_id = body.text_or_none("traceId")

        def work() -> Answer:
            delivery = self._delivery(body)
            letter = self._letter(body, delivery.language)
            return Answer(self._post(letter, delivery, trace_id=trace_id))

        return self.once("transactional email", trace_id, work)

    @operation("POST", "/transactional/email/bulkV2")
    def send_transactional_email_bulk(self, incoming: Incoming) -> Mapping[str, Any]:
        """The bulk form (C1): several contents, each for several recipients; all are checked before any goes."""
        groups: list[list[tuple[Letter, Delivery]]] = []
        for item in Fields.of(incoming).inners("emailList", at_least=1):
            deliveries = [self._delivery(properties) for properties in item.inners("props", at_least=1)]
            groups.append([(self._letter(item, delivery.language), delivery) for delivery in deliveries])
        answered = []
        for group in groups:
            group_id = self.new_id()
            results = [self._post(letter, delivery, group_id=group_id) for letter, delivery in group]
            answered.append({"groupId": group_id, "emailResults": results})
        return {"emailList": answered}

    def _delivery(self, given: Fields) -> Delivery:
        send = given.inner("send")
        addresses = {"to": send.text("to")}
        addresses |= {role: send.text(role) for role in ROLES[1:] if send.has(role)}
        reply_to = given.text_or_none("replyTo")
        for role, address in {**addresses, **({"replyTo": reply_to} if reply_to else {})}.items():
            if not is_email(address):
                raise invalid(f"{role} is not an e-mail address")
        _check_attachments(given)
        reporting = given.inner("reporting") if given.has("reporting") else Fields({})
        return Delivery(
            {role: address.lower() for role, address in addresses.items()},
            send.text_or_none("toLanguage"),
            self.current(given),
            reply_to,
            given.texts("tags"),
            track_open=reporting.flag("trackOpen", default=True),
            track_click=reporting.flag("trackClick", default=True),
        )

    def _letter(self, body: Fields, language: str | None) -> Letter:
        if body.one_of("content", "multiLangContent") == "content":
            return self._inline_or_stored(body.inner("content"), language)
        items = body.languages("multiLangContent")
        letters = {id(item): self._inline_or_stored(item, language) for item in items}
        return letters[id(chosen_language(items, language))]

    def _inline_or_stored(self, content: Fields, language: str | None) -> Letter:
        if content.one_of("templateId", "html") == "templateId":
            stored = self.template("email", content.text("templateId"), language)
            return Letter(stored["subject"], stored["content"], stored.get("fromAddress") or "")
        return Letter(content.text("subject"), content.text("html"), _sender(content))

    def _post(
        self, letter: Letter, delivery: Delivery, *, trace_id: str | None = None, group_id: str | None = None
    ) -> dict[str, Any]:
        in_prose = self.message_id_key == "transactionId"
        # The prose that calls the message's id `transactionId` also speaks of a group's id (D14).
        group_id = group_id or (self.new_id() if in_prose else None)
        messages = {
            role: Message(
                self.new_id(),
                "email",
                address,
                self.agenda.now(),
                group_id=group_id,
                tags=delivery.tags,
                sender=letter.sender,
                track_open=delivery.track_open,
                track_click=delivery.track_click,
            )
            for role, address in delivery.addresses.items()
        }
        for message in messages.values():
            self.mail.post(
                message, "transactional", key=trace_id, details=self._details(message, letter, delivery)
            )
        self.mail.arrive(messages.values())
        data: dict[str, Any] = {
            role: self.recipient(messages[role], "email") if role in messages else None for role in ROLES
        }
        return {"groupId": group_id, **data} if in_prose else data

    def _details(self, message: Message, letter: Letter, delivery: Delivery) -> dict[str, Any]:
        # Contact columns are empty here: only the values passed in the call are known (C4).
        link = f"{self.public_url}/unsubscribe/{message.tracking_id}"
        subject, html = (
            render(text, current=delivery.current, contact={}, unsubscribe_link=link)
            for text in (letter.subject, letter.html)
        )
        reply_to = delivery.reply_to or letter.sender
        return {"subject": subject, "body": html, "from": letter.sender, "reply_to": reply_to}


def _sender(content: Fields) -> str:
    if content.one_of("fromNameId", "fromAddress") == "fromNameId":
        known = email_from(content.text("fromNameId"))
        if known is None:
            raise invalid("fromNameId is not a sender of this account")
        return known.address
    address = content.text("fromAddress")
    content.text("fromName")
    if not is_email(address) or not is_account_address(address):
        raise invalid("fromAddress may differ from a sender of this account only before the @")
    return address


def _check_attachments(body: Fields) -> None:
    for attachment in body.inners("attachments"):
        attachment.text("fileName")
        try:
            b64decode(attachment.text("fileContent"), validate=True)
        except binascii.Error as wrong:
            raise malformed("fileContent of an attachment is not base64") from wrong
