"""Campaigns at Dotdigital: e-mail whole, SMS as far as the vendor goes, which is not to sending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from martech.models import Audience, Campaign, Channel, Everyone, Identifier, Page, People, Send
from martech.provider import (
    CampaignOperations,
    Extra,
    InvalidRequest,
    NotFound,
    assumes,
    declines,
    delete,
    get,
    not_offered,
    post,
    put,
    send,
)
from martech_dotdigital import assumed, people
from martech_dotdigital.limits import SEND_PEOPLE
from martech_dotdigital.lists import lists_page
from martech_dotdigital.mapping import campaigns as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.paging import Ask, chained, listed
from martech_dotdigital.reading import read_v2
from martech_dotdigital.settings import DotdigitalSettings
from martech_dotdigital.wire import campaigns as wire

__all__ = ["Campaigns"]

NO_OTHERS = {
    channel: not_offered("Dotdigital's interface has campaigns for e-mail and SMS only.")
    for channel in (Channel.PUSH, Channel.WHATSAPP)
}
EMAIL_SENDS_ONLY = {
    channel: not_offered(
        "Dotdigital's interface sends campaigns by e-mail only; an SMS campaign is sent from its screens.",
        instead="messages.send_sms",
    )
    for channel in Channel
    if channel is not Channel.EMAIL
}
NO_WAY_BACK = not_offered("A send at Dotdigital cannot be held or stopped through its interface.")


class Campaigns(CampaignOperations):
    """Campaigns and their sends."""

    def __init__(self, naming: Naming, settings: DotdigitalSettings) -> None:
        self._naming = naming
        self._settings = settings

    async def list(self, cursor: str | None) -> Page[Campaign]:
        """One request a page, and one that brings nothing new: e-mail campaigns first, then SMS campaigns."""
        return await chained(cursor, [_emails, _texts])

    @declines(channel=NO_OTHERS)
    async def get(self, campaign_id: str, *, channel: Channel) -> Campaign:
        """One request."""
        if channel is Channel.SMS:
            return mapping.sms_from_wire(await _text(campaign_id))
        campaign = number(campaign_id, "campaign")
        reply = await get("/v2/campaigns/{campaign}/with-details", campaign=campaign, limit="medium")
        return mapping.campaign_from_wire(read_v2(wire.Campaign, reply))

    async def create(self, campaign: Campaign) -> Campaign:
        """One request. `status=TRIGGERED` makes a triggered campaign, which `messages.send_template` sends from.

        Both texts need the unsubscribe token $UNSUB$ (in HTML as `http://$UNSUB$` in a link); the vendor says so.
        """
        if campaign.channel is Channel.SMS:
            reply = await post("/v2/sms/campaigns", json=mapping.sms_to_wire(campaign), limit="medium")
            return mapping.sms_from_wire(read_v2(wire.SmsCampaign, reply))
        _only_email(campaign)
        body = mapping.campaign_to_wire(campaign) | mapping.type_to_wire(campaign)
        reply = await post("/v2/campaigns", json=body, limit="medium")
        return mapping.campaign_from_wire(read_v2(wire.Campaign, reply))

    async def update(self, campaign: Campaign) -> Campaign:
        """Two requests: what was not given is read first, since the vendor takes a campaign whole."""
        if campaign.id is None:
            raise InvalidRequest("this campaign has no id", hint="campaigns.create returns it with one")
        if campaign.channel is Channel.SMS:
            return await _update_text(campaign.id, campaign)
        _only_email(campaign)
        wanted = mapping.campaign_to_wire(campaign)
        there: dict[str, Any] = dict(await _email(campaign.id))
        kept = (
            "name",
            "subject",
            "fromName",
            "fromAddress",
            "htmlContent",
            "plainTextContent",
            "replyAction",
            "replyToAddress",
        )
        body = {name: there[name] for name in kept if there.get(name) is not None} | wanted
        reply = await put(
            "/v2/campaigns/{campaign}", campaign=number(campaign.id, "campaign"), json=body, limit="medium"
        )
        return mapping.campaign_from_wire(read_v2(wire.Campaign, reply))

    @declines(channel=NO_OTHERS)
    async def delete(self, campaign_id: str, *, channel: Channel) -> None:
        """One request. What was reported about it goes too."""
        campaign = number(campaign_id, "campaign")
        if channel is Channel.SMS:
            await delete("/v2/sms/campaigns/{campaign}", campaign=campaign, limit="medium")
        else:
            await delete("/v2/campaigns/{campaign}", campaign=campaign, limit="medium")

    @assumes(assumed.EVERYONE)
    @declines(channel=EMAIL_SENDS_ONLY)
    async def send(
        self, campaign_id: str, to: Audience, *, channel: Channel, at: datetime | None, key: str, extra: Extra
    ) -> Send:
        """One request for lists and segments; for people one more each, up to ten; for everyone, the lists' pages.

        `extra`: `optimised=True` sends to each at their best hour; `split_test={"metric", "percentage", "hours"}`.

        Raises:
            NotFound: One of the people is no contact; nothing was sent.
        """
        del channel
        lists, contacts = await self._audience(to)
        body, optimised = mapping.send_to_wire(
            number(campaign_id, "campaign"), lists=lists, people=contacts, at=at, extra=extra
        )
        if optimised:
            reply = await send("/v2/campaigns/send-time-optimised", json=body, send_key=key)
        else:
            reply = await send("/v2/campaigns/send", json=body, send_key=key)
        return mapping.send_from_wire(read_v2(wire.CampaignSend, reply), key=key)

    @declines(channel=EMAIL_SENDS_ONLY)
    async def send_status(self, send_id: str, *, channel: Channel) -> Send:
        """One request."""
        del channel
        return mapping.send_from_wire(
            read_v2(wire.CampaignSend, await get("/v2/campaigns/send/{send}", send=send_id))
        )

    pause = NO_WAY_BACK
    resume = NO_WAY_BACK
    cancel = NO_WAY_BACK

    async def _audience(self, to: Audience) -> tuple[Sequence[int], Sequence[int]]:
        """Return list ids, which may be those of segments, and contact ids. Never neither (S18)."""
        if isinstance(to, Everyone):
            return [await self._everyone()], []
        if isinstance(to, People):
            return [], await self._contact_ids(to.refs)
        return [number(one, to.kind.value.removesuffix("s")) for one in to.ids], []

    async def _everyone(self) -> int:
        """Return the id of the built-in list that everybody is on: named, rather than an empty audience."""
        wanted = self._settings.everyone_list.casefold()
        cursor: str | None = None
        while True:
            page = await lists_page(cursor)
            for one in page.items:
                if one.name.casefold() == wanted:
                    return int(one.id)
            cursor = page.next_cursor
            if cursor is None:
                raise NotFound(
                    f"the account has no list “{self._settings.everyone_list}”, by which everybody is named",
                    hint="name lists or segments, or set everyone_list; an empty audience is never sent",
                )

    async def _contact_ids(self, refs: Sequence[Identifier]) -> Sequence[int]:
        if len(refs) > SEND_PEOPLE:
            raise InvalidRequest(
                f"Dotdigital sends a campaign to {SEND_PEOPLE} named people at a time, got {len(refs)}",
                hint="put them on a list with lists.add and send to that",
            )
        known = await people.present_many(refs, self._naming)
        if (problem := people.first_problem(known)) is not None:
            raise problem
        return list(dict.fromkeys(outcome.value["contactId"] for outcome in known))


def _only_email(campaign: Campaign) -> None:
    if campaign.channel is not Channel.EMAIL:
        raise InvalidRequest("Dotdigital's interface has campaigns for e-mail and SMS only")


async def _emails(cursor: str | None) -> Page[Campaign]:
    return await campaigns_page(lambda query: get("/v2/campaigns/filtered", query=query, limit="medium"), cursor)


async def campaigns_page(ask: Ask, cursor: str | None) -> Page[Campaign]:
    """Return one page of e-mail campaigns from one of the routes that list some. One request."""
    return await listed(list[wire.Campaign], ask, mapping.campaign_from_wire, cursor)


async def _texts(cursor: str | None) -> Page[Campaign]:
    return await listed(
        list[wire.SmsCampaign],
        lambda query: get("/v2/sms/campaigns", query=query, limit="medium"),
        mapping.sms_from_wire,
        cursor,
    )


async def _email(campaign_id: str) -> wire.Campaign:
    reply = await get("/v2/campaigns/{campaign}", campaign=number(campaign_id, "campaign"), limit="medium")
    return read_v2(wire.Campaign, reply)


async def _text(campaign_id: str) -> wire.SmsCampaign:
    reply = await get("/v2/sms/campaigns/{campaign}", campaign=number(campaign_id, "campaign"), limit="medium")
    return read_v2(wire.SmsCampaign, reply)


async def _update_text(campaign_id: str, campaign: Campaign) -> Campaign:
    wanted = mapping.sms_to_wire(campaign)
    there: dict[str, Any] = dict(await _text(campaign_id))
    kept = ("name", "message", "sendingIdentity", "toggleShortLinks")
    body = {name: there[name] for name in kept if there.get(name) is not None} | wanted
    reply = await put(
        "/v2/sms/campaigns/{campaign}", campaign=number(campaign_id, "campaign"), json=body, limit="medium"
    )
    return mapping.sms_from_wire(read_v2(wire.SmsCampaign, reply))
