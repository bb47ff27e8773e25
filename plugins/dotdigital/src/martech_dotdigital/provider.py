"""Dotdigital: its rooms put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from martech.provider import Host, Limit, LimitReading, MartechError, Provider, Resource, Response, Settings
from martech_dotdigital.account import Account
from martech_dotdigital.attributes import Attributes
from martech_dotdigital.auth import REGIONAL_HOST, DotdigitalAuth
from martech_dotdigital.automations import Automations
from martech_dotdigital.campaigns import Campaigns
from martech_dotdigital.consent import Consent
from martech_dotdigital.contacts import Contacts
from martech_dotdigital.datasets import Datasets
from martech_dotdigital.errors import refusal
from martech_dotdigital.events import Events
from martech_dotdigital.jobs import Jobs
from martech_dotdigital.keeping import keeping
from martech_dotdigital.limits import FLAT_LIMITS, TIERED_LIMITS, learned
from martech_dotdigital.lists import Lists
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.messages import Messages
from martech_dotdigital.reports import Reports
from martech_dotdigital.scrub import SCRUB
from martech_dotdigital.settings import DotdigitalSettings
from martech_dotdigital.templates import Templates

__all__ = ["Dotdigital"]


class Dotdigital(Provider):
    """Dotdigital: e-mail, SMS and more, behind two generations of interfaces and in several regions."""

    name = "dotdigital"
    title = "Dotdigital"
    settings_model = DotdigitalSettings
    scrub = SCRUB
    timeout_seconds = 121.0
    """The vendor asks its clients to wait this long for an answer before they give up (S2, guide)."""
    limits: Sequence[Limit] = TIERED_LIMITS

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        own = cast("DotdigitalSettings", settings)
        self.auth = DotdigitalAuth(own.user, own.password, own.integration_token)
        self.hosts = _hosts(own)
        self.keeping = keeping(own.own_identifier)
        self.limits = FLAT_LIMITS if own.rate_scheme == "flat" else TIERED_LIMITS
        self.naming = naming = Naming(own.own_identifier)
        self.contacts = Contacts(naming, import_body_bytes=own.import_body_bytes)
        self.attributes = Attributes()
        self.lists = Lists(naming, import_body_bytes=own.import_body_bytes)
        self.consent = Consent(naming)
        self.messages = Messages(naming, own)
        self.templates = Templates()
        self.campaigns = Campaigns(naming, own)
        self.automations = Automations(naming)
        self.reports = Reports()
        self.events = Events(naming)
        self.datasets = Datasets(naming, import_body_bytes=own.import_body_bytes)
        self.jobs = Jobs(naming)
        self.account = Account(naming)

    def refusal(self, response: Response) -> MartechError | None:
        """Read either framework's refusals, and the one inside a 200."""
        return refusal(response)

    def learn(self, response: Response) -> LimitReading | None:
        """Read the four headers that say how much of a tier is left."""
        return learned(response)

    def native(self) -> type[Resource[Any]]:
        """Give Dotdigital's own operations."""
        from martech_dotdigital.native import Native

        return Native


def _hosts(own: DotdigitalSettings) -> dict[str, Host]:
    """Return where to ask: at a given address, in a given region, or where the vendor says the account lives."""
    locator = Host(own.locator_url)
    if own.base_url is not None:
        return {"api": Host(own.base_url), "locator": locator}
    if own.region != "auto":
        return {"api": Host(f"https://{own.region}-api.dotdigital.com"), "locator": locator}
    # An account may live on the very host that was asked; any other must be one of the vendor's.
    return {"api": Host(own.locator_url, REGIONAL_HOST, located=True), "locator": locator}
