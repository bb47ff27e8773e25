"""Templates at Dotdigital: e-mail content in one language, which campaigns are copied from by hand or by us."""

from __future__ import annotations

from typing import Any

from martech.models import Channel, Page, Template
from martech.provider import InvalidRequest, TemplateOperations, declines, get, not_offered, post, put
from martech_dotdigital.limits import TEMPLATES_PAGE
from martech_dotdigital.mapping import campaigns as mapping
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.paging import listed
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire.campaigns import Template as Wire

__all__ = ["Templates"]

NOT_EMAIL = {
    channel: not_offered("Templates here are for e-mail; native.content has those of the messaging half.")
    for channel in Channel
    if channel is not Channel.EMAIL
}


class Templates(TemplateOperations):
    """E-mail templates."""

    @declines(channel=NOT_EMAIL)
    async def list(self, channel: Channel, cursor: str | None) -> Page[Template]:
        """One request a page of 500, and one that brings nothing new. Without contents."""
        del channel
        return await listed(
            list[Wire],
            lambda query: get("/v2/templates", query=query, limit="medium"),
            mapping.template_from_wire,
            cursor,
            size=TEMPLATES_PAGE,
        )

    @declines(channel=NOT_EMAIL)
    async def get(self, template_id: str, *, channel: Channel) -> Template:
        """One request."""
        del channel
        return mapping.template_from_wire(await _one(template_id))

    async def create(self, template: Template) -> Template:
        """One request. The vendor wants a subject, a sender's name and both texts."""
        reply = await post("/v2/templates", json=mapping.template_to_wire(template), limit="medium")
        return mapping.template_from_wire(read_v2(Wire, reply))

    async def update(self, template: Template) -> Template:
        """Two requests: the vendor wants everything said again, so what was not given is read first."""
        if template.id is None:
            raise InvalidRequest("this template has no id", hint="templates.create returns it with one")
        wanted = mapping.template_to_wire(template)
        there: dict[str, Any] = dict(await _one(template.id))
        body = {
            name: there.get(name) for name in ("name", "subject", "fromName", "htmlContent", "plainTextContent")
        }
        reply = await put(
            "/v2/templates/{template}",
            template=number(template.id, "template"),
            json=body | wanted,
            limit="medium",
        )
        return mapping.template_from_wire(read_v2(Wire, reply))

    delete = not_offered("Dotdigital's interface removes no template; its own screens do.")


async def _one(template_id: str) -> Wire:
    reply = await get("/v2/templates/{template}", template=number(template_id, "template"), limit="medium")
    return read_v2(Wire, reply)
