"""Messages in both vocabularies.

None of the e-mail routes gives an id back; all of them give our metadata back in webhooks and events (S20). So our
key of the send travels there, and is what the receipt calls the message's id.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from martech.models import (
    Attachment,
    Channel,
    EmailMessage,
    Mailbox,
    MessageReport,
    MessageState,
    SmsMessage,
    TemplateMessage,
)
from martech.provider import InvalidRequest
from martech_dotdigital.mapping.identifiers import digits
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.times import time_from_wire, value_to_wire
from martech_dotdigital.wire.campaigns import Message

__all__ = ["STATES", "report_from_wire"]

STATES: Mapping[str, MessageState] = {
    "processing": MessageState.ACCEPTED,
    "retrying": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "expired": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "filtered": MessageState.FAILED,
}
"""The vendor's words for how far a message is (S21.2)."""

AnyEmail = EmailMessage | TemplateMessage


def metadata(given: Mapping[str, str], key: str, *, field: str) -> dict[str, str]:
    """Return metadata with our key in it.

    Raises:
        InvalidRequest: The caller uses that name for something else.
    """
    if given.get(field, key) != key:
        raise InvalidRequest(
            f"the metadata name “{field}” carries the key of the send; the setting send_key_field changes it"
        )
    return {**given, field: key}


def attachments(files: Sequence[Attachment]) -> list[dict[str, str]]:
    """Return files as both e-mail routes take them."""
    return [
        {"fileName": one.filename, "mimeType": one.content_type, "content": b64encode(one.content).decode()}
        for one in files
    ]


def refuse(message: Any, names: Sequence[str], route: str) -> None:
    """Refuse what a route has no place for.

    Raises:
        InvalidRequest: The message says some of it.
    """
    said = [name for name in names if getattr(message, name) not in (None, (), {}, "")]
    if said:
        raise InvalidRequest(f"{route} of Dotdigital has no place for {', '.join(said)}")


def transactional(message: EmailMessage, key: str, *, field: str, as_text: bool) -> dict[str, Any]:
    """Return a transactional e-mail."""
    refuse(message, ("reply_to", "headers", "track_opens", "track_clicks"), "the transactional route")
    body = _addressed(message)
    body["subject"] = message.subject
    if message.html is not None:
        body["htmlContent"] = message.html
    if message.text is not None:
        body["plainTextContent"] = message.text
    if message.tags:
        body["tags"] = list(message.tags)
    return body | _echoed(message, key, field=field, as_text=as_text)


def triggered(message: TemplateMessage, key: str, *, field: str, as_text: bool) -> dict[str, Any]:
    """Return a transactional e-mail with the content of a triggered campaign."""
    refuse(message, ("tags", "language"), "the transactional route")
    body = _addressed(message)
    body["campaignId"] = number(message.template_id, "triggered campaign")
    if message.values:
        body["personalizationValues"] = personal(message.values)
    return body | _echoed(message, key, field=field, as_text=as_text)


def _addressed(message: AnyEmail) -> dict[str, Any]:
    body: dict[str, Any] = {"toAddresses": [one.address for one in mailboxes(message)]}
    for name, ours in (("ccAddresses", message.cc), ("bccAddresses", message.bcc)):
        if ours:
            body[name] = [one.address for one in ours]
    if message.sender is not None:
        body["fromAddress"] = message.sender.formatted()
    return body


def mailboxes(message: AnyEmail) -> Sequence[Mailbox]:
    """Return to whom an e-mail goes.

    Raises:
        InvalidRequest: It goes to a number.
    """
    if isinstance(message.to, str):
        raise InvalidRequest("an e-mail goes to addresses, and this message names a number")
    return message.to


def _echoed(message: AnyEmail, key: str, *, field: str, as_text: bool) -> dict[str, Any]:
    said = metadata(message.metadata, key, field=field)
    body: dict[str, Any] = {"metadata": to_json(said).decode() if as_text else said}
    if message.attachments:
        body["attachments"] = attachments(message.attachments)
    return body


def personal(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the values for a template's places; the vendor takes texts.

    Raises:
        InvalidRequest: One of them is no single value.
    """
    return [{"name": name, "value": _text(name, value)} for name, value in values.items()]


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    said = value_to_wire(value)
    if isinstance(said, (str, int, float)):
        return str(said)
    raise InvalidRequest(
        f"the places of a template at Dotdigital take texts, and “{name}” is given more than that"
    )


def marketing(message: AnyEmail, key: str, *, field: str) -> dict[str, Any]:
    """Return a marketing e-mail to one person.

    Raises:
        InvalidRequest: It goes to several people, or says what the route has no place for.
    """
    route = "the marketing route"
    refuse(message, ("cc", "bcc"), route)
    to = mailboxes(message)
    if len(to) != 1:
        raise InvalidRequest("a marketing e-mail goes to one person; send each their own")
    content: dict[str, Any]
    if isinstance(message, TemplateMessage):
        refuse(message, ("language",), route)
        content = {"source": "template", "campaignId": number(message.template_id, "triggered campaign")}
        if message.values:
            content["personalizationValues"] = personal(message.values)
        if message.tags:
            content["tags"] = list(message.tags)
    else:
        refuse(message, ("text", "reply_to", "headers", "tags", "track_opens", "track_clicks"), route)
        if message.html is None:
            raise InvalidRequest("a marketing e-mail is HTML, and this message has none")
        content = {"source": "html", "subject": message.subject, "htmlContent": message.html}
    body: dict[str, Any] = {
        "to": to[0].address,
        "content": content,
        "metadata": metadata(message.metadata, key, field=field),
    }
    if message.sender is not None:
        body["from"] = message.sender.formatted()
    if message.attachments:
        body["attachments"] = attachments(message.attachments)
    return body


def omnichannel_sms(message: SmsMessage, key: str, *, field: str) -> dict[str, Any]:
    """Return a text message for the omnichannel route."""
    refuse(message, ("tags",), "the omnichannel route")
    body: dict[str, Any] = {
        "to": {"phoneNumber": digits(message.to)},
        "rules": ["sms"],
        "body": message.text,
        "metadata": metadata(message.metadata, key, field=field),
    }
    if message.sender is not None:
        body["channelOptions"] = {"sms": {"from": message.sender}}
    return body


def plain_sms(message: SmsMessage) -> dict[str, Any]:
    """Return a text message for the v2 route, which takes nothing but the text."""
    refuse(message, ("sender", "tags", "metadata"), "the v2 route for text messages")
    return {"message": message.text}


def report_from_wire(message: Message, channel: Channel) -> MessageReport:
    """Return what is known about a message."""
    word = message.get("status")
    return MessageReport(
        message_id=message["messageId"],
        channel=channel,
        state=STATES.get((word or "").casefold(), MessageState.UNKNOWN),
        changed_at=time_from_wire(message.get("_updatedOn")) or time_from_wire(message.get("sentOn")),
        vendor_word=word,
        raw=message,
    )
