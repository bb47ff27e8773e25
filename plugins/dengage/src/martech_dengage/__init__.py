"""dEngage for martech: contacts by key, sendable tables as lists, transactional and campaign sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider import Provider, hookimpl

if TYPE_CHECKING:
    from martech.emulation import Emulator


@hookimpl
def martech_provider() -> type[Provider]:
    """Give the provider."""
    from martech_dengage.provider import Dengage

    return Dengage


@hookimpl
def martech_emulator() -> type[Emulator]:
    """Give the emulator."""
    from martech_dengage.emulator import DengageEmulator

    return DengageEmulator
