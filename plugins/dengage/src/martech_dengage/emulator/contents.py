"""The Content API as far as clients show it: listing and reading (C1, C2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.content import Content
from martech_dengage.emulator.envelope import not_found, operation
from martech_dengage.emulator.reading import paged
from martech_dengage.emulator.vendor import Vendor

__all__ = ["Contents"]


class Contents(Vendor):
    """Routes that list and read contents. Who made them, in the panel or over the API, is no difference."""

    @operation("GET", "/contents/{channel}")
    def list_contents(self, incoming: Incoming) -> Mapping[str, Any]:
        """List contents of a channel (C1, C2): both parameters may be left out."""
        page = paged(incoming, list(self.contents_of(incoming).values()), Content.listed)
        return {**page, "affectedRowCount": len(page["result"])}

    @operation("GET", "/contents/{channel}/{content_id}")
    def get_content(self, incoming: Incoming) -> Mapping[str, Any]:
        """Read a content (C1): one entry for each language, and nothing else."""
        content_id = incoming.parts["content_id"]
        if (content := self.contents_of(incoming).get(content_id)) is None:
            raise not_found(f"{content_id} content is null")
        return {"contentDetail": {"contents": content.languages}}

    def contents_of(self, incoming: Incoming) -> dict[str, Content]:
        """Return the contents of the channel in the path; raises a refusal for another channel."""
        channel = incoming.parts["channel"]
        if channel not in self.contents:
            raise not_found(f"there are no contents for {channel}")
        return self.contents[channel]
