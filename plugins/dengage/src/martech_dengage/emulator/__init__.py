"""A pretended dEngage: its REST API and event host, with memory, an own clock and bad days on demand."""

from martech_dengage.emulator.emulator import DengageEmulator

__all__ = ["DengageEmulator"]
