"""Campaigns, their sends, programs and templates in both vocabularies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from martech.models import (
    Automation,
    AutomationStatus,
    Campaign,
    CampaignStatus,
    Channel,
    Enrolment,
    EnrolmentResult,
    EnrolmentStatus,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    Mailbox,
    Send,
    SendStatus,
    Template,
    TemplateContent,
)
from martech.provider import Extra, InvalidRequest
from martech_dotdigital.times import time_from_wire, time_to_wire
from martech_dotdigital.wire import campaigns as wire

__all__ = ["campaign_from_wire", "campaign_to_wire", "send_from_wire", "send_to_wire", "template_to_wire"]

STATUSES: Mapping[str, CampaignStatus] = {
    "unsent": CampaignStatus.DRAFT,
    "sending": CampaignStatus.SENDING,
    "sent": CampaignStatus.SENT,
    "paused": CampaignStatus.PAUSED,
    "cancelled": CampaignStatus.CANCELLED,
    "requiressystemapproval": CampaignStatus.AWAITING_APPROVAL,
    "requiressmsapproval": CampaignStatus.AWAITING_APPROVAL,
    "requiresworkflowapproval": CampaignStatus.AWAITING_APPROVAL,
    "triggered": CampaignStatus.TRIGGERED,
    "notavailableinthisversion": CampaignStatus.UNKNOWN,
}
"""The vendor's words for how far a campaign is (S18), in lower case."""
SEND_STATUSES: Mapping[str, SendStatus] = {
    # A send at everybody's best hour is answered so until the first of them has come.
    "notsent": SendStatus.SCHEDULED,
    "scheduled": SendStatus.SCHEDULED,
    "sending": SendStatus.SENDING,
    "sent": SendStatus.SENT,
    "cancelled": SendStatus.CANCELLED,
    "notavailableinthisversion": SendStatus.UNKNOWN,
}
PROGRAMS: Mapping[str, AutomationStatus] = {
    "active": AutomationStatus.ACTIVE,
    "draft": AutomationStatus.DRAFT,
    # Only an active program takes anybody (S22).
    "deactivated": AutomationStatus.INACTIVE,
    "readonly": AutomationStatus.INACTIVE,
    "notavailableinthisversion": AutomationStatus.UNKNOWN,
}
ENROLMENTS: Mapping[str, EnrolmentStatus] = {
    "processing": EnrolmentStatus.PROCESSING,
    "finished": EnrolmentStatus.FINISHED,
    "notavailableinthisversion": EnrolmentStatus.UNKNOWN,
}
METRICS: Mapping[str, str] = {"opens": "Opens", "clicks": "Clicks", "roi": "ROI"}


def campaign_from_wire(campaign: wire.Campaign) -> Campaign:
    """Return an e-mail campaign."""
    word = campaign.get("status")
    status = STATUSES.get((word or "").casefold(), CampaignStatus.UNKNOWN)
    if status is CampaignStatus.DRAFT and time_from_wire(campaign.get("scheduledDate")) is not None:
        status = CampaignStatus.SCHEDULED
    if (campaign.get("type") or "").casefold() == "triggered":
        status = CampaignStatus.TRIGGERED
    given: dict[str, Any] = {
        "id": str(campaign["id"]),
        "name": campaign["name"],
        "channel": Channel.EMAIL,
        "status": status,
        "vendor_word": word,
        "raw": campaign,
    }
    for ours, theirs in (("subject", "subject"), ("html", "htmlContent"), ("text", "plainTextContent")):
        if (value := campaign.get(theirs)) is not None:
            given[ours] = value
    address = (campaign.get("fromAddress") or {}).get("email")
    if address:
        # As the vendor has it, not measured against our own rules for addresses.
        given["sender"] = Mailbox.model_construct(address=address, name=campaign.get("fromName"))
    if reply_to := campaign.get("replyToAddress"):
        given["reply_to"] = Mailbox.model_construct(address=reply_to)
    given["tags"] = tuple(
        str(tag.get("name")) if isinstance(tag, dict) else str(tag) for tag in campaign.get("tags") or ()
    )
    if (sent_at := time_from_wire(campaign.get("sentDate"))) is not None:
        given["sent_at"] = sent_at
    return Campaign.model_construct(_fields_set=set(given), **given)


def sms_from_wire(campaign: wire.SmsCampaign) -> Campaign:
    """Return an SMS campaign. Its sender is a name or a number, which no mailbox can hold: it stays in `raw`."""
    word = campaign.get("status")
    return Campaign(
        id=str(campaign["id"]),
        name=campaign["name"],
        channel=Channel.SMS,
        text=campaign.get("message"),
        status=STATUSES.get((word or "").casefold(), CampaignStatus.UNKNOWN),
        vendor_word=word,
        raw=campaign,
    )


def campaign_to_wire(campaign: Campaign) -> dict[str, Any]:
    """Return what of an e-mail campaign is to be written: only what was given.

    What the vendor insists on (a subject, a sender's name, both texts with an unsubscribe token) is its own to
    refuse; its refusal says so.

    Raises:
        InvalidRequest: It says what the vendor sets itself.
    """
    if campaign.tags:
        raise InvalidRequest(
            "tags of a campaign are set in Dotdigital's own screens; its interface only reads them"
        )
    body: dict[str, Any] = {"name": campaign.name}
    for ours, theirs in (("subject", "subject"), ("html", "htmlContent"), ("text", "plainTextContent")):
        if campaign.given(ours):
            body[theirs] = getattr(campaign, ours)
    if campaign.sender is not None:
        body["fromAddress"] = {"email": campaign.sender.address}
        if campaign.sender.name:
            body["fromName"] = campaign.sender.name
    if campaign.reply_to is not None:
        body |= {"replyAction": "WebMailForward", "replyToAddress": campaign.reply_to.address}
    return body


def type_to_wire(campaign: Campaign) -> dict[str, str]:
    """Return of which type a new campaign is: a triggered one is asked for by that status.

    Raises:
        InvalidRequest: It is to begin in a state that only comes about.
    """
    if campaign.status in (None, CampaignStatus.DRAFT):
        return {}
    if campaign.status is CampaignStatus.TRIGGERED:
        return {"type": "Triggered"}
    raise InvalidRequest(f"a new campaign cannot be {campaign.status}; it begins as a draft or as triggered")


def sms_to_wire(campaign: Campaign) -> dict[str, Any]:
    """Return what of an SMS campaign is to be written.

    Raises:
        InvalidRequest: It says what an SMS campaign has no place for.
    """
    beyond = [name for name in ("subject", "html", "sender", "reply_to", "tags") if getattr(campaign, name)]
    if beyond:
        raise InvalidRequest(
            f"an SMS campaign at Dotdigital is a name and a text, nothing for {', '.join(beyond)}"
        )
    body: dict[str, Any] = {"name": campaign.name}
    if campaign.text is not None:
        body["message"] = campaign.text
    return body


def send_from_wire(send: wire.CampaignSend, *, key: str | None = None) -> Send:
    """Return one dispatch of a campaign."""
    word = send.get("status")
    number = send.get("campaignId")
    return Send(
        id=send["id"],
        campaign_id=str(number) if number is not None else None,
        channel=Channel.EMAIL,
        status=SEND_STATUSES.get((word or "").casefold(), SendStatus.UNKNOWN),
        at=time_from_wire(send.get("sendDate")),
        send_key=key,
        vendor_word=word,
        raw=send,
    )


def send_to_wire(
    campaign_id: int, *, lists: Sequence[int], people: Sequence[int], at: datetime | None, extra: Extra
) -> tuple[dict[str, Any], bool]:
    """Return the body of a send, and whether it is to go at everybody's best hour.

    Raises:
        InvalidRequest: It would go to nobody in particular, which may mean everybody (S18), or `extra` cannot be.
    """
    if not lists and not people:
        raise InvalidRequest("a send needs lists, segments or people; for all contacts say Everyone()")
    if unknown := set(extra) - {"optimised", "split_test"}:
        raise InvalidRequest(f"a send at Dotdigital knows no {', '.join(sorted(unknown))}")
    body: dict[str, Any] = {"campaignId": campaign_id}
    if lists:
        body["addressBookIds"] = list(lists)
    if people:
        body["contactIds"] = list(people)
    optimised = bool(extra.get("optimised"))
    if optimised and (at is not None or extra.get("split_test")):
        raise InvalidRequest("a send at everybody's best hour takes no time and no split test")
    if at is not None:
        body["sendDate"] = time_to_wire(at)
    if split := extra.get("split_test"):
        body["splitTestOptions"] = _split_test(split)
    return body, optimised


def _split_test(split: Any) -> dict[str, Any]:
    wanted = {"metric", "percentage", "hours"}
    if not isinstance(split, Mapping) or set(split) != wanted or split["metric"] not in METRICS:
        raise InvalidRequest(
            "a split test is said as metric (opens, clicks or roi), percentage and hours, all three of them"
        )
    return {
        "testMetric": METRICS[split["metric"]],
        "testPercentage": split["percentage"],
        "testPeriodHours": split["hours"],
    }


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────


def automation_from_wire(program: wire.Program) -> Automation:
    """Return a program."""
    word = program.get("status")
    return Automation(
        id=str(program["id"]),
        name=program["name"],
        status=PROGRAMS.get((word or "").casefold(), AutomationStatus.UNKNOWN),
        created_at=time_from_wire(program.get("dateCreated")),
        vendor_word=word,
        raw=program,
    )


def enrolment_status(enrolment: wire.Enrolment) -> EnrolmentStatus:
    """Return how far an enrolment is."""
    return ENROLMENTS.get((enrolment.get("status") or "").casefold(), EnrolmentStatus.UNKNOWN)


def enrolment_from_wire(enrolment: wire.Enrolment) -> Enrolment:
    """Return an enrolment as it is read: whom it is about, by contact id. Who failed is in its faults."""
    items = tuple(
        EnrolmentResult(
            position=position,
            outcome=ItemOutcome.ACCEPTED,
            identifier=Identifier(IdentifierKind.VENDOR, str(number)),
            vendor_id=str(number),
            enrolment_id=enrolment["id"],
        )
        for position, number in enumerate(enrolment.get("contacts") or ())
    )
    return Enrolment(
        automation_id=str(enrolment.get("programId") or ""),
        ids=(enrolment["id"],),
        status=enrolment_status(enrolment),
        items=items,
        raw=enrolment,
    )


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────

_TEMPLATE_FIELDS = (
    ("subject", "subject"),
    ("sender_name", "fromName"),
    ("html", "htmlContent"),
    ("text", "plainTextContent"),
)


def template_from_wire(template: wire.Template) -> Template:
    """Return an e-mail template; in lists without its content."""
    said = {ours: template.get(theirs) for ours, theirs in _TEMPLATE_FIELDS if template.get(theirs) is not None}
    return Template(
        id=str(template["id"]),
        name=template["name"],
        channel=Channel.EMAIL,
        contents=(TemplateContent(**said),) if said else (),
        raw=template,
    )


def template_to_wire(template: Template) -> dict[str, Any]:
    """Return what of a template is to be written.

    Raises:
        InvalidRequest: It says what a template has no place for.
    """
    if template.channel is not Channel.EMAIL:
        raise InvalidRequest(
            "templates at Dotdigital are for e-mail", hint="native.content has those of the messaging half"
        )
    if template.folder or template.transactional is not None:
        raise InvalidRequest("a template at Dotdigital has no folder and is for any sort of e-mail")
    if len(template.contents) > 1:
        raise InvalidRequest("a template at Dotdigital has one language")
    body: dict[str, Any] = {"name": template.name}
    for content in template.contents:
        if content.language or content.sender_address:
            raise InvalidRequest("a template at Dotdigital has neither a language nor a sender's address")
        for ours, theirs in _TEMPLATE_FIELDS:
            if content.given(ours):
                body[theirs] = getattr(content, ours)
    return body
