"""What a v3 request wants written about one contact, read and checked (section 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from martech_dotdigital.emulator.assumed import CONSENT_TEXT_CODE, DATA_FIELD_TEXT_MOST
from martech_dotdigital.emulator.contacts.people import People
from martech_dotdigital.emulator.contacts.schema import ContactList, DataField, Preference
from martech_dotdigital.emulator.conventions.reading import TRUE_WORDS, as_integer
from martech_dotdigital.emulator.conventions.times import parsed, stamp

__all__ = ["EmailWish", "Problem", "Reader", "Wish"]

EMAIL_TYPES = ("PlainText", "Html")
OPT_IN_TYPES = ("Unknown", "Single", "Double", "VerifiedDouble")
EMAIL_STATUSES = ("subscribed", "unsubscribed", "suppressed")
MOBILE_STATUSES = ("noSubscription", "subscribed", "unsubscribed", "suppressed")
LOCALES = (
    *("cs-CS", "da-DA", "de-DE", "el-EL", "en-EN", "es-ES", "es", "fi-FI", "fr-FR", "hu-HU", "it-IT"),
    *("nl-NL", "nb-NO", "pl-PL", "pt-PT", "ru-RU", "se-SE", "sk-SK", "tr-TR", "zh-CN"),
)
CONSENT_PARTS = ("text", "dateTimeConsented", "url", "ipAddress", "userAgent")
MOST_LISTS = 100
MOST_CONSENTS = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `fatal` means that the contact cannot be written at all."""

    code: str
    """The failure code of a bulk report."""
    description: str
    fatal: bool = False
    error: str = "contacts:badRequest"
    """The error code when the contact stands alone."""
    identifier: str = ""
    """The identifier it is about, if any."""


@dataclass(slots=True)
class EmailWish:
    """What is wanted of the e-mail channel."""

    email_type: str | None = None
    opt_in_type: str | None = None
    status: str | None = None
    no_challenge: bool = True
    """Silently by default: the trap of section 11.4 point 6."""


@dataclass(slots=True)
class Wish:
    """Everything wanted of one contact, and what is wrong with it."""

    identifiers: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    email: EmailWish = field(default_factory=EmailWish)
    mobile: dict[str, str] = field(default_factory=dict)
    """`sms` and `whatsApp` → status."""
    lists: list[ContactList] = field(default_factory=list)
    preferences: dict[int, bool] = field(default_factory=dict)
    consents: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def fatal(self) -> Problem | None:
        """The first problem that forbids writing, if any."""
        return next((problem for problem in self.problems if problem.fatal), None)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads wishes against what the account has."""

    people: People
    data_fields: Mapping[str, DataField]
    lists: Mapping[int, ContactList]
    preferences: Mapping[int, Preference]

    def read(self, body: Mapping[str, Any]) -> Wish:
        """Return the wish of one request or one row of an import. Unknown properties are ignored."""
        wish = Wish()
        self._identifiers(wish, body.get("identifiers"))
        self._data(wish, body.get("dataFields"))
        self._channels(wish, body.get("channelProperties"))
        self._lists(wish, body.get("lists"))
        self._preferences(wish, body.get("preferences"))
        self._consents(wish, body.get("consentRecords"))
        return wish

    def _identifiers(self, wish: Wish, given: Any) -> None:
        if given is None:
            return
        if not isinstance(given, dict):
            wish.problems.append(Problem("invalidIdentifiers", "The Identifiers field is invalid.", fatal=True))
            return
        for name, value in given.items():
            if name == "contactId":
                continue
            kept = self.people.kept(name, value) if self.people.knows(name) else None
            if kept is None:
                code = {"email": "invalidEmail", "mobileNumber": "invalidMobileNumber"}.get(
                    name, "invalidIdentifier"
                )
                text = f"Invalid value for '{name}'"
                wish.problems.append(Problem(code, text, fatal=True, error="contacts:invalidId", identifier=name))
            else:
                wish.identifiers[name] = kept

    def _data(self, wish: Wish, given: Any) -> None:
        if given is None:
            return
        if not isinstance(given, dict):
            wish.problems.append(Problem("invalidDataFields", "The DataFields field is invalid.", fatal=True))
            return
        for name, value in given.items():
            known = self.data_fields.get(name.upper())
            if known is None:
                text = f"The data field '{name}' does not exist"
                wish.problems.append(Problem("invalidDataField", text))
                continue
            try:
                wish.data[known.name] = data_value(known.type, value)
            except ValueError:
                text = f"The value of the data field '{name}' is not valid for the type {known.type}"
                wish.problems.append(Problem("invalidDataFieldValue", text))

    def _channels(self, wish: Wish, given: Any) -> None:
        if given is None:
            return
        channels = given if isinstance(given, dict) else {}
        email = channels.get("email") or {}
        wish.email = EmailWish(
            self._word(wish, email, "emailType", EMAIL_TYPES),
            self._word(wish, email, "optInType", OPT_IN_TYPES),
            self._word(wish, email, "status", EMAIL_STATUSES),
        )
        options = email.get("resubscribeOptions") or {}
        self._word(wish, options, "preferredLocale", LOCALES)
        wish.email.no_challenge = options.get("resubscribeWithNoChallenge") is not False
        for channel in ("sms", "whatsApp"):
            status = self._word(wish, channels.get(channel) or {}, "status", MOBILE_STATUSES)
            if status is not None:
                wish.mobile[channel] = status

    def _word(self, wish: Wish, given: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str | None:
        value = given.get(name)
        if value is None:
            return None
        # Request casing differs from response casing; the vendor reads either (section 34 row 16).
        found = next((word for word in words if word.lower() == str(value).lower()), None)
        if found is None:
            text = f"The value '{value}' is invalid for '{name}'"
            wish.problems.append(Problem("invalidChannelProperties", text, fatal=True))
        return found

    def _lists(self, wish: Wish, given: Any) -> None:
        if given is None:
            return
        numbers = [as_integer(item) for item in given] if isinstance(given, list) else []
        if not 1 <= len(numbers) <= MOST_LISTS:
            text = f"Between 1 and {MOST_LISTS} lists may be given"
            wish.problems.append(Problem("invalidLists", text, fatal=True))
            return
        for number in numbers:
            one = self.lists.get(number) if number is not None else None
            if one is None or one.reserved:
                wish.problems.append(Problem("listNotFound", f"The list '{number}' could not be found"))
            else:
                wish.lists.append(one)

    def _preferences(self, wish: Wish, given: Any) -> None:
        for item in given if isinstance(given, list) else ():
            number = as_integer(item.get("id")) if isinstance(item, dict) else None
            opted_in = item.get("isOptedIn") if isinstance(item, dict) else None
            known = self.preferences.get(number) if number is not None else None
            if known is None or not known.is_preference or not isinstance(opted_in, bool):
                text = f"The preference '{number}' could not be found"
                wish.problems.append(Problem("preferenceNotFound", text))
            else:
                wish.preferences[known.id] = opted_in

    def _consents(self, wish: Wish, given: Any) -> None:
        if given is None:
            return
        records = given if isinstance(given, list) else []
        try:
            if not 1 <= len(records) <= MOST_CONSENTS:
                raise ValueError(f"Between 1 and {MOST_CONSENTS} consent records may be given")
            wish.consents = [consent(record) for record in records]
        except ValueError as wrong:
            wish.problems.append(Problem(CONSENT_TEXT_CODE, str(wrong)))


def data_value(kind: str, value: Any) -> Any:
    """Return a value as a data field of a type keeps it; None clears it.

    Raises:
        ValueError: It is no value of that type.
    """
    if value is None or (value == "" and kind != "String"):
        return None
    if kind == "String" and isinstance(value, str | int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) <= DATA_FIELD_TEXT_MOST:
            return text
    elif kind == "Numeric":
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip():
            number = float(value)
            if isfinite(number):
                return int(number) if number.is_integer() else number
    elif kind == "Boolean":
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in TRUE_WORDS | {"false", "no", "0"}:
            return value.lower() in TRUE_WORDS
    elif kind == "Date" and isinstance(value, str):
        parsed(value)
        return value
    raise ValueError(kind)


def consent(record: Any) -> dict[str, str]:
    """Return a consent record as it is kept.

    Raises:
        ValueError: One of the five parts is missing or wrong, or there is a sixth.
    """
    if not isinstance(record, dict) or set(record) - {*CONSENT_PARTS, "dateTimeCreated"}:
        raise ValueError("The consent record has unknown parts")
    kept: dict[str, str] = {}
    for part in CONSENT_PARTS:
        value = record.get(part)
        if not isinstance(value, str) or not value:
            raise ValueError(f"The consent record field '{part}' is required")
        kept[part] = value
    if not urlsplit(kept["url"]).scheme:
        raise ValueError("The consent record field 'url' is invalid")
    ip_address(kept["ipAddress"])
    kept["dateTimeConsented"] = stamp(parsed(kept["dateTimeConsented"]))
    return kept
