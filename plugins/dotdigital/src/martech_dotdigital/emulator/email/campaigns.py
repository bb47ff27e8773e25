"""Campaigns: written, read, copied, deleted (section 18)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.lists import BOOK, ListOperations
from martech_dotdigital.emulator.contacts.schema import ContactList
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import INVALID, Body, number_part, v2_object
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.email.campaign import Campaign, Content

__all__ = ["CAMPAIGN_INVALID", "UNSUBSCRIBE_TOKEN", "CampaignOperations", "no_campaign"]

T = TypeVar("T")
CAMPAIGN_INVALID = "ERROR_CAMPAIGN_INVALID"
READ_ONLY = "ERROR_CAMPAIGN_READONLY"
UNSUBSCRIBE_TOKEN = "$UNSUB$"  # noqa: S105 - a word in a text, no secret
REPLY_ACTIONS = ("Unset", "WebMailForward", "Webmail", "Delete")
TYPES = ("Standard", "Triggered", "Template", "AiTemplate")
ONE = "/v2/campaigns/{campaignId}"


def no_campaign() -> Refused:
    """Return the refusal of a campaign that is not there."""
    return v2_refusal(404, "ERROR_CAMPAIGN_NOT_FOUND")


class CampaignOperations(ListOperations):
    """Campaigns as definitions; sending them is another matter."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.campaigns: dict[int, Campaign] = {}
        self.from_addresses: dict[int, str] = {}
        """Addresses that may be sent from; the first is the account's default."""

    @operation("POST", "/v2/campaigns")
    def create_campaign(self, incoming: Incoming) -> Response:
        """Create a campaign; an unknown type silently becomes `Standard`."""
        body = v2_object(incoming, code=CAMPAIGN_INVALID)
        content = self._content(body, None)
        kind = "Triggered" if str(body.get("type")).lower() == "triggered" else "Standard"
        made = self.add_campaign(body.required("name", most=255), kind, [content])
        self._replies(made, body)
        return answer(201, {**self.campaign_shape(made), "type": made.type})

    @operation("POST", "/v2/campaigns/split-test")
    def create_split_test(self, incoming: Incoming) -> Response:
        """Create a campaign with several subjects, senders or texts."""
        body = v2_object(incoming, code=CAMPAIGN_INVALID)
        name = body.required("name", most=255)
        parts = {
            key: [str(value) for value in body.get(key) or ()]
            for key in ("subjects", "fromNames", "htmlContents", "plainTextContents")
        }
        addresses = [self._from_id(address) for address in body.objects("fromAddresses")]
        count = max(len(addresses), *map(len, parts.values()))
        if count < 2 or not all(len(values) in (1, count) for values in parts.values()):
            raise v2_refusal(400, CAMPAIGN_INVALID, "A split test needs variations.")
        contents = [
            Content(
                _pick(parts["subjects"], place),
                _pick(parts["fromNames"], place),
                _pick(addresses, place) if addresses else self.default_from,
                _pick(parts["htmlContents"], place),
                _pick(parts["plainTextContents"], place),
            )
            for place in range(count)
        ]
        for content in contents:
            _check(content)
        made = self.add_campaign(name, "Standard", contents)
        self._replies(made, body)
        return answer(201, self._split_shape(made))

    @operation("PUT", ONE)
    def update_campaign(self, incoming: Incoming) -> Response:
        """Change a campaign that has not been sent."""
        campaign = self.campaign_named(incoming)
        if campaign.status not in ("Unsent", "Triggered"):
            raise v2_refusal(400, READ_ONLY, "The campaign was sent already.")
        body = v2_object(incoming, code=CAMPAIGN_INVALID)
        content = self._content(body, campaign.content)
        campaign.name = body.required("name", most=255) if "name" in body else campaign.name
        campaign.contents[0] = content
        self._replies(campaign, body)
        return answer(200, self.campaign_shape(campaign))

    @operation("GET", ONE)
    def get_campaign(self, incoming: Incoming) -> Response:
        """Return a campaign with its content."""
        return answer(200, self.campaign_shape(self.campaign_named(incoming)))

    @operation("GET", ONE + "/with-details")
    def get_campaign_with_details(self, incoming: Incoming) -> Response:
        """Return a campaign with type, tags, what its split test varies and when it was sent."""
        return answer(200, self._detailed(self.campaign_named(incoming), content=True))

    @operation("GET", "/v2/campaigns")
    def list_campaigns(self, incoming: Incoming) -> Response:
        """List campaigns without content; deprecated, but connectors still page it."""
        window = offset_window(incoming, list(self.campaigns.values()))
        return answer(200, [self.campaign_shape(campaign, content=False) for campaign in window])

    @operation("GET", "/v2/campaigns/with-details")
    def list_campaigns_with_details(self, incoming: Incoming) -> Response:
        """List campaigns with details."""
        window = offset_window(incoming, list(self.campaigns.values()))
        return answer(200, [self._detailed(campaign, content=False) for campaign in window])

    @operation("GET", "/v2/campaigns/filtered")
    def list_campaigns_filtered(self, incoming: Incoming) -> Response:
        """List campaigns by type, tags, status and dates."""
        found = [campaign for campaign in self.campaigns.values() if _passes(campaign, incoming)]
        shapes = [
            {
                **self.campaign_shape(campaign, content=False),
                "type": campaign.type,
                "tags": campaign.tags,
                "sentDate": stamp(campaign.sent) if campaign.sent else None,
                "scheduledDate": stamp(campaign.scheduled) if campaign.scheduled else None,
            }
            for campaign in offset_window(incoming, found)
        ]
        return answer(200, shapes)

    @operation("DELETE", ONE)
    def delete_campaign(self, incoming: Incoming) -> Response:
        """Delete a campaign and its reports, unless it is being sent or about to be."""
        campaign = self.campaign_named(incoming)
        if campaign.status == "Sending" or campaign.scheduled is not None:
            raise v2_refusal(400, READ_ONLY, "The campaign is in use.")
        del self.campaigns[campaign.id]
        return answer(204)

    @operation("POST", ONE + "/copy")
    def copy_campaign(self, incoming: Incoming) -> Response:
        """Make an unsent campaign of the same content."""
        campaign = self.campaign_named(incoming)
        contents = [
            Content(content.subject, content.from_name, content.from_id, content.html, content.text)
            for content in campaign.contents
        ]
        made = self.add_campaign(f"Copy of {campaign.name}", campaign.type, contents)
        made.reply_action, made.reply_to = campaign.reply_action, campaign.reply_to
        return answer(201, self.campaign_shape(made))

    @operation("GET", ONE + "/address-books")
    def list_audiences_of_campaign(self, incoming: Incoming) -> Response:
        """List the lists and segments a campaign went to."""
        shapes: list[dict[str, Any]] = []
        for number in self.campaign_named(incoming).audiences:
            if number in self.lists:
                shapes.append(self.list_shape(self.lists[number]))
            elif number in self.segments:
                segment = self.segments[number]
                segment_shape = ContactList(segment.id, segment.name, "Private", segment.members)
                shapes.append(self.list_shape(segment_shape))
        return answer(200, offset_window(incoming, shapes))

    @operation("GET", BOOK + "/campaigns")
    def list_campaigns_of_list(self, incoming: Incoming) -> Response:
        """List the campaigns that went to a list."""
        one = self.list_named(incoming)
        found = [campaign for campaign in self.campaigns.values() if one.id in campaign.audiences]
        window = offset_window(incoming, found)
        return answer(200, [self.campaign_shape(campaign, content=False) for campaign in window])

    @operation("GET", "/v2/custom-from-addresses")
    def list_from_addresses(self, incoming: Incoming) -> Response:
        """List the addresses that may be sent from."""
        shapes = [{"id": number, "email": email} for number, email in self.from_addresses.items()]
        return answer(200, offset_window(incoming, shapes))

    @property
    def default_from(self) -> int:
        """The address used when none is given."""
        return next(iter(self.from_addresses))

    def add_from_address(self, email: str) -> int:
        """Let an address be sent from."""
        number = self.next_number("fromAddress")
        self.from_addresses[number] = email
        return number

    def add_campaign(self, name: str, kind: str, contents: list[Content]) -> Campaign:
        """Make a campaign."""
        made = Campaign(self.next_number("campaign"), name, kind, contents)
        if kind == "Triggered":
            made.status = "Triggered"
        self.campaigns[made.id] = made
        return made

    def campaign_named(self, incoming: Incoming) -> Campaign:
        """Return the campaign of the path, or refuse."""
        campaign = self.campaigns.get(number_part(incoming, "campaignId", no_campaign()))
        if campaign is None:
            raise no_campaign()
        return campaign

    def from_shape(self, number: int) -> dict[str, Any]:
        """Return a sender's address as printed."""
        return {"id": number, "email": self.from_addresses[number]}

    def campaign_shape(self, campaign: Campaign, *, content: bool = True) -> dict[str, Any]:
        """Return a campaign as printed; in lists its content is null."""
        shown = campaign.content
        return {
            "id": campaign.id,
            "name": campaign.name,
            "subject": shown.subject,
            "fromName": shown.from_name,
            "fromAddress": self.from_shape(shown.from_id),
            "htmlContent": shown.html if content else None,
            "plainTextContent": shown.text if content else None,
            "replyAction": campaign.reply_action,
            "replyToAddress": campaign.reply_to,
            "isSplitTest": campaign.is_split_test,
            "status": campaign.status,
        }

    def _detailed(self, campaign: Campaign, *, content: bool) -> dict[str, Any]:
        varied: dict[str, set[Any]] = {
            "Subject": {one.subject for one in campaign.contents},
            "FromAddress": {one.from_id for one in campaign.contents},
            "FromName": {one.from_name for one in campaign.contents},
            "Html": {one.html for one in campaign.contents},
            "PlainText": {one.text for one in campaign.contents},
        }
        return {
            **self.campaign_shape(campaign, content=content),
            "type": campaign.type,
            "tags": [{"name": tag} for tag in campaign.tags],
            "splitTestOptions": [name for name, values in varied.items() if len(values) > 1],
            "sentDate": stamp(campaign.sent) if campaign.sent else None,
        }

    def _split_shape(self, campaign: Campaign) -> dict[str, Any]:
        return {
            "id": campaign.id,
            "name": campaign.name,
            "subjects": [content.subject for content in campaign.contents],
            "fromNames": [content.from_name for content in campaign.contents],
            "fromAddresses": [self.from_shape(content.from_id) for content in campaign.contents],
            "htmlContents": [content.html for content in campaign.contents],
            "plainTextContents": [content.text for content in campaign.contents],
            "replyAction": campaign.reply_action,
            "replyToAddress": campaign.reply_to,
            "status": campaign.status,
        }

    def _content(self, body: Body, before: Content | None) -> Content:
        def part(name: str, kept: str) -> str:
            return body.required(name) if before is None or name in body else kept

        address = body.object("fromAddress")
        from_id = before.from_id if before else self.default_from
        content = Content(
            part("subject", before.subject if before else ""),
            part("fromName", before.from_name if before else ""),
            self._from_id(address) if address else from_id,
            part("htmlContent", before.html if before else ""),
            part("plainTextContent", before.text if before else ""),
        )
        _check(content)
        return content

    def _from_id(self, address: Body) -> int:
        number, email = address.integer("id"), address.text("email")
        for known, registered in self.from_addresses.items():
            if known == number or (email is not None and registered.lower() == email.lower()):
                return known
        raise v2_refusal(400, CAMPAIGN_INVALID, "The from address is not one of the account's.")

    def _replies(self, campaign: Campaign, body: Body) -> None:
        campaign.reply_action = body.one_of("replyAction", REPLY_ACTIONS, campaign.reply_action)
        campaign.reply_to = body.text("replyToAddress") or campaign.reply_to


def _check(content: Content) -> None:
    # Both parts must let the reader go (section 18, content rule).
    if UNSUBSCRIBE_TOKEN not in content.html or UNSUBSCRIBE_TOKEN not in content.text:
        raise v2_refusal(400, CAMPAIGN_INVALID, "The content has no unsubscribe link.")


def _pick(values: list[T], place: int) -> T:
    return values[place] if len(values) > 1 else values[0]


def _passes(campaign: Campaign, incoming: Incoming) -> bool:
    kind = incoming.arg("~type")
    if kind is not None and kind.lower() != campaign.type.lower():
        return False
    if not _words(incoming, "~tags") <= {tag.lower() for tag in campaign.tags}:
        return False
    statuses = _words(incoming, "~statuses")
    if statuses and campaign.status.lower() not in statuses:
        return False
    sent = _moment(incoming, "~sentDate")
    if sent is not None and (campaign.last_sent is None or campaign.last_sent < sent):
        return False
    first, last = _moment(incoming, "~scheduledDateFrom"), _moment(incoming, "~scheduledDateTo")
    if first is None and last is None:
        return True
    at = campaign.scheduled
    return at is not None and (first is None or at >= first) and (last is None or at <= last)


def _words(incoming: Incoming, name: str) -> set[str]:
    values = [value for known, value in incoming.query if known == name]
    return {
        word.strip().lower() for value in values for word in value.replace("|", ",").split(",") if word.strip()
    }


def _moment(incoming: Incoming, name: str) -> datetime | None:
    given = incoming.arg(name)
    if given is None:
        return None
    try:
        return parsed(given)
    except ValueError:
        raise v2_refusal(400, INVALID, f"The {name} filter is invalid.") from None
