"""What the messaging half keeps: files, templates, numbers of WhatsApp, and counts of its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from martech.provider import M, Resource, Response, delete, get, operation, post, put
from martech_dotdigital.mapping.identifiers import digits
from martech_dotdigital.native.shapes.messaging import ContentFile, OmniTemplate
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import time_to_wire
from martech_dotdigital.wire.account import SmsNumber

__all__ = ["Counted", "NativeContent", "Tagged"]


class Counted(StrEnum):
    """What the messaging half counts. Only what went through its interface is in these numbers."""

    MESSAGES = "messages"
    MESSAGE_METRICS = "messages/metrics"
    SMS_OUTBOUND = "sms/outbound"
    SMS_INBOUND = "sms/inbound"
    SMS_TRACKING = "sms/tracking"
    SMS_VERIFY = "sms/verify"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A template with the tag by which a later change says which state it changes."""

    template: OmniTemplate
    tag: str | None


class NativeContent(Resource[M]):
    """Files, templates and counts of the messaging half."""

    row = "native.content"

    @operation
    async def upload(self, name: str, content: bytes, *, content_type: str) -> ContentFile:
        """Keep a file that messages may point to, such as a picture for WhatsApp. One request."""
        body = {"name": name, "type": content_type, "data": b64encode(content).decode()}
        return read_v3(ContentFile, await post("/cpaas/content", json=body, limit="medium"))

    @operation
    async def delete(self, file_id: str) -> None:
        """Remove a file. One request."""
        await delete("/cpaas/content/{file}", file=file_id, limit="medium")

    @operation
    async def templates(self) -> Sequence[OmniTemplate]:
        """Return the templates of the messaging half. One request."""
        return read_v3(list[OmniTemplate], await get("/cpaas/templates", limit="medium"))

    @operation
    async def template(self, template_id: str) -> Tagged:
        """Return one template with its tag. One request."""
        return _tagged(await get("/cpaas/templates/{template}", template=template_id, limit="medium"))

    @operation
    async def create_template(
        self, name: str, *, parts: Sequence[Mapping[str, Any]], description: str | None = None
    ) -> Tagged:
        """Make a template. One request."""
        return _tagged(await post("/cpaas/templates", json=_template(name, parts, description), limit="medium"))

    @operation
    async def update_template(
        self,
        template_id: str,
        name: str,
        *,
        parts: Sequence[Mapping[str, Any]],
        description: str | None = None,
        tag: str | None = None,
    ) -> Tagged:
        """Replace a template. One request.

        Raises:
            Conflict: A tag was given, and somebody changed the template since.
        """
        reply = await put(
            "/cpaas/templates/{template}",
            template=template_id,
            json=_template(name, parts, description),
            headers={"if-match": tag} if tag else {},
            limit="medium",
        )
        return _tagged(reply)

    @operation
    async def delete_template(self, template_id: str, *, tag: str | None = None) -> None:
        """Remove a template. One request."""
        headers = {"if-match": tag} if tag else {}
        await delete("/cpaas/templates/{template}", template=template_id, headers=headers, limit="medium")

    @operation
    async def keywords(self) -> Sequence[SmsNumber]:
        """Return the words that people may text, with their numbers. One request."""
        return read_v2(list[SmsNumber], await get("/sms/keywords", limit="medium"))

    @operation
    async def whatsapp_numbers(self) -> Sequence[Mapping[str, Any]]:
        """Return the account's numbers for WhatsApp, in the vendor's shape. One request."""
        return read_v3(list[dict[str, Any]], await get("/cpaas/channels/whatsapp/cloud", limit="medium"))

    @operation
    async def whatsapp_number(self, number: str) -> Mapping[str, Any]:
        """Return one number for WhatsApp, in the vendor's shape. One request."""
        bare = digits(number)
        reply = await get("/cpaas/channels/whatsapp/cloud/{number}", number=bare, limit="medium")
        return read_v3(dict[str, Any], reply)

    @operation
    async def whatsapp_templates(self, business_account: str) -> Sequence[Mapping[str, Any]]:
        """Return the templates of a WhatsApp business account, in the vendor's shape. One request."""
        reply = await get(
            "/cpaas/channels/whatsapp/businessaccounts/{account}/templates",
            account=business_account,
            limit="medium",
        )
        answer = read_v3(dict[str, Any], reply)
        data = answer.get("data")
        return data if isinstance(data, list) else []

    @operation
    async def counts(
        self,
        what: Counted,
        *,
        since: datetime,
        until: datetime,
        by: str | None = None,
        timezone: str | None = None,
    ) -> Sequence[Mapping[str, Any]]:
        """Return what the messaging half counted in a span of time, in the vendor's shape. One request.

        `by` is the vendor's: `hour`, `day`, `month`, `year`, and for messages `alltime` and more.
        """
        query = {"from": time_to_wire(since), "to": time_to_wire(until), "by": by, "timezone": timezone}
        request = {
            Counted.MESSAGES: get("/cpaas/analytics/messages", query=query, limit="medium"),
            Counted.MESSAGE_METRICS: get("/cpaas/analytics/messages/metrics", query=query, limit="medium"),
            Counted.SMS_OUTBOUND: get("/cpaas/analytics/sms/outbound", query=query, limit="medium"),
            Counted.SMS_INBOUND: get("/cpaas/analytics/sms/inbound", query=query, limit="medium"),
            Counted.SMS_TRACKING: get("/cpaas/analytics/sms/tracking", query=query, limit="medium"),
            Counted.SMS_VERIFY: get("/cpaas/analytics/sms/verify", query=query, limit="medium"),
        }[what]
        return read_v3(list[dict[str, Any]], await request)


def _template(name: str, parts: Sequence[Mapping[str, Any]], description: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "messageParts": [dict(part) for part in parts]}
    return body if description is None else body | {"description": description}


def _tagged(reply: Response) -> Tagged:
    return Tagged(read_v3(OmniTemplate, reply), reply.headers.get("etag"))
