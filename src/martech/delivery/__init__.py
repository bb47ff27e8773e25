"""Sending safely: the ledger of sends, a look ahead, failover and routing, and the sandbox outside production."""

from __future__ import annotations

from martech._lazy import lazily

# Functions that share the names of their modules: imported here, or the module would stand in their place.
from martech.delivery.failover import Breaker, Breakers, Delivery, MemoryBreakers, failover, route
from martech.delivery.preflight import Foresight, Reason, WontGet, preflight

TYPE_CHECKING = False

if TYPE_CHECKING:
    from martech.delivery.ledger import SendLedger
    from martech.delivery.sandbox import Sandbox

_MODULES = {
    "martech.delivery.ledger": ("SendLedger",),
    "martech.delivery.sandbox": ("Sandbox",),
}

__all__ = [
    "Breaker",
    "Breakers",
    "Delivery",
    "Foresight",
    "MemoryBreakers",
    "Reason",
    "Sandbox",
    "SendLedger",
    "WontGet",
    "failover",
    "preflight",
    "route",
]

if not TYPE_CHECKING:  # hidden from type checkers, or a misspelt name would pass
    __getattr__, __dir__ = lazily(__name__, globals(), _MODULES)
