"""Which process has a send in hand, and whether it still lives, as far as this machine can tell."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2s
from pathlib import Path

__all__ = ["may_be_alive", "this_process"]

_PROC = Path("/proc")


def this_process() -> str:
    """Return the name of this process: machine, process id, and when it began; another one after a fork."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_born(pid)}"


def may_be_alive(owner: str) -> bool:
    """Return whether a process may still be at work; True where nobody can tell, as about another machine."""
    machine, _, rest = owner.partition(":")
    pid, _, born = rest.partition(":")
    if machine != _machine() or not pid.isdigit():
        return True
    if _has_proc():
        return _born(int(pid)) == born
    if sys.platform == "win32":  # pragma: no cover - os.kill would end the process
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@lru_cache(maxsize=1)
def _machine() -> str:
    """Return a mark of this machine since it was started, and of the container that numbers its processes."""
    known = [socket.gethostname()]
    with suppress(OSError):  # what another system does not have leaves the name of the host
        known.append((_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        known.append(str((_PROC / "self/ns/pid").readlink()))
    return blake2s("|".join(known).encode(), digest_size=6).hexdigest()


@lru_cache(maxsize=1)
def _has_proc() -> bool:
    return bool(_born(os.getpid()))


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the start of the machine; empty if it is gone or dead."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # a program's name may hold blanks and parentheses
    return "" if fields[0] in ("Z", "X") else fields[19]
