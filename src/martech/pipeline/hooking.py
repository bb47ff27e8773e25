"""The application's own hooks around sends and requests: asked and told in one place."""

from __future__ import annotations

import logging
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

import pluggy

from martech.errors import ConfigurationError, SendRefused
from martech.masking import kept_key
from martech.provider.hooks import GROUP, ClientHooks, FinishedRequest, ProspectiveSend

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martech.pipeline.conducting import Call
    from martech.pipeline.observing import Observer
    from martech.wire import Request

__all__ = ["Hooked", "hooked"]

_LOG = logging.getLogger("martech.hooks")
_PREFIX = "martech_"


class _Registered(pluggy.PluginManager):
    """Takes every function with our prefix for a hook, marked or not, so that a misspelt one is noticed."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        marked = super().parse_hookimpl_opts(plugin, name)
        if marked is None and name.startswith(_PREFIX) and callable(getattr(plugin, name, None)):
            return pluggy.HookimplOpts(
                wrapper=False, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False, specname=None
            )
        return marked


class Hooked:
    """The hooks of one client."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._hook = manager.hook
        self.wants_requests = bool(manager.hook.martech_request_finished.get_hookimpls())
        self._wants_sends = bool(manager.hook.martech_before_send.get_hookimpls())

    def before_send(self, request: Request, call: Call, observer: Observer) -> None:
        """Ask whether a send may go out.

        Raises:
            SendRefused: A hook says no, or broke.
        """
        if not self._wants_sends:
            return
        send = ProspectiveSend(
            provider=observer.provider,
            account=observer.account,
            operation=call.operation,
            route=request.asked,
            send_key=kept_key(request.send_key or ""),
            recipients=request.recipients,
        )
        try:
            reason: str | None = self._hook.martech_before_send(send=send)
        except SendRefused:
            raise
        except Exception as broken:
            raise SendRefused(
                f"a martech_before_send hook broke ({type(broken).__name__}), so nothing was sent",
                asked=request.asked,
            ) from broken
        if reason is not None:
            raise SendRefused(f"your policy refuses this send: {reason}", asked=request.asked)

    def request_finished(self, fields: dict[str, Any]) -> None:
        """Tell of an attempt that ended; a hook that breaks is logged by its kind."""
        told = FinishedRequest(
            provider=fields["provider"],
            account=fields["account"],
            operation=fields["operation"],
            route=fields["route"],
            kind=fields["kind"],
            attempt=fields["attempt"],
            status=fields.get("status"),
            seconds=fields.get("seconds"),
            error=fields.get("error"),
            waited_seconds=fields.get("waited_seconds", 0.0),
            waited_for=fields.get("waited_for", ()),
            request_id=fields.get("request_id"),
        )
        try:
            self._hook.martech_request_finished(request=told)
        except Exception as broken:  # noqa: BLE001 - metrics that break must stop no call
            _LOG.warning("a martech_request_finished hook broke: %s", type(broken).__name__)


def hooked(plugins: Iterable[object]) -> Hooked | None:
    """Return the hooks of some objects or modules, or None where there are none.

    Raises:
        ConfigurationError: One has no hook, or a misspelt one, or takes arguments that there are not.
    """
    plugins = list(plugins)
    if not plugins:
        return None
    manager = _Registered(GROUP)
    manager.add_hookspecs(ClientHooks)
    for plugin in plugins:
        name = type(plugin).__name__
        if any(iscoroutinefunction(getattr(plugin, one, None)) for one in _names()):
            raise ConfigurationError(
                f"{name} among the hooks has one with async def; hooks are called on both faces, and not awaited"
            )
        if not any(one.startswith(_PREFIX) for one in dir(plugin)):
            raise ConfigurationError(
                f"{name} among the hooks implements none", hint="the hooks are " + ", ".join(sorted(_names()))
            )
        try:
            manager.register(plugin)
        except (pluggy.PluginValidationError, ValueError) as wrong:
            raise ConfigurationError(f"{name} among the hooks cannot be used: {wrong}") from wrong
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as wrong:
        raise ConfigurationError(
            f"there is no such hook: {wrong}", hint="the hooks are " + ", ".join(sorted(_names()))
        ) from wrong
    return Hooked(manager)


def _names() -> list[str]:
    return [name for name in vars(ClientHooks) if name.startswith(_PREFIX)]
