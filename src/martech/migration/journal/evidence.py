"""Whose evidence of consent the target is to keep, and which batches were begun before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from martech.migration.journal.kept import Kept
from martech.migration.journal.tables import ATTEMPTS, EVIDENCE
from martech.migration.journal.words import Class

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Evidence"]


class Evidence(Kept):
    """Evidence that goes along, person by person."""

    def begins(self, run: str, batch: str) -> bool:
        """Note that a batch is about to be written; return whether it is for the first time.

        It is kept at once, so that whoever comes after a crash knows that nobody knows.
        """
        try:
            with self.database.writing() as connection:
                connection.execute(insert(ATTEMPTS).values(run=run, batch=batch))
        except IntegrityError:
            return False
        return True

    def expect_evidence(self, connection: Connection, run: str, seqs: Iterable[int]) -> None:
        """Note whose evidence the target is to keep."""
        rows = [{"run": run, "seq": seq, "class": None} for seq in seqs]
        self._put(connection, EVIDENCE, rows, ("run", "seq"))

    def expected_evidence(self, run: str, *, most: int) -> list[int]:
        """Return whose evidence nobody has seen at the target yet, so many at most."""
        asked = select(EVIDENCE.c.seq).where(EVIDENCE.c.run == run, EVIDENCE.c["class"].is_(None))
        with self.database.reading() as connection:
            return list(connection.execute(asked.order_by(EVIDENCE.c.seq).limit(most)).scalars())

    def settle_evidence(self, connection: Connection, run: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write what became of the evidence of people: `seq`, `class`, `reason`."""
        values = [
            {"of_run": run, "of_seq": one["seq"], "to": one["class"], "why": one.get("reason")} for one in rows
        ]
        if values:
            here = and_(EVIDENCE.c.run == bindparam("of_run"), EVIDENCE.c.seq == bindparam("of_seq"))
            changed: dict[str, Any] = {"class": bindparam("to"), "reason": bindparam("why")}
            connection.execute(update(EVIDENCE).where(here).values(changed), values)

    def evidence_counts(self, run: str) -> dict[str, int]:
        """Return of how many people the evidence has which class; `open` where nobody has come to it."""
        asked = (
            select(EVIDENCE.c["class"], func.count()).where(EVIDENCE.c.run == run).group_by(EVIDENCE.c["class"])
        )
        with self.database.reading() as connection:
            return {
                Class(settled).value if settled else "open": count for settled, count in connection.execute(asked)
            }
