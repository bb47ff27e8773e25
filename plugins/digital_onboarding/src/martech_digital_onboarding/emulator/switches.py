"""The words that switches take, and a check of values that come over HTTP."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, get_args, get_origin

from martech_digital_onboarding.emulator.shapes import is_array

__all__ = [
    "BadObjectiveValues",
    "BadRecords",
    "CredentialChannels",
    "ExpiresIn",
    "FlagsShown",
    "JourneySpellings",
    "MetaPublicUpdate",
    "TokenEncodings",
    "UnauthorizedBody",
    "ValidationErrors",
    "fits",
]

CredentialChannels = Literal["both", "basic", "body"]
"""Where the token endpoint takes credentials from."""
TokenEncodings = Literal["both", "form", "json"]
"""How the body of a token request may be written."""
ExpiresIn = Literal["number", "text", "nonsense", "missing"]
"""What the token endpoint answers as `expires_in`."""
UnauthorizedBody = Literal["invalid_token", "invalid_client", "unreadable"]
"""What a 401 of the other endpoints says."""
FlagsShown = Literal["always", "when_true", "never"]
"""When answers show the opt-out flags of a contact."""
MetaPublicUpdate = Literal["replace", "merge"]
"""What an update does with the `meta_public` that was there."""
BadRecords = Literal["refuse_all", "stop", "skip"]
"""What a bad record does to its batch: refuses it, stops it half done, or is passed over in silence."""
BadObjectiveValues = Literal["refuse", "ignore"]
"""What becomes of an objective with a value that completes nothing."""
JourneySpellings = Literal["both", "nested", "flat"]
"""Which spelling of `journey.template_id` starts a journey."""
ValidationErrors = Literal["fields", "list", "text", "objects", "message"]
"""How the body of a 422 is written."""


def fits(value: object, hint: Any) -> bool:
    """Return whether a value read from JSON may be set where `hint` is the declared type."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is Collection:
        return is_array(value) and all(isinstance(one, str) for one in value)
    if get_args(hint):
        return any(fits(value, one) for one in get_args(hint))
    if isinstance(value, bool) or hint is bool:
        return isinstance(value, bool) and hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
