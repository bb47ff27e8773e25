"""Pigeonpost: its rooms put together."""

from __future__ import annotations

from typing import Any, cast

from pydantic import SecretStr

from martech.models import AttributeType
from martech.provider import (
    AttributeOperations,
    AutomationOperations,
    CampaignOperations,
    DatasetOperations,
    EventOperations,
    Free,
    Host,
    Keeping,
    MartechError,
    Provider,
    ReportOperations,
    Resource,
    Response,
    Settings,
    TemplateOperations,
    no_row,
    not_offered,
)
from martech_example.account import Account
from martech_example.auth import TicketAuth
from martech_example.consent import Consent
from martech_example.contacts import Contacts
from martech_example.errors import refusal
from martech_example.jobs import Jobs
from martech_example.limits import LIMITS
from martech_example.lists import Lists
from martech_example.messages import Messages
from martech_example.scrub import SCRUB


class PigeonpostSettings(Settings):
    """What one account at Pigeonpost needs."""

    name: str
    passphrase: SecretStr
    base_url: str = "https://api.pigeonpost.test"
    letter_path: str | None = None


class Pigeonpost(Provider):
    """An invented vendor."""

    name = "example"
    title = "Pigeonpost"
    settings_model = PigeonpostSettings
    scrub = SCRUB
    limits = LIMITS
    # Any field is kept under any name; a no of any sort becomes “no”, for e-mail alone (README).
    keeping = Keeping(
        fields=frozenset({"email", "mobile", "own_id", "first_name", "last_name"}),
        types={AttributeType.DATE: AttributeType.TEXT, AttributeType.DATETIME: AttributeType.TEXT},
        free=Free.YES,
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        own = cast("PigeonpostSettings", settings)
        self.auth = TicketAuth(own.name, own.passphrase)
        self.hosts = {"api": Host(own.base_url)}
        self.contacts = Contacts()
        self.lists = Lists()
        self.consent = Consent()
        self.messages = Messages(settings)
        self.jobs = Jobs()
        self.account = Account()
        self.attributes = no_row(
            AttributeOperations, not_offered("Pigeonpost keeps any field it is given; none has to be defined.")
        )
        self.templates = no_row(TemplateOperations, not_offered("Pigeonpost keeps no templates."))
        self.campaigns = no_row(
            CampaignOperations,
            not_offered("Pigeonpost carries letters one by one.", instead="messages.send_email"),
        )
        self.automations = no_row(AutomationOperations, not_offered("Pigeonpost has no automations."))
        self.reports = no_row(
            ReportOperations, not_offered("Pigeonpost counts nothing.", instead="messages.status")
        )
        self.events = no_row(EventOperations, not_offered("Pigeonpost has no events."))
        self.datasets = no_row(DatasetOperations, not_offered("Pigeonpost has no data tables."))

    def refusal(self, response: Response) -> MartechError | None:
        """Read the verdict in an answer."""
        return refusal(response)

    def native(self) -> type[Resource[Any]]:
        """Give Pigeonpost's own operations."""
        from martech_example.native import Native

        return Native
