"""Limits in a SQL database: one row per limit, one statement per reservation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, Table, Text, select

from martech.pipeline.learning import PAUSE_SECONDS, Learned, Pace
from martech.pipeline.limits import BACKWARDS_SECONDS, Place, Rate
from martech.stores.database import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from martech.stores.database import Database

__all__ = ["LIMITS", "SqlLimits"]

LIMITS = Table(
    "martech_limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("arrival", Float, nullable=False, default=0.0),
    Column("interval", Float),
    Column("burst", Integer),
    Column("taken", BigInteger, nullable=False, default=0),
    Column("epoch", BigInteger, nullable=False, default=0),
    Column("review_at", Float),
    Column("closed", Boolean, nullable=False, default=False),
    Column("learned", Text, nullable=False, default="{}"),
    Column("seen", Float, nullable=False, default=0.0),  # when the last reservation was made
    Column("idle", Float, nullable=False, default=0.0),  # for how long none was made, in all
    Column("wait", Float, nullable=False, default=0.0),  # what it was told
)

# The rows are locked in one order, so that two reservations of several limits cannot wait for each other. A row
# that was changed while its lock was waited for is seen as it is then.
_POSTGRESQL = f"""
WITH wanted AS (
    SELECT * FROM unnest(%(keys)s::text[], %(intervals)s::float8[], %(bursts)s::int[]) AS w (key, interval, burst)
), met AS MATERIALIZED (
    SELECT l.key, coalesce(l.interval, w.interval) AS interval,
        (coalesce(l.burst, w.burst) - 1) * coalesce(l.interval, w.interval) AS ahead,
        CASE WHEN %(now)s < l.seen - {BACKWARDS_SECONDS} THEN l.arrival - (l.seen - %(now)s) ELSE l.arrival END
            AS arrival
    FROM martech_limits l JOIN wanted w ON w.key = l.key ORDER BY l.key FOR UPDATE OF l
), line AS (SELECT greatest(0, max(arrival - %(now)s - ahead)) AS wait FROM met)
UPDATE martech_limits l SET
    arrival = CASE WHEN line.wait <= %(longest)s THEN greatest(met.arrival, %(now)s) + met.interval
        ELSE met.arrival END,
    taken = l.taken + CASE WHEN line.wait <= %(longest)s THEN %(count)s ELSE 0 END,
    review_at = CASE WHEN %(now)s < l.seen - {BACKWARDS_SECONDS} AND l.review_at IS NOT NULL THEN %(now)s
        ELSE l.review_at END,
    idle = l.idle + CASE WHEN l.seen > 0 AND %(now)s > l.seen + {PAUSE_SECONDS} THEN %(now)s - l.seen ELSE 0 END,
    seen = %(now)s, wait = line.wait
FROM met, line WHERE l.key = met.key
RETURNING l.key, l.wait, l.epoch, l.review_at, l.closed
"""  # noqa: S608 - the number is a constant of ours

_SQLITE = f"""
WITH wanted (key, interval, burst) AS (VALUES {{values}}), met AS (
    SELECT l.key, coalesce(l.interval, w.interval) AS interval,
        (coalesce(l.burst, w.burst) - 1) * coalesce(l.interval, w.interval) AS ahead,
        CASE WHEN :now < l.seen - {BACKWARDS_SECONDS} THEN l.arrival - (l.seen - :now) ELSE l.arrival END
            AS arrival
    FROM wanted w JOIN martech_limits l ON l.key = w.key
), line AS (SELECT max(0, max(arrival - :now - ahead)) AS wait FROM met)
UPDATE martech_limits SET
    arrival = CASE WHEN line.wait <= :longest THEN max(met.arrival, :now) + met.interval ELSE met.arrival END,
    taken = taken + CASE WHEN line.wait <= :longest THEN :count ELSE 0 END,
    review_at = CASE WHEN :now < seen - {BACKWARDS_SECONDS} AND review_at IS NOT NULL THEN :now ELSE review_at END,
    idle = idle + CASE WHEN seen > 0 AND :now > seen + {PAUSE_SECONDS} THEN :now - seen ELSE 0 END,
    seen = :now, wait = line.wait
FROM met, line WHERE martech_limits.key = met.key
RETURNING martech_limits.key, martech_limits.wait, epoch, review_at, closed
"""  # noqa: S608 - the number is a constant of ours

_MOST_LIMITS = 8
"""How many limits one request is counted under, at the very most: the statements for SQLite are made once each."""
_SQLITE_STATEMENTS = {
    number: _SQLITE.format(values=", ".join(f"(:k{n}, :i{n}, :b{n})" for n in range(number)))
    for number in range(1, _MOST_LIMITS + 1)
}


class SqlLimits:
    """Reservations shared by all who share the database."""

    blocks = True

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made: set[str] = set()

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float, again: bool = False) -> Place:
        """Take a place in line, or say how long the line is. One statement."""
        arguments = {"now": now, "longest": longest_wait, "count": 0 if again else 1}
        statement, more = self._statement(rates)
        with self._database.quick() as connection:
            fresh = False
            if any(rate.key not in self._made for rate in rates):
                # All rows first, or one of several limits would give a place that is not used.
                fresh = self._make(connection, rates, now)
            rows = connection.exec_driver_sql(statement, arguments | more).all()
            if len(rows) != len(rates):
                fresh = self._make(connection, rates, now)
                rows = connection.exec_driver_sql(statement, arguments | more).all()
        return _place(rates, rows, longest_wait, fresh=fresh)

    def still(self, rates: Sequence[Rate], epochs: Sequence[int]) -> bool:
        """Return whether a place of these epochs is still good. One statement."""
        keys = [rate.key for rate in rates]
        with self._database.quick() as connection:
            rows = connection.execute(select(LIMITS.c.key, LIMITS.c.epoch).where(LIMITS.c.key.in_(keys))).all()
        return {row.key: row.epoch for row in rows} == dict(zip(keys, epochs, strict=True))

    def revise(self, rate: Rate, change: Callable[[Pace], Pace]) -> Pace:
        """Change what is kept of a limit. One transaction."""
        which = LIMITS.c.key == rate.key
        with self._database.writing() as connection:
            row = connection.execute(select(LIMITS).where(which).with_for_update()).first()
            if row is None:
                self._make(connection, [rate], None)
                row = connection.execute(select(LIMITS).where(which).with_for_update()).one()
            before = _pace(row)
            after = change(before)
            if after is not before:
                values = {
                    "arrival": after.arrival,
                    "interval": after.interval,
                    "burst": after.burst,
                    "epoch": after.epoch,
                    "review_at": after.review_at,
                    "closed": after.learned.closed,
                    "learned": after.learned.to_json(),
                }
                connection.execute(LIMITS.update().where(which).values(**values))
        return after

    def _statement(self, rates: Sequence[Rate]) -> tuple[str, dict[str, Any]]:
        if self._database.dialect == "postgresql":
            return _POSTGRESQL, {
                "keys": [rate.key for rate in rates],
                "intervals": [rate.interval for rate in rates],
                "bursts": [rate.burst for rate in rates],
            }
        arguments: dict[str, Any] = {}
        for n, rate in enumerate(rates):
            arguments |= {f"k{n}": rate.key, f"i{n}": rate.interval, f"b{n}": rate.burst}
        return _SQLITE_STATEMENTS[len(rates)], arguments

    def _make(self, connection: Connection, rates: Sequence[Rate], now: float | None) -> bool:
        """Make the rows that are not there; returns whether there were any."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
        made = 0
        for rate in rates:
            review_at = now if rate.interval == 0 else None
            row = insert(LIMITS).values(key=rate.key, review_at=review_at)
            made += connection.execute(row.on_conflict_do_nothing()).rowcount
            self._made.add(rate.key)
        return made > 0


def _place(
    rates: Sequence[Rate], rows: Sequence[Row[*tuple[Any, ...]]], longest_wait: float, *, fresh: bool
) -> Place:
    found = {row[0]: row for row in rows}
    wait = rows[0][1]
    reviews = [row[3] for row in rows if row[3] is not None]
    return Place(
        wait,
        wait <= longest_wait,
        tuple(found[rate.key][2] for rate in rates),
        min(reviews, default=None),
        any(row[4] for row in rows),
        fresh,
    )


def _pace(row: Row[*tuple[Any, ...]]) -> Pace:
    learned = Learned.from_json(row.learned)
    return Pace(row.arrival, row.interval, row.burst, row.taken, row.epoch, row.review_at, learned, row.idle)
