"""What Pigeonpost remembers of people, and how it writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WRITABLE_MAIL = ("yes", "no")
TEXTS = ("given", "family", "phone", "ref")


class BadPersonError(Exception):
    """A person that Pigeonpost does not take; its text says why."""


@dataclass(slots=True)
class Person:
    """One person. `mail` is `yes` unless something else was said: that is Pigeonpost's default."""

    address: str
    texts: dict[str, str | None] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    mail: str = "yes"

    def shown(self) -> dict[str, Any]:
        """Return the person as answers show it."""
        texts = {name: value for name, value in self.texts.items() if value is not None}
        return {"address": self.address, **texts, "fields": dict(self.fields), "mail": self.mail}

    def write(self, given: dict[str, Any]) -> None:
        """Take over what is named; what is not named stays, and null clears."""
        for name in TEXTS:
            if name in given:
                self.texts[name] = given[name]
        for name, value in (given.get("fields") or {}).items():
            if value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = value
        if "mail" in given and self.mail != "blocked":
            self.mail = given["mail"]


def check(given: object) -> dict[str, Any]:
    """Return a person as given, if Pigeonpost takes it.

    Raises:
        BadPersonError: It does not.
    """
    if not isinstance(given, dict):
        raise BadPersonError("a person must be an object")
    address = given.get("address")
    if not isinstance(address, str) or address.count("@") != 1 or " " in address:
        raise BadPersonError("the address is not usable")
    for name in TEXTS:
        if not isinstance(given.get(name, ""), (str, type(None))):
            raise BadPersonError(f"{name} must be text")
    phone = given.get("phone")
    if phone and not phone.isdigit():
        raise BadPersonError("phone must be digits")
    if not isinstance(given.get("fields", {}), dict):
        raise BadPersonError("fields must be an object")
    if given.get("mail", "yes") not in WRITABLE_MAIL:
        raise BadPersonError("mail must be yes or no")
    return given
