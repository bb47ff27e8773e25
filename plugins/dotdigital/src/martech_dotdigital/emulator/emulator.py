"""The pretended vendor as a whole: every area put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Unpack

from martech.emulation import Clock, HttpRequest, Response, reply
from martech_dotdigital.emulator.contacts.bulk import BulkOperations
from martech_dotdigital.emulator.contacts.data_fields import DataFieldOperations
from martech_dotdigital.emulator.contacts.file_import import FileImportOperations
from martech_dotdigital.emulator.contacts.segments import SegmentOperations
from martech_dotdigital.emulator.contacts.v3 import ContactOperations
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.data.events import EventOperations
from martech_dotdigital.emulator.data.firehose import FirehoseOperations
from martech_dotdigital.emulator.data.forms import FormOperations
from martech_dotdigital.emulator.data.insight_import import InsightImportOperations
from martech_dotdigital.emulator.data.library import LibraryOperations
from martech_dotdigital.emulator.data.programs import ProgramOperations
from martech_dotdigital.emulator.data.scoring import ScoringOperations
from martech_dotdigital.emulator.email.marketing import MarketingOperations
from martech_dotdigital.emulator.email.reports import ReportOperations
from martech_dotdigital.emulator.email.sends import SendOperations
from martech_dotdigital.emulator.email.templates import TemplateOperations
from martech_dotdigital.emulator.furniture import furnish
from martech_dotdigital.emulator.messaging.analytics import AnalyticsOperations
from martech_dotdigital.emulator.messaging.phone_validation import PhoneValidationOperations
from martech_dotdigital.emulator.messaging.sms import SmsOperations
from martech_dotdigital.emulator.messaging.webhooks import WebhookOperations
from martech_dotdigital.emulator.seeding import Seeding
from martech_dotdigital.emulator.switches import Switches

__all__ = ["DotdigitalEmulator"]


class DotdigitalEmulator(
    Seeding,
    ContactOperations,
    BulkOperations,
    FileImportOperations,
    DataFieldOperations,
    SegmentOperations,
    SendOperations,
    ReportOperations,
    MarketingOperations,
    TemplateOperations,
    ProgramOperations,
    SmsOperations,
    AnalyticsOperations,
    WebhookOperations,
    InsightImportOperations,
    EventOperations,
    FirehoseOperations,
    FormOperations,
    LibraryOperations,
    ScoringOperations,
    PhoneValidationOperations,
):
    """Dotdigital, pretended.

    Every switch of `Switches` may be given by name and changed later as an attribute. `samples=False` leaves
    out the sample campaigns, programs, forms and so on: the account then holds only what the vendor builds in.
    """

    name: ClassVar[str] = "dotdigital"

    def __init__(
        self, *, clock: Clock | None = None, seed: int = 0, samples: bool = True, **switches: Unpack[Switches]
    ) -> None:
        super().__init__(clock=clock, seed=seed)
        self.switch(switches)
        furnish(self, samples=samples)

    def control(self, method: str, path: str, given: Mapping[str, Any]) -> Response:
        """Answer the control routes of this vendor.

        ============================  ===================================================================
        `POST /_emulator/switches`    `{"foreign_region": true, …}`: set switches
        `POST /_emulator/confirm`     `{"email"}`: follow the link in a confirmation or challenge
        `POST /_emulator/engagement`  `{"campaignId", "contactId" or "email", "kind"}`: let a recipient do
                                      something: `deliver` or one of `CONTROL_KINDS`; what else is given,
                                      such as `url`, is printed of it
        `POST /_emulator/segments`    `{"name", "field", "value"}`: make a segment of those whose data field
                                      has a value
        `POST /_emulator/exhaust`     `{"tier": "lowCallRate"}`: use up the present minute of a tier
        `POST /_emulator/webhooks`    send what is due, or return it where the switch `deliver` is not set
        ============================  ===================================================================
        """
        if (method, path) == ("POST", "webhooks"):
            # Without the lock: a receiver may well come back with a question.
            return reply(200, [_delivery_shape(request) for request in self.webhook_deliveries()])
        with self._lock:
            match method, path:
                case "POST", "switches":
                    self.switch(given)
                    return reply(200, {"ok": True})
                case "POST", "confirm":
                    return reply(200, {"confirmed": self.confirm(str(given["email"]))})
                case "POST", "engagement":
                    return self.control_engagement(given)
                case "POST", "exhaust":
                    self.exhaust(Tier(given.get("tier", Tier.LOW)))
                    return reply(200, {"ok": True})
                case "POST", "segments":
                    field, value = str(given["field"]).upper(), given["value"]
                    made = self.add_segment(str(given["name"]), lambda contact: contact.data.get(field) == value)
                    return reply(200, {"id": made.id})
                case _:
                    return super().control(method, path, given)


def _delivery_shape(request: HttpRequest) -> dict[str, Any]:
    return {"url": request.url, "headers": dict(request.headers), "body": request.body.decode()}
