"""Digital Onboarding for martech: contacts, opt-outs, objectives, and journeys as automations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider import Provider, hookimpl

if TYPE_CHECKING:
    from martech.emulation import Emulator


@hookimpl
def martech_provider() -> type[Provider]:
    """Give the provider."""
    from martech_digital_onboarding.provider import DigitalOnboarding

    return DigitalOnboarding


@hookimpl
def martech_emulator() -> type[Emulator]:
    """Give the emulator."""
    from martech_digital_onboarding.emulator import DigitalOnboardingEmulator

    return DigitalOnboardingEmulator
