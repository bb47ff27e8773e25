"""The guard that every send passes: what it is told, and the simplest one, which remembers in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from martech.errors import Conflict, OutcomeUnknown

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Fate", "MemoryGuard", "PlannedSend", "SendGuard"]


class Fate(StrEnum):
    """What is known of a send."""

    IN_FLIGHT = "in_flight"
    """The request went out; nothing came back yet. After a crash this is as good as unknown."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The vendor said no, or it provably never reached it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """One send that is about to go out, without its content or recipient."""

    key: str
    provider: str
    account: str
    operation: str
    asked: str
    at: datetime


class SendGuard(Protocol):
    """Keeps a record of sends around their exchange, and may refuse one."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def begin(self, send: PlannedSend) -> None:
        """Note that a send goes out now.

        Raises:
            Conflict: It was accepted before, under the same key; nothing goes out.
            OutcomeUnknown: It went out before under the same key and nobody knows what became of it.
        """
        ...

    def settle(self, key: str, fate: Fate, *, detail: str | None = None) -> None:
        """Note what became of it."""
        ...


class MemoryGuard:
    """Remembers the last sends of this process. The ledger of `martech.delivery` remembers for good."""

    blocks = False

    def __init__(self, *, keep: int = 10_000) -> None:
        self._keep = keep
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        self._lock = Lock()

    def begin(self, send: PlannedSend) -> None:
        """Note that a send goes out now; refuse one that already did."""
        with self._lock:
            before = self._fates.get(send.key)
            if before is Fate.ACCEPTED:
                raise Conflict("this send key was used before and the vendor accepted it; nothing was sent now")
            if before in (Fate.IN_FLIGHT, Fate.UNKNOWN):
                raise OutcomeUnknown(
                    "this send key was used before and its fate is not known; nothing was sent now",
                    send_key=send.key,
                )
            self._fates[send.key] = Fate.IN_FLIGHT
            while len(self._fates) > self._keep:
                self._fates.popitem(last=False)

    def settle(self, key: str, fate: Fate, *, detail: str | None = None) -> None:
        """Note what became of it."""
        del detail
        with self._lock:
            self._fates[key] = fate

    def remembered(self) -> list[str]:
        """Return the keys that are remembered, oldest first."""
        return list(self._fates)

    def fate(self, key: str) -> Fate | None:
        """Return what is known of a send, or None if it is not remembered."""
        return self._fates.get(key)
