"""Bad days on demand: what a pretended vendor can be told to do wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Fault", "FaultKind", "Faults"]


class FaultKind(StrEnum):
    """How an exchange goes wrong."""

    SLOW = "slow"
    """The answer comes `seconds` later, in the emulator's time."""
    STATUS = "status"
    """The work is not done; the answer is `status`, `headers` and `body`."""
    CUT_BEFORE = "cut_before"
    """The connection is cut before the work is done."""
    CUT_AFTER = "cut_after"
    """The work is done, then the connection is cut without an answer."""
    TRUNCATE = "truncate"
    """The work is done; the body of the answer is cut in half, its headers in order."""
    NONSENSE = "nonsense"
    """The work is done; the answer is a page for people, with status 200."""
    REDIRECT = "redirect"
    """The work is not done; the answer sends the client to another host."""


@dataclass(slots=True)
class Fault:
    """One thing to go wrong, `times` times, after `after` requests that it spares.

    `route` is a regular expression searched in `METHOD /path`; it decides which requests are concerned.
    """

    kind: FaultKind
    route: str = ""
    times: int = 1
    after: int = 0
    seconds: float = 1.0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def concerns(self, asked: str) -> bool:
        """Return whether this request is to go wrong; counts it."""
        if self.times <= 0 or not re.search(self.route, asked):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """What is still to go wrong, first told first done."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, kind: FaultKind | str, **how: Any) -> None:
        """Let something go wrong; `how` are the fields of `Fault`."""
        self._waiting.append(Fault(FaultKind(kind), **how))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._waiting.clear()

    def draw(self, asked: str) -> Fault | None:
        """Return what goes wrong with this request, if anything."""
        fault = next((fault for fault in self._waiting if fault.concerns(asked)), None)
        self._waiting = [fault for fault in self._waiting if fault.times > 0]
        return fault
