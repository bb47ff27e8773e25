"""Transactional messages: one recipient a call, values instead of contacts."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from martech.models import Attachment, Channel, EmailMessage, Mailbox, Purpose, SmsMessage, TemplateMessage
from martech.provider import InvalidRequest
from martech_dengage.wire import SentAnswer

__all__ = ["email_to_wire", "message_id", "sms_to_wire", "template_to_wire"]

EMAIL_EXTRA = frozenset({"current", "fromNameId", "toLanguage", "xHeaders"})
TEMPLATE_EXTRA = frozenset({"replyTo", "reporting", "xHeaders"})
SMS_EXTRA = frozenset({"current", "earliestTime", "enableShortlink", "latestTime", "toLanguage"})
TEMPLATE_SMS_EXTRA = frozenset({"earliestTime", "latestTime"})


def email_to_wire(
    message: EmailMessage, *, sender: Mapping[str, Any], key: str, extra: Mapping[str, Any], as_text: bool
) -> dict[str, Any]:
    """Return an e-mail as SendTransactionalEmail takes it (D14, C1).

    An alternative text beside the HTML is left out: there is no place for it. So are names of recipients.

    Raises:
        InvalidRequest: The message says what cannot be said.
    """
    _only(extra, EMAIL_EXTRA)
    _refuse(message, ("headers", "metadata"))
    if message.html is None:
        raise InvalidRequest("dEngage sends HTML, and this message has none")
    said = _envelope(message.to, message.cc, message.bcc, key=key, language=extra.get("toLanguage"))
    said["content"] = {"subject": message.subject, "html": message.html, **sender}
    said |= _current(extra.get("current"), as_text=as_text)
    said |= _common(message.tags, message.attachments)
    if message.reply_to is not None:
        said["replyTo"] = message.reply_to.address
    tracking = {"trackOpen": message.track_opens, "trackClick": message.track_clicks}
    if reporting := {name: value for name, value in tracking.items() if value is not None}:
        said["reporting"] = reporting
    return said | ({"xHeaders": extra["xHeaders"]} if "xHeaders" in extra else {})


def template_to_wire(
    message: TemplateMessage, *, key: str, extra: Mapping[str, Any], as_text: bool
) -> dict[str, Any]:
    """Return a message with content kept at dEngage, for either channel (D14, D15, C1).

    Raises:
        InvalidRequest: The message says what cannot be said.
    """
    _refuse(message, ("metadata", "sender"))
    content = {"templateId": message.template_id}
    if message.channel is Channel.SMS:
        _only(extra, TEMPLATE_SMS_EXTRA)
        _refuse(message, ("cc", "bcc", "attachments"))
        if not isinstance(message.to, str):
            raise InvalidRequest("a text message goes to a number")
        said: dict[str, Any] = {"send": _to_number(message.to, message.language), "content": content | {**extra}}
        return said | _current(message.values, as_text=as_text) | _common(message.tags)
    _only(extra, TEMPLATE_EXTRA)
    if isinstance(message.to, str):
        raise InvalidRequest("an e-mail goes to an address")
    said = _envelope(message.to, message.cc, message.bcc, key=key, language=message.language)
    said["content"] = content
    said |= _current(message.values, as_text=as_text) | _common(message.tags, message.attachments)
    return {**said, **extra}


def sms_to_wire(message: SmsMessage, *, from_id: str, extra: Mapping[str, Any], as_text: bool) -> dict[str, Any]:
    """Return a text message as SendTransactionalSms takes it (D15, C1). It takes no `traceId`.

    Raises:
        InvalidRequest: The message says what cannot be said.
    """
    _only(extra, SMS_EXTRA)
    _refuse(message, ("metadata",))
    within = {name: extra[name] for name in ("enableShortlink", "earliestTime", "latestTime") if name in extra}
    said: dict[str, Any] = {
        "send": _to_number(message.to, extra.get("toLanguage")),
        "content": {"smsFromId": from_id, "message": message.text, **within},
    }
    return said | _current(extra.get("current"), as_text=as_text) | _common(message.tags)


def message_id(answer: SentAnswer) -> str | None:
    """Return the id of a message: `trackingId` where it is given (C1), else `transactionId` (D14, C6).

    The envelope's own id names the call and is no message.
    """
    to = (answer.get("data") or {}).get("to") or {}
    return to.get("trackingId") or to.get("transactionId") or None


def _envelope(
    to: Sequence[Mailbox], cc: Sequence[Mailbox], bcc: Sequence[Mailbox], *, key: str, language: str | None
) -> dict[str, Any]:
    if len(to) != 1 or len(cc) > 1 or len(bcc) > 1:
        raise InvalidRequest(
            "dEngage sends to one address a call, with one copy and one blind copy at most",
            hint="native.transactional.send_emails takes many messages in one call",
        )
    send = {"to": to[0].address}
    send |= {"cc": cc[0].address} if cc else {}
    send |= {"bcc": bcc[0].address} if bcc else {}
    send |= {"toLanguage": language} if language else {}
    # The vendor's means against repetition (D14); our key is the same for every attempt.
    return {"send": send, "traceId": key}


def _to_number(number: str, language: str | None) -> dict[str, Any]:
    return {"to": number.removeprefix("+")} | ({"toLanguage": language} if language else {})


def _common(tags: Sequence[str], attachments: Sequence[Attachment] = ()) -> dict[str, Any]:
    said: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if attachments:
        said["attachments"] = [
            {"fileName": one.filename, "fileContent": b64encode(one.content).decode("ascii")}
            for one in attachments
        ]
    return said


def _current(values: Mapping[str, Any] | None, *, as_text: bool) -> dict[str, Any]:
    """Return the values for a template: an object (C4, C6), or the same as text (C1)."""
    if not values:
        return {}
    return {"current": json.dumps(dict(values), ensure_ascii=False) if as_text else dict(values)}


def _refuse(message: EmailMessage | TemplateMessage | SmsMessage, names: Sequence[str]) -> None:
    said = [name for name in names if getattr(message, name)]
    if said:
        raise InvalidRequest(f"dEngage's transactional messages have no place for {', '.join(said)}")
    if message.purpose is Purpose.MARKETING:
        raise InvalidRequest(
            "dEngage looks at nobody's permission for transactional messages, so no marketing goes this way",
            hint="campaigns.send keeps to permissions",
        )


def _only(extra: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(extra.keys() - known)
    if unknown:
        raise InvalidRequest(f"{', '.join(unknown)} is nothing extra here; known are {', '.join(sorted(known))}")
