"""What must never be recorded of a conversation with Pigeonpost."""

from __future__ import annotations

from martech.provider import Scrub

SCRUB = Scrub.of(headers=["x-ticket"], fields=["name", "passphrase", "ticket"])
