"""Whom a call is about, and what that means to a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from martech.models import Contact, Identifier, IdentifierKind
from martech.provider.naming import Ref, Refs, named, several

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["Ref", "Refs", "named", "narrowed", "several", "written_by"]


def narrowed(provider: Provider, extra: Mapping[str, Mapping[str, Any]] | None) -> Mapping[str, Any]:
    """Return the vendor-only input meant for this provider."""
    return dict((extra or {}).get(provider.name, {}))


def written_by(provider: Provider, contact: Contact, match: IdentifierKind | None) -> Identifier | None:
    """Return by what this provider would write that contact, or None if by nothing."""
    kinds = (match,) if match is not None else provider.contacts.written_by
    return contact.identifier(*kinds)
