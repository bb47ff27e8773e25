"""The runs of a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martech.errors import NotFound
from martech.migration.journal.kept import Kept
from martech.migration.journal.tables import RUNS
from martech.migration.journal.words import State

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Runs"]


class Runs(Kept):
    """The runs: from where, to where, how far."""

    def open_run(self, run: str, *, kind: str, source: str, target: str, order: str, now: datetime) -> None:
        """Note that a run begins; once, whoever begins it twice."""
        with self.database.writing() as connection:
            if connection.execute(select(RUNS.c.run).where(RUNS.c.run == run)).first() is None:
                before = select(RUNS.c.run).where(RUNS.c.source == source, RUNS.c.target == target)
                previous = connection.execute(before.order_by(RUNS.c.began_at.desc()).limit(1)).scalar()
                connection.execute(insert(RUNS).values(
                    run=run, kind=kind, state=State.RUNNING, phase="read", source=source, target=target,
                    order=order, previous=previous, began_at=now.timestamp(), writes=0,
                ))  # fmt: skip

    def run(self, run: str) -> Mapping[str, Any]:
        """Return what is known of a run; raises `NotFound` if there is none."""
        with self.database.reading() as connection:
            found = connection.execute(select(RUNS).where(RUNS.c.run == run)).mappings().first()
        if found is None:
            raise NotFound(
                f"there is no run {run!r} in this journal", hint="martech migrate status shows the runs"
            )
        return dict(found)

    def runs(self) -> Sequence[Mapping[str, Any]]:
        """Return every run, the latest first."""
        with self.database.reading() as connection:
            return [
                dict(row) for row in connection.execute(select(RUNS).order_by(RUNS.c.began_at.desc())).mappings()
            ]

    def note(self, run: str, connection: Connection | None = None, **values: Any) -> None:
        """Change what is known of a run."""
        statement = update(RUNS).where(RUNS.c.run == run).values(**values)
        if connection is not None:
            connection.execute(statement)
            return
        with self.database.writing() as own:
            own.execute(statement)

    def wrote(self, connection: Connection, run: str, count: int) -> None:
        """Count what was written to the target."""
        if count:
            connection.execute(update(RUNS).where(RUNS.c.run == run).values(writes=RUNS.c.writes + count))
