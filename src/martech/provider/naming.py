"""What callers may write for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from martech.errors import InvalidRequest
from martech.models import Identifier, email

__all__ = ["Ref", "Refs", "named", "several"]

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
