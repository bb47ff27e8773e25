"""Configuration objects that several people may want to change at once (section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["Versioned"]


@dataclass(slots=True)
class Versioned:
    """One such object; a client may say which version it means."""

    id: str
    body: dict[str, Any]
    created: datetime
    updated: datetime
    version: int = 1
    deleted: bool = False
    hidden: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say which version it is."""
        return {"ETag": f'W/"{self.version}"', "Last-Modified": stamp(self.updated)}

    def shape(self) -> dict[str, Any]:
        """Return it as printed, with who made and changed it."""
        return {
            "id": self.id,
            **self.body,
            "_createdOn": stamp(self.created),
            "_createdBy": "api",
            "_updatedOn": stamp(self.updated),
            "_updatedBy": "api",
        }

    def answer(self, status: int = 200) -> Response:
        """Answer with it and its version."""
        return answer(status, self.shape(), headers=self.headers)

    def change(self, body: dict[str, Any], now: datetime) -> None:
        """Become another version."""
        self.body, self.updated = body, now
        self.version += 1

    def match(self, incoming: Incoming) -> None:
        """Refuse with 412 if the client speaks of another version."""
        wanted = incoming.headers.get("if-match")
        if wanted is not None and wanted not in ("*", self.headers["ETag"]):
            raise cpaas_refusal(412, "Another version is stored.")
