"""Contents as dEngage has them."""

from __future__ import annotations

from typing import Literal

from martech.provider import Kind, M, observed, operation
from martech_dengage import assumed, seen
from martech_dengage.limits import CONTENTS_PAGE
from martech_dengage.native.base import Data, Group, data_of
from martech_dengage.reading import get

__all__ = ["Contents"]

Kinds = Literal["email", "sms", "push"]
Writable = Literal["email", "sms"]


class Contents(Group[M]):
    """GetEmailContent, GetSmsContent, and the rest of the Content API; pushes can be read only."""

    row = "native.contents"

    @operation
    @observed(seen.CONTENTS)
    async def list(self, channel: Kinds, *, limit: int = CONTENTS_PAGE, offset: int = 0) -> Data:
        """Return a page of contents. One request."""
        query = {"limit": limit, "offset": offset}
        return data_of(await get("/contents/{channel}", channel=channel, query=query))

    @operation
    @observed(seen.CONTENTS)
    async def get(self, channel: Kinds, content_id: str) -> Data:
        """GetEmailContent, GetSmsContent: return a content with its languages. One request."""
        return data_of(await get("/contents/{channel}/{content_id}", channel=channel, content_id=content_id))

    @operation
    @assumed.rests_on(assumed.CONTENT_WRITES)
    async def create(self, channel: Writable, content: Data) -> str:
        """CreateEmailContent, CreateSmsContent (assumed): make a content and return its id. One request."""
        request = assumed.ask(self._settings, "create_content", "POST", Kind.WRITE, json=content, channel=channel)
        reply = assumed.heard(self._settings, await request)
        made = data_of(reply).get("publicId")
        if not isinstance(made, str):
            raise reply.unexpected("the content was made, and the answer does not say its id")
        return made

    @operation
    @assumed.rests_on(assumed.CONTENT_WRITES)
    async def update(self, channel: Writable, content_id: str, content: Data) -> None:
        """UpdateEmailContent, UpdateSmsContent (assumed): change a content. One request."""
        await assumed.ask(
            self._settings,
            "content",
            "PUT",
            Kind.WRITE,
            json=content,
            repeatable=True,
            channel=channel,
            content_id=content_id,
        )

    @operation
    @assumed.rests_on(assumed.CONTENT_WRITES)
    async def delete(self, channel: Writable, content_id: str) -> None:
        """DeleteEmailContent, DeleteSmsContent (assumed): remove a content. One request."""
        await assumed.ask(self._settings, "content", "DELETE", Kind.WRITE, channel=channel, content_id=content_id)
