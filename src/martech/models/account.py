"""The account: one customer's space at a provider."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from martech.models.base import Answer, Model
from martech.models.consent import Channel
from martech.models.identifiers import IdentifierKind

__all__ = ["Account", "IdentifierDefinition", "LimitReport", "Sender", "Verification"]


class Account(Answer):
    """Who we are at the provider."""

    id: str | None = None
    name: str | None = None
    region: str | None = None
    timezone: str | None = None
    properties: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """What else the vendor says, under its own names."""


class Verification(Model):
    """What a check of the credentials found."""

    ok: bool
    detail: str
    checked_at: AwareDatetime | None = None


class Sender(Answer):
    """An address, number or name from which the account may send."""

    id: str | None = None
    channel: Channel = Channel.EMAIL
    address: str
    name: str | None = None
    is_default: bool | None = None


class IdentifierDefinition(Answer):
    """A kind of identifier that the account can name contacts by."""

    kind: IdentifierKind
    name: str | None = None
    """Which one, for a custom identifier."""


class LimitReport(Model):
    """How many calls are allowed, as declared by the plugin or learned from answers."""

    name: str
    calls: int | None
    """None where nobody has said yet."""
    per_seconds: float
    at_once: int | None = None
    """How many may be under way at the same time."""
    scope: str
    """What it is counted for: account, user or ip."""
    remaining: int | None = None
    resets_at: AwareDatetime | None = None
    learned: bool = False
    source: str | None = None
