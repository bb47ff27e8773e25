"""The send ledger's tables and statements. Who may send is decided in `martech.delivery`; here is only SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Float, Index, Table, Text, and_, delete, select, update
from sqlalchemy.dialects import sqlite

from martech.pipeline.guarding import Fate, PlannedSend, SendRecord
from martech.stores.database import metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement, Connection, Row

__all__ = [
    "CONTENTS",
    "SALTS",
    "SENDS",
    "begun",
    "forgotten",
    "found",
    "listed",
    "locked",
    "locked_content",
    "planned",
    "salt",
    "salted",
    "same_content",
    "settled",
]

SENDS = Table(
    "martech_sends",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("planned_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("begun_at", Float),
    Column("over_at", Float),
    Column("attempt", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default=""),
    Column("doubtful", Boolean, nullable=False, default=False),
    Column("fingerprint", Text, nullable=False),
    Column("detail", Text),
    Column("vendor_id", Text),
    Column("result", Text),
    Column("settled_by", Text),
    Index("martech_sends_by_content", "provider", "account", "fingerprint"),
    Index("martech_sends_by_change", "changed_at"),
)
"""One row per send. No recipient, no content: a salted digest of both tells one from another."""

CONTENTS = Table(
    "martech_send_contents",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
)
"""What callers with the same content and different keys queue at, one after the other."""

SALTS = Table(
    "martech_salts", metadata, Column("name", Text, primary_key=True), Column("salt", Text, nullable=False)
)
"""Drawn once per database."""

_IN_DOUBT = (Fate.IN_FLIGHT, Fate.ACCEPTED, Fate.UNKNOWN)


def planned(connection: Connection, send: PlannedSend, fingerprint: str) -> bool:
    """Write down a plan; returns False if there is a row under this key already."""
    row = {
        "provider": send.provider,
        "account": send.account,
        "key": send.key,
        "operation": send.operation,
        "asked": send.asked,
        "fate": Fate.PLANNED.value,
        "planned_at": send.at.timestamp(),
        "changed_at": send.at.timestamp(),
        "attempt": "",
        "owner": "",
        "doubtful": False,
        "fingerprint": fingerprint,
    }
    return _insert_new(connection, SENDS, row)


def locked(connection: Connection, send: PlannedSend) -> SendRecord | None:
    """Return what is remembered of a key, and keep everybody else from changing it until the transaction ends."""
    row = connection.execute(select(SENDS).where(_at(send)).with_for_update()).one_or_none()
    return None if row is None else _record(row)


def locked_content(connection: Connection, send: PlannedSend, fingerprint: str) -> None:
    """Keep every other send of the same content waiting until the transaction ends."""
    row = {"provider": send.provider, "account": send.account, "fingerprint": fingerprint}
    _insert_new(connection, CONTENTS, row)
    where = and_(*(CONTENTS.c[name] == value for name, value in row.items()))
    connection.execute(select(CONTENTS).where(where).with_for_update())


def same_content(
    connection: Connection, send: PlannedSend, fingerprint: str, since: datetime
) -> SendRecord | None:
    """Return the last send of the same content under another key, unless it was refused or is older."""
    query = (
        select(SENDS)
        .where(
            SENDS.c.provider == send.provider,
            SENDS.c.account == send.account,
            SENDS.c.fingerprint == fingerprint,
            SENDS.c.key != send.key,
            SENDS.c.fate.in_([fate.value for fate in _IN_DOUBT]),
            SENDS.c.begun_at >= since.timestamp(),
        )
        .order_by(SENDS.c.begun_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _record(row)


def begun(
    connection: Connection, send: PlannedSend, *, first_at: datetime, owner: str, doubtful: bool, fingerprint: str
) -> None:
    """Write down that an attempt goes out now."""
    connection.execute(
        update(SENDS)
        .where(_at(send))
        .values(
            operation=send.operation,
            asked=send.asked,
            fate=Fate.IN_FLIGHT.value,
            changed_at=send.at.timestamp(),
            begun_at=first_at.timestamp(),
            over_at=send.at.timestamp() + send.may_last_seconds,
            attempt=send.attempt,
            owner=owner,
            doubtful=doubtful,
            fingerprint=fingerprint,
            detail=None,
            settled_by=None,
        )
    )


def settled(connection: Connection, before: SendRecord, fate: Fate, at: datetime, **more: Any) -> bool:
    """Write down what became of a send; returns False if it has been attempted again meanwhile."""
    where = and_(_at(before), SENDS.c.attempt == before.attempt, SENDS.c.fate == before.fate.value)
    values = {"fate": fate.value, "changed_at": at.timestamp(), **more}
    return connection.execute(update(SENDS).where(where).values(**values)).rowcount == 1


def found(
    connection: Connection, key: str, *, provider: str | None = None, account: str | None = None
) -> list[SendRecord]:
    """Return every send under a key; several where several accounts used the same."""
    where = [SENDS.c.key == key]
    where += [SENDS.c.provider == provider] if provider is not None else []
    where += [SENDS.c.account == account] if account is not None else []
    return [_record(row) for row in connection.execute(select(SENDS).where(*where))]


def listed(
    connection: Connection,
    *,
    fates: Collection[Fate] = (),
    provider: str | None = None,
    since: datetime | None = None,
) -> Iterator[SendRecord]:
    """Iterate over sends, the last changed first; rows are read as they are asked for."""
    query = select(SENDS).order_by(SENDS.c.changed_at.desc(), SENDS.c.key)
    if fates:
        query = query.where(SENDS.c.fate.in_([fate.value for fate in fates]))
    if provider is not None:
        query = query.where(SENDS.c.provider == provider)
    if since is not None:
        query = query.where(SENDS.c.changed_at >= since.timestamp())
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield _record(row)


def forgotten(connection: Connection, *, before: datetime) -> int:
    """Remove what was settled before a moment; what nobody knows the fate of stays. Returns how many."""
    known = [fate.value for fate in (Fate.PLANNED, Fate.ACCEPTED, Fate.REFUSED)]
    old = and_(SENDS.c.changed_at < before.timestamp(), SENDS.c.fate.in_(known))
    gone = connection.execute(delete(SENDS).where(old)).rowcount
    same = [CONTENTS.c[name] == SENDS.c[name] for name in ("provider", "account", "fingerprint")]
    connection.execute(delete(CONTENTS).where(~select(SENDS.c.key).where(*same).exists()))
    return gone


def salt(connection: Connection, name: str) -> str | None:
    """Return the salt of that name, if it has been drawn."""
    return connection.execute(select(SALTS.c.salt).where(SALTS.c.name == name)).scalar_one_or_none()


def salted(connection: Connection, name: str, fresh: str) -> None:
    """Keep a salt, unless somebody was quicker."""
    _insert_new(connection, SALTS, {"name": name, "salt": fresh})


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    insert: Any = sqlite.insert
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        insert = postgresql.insert
    return connection.execute(insert(table).values(**row).on_conflict_do_nothing()).rowcount == 1


def _at(send: PlannedSend | SendRecord) -> ColumnElement[bool]:
    return and_(SENDS.c.provider == send.provider, SENDS.c.account == send.account, SENDS.c.key == send.key)


def _record(row: Row[Any]) -> SendRecord:
    said: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - the public way to a row's names, underscore and all
    for name in ("planned_at", "changed_at", "begun_at", "over_at"):
        said[name] = None if said[name] is None else datetime.fromtimestamp(said[name], UTC)
    said["fate"] = Fate(said["fate"])
    return SendRecord(**said)
