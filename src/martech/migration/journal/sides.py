"""What the target had before, and the blocks of the source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select

from martech.migration.journal.kept import MOST_NAMES, Kept, pieces
from martech.migration.journal.tables import BLOCKS, NAMES, SURVEY
from martech.models import Contact

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Sides"]


class Sides(Kept):
    """The two accounts as they were read: whom the target had, and whom the source blocks."""

    def keep_survey(self, connection: Connection, run: str, people: Iterable[tuple[str, Contact]]) -> None:
        """Note how the target had people before anything was written, under each of their names."""
        rows = [{"run": run, "name": name, "contact": self._closed(contact)} for name, contact in people]
        self._put(connection, SURVEY, rows, ("run", "name"))

    def surveyed(self, run: str, names: Sequence[str]) -> dict[str, Contact]:
        """Return how the target had people, by name."""
        known: dict[str, Contact] = {}
        with self.database.reading() as connection:
            for some in pieces(names):
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
            for some in pieces(names):
                asked = select(BLOCKS).where(BLOCKS.c.run == run, BLOCKS.c.name.in_(some))
                for found in connection.execute(asked).mappings():
                    known.setdefault(found["name"], []).append(dict(found))
        return known

    def lone_blocks(self, run: str, connection: Connection) -> Iterator[list[Mapping[str, Any]]]:
        """Iterate over the blocks that name nobody among the people who were read, some at a time.

        All blocks under one name come together.
        """
        known = exists().where(NAMES.c.run == run, NAMES.c.name == BLOCKS.c.name)
        names = select(BLOCKS.c.name).where(BLOCKS.c.run == run, ~known).distinct().order_by(BLOCKS.c.name)
        after = ""
        while some := connection.execute(names.where(BLOCKS.c.name > after).limit(MOST_NAMES)).scalars().all():
            asked = select(BLOCKS).where(BLOCKS.c.run == run, BLOCKS.c.name.in_(some)).order_by(BLOCKS.c.name)
            yield [self._block(found) for found in connection.execute(asked).mappings().all()]
            after = some[-1]

    def _block(self, found: Mapping[Any, Any]) -> dict[str, Any]:
        return {**found, "identifier": json.loads(self.seal.open(found["identifier"]) or "[null]")[0]}
