"""What the native groups share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from martech.provider import ConsentRefused, InvalidRequest, M, NewId, Resource, Response
from martech_dengage import tables
from martech_dengage.errors import fields_of
from martech_dengage.mapping.words import ACTIVE, CONTACT_COLUMNS
from martech_dengage.settings import DengageSettings

__all__ = ["Data", "Group", "data_of", "key_for", "refuse_everybody", "refuse_yes"]

Data = Mapping[str, Any]
"""The `data` of an answer, in dEngage's words."""


class Group(Resource[M]):
    """One group of dEngage's operations."""

    @property
    def _settings(self) -> DengageSettings:
        return cast("DengageSettings", self._provider.settings)


def data_of(reply: Response) -> Data:
    """Return what an answer holds beside its verdict; empty where it holds nothing."""
    return fields_of(fields_of(reply.json()).get("data"))


async def key_for(key: str | None) -> str:
    """Return the caller's key for a send, or a fresh one."""
    return await NewId() if key is None else key


def refuse_yes(records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to give a permission, or to lift a block, by a plain write.

    Raises:
        ConsentRefused: One of the records would.
    """
    for record in records:
        for name, value in record.items():
            plain = name.strip().casefold()
            gives = (plain.endswith("_permission") or plain == "permission") and value is not False
            lifts = plain in _STATES and str(value).strip().upper() == ACTIVE
            if gives or lifts:
                raise ConsentRefused(
                    f"a write of {name!r} would allow contact",
                    hint="consent.subscribe and consent.release do that, with the evidence",
                )


async def refuse_everybody(settings: DengageSettings, audience: Data) -> None:
    """Refuse an audience that is not named, or is a table of the platform's own. One request for a table.

    Raises:
        InvalidRequest: It names neither a segment nor a table.
        UnsupportedOperation: The table is the platform's own: it holds everybody.
    """
    if not (audience.get("segmentId") or audience.get("tableId")):
        raise InvalidRequest("a send to many names its audience: segmentId or tableId")
    if audience.get("tableId"):
        await tables.one(settings, str(audience["tableId"]))


_STATES = frozenset(name for name in CONTACT_COLUMNS if name.endswith("_status"))
