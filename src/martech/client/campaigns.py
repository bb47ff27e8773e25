"""Campaigns, which are content for many, and sends, each one dispatch of a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martech.errors import InvalidRequest
from martech.flows.people import narrowed
from martech.flows.sending import key_for
from martech.models import Audience, Campaign, Channel, Page, Send
from martech.provider.resources import M, Resource, operation, paged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Campaigns"]


def _campaign(campaign: Campaign | str, channel: Channel | None) -> tuple[str, Channel]:
    if isinstance(campaign, str):
        return campaign, channel or Channel.EMAIL
    if campaign.id is None:
        raise InvalidRequest("this campaign has no id", hint="campaigns.create makes it and returns it with one")
    return campaign.id, channel or campaign.channel


def _send(send: Send | str, channel: Channel | None) -> tuple[str, Channel]:
    if isinstance(send, str):
        return send, channel or Channel.EMAIL
    return send.id, channel or send.channel


class Campaigns(Resource[M]):
    """Campaigns and their sends. Making a campaign dispatches nothing; only `send` does."""

    row = "campaigns"

    @paged
    async def list(self, cursor: str | None) -> Page[Campaign]:
        """Iterate over the campaigns; listings may leave the contents out."""
        return await self._provider.campaigns.list(cursor)

    @operation
    async def get(self, campaign_id: str, *, channel: Channel = Channel.EMAIL) -> Campaign:
        """Return one campaign with its content. One request.

        Raises:
            NotFound: There is none.
        """
        return await self._provider.campaigns.get(campaign_id, channel=channel)

    @operation
    async def create(self, campaign: Campaign) -> Campaign:
        """Make a campaign; returned with its id. Dispatches nothing. One request."""
        return await self._provider.campaigns.create(campaign)

    @operation
    async def update(self, campaign: Campaign) -> Campaign:
        """Change what is given of a campaign, named by its id.

        Raises:
            Conflict: It was sent already.
        """
        return await self._provider.campaigns.update(campaign)

    @operation
    async def delete(self, campaign_id: str, *, channel: Channel = Channel.EMAIL) -> None:
        """Remove a campaign."""
        await self._provider.campaigns.delete(campaign_id, channel=channel)

    @operation
    async def send(
        self,
        campaign: Campaign | str,
        *,
        to: Audience,
        at: datetime | None = None,
        channel: Channel | None = None,
        key: str | None = None,
        dedupe_within_seconds: float | None = None,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Send:
        """Dispatch a campaign to an audience, at once or at a time. Never to an empty one.

        Raises:
            OutcomeUnknown: Nobody can tell whether it was dispatched.
        """
        campaign_id, on = _campaign(campaign, channel)
        more = narrowed(self._provider, extra)
        return await self._provider.campaigns.send(
            campaign_id, to, channel=on, at=at, key=await key_for(key, dedupe_within_seconds), extra=more
        )

    @operation
    async def send_status(self, send: Send | str, *, channel: Channel | None = None) -> Send:
        """Return how far a send is. One request.

        Raises:
            NotFound: There is none.
        """
        send_id, on = _send(send, channel)
        return await self._provider.campaigns.send_status(send_id, channel=on)

    @operation
    async def pause(self, send: Send | str, *, channel: Channel | None = None) -> Send:
        """Hold a send."""
        send_id, on = _send(send, channel)
        return await self._provider.campaigns.pause(send_id, channel=on)

    @operation
    async def resume(self, send: Send | str, *, channel: Channel | None = None, key: str | None = None) -> Send:
        """Let a held send go on, which may reach people: the same key does it once.

        Raises:
            OutcomeUnknown: Nobody can tell whether it goes on.
        """
        send_id, on = _send(send, channel)
        return await self._provider.campaigns.resume(send_id, channel=on, key=await key_for(key))

    @operation
    async def cancel(self, send: Send | str, *, channel: Channel | None = None) -> Send:
        """End a send before its time."""
        send_id, on = _send(send, channel)
        return await self._provider.campaigns.cancel(send_id, channel=on)
