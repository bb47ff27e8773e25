"""One SQL database for all shared state: SQLite across the processes of a machine, PostgreSQL across machines.

Each store module defines its tables on `metadata` and is named in `SCHEMA`. A `Database` opens at first use: it
makes what is missing, brings an older schema up to date, and refuses a newer one. What the driver raises becomes
a `StateError` here; only `IntegrityError` is left as it is, since to a store it is an answer.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from sqlite3 import OperationalError
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from martech.errors import ConfigurationError, MartechError, StateBroken, StateUnavailable
from martech.masking import kept_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Database", "metadata"]

metadata = MetaData()
"""What every store module defines its tables on."""

SCHEMA = (
    "martech.stores.limits_sql",
    "martech.stores.tokens_sql",
    "martech.stores.leases_sql",
    "martech.stores.sends",
    "martech.stores.breakers_sql",
)
"""The modules that define tables."""


def _idle_times(connection: Connection) -> None:
    """To version 2: limits know for how long nobody called."""
    if connection.dialect.has_table(connection, "martech_limits"):
        connection.exec_driver_sql("ALTER TABLE martech_limits ADD COLUMN idle FLOAT NOT NULL DEFAULT 0")


def _keys_without_persons(connection: Connection) -> None:
    """To version 3: no key of a send names a person, nor does what was kept of its result."""
    if not connection.dialect.has_table(connection, "martech_sends"):
        return
    known = text("SELECT provider, account, key FROM martech_sends")
    hidden = text(
        "UPDATE martech_sends SET key = :kept, result = NULL, vendor_id = NULLIF(vendor_id, :key) "
        "WHERE provider = :provider AND account = :account AND key = :key"
    )
    for row in connection.execute(known).all():
        kept = kept_key(row.key)
        if kept != row.key:
            connection.execute(hidden, {**row._mapping, "kept": kept})  # noqa: SLF001 - the public way, underscore and all


VERSION = 3
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {1: _idle_times, 2: _keys_without_persons}
"""What brings a schema of that version to the next one. Tables that are new need no step: they are made."""

_VERSION = Table("martech_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

_IDLE_SECONDS = 30.0
"""A connection that rested longer is looked at before it is used: a server may have dropped it meanwhile."""
_OPENING = 7_046_029_254_386_353_131
"""The advisory lock under which one process at a time makes or migrates tables on PostgreSQL."""


class Database:
    """A database by its URL: `sqlite:///file` or `postgresql://user@host/name`.

    It may be shared between threads; after a fork the child makes connections of its own. Nothing is connected
    before the first use.

    Args:
        url: Where it is.
        busy_seconds: How long to wait for a lock, or for a server, before `StateUnavailable` is raised.
        answer_seconds: How long a server may work at one statement; by default twice as long.
    """

    def __init__(self, url: str, *, busy_seconds: float = 5.0, answer_seconds: float | None = None) -> None:
        self._url = _parsed(url)
        self.dialect = self._url.get_backend_name()
        """`sqlite` or `postgresql`."""
        self.shown = self._url.render_as_string(hide_password=True)
        """The URL without its password, for messages."""
        self._busy_seconds = busy_seconds
        self._answer_seconds = answer_seconds or 2 * busy_seconds
        self._lock = Lock()
        self._engine: Engine | None = None
        self._quick: Engine | None = None
        self._file: tuple[int, int] | None = None
        self._silent_until = 0.0
        _DATABASES.add(self)

    # ── use ──────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Give a connection inside a transaction that may write; committed at the end, rolled back on an error.

        On SQLite the lock is taken at once (`BEGIN IMMEDIATE`), so nothing that was read in it is stale. What was
        committed survives a power failure.

        Raises:
            StateUnavailable: It does not answer, is locked, or is full.
            StateBroken: It is damaged, or newer than this program.
            IntegrityError: (of SQLAlchemy) a row that must not be there twice.
        """
        with self._translated():
            connected = self._opened().connect().execution_options(martech_begin="BEGIN IMMEDIATE")
            with connected as connection, connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Give a connection inside a transaction that only reads: one consistent picture."""
        with self._translated(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def quick(self) -> Generator[Connection]:
        """Give a connection on which each statement is its own transaction, for what is asked before every call.

        What it writes survives the death of any process, but perhaps not a power failure.
        """
        with self._translated(), self._opened(quick=True).connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection; the next use makes new ones."""
        with self._lock:
            engines, self._engine, self._quick = self._both(), None, None
        for engine in engines:
            engine.dispose()

    def __repr__(self) -> str:
        return f"<Database {self.shown}>"

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────

    def _both(self) -> tuple[Engine, ...]:
        return tuple(engine for engine in (self._engine, self._quick) if engine is not None)

    def _opened(self, *, quick: bool = False) -> Engine:
        engine = self._quick if quick else self._engine
        if engine is not None:
            return engine
        with self._lock:
            if self._engine is None or self._quick is None:
                if self.dialect == "sqlite":
                    self._file = self._make_file()
                engine = self._made(durable=True)
                try:
                    self._bring_up_to_date(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._quick = self._made(durable=False)
                self._engine = engine
            return self._quick if quick else self._engine

    def _made(self, *, durable: bool) -> Engine:
        quick: dict[str, Any] = {} if durable else {"isolation_level": "AUTOCOMMIT"}
        if self.dialect == "sqlite":
            given: dict[str, Any] = {"timeout": self._busy_seconds, "check_same_thread": False}
            if durable:
                # A statement that is kept for the next time keeps what it was last given, which may be a text of
                # megabytes, and each connection has its own. To prepare it again costs little beside a commit.
                given["cached_statements"] = 0
            engine = create_engine(
                self._url,
                pool_size=4,
                pool_use_lifo=True,  # the connection that was used last has the pages at hand
                max_overflow=-1,
                connect_args=given,
                hide_parameters=True,
                **quick,
            )
            event.listen(engine, "do_connect", self._refuse_another_file)
            event.listen(engine, "checkout", self._refuse_another_file)
            event.listen(engine, "connect", _sqlite_connected(durable=durable, busy_seconds=self._busy_seconds))
            if durable:
                event.listen(engine, "begin", _sqlite_begins)
            return engine
        seconds = max(1, round(self._busy_seconds))
        arguments: dict[str, Any] = {
            "connect_timeout": seconds,
            "keepalives_idle": 30,
            "tcp_user_timeout": 2000 * seconds,
            "application_name": "martech",
        }
        engine = create_engine(
            self._url,
            pool_size=4,
            max_overflow=12,
            pool_timeout=self._busy_seconds,
            connect_args=arguments,
            hide_parameters=True,
            **quick,
        )
        event.listen(engine, "do_connect", _answering_within(self._answer_seconds))
        event.listen(engine, "connect", _postgresql_connected(durable=durable, lock_seconds=self._busy_seconds))
        event.listen(engine, "checkout", _looked_at)
        event.listen(engine, "checkin", _put_back)
        return engine

    def _make_file(self) -> tuple[int, int]:
        """Make the file before SQLite does, so that nobody else can ever read it; its companions follow it.

        Returns:
            Which file it is.
        """
        path = Path(self._url.database or "")
        try:
            handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                about = os.fstat(handle)
                if about.st_mode & 0o077:
                    os.fchmod(handle, 0o600)
                return about.st_dev, about.st_ino
            finally:
                os.close(handle)
        except OSError as error:
            raise StateUnavailable(
                f"the state file {path} cannot be opened: {error.strerror}",
                hint="its folder must exist; state= takes sqlite:///relative or sqlite:////absolute",
            ) from error

    def _refuse_another_file(self, *_: Any) -> None:
        """Refuse to go on beside others who have the file that now is there, if it is there at all."""
        try:
            about = os.stat(self._url.database or "")  # noqa: PTH116 - asked before every statement: a Path costs more
            there = (about.st_dev, about.st_ino)
        except OSError:
            there = None
        if there != self._file:
            raise StateBroken(
                f"the state file {self._url.database} was removed or replaced while in use",
                hint="put the right one in place and start this program again; without it, ask the vendor before "
                "repeating a send",
            )

    def _bring_up_to_date(self, engine: Engine) -> None:
        for module in SCHEMA:
            importlib.import_module(module)
        with engine.connect() as connection, connection.begin():
            if self._complete(connection):
                return
        options = {"martech_begin": "BEGIN IMMEDIATE"}
        with engine.connect().execution_options(**options) as connection, connection.begin():
            if self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _OPENING})
            version = self._version(connection)
            for step in range(version or VERSION, VERSION):
                MIGRATIONS[step](connection)
            metadata.create_all(connection)
            if version != VERSION:
                connection.execute(_VERSION.delete())
                connection.execute(_VERSION.insert().values(version=VERSION))

    def _complete(self, connection: Connection) -> bool:
        """Return whether everything is there already, without writing."""
        if self._version(connection) != VERSION:
            return False
        there = connection.dialect.get_table_names(connection)
        return set(metadata.tables) <= set(there)

    def _version(self, connection: Connection) -> int | None:
        if not connection.dialect.has_table(connection, _VERSION.name):
            return None
        version = connection.execute(select(_VERSION.c.version)).scalar_one_or_none()
        if version is not None and version > VERSION:
            raise StateBroken(
                f"the state {self.shown} has schema version {version}; this program knows up to {VERSION}",
                hint="it was written by a newer martech: upgrade this one, or give it a state of its own",
            )
        return version

    # ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _translated(self) -> Generator[None]:
        began = monotonic()
        if self.dialect == "postgresql" and began < self._silent_until:
            raise StateUnavailable(
                f"the state {self.shown} did not answer a moment ago",
                hint=f"it is asked again after {self._busy_seconds:g} s",
            )
        try:
            yield
        except (MartechError, IntegrityError):
            raise
        except SQLAlchemyError as error:
            raise self._translation(error, waited=monotonic() - began) from error
        except ModuleNotFoundError as error:
            raise _no_driver(self._url, error) from error

    def _translation(self, error: SQLAlchemyError, *, waited: float) -> MartechError:
        if isinstance(error, PoolTimeout):
            return StateUnavailable(f"the state {self.shown}: all connections are busy")
        if not isinstance(error, DBAPIError):
            return StateBroken(f"the state {self.shown} cannot be used: {type(error).__name__}")
        cause = error.orig
        said = str(cause).strip().split("\n", 1)[0]
        code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "57014")):
            return StateUnavailable(
                f"the state {self.shown} is locked by somebody else",
                hint="another program keeps it open in a transaction",
            )
        if code.startswith(("SQLITE_FULL", "53100")):
            return StateUnavailable(f"the state {self.shown} is full", hint="its disk has no room left")
        if _broken(code, said):
            return StateBroken(
                f"the state {self.shown} is damaged or is no state of ours: {said}",
                hint="move it away and keep it: without it, ask the vendor before repeating a send",
            )
        unavailable = StateUnavailable(f"the state {self.shown} does not answer: {said}")
        if error.connection_invalidated and not isinstance(cause and cause.__cause__, _SilentError):
            # All that were made before it have gone with it, those of the other engine too.
            unavailable.cut_off = True
            for engine in self._both():
                engine.dispose()
        elif waited >= 0.9 * self._busy_seconds:
            # Whoever waits in line behind this call hears so at once: one after the other they would stand still.
            self._silent_until = monotonic() + self._busy_seconds
        return unavailable


def _broken(code: str, said: str) -> bool:
    """Return whether a driver's code or words mean damage, which no waiting mends."""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_MISMATCH", "XX", "42", "22")):
        return True
    return "malformed" in said or "not a database" in said


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigurationError(
            "a state is sqlite:///file, postgresql://user@host/name or redis://host",
            hint="sqlite:///relative/path or sqlite:////absolute/path",
        )
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigurationError("a SQLite state needs a file: sqlite:///path; leave state= out for memory")
        # The place is settled now, so that a change of the working directory does not change the state.
        return parsed.set(database=str(Path(parsed.database).absolute()))
    return parsed.set(drivername="postgresql+psycopg")


def _no_driver(url: URL, error: ModuleNotFoundError) -> ConfigurationError:
    return ConfigurationError(
        f"a state of {url.get_backend_name()} needs the package {error.name}",
        hint="install martech[postgres]",
    )


# ── what each driver is told ─────────────────────────────────────────────────────────────────────────────────


def _sqlite_connected(*, durable: bool, busy_seconds: float) -> Callable[[Any, Any], None]:
    def connected(connection: Any, record: Any) -> None:
        del record
        # The driver begins no transactions of its own accord; `_sqlite_begins` does.
        connection.isolation_level = None
        cursor = connection.cursor()
        _write_ahead(cursor, busy_seconds)
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return connected


def _write_ahead(cursor: Any, busy_seconds: float) -> None:
    """Have the file keep a write-ahead log. Two that open a new file at once may find it locked for a moment."""
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    until = monotonic() + busy_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)


def _sqlite_begins(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("martech_begin", "BEGIN"))


def _answering_within(seconds: float) -> Callable[..., Any]:
    """Return what connects to a PostgreSQL that has so long for each answer.

    No setting of the driver bounds that: a server that keeps the connection and falls silent, or something between
    that does, would be waited for without end.
    """

    def connect(dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
        del dialect, record
        return _answering(seconds).connect(*arguments, **options)

    return connect


@lru_cache
def _answering(seconds: float) -> Any:
    import psycopg

    class Answering(psycopg.Connection[Any]):
        def wait(self, gen: Any, *given: Any, **more: Any) -> Any:
            try:
                return super().wait(_in_time(gen, seconds), *given, **more)
            except _SilentError as silent:
                # What it says later would be taken for the answer to something else.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer within {seconds:g} s") from silent

    return Answering


def _in_time(steps: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """Go through a driver's steps, which it takes whenever something came and several times a second."""
    until = monotonic() + seconds
    came: Any = None
    while True:
        try:
            wanted = steps.send(came)
        except StopIteration as done:
            return done.value
        came = yield wanted
        if not came and monotonic() > until:
            raise _SilentError


class _SilentError(Exception):
    """Nothing came in time."""


def _postgresql_connected(*, durable: bool, lock_seconds: float) -> Callable[[Any, Any], None]:
    def connected(connection: Any, record: Any) -> None:
        del record
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SET lock_timeout = {round(lock_seconds * 1000)}")
        if not durable:
            connection.execute("SET synchronous_commit = off")
        connection.autocommit = before

    return connected


def _looked_at(connection: Any, record: Any, proxy: Any) -> None:
    del proxy
    if monotonic() - record.info.get("rested_since", monotonic()) > _IDLE_SECONDS:
        try:
            connection.execute("SELECT 1")
            if not connection.autocommit:
                connection.rollback()
        except Exception as error:
            raise DisconnectionError from error


def _put_back(connection: Any, record: Any) -> None:
    del connection
    record.info["rested_since"] = monotonic()


# ── after a fork ─────────────────────────────────────────────────────────────────────────────────────────────

_DATABASES: WeakSet[Database] = WeakSet()
_LEFT_TO_THE_PARENT: list[Any] = []
"""Pools that belong to the process we were forked from: never used and never closed here, since closing a SQLite
connection may tidy up a file that the parent has open, and closing a PostgreSQL one ends the parent's session."""


def _forked() -> None:
    for database in list(_DATABASES):
        database._lock = Lock()  # noqa: SLF001 - our own; whoever held it is not in this process
        for engine in database._both():  # noqa: SLF001 - likewise
            _LEFT_TO_THE_PARENT.append(engine.pool)
            engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
