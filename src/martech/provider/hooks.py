"""The hooks of a plugin, registered with pluggy under the entry point group `martech`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["GROUP", "Hooks", "hookimpl"]

GROUP = "martech"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as the implementation of a hook of the same name."""


class Hooks:
    """What a plugin may implement."""

    @hookspec(firstresult=True)
    def martech_provider(self) -> type[Provider] | None:
        """Return the provider's class. Import it inside the function, so that finding a plugin stays cheap."""

    @hookspec(firstresult=True)
    def martech_emulator(self) -> type[Any] | None:
        """Return the class of the provider's emulator, a `martech.emulation.Emulator`."""
