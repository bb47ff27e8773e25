"""Everybody of one side, once, on disk: people of the source under what the target writes them by."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from martech.models import Channel, Contact, Identifier, SuppressionReason

__all__ = ["People"]


class People:
    """A table of people in a temporary file that only this process sees, found by any of their identifiers."""

    def __init__(self) -> None:
        # An empty name: a private file of SQLite's own, gone when it is closed.
        self._rows = sqlite3.connect("")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("PRAGMA cache_size = -8000")
        self._rows.execute("CREATE TABLE people (place INTEGER PRIMARY KEY, told BLOB NOT NULL)")
        self._rows.execute("CREATE TABLE names (name TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE blocks (name TEXT NOT NULL, channel TEXT, at REAL, reason TEXT NOT NULL)")
        self._rows.execute("CREATE INDEX by_name ON blocks (name)")
        self._count = 0

    def add(self, contact: Contact, *names: Identifier) -> int:
        """Take somebody and return where they stand; the first to bear a name keeps it."""
        place = self._count = self._count + 1
        told = contact.model_dump_json(exclude_unset=True)
        self._rows.execute("INSERT INTO people VALUES (?, ?)", (place, told))
        self.name(place, *names)
        return place

    def name(self, place: int, *names: Identifier) -> None:
        """Let somebody be found under further names."""
        self._rows.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", [(one.key, place) for one in names])

    def find(self, name: Identifier) -> tuple[int, Contact] | None:
        """Return who bears a name, and where they stand."""
        row = self._rows.execute(
            "SELECT p.place, p.told FROM names n JOIN people p ON p.place = n.place WHERE n.name = ?", (name.key,)
        ).fetchone()
        return None if row is None else (row[0], Contact.model_validate_json(row[1]))

    def change(self, place: int, how: Callable[[Contact], Contact]) -> None:
        """Put somebody changed in their place."""
        (told,) = self._rows.execute("SELECT told FROM people WHERE place = ?", (place,)).fetchone()
        changed = how(Contact.model_validate_json(told))
        told = changed.model_dump_json(exclude_unset=True)
        self._rows.execute("UPDATE people SET told = ? WHERE place = ?", (told, place))

    def block(
        self, name: Identifier, channel: Channel | None, at: datetime | None, reason: SuppressionReason
    ) -> None:
        """Note a block on a name."""
        told = (name.key, channel, at.timestamp() if at is not None else None, reason)
        self._rows.execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", told)

    def blocks(self, name: Identifier) -> Iterator[tuple[Channel | None, datetime | None, SuppressionReason]]:
        """Yield the blocks on a name."""
        asked = "SELECT channel, at, reason FROM blocks WHERE name = ?"
        for channel, at, reason in self._rows.execute(asked, (name.key,)).fetchall():
            yield (
                Channel(channel) if channel is not None else None,
                datetime.fromtimestamp(at, UTC) if at is not None else None,
                SuppressionReason(reason),
            )

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Contact]:
        with closing(self._rows.execute("SELECT told FROM people ORDER BY place")) as rows:
            for (told,) in rows:
                yield Contact.model_validate_json(told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
