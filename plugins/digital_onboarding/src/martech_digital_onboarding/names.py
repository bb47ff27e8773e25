"""Who is meant: one key per person, by one policy per account.

The vendor keys people by `unique_id`, for which the e-mail address stands in where there is none (seed, "Unique
IDs"). Whoever is named once in the one way and once in the other is two people there, so an account chooses one
way and the other is declined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.models import Contact, Identifier, IdentifierKind
from martech.provider import InvalidRequest, never, not_offered
from martech_digital_onboarding.settings import DigitalOnboardingSettings, Identity

KINDS: Mapping[Identity, IdentifierKind] = {"unique_id": IdentifierKind.OWN, "email": IdentifierKind.EMAIL}

_ALWAYS: Mapping[IdentifierKind, Any] = {
    IdentifierKind.VENDOR: not_offered("Digital Onboarding tells its own id of a contact and takes it nowhere."),
    IdentifierKind.MOBILE: not_offered("Digital Onboarding finds nobody by phone number."),
    IdentifierKind.CUSTOM: not_offered("Digital Onboarding knows one key per contact and no further ones."),
}
_OTHER_WAY: Mapping[Identity, Mapping[IdentifierKind, Any]] = {
    "unique_id": {
        IdentifierKind.EMAIL: never(
            "This account names people by unique_id; writing by e-mail address would make a second person."
        )
    },
    "email": {
        IdentifierKind.OWN: never(
            "This account names people by e-mail address; writing by an id of your own would make a second person."
        )
    },
}


def declined(identity: Identity) -> Mapping[IdentifierKind, Any]:
    """Return the kinds of identifiers by which an account of this policy writes nobody, each with its word."""
    return {**_ALWAYS, **_OTHER_WAY[identity]}


def key(ref: Identifier, settings: DigitalOnboardingSettings) -> str:
    """Return the `unique_id` that an identifier stands for.

    An address is trimmed and, unless the settings say otherwise, put in lower case (assumed: the vendor does not
    say how it compares them), so that one person never has two keys.

    Raises:
        UnsupportedOperation: This account names nobody that way.
        InvalidRequest: It is empty, or holds half a character.
    """
    kind = KINDS[settings.identity]
    if ref.kind is not kind:
        raise declined(settings.identity)[ref.kind].error()
    text = ref.value.strip()
    if not text:
        raise InvalidRequest("an empty key names nobody")
    if not is_whole(text):
        raise InvalidRequest("this key holds half a character, which no request can carry")
    lower = kind is IdentifierKind.EMAIL and settings.email_key_case == "lower"
    return text.lower() if lower else text


def is_whole(text: str) -> bool:
    """Return whether a text can be written as UTF-8: a lone surrogate, half a character, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def name(contact: Contact, settings: DigitalOnboardingSettings) -> Identifier:
    """Return by what a contact is written, its key normalised.

    Raises:
        InvalidRequest: It bears no name of the account's kind, or one that the account must not mix in.
    """
    if settings.identity == "email" and contact.own_id is not None:
        raise InvalidRequest(
            "this account names people by e-mail address, and this contact has an id of its own too",
            hint="leave own_id out; two ways of naming make two people of one",
        )
    found = contact.identifier(KINDS[settings.identity])
    if found is None:
        raise InvalidRequest(f"nothing names this contact: it needs {KINDS[settings.identity]}")
    return Identifier(found.kind, key(found, settings))
