"""The steps of a run that were done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from martech.migration.journal.kept import Kept
from martech.migration.journal.tables import STEPS

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Checkpoints"]


class Checkpoints(Kept):
    """What was done, each with what it gave."""

    def step(self, run: str, step: str) -> str | None:
        """Return what a step that was done gave, as JSON."""
        with self.database.reading() as connection:
            asked = select(STEPS.c.result).where(STEPS.c.run == run, STEPS.c.step == step)
            return connection.execute(asked).scalar_one_or_none()

    def keep_step(self, connection: Connection, run: str, step: str, result: str) -> None:
        """Note that a step was done."""
        connection.execute(insert(STEPS).values(run=run, step=step, result=result))
