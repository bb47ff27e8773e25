"""Identifiers: what names a contact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from martech.models.base import hidden

__all__ = [
    "EmailAddress",
    "Identifier",
    "IdentifierKind",
    "MobileNumber",
    "custom",
    "email",
    "mobile",
    "own",
    "vendor_id",
]


class IdentifierKind(StrEnum):
    """What sort of name it is."""

    EMAIL = "email"
    """An e-mail address."""
    MOBILE = "mobile"
    """A mobile number in international form."""
    OWN = "own"
    """The user's own id for the contact: a contact key, unique id, or the custom identifier named in settings."""
    VENDOR = "vendor"
    """The id that the vendor gave the contact."""
    CUSTOM = "custom"
    """A further identifier, by its name."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of one contact. Made by `email`, `mobile`, `own`, `vendor_id` and `custom`."""

    kind: IdentifierKind
    value: str
    name: str = ""
    """Which custom identifier it is; empty for the other kinds."""

    def __post_init__(self) -> None:
        """Take a kind by its word; raises ValueError if there is none of it."""
        if type(self.kind) is not IdentifierKind:
            object.__setattr__(self, "kind", IdentifierKind(self.kind))

    @property
    def key(self) -> str:
        """A text by which equal identifiers are equal: addresses in any case are one."""
        value = self.value.casefold() if self.kind is IdentifierKind.EMAIL else self.value
        return f"{self.kind}:{self.name}:{value}" if self.name else f"{self.kind}:{value}"

    def __repr__(self) -> str:
        inside = f"{self.name!r}, {hidden(self.value)!r}" if self.name else f"{hidden(self.value)!r}"
        return f"{self.kind if self.kind is not IdentifierKind.VENDOR else 'vendor_id'}({inside})"

    __str__ = __repr__


def email(address: str) -> Identifier:
    """Return an e-mail address as an identifier; raises ValueError if it is none."""
    return Identifier(IdentifierKind.EMAIL, email_address(address))


def mobile(number: str) -> Identifier:
    """Return a mobile number as an identifier, in international form; raises ValueError if it is none."""
    return Identifier(IdentifierKind.MOBILE, mobile_number(number))


def own(value: str | int) -> Identifier:
    """Return the user's own id of a contact as an identifier; raises ValueError if it is empty."""
    return Identifier(IdentifierKind.OWN, _not_empty(str(value)))


def vendor_id(value: str | int) -> Identifier:
    """Return the vendor's id of a contact as an identifier; raises ValueError if it is empty."""
    return Identifier(IdentifierKind.VENDOR, _not_empty(str(value)))


def custom(name: str, value: str | int) -> Identifier:
    """Return a further identifier by its name; raises ValueError if either is empty."""
    return Identifier(IdentifierKind.CUSTOM, _not_empty(str(value)), _not_empty(name))


def _not_empty(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("an identifier cannot be empty")
    return text


# A plain ASCII address in dot-atom form (RFC 5321 section 4.1.2, lengths from 4.5.3.1). Whatever is not of this
# shape goes to email-validator, which knows the rest: quoted names, international domains, addresses in Unicode.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@.{{4,253}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}\Z")


def email_address(text: str) -> str:
    """Return an address without surrounding spaces and with its domain in lower case.

    Raises:
        ValueError: It is no e-mail address. The message does not repeat it.
    """
    text = text.strip()
    if _PLAIN.match(text):
        name, _, domain = text.rpartition("@")
        return f"{name}@{domain.lower()}"
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False, test_environment=True, strict=True).normalized
    except EmailNotValidError:
        raise ValueError("this is no e-mail address") from None


_SEPARATORS = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")


def mobile_number(text: str) -> str:
    """Return a number in international form (E.164): a plus sign and 7 to 15 digits.

    Digits without a plus are taken as already carrying their country code, as vendors print them.

    Raises:
        ValueError: It is no number, or in national form, which does not say the country. Never repeats it.
    """
    digits = _SEPARATORS.sub("", text.strip())
    digits = "+" + digits.removeprefix("00") if digits.startswith("00") else digits
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise ValueError("this is no phone number")
    if digits.startswith("0"):
        raise ValueError("a phone number must carry its country code, such as +44")
    return f"+{digits}"


EmailAddress = Annotated[str, AfterValidator(email_address)]
MobileNumber = Annotated[str, AfterValidator(mobile_number)]
