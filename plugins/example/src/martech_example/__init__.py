"""Pigeonpost for martech: an invented vendor, and the folder to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider import Provider, hookimpl

if TYPE_CHECKING:
    from martech.emulation import Emulator


@hookimpl
def martech_provider() -> type[Provider]:
    """Give the provider."""
    from martech_example.provider import Pigeonpost

    return Pigeonpost


@hookimpl
def martech_emulator() -> type[Emulator]:
    """Give the emulator."""
    from martech_example.emulator import PigeonpostEmulator

    return PigeonpostEmulator
