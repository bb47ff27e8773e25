"""Circuit breakers in a SQL database: one row per account that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Float, Integer, Table, Text

from martech.stores.database import metadata

if TYPE_CHECKING:
    from datetime import datetime

    from martech.pipeline.breaking import Breaker
    from martech.stores.database import Database

__all__ = ["BREAKERS", "SqlBreakers"]

BREAKERS = Table(
    "martech_breakers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("open_until", Float, nullable=False),
)


class SqlBreakers:
    """Breakers shared by all who share the database."""

    blocks = True

    def __init__(self, database: Database) -> None:
        self._database = database

    def admits(self, name: str, breaker: Breaker, *, now: datetime) -> bool:
        """Return whether a provider may be tried; after a pause one caller is. One statement, or two."""
        at = now.timestamp()
        mine = BREAKERS.c.name == name
        with self._database.quick() as connection:
            until = connection.execute(BREAKERS.select().where(mine)).first()
            if until is None or not until.open_until:
                return True
            # What lasts longer than any pause was written before the clock was set back.
            if at < until.open_until <= at + breaker.open_seconds:
                return False
            taken = connection.execute(
                BREAKERS.update()
                .where(mine, BREAKERS.c.open_until == until.open_until)
                .values(open_until=at + breaker.open_seconds)
            )
            return taken.rowcount == 1

    def note(self, name: str, breaker: Breaker, *, ok: bool, now: datetime) -> None:
        """Note how a try went. One statement where it went well, else one transaction."""
        mine = BREAKERS.c.name == name
        if ok:
            with self._database.quick() as connection:
                if connection.execute(BREAKERS.select().where(mine)).first() is not None:
                    connection.execute(BREAKERS.delete().where(mine))
            return
        with self._database.writing() as connection:
            known = connection.execute(BREAKERS.select().where(mine)).first()
            failures = 1 if known is None else known.failures + 1
            until = now.timestamp() + breaker.open_seconds if failures >= breaker.failures else 0.0
            connection.execute(BREAKERS.delete().where(mine))
            connection.execute(BREAKERS.insert().values(name=name, failures=failures, open_until=until))
