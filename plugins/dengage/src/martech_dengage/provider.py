"""dEngage: its rooms put together."""

from __future__ import annotations

from typing import Any, cast

from martech.provider import (
    AutomationOperations,
    Host,
    LimitReading,
    MartechError,
    Provider,
    Resource,
    Response,
    Settings,
    no_row,
    not_offered,
)
from martech_dengage import assumed
from martech_dengage.account import Account
from martech_dengage.attributes import Attributes
from martech_dengage.auth import LoginAuth
from martech_dengage.campaigns import Campaigns
from martech_dengage.consent import Consent
from martech_dengage.contacts import Contacts
from martech_dengage.datasets import Datasets
from martech_dengage.errors import refusal
from martech_dengage.events import Events
from martech_dengage.jobs import Jobs
from martech_dengage.keeping import keeping
from martech_dengage.limits import LIMITS, SHOWN_AFTER_SECONDS, learned
from martech_dengage.lists import Lists
from martech_dengage.messages import Messages
from martech_dengage.reports import Reports
from martech_dengage.scrub import SCRUB
from martech_dengage.settings import DengageSettings
from martech_dengage.templates import Templates


class Dengage(Provider):
    """A customer data platform with e-mail, text messages and pushes."""

    name = "dengage"
    title = "dEngage"
    settings_model = DengageSettings
    scrub = SCRUB
    limits = LIMITS
    shown_after_seconds = SHOWN_AFTER_SECONDS

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        own = cast("DengageSettings", settings)
        self.auth = LoginAuth(own.userkey, own.password, own.base_url, own.event_base_url)
        self._web_event = f"POST {assumed.path_of(own, 'web_event')}"
        hosts = {"api": own.base_url, "events": own.event_base_url}
        self.hosts = {host: Host(address) for host, address in hosts.items() if address is not None}
        self.keeping = keeping(own.contact_columns)
        self.contacts = Contacts(own)
        self.attributes = Attributes(own)
        self.lists = Lists(own)
        self.consent = Consent(own)
        self.messages = Messages(own)
        self.templates = Templates(own)
        self.campaigns = Campaigns(own)
        self.automations = no_row(
            AutomationOperations,
            not_offered(
                "A flow at dEngage is triggered as a whole and takes no person: see native.dataspace.trigger_flow."
            ),
        )
        self.reports = Reports(own)
        self.events = Events(own)
        self.datasets = Datasets(own)
        self.jobs = Jobs(own)
        self.account = Account()

    def refusal(self, response: Response) -> MartechError | None:
        """Read the verdict in an answer."""
        return refusal(response, web_event=self._web_event)

    def learn(self, response: Response) -> LimitReading | None:
        """Learn from a refusal that the bulk gate is in use; dEngage says nothing else about its limits."""
        return learned(response)

    def native(self) -> type[Resource[Any]]:
        """Give dEngage's own operations."""
        from martech_dengage.native import Native

        return Native
