"""Campaigns beyond the neutral words: copies, split tests, attachments, tags and dates, and detailed reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from martech.models import Campaign, CampaignStatus, ContactList, Page
from martech.provider import InvalidRequest, M, Resource, delete, get, operation, paged, post
from martech_dotdigital.campaigns import campaigns_page
from martech_dotdigital.lists import lists_page
from martech_dotdigital.mapping import campaigns as mapping
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.campaign_reports import CampaignReports
from martech_dotdigital.native.shapes.campaigns import Prepared, SplitResult, SplitTest
from martech_dotdigital.native.shapes.files import Document
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import time_to_wire
from martech_dotdigital.wire import campaigns as wire

__all__ = ["NativeCampaigns"]

_WORDS: Mapping[CampaignStatus, tuple[str, ...]] = {
    CampaignStatus.DRAFT: ("Unsent",),
    CampaignStatus.SENDING: ("Sending",),
    CampaignStatus.SENT: ("Sent",),
    CampaignStatus.PAUSED: ("Paused",),
    CampaignStatus.CANCELLED: ("Cancelled",),
    CampaignStatus.AWAITING_APPROVAL: (
        "RequiresSystemApproval", "RequiresSMSApproval", "RequiresWorkflowApproval",
    ),
    CampaignStatus.TRIGGERED: ("Triggered",),
}  # fmt: skip


class NativeCampaigns(CampaignReports[M], Resource[M]):
    """Campaigns, and everything Dotdigital reports about them."""

    row = "native.campaigns"

    @paged
    async def filtered(
        self,
        cursor: str | None,
        *,
        triggered: bool | None = None,
        tags: Sequence[str] = (),
        statuses: Sequence[CampaignStatus] = (),
        sent_since: datetime | None = None,
        scheduled_from: datetime | None = None,
        scheduled_to: datetime | None = None,
    ) -> Page[Campaign]:
        """Iterate over e-mail campaigns by type, tags (all of them), states and dates. One request a page."""
        words = [word for status in statuses for word in _words(status)]
        filters: dict[str, Any] = {
            "~type": None if triggered is None else "Triggered" if triggered else "Standard",
            "~tags": list(tags) or None,
            "~statuses": words or None,
            "~sentDate": _time(sent_since),
            "~scheduledDateFrom": _time(scheduled_from),
            "~scheduledDateTo": _time(scheduled_to),
        }
        return await campaigns_page(
            lambda query: get("/v2/campaigns/filtered", query={**filters, **query}, limit="medium"), cursor
        )

    @operation
    async def copy(self, campaign_id: str) -> Campaign:
        """Copy an e-mail campaign; the copy's name says that it is one. One request."""
        campaign = number(campaign_id, "campaign")
        reply = await post("/v2/campaigns/{campaign}/copy", campaign=campaign, limit="medium")
        return mapping.campaign_from_wire(read_v2(wire.Campaign, reply))

    @operation
    async def copy_sms(self, campaign_id: str, *, name: str) -> Campaign:
        """Copy an SMS campaign under a new name. One request."""
        body = {"campaignId": number(campaign_id, "campaign"), "copyName": name}
        reply = await post("/v2/sms/campaigns/copy", json=body, limit="medium")
        return mapping.sms_from_wire(read_v2(wire.SmsCampaign, reply))

    @operation
    async def create_split_test(
        self,
        name: str,
        *,
        texts: Sequence[str],
        subjects: Sequence[str] = (),
        htmls: Sequence[str] = (),
        sender_names: Sequence[str] = (),
        senders: Sequence[str] = (),
        reply_to: str | None = None,
    ) -> SplitTest:
        """Make a campaign in several versions; `campaigns.send` dispatches it, with `split_test`. One request.

        Each argument holds what differs between the versions, in their order, or one value for all of them.
        """
        body: dict[str, Any] = {"name": name, "plainTextContents": list(texts)}
        several = {"subjects": subjects, "htmlContents": htmls, "fromNames": sender_names}
        body |= {field: list(values) for field, values in several.items() if values}
        if senders:
            body["fromAddresses"] = [{"email": address} for address in senders]
        if reply_to is not None:
            body |= {"replyAction": "WebMailForward", "replyToAddress": reply_to}
        return read_v2(SplitTest, await post("/v2/campaigns/split-test", json=body, limit="medium"))

    @operation
    async def split_result(self, campaign_id: str) -> SplitResult:
        """Return how the versions of a split test did. One request."""
        campaign = number(campaign_id, "campaign")
        return read_v2(
            SplitResult, await get("/v2/campaigns/{campaign}/split-test", campaign=campaign, limit="medium")
        )

    @operation
    async def attachments(self, campaign_id: str) -> Sequence[Document]:
        """Return the documents attached to a campaign. One request."""
        campaign = number(campaign_id, "campaign")
        reply = await get("/v2/campaigns/{campaign}/attachments", campaign=campaign, limit="medium")
        return read_v2(list[Document], reply)

    @operation
    async def attach(self, campaign_id: str, *, document_id: int) -> Document:
        """Attach a document that was uploaded with `native.documents`. One request."""
        campaign = number(campaign_id, "campaign")
        reply = await post(
            "/v2/campaigns/{campaign}/attachments",
            campaign=campaign,
            json={"id": document_id},
            repeatable=True,
            limit="medium",
        )
        return read_v2(Document, reply)

    @operation
    async def detach(self, campaign_id: str, *, document_id: int) -> None:
        """Take a document off a campaign; it stays in its folder. One request."""
        await delete(
            "/v2/campaigns/{campaign}/attachments/{document}",
            campaign=number(campaign_id, "campaign"),
            document=document_id,
            limit="medium",
        )

    @paged
    async def lists_of(self, cursor: str | None, campaign_id: str) -> Page[ContactList]:
        """Iterate over the lists and segments that a campaign went to. One request a page."""
        campaign = number(campaign_id, "campaign")
        return await lists_page(
            cursor,
            lambda query: get(
                "/v2/campaigns/{campaign}/address-books", campaign=campaign, query=query, limit="medium"
            ),
        )

    @operation
    async def prepared(self, campaign_id: str, *, address: str, values: Mapping[str, str]) -> Prepared:
        """Return a triggered campaign as one recipient would see it. One request; nothing is sent.

        The values travel in the address of the request, as the vendor wants it.
        """
        pairs = [f"{{name:{name},value:{value}}}" for name, value in values.items()]
        reply = await get(
            "/v2/campaigns/{campaign}/prepared-for-transactional-email/{email}",
            campaign=number(campaign_id, "campaign"),
            email=address,
            query={"personalizationValues": pairs or None},
            limit="medium",
        )
        return read_v2(Prepared, reply)


def _words(status: CampaignStatus) -> tuple[str, ...]:
    if status not in _WORDS:
        raise InvalidRequest(f"Dotdigital does not filter campaigns by {status}")
    return _WORDS[status]


def _time(when: datetime | None) -> str | None:
    return None if when is None else time_to_wire(when)
