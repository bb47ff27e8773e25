"""What one account at Digital Onboarding needs, and every choice that its documents leave open."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from martech.provider import Settings
from martech_digital_onboarding.limits import BATCH_BYTES, BATCH_CONTACTS

Identity = Literal["unique_id", "email"]
"""By what an account names people: by ids of its own, or by e-mail addresses in their place. Never both."""


class DigitalOnboardingSettings(Settings):
    """The settings of one account."""

    client_id: SecretStr = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    base_url: str = "https://api.digitalonboarding.com"
    identity: Identity = "unique_id"
    """By what people are named. Changing it for an account that has people makes a second one of each of them."""
    email_key_case: Literal["lower", "as_given"] = "lower"
    """How an address is written where it stands for the `unique_id`; how the vendor compares is not stated."""
    credentials_in: Literal["header", "body"] = "header"
    """How the token endpoint is told who we are: a Basic header, or members of the body (seed)."""
    token_body: Literal["form", "json"] = "form"  # noqa: S105 - a word
    """How the body of a token request is written; not stated."""
    flat_journey_key: bool = False
    """Whether bulk enrolment writes `"journey.template_id"` as one member instead of a nested one; not stated."""
    objective_keys: tuple[str, ...] = ()
    """The team's own objectives, so that no attribute can bear the name of one. The platform's are known."""
    batch_contacts: int = Field(default=BATCH_CONTACTS, ge=1, le=10_000)
    batch_bytes: int = Field(default=BATCH_BYTES, ge=1024)
