"""Digital Onboarding, pretended: its documented v1 interface with memory, a clock and bad days on demand."""

from martech_digital_onboarding.emulator.emulator import DigitalOnboardingEmulator

__all__ = ["DigitalOnboardingEmulator"]
