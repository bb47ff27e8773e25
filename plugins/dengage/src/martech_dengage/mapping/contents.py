"""Contents: templates, and what campaigns are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from martech.models import Campaign, Channel, Mailbox, Template, TemplateContent
from martech.provider import InvalidRequest
from martech_dengage.dates import read_time
from martech_dengage.wire import ContentDetail, ContentRow, LanguageRow

__all__ = [
    "campaign_from_template",
    "content_to_wire",
    "id_of",
    "language_to_wire",
    "template_from_detail",
    "template_from_row",
    "template_of_campaign",
]


def id_of(row: ContentRow) -> str | None:
    """Return the id of a content: `publicId`, or `id` for pushes (C1)."""
    return row.get("publicId") or row.get("id") or None


def template_from_row(row: ContentRow, channel: Channel, *, zone: tzinfo) -> Template:
    """Return a content of the listing, without its languages."""
    flag = row.get("isTransactionalContent")
    flag = row.get("is_transactional_content") if flag is None else flag
    return Template(
        id=id_of(row),
        name=row.get("contentName") or row.get("name") or "",
        channel=channel,
        transactional=flag,
        folder=row.get("location"),
        created_at=read_time(row.get("createdAt"), zone=zone),
        updated_at=read_time(row.get("updatedAt"), zone=zone),
        raw=row,
    )


def template_from_detail(listed: Template, detail: ContentDetail) -> Template:
    """Return a content with its languages."""
    contents = tuple(_language_from_wire(row, listed.channel) for row in detail["contents"])
    name = detail.get("contentName") or listed.name
    return listed.model_copy(update={"contents": contents, "name": name, "raw": detail})


def _language_from_wire(row: LanguageRow, channel: Channel) -> TemplateContent:
    if channel is Channel.EMAIL:
        return TemplateContent(
            language=row.get("language"),
            subject=row.get("subject"),
            html=row.get("content"),
            sender_name=row.get("fromName"),
            sender_address=row.get("fromAddress"),
        )
    return TemplateContent(
        language=row.get("language"),
        subject=row.get("title"),
        text=row.get("message"),
        sender_name=row.get("senderName"),
    )


def language_to_wire(
    content: TemplateContent, channel: Channel, *, language: str, from_id: str | None
) -> dict[str, Any]:
    """Return the content in one language, as it is assumed to be written.

    Raises:
        InvalidRequest: It says what this channel has no place for.
    """
    said: dict[str, Any] = {"language": (content.language or language).upper()}
    if channel is Channel.EMAIL:
        if content.html is None:
            raise InvalidRequest("an e-mail content at dEngage is HTML, and this one has none")
        said |= {"subject": content.subject or "", "content": content.html}
        return said | ({"fromNameId": from_id} if from_id else {})
    if content.html is not None or content.subject is not None:
        raise InvalidRequest("a text message has neither subject nor HTML")
    if not content.text:
        raise InvalidRequest("this text message has no text")
    return said | {"message": content.text} | ({"smsFromId": from_id} if from_id else {})


def content_to_wire(
    *, name: str | None, transactional: bool | None, languages: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what is given of a content, as it is assumed to be written."""
    said: dict[str, Any] = {"contentName": name} if name is not None else {}
    said |= {"isTransactionalContent": transactional} if transactional is not None else {}
    return said | ({"contentDetail": {"contents": list(languages)}} if languages else {})


def template_of_campaign(campaign: Campaign) -> Template:
    """Return the content that a campaign is.

    Raises:
        InvalidRequest: The campaign says what belongs to a send, or has no place at all.
    """
    if campaign.tags:
        raise InvalidRequest("tags belong to a send at dEngage", hint='say extra={"dengage": {"tags": […]}} there')
    if campaign.reply_to is not None:
        raise InvalidRequest("a content at dEngage has no address for replies")
    given: dict[str, Any] = {"name": campaign.name} if campaign.given("name") else {}
    one: dict[str, Any] = {"subject": campaign.subject} if campaign.subject is not None else {}
    one |= {"html": campaign.html} if campaign.html is not None else {}
    if campaign.channel is Channel.SMS and campaign.text is not None:
        one["text"] = campaign.text
    if campaign.sender is not None:
        one |= {"sender_name": campaign.sender.name, "sender_address": campaign.sender.address}
    contents = (TemplateContent(**one),) if one else ()
    return Template(id=campaign.id, channel=campaign.channel, contents=contents, transactional=False, **given)


def campaign_from_template(template: Template) -> Campaign:
    """Return a content as a campaign, in its first language."""
    first = template.contents[0] if template.contents else TemplateContent()
    sender = None
    if first.sender_address:
        try:
            sender = Mailbox(address=first.sender_address, name=first.sender_name)
        except ValueError:
            sender = None
    return Campaign(
        id=template.id,
        name=template.name,
        channel=template.channel,
        subject=first.subject,
        html=first.html,
        text=first.text,
        sender=sender,
        created_at=template.created_at,
        raw=template.raw,
    )
