"""One SQL database for all shared state."""

import os
import platform
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from martech.delivery.ledger import ledger_for
from martech.errors import ConfigurationError, StateBroken, StateUnavailable
from martech.pipeline.guarding import Fate, PlannedSend
from martech.pipeline.limits import Rate
from martech.stores import database as module
from martech.stores.database import Database
from martech.stores.limits_sql import SqlLimits

COUNT = text("SELECT count(*) FROM martech_leases")
ADD = text("INSERT INTO martech_leases (name, holder, expires_at) VALUES (:name, 'h', 1)")


def test_what_was_written_is_there_for_others(database_url: str) -> None:
    one, two = Database(database_url), Database(database_url)
    with one.writing() as connection:
        connection.execute(ADD, {"name": "a"})
    with two.quick() as connection:
        connection.execute(ADD, {"name": "b"})
    for each in (one, two):
        with each.reading() as connection:
            assert connection.execute(COUNT).scalar() == 2
        each.close()


_WRITES_LARGE_TEXTS = """
import sys
from pathlib import Path
from sqlalchemy import text
from martech.cli.memory import give_back_large_buffers
from martech.stores.database import Database

def held():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines()
                if line.startswith("RssAnon"))

assert give_back_large_buffers()
one = Database(sys.argv[1])
with one.writing() as connection:
    connection.execute(text("CREATE TABLE large (value TEXT)"))
before = held()
for letter in "ab":
    with one.writing() as connection:
        connection.execute(text("INSERT INTO large VALUES (:value)"), {"value": letter * (16 << 20)})
with one.reading() as connection:
    assert len(connection.execute(text("SELECT value FROM large LIMIT 1")).scalar_one()) == 16 << 20
print((held() - before) // 1024)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about the C library of most Linux systems")
def test_a_large_text_is_not_held_once_it_is_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITES_LARGE_TEXTS, f"sqlite:///{tmp_path / 'state.db'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 8


def test_an_error_rolls_back_and_a_double_is_an_answer(database_url: str) -> None:
    one = Database(database_url)

    def add(*names: str) -> None:
        with one.writing() as connection:
            for name in names:
                connection.execute(ADD, {"name": name})
            raise KeyError("ours")

    with pytest.raises(IntegrityError):
        add("a", "a")
    with pytest.raises(KeyError):
        add("a")
    with one.reading() as connection:
        assert connection.execute(COUNT).scalar() == 0
    one.close()


def test_many_that_open_it_at_once_make_it_once(database_url: str) -> None:
    def use(number: int) -> None:
        each = Database(database_url)
        with each.writing() as connection:
            connection.execute(ADD, {"name": str(number)})
        each.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    one = Database(database_url)
    with one.reading() as connection:
        assert connection.execute(COUNT).scalar() == 8
        assert connection.execute(text("SELECT version FROM martech_version")).all() == [(module.VERSION,)]
    one.close()


def test_an_older_schema_is_brought_up_to_date_by_one_of_many_and_keeps_what_it_holds(database_url: str) -> None:
    one = Database(database_url)
    with one.writing() as connection:
        connection.execute(ADD, {"name": "kept"})
        connection.execute(text("ALTER TABLE martech_limits DROP COLUMN idle"))
        connection.execute(text("UPDATE martech_version SET version = 1"))
    one.close()

    def use(_: int) -> float:
        each = Database(database_url)
        place = SqlLimits(each).reserve([Rate("k", 1.0, 1)], now=1000.0, longest_wait=60)
        each.close()
        return place.wait

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [0.0, 1.0, 2.0, 3.0]
    with one.reading() as connection:
        assert connection.execute(COUNT).scalar() == 1
        assert connection.execute(text("SELECT version FROM martech_version")).all() == [(module.VERSION,)]
    one.close()


def test_a_key_of_before_that_names_a_person_is_the_same_key_afterwards(database_url: str) -> None:
    database = Database(database_url)
    ledger = ledger_for(database)
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    sent = PlannedSend("w/ada@example.org", "fake", "a", "op", "POST /x", now, attempt="1")
    for send in (sent, replace(sent, key="order-7")):
        ledger.begin(send)
        ledger.settle(send, Fate.ACCEPTED, vendor_id=send.key, result="{}")
    with database.writing() as connection:
        connection.execute(text("UPDATE martech_version SET version = 2"))
    database.close()
    (mine,) = ledger.find("w/ada@example.org", now=now)
    assert (mine.key, mine.fate, mine.vendor_id, mine.result) == (
        "w/person-1320d748708c6031", Fate.ACCEPTED, None, None,
    )  # fmt: skip
    assert [row.vendor_id for row in ledger.find("order-7", now=now)] == ["order-7"]
    database.close()


def test_a_newer_schema_is_refused(database_url: str) -> None:
    one = Database(database_url)
    with one.writing() as connection:
        connection.execute(text("UPDATE martech_version SET version = 99"))
    one.close()
    with pytest.raises(StateBroken, match="schema version 99"), one.reading():
        pass
    with pytest.raises(StateBroken, match="upgrade"), Database(database_url).quick():
        pass


def test_a_table_that_is_missing_is_made(database_url: str) -> None:
    one = Database(database_url)
    with one.writing() as connection:
        connection.execute(text("DROP TABLE martech_leases"))
    one.close()
    with one.reading() as connection:
        assert connection.execute(COUNT).scalar() == 0
    one.close()


def test_a_child_makes_connections_of_its_own(database_url: str) -> None:
    one = Database(database_url)
    with one.writing() as connection:
        connection.execute(ADD, {"name": "parent"})
    child = os.fork()
    if not child:
        try:
            with one.writing() as connection:
                connection.execute(ADD, {"name": "child"})
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    with one.writing() as connection:
        connection.execute(ADD, {"name": "after"})
        assert connection.execute(COUNT).scalar() == 3
    one.close()


def test_threads_share_it_and_sqlite_takes_the_lock_at_once(database_url: str) -> None:
    one = Database(database_url)

    def add_one(_: int) -> None:
        with one.writing() as connection:
            if one.dialect == "postgresql":
                connection.execute(text("LOCK TABLE martech_leases"))
            seen = connection.execute(COUNT).scalar()
            connection.execute(ADD, {"name": f"n{seen}"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    with one.reading() as connection:
        assert connection.execute(COUNT).scalar() == 40
    one.close()


def test_nobody_else_can_read_the_file_nor_its_companions(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/state.db")
    before = os.umask(0)
    try:
        with one.writing() as connection:
            connection.execute(ADD, {"name": "a"})
            files = sorted(tmp_path.iterdir())
            assert [path.name for path in files] == ["state.db", "state.db-shm", "state.db-wal"]
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    finally:
        os.umask(before)
    one.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(0o644)
    one = Database(f"sqlite:///{path}")
    with one.quick():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    one.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/x", "nonsense", "postgresql:/x"])
def test_what_is_no_such_state_is_refused_with_what_is(url: str) -> None:
    with pytest.raises((ConfigurationError, StateUnavailable)) as refused, Database(url).reading():
        pass
    assert isinstance(refused.value, ConfigurationError) or url == "postgresql:/x"


def test_a_password_is_shown_nowhere() -> None:
    one = Database("postgresql://me:hunter2222@127.0.0.1:1/nothing", busy_seconds=1)
    with pytest.raises(StateUnavailable) as refused, one.reading():
        pass
    assert "hunter2222" not in repr(one) + str(refused.value) + one.shown + str(refused.value.details())


def test_a_place_is_settled_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = Database("sqlite:///state.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with one.quick():
        assert (tmp_path / "state.db").exists()
    one.close()


def test_closing_twice_is_once_and_the_next_use_opens_it_again(database_url: str) -> None:
    one = Database(database_url)
    with one.quick():
        pass
    one.close()
    one.close()
    with one.quick() as connection:
        assert connection.execute(COUNT).scalar() == 0
    one.close()


def test_a_fork_beside_a_thread_that_opens_it_leaves_no_lock_behind(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/state.db")
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        with one._lock:
            inside.set()
            go.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(5)
    child = os.fork()
    if not child:
        try:
            with one.quick():
                os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    go.set()
    thread.join()
    one.close()
