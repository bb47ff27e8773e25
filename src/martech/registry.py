"""Finds providers by name, and explains what it found and what it refused.

A plugin is a distribution with an entry point in the group `martech`, named like its provider. Only the one asked
for is imported; one that cannot be loaded is reported, and stops nobody else.
"""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TYPE_CHECKING, Any, cast

import pluggy

from martech.errors import BrokenProvider, UnknownProvider
from martech.provider.contract import Provider
from martech.provider.hooks import CLIENT_GROUP, GROUP, Hooks

if TYPE_CHECKING:
    from martech.emulation import Emulator

__all__ = ["Found", "client_hooks", "emulator", "find", "installed"]


@dataclass(frozen=True, slots=True)
class Found:
    """One installed plugin: what it brings, or why it could not be loaded."""

    name: str
    distribution: str
    version: str
    provider: type[Provider] | None = None
    has_emulator: bool = False
    problem: str | None = None


def find(name: str) -> type[Provider]:
    """Return the provider of that name. Imports that plugin and no other.

    Raises:
        UnknownProvider: No plugin of that name is installed; says which are.
        BrokenProvider: There is one and it cannot be loaded; says why.
    """
    provider = _hooks(_entry_point(name)).martech_provider()
    if not (isinstance(provider, type) and issubclass(provider, Provider)):
        raise BrokenProvider(f"the plugin {name!r} does not give a Provider class", provider=name)
    if provider.name != name:
        raise BrokenProvider(
            f"the plugin {name!r} calls its provider {provider.name!r}; the names must agree", provider=name
        )
    return provider


def emulator(name: str) -> type[Emulator]:
    """Return the emulator of the provider of that name.

    Raises:
        UnknownProvider: No plugin of that name is installed, or it has no emulator.
        BrokenProvider: There is one and it cannot be loaded.
    """
    found: type[Emulator] | None = _hooks(_entry_point(name)).martech_emulator()
    if found is None:
        raise UnknownProvider(f"the plugin {name!r} has no emulator", provider=name)
    return found


def installed() -> list[Found]:
    """Return every installed plugin by name, loaded if it can be."""
    found: list[Found] = []
    for point in _points(tuple(sys.path)):
        distribution = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "unknown"
        try:
            provider = find(point.name)
            has_emulator = _hooks(point).martech_emulator() is not None
        except BrokenProvider as broken:
            found.append(Found(point.name, distribution, version, problem=broken.message))
        else:
            found.append(Found(point.name, distribution, version, provider, has_emulator))
    return found


def client_hooks() -> list[object]:
    """Return the hooks that are registered for every client of this environment.

    Raises:
        BrokenProvider: One cannot be loaded. It may be a policy, so no client does without it.
    """
    found: list[object] = []
    for point in _points(tuple(sys.path), CLIENT_GROUP):
        try:
            found.append(point.load())
        except Exception as broken:
            raise BrokenProvider(
                f"the hooks {point.name!r} could not be loaded: {type(broken).__name__}",
                hint=f"the traceback is: python -c 'import {point.module}'",
            ) from broken
    return found


def _entry_point(name: str) -> EntryPoint:
    points = _points(tuple(sys.path))
    for point in points:
        if point.name == name:
            return point
    known = [point.name for point in points]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"install a plugin for it, such as martech-{name}"
    raise UnknownProvider(f"there is no provider {name!r}; installed are {', '.join(known) or 'none'}", hint=hint)


def _points(path: tuple[str, ...], group: str = GROUP) -> tuple[EntryPoint, ...]:
    return tuple(sorted(_all_points(path).select(group=group), key=lambda point: point.name))


@cache
def _all_points(path: tuple[str, ...]) -> EntryPoints:
    """Return what is installed on a path. Looking through it takes milliseconds, so it is done once."""
    del path
    found: Any = entry_points()  # what a type checker is told for 3.11 is that of 3.9
    return cast("EntryPoints", found)


def _hooks(point: EntryPoint) -> Hooks:
    """Load one plugin and return its hooks, checked against ours."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    try:
        plugin = point.load()
        manager.register(plugin, name=point.name)
        manager.check_pending()
    except Exception as broken:
        raise BrokenProvider(
            f"the plugin {point.name!r} could not be loaded: {type(broken).__name__}: {broken}",
            provider=point.name,
            hint=f"the traceback is: python -c 'import {point.module}'",
        ) from broken
    return _Called(manager, point.name)


class _Called(Hooks):
    """The hooks of one plugin; what breaks inside them is reported as the plugin's."""

    def __init__(self, manager: pluggy.PluginManager, name: str) -> None:
        self._manager, self._name = manager, name

    def martech_provider(self) -> type[Provider] | None:
        """Return the plugin's provider."""
        return self._call("martech_provider")

    def martech_emulator(self) -> type[Any] | None:
        """Return the plugin's emulator."""
        return self._call("martech_emulator")

    def _call(self, hook: str) -> type[Any] | None:
        try:
            result: type[Any] | None = getattr(self._manager.hook, hook)()
        except Exception as broken:
            raise BrokenProvider(
                f"the plugin {self._name!r} broke while loading: {type(broken).__name__}: {broken}",
                provider=self._name,
            ) from broken
        return result
