"""People of a run: asked for by batch or by name, and settled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, select, update

from martech.migration.journal.kept import Kept, pieces
from martech.migration.journal.rows import Row, moment
from martech.migration.journal.tables import EVIDENCE, MEMBERS, NAMES, PEOPLE, RUNS
from martech.migration.journal.words import LONE_BLOCK, Class, Group, State
from martech.models import Contact

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

__all__ = ["SOME_AT_A_TIME", "People"]

_LIVE_LAST = case((PEOPLE.c.group == Group.NONE, 0), else_=1)
"""Of several records under one name the one that is written comes last, and so is the one that is found."""


_JUDGED = case((PEOPLE.c["class"].is_(None), PEOPLE.c.digest))
_TEXTS = dict.fromkeys(("contact", "before", "said"))
SOME_AT_A_TIME = 1000
"""How many people are in memory together."""


class People(Kept):
    """The rows about people."""

    def cuts(self, run: str, group: Group, size: int) -> list[tuple[int, int]]:
        """Return the bounds of the batches of a group: what a step is given in place of people.

        They are as few as a size allows, and equally large: no batch needs more memory than it must.
        """
        theirs = (PEOPLE.c.run == run, PEOPLE.c.group == group)
        asked = select(PEOPLE.c.seq).where(*theirs).order_by(PEOPLE.c.seq)
        with self.database.reading() as connection:
            count = connection.execute(select(func.count()).where(*theirs)).scalar_one()
            even = ceil(count / max(1, ceil(count / size)))
            result = connection.execution_options(yield_per=10_000).execute(asked).scalars()
            return [(some[0], some[-1]) for some in result.partitions(max(1, even))]

    def people(
        self,
        run: str,
        *,
        group: Group | None = None,
        low: int = 0,
        high: int | None = None,
        open_only: bool = False,
    ) -> list[Row]:
        """Return the people of a batch."""
        asked = select(PEOPLE).where(PEOPLE.c.run == run, PEOPLE.c.seq >= low).order_by(PEOPLE.c.seq)
        asked = asked if group is None else asked.where(PEOPLE.c.group == group)
        asked = asked if high is None else asked.where(PEOPLE.c.seq <= high)
        asked = asked.where(PEOPLE.c["class"].is_(None)) if open_only else asked
        with self.database.reading() as connection:
            return [self.row(found) for found in connection.execute(asked).mappings()]

    def open_people(
        self, run: str, group: Group, *, low: int, high: int, size: int = SOME_AT_A_TIME
    ) -> Iterator[list[Row]]:
        """Iterate over those of a batch who are not settled, some at a time."""
        while True:
            asked = select(PEOPLE).where(_open(run, group, low, high)).order_by(PEOPLE.c.seq).limit(size)
            with self.database.reading() as connection:
                rows = [self.row(found) for found in connection.execute(asked).mappings()]
            if not rows:
                return
            yield rows
            low = rows[-1].seq + 1

    def open_seqs(self, run: str, group: Group, *, low: int, high: int) -> list[int]:
        """Return the numbers of those of a batch who are not settled."""
        asked = select(PEOPLE.c.seq).where(_open(run, group, low, high)).order_by(PEOPLE.c.seq)
        with self.database.reading() as connection:
            return list(connection.execute(asked).scalars())

    def noted(self, run: str, seqs: Sequence[int]) -> list[Row]:
        """Return the people of these numbers, in their order, without the texts that say who they are."""
        asked = select(PEOPLE).where(PEOPLE.c.run == run, PEOPLE.c.seq.in_(seqs)).order_by(PEOPLE.c.seq)
        with self.database.reading() as connection:
            return [self.row(_without_texts(found)) for found in connection.execute(asked).mappings()]

    def by_seqs(self, run: str, seqs: Sequence[int]) -> list[Row]:
        """Return the people of these numbers."""
        asked = select(PEOPLE).where(PEOPLE.c.run == run, PEOPLE.c.seq.in_(seqs)).order_by(PEOPLE.c.seq)
        with self.database.reading() as connection:
            return [self.row(found) for found in connection.execute(asked).mappings()]

    def by_target_names(self, run: str, names: Sequence[str]) -> list[Row]:
        """Return people of a run by the names they have at the target."""
        found: list[Row] = []
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = select(PEOPLE).where(PEOPLE.c.run == run, PEOPLE.c.name.in_(some))
                found += [self.row(one) for one in connection.execute(asked).mappings()]
        return found

    def expecting_evidence(self, run: str, names: Sequence[str]) -> list[Row]:
        """Return those of these people, by their names at the target, whose evidence nobody has seen there yet."""
        joined = and_(EVIDENCE.c.run == PEOPLE.c.run, EVIDENCE.c.seq == PEOPLE.c.seq)
        found: list[Row] = []
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = (
                    select(PEOPLE)
                    .join(EVIDENCE, joined)
                    .where(PEOPLE.c.run == run, PEOPLE.c.name.in_(some), EVIDENCE.c["class"].is_(None))
                )
                found += [self.row(one) for one in connection.execute(asked).mappings()]
        return found

    def all_people(self, run: str, *, after: int = 0, size: int = 1000) -> Iterator[list[Row]]:
        """Iterate over everybody of a run, some at a time."""
        while True:
            asked = (
                select(PEOPLE).where(PEOPLE.c.run == run, PEOPLE.c.seq > after).order_by(PEOPLE.c.seq).limit(size)
            )
            with self.database.reading() as connection:
                rows = [self.row(found) for found in connection.execute(asked).mappings()]
            if not rows:
                return
            yield rows
            after = rows[-1].seq

    def row(self, found: Mapping[Any, Any]) -> Row:
        """Return a row with its texts opened."""
        return Row(
            seq=found["seq"], name=found["name"], page=found["page"], group=Group(found["group"]),
            contact=self._opened(found["contact"]), before=self._opened(found["before"]),
            said=self._opened(found["said"]), digest=found["digest"],
            settled=Class(found["class"]) if found["class"] else None, outcome=found["outcome"],
            reason=found["reason"], verdicts=json.loads(found["verdicts"] or "{}"),
            losses=tuple(json.loads(found["losses"] or "[]")), opted_out=found["opted_out"],
            undelivered=found["undelivered"], written_at=moment(found["written_at"]),
        )  # fmt: skip

    def settle(self, connection: Connection, run: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write what became of people, each row with its `seq`. Values of `Contact` are sealed."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in rows:
            kept = {
                f"to_{name}": self._closed(one) if isinstance(one, Contact) else one for name, one in row.items()
            }
            alike.setdefault(tuple(sorted(kept)), []).append(kept | {"of_run": run})
        for names, values in alike.items():
            here = and_(PEOPLE.c.run == bindparam("of_run"), PEOPLE.c.seq == bindparam("to_seq"))
            changed: dict[str, Any] = {name[3:]: bindparam(name) for name in names if name != "to_seq"}
            connection.execute(update(PEOPLE).where(here).values(changed), values)

    def reopen(self, connection: Connection, run: str) -> int:
        """Open again whoever failed, and return how many that are."""
        failed = and_(PEOPLE.c.run == run, PEOPLE.c["class"] == Class.FAILED, PEOPLE.c.group != Group.NONE)
        return connection.execute(update(PEOPLE).where(failed).values({"class": None})).rowcount

    def reopen_names(self, connection: Connection, run: str, names: Sequence[str]) -> None:
        """Open people again by their names at the target."""
        for some in pieces(names):
            here = and_(PEOPLE.c.run == run, PEOPLE.c.name.in_(some), PEOPLE.c.group == Group.NOS)
            connection.execute(update(PEOPLE).where(here).values({"class": None}))

    def opted_out_names(self, connection: Connection, run: str, names: Sequence[str]) -> frozenset[str]:
        """Return which of these people a run knows as opted out."""
        found: set[str] = set()
        for some in pieces(names):
            here = and_(PEOPLE.c.run == run, PEOPLE.c.name.in_(some), PEOPLE.c.opted_out)
            found.update(connection.execute(select(PEOPLE.c.name).where(here)).scalars())
        return frozenset(found)

    def joined_before(self, run: str, list_id: str, names: Sequence[str]) -> frozenset[str]:
        """Return which of these people earlier runs to the same target put on a list."""
        found: set[str] = set()
        with self.database.reading() as connection:
            target = select(RUNS.c.target).where(RUNS.c.run == run).scalar_subquery()
            others = select(RUNS.c.run).where(
                RUNS.c.target == target, RUNS.c.run != run, RUNS.c.state != State.UNDONE
            )
            for some in pieces(names):
                here = and_(
                    MEMBERS.c.run.in_(others), MEMBERS.c.list == list_id, MEMBERS.c.name.in_(some),
                    MEMBERS.c["class"] == Class.MOVED,
                )  # fmt: skip
                found.update(connection.execute(select(MEMBERS.c.name).where(here)).scalars())
        return frozenset(found)

    def earlier(self, run: str, names: Sequence[str]) -> dict[str, list[Row]]:
        """Return what earlier runs to the same target know of people, the latest first."""
        known: dict[str, list[Row]] = {}
        with self.database.reading() as connection:
            mine = connection.execute(select(RUNS.c.target, RUNS.c.began_at).where(RUNS.c.run == run)).one()
            runs = select(RUNS.c.run).where(
                RUNS.c.target == mine.target, RUNS.c.began_at <= mine.began_at, RUNS.c.run != run,
                RUNS.c.state != State.UNDONE,
            )  # fmt: skip
            ordered = connection.execute(runs.order_by(RUNS.c.began_at.desc())).scalars().all()
            for other in ordered:
                for some in pieces(names):
                    asked = select(PEOPLE).where(
                        PEOPLE.c.run == other, PEOPLE.c.name.in_(some), PEOPLE.c.contact.is_not(None)
                    )
                    for found in connection.execute(asked).mappings():
                        known.setdefault(found["name"], []).append(self.row(found))
        return known

    def counts(self, run: str) -> dict[str, int]:
        """Return how many people a run read, how many of them have which class, and what cannot be overlooked."""
        asked = (
            select(
                PEOPLE.c["class"], PEOPLE.c.group, func.count(), func.sum(case((PEOPLE.c.undelivered, 1), else_=0))
            )
            .where(PEOPLE.c.run == run)
            .group_by(PEOPLE.c["class"], PEOPLE.c.group)
        )
        told = {"people": 0, "open": 0, "undelivered": 0} | {one.value: 0 for one in Class}
        with self.database.reading() as connection:
            for settled, _, count, undelivered in connection.execute(asked):
                told["people"] += count
                told[settled or "open"] += count
                told["undelivered"] += undelivered or 0
        return told

    def how_far(self, run: str) -> tuple[int, int]:
        """Return how many people a run read, and how many are done; who has been judged counts as half done."""
        asked = select(func.count(), func.count(PEOPLE.c["class"]), func.count(_JUDGED)).where(PEOPLE.c.run == run)
        with self.database.reading() as connection:
            people, settled, judged = connection.execute(asked).one()
        return people, settled + judged // 2

    def by_names(self, run: str, names: Sequence[str]) -> dict[str, Row]:
        """Return people of a run by any of their names."""
        known: dict[str, Row] = {}
        joined = and_(NAMES.c.run == PEOPLE.c.run, NAMES.c.seq == PEOPLE.c.seq)
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = (
                    select(PEOPLE, NAMES.c.name.label("by"))
                    .join(NAMES, joined)
                    .where(NAMES.c.run == run, NAMES.c.name.in_(some))
                    .order_by(_LIVE_LAST)
                )
                for found in connection.execute(asked).mappings():
                    known[found["by"]] = self.row(found)
        return known

    def classes_by_names(
        self, run: str, names: Sequence[str], *, read_only: bool = False
    ) -> dict[str, tuple[str, Class | None]]:
        """Return by any of their names how people of a run are called at the target, and their class.

        With `read_only`, only those who were read as people, not those of whom only a block is known.
        """
        known: dict[str, tuple[str, Class | None]] = {}
        joined = and_(NAMES.c.run == PEOPLE.c.run, NAMES.c.seq == PEOPLE.c.seq)
        with self.database.reading() as connection:
            for some in pieces(names):
                asked = (
                    select(NAMES.c.name.label("by"), PEOPLE.c.name, PEOPLE.c["class"].label("settled"))
                    .join(PEOPLE, joined)
                    .where(NAMES.c.run == run, NAMES.c.name.in_(some))
                    .order_by(_LIVE_LAST)
                )
                if read_only:
                    asked = asked.where(func.coalesce(PEOPLE.c.page, "") != LONE_BLOCK)
                for found in connection.execute(asked):
                    known[found.by] = (found.name, Class(found.settled) if found.settled else None)
        return known


def _open(run: str, group: Group, low: int, high: int) -> ColumnElement[bool]:
    return and_(
        PEOPLE.c.run == run, PEOPLE.c.group == group, PEOPLE.c.seq >= low, PEOPLE.c.seq <= high,
        PEOPLE.c["class"].is_(None),
    )  # fmt: skip


def _without_texts(found: Mapping[Any, Any]) -> dict[str, Any]:
    return {**found, **_TEXTS}
