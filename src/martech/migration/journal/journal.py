"""The journal: what was read, what was decided, what was said to the target, and what became of it.

Whatever belongs to one step is written with the connection that the engine gives, so that it commits together with
the step's checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, select

from martech.migration.journal.checkpoints import Checkpoints
from martech.migration.journal.evidence import Evidence
from martech.migration.journal.forgetting import Forgetting
from martech.migration.journal.people import People
from martech.migration.journal.records import Records
from martech.migration.journal.rows import Row
from martech.migration.journal.runs import Runs
from martech.migration.journal.sides import Sides
from martech.migration.journal.staging import Staging
from martech.migration.journal.tables import NAMES, PEOPLE
from martech.migration.journal.things import Things

__all__ = ["Journal"]


class Journal(Runs, Staging, People, Sides, Things, Records, Evidence, Forgetting, Checkpoints):
    """The journal in a database, by its URL.

    Args:
        database: Where.
        key: What texts are sealed with; by default what the environment says.
    """

    def find(self, identifier: str) -> list[tuple[Mapping[str, Any], Row]]:
        """Return every run that knows a person by a name, the latest first, with what it knows."""
        told: list[tuple[Mapping[str, Any], Row]] = []
        joined = and_(NAMES.c.run == PEOPLE.c.run, NAMES.c.seq == PEOPLE.c.seq)
        asked = select(PEOPLE).join(NAMES, joined).where(NAMES.c.name == identifier)
        with self.database.reading() as connection:
            found = [dict(row) for row in connection.execute(asked).mappings()]
        for run in self.runs():
            told += [(run, self.row(row)) for row in found if row["run"] == run["run"]]
        return told
