"""Tokens in a SQL database: one row per account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, Text, select

from martech.stores.database import metadata

if TYPE_CHECKING:
    from martech.stores.database import Database

__all__ = ["TOKENS", "SqlTexts"]

TOKENS = Table(
    "martech_tokens",
    metadata,
    Column("key", Text, primary_key=True),
    Column("content", Text, nullable=False),
)


class SqlTexts:
    """Texts by key, which `martech.stores.sealing` makes of tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        with self._database.reading() as connection:
            found: str | None = connection.execute(
                select(TOKENS.c.content).where(TOKENS.c.key == key)
            ).scalar_one_or_none()
        return found

    def put(self, key: str, content: str) -> None:
        """Keep a text instead of the one before."""
        with self._database.writing() as connection:
            connection.execute(TOKENS.delete().where(TOKENS.c.key == key))
            connection.execute(TOKENS.insert().values(key=key, content=content))
