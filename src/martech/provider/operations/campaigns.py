"""The contract for campaigns and their sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Extra, Operations, undeclared

if TYPE_CHECKING:
    from datetime import datetime

    from martech.models import Audience, Campaign, Channel, Page, Send

__all__ = ["CampaignOperations"]


class CampaignOperations(Operations):
    """Campaigns: content for many. Only `send` dispatches, and never to an empty audience."""

    row = "campaigns"

    async def list(self, cursor: str | None) -> Page[Campaign]:
        """Return one page of the campaigns; contents may be left out."""
        raise undeclared()

    async def get(self, campaign_id: str, *, channel: Channel) -> Campaign:
        """Return one campaign with its content; `NotFound` if there is none."""
        raise undeclared()

    async def create(self, campaign: Campaign) -> Campaign:
        """Make a campaign; returned with its id. Dispatches nothing."""
        raise undeclared()

    async def update(self, campaign: Campaign) -> Campaign:
        """Change what is given of a campaign, named by its id; `Conflict` once it was sent."""
        raise undeclared()

    async def delete(self, campaign_id: str, *, channel: Channel) -> None:
        """Remove a campaign."""
        raise undeclared()

    async def send(
        self, campaign_id: str, to: Audience, *, channel: Channel, at: datetime | None, key: str, extra: Extra
    ) -> Send:
        """Dispatch a campaign to an audience, at once or at a time."""
        raise undeclared()

    async def send_status(self, send_id: str, *, channel: Channel) -> Send:
        """Return how far a send is; `NotFound` if there is none."""
        raise undeclared()

    async def pause(self, send_id: str, *, channel: Channel) -> Send:
        """Hold a send."""
        raise undeclared()

    async def resume(self, send_id: str, *, channel: Channel, key: str) -> Send:
        """Let a held send go on, which may reach people: it is a send of its own."""
        raise undeclared()

    async def cancel(self, send_id: str, *, channel: Channel) -> Send:
        """End a send before its time."""
        raise undeclared()
