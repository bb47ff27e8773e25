"""Dotdigital for martech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider import Provider, hookimpl

if TYPE_CHECKING:
    from martech.emulation import Emulator


@hookimpl
def martech_provider() -> type[Provider]:
    """Give the provider."""
    from martech_dotdigital.provider import Dotdigital

    return Dotdigital


@hookimpl
def martech_emulator() -> type[Emulator]:
    """Give the emulator."""
    from martech_dotdigital.emulator import DotdigitalEmulator

    return DotdigitalEmulator
