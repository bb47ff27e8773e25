"""What names a contact, in both vocabularies.

At Dotdigital a contact is found under `contactId`, `email`, `mobileNumber` or the name of a custom identifier that
the account has defined (S4). The user's own id is one of the custom ones: which, a setting says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from martech.models import Contact, Identifier, IdentifierKind
from martech.provider import InvalidRequest

__all__ = ["CONTACT_ID", "EMAIL", "MOBILE", "Naming", "same"]

CONTACT_ID, EMAIL, MOBILE = "contactId", "email", "mobileNumber"
_RESERVED = frozenset(name.casefold() for name in (CONTACT_ID, EMAIL, MOBILE))
_KINDS: Mapping[str, IdentifierKind] = {
    CONTACT_ID.casefold(): IdentifierKind.VENDOR,
    EMAIL.casefold(): IdentifierKind.EMAIL,
    MOBILE.casefold(): IdentifierKind.MOBILE,
}

Wire = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Naming:
    """Translates identifiers; knows which custom identifier carries the user's own id."""

    own: str | None = None

    def written_by(self) -> tuple[IdentifierKind, ...]:
        """Return by which identifiers a contact can be written, best first.

        The vendor's own id is not among them unless a caller asks for it with `match`: an id that came with a
        contact from another vendor would name somebody else here.
        """
        own = (IdentifierKind.OWN,) if self.own else ()
        return (IdentifierKind.EMAIL, IdentifierKind.MOBILE, *own, IdentifierKind.CUSTOM)

    def to_wire(self, ref: Identifier) -> tuple[str, str]:
        """Return under which name and value a contact is found.

        Raises:
            InvalidRequest: It is an own id, and no setting says what carries it; or a reserved or unusable name.
        """
        match ref.kind:
            case IdentifierKind.EMAIL:
                return EMAIL, ref.value
            case IdentifierKind.MOBILE:
                return MOBILE, digits(ref.value)
            case IdentifierKind.VENDOR:
                return CONTACT_ID, ref.value
            case IdentifierKind.OWN:
                return self._own(), ref.value
            case IdentifierKind.CUSTOM:
                return _custom(ref.name), ref.value

    def of_contact(self, contact: Contact, *, match: IdentifierKind | None) -> Identifier:
        """Return by what a contact is to be found.

        Raises:
            InvalidRequest: Nothing of it can be used.
        """
        kinds = (match,) if match is not None else self.written_by()
        found = contact.identifier(*kinds)
        if found is None:
            raise InvalidRequest(f"nothing names this contact to Dotdigital: it needs {' or '.join(kinds)}")
        return found

    def written(self, contact: Contact) -> dict[str, str]:
        """Return every identifier that a contact gives, by the vendor's names; cleared ones are not among them.

        Raises:
            InvalidRequest: One of them cannot be said.
        """
        named = (ref for ref in contact.identifiers() if ref.kind is not IdentifierKind.VENDOR)
        return dict(self.to_wire(ref) for ref in named)

    def cleared(self, contact: Contact) -> tuple[str, ...]:
        """Return the vendor's names of identifiers that a contact sets to nothing."""
        ours = {"email": EMAIL, "mobile": MOBILE, "own_id": self.own}
        return tuple(
            name
            for field, name in ours.items()
            if name and contact.given(field) and getattr(contact, field) is None
        )

    def from_wire(self, identifiers: Wire) -> Iterator[Identifier]:
        """Yield what a map of the vendor's names and values names, empty ones left out."""
        for name, value in identifiers.items():
            if value is None or value == "":
                continue
            text = str(value)
            kind = _KINDS.get(name.casefold())
            if kind is IdentifierKind.MOBILE:
                text = international(text)
            if kind is not None:
                yield Identifier(kind, text)
            elif self.own is not None and name.casefold() == self.own.casefold():
                yield Identifier(IdentifierKind.OWN, text)
            else:
                yield Identifier(IdentifierKind.CUSTOM, text, name)

    def _own(self) -> str:
        if self.own is None:
            raise InvalidRequest(
                "own ids need a custom identifier at Dotdigital that carries them, and the settings name none",
                hint="set own_identifier to its name; account.identifiers lists them",
            )
        return _custom(self.own)


def _custom(name: str) -> str:
    if name.casefold() in _RESERVED:
        raise InvalidRequest(
            f"“{name}” is no custom identifier at Dotdigital but one of its own",
            hint="say email(…), mobile(…) or vendor_id(…)",
        )
    return name


def digits(number: str) -> str:
    """Return a number as Dotdigital prints it: without the plus sign (S9)."""
    return number.removeprefix("+")


def international(number: str) -> str:
    """Return a printed number with its plus sign, however it was printed; anything else as it is."""
    bare = number.strip().removeprefix("+")
    return f"+{bare}" if bare.isascii() and bare.isdigit() else number


def same(name: str, mine: str, theirs: str | int | None) -> bool:
    """Return whether two values of one identifier are one: addresses in any case, numbers with or without plus."""
    if theirs is None:
        return False
    other = str(theirs)
    if name == EMAIL:
        return mine.casefold() == other.casefold()
    return digits(mine) == digits(other) if name == MOBILE else mine == other
