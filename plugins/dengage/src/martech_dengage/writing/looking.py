"""Looking people up before they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from martech.provider import MartechError, NotFound, Together, read
from martech_dengage.limits import READS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, READ_COLUMNS
from martech_dengage.reading import get
from martech_dengage.wire import ContactRow, ContactsAnswer

__all__ = ["People", "contact_row", "look_up"]


@dataclass(slots=True)
class People:
    """What looking up found: rows of those who are there, and who could not be looked up."""

    known: dict[str, ContactRow] = field(default_factory=dict[str, ContactRow])
    absent: set[str] = field(default_factory=set[str])
    failed: dict[str, MartechError] = field(default_factory=dict[str, MartechError])

    def spelt(self, key: str) -> str:
        """Return how dEngage spells the key of somebody who is there: a row for another one could make one."""
        return str(self.known[key].get(KEY) or key)


async def contact_row(key: str, *, columns: Sequence[str] = READ_COLUMNS) -> ContactRow | None:
    """Return a contact's columns, or None if there is no such contact. One request.

    An unknown key was never seen being asked for: a 404 and an empty answer both mean that there is nobody.
    """
    try:
        reply = await get("/contacts/{contact_key}", contact_key=key, query={"contactFields": ",".join(columns)})
    except NotFound:
        return None
    data = read(ContactsAnswer, reply).get("data") or {}
    rows = data.get("contacts") or ()
    return next((row for row in rows if str(row.get(KEY, key)).casefold() == key.casefold()), None)


async def look_up(keys: Iterable[str]) -> People:
    """Return who of several people is there. One request each; 30 a second are allowed (C4, C5).

    A contact that was written in the last two minutes or so may not be seen yet (C4, C6).
    """
    wanted = list(dict.fromkeys(keys))
    people = People()
    outcomes = await Together([contact_row(key) for key in wanted], at_most=READS_AT_ONCE)
    for key, outcome in zip(wanted, outcomes, strict=True):
        if outcome.error is not None:
            people.failed[key] = outcome.error
        elif outcome.value is None:
            people.absent.add(key)
        else:
            people.known[key] = outcome.value
    return people
