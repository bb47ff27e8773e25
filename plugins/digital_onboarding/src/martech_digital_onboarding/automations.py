"""Automations at Digital Onboarding: its templates, and the journeys made from them."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import Automation, Enrolment, Identifier, Page
from martech.provider import AutomationOperations, Extra, declines, get, not_offered
from martech_digital_onboarding import assumed, names
from martech_digital_onboarding.journeys import start_each
from martech_digital_onboarding.limits import ENROL_SIZE
from martech_digital_onboarding.mapping import automation_from_wire
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import TemplatesAnswer, answered


def automations_row(settings: DigitalOnboardingSettings) -> AutomationOperations:
    """Return the row for an account, whose way of naming people decides what it declines."""

    class Automations(AutomationOperations):
        """Templates, and people in journeys."""

        batch_size = ENROL_SIZE

        async def list(self, cursor: str | None) -> Page[Automation]:
            """One request; the vendor gives all templates at once."""
            del cursor
            templates = (await answered(TemplatesAnswer, get("/v1/templates"))).templates
            return Page([automation_from_wire(template) for template in templates])

        @assumed.rests_on(assumed.JOURNEY_CONTACT, assumed.KEY_CASE)
        @declines(people=names.declined(settings.identity))
        async def enrol(
            self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
        ) -> Enrolment:
            """One request a person, each a send under `key/position`; the results carry the person's link.

            `extra` takes `name` and `owner_id` of the journeys. Asking again makes another journey. A key that
            nobody has makes an empty contact whose journey reaches nobody, and the vendor does not tell.
            """
            return await start_each(automation_id, people, settings, key=key, extra=extra)

        enrolment_status = not_offered("Digital Onboarding documents no way to read a journey.")

    return Automations()
