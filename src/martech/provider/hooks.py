"""The hooks: what a plugin implements to be found, and what an application implements to decide and to measure.

A provider's plugin is registered under the entry point group `martech`. An application gives its hooks to a
client (`Client(…, hooks=[policy])`), or registers them for every client of the environment under the group
`martech.hooks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["CLIENT_GROUP", "GROUP", "ClientHooks", "FinishedRequest", "Hooks", "ProspectiveSend", "hookimpl"]

GROUP = "martech"
CLIENT_GROUP = "martech.hooks"
"""The entry point group of hooks for every client: whatever it names is registered as in `hooks=[…]`."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectiveSend:
    """A request that is about to go out and may reach people: everything about it but who they are."""

    provider: str
    account: str
    """The account's alias."""
    operation: str
    """As `row.verb`."""
    route: str
    """Method and route, without values."""
    send_key: str
    """As the ledger holds it: one that names a person is replaced by a digest."""
    recipients: int | None
    """How many people it may reach; None for a list or segment, and for what is sent past the neutral verbs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRequest:
    """One attempt of one request, as it ended. No value of it is here."""

    provider: str
    account: str
    operation: str
    route: str
    kind: str
    attempt: int
    status: int | None
    """The HTTP status; None where no answer came."""
    seconds: float | None
    error: str | None
    """The name of the error's class; None where it went well."""
    waited_seconds: float
    waited_for: tuple[str, ...]
    request_id: str | None


class ClientHooks:
    """What an application may implement: any object or module with functions of these names.

    They are called in the thread or task that does the work, so they had better be quick.
    """

    @hookspec(firstresult=True)
    def martech_before_send(self, send: ProspectiveSend) -> str | None:
        """Return why this send must not go out, or None to let it go. Asked once for each send, before anything.

        What is raised here stops the send too: a policy that cannot decide lets nothing through.
        """

    @hookspec
    def martech_request_finished(self, request: FinishedRequest) -> None:
        """Take note of an attempt that ended, for metrics. What is raised here is logged and stops nothing."""
