"""What must never be recorded of a conversation with dEngage."""

from __future__ import annotations

from martech.provider import Scrub

SCRUB = Scrub.of(
    headers=["authorization"],
    # The login's two halves and its answer (C1); the token of a device, which is a credential for pushes (D16).
    fields=["userkey", "password", "access_token", "token"],
    query=["access_token", "token"],
)
