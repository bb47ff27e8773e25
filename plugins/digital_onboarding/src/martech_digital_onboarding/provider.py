"""Digital Onboarding: its rooms put together."""

from __future__ import annotations

from typing import Any, cast

from martech.provider import (
    AttributeOperations,
    DatasetOperations,
    EventOperations,
    Host,
    JobOperations,
    ListOperations,
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
from martech_digital_onboarding.absent import NoCampaigns, NoMessages
from martech_digital_onboarding.account import Account
from martech_digital_onboarding.auth import auth_for
from martech_digital_onboarding.automations import automations_row
from martech_digital_onboarding.consent import consent_row
from martech_digital_onboarding.contacts import contacts_row
from martech_digital_onboarding.errors import refusal
from martech_digital_onboarding.keeping import keeping
from martech_digital_onboarding.limits import LIMITS
from martech_digital_onboarding.public import PublicEye
from martech_digital_onboarding.scrub import SCRUB
from martech_digital_onboarding.settings import DigitalOnboardingSettings


class DigitalOnboarding(Provider):
    """A platform on which banks and credit unions lead their customers through journeys."""

    name = "digital_onboarding"
    title = "Digital Onboarding"
    settings_model = DigitalOnboardingSettings
    scrub = SCRUB
    limits = LIMITS

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        own = cast("DigitalOnboardingSettings", settings)
        auth = auth_for(own)
        self.auth = auth
        self._hidden = auth.hidden
        # Plain HTTP means that the secret is lost (seed, "API Access"); the core refuses such an address.
        self.hosts = {"api": Host(own.base_url)}
        self.eye = PublicEye()
        self.keeping = keeping(own)
        self.contacts = contacts_row(own, self.eye)
        self.consent = consent_row(own)
        self.automations = automations_row(own)
        self.account = Account(own)
        self.messages = NoMessages()
        self.campaigns = NoCampaigns()
        self.attributes = no_row(
            AttributeOperations,
            not_offered(
                "Digital Onboarding has a fixed set of fields and takes any other name into meta_public, which is "
                "public; none has to be defined."
            ),
        )
        self.lists = no_row(
            ListOperations,
            not_offered(
                "Digital Onboarding has no lists and no segments. Putting somebody into a journey sends, so it is "
                "no way to keep one."
            ),
        )
        self.templates = no_row(
            TemplateOperations,
            not_offered(
                "What Digital Onboarding calls templates are journeys to be started; their contents stay in its "
                "application.",
                instead="automations.list",
            ),
        )
        self.reports = no_row(
            ReportOperations,
            not_offered("Digital Onboarding documents no counts; webhooks tell what happened to contacts."),
        )
        self.events = no_row(
            EventOperations,
            not_offered(
                "Digital Onboarding takes no events and streams none; a person configures webhooks in its "
                "application, and martech_digital_onboarding.webhooks reads them."
            ),
        )
        self.datasets = no_row(DatasetOperations, not_offered("Digital Onboarding has no data tables."))
        self.jobs = no_row(JobOperations, not_offered("Digital Onboarding answers at once and has no jobs."))

    def refusal(self, response: Response) -> MartechError | None:
        """Read a refusal, whatever form it has, with this account's secrets taken out of it."""
        return refusal(response, hide=self._hidden)

    def native(self) -> type[Resource[Any]]:
        """Give Digital Onboarding's own operations."""
        from martech_digital_onboarding.native import Native

        return Native
