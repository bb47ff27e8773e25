"""What is not a person: lists, attributes, memberships, jobs at the vendor."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, select, true, update

from martech.migration.journal.kept import Kept, pieces
from martech.migration.journal.tables import JOBS, MEMBERS, SHELVES, THINGS
from martech.migration.journal.words import Class
from martech.models import Job

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection

__all__ = ["Things"]


class Things(Kept):
    """Lists, attributes and other things; who is on which list; jobs that are under way."""

    def keep_things(self, connection: Connection, run: str, things: Iterable[Mapping[str, Any]]) -> None:
        """Note lists, attributes and other things: `part`, `name`, `class`, `target_id`, `reason`, `made`."""
        rows = [{"target_id": None, "reason": None, "made": False, **one, "run": run} for one in things]
        self._put(connection, THINGS, rows, ("run", "part", "name"))

    def things(self, run: str, part: str | None = None) -> list[Mapping[str, Any]]:
        """Return the things of a run."""
        asked = select(THINGS).where(THINGS.c.run == run).order_by(THINGS.c.part, THINGS.c.name)
        asked = asked if part is None else asked.where(THINGS.c.part == part)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(asked).mappings()]

    def keep_shelf(self, connection: Connection, run: str, part: str, names: Mapping[str, str]) -> None:
        """Note what the target had of a part, before anything was made."""
        rows = [{"run": run, "part": part, "name": name, "target_id": one} for name, one in names.items()]
        self._put(connection, SHELVES, rows, ("run", "part", "name"))

    def shelf(self, run: str, part: str) -> dict[str, str]:
        """Return what the target had of a part: ids by names."""
        asked = select(SHELVES.c.name, SHELVES.c.target_id).where(SHELVES.c.run == run, SHELVES.c.part == part)
        with self.database.reading() as connection:
            return {row.name: row.target_id for row in connection.execute(asked)}

    def keep_members(self, connection: Connection, run: str, members: Iterable[Mapping[str, Any]]) -> None:
        """Note memberships: `list`, `name`, `class`, `reason`, `was_there`."""
        rows = [{"class": None, "reason": None, "was_there": False, **one, "run": run} for one in members]
        self._put(connection, MEMBERS, rows, ("run", "list", "name"))

    def members(
        self, run: str, list_name: str, *, open_only: bool = False, most: int | None = None
    ) -> list[Mapping[str, Any]]:
        """Return who is to be on a list."""
        asked = select(MEMBERS).where(MEMBERS.c.run == run, MEMBERS.c.list == list_name).order_by(MEMBERS.c.name)
        asked = asked.where(MEMBERS.c["class"].is_(None)) if open_only else asked
        asked = asked if most is None else asked.limit(most)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(asked).mappings()]

    def open_members(self, run: str, list_name: str, names: Sequence[str]) -> frozenset[str]:
        """Return which of these people are to be on a list and not settled."""
        found: set[str] = set()
        with self.database.reading() as connection:
            for some in pieces(names):
                here = and_(
                    MEMBERS.c.run == run, MEMBERS.c.list == list_name, MEMBERS.c.name.in_(some),
                    MEMBERS.c["class"].is_(None),
                )  # fmt: skip
                found.update(connection.execute(select(MEMBERS.c.name).where(here)).scalars())
        return frozenset(found)

    def memberships(self, run: str, list_name: str, *, wanted: str, there: str | None) -> Counter[str]:
        """Return how many people have which class on a list, and how many are missing there.

        Who is wanted on it, and who is there (None if nobody can see that), stand under these other runs.
        """
        mine, other = MEMBERS.alias(), MEMBERS.alias()
        here = and_(mine.c.run == run, mine.c.list == list_name)
        same = and_(other.c.list == mine.c.list, other.c.name == mine.c.name)
        is_there = true() if there is None else exists().where(other.c.run == there, same)
        asked = select(mine.c["class"], is_there.label("is_there"), func.count()).where(here)
        unknown = (
            select(func.count())
            .select_from(mine)
            .where(mine.c.run == wanted, mine.c.list == list_name, ~exists().where(other.c.run == run, same))
        )
        told: Counter[str] = Counter()
        with self.database.reading() as connection:
            for settled, seen, count in connection.execute(asked.group_by(mine.c["class"], "is_there")):
                told["missing" if settled == Class.MOVED and not seen else settled or "open"] += count
            told["missing"] += connection.execute(unknown).scalar_one()
        return told

    def drop_members(self, run: str) -> None:
        """Forget who is to be on which list."""
        with self.database.writing() as connection:
            connection.execute(delete(MEMBERS).where(MEMBERS.c.run == run))

    def keep_job(self, connection: Connection, run: str, batch: str, job: str, rows: Sequence[Any]) -> None:
        """Note a job at the vendor, with what it is about, input by input."""
        value = {"run": run, "batch": batch, "job": self.seal.close(job), "rows": json.dumps(list(rows))}
        self._put(connection, JOBS, [value], ("run", "batch"))

    def change_job(self, connection: Connection, run: str, batch: str, job: str) -> None:
        """Note how far a job is."""
        here = (JOBS.c.run == run, JOBS.c.batch == batch)
        connection.execute(update(JOBS).where(*here).values(job=self.seal.close(job)))

    def job(self, run: str, batch: str) -> Job | None:
        """Return a job that was noted."""
        text = self._of_job(JOBS.c.job, run, batch)
        return Job.model_validate_json(self.seal.open(text) or "") if text is not None else None

    def rows_of_job(self, run: str, batch: str) -> list[Any] | None:
        """Return what a job that was noted is about, input by input."""
        text = self._of_job(JOBS.c.rows, run, batch)
        return json.loads(text) if text is not None else None

    def _of_job(self, column: Column[Any], run: str, batch: str) -> str | None:
        """Return one column of a job: either may be large, and is read by whoever needs it."""
        asked = select(column).where(JOBS.c.run == run, JOBS.c.batch == batch)
        with self.database.reading() as connection:
            return connection.execute(asked).scalar_one_or_none()

    def forget_job(self, connection: Connection, run: str, batch: str) -> None:
        """Forget a job that has been told of."""
        connection.execute(delete(JOBS).where(JOBS.c.run == run, JOBS.c.batch == batch))
