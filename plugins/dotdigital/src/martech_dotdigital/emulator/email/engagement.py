"""How people take a campaign: drawn from the seed by default, or as somebody in control says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from martech.emulation import Response, reply
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.email.activity import Kind
from martech_dotdigital.emulator.email.campaign import Campaign
from martech_dotdigital.emulator.email.campaigns import CampaignOperations

__all__ = ["CONTROL_KINDS", "Engagement"]

CLIENTS = (
    ("Apple Mail", "Apple Mail 16", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"),
    ("Outlook", "Outlook 365", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"),
    ("Gmail", "Gmail", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com)"),
)
PAGES = ("https://shop.example.org/", "https://shop.example.org/sale", "https://shop.example.org/new")

CONTROL_KINDS: Mapping[str, Kind] = {
    "open": Kind.OPEN,
    "click": Kind.CLICK,
    "bounce": Kind.HARD_BOUNCE,
    "softBounce": Kind.SOFT_BOUNCE,
    "mailBlock": Kind.MAIL_BLOCK,
    "complain": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "forward": Kind.FORWARD,
    "reply": Kind.REPLY,
    "pageView": Kind.PAGE_VIEW,
    "roi": Kind.ROI,
    "order": Kind.ORDER,
    "bookmark": Kind.BOOKMARK,
}
"""What the control route calls what it lets happen; `deliver` comes beside these."""

Action = Callable[[], None]


class Engagement(CampaignOperations):
    """Everything a recipient can do, with what follows from it for the contact and for whoever listens."""

    def engage(
        self, campaign: Campaign, contact: Contact, kind: Kind, at: datetime | None = None, **given: Any
    ) -> None:
        """Let one thing happen to a campaign with one of its recipients.

        `given` overrides what is printed of it, such as `url` of a click or `value` of an order.
        """
        report, when = campaign.report, at or self.now()
        once = kind in (Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.UNSUBSCRIBE, Kind.COMPLAINT, Kind.MAIL_BLOCK)
        if once and report.activities[contact.id].counts[kind]:
            return
        data = {**self._particulars(campaign, contact, kind), **given}
        report.happened(kind, contact.id, when, data)
        self._follow(campaign, contact, kind, data)

    def control_engagement(self, given: Mapping[str, Any]) -> Response:
        """Let a recipient do something; who is no recipient must be delivered to first."""
        self.settle()
        campaign = self.campaigns.get(int(given.get("campaignId", 0)))
        contact = self.person(str(given.get("contactId") or given.get("email")))
        kind, delivered = CONTROL_KINDS.get(given["kind"]), given["kind"] == "deliver"
        if campaign is None or contact is None or contact.email is None or (kind is None and not delivered):
            return reply(404, {"error": "no such campaign, contact or kind"})
        known = contact.id in campaign.report.activities
        if delivered:
            self.deliver_campaign(campaign, contact)
        elif kind is None or not known:
            return reply(404, {"error": "the campaign was not sent to this contact"})
        else:
            more = {
                name: value
                for name, value in given.items()
                if name not in ("campaignId", "contactId", "email", "kind")
            }
            self.engage(campaign, contact, kind, **more)
        return reply(200, {"ok": True})

    def deliver_campaign(
        self, campaign: Campaign, contact: Contact, *, key: str | None = None, variant: int = 0
    ) -> None:
        """Let a campaign go out to one contact."""
        now, address = self.now(), contact.email or ""
        subject = campaign.contents[variant].subject
        self.send("email", address, f"campaign {campaign.id}", key=key, subject=subject)
        campaign.report.sent(contact.id, address, now, html=contact.email_type == "Html", variant=variant)
        said = {"campaignId": campaign.id, "contactId": contact.id, "email": address, "channel": "email"}
        self.note("message.sent", **said)
        self.note("email.send", **said)
        self._tell("message.sent", said, successful=True)

    def synthesise(self, campaign: Campaign, contacts: Iterable[Contact], start: datetime) -> None:
        """Let recipients engage as the rates have it, between the dispatch and now; the same for the same seed."""
        planned: list[tuple[datetime, int, Action]] = []
        span = max(1.0, (self.now() - start).total_seconds())
        for contact in contacts:
            for kind in self._fate():
                at = start + timedelta(seconds=span * self.random.random())
                planned.append((at, len(planned), self._planned(campaign, contact, kind, at)))
        for _, _, action in sorted(planned, key=lambda item: item[:2]):
            action()

    def _planned(self, campaign: Campaign, contact: Contact, kind: Kind, at: datetime) -> Action:
        return lambda: self.engage(campaign, contact, kind, at)

    def _fate(self) -> list[Kind]:
        rates, draw = self.engagement_rates, self.random.random
        if draw() < rates.hard_bounces:
            return [Kind.HARD_BOUNCE]
        if draw() < rates.soft_bounces:
            return [Kind.SOFT_BOUNCE]
        kinds: list[Kind] = []
        if draw() < rates.opens:
            kinds += [Kind.OPEN] * (1 + (draw() < 0.3))
            if draw() < rates.clicks:
                kinds.append(Kind.CLICK)
                kinds += [Kind.PAGE_VIEW] * (draw() < rates.page_views)
                kinds += [Kind.ORDER] * (draw() < rates.orders)
            kinds += [Kind.REPLY] * (draw() < rates.replies)
            kinds += [Kind.UNSUBSCRIBE] * (draw() < rates.unsubscribes)
            kinds += [Kind.COMPLAINT] * (draw() < rates.complaints)
        return kinds

    def _particulars(self, campaign: Campaign, contact: Contact, kind: Kind) -> dict[str, Any]:
        address = f"198.51.100.{contact.id % 250 + 1}"
        client, version, agent = CLIENTS[contact.id % len(CLIENTS)]
        match kind:
            case Kind.OPEN:
                return {
                    "mailClient": client,
                    "mailClientVersion": version,
                    "ipAddress": address,
                    "userAgent": agent,
                    "isForward": False,
                }
            case Kind.CLICK:
                return {
                    "url": PAGES[contact.id % len(PAGES)],
                    "ipAddress": address,
                    "userAgent": agent,
                    "keyword": "shop",
                    "groups": [],
                }
            case Kind.PAGE_VIEW:
                return {"url": PAGES[contact.id % len(PAGES)]}
            case Kind.REPLY:
                return {
                    "fromAddress": contact.email or "",
                    "toAddress": campaign.reply_to,
                    "subject": f"RE: {campaign.content.subject}",
                    "message": "Thank you.",
                    "isHtml": False,
                    "replyType": "Reply",
                }
            case Kind.ROI:
                return {"markerName": "Value", "dataType": "Numeric", "value": 1}
            case Kind.ORDER:
                return {"value": 10 + contact.id % 90}
            case Kind.BOOKMARK:
                return {"bookmarkName": "Facebook"}
            case _:
                return {}

    def _follow(self, campaign: Campaign, contact: Contact, kind: Kind, data: Mapping[str, Any]) -> None:
        said: dict[str, Any] = {
            "campaignId": campaign.id,
            "contactId": contact.id,
            "email": contact.email,
            "channel": "email",
        }
        match kind:
            case Kind.OPEN:
                self.note("email.open", **said)
                self.note("email.read", **said)
                self._tell("message.read", said)
            case Kind.CLICK:
                self.note("interaction.click", **said, url=data["url"])
                self.note("email.click", **said, url=data["url"])
                self._tell("interaction.click", said, url=data["url"])
            case Kind.PAGE_VIEW:
                self.note("page.view", **said, url=data["url"])
            case Kind.REPLY:
                self.note("email.reply", **said)
            case Kind.UNSUBSCRIBE:
                self.set_email_status(contact, "unsubscribed", campaign=campaign.id)
            case Kind.HARD_BOUNCE | Kind.SOFT_BOUNCE | Kind.MAIL_BLOCK:
                status = {Kind.HARD_BOUNCE: "hardBounced", Kind.SOFT_BOUNCE: "softBounced"}.get(kind)
                # One soft bounce does not stop further mail; only a hard one is for good (ASSUMED).
                if kind is Kind.HARD_BOUNCE:
                    self.set_email_status(contact, "hardBounced")
                self.note("message.status", **said, status="failed")
                self.note("email.failed", **said, reason=status or "mailBlocked")
                self._tell("message.failed", said)
            case Kind.COMPLAINT:
                self.set_email_status(contact, "ispComplained")
                self.note("email.ispComplained", **said)
                self._tell("complaint.received", said)
            case Kind.BOOKMARK:
                self.note("interaction.socialShare", **said)
            case _:
                pass

    def _tell(self, name: str, said: Mapping[str, Any], **more: Any) -> None:
        details = {"channel": "email", "additionalInfo": {"to": said["email"], **more}}
        payload = {"campaignId": said["campaignId"], "contactId": said["contactId"], "details": details}
        self.publish(name, payload)
