"""Campaigns at dEngage: a content is the campaign, and each dispatch of it a send of its own."""

from __future__ import annotations

from datetime import datetime

from martech.models import (
    Audience,
    AudienceKind,
    Campaign,
    Channel,
    Lists,
    Page,
    Send,
    SendStatus,
)
from martech.provider import (
    CampaignOperations,
    Conflict,
    Extra,
    InvalidInput,
    InvalidRequest,
    Kind,
    declines,
    not_offered,
    not_written,
    observed,
    read,
)
from martech_dengage import assumed, contents, seen, tables
from martech_dengage.dates import zone_of
from martech_dengage.mapping.contents import campaign_from_template, template_of_campaign
from martech_dengage.mapping.sends import audience_to_wire, send_from_wire, send_to_wire
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import CreatedSendAnswer, SendAnswer

TWO_CHANNELS = {
    Channel.PUSH: not_written("Pushes to many go by native.push.send_instant."),
    Channel.WHATSAPP: contents.NO_WHATSAPP,
}
NO_SUCH_AUDIENCE = {
    AudienceKind.PEOPLE: not_offered(
        "A send at dEngage goes to a list or a segment: put these people on a list.", instead="lists.add"
    ),
    AudienceKind.EVERYONE: not_offered(
        "A send at dEngage goes to a list or a segment: a segment of everybody is built in the panel."
    ),
}
LISTED = (Channel.EMAIL, Channel.SMS)


class Campaigns(CampaignOperations):
    """Contents that are not flagged as transactional, and their sends, all of whose calls are assumed."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @observed(seen.CONTENTS)
    async def list(self, cursor: str | None) -> Page[Campaign]:
        """One request a page: those of e-mails, then those of text messages. Without their contents."""
        word, _, start = (cursor or f"{LISTED[0].value}:").partition(":")
        if word not in LISTED:
            raise InvalidRequest("this is no cursor of campaigns.list")
        channel = Channel(word)
        page = await contents.listed(self._settings, channel, start or None)
        items = [campaign_from_template(one) for one in page.items if not one.transactional]
        if page.next_cursor is not None:
            return Page(items, f"{word}:{page.next_cursor}")
        return Page(items, f"{LISTED[1].value}:" if channel is LISTED[0] else None)

    @observed(seen.CONTENTS)
    @declines(channel=TWO_CHANNELS)
    async def get(self, campaign_id: str, *, channel: Channel) -> Campaign:
        """Two requests in an account of up to 500 contents. Of several languages the first is shown."""
        return campaign_from_template(await contents.one(self._settings, campaign_id, channel=channel))

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(campaign=TWO_CHANNELS)
    async def create(self, campaign: Campaign) -> Campaign:
        """One request, and one to find the sender. It makes a content, and dispatches nothing."""
        _one_of_two(campaign.channel)
        content_id = await contents.create(self._settings, template_of_campaign(campaign))
        return campaign.model_copy(update={"id": content_id})

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(campaign=TWO_CHANNELS)
    async def update(self, campaign: Campaign) -> Campaign:
        """One to three requests, to find or keep the sender. Sends that have gone out are not called back."""
        _one_of_two(campaign.channel)
        await contents.update(self._settings, template_of_campaign(campaign))
        return campaign

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(channel=TWO_CHANNELS)
    async def delete(self, campaign_id: str, *, channel: Channel) -> None:
        """One request."""
        await contents.remove(self._settings, campaign_id, channel=channel)

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(to=NO_SUCH_AUDIENCE, channel=TWO_CHANNELS)
    async def send(
        self, campaign_id: str, to: Audience, *, channel: Channel, at: datetime | None, key: str, extra: Extra
    ) -> Send:
        """One request, and one before it for a list: a table of the platform's own would be everybody.

        dEngage has no means to know a repeated send. Takes `name`, `tags`, `trackOpen`, `trackClick` and
        `deduplicate` (true unless said otherwise) as extra; text messages have neither the third nor the last.
        """
        said = send_to_wire(campaign_id, to, channel=channel, at=at, key=key, extra=extra)
        if isinstance(to, Lists):
            table = await tables.one(self._settings, audience_to_wire(to)["tableId"])
            if table.contact_column is None:
                raise InvalidRequest(
                    f"the table {table.name!r} holds no contact keys, so nothing can be sent to it"
                )
        request = assumed.ask(
            self._settings, "create_send", "POST", Kind.SEND, json=said, send_key=key, channel=channel.value
        )
        answer = read(CreatedSendAnswer, assumed.heard(self._settings, await request))
        return Send(
            id=answer["data"]["sendId"],
            campaign_id=campaign_id,
            channel=channel,
            status=SendStatus.SCHEDULED if at is not None else SendStatus.SENDING,
            at=at,
            send_key=key,
        )

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(channel=TWO_CHANNELS)
    async def send_status(self, send_id: str, *, channel: Channel) -> Send:
        """One request. Of text messages, for which no such call is named, the overview is asked."""
        name = "send" if channel is Channel.EMAIL else "send_overview"
        request = assumed.ask(self._settings, name, "GET", Kind.READ, channel=channel.value, send=send_id)
        row = read(SendAnswer, assumed.heard(self._settings, await request))["data"]
        return send_from_wire(send_id, row, channel=channel, zone=zone_of(self._settings.timezone))

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(channel=TWO_CHANNELS)
    async def pause(self, send_id: str, *, channel: Channel) -> Send:
        """Two requests."""
        return await self._held(send_id, "pause_send", SendStatus.PAUSED, channel)

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(channel=TWO_CHANNELS)
    async def resume(self, send_id: str, *, channel: Channel, key: str) -> Send:
        """Two requests. It may reach people, so it is a send of its own, and never repeated."""
        request = assumed.ask(
            self._settings,
            "resume_send",
            "POST",
            Kind.SEND,
            send_key=key,
            channel=channel.value,
            send=send_id,
        )
        try:
            await request
        except InvalidInput as refused:
            raise _wrong_state(refused) from refused
        return await self.send_status(send_id, channel=channel)

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(channel=TWO_CHANNELS)
    async def cancel(self, send_id: str, *, channel: Channel) -> Send:
        """Two requests."""
        return await self._held(send_id, "cancel_send", SendStatus.CANCELLED, channel)

    async def _held(self, send_id: str, name: str, wanted: SendStatus, channel: Channel) -> Send:
        """Stop a send and return it. Repeated where the answer was lost: it must not run on for that.

        Raises:
            Conflict: It is in a state that cannot be stopped.
        """
        request = assumed.ask(
            self._settings, name, "POST", Kind.WRITE, repeatable=True, channel=channel.value, send=send_id
        )
        try:
            await request
        except InvalidInput as refused:
            now = await self.send_status(send_id, channel=channel)
            if now.status is not wanted:
                raise _wrong_state(refused) from refused
            return now
        return await self.send_status(send_id, channel=channel)


def _wrong_state(refused: InvalidInput) -> Conflict:
    """An illegal step is assumed to be refused like any other input, by code 11."""
    return Conflict(
        "the send is in a state that does not allow this",
        status=refused.status,
        code=refused.code,
        vendor_message=refused.vendor_message,
        request_id=refused.request_id,
        asked=refused.asked,
    )


def _one_of_two(channel: Channel) -> None:
    """Refuse a channel that is a field of a campaign, and so not seen by `declines`."""
    if channel in TWO_CHANNELS:
        raise TWO_CHANNELS[channel].error()
