"""What makes a run durable: the plain engine, on the journal alone, and DBOS."""

from __future__ import annotations

from martech.migration.engines.plain import PlainEngine

__all__ = ["PlainEngine"]
