"""Leases in a SQL database: one row per lease and holder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Float, Table, Text, func, or_, select, text

from martech.pipeline.limits import BACKWARDS_SECONDS
from martech.stores.database import metadata

if TYPE_CHECKING:
    from martech.stores.database import Database

__all__ = ["LEASES", "SqlLeases"]

LEASES = Table(
    "martech_leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("expires_at", Float, nullable=False),
)


class SqlLeases:
    """Leases shared by all who share the database."""

    blocks = True

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, *, at_most: int, now: float, seconds: float) -> bool:
        """Take a lease, or renew it, unless as many others as may do hold it. One transaction."""
        named = LEASES.c.name == name
        # What lasts longer than any lease was taken before the clock was set back.
        over = or_(LEASES.c.expires_at <= now, LEASES.c.expires_at > now + seconds + BACKWARDS_SECONDS)
        with self._database.writing() as connection:
            if self._database.dialect == "postgresql":
                # One at a time for this name, until the end of the transaction.
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
                )
            connection.execute(LEASES.delete().where(named, or_(over, LEASES.c.holder == holder)))
            held = connection.execute(select(func.count()).select_from(LEASES).where(named)).scalar_one()
            if held >= at_most:
                return False
            connection.execute(LEASES.insert().values(name=name, holder=holder, expires_at=now + seconds))
        return True

    def give_back(self, name: str, holder: str) -> None:
        """End a lease. One statement."""
        with self._database.quick() as connection:
            connection.execute(LEASES.delete().where(LEASES.c.name == name, LEASES.c.holder == holder))
