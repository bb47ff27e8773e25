"""What every part of the journal has: a database, a seal, and rows that may be there already."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from martech.migration.journal.sealing import Seal, key_of_environment
from martech.migration.journal.tables import SALT
from martech.models import Contact
from martech.stores.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.engine import URL

__all__ = ["MOST_NAMES", "Kept", "pieces"]

T = TypeVar("T", str, int)

STATEMENT_SECONDS = 600.0
"""How long one statement about everybody in a run may take."""
MOST_NAMES = 500
"""How many names one question holds; databases bound the parameters of a statement."""


class Kept:
    """A database with a seal of its own.

    Args:
        database: Where.
        key: What texts are sealed with; by default what the environment says.
    """

    def __init__(self, database: Database | str, *, key: str | None = None) -> None:
        if isinstance(database, str):
            database = Database(database, answer_seconds=STATEMENT_SECONDS)
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

    def _put_once(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, and leave those alone that are there."""
        if rows:
            dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
            connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))

    def _closed(self, contact: Contact | None) -> str | None:
        return None if contact is None else self.seal.close(contact.model_dump_json(exclude_unset=True))

    def _opened(self, kept: str | None) -> Contact | None:
        text = self.seal.open(kept)
        return None if text is None else Contact.model_validate_json(text)


def pieces(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield names, or numbers of people, in such numbers as one question may hold."""
    for start in range(0, len(names), MOST_NAMES):
        yield names[start : start + MOST_NAMES]
