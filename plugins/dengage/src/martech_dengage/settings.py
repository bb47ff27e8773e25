"""What one account at dEngage needs, and where what nobody documents can be put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from martech.provider import Settings
from martech_dengage import assumed

__all__ = ["BASE_URL", "DengageSettings", "UpdateContact"]

BASE_URL = "https://api.dengage.com/rest"
"""The host of the reference pages (D1, D4). Regional ones, such as `eu-api`, were seen too (C3, C5, C6)."""

UpdateContact = Literal["yes_only", "always", "never"]


class DengageSettings(Settings):
    """The settings of one account at dEngage.

    BulkUpsert takes one call a minute for the whole account: name the `account` where several API users or
    programs share it, so that they share the gate too.
    """

    userkey: str
    """Of an API user, as the panel shows it."""
    password: SecretStr
    base_url: str = BASE_URL
    event_base_url: str | None = None
    """The host for events, such as `https://eu-event.dengage.com`; needed by `events.track` alone."""
    event_account_id: str | None = None
    """By which id the event host knows the account."""
    contact_columns: tuple[str, ...] = ()
    """Columns of your own that are read with a contact. One the account does not have fails every read."""
    look_first: bool = True
    """Whether bulk writes read everybody first, so that a changed address does not lift a bounce."""
    insert_contact: bool = True
    """Whether new people who must not be contactable come by InsertContact: assumed, but it cannot overwrite."""
    update_contact: UpdateContact = "yes_only"
    """For which single changes UpdateContact (assumed, no gate) stands in for BulkUpsert (one a minute)."""
    current_as_text: bool = False
    """Whether values for templates go as a JSON string (C1) instead of an object (C4, C6)."""
    trace_id_seconds: float = Field(default=assumed.TRACE_ID_SECONDS, ge=0)
    """For how long an e-mail may be told again under its `traceId` (D14); 0 where the account does not know it."""
    email_from_id: str | None = None
    """The sender of e-mails that name none; by default the account's default one is looked up."""
    sms_from_id: str | None = None
    """The sender of text messages that name none; by default the account's default one is looked up."""
    language: str = "EN"
    """The language of contents that say none."""
    timezone: str = "UTC"
    """In which zone the vendor means times that carry none, such as those of reports."""
    errors_number_from: Literal[0, 1] = 0
    """With which number errors count the first record of a call, where they name records by number."""
    assumed_paths: Mapping[str, str] = Field(default_factory=dict)
    """Replaces paths of `assumed.PATHS`, by name."""
    assumed_fields: Mapping[str, str] = Field(default_factory=dict)
    """Replaces field names in what is said and read on those paths: ours, then the vendor's."""
    assumed_words: Mapping[str, str] = Field(default_factory=dict)
    """Which assumed word, such as `COMPLETED`, a word of the vendor's stands for: the vendor's, then ours."""

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("this is no time zone, such as Europe/Istanbul") from None
        return name

    @field_validator("assumed_paths")
    @classmethod
    def _replaces_something(cls, paths: Mapping[str, str]) -> Mapping[str, str]:
        for name, path in paths.items():
            if name not in assumed.PATHS:
                raise ValueError(f"there is no assumed path {name}; there are {', '.join(sorted(assumed.PATHS))}")
            if not path.startswith("/") or set(path) & set("?#"):
                raise ValueError(f"the path {name} begins with a slash and has no query")
            if assumed.parts_of(path) != assumed.parts_of(assumed.PATHS[name]):
                raise ValueError(f"the path {name} needs the parts of {assumed.PATHS[name]}")
        return paths

    @field_validator("assumed_fields")
    @classmethod
    def _can_be_read_back(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        if not all(fields.values()) or len(set(fields.values())) < len(fields):
            raise ValueError("each field needs a name of its own, or an answer could not be read back")
        return fields

    @field_validator("assumed_words")
    @classmethod
    def _stand_for_ours(cls, words: Mapping[str, str]) -> Mapping[str, str]:
        if not set(words.values()) <= assumed.WORDS:
            raise ValueError(f"a word of the vendor's stands for one of {', '.join(sorted(assumed.WORDS))}")
        return {word.upper(): ours for word, ours in words.items()}
