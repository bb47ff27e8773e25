"""Contents, as templates and campaigns both need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.models import Channel, Page, Template, TemplateContent
from martech.provider import InvalidRequest, Kind, NotFound, Response, not_offered, read
from martech_dengage import assumed
from martech_dengage.dates import zone_of
from martech_dengage.limits import CONTENTS_PAGE
from martech_dengage.mapping.contents import (
    content_to_wire,
    language_to_wire,
    template_from_detail,
    template_from_row,
)
from martech_dengage.mapping.pages import after, start_of
from martech_dengage.mapping.senders import default_email_from, matching_email_from, matching_sms_from
from martech_dengage.reading import get
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import (
    ContentAnswer,
    ContentsAnswer,
    CreatedContentAnswer,
    EmailFromsAnswer,
    SmsFromsAnswer,
)

__all__ = ["NO_WHATSAPP", "create", "listed", "one", "remove", "update"]

NO_WHATSAPP = not_offered("dEngage's API knows no WhatsApp contents.")


async def listed(settings: DengageSettings, channel: Channel, cursor: str | None) -> Page[Template]:
    """Return one page of the contents of a channel, without their languages. One request."""
    start = start_of(cursor)
    reply = await _page(channel, start)
    data = read(ContentsAnswer, reply)["data"]
    zone = zone_of(settings.timezone)
    following = after(start, len(data["result"]), data, size=CONTENTS_PAGE)
    items = [template_from_row(row, channel, zone=zone) for row in data["result"]]
    return Page(items, None if following is None else str(following))


async def one(settings: DengageSettings, content_id: str, *, channel: Channel) -> Template:
    """Return a content with its languages. One request, and one or more for its name, which stands elsewhere.

    Raises:
        NotFound: There is none.
    """
    detail = read(ContentAnswer, await _content(channel, content_id))["data"]["contentDetail"]
    cursor: str | None = None
    while True:
        page = await listed(settings, channel, cursor)
        found = next((template for template in page.items if template.id == content_id), None)
        cursor = page.next_cursor
        if found is not None or cursor is None:
            break
    if found is None and not detail.get("contentName"):
        raise NotFound("there is no content of this id in the listing, which is where its name stands")
    return template_from_detail(found or Template(id=content_id, name="", channel=channel), detail)


async def create(settings: DengageSettings, template: Template) -> str:
    """Make a content and return its id. One request, and one for each language whose sender has to be found."""
    if not template.contents:
        raise InvalidRequest("a content needs at least one language")
    said = await _said(settings, template, present={})
    request = assumed.ask(
        settings, "create_content", "POST", Kind.WRITE, json=said, channel=_channel(template.channel)
    )
    reply = assumed.heard(settings, await request)
    return read(CreatedContentAnswer, reply)["data"]["publicId"]


async def update(settings: DengageSettings, template: Template) -> None:
    """Change what is given of a content. As `create`, and one request to keep the senders where none is named."""
    if template.id is None:
        raise InvalidRequest("a content is named by its id, and this one has none")
    present: dict[str, TemplateContent] = {}
    if any(not _names_sender(content) for content in template.contents):
        reply = await _content(template.channel, template.id)
        detail = read(ContentAnswer, reply)["data"]["contentDetail"]
        listed = Template(id=template.id, name="", channel=template.channel)
        languages = template_from_detail(listed, detail).contents
        present = {(one.language or settings.language).upper(): one for one in languages}
    await assumed.ask(
        settings,
        "content",
        "PUT",
        Kind.WRITE,
        json=await _said(settings, template, present=present),
        repeatable=True,
        channel=_channel(template.channel),
        content_id=template.id,
    )


async def remove(settings: DengageSettings, content_id: str, *, channel: Channel) -> None:
    """Remove a content. One request, not repeated: a second one would not find it."""
    await assumed.ask(settings, "content", "DELETE", Kind.WRITE, channel=_channel(channel), content_id=content_id)


async def _said(
    settings: DengageSettings, template: Template, *, present: Mapping[str, TemplateContent]
) -> dict[str, Any]:
    if template.folder is not None:
        raise InvalidRequest("where a content lies is set in dEngage's panel")
    for content in template.contents:
        # Before anything is asked: a content that cannot be said costs no request.
        language_to_wire(content, template.channel, language=settings.language, from_id=None)
    languages: list[dict[str, Any]] = []
    for content in template.contents:
        language = (content.language or settings.language).upper()
        named = content if _names_sender(content) else present.get(language, content)
        from_id = await _from_id(settings, named, template.channel)
        languages.append(language_to_wire(content, template.channel, language=language, from_id=from_id))
    return content_to_wire(
        name=template.name if template.given("name") else None,
        transactional=template.transactional,
        languages=languages,
    )


def _names_sender(content: TemplateContent) -> bool:
    return content.sender_address is not None or content.sender_name is not None


async def _from_id(settings: DengageSettings, content: TemplateContent, channel: Channel) -> str:
    """Return the id of the sender that a content names, or of the usual one."""
    if channel is Channel.SMS:
        if content.sender_name is None and settings.sms_from_id is not None:
            return settings.sms_from_id
        texts = read(SmsFromsAnswer, await get("/sms/froms/bulk"))["data"]["smsFroms"]
        return matching_sms_from(texts, content.sender_name)
    if content.sender_address is None and settings.email_from_id is not None:
        return settings.email_from_id
    emails = read(EmailFromsAnswer, await get("/email/froms"))["data"]["emailFroms"]
    if content.sender_address is None:
        return default_email_from(emails)
    return matching_email_from(emails, content.sender_address, content.sender_name)


async def _page(channel: Channel, start: int) -> Response:
    query = {"limit": CONTENTS_PAGE, "offset": start}
    return await get("/contents/{channel}", channel=_channel(channel), query=query)


async def _content(channel: Channel, content_id: str) -> Response:
    return await get("/contents/{channel}/{content_id}", channel=_channel(channel), content_id=content_id)


def _channel(channel: Channel) -> str:
    """Return what dEngage calls a channel in a path (C1)."""
    return channel.value
