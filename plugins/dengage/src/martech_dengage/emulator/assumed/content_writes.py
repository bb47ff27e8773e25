"""ASSUMPTION: creating, changing and deleting contents, known by name only (seed); the shapes mirror reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.access import USER_KEY
from martech_dengage.emulator.content import Content, Language
from martech_dengage.emulator.contents import Contents
from martech_dengage.emulator.envelope import invalid, not_found, operation
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.senders import email_from, sms_from

__all__ = ["AssumedContentWrites"]


class AssumedContentWrites(Contents):
    """Routes that write e-mails and text messages; no operation is named that writes pushes."""

    @operation("POST", "/contents/{channel}")
    def create_content(self, incoming: Incoming) -> Mapping[str, Any]:
        """CreateEmailContent and CreateSmsContent: the answer is the new uuid."""
        contents = self._writable(incoming)
        body = Fields.of(incoming)
        channel, now, folder = incoming.parts["channel"], self.agenda.now(), body.uuid_or_none("folderId")
        content = Content(
            self.new_id(),
            channel,
            body.text("contentName"),
            f"/{folder}" if folder else "/",
            body.flag("isTransactionalContent", default=False),
            _languages(channel, body),
            now,
            now,
            USER_KEY,
            USER_KEY,
        )
        contents[content.public_id] = content
        return {"publicId": content.public_id}

    @operation("PUT", "/contents/{channel}/{content_id}")
    def update_content(self, incoming: Incoming) -> Mapping[str, Any]:
        """UpdateEmailContent and UpdateSmsContent: what is given is changed, the languages as a whole."""
        content = self._known(incoming)
        body = Fields.of(incoming)
        languages = _languages(content.channel, body) if body.has("contentDetail") else content.languages
        folder = body.uuid_or_none("folderId")
        content.name = body.text_or_none("contentName") or content.name
        content.location = f"/{folder}" if folder else content.location
        content.is_transactional = body.flag("isTransactionalContent", default=content.is_transactional)
        content.languages = languages
        content.updated_at, content.updated_by = self.agenda.now(), USER_KEY
        return {"publicId": content.public_id}

    @operation("DELETE", "/contents/{channel}/{content_id}")
    def delete_content(self, incoming: Incoming) -> None:
        """DeleteEmailContent and DeleteSmsContent."""
        del self._writable(incoming)[self._known(incoming).public_id]

    def _writable(self, incoming: Incoming) -> dict[str, Content]:
        if incoming.parts["channel"] == "push":
            raise not_found("push contents are made in the panel")
        return self.contents_of(incoming)

    def _known(self, incoming: Incoming) -> Content:
        content_id = incoming.parts["content_id"]
        if (content := self._writable(incoming).get(content_id)) is None:
            raise not_found(f"{content_id} content is null")
        return content


def _languages(channel: str, body: Fields) -> list[Language]:
    """Return the languages as they are read back: with the names that stand behind the ids of senders."""
    items = body.inner("contentDetail").inners("contents", at_least=1)
    languages = [_email_language(item) if channel == "email" else _sms_language(item) for item in items]
    if len({one["language"] for one in languages}) < len(languages):
        raise invalid("a language is given twice")
    return languages


def _email_language(item: Fields) -> Language:
    if (sender := email_from(item.text("fromNameId"))) is None:
        raise invalid("fromNameId is not a sender of this account")
    return {
        "language": _language(item),
        "subject": item.text("subject"),
        "content": item.text("content"),
        "fromName": sender.name,
        "fromAddress": sender.address,
    }


def _sms_language(item: Fields) -> Language:
    if (sender := sms_from(item.text("smsFromId"))) is None:
        raise invalid("smsFromId is not a sender of this account")
    return {"language": _language(item), "message": item.text("message"), "senderName": sender.sender}


def _language(item: Fields) -> str:
    code = item.text("language")
    if len(code) != 2 or not code.isalpha() or not code.isupper():
        raise invalid("a language is two capital letters, such as EN")  # upper case in all that was seen (C1)
    return code
