"""Steps of the plain engine, and drafts of the durable one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from martech.migration.journal.kept import Kept
from martech.migration.journal.tables import DRAFTS, STEPS

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Checkpoints"]


class Checkpoints(Kept):
    """What was done, and what was brought and is not recorded yet."""

    def step(self, run: str, step: str) -> str | None:
        """Return what a step that was done gave, as JSON."""
        with self.database.reading() as connection:
            asked = select(STEPS.c.result).where(STEPS.c.run == run, STEPS.c.step == step)
            return connection.execute(asked).scalar_one_or_none()

    def keep_step(self, connection: Connection, run: str, step: str, result: str) -> None:
        """Note that a step was done."""
        connection.execute(insert(STEPS).values(run=run, step=step, result=result))

    def keep_draft(self, run: str, step: str, value: str) -> None:
        """Keep what a step brought until it is recorded."""
        with self.database.writing() as connection:
            row = {"run": run, "step": step, "value": self.seal.close(value)}
            self._put(connection, DRAFTS, [row], ("run", "step"))

    def draft(self, connection: Connection, run: str, step: str) -> str:
        """Return what a step brought."""
        asked = select(DRAFTS.c.value).where(DRAFTS.c.run == run, DRAFTS.c.step == step)
        return self.seal.open(connection.execute(asked).scalar_one()) or ""

    def drop_draft(self, connection: Connection, run: str, step: str) -> None:
        """Forget what a step brought."""
        connection.execute(delete(DRAFTS).where(DRAFTS.c.run == run, DRAFTS.c.step == step))
