"""Reads, of which a seventh at the same time is refused, whatever they read (C4, C6)."""

from __future__ import annotations

from functools import partial

from martech.provider import Asking
from martech.provider import get as ask_for
from martech_dengage.limits import READS

__all__ = ["get"]

get: Asking = partial(ask_for, limit=READS)
"""A request that reads; it waits for one of six places. It may be repeated."""
