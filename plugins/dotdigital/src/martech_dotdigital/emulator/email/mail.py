"""What the two ways of sending one e-mail have in common: recipients, attachments, metadata, merge fields."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from pydantic_core import to_json

from martech_dotdigital.emulator.contacts.people import valid_email
from martech_dotdigital.emulator.conventions.answers import v2_refusal
from martech_dotdigital.emulator.conventions.reading import Body

__all__ = [
    "LARGEST_ATTACHMENT",
    "Mail",
    "attachment_problem",
    "merged",
    "metadata_key",
    "personalization",
    "recipients",
    "sender",
]

MOST_RECIPIENTS = 100
LARGEST_ATTACHMENT = 15 * 1024 * 1024
FIELD = re.compile(r"@([A-Za-z0-9_-]{1,20})@")


@dataclass(frozen=True, slots=True)
class Mail:
    """One single e-mail that went out. The vendor gives it no id, so this one is only seen in webhooks."""

    id: str
    at: datetime
    to: tuple[str, ...]
    subject: str
    sender: str
    metadata: Any
    html: str = ""
    text: str = ""
    campaign_id: int | None = None


def recipients(body: Body) -> list[str]:
    """Return everybody a transactional e-mail is for: to, cc and bcc, up to 100 each."""
    found: list[str] = []
    for name in ("toAddresses", "ccAddresses", "bccAddresses"):
        given = body.get(name)
        if given is None and name != "toAddresses":
            continue
        values = given if isinstance(given, list) else []
        addresses = [address for value in values if (address := valid_email(value)) is not None]
        empty = name == "toAddresses" and not addresses
        if empty or len(addresses) != len(values) or len(values) > MOST_RECIPIENTS or not isinstance(given, list):
            raise body.refuse(name)
        found += addresses
    return found


def sender(given: object, registered: Iterable[str]) -> str | None:
    """Return the registered address that a sender such as `Name <address>` stands for, or None."""
    address = parseaddr(given)[1] if isinstance(given, str) else ""
    return next((known for known in registered if known.lower() == address.lower()), None)


def metadata_key(metadata: Any) -> str | None:
    """Return metadata as one line, to tell messages apart by; the vendor has no id for them (section 20)."""
    if metadata is None or isinstance(metadata, str):
        return metadata
    return to_json(metadata).decode()


def attachment_problem(attachments: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return what is wrong with attachments, as the last part of a v3 code and a text, or None."""
    total = 0
    for attachment in attachments:
        for name, word in (
            ("mimeType", "attachmentMimeTypeMissing"),
            ("fileName", "attachmentFileNameMissing"),
            ("content", "attachmentContentMissing"),
        ):
            if not attachment.get(name):
                return word, f"The attachment has no {name}."
        if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", str(attachment["mimeType"])):
            return "attachmentMimeTypeInvalid", "The attachment's mimeType is invalid."
        try:
            size = len(b64decode(str(attachment["content"]), validate=True))
        except ValueError:
            return "attachmentContentInvalid", "The attachment's content is not base64."
        if size > LARGEST_ATTACHMENT:
            return "attachmentContentTooBig", "The attachment is too big."
        total += size
    if total > LARGEST_ATTACHMENT:
        return "attachmentCombinedContentTooBig", "The attachments are too big together."
    return None


def merged(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its merge fields, such as `@FIRSTNAME@`, filled in; unknown ones stay."""
    upper = {name.upper(): value for name, value in values.items()}
    return FIELD.sub(lambda field: upper.get(field[1].upper(), field[0]), text)


def personalization(pairs: Sequence[Body]) -> dict[str, str]:
    """Return the personalisation values of a v2 body; each name once."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, value = pair.required("name"), pair.get("value")
        if name in values or value is None:
            raise v2_refusal(
                400, "ERROR_INVALID_PERSONALISATION_VALUES", "The personalization values are invalid."
            )
        values[name] = str(value)
    return values
