"""People as they are read: each once, whoever names them how."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from martech.migration.journal.kept import Kept, pieces
from martech.migration.journal.rows import Staged
from martech.migration.journal.tables import NAMES, PEOPLE
from martech.migration.journal.words import Class, Group
from martech.migration.law import together
from martech.models import Contact

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Staging"]


class Staging(Kept):
    """Puts people in, each once under the name they have at the target."""

    def stage(self, connection: Connection, run: str, page: str | None, people: Iterable[Staged]) -> None:
        """Put a page of people in, each once.

        Whoever would be written under a name that somebody before them has is put together with them. Whoever was
        settled when they were read is nobody to be put together with: they stand for themselves.
        """
        people = list(people)
        there = self._there(connection, run, [one.names[0] for one in people if one.names])
        seq = connection.execute(
            select(func.coalesce(func.max(PEOPLE.c.seq), 0)).where(PEOPLE.c.run == run)
        ).scalar_one()
        rows: list[dict[str, Any]] = []
        here: dict[str, dict[str, Any]] = {}
        names: list[dict[str, Any]] = []
        for one in people:
            seq += 1
            name = one.names[0] if one.names else f"-{seq}"
            stands = seq
            if one.settled is None and name in here:
                self._put_together(here[name], one)
                rows.append(self._double(run, seq, page))
                stands = here[name]["seq"]
            elif one.settled is None and name in there:
                self._merge_into(connection, run, there[name], one)
                rows.append(self._double(run, seq, page))
                stands = there[name]
            else:
                rows.append(self._new_row(run, seq, name, page, one))
                here |= dict.fromkeys([name, *one.names], rows[-1]) if one.settled is None else {}
            names += [{"run": run, "name": other, "seq": stands} for other in dict.fromkeys(one.names)]
        if rows:
            connection.execute(insert(PEOPLE), rows)
        self._put_once(connection, NAMES, names)

    def _new_row(self, run: str, seq: int, name: str, page: str | None, one: Staged) -> dict[str, Any]:
        return {
            "run": run, "seq": seq, "name": name, "page": page, "group": one.group,
            "contact": self._closed(one.contact), "class": one.settled, "reason": one.reason,
            "losses": json.dumps(one.losses), "opted_out": one.opted_out,
            "undelivered": one.opted_out and one.settled is Class.SKIPPED,
        }  # fmt: skip

    def _double(self, run: str, seq: int, page: str | None) -> dict[str, Any]:
        reason = "names the same person at the target as another record; both were put together"
        row = self._new_row(run, seq, f"-{seq}", page, Staged(names=(), contact=None, group=Group.NONE))
        return {**row, "class": Class.SKIPPED, "reason": reason}

    def _put_together(self, row: dict[str, Any], later: Staged) -> None:
        both = _both(later.contact, self._opened(row["contact"]))
        losses = [*dict.fromkeys([*json.loads(row["losses"]), *later.losses])]
        row |= {"contact": self._closed(both), "losses": json.dumps(losses)}
        if later.group is Group.NOS and row["group"] != Group.NONE:
            row["group"] = Group.NOS
        row["opted_out"] = row["opted_out"] or later.opted_out

    def _merge_into(self, connection: Connection, run: str, seq: int, later: Staged) -> None:
        here = and_(PEOPLE.c.run == run, PEOPLE.c.seq == seq)
        found = connection.execute(select(PEOPLE).where(here)).mappings().one()
        row = dict(found)
        self._put_together(row, later)
        kept = {name: row[name] for name in ("contact", "losses", "group", "opted_out")}
        connection.execute(update(PEOPLE).where(here).values(**kept))

    def _there(self, connection: Connection, run: str, names: Sequence[str]) -> dict[str, int]:
        """Return who among those staged before bears one of these names, of several the first."""
        there: dict[str, int] = {}
        joined = and_(NAMES.c.run == PEOPLE.c.run, NAMES.c.seq == PEOPLE.c.seq)
        for some in pieces(names):
            asked = (
                select(NAMES.c.name, PEOPLE.c.seq)
                .join(PEOPLE, joined)
                .where(NAMES.c.run == run, NAMES.c.name.in_(some), PEOPLE.c.group != Group.NONE)
                .order_by(PEOPLE.c.seq.desc())
            )
            there |= {row.name: row.seq for row in connection.execute(asked)}
        return there


def _both(later: Contact | None, earlier: Contact | None) -> Contact | None:
    if later is None or earlier is None:
        return later or earlier
    return together(later, earlier)
