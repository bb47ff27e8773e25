"""The whole of Digital Onboarding, put together from its areas."""

from __future__ import annotations

from martech_digital_onboarding.emulator.control import Controls
from martech_digital_onboarding.emulator.journeys import JourneyRoutes
from martech_digital_onboarding.emulator.objectives import ObjectiveRoutes
from martech_digital_onboarding.emulator.tokens import TokenRoutes
from martech_digital_onboarding.emulator.undocumented import UndocumentedRoutes

__all__ = ["DigitalOnboardingEmulator"]


class DigitalOnboardingEmulator(TokenRoutes, JourneyRoutes, ObjectiveRoutes, UndocumentedRoutes, Controls):
    """A pretended Digital Onboarding.

    It has what the vendor documents: tokens, contacts one by one and in batches, templates, journeys, objectives,
    the CSV import and webhook deliveries. What is assumed is listed in `assumptions.py`; every switch is an
    argument of the constructor and an attribute, documented in `state.py`.
    """
