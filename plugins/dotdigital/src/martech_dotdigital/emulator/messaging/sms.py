"""SMS of v2: single messages, and campaigns that nothing here can send (section 21.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.people import digits
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import Body, number_part, v2_object
from martech_dotdigital.emulator.core import Core

__all__ = ["SmsOperations"]

SMS_INVALID = "ERROR_SMS_INVALID"
MOST_MESSAGE = 1600
ONE = "/v2/sms/campaigns/{campaignId}"


@dataclass(slots=True)
class SmsCampaign:
    """A text for many; sending it to an audience is only possible in the app."""

    id: int
    name: str
    message: str
    identity: str
    identity_id: int
    short_links: bool
    status: str = "Unsent"

    def shape(self) -> dict[str, Any]:
        """Return it as printed; this is the one success body with a key `message` (section 6.1)."""
        return {
            "id": self.id,
            "name": self.name,
            "message": self.message,
            "sendingIdentity": self.identity,
            "sendingIdentityId": self.identity_id,
            "toggleShortLinks": self.short_links,
            "status": self.status,
        }


class SmsOperations(Core):
    """One SMS at once, and SMS campaigns as definitions."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.sms_campaigns: dict[int, SmsCampaign] = {}
        self.sending_identities: dict[str, int] = {"Dotdigital": 1}

    @operation("POST", "/v2/sms-messages/send-to/{telephoneNumber}", tier=Tier.SEND)
    def send_sms(self, incoming: Incoming) -> Response:
        """Send one SMS to a number, whoever that is; there is no id in return."""
        number = digits(incoming.parts["telephoneNumber"])
        if number is None:
            raise v2_refusal(400, "ERROR_SMS_INVALIDPHONENUMBER", "The telephone number is invalid.")
        message = v2_object(incoming, code=SMS_INVALID).required("message", most=MOST_MESSAGE)
        if self.sms_credits < 1:
            raise v2_refusal(400, "ERROR_SMS_SENDNOTPERMITTED", "There is no SMS credit left.")
        self.sms_credits -= 1
        self.send("sms", number, "transactional SMS", body=message)
        self.note("sms.send", mobileNumber=number, channel="sms")
        return answer(204)

    @operation("GET", "/v2/sms/campaigns")
    def list_sms_campaigns(self, incoming: Incoming) -> Response:
        """List the SMS campaigns."""
        window = offset_window(incoming, list(self.sms_campaigns.values()))
        return answer(200, [campaign.shape() for campaign in window])

    @operation("POST", "/v2/sms/campaigns")
    def create_sms_campaign(self, incoming: Incoming) -> Response:
        """Create an SMS campaign."""
        body = v2_object(incoming, code=SMS_INVALID)
        name, message, identity, short_links = self._sms_parts(body)
        return answer(201, self._add_sms_campaign(name, message, identity, short_links=short_links).shape())

    @operation("GET", ONE)
    def get_sms_campaign(self, incoming: Incoming) -> Response:
        """Return one SMS campaign."""
        return answer(200, self._sms_campaign(incoming).shape())

    @operation("PUT", ONE)
    def update_sms_campaign(self, incoming: Incoming) -> Response:
        """Change an SMS campaign that has not been sent."""
        campaign = self._sms_campaign(incoming, to_write=True)
        body = v2_object(incoming, code=SMS_INVALID)
        campaign.name, campaign.message, campaign.identity, campaign.short_links = self._sms_parts(body)
        campaign.identity_id = self.sending_identities[campaign.identity]
        return answer(200, campaign.shape())

    @operation("POST", "/v2/sms/campaigns/copy")
    def copy_sms_campaign(self, incoming: Incoming) -> Response:
        """Make an unsent copy under another name."""
        body = v2_object(incoming, code=SMS_INVALID)
        campaign = self.sms_campaigns.get(body.integer("campaignId") or 0)
        if campaign is None:
            raise v2_refusal(404, "ERROR_CAMPAIGN_NOT_FOUND")
        name = body.required("copyName", most=255)
        copy = self._add_sms_campaign(name, campaign.message, campaign.identity, short_links=campaign.short_links)
        return answer(201, copy.shape())

    @operation("DELETE", ONE)
    def delete_sms_campaign(self, incoming: Incoming) -> Response:
        """Delete an SMS campaign that has not been sent."""
        del self.sms_campaigns[self._sms_campaign(incoming, to_write=True).id]
        return answer(204)

    def _sms_parts(self, body: Body) -> tuple[str, str, str, bool]:
        name, message = body.required("name", most=255), body.required("message", most=MOST_MESSAGE)
        identity = body.text("sendingIdentity", most=15) or next(iter(self.sending_identities))
        if identity not in self.sending_identities:
            raise v2_refusal(400, SMS_INVALID, "The sending identity does not exist.")
        return name, message, identity, body.flag("toggleShortLinks", default=False)

    def _add_sms_campaign(self, name: str, message: str, identity: str, *, short_links: bool) -> SmsCampaign:
        number, identity_id = self.next_number("smsCampaign"), self.sending_identities[identity]
        made = SmsCampaign(number, name, message, identity, identity_id, short_links)
        self.sms_campaigns[number] = made
        return made

    def _sms_campaign(self, incoming: Incoming, *, to_write: bool = False) -> SmsCampaign:
        missing = v2_refusal(404, "ERROR_CAMPAIGN_NOT_FOUND")
        campaign = self.sms_campaigns.get(number_part(incoming, "campaignId", missing))
        if campaign is None:
            raise missing
        if to_write and campaign.status != "Unsent":
            raise v2_refusal(400, "ERROR_CAMPAIGN_READONLY", "The campaign was sent already.")
        return campaign
