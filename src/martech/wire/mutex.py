"""A mutex that threads and tasks of any event loop may share; the drivers do the waiting."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Mutex"]


class Mutex:
    """Lets `permits` holders in at a time, first come first served.

    It never waits itself: a driver hands `enter` a function to be called when the turn has come, and waits in its
    own way. So one mutex serves threads, tasks and several event loops at once.
    """

    __slots__ = ("_free", "_lock", "_queue")

    def __init__(self, permits: int = 1) -> None:
        self._free = permits
        self._lock = Lock()
        self._queue: deque[Callable[[], None]] = deque()

    def enter(self, turn: Callable[[], None]) -> bool:
        """Return True if the mutex is now the caller's; otherwise `turn` is called once it is."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            self._queue.append(turn)
            return False

    def leave(self, turn: Callable[[], None]) -> bool:
        """Stop waiting. Returns False if the turn had already come: then the caller holds it and must release."""
        with self._lock:
            try:
                self._queue.remove(turn)
            except ValueError:
                return False
            return True

    def release(self) -> None:
        """Give it to whoever waits longest, or set it free."""
        with self._lock:
            turn = self._queue.popleft() if self._queue else None
            if turn is None:
                self._free += 1
        if turn is not None:
            turn()
