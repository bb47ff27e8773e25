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
        there: dict[str, int] = {}
        for some in pieces(names):
            asked = select(PEOPLE.c.name, PEOPLE.c.seq).where(
                PEOPLE.c.run == run, PEOPLE.c.name.in_(some), PEOPLE.c.contact.is_not(None)
            )
            there |= {row.name: row.seq for row in connection.execute(asked)}
        return there


def _both(later: Contact | None, earlier: Contact | None) -> Contact | None:
    if later is None or earlier is None:
        return later or earlier
    return together(later, earlier)
