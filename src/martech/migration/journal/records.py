"""Records of datasets: one row each, so that none is lost and none is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martech.migration.journal.kept import Kept, pieces
from martech.migration.journal.tables import RECORDS, RUNS
from martech.migration.journal.words import Class, State
from martech.models import Record

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Records"]


class Records(Kept):
    """The rows about records."""

    def keep_records(
        self, connection: Connection, run: str, dataset: str, records: Iterable[Mapping[str, Any]]
    ) -> None:
        """Note records: `name`, `digest`, `class` (None while a job is about them), `reason`."""
        rows = [{"class": None, "reason": None, **one, "run": run, "dataset": dataset} for one in records]
        self._put(connection, RECORDS, rows, ("run", "dataset", "name"))

    def record_name(self, record: Record) -> str:
        """Return under what a record is kept: its key, and whose it is."""
        whose = f" {record.contact.key}" if record.contact is not None else ""
        return self.seal.name(f"record {record.key}{whose}")

    def record_classes(self, run: str, dataset: str, names: Sequence[str]) -> dict[str, str]:
        """Return the classes of records by their names; `open` while a job is about one."""
        found: dict[str, str] = {}
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = select(RECORDS.c.name, RECORDS.c["class"]).where(
                    RECORDS.c.run == run, RECORDS.c.dataset == dataset, RECORDS.c.name.in_(some)
                )
                found |= {row[0]: row[1] or "open" for row in connection.execute(asked)}
        return found

    def records_before(self, run: str, dataset: str, names: Sequence[str]) -> dict[str, str]:
        """Return the digests of what earlier runs to the same target wrote of these records last."""
        mine = select(RUNS.c.target).where(RUNS.c.run == run).scalar_subquery()
        moved = (Class.MOVED, Class.MOVED_WITH_LOSS)
        found: dict[str, str] = {}
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = (
                    select(RECORDS.c.name, RECORDS.c.digest)
                    .join(RUNS, RUNS.c.run == RECORDS.c.run)
                    .where(
                        RUNS.c.target == mine, RUNS.c.run != run, RUNS.c.state != State.UNDONE,
                        RECORDS.c.dataset == dataset, RECORDS.c.name.in_(some), RECORDS.c["class"].in_(moved),
                    )
                    .order_by(RUNS.c.began_at)
                )  # fmt: skip
                found |= {row.name: row.digest for row in connection.execute(asked)}
        return found

    def record_counts(self, run: str) -> list[tuple[str, str, str, int]]:
        """Return of each dataset how many records had which class (`open` while a job is about them), and why."""
        asked = (
            select(RECORDS.c.dataset, RECORDS.c["class"], RECORDS.c.reason, func.count())
            .where(RECORDS.c.run == run)
            .group_by(RECORDS.c.dataset, RECORDS.c["class"], RECORDS.c.reason)
            .order_by(RECORDS.c.dataset, RECORDS.c["class"])
        )
        with self.database.reading() as connection:
            return [
                (name, settled or "open", why or "", count)
                for name, settled, why, count in connection.execute(asked)
            ]
