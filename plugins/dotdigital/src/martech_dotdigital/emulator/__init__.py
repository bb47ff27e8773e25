"""Dotdigital, pretended: a stateful imitation of its HTTP API, written from the vendor's facts alone."""

from martech_dotdigital.emulator.emulator import DotdigitalEmulator

__all__ = ["DotdigitalEmulator"]
