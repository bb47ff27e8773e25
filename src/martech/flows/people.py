"""Whom a call is about: what callers may write for a person, and what that means to a provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from martech.errors import InvalidRequest
from martech.models import Contact, Identifier, IdentifierKind, email

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["Ref", "Refs", "named", "narrowed", "several", "written_by"]

Ref = Identifier | str
"""An identifier, or an e-mail address as bare text."""
Refs = Iterable[Ref] | Ref


def named(ref: Ref) -> Identifier:
    """Return what names a person.

    Raises:
        InvalidRequest: A bare text that is no e-mail address.
    """
    if isinstance(ref, Identifier):
        return ref
    try:
        return email(ref)
    except ValueError:
        raise InvalidRequest(
            "a bare text names a person only if it is an e-mail address",
            hint="say own(…), mobile(…), vendor_id(…) or custom(…)",
        ) from None


def several(refs: Refs) -> Sequence[Identifier]:
    """Return what names each of several people; one alone is several too."""
    if isinstance(refs, (Identifier, str)):
        return [named(refs)]
    return [named(ref) for ref in refs]


def narrowed(provider: Provider, extra: Mapping[str, Mapping[str, Any]] | None) -> Mapping[str, Any]:
    """Return the vendor-only input meant for this provider."""
    return dict((extra or {}).get(provider.name, {}))


def written_by(provider: Provider, contact: Contact, match: IdentifierKind | None) -> Identifier | None:
    """Return by what this provider would write that contact, or None if by nothing."""
    kinds = (match,) if match is not None else provider.contacts.written_by
    return contact.identifier(*kinds)
