"""Attributes: which become fields of a contact, which go into `meta_public`, and which may do neither.

`meta_public` is readable by anyone who inspects the page of a journey (seed, "Contacts"). So what goes there is
looked at: names that mean something else at the vendor are refused, what looks private is pointed out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

from martech.models import Contact
from martech.provider import InvalidRequest, mask

_LOG = logging.getLogger("martech.digital_onboarding")

FIELDS = (
    "name_title",
    "name_suffix",
    "address",
    "address2",
    "city",
    "state",
    "county",
    "country",
    "post_code",
    "timezone",
    "phone_home",
    "phone_work",
)
"""Documented fields for which our contact has no place (seed, "Contacts"): attributes named exactly so."""

OBJECTIVE_KEYS = (
    "debit-card-activation",
    "direct-deposit",
    "online-bill-pay",
    "online-banking",
    "mobile-banking",
    "estatements",
    "open-cross-sell-account",
    "corporate-card-activation",
    "merchant-access",
    "ach-payroll",
    "remote-deposit",
    "automate-payments",
)
"""The objectives that ship with the platform (doc:obj)."""

_OWN_PLACE: Mapping[str, str] = {
    "unique_id": "own_id",
    "email": "email",
    "phone_mobile": "mobile",
    "name_first": "first_name",
    "name_last": "last_name",
}
_CONSENT = frozenset({"unsubscribe_email", "unsubscribe_sms"})
_SET_BY_VENDOR = frozenset({"id", "inserted_at", "updated_at"})
_STRUCTURE = frozenset({"meta_public", "journey", "journey.template_id", "contacts"})

CONTACT_FIELDS: Collection[str] = frozenset({*FIELDS, *_OWN_PLACE, *_CONSENT, *_SET_BY_VENDOR, *_STRUCTURE})
"""Every name that means something at the top of a contact object, objectives apart."""


def placed(
    attributes: Mapping[str, Any], *, objective_keys: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the attributes that are fields of a contact, and those that go into `meta_public`.

    Raises:
        InvalidRequest: One has a name that means something else, or a value that cannot be said.
    """
    fields: dict[str, Any] = {}
    public: dict[str, Any] = {}
    for name, value in attributes.items():
        _check_name(name, objective_keys)
        if name in FIELDS:
            fields[name] = _text_or_null(name, value)
        elif value is None:
            raise InvalidRequest(
                f"the attribute {name!r} cannot be cleared: it lives in meta_public, and whether the vendor "
                "merges or replaces that is not known",
                hint="leave it out, or give it an empty value of your own",
            )
        else:
            public[name] = _as_json(name, value)
    return fields, public


def _check_name(name: str, objective_keys: Collection[str]) -> None:
    low = name.strip().lower()
    if not low:
        raise InvalidRequest("an attribute needs a name")
    if low in _CONSENT:
        raise InvalidRequest(
            f"{low} is no attribute: an opt-out is said by subscriptions, and taken back by consent.subscribe"
        )
    if low in _OWN_PLACE:
        raise InvalidRequest(f"{low} is no attribute: it is said by {_OWN_PLACE[low]}")
    if low in _SET_BY_VENDOR:
        raise InvalidRequest(f"{low} is no attribute: only the vendor sets it")
    if low.startswith("journey."):
        low = "journey"
    if low in _STRUCTURE:
        raise InvalidRequest(
            f"{low} is no attribute" + (": automations.enrol starts journeys" if low == "journey" else "")
        )
    if low in OBJECTIVE_KEYS or low in {key.lower() for key in objective_keys}:
        raise InvalidRequest(
            f"{low} is no attribute: it is an objective", hint="native.complete_objective completes it"
        )
    if low in FIELDS and name != low:
        raise InvalidRequest(f"the attribute {name!r} would be public; the contact's field is called {low!r}")


def _text_or_null(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidRequest(f"{name} is text at the vendor, got {type(value).__name__}")


def _as_json(name: str, value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        raise InvalidRequest(f"the attribute {name!r} is a number that JSON does not have")
    return value.isoformat() if isinstance(value, (date, datetime)) else value


# ── what looks private ───────────────────────────────────────────────────────────────────────────────────────

_PRIVATE_NAMES: Mapping[str, re.Pattern[str]] = {
    "an account or card number": re.compile(
        r"account|acct|iban|routing|sort_?code|card|cvv|\bpan\b|(?:customer|member)[_ ]?(?:id|no|num|number)\b"
    ),
    "an official number": re.compile(r"ssn|social_?sec|tax_?id|passport|licen[cs]e|national_?id"),
    "a birth date": re.compile(r"birth|\bdob\b"),
    "a secret": re.compile(r"passw|secret|token|\bpin\b|api_?key"),
    "somebody's finances": re.compile(r"balance|salary|income|credit|loan|mortgage|debt"),
    "a personal trait": re.compile(r"gender|religio|ethnic|health|disab|marital|maiden|nationality"),
    "a way to reach somebody": re.compile(r"e_?mail|phone|mobile|street|address"),
}
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){9,}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9 ]{11,}\b")
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Exposure:
    """One attribute that would be public and looks private. Its value is not in here."""

    attribute: str
    looks_like: str


def exposures(contact: Contact) -> tuple[Exposure, ...]:
    """Return which attributes of a contact would be public and look private, by name or value. It is a guess."""
    public = ((name, value) for name, value in contact.attributes.items() if name not in FIELDS)
    found = ((name, looks_private(name, value)) for name, value in public)
    return tuple(Exposure(name, what) for name, what in found if what is not None)


class PublicEye:
    """Logs each attribute once that goes out, will be public and looks private: its name, never its value."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def look(self, contact: Contact) -> None:
        """Look at a contact that is about to be written."""
        for one in exposures(contact):
            if one.attribute not in self._told:
                self._told.add(one.attribute)
                _LOG.warning(
                    "the attribute %r goes into meta_public, which anybody who sees a journey can read; "
                    "it looks like %s",
                    one.attribute,
                    one.looks_like,
                )


def looks_private(name: str, value: Any) -> str | None:
    """Return what an attribute looks like that should not be public, or None."""
    words = _WORD_BREAK.sub("_", name).lower()
    spaced = words.replace("_", " ")
    for what, pattern in _PRIVATE_NAMES.items():
        if pattern.search(words) or pattern.search(spaced):
            return what
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if _IBAN.search(text) or _LONG_NUMBER.search(text):
        return "a long number"
    return "a way to reach somebody" if mask(text) != text else None
