"""One content: an e-mail, a text message or a push kept at the vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from martech_dengage.emulator.dates import answer_time

__all__ = ["Content", "Language"]

Language = Mapping[str, Any]


@dataclass(slots=True)
class Content:
    """One content, in one or several languages. Only a transactional one may be used by transactional sends."""

    public_id: str
    channel: str
    name: str
    location: str
    is_transactional: bool
    languages: Sequence[Language]
    created_at: datetime
    updated_at: datetime
    created_by: str
    updated_by: str

    def listed(self) -> dict[str, Any]:
        """Return it as the listing shows it; a push is spelled in other words (C1, C2)."""
        if self.channel == "push":
            return {
                "name": self.name,
                "id": self.public_id,
                "location": self.location,
                "is_transactional_content": self.is_transactional,
            }
        return {
            "contentName": self.name,
            "publicId": self.public_id,
            "location": self.location,
            "isTransactionalContent": self.is_transactional,
            "createdAt": answer_time(self.created_at),
            "createdBy": self.created_by,
            "updatedAt": answer_time(self.updated_at),
            "updatedBy": self.updated_by,
        }

    def in_language(self, language: str | None) -> Language:
        """Return the content in a language, or in its first one if it has not that."""
        wanted = (language or "").upper()
        return next((one for one in self.languages if one["language"] == wanted), self.languages[0])
