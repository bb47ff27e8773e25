"""A run that dies anywhere goes on and ends the same: stopped in process at every boundary, and killed."""

from __future__ import annotations

from tests.prove.crash.proof import prove

__all__ = ["prove"]
