"""Pigeonpost, pretended: written from the README's facts, sharing nothing with the mapping."""

from martech_example.emulator.emulator import PigeonpostEmulator

__all__ = ["PigeonpostEmulator"]
