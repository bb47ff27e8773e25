"""What became of each record of a bulk write, from answers whose shape no source fixes.

Who was inserted and who was updated is told by key (C6). What was wrong is told by texts or by objects, and which
record an object is about by a key or by a number; so everything is tried, and what cannot be placed is said to be
unknown instead of being given to the wrong person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech.models import ItemOutcome
from martech.provider import mask
from martech_dengage.wire import BulkData, Fault, RowsData

__all__ = ["Faults", "Keys", "Written", "faults_of", "rows_removed", "rows_written", "written"]

_MESSAGES = ("message", "errorMessage", "error", "reason", "description")
_NUMBERS = ("rowIndex", "index", "row", "position")
"""Under which names the number of a record may stand."""
NOT_NAMED = "the answer does not say what became of it"
NO_REASON = "dEngage does not say why"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record."""

    outcome: ItemOutcome
    reason: str | None = None
    contactable: bool | None = None
    """For somebody who was made: whether they may now be contacted."""


class Keys:
    """The keys of the records of a call, found in answers again.

    Addresses come back in lower case (D4, D7); that keys which are addresses may do so as well is assumed.

    Args:
        keys: In the order of the records.
        first: With which number answers count the first record; None where numbers tell nothing.
    """

    def __init__(self, keys: Sequence[str], first: int | None) -> None:
        self._order = keys
        self._first = first
        self._exact = frozenset(keys)
        self._folded: dict[str, str | None] = {}
        for key in self._exact:
            if "@" in key:
                folded = key.casefold()
                self._folded[folded] = None if folded in self._folded else key

    def find(self, text: str) -> str | None:
        """Return the key that a text is, or None; an address in other letters only where it is one key's alone."""
        return text if text in self._exact else self._folded.get(text.casefold())

    def numbered(self, number: object) -> str | None:
        """Return the key of the record with a number, or None."""
        if self._first is None or not isinstance(number, int) or isinstance(number, bool):
            return None
        place = number - self._first
        return self._order[place] if 0 <= place < len(self._order) else None

    def found(self, texts: Iterable[str]) -> set[str]:
        """Return the keys among some texts."""
        return {key for text in texts if (key := self.find(text)) is not None}


@dataclass(slots=True)
class Faults:
    """What was wrong, as far as it can be placed."""

    by_key: dict[str, str] = field(default_factory=dict[str, str])
    unplaced: list[str] = field(default_factory=list[str])


def faults_of(errors: Iterable[Fault] | None, keys: Sequence[str], *, first: int | None = 0) -> Faults:
    """Return what is said to be wrong with which of the keys; masked, and without the key itself."""
    known = Keys(keys, first)
    found = Faults()
    for error in errors or ():
        key = _key_in(error, known)
        reason = _reason(error, key)
        if key is None:
            found.unplaced.append(reason)
        else:
            found.by_key[key] = reason
    return found


def written(data: BulkData | None, keys: Sequence[str], *, first: int | None = 0) -> dict[str, Written]:
    """Return what became of each contact of a BulkUpsert; unknown where the answer does not name them.

    What somebody who was written is warned about is the reason given.
    """
    data = data or {}
    known = Keys(keys, first)
    inserted = known.found(map(str, data.get("inserted") or ()))
    updated = known.found(map(str, data.get("updated") or ()))
    faults = faults_of(data.get("errors"), keys, first=first)
    warned = faults_of(data.get("warnings"), keys, first=first).by_key
    silent = "; ".join(dict.fromkeys(faults.unplaced)) or NOT_NAMED
    return {
        key: Written(ItemOutcome.CREATED, warned.get(key))
        if key in inserted
        else Written(ItemOutcome.UPDATED, warned.get(key))
        if key in updated
        else Written(ItemOutcome.REFUSED, faults.by_key[key])
        if key in faults.by_key
        else Written(ItemOutcome.UNKNOWN, silent)
        for key in keys
    }


def rows_written(
    data: RowsData | None, keys: Sequence[str], *, done: ItemOutcome, first: int | None = 0
) -> list[Written]:
    """Return what became of each row, in order; dEngage counts the good ones and lists the bad.

    Where more rows were bad than can be placed, nobody can tell which of the others were good.
    """
    data = data or {}
    errors = data.get("errorList") or ()
    faults = faults_of(errors, keys, first=first)
    count = max(data.get("errorCount") or 0, len(errors))
    lost = count > len(faults.by_key)
    silent = "; ".join(dict.fromkeys(faults.unplaced)) or NO_REASON
    rest = Written(ItemOutcome.UNKNOWN, f"some rows were refused, and not all are named: {silent}")
    if count >= len(keys):
        rest = Written(ItemOutcome.REFUSED, silent)
    return [
        Written(ItemOutcome.REFUSED, faults.by_key[key])
        if key in faults.by_key
        else rest
        if lost
        else Written(done)
        for key in keys
    ]


def rows_removed(data: RowsData | None, keys: Sequence[str], *, first: int | None = 0) -> list[Written]:
    """Return what became of each row that was to be removed, in order.

    dEngage counts what it removed and names nothing: all or none can be told apart, some of them cannot.
    """
    data = data or {}
    count = data.get("affectedRowCount")
    if data.get("errorCount") or data.get("errorList"):
        return rows_written(data, keys, done=ItemOutcome.SAVED, first=first)
    if count == 0:
        return [Written(ItemOutcome.NOT_FOUND)] * len(keys)
    return [Written(ItemOutcome.REMOVED if count == len(set(keys)) else ItemOutcome.SAVED)] * len(keys)


def _key_in(error: Fault, known: Keys) -> str | None:
    """Return which record an error is about, or None where nobody can tell."""
    if isinstance(error, str):
        named = known.found(word.strip(_PUNCTUATION) for word in error.split())
        return named.pop() if len(named) == 1 else None
    scalars = {name: value for name, value in error.items() if isinstance(value, (str, int))}
    for name in ("contact_key", "contactKey", "key"):
        if (key := known.find(str(scalars.get(name)))) is not None:
            return key
    for name in _NUMBERS:
        if (key := known.numbered(scalars.get(name))) is not None:
            return key
    named = known.found(str(value) for name, value in scalars.items() if name not in _MESSAGES)
    if len(named) == 1:
        return named.pop()
    return _key_in(_message(error), known)


def _message(error: Mapping[str, Any]) -> str:
    return next((str(error[name]) for name in _MESSAGES if isinstance(error.get(name), str)), "")


def _reason(error: Fault, key: str | None) -> str:
    text = error if isinstance(error, str) else _message(error)
    if key is not None:
        text = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return mask(text.strip()) or NO_REASON


_PUNCTUATION = "\"'`“”‘’«»()[]{}<>:;,.!?"
