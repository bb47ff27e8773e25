"""Tombstones of the erased, and forgetting whatever is personal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, tuple_, update

from martech.migration.journal.kept import MOST_NAMES, Kept, pieces
from martech.migration.journal.tables import (
    BLOCKS,
    JOBS,
    MEMBERS,
    NAMES,
    PEOPLE,
    RECORDS,
    RUNS,
    SURVEY,
    TOMBSTONES,
)
from martech.migration.journal.words import Class, Group

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Forgetting"]


class Forgetting(Kept):
    """Leaves tombstones, and forgets."""

    def erased(self, names: Sequence[str]) -> frozenset[str]:
        """Return which of these names belong to people who were erased."""
        with self.database.reading() as connection:
            found = [
                connection.execute(select(TOMBSTONES.c.name).where(TOMBSTONES.c.name.in_(some))).scalars().all()
                for some in pieces(names)
            ]
        return frozenset(name for some in found for name in some)

    def bury(self, names: Sequence[str], now: datetime) -> int:
        """Leave a tombstone under each name and forget whatever the journal holds of the person."""
        with self.database.writing() as connection:
            rows = [{"name": name, "erased_at": now.timestamp()} for name in dict.fromkeys(names)]
            self._put(connection, TOMBSTONES, rows, ("name",))
            keys = connection.execute(select(NAMES.c.run, NAMES.c.seq).where(NAMES.c.name.in_(names))).all()
            pairs = [(row.run, row.seq) for row in keys]
            blank = {
                "contact": None, "before": None, "said": None, "reason": "erased on request", "undelivered": False,
                # A run that is under way passes them by.
                "group": Group.NONE, "class": func.coalesce(PEOPLE.c["class"], Class.SKIPPED),
            }  # fmt: skip
            for start in range(0, len(pairs), MOST_NAMES):
                some = pairs[start : start + MOST_NAMES]
                here = tuple_(PEOPLE.c.run, PEOPLE.c.seq).in_(some)
                connection.execute(update(PEOPLE).where(here).values(**blank))
            for table in (SURVEY, BLOCKS):
                connection.execute(delete(table).where(table.c.name.in_(names)))
            return len(pairs)

    def forget_before(self, when: datetime) -> int:
        """Forget whatever is personal in runs that ended before a time; their counts stay."""
        with self.database.writing() as connection:
            old = connection.execute(select(RUNS.c.run).where(RUNS.c.ended_at < when.timestamp())).scalars().all()
            self._forget(connection, old)
            return len(old)

    def forget_run(self, run: str) -> None:
        """Forget whatever is personal in a run; its counts stay."""
        with self.database.writing() as connection:
            self._forget(connection, [run])

    def _forget(self, connection: Connection, runs: Sequence[str]) -> None:
        for run in runs:
            values = {"contact": None, "before": None, "said": None, "name": "-"}
            connection.execute(update(PEOPLE).where(PEOPLE.c.run == run).values(**values))
            for table in (NAMES, SURVEY, BLOCKS, JOBS, MEMBERS, RECORDS):
                connection.execute(delete(table).where(table.c.run == run))
