"""What must never be recorded of a conversation with Digital Onboarding."""

from __future__ import annotations

from martech.provider import Scrub

# A journey's address and slug open a person's page to whoever has them: secrets like a token (seed, "Journeys").
SCRUB = Scrub.of(
    headers=["x-signature"],
    fields=["client_id", "client_secret", "access_token", "refresh_token", "web_client_url", "slug"],
    query=["client_id", "client_secret", "access_token"],
)
