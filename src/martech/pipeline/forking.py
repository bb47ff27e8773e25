"""What a fork leaves behind: in the child nobody holds a lock, whoever held it in the parent."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from threading import Lock as LockType

__all__ = ["Locking", "free_after_fork"]


class Locking(Protocol):
    """Something that is kept in the memory of a process, under a lock."""

    _lock: LockType


def free_after_fork(one: Locking) -> None:
    """Give it a lock of its own in every child; a thread of the parent may hold this one at that moment."""
    _KEPT.add(one)


_KEPT: WeakSet[Locking] = WeakSet()


def _forked() -> None:
    for one in list(_KEPT):
        one._lock = Lock()  # noqa: SLF001 - that is what they were registered for


if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=_forked)
