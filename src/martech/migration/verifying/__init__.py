"""Verifying a run: both sides are read again, by code that shares nothing with the one that wrote."""

from __future__ import annotations

from martech.migration.verifying.result import Finding, Verified
from martech.migration.verifying.verify import verify

__all__ = ["Finding", "Verified", "verify"]
