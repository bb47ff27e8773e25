"""Memory of commands that work for hours: what large buffers took goes back to the system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["give_back_large_buffers"]

M_MMAP_THRESHOLD = -3
LARGE = 1 << 20


def give_back_large_buffers() -> bool:
    """Have every buffer of a megabyte and more given back as soon as it is freed; return whether the system can.

    The C library of most Linux systems takes the size of a large buffer that is freed, up to 32 MB, as its new
    measure, and from then on keeps up to twice as much. A run that hands over bodies of 50 MB then holds
    170 MB in place of 150. It concerns the whole process, so commands ask for it and the library never does.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(M_MMAP_THRESHOLD, LARGE))
