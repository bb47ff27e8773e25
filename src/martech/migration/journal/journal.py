"""The journal: what was read, what was decided, what was said to the target, and what became of it.

Whatever belongs to one step is written with the connection that the engine gives, so that it commits together with
the step's checkpoint.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from martech.errors import NotFound
from martech.migration.journal.rows import Row, Staged, moment
from martech.migration.journal.sealing import Seal, key_of_environment
from martech.migration.journal.tables import (
    BLOCKS,
    DRAFTS,
    JOBS,
    MEMBERS,
    NAMES,
    PEOPLE,
    RUNS,
    SALT,
    STEPS,
    SURVEY,
    THINGS,
    TOMBSTONES,
)
from martech.migration.journal.words import LONE_BLOCK, Class, Group, State
from martech.models import Contact
from martech.stores.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table
    from sqlalchemy.engine import URL

__all__ = ["Journal"]

MOST_NAMES = 500
"""How many names one question holds; databases bound the parameters of a statement."""


_STATEMENT_SECONDS = 600.0
"""How long one statement about everybody in a run may take."""


class Journal:
    """The journal in a database, by its URL.

    Args:
        database: Where.
        key: What texts are sealed with; by default what the environment says.
    """

    def __init__(self, database: Database | str, *, key: str | None = None) -> None:
        if isinstance(database, str):
            database = Database(database, answer_seconds=_STATEMENT_SECONDS)
        self.database = database
        self.url: URL = self.database._url  # noqa: SLF001 - an engine keeps its checkpoints in the same database
        self.seal = Seal(self._salt(), key or key_of_environment())

    def _salt(self) -> bytes:
        with self.database.writing() as connection:
            kept = connection.execute(select(SALT.c.salt)).scalar_one_or_none()
            if kept is None:
                kept = secrets.token_bytes(32)
                connection.execute(insert(SALT).values(id=1, salt=kept))
            return bytes(kept)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────

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

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────

    def stage(self, connection: Connection, run: str, page: str | None, people: Iterable[Staged]) -> None:
        """Put a page of people in, each once: who is there under the same name is put together with them."""
        people = list(people)
        there = self._there(connection, run, [one.names[0] for one in people if one.names])
        seq = connection.execute(
            select(func.coalesce(func.max(PEOPLE.c.seq), 0)).where(PEOPLE.c.run == run)
        ).scalar_one()
        rows: dict[str, dict[str, Any]] = {}
        names: list[dict[str, Any]] = []
        for one in people:
            seq += 1
            name = one.names[0] if one.names else f"-{seq}"
            if name in rows:
                self._put_together(rows[name], one)
                rows[f"+{seq}"] = self._double(run, seq, name, page)
                continue
            if name in there:
                self._merge_into(connection, run, there[name], one)
                rows[f"+{seq}"] = self._double(run, seq, name, page)
                continue
            rows[name] = self._new_row(run, seq, name, page, one)
            names += [{"run": run, "name": other, "seq": seq} for other in dict.fromkeys(one.names)]
        if rows:
            connection.execute(insert(PEOPLE), list(rows.values()))
        if names:
            connection.execute(insert(NAMES), names)

    def _new_row(self, run: str, seq: int, name: str, page: str | None, one: Staged) -> dict[str, Any]:
        return {
            "run": run, "seq": seq, "name": name, "page": page, "group": one.group,
            "contact": self._closed(one.contact), "class": one.settled, "reason": one.reason,
            "losses": json.dumps(one.losses), "opted_out": one.opted_out,
            "undelivered": one.opted_out and one.settled is Class.SKIPPED,
        }  # fmt: skip

    def _double(self, run: str, seq: int, name: str, page: str | None) -> dict[str, Any]:
        reason = "names the same person at the target as another record; both were put together"
        row = self._new_row(run, seq, name, page, Staged(names=(), contact=None, group=Group.NONE))
        return {**row, "class": Class.SKIPPED, "reason": reason}

    def _put_together(self, row: dict[str, Any], later: Staged) -> None:
        both = _over(later.contact, self._opened(row["contact"]))
        losses = [*dict.fromkeys([*json.loads(row["losses"]), *later.losses])]
        row |= {"contact": self._closed(both), "losses": json.dumps(losses)}
        if later.opted_out:
            row |= {"group": row["group"] if row["group"] == Group.NONE else Group.NOS, "opted_out": True}

    def _merge_into(self, connection: Connection, run: str, seq: int, later: Staged) -> None:
        here = and_(PEOPLE.c.run == run, PEOPLE.c.seq == seq)
        found = connection.execute(select(PEOPLE).where(here)).mappings().one()
        row = dict(found)
        self._put_together(row, later)
        kept = {name: row[name] for name in ("contact", "losses", "group", "opted_out")}
        connection.execute(update(PEOPLE).where(here).values(**kept))

    def _there(self, connection: Connection, run: str, names: Sequence[str]) -> dict[str, int]:
        there: dict[str, int] = {}
        for some in _pieces(names):
            asked = select(PEOPLE.c.name, PEOPLE.c.seq).where(
                PEOPLE.c.run == run, PEOPLE.c.name.in_(some), PEOPLE.c.contact.is_not(None)
            )
            there |= {row.name: row.seq for row in connection.execute(asked)}
        return there

    def cuts(self, run: str, group: Group, size: int) -> list[tuple[int, int]]:
        """Return the bounds of the batches of a group: what a step is given in place of people."""
        asked = select(PEOPLE.c.seq).where(PEOPLE.c.run == run, PEOPLE.c.group == group).order_by(PEOPLE.c.seq)
        with self.database.reading() as connection:
            result = connection.execution_options(yield_per=10_000).execute(asked).scalars()
            return [(some[0], some[-1]) for some in result.partitions(size)]

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
        for some in _pieces(names):
            here = and_(PEOPLE.c.run == run, PEOPLE.c.name.in_(some), PEOPLE.c.group == Group.NOS)
            connection.execute(update(PEOPLE).where(here).values({"class": None}))

    def opted_out_names(self, connection: Connection, run: str, names: Sequence[str]) -> frozenset[str]:
        """Return which of these people a run knows as opted out."""
        found: set[str] = set()
        for some in _pieces(names):
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
            for some in _pieces(names):
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
                for some in _pieces(names):
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

    # ── what the target had, and blocks ──────────────────────────────────────────────────────────────────────

    def keep_survey(self, connection: Connection, run: str, people: Iterable[tuple[str, Contact]]) -> None:
        """Note how the target had people before anything was written, under each of their names."""
        rows = [{"run": run, "name": name, "contact": self._closed(contact)} for name, contact in people]
        self._put(connection, SURVEY, rows, ("run", "name"))

    def surveyed(self, run: str, names: Sequence[str]) -> dict[str, Contact]:
        """Return how the target had people, by name."""
        known: dict[str, Contact] = {}
        with self.database.reading() as connection:
            for some in _pieces(names):
                asked = select(SURVEY.c.name, SURVEY.c.contact).where(SURVEY.c.run == run, SURVEY.c.name.in_(some))
                for row in connection.execute(asked):
                    contact = self._opened(row.contact)
                    if contact is not None:
                        known[row.name] = contact
        return known

    def drop_survey(self, run: str) -> None:
        """Forget how the target had people."""
        with self.database.writing() as connection:
            connection.execute(delete(SURVEY).where(SURVEY.c.run == run))

    def keep_blocks(self, connection: Connection, run: str, blocks: Iterable[Mapping[str, Any]]) -> None:
        """Note blocks on sending: `name`, `channel`, `identifier`, `at`, `reason`."""
        rows = [
            {**one, "run": run, "identifier": self.seal.close(json.dumps([one["identifier"]]))} for one in blocks
        ]
        self._put(connection, BLOCKS, rows, ("run", "name", "channel"))

    def blocks(self, run: str, names: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
        """Return the blocks on people, by name."""
        known: dict[str, list[Mapping[str, Any]]] = {}
        with self.database.reading() as connection:
            for some in _pieces(names):
                asked = select(BLOCKS).where(BLOCKS.c.run == run, BLOCKS.c.name.in_(some))
                for found in connection.execute(asked).mappings():
                    known.setdefault(found["name"], []).append(dict(found))
        return known

    def lone_blocks(self, run: str, connection: Connection) -> list[Mapping[str, Any]]:
        """Return the blocks that name nobody among the people who were read."""
        known = exists().where(NAMES.c.run == run, NAMES.c.name == BLOCKS.c.name)
        asked = select(BLOCKS).where(BLOCKS.c.run == run, ~known).order_by(BLOCKS.c.name)
        rows = [dict(found) for found in connection.execute(asked).mappings()]
        return [
            {**row, "identifier": json.loads(self.seal.open(row["identifier"]) or "[null]")[0]} for row in rows
        ]

    # ── things, memberships, jobs ────────────────────────────────────────────────────────────────────────────

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

    def by_names(self, run: str, names: Sequence[str]) -> dict[str, Row]:
        """Return people of a run by any of their names."""
        known: dict[str, Row] = {}
        joined = and_(NAMES.c.run == PEOPLE.c.run, NAMES.c.seq == PEOPLE.c.seq)
        with self.database.reading() as connection:
            for some in _pieces(names):
                asked = (
                    select(PEOPLE, NAMES.c.name.label("by"))
                    .join(NAMES, joined)
                    .where(NAMES.c.run == run, NAMES.c.name.in_(some))
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
            for some in _pieces(names):
                asked = (
                    select(NAMES.c.name.label("by"), PEOPLE.c.name, PEOPLE.c["class"].label("settled"))
                    .join(PEOPLE, joined)
                    .where(NAMES.c.run == run, NAMES.c.name.in_(some))
                )
                if read_only:
                    asked = asked.where(func.coalesce(PEOPLE.c.page, "") != LONE_BLOCK)
                for found in connection.execute(asked):
                    known[found.by] = (found.name, Class(found.settled) if found.settled else None)
        return known

    def keep_job(self, connection: Connection, run: str, batch: str, job: str, rows: Sequence[int]) -> None:
        """Note a job at the vendor, with whom it is about."""
        value = {"run": run, "batch": batch, "job": self.seal.close(job), "rows": json.dumps(list(rows))}
        self._put(connection, JOBS, [value], ("run", "batch"))

    def job(self, run: str, batch: str) -> tuple[str, list[int]] | None:
        """Return a job that was noted, and whom it is about."""
        with self.database.reading() as connection:
            found = (
                connection.execute(select(JOBS).where(JOBS.c.run == run, JOBS.c.batch == batch)).mappings().first()
            )
        if found is None:
            return None
        return self.seal.open(found["job"]) or "", json.loads(found["rows"])

    def job_rows(self, connection: Connection, run: str, batch: str) -> list[int]:
        """Return whom a job is about."""
        asked = select(JOBS.c.rows).where(JOBS.c.run == run, JOBS.c.batch == batch)
        return list(json.loads(connection.execute(asked).scalar_one()))

    def forget_job(self, connection: Connection, run: str, batch: str) -> None:
        """Forget a job that has been told of."""
        connection.execute(delete(JOBS).where(JOBS.c.run == run, JOBS.c.batch == batch))

    # ── tombstones, retention ────────────────────────────────────────────────────────────────────────────────

    def erased(self, names: Sequence[str]) -> frozenset[str]:
        """Return which of these names belong to people who were erased."""
        with self.database.reading() as connection:
            found = [
                connection.execute(select(TOMBSTONES.c.name).where(TOMBSTONES.c.name.in_(some))).scalars().all()
                for some in _pieces(names)
            ]
        return frozenset(name for some in found for name in some)

    def bury(self, names: Sequence[str], now: datetime) -> int:
        """Leave a tombstone under each name and forget whatever the journal holds of the person."""
        with self.database.writing() as connection:
            rows = [{"name": name, "erased_at": now.timestamp()} for name in dict.fromkeys(names)]
            self._put(connection, TOMBSTONES, rows, ("name",))
            keys = connection.execute(select(NAMES.c.run, NAMES.c.seq).where(NAMES.c.name.in_(names))).all()
            pairs = [(row.run, row.seq) for row in keys]
            blank = {"contact": None, "before": None, "said": None, "reason": "erased on request"}
            for start in range(0, len(pairs), MOST_NAMES):
                some = pairs[start : start + MOST_NAMES]
                here = tuple_(PEOPLE.c.run, PEOPLE.c.seq).in_(some)
                connection.execute(update(PEOPLE).where(here).values(**blank))
            for table in (SURVEY, BLOCKS):
                connection.execute(delete(table).where(table.c.name.in_(names)))
            connection.execute(delete(DRAFTS))
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
            for table in (NAMES, SURVEY, BLOCKS, JOBS, DRAFTS, MEMBERS):
                connection.execute(delete(table).where(table.c.run == run))

    # ── steps of the plain engine, drafts of the other ───────────────────────────────────────────────────────

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

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _put(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> None:
        """Insert rows, or overwrite those that are there."""
        unique = {tuple(row[key] for key in keys): dict(row) for row in rows}
        if not unique:
            return
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table)
        given = [name for name in next(iter(unique.values())) if name not in keys]
        changed = {name: statement.excluded[name] for name in given}
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(keys), set_=changed), list(unique.values())
        )

    def _closed(self, contact: Contact | None) -> str | None:
        return None if contact is None else self.seal.close(contact.model_dump_json(exclude_unset=True))

    def _opened(self, kept: str | None) -> Contact | None:
        text = self.seal.open(kept)
        return None if text is None else Contact.model_validate_json(text)


def _over(later: Contact | None, earlier: Contact | None) -> Contact | None:
    if later is None or earlier is None:
        return later or earlier
    return later.over(earlier)


def _pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), MOST_NAMES):
        yield names[start : start + MOST_NAMES]
