"""When the state does not answer, is full, locked or damaged, or has lost everything."""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import event
from tests.fakes import Fake, Vendor, aclient, answer, client
from tests.prove.ledger_world import LETTER, Plain
from tests.services import REDIS_URL, needed
from tests.stores.places import fresh

from martech.delivery import failover
from martech.errors import ConfigurationError, StateBroken, StateUnavailable
from martech.models import Contact
from martech.pipeline.limits import Rate
from martech.provider import Auth, HttpRequest, Kind, Limit, Response, Token, post
from martech.stores import State, open_state
from martech.stores.database import Database

ADA = answer({"email": "a@example.org"})
SPACED = Limit(name="calls", calls=1, per_seconds=2, burst=1, every=True)
RATE = Rate("k", 1.0, 1)
SERVERS = {"postgresql": "postgres", "redis": "redis"}


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said about the state."""
    return [one.getMessage() for one in caplog.records if one.name == "martech.state"]


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
def test_a_state_that_never_answered_is_a_clear_error_and_nothing_is_sent(scheme: str) -> None:
    vendor = Vendor(ADA)
    one = client(app=vendor, state=f"{scheme}://me:hunter2222@127.0.0.1:{closed_port()}/0")
    with pytest.raises(StateUnavailable, match="does not answer") as refused:
        one.contacts.get("a@example.org")
    assert vendor.asked == []
    assert "hunter2222" not in str(refused.value)
    assert refused.value.retryable


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    one = client(state=f"sqlite:///{tmp_path}/nowhere/state.db")
    with pytest.raises(StateUnavailable, match="cannot be opened"):
        one.contacts.get("a@example.org")


@pytest.mark.parametrize("content", [b"this is no database " * 500, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_a_clear_error_whenever_it_is_met(tmp_path: Path, content: bytes) -> None:
    path, vendor = tmp_path / "state.db", Vendor(ADA)
    path.write_bytes(content)
    one = client(app=vendor, state=f"sqlite:///{path}")
    for _ in range(2):
        with pytest.raises(StateBroken, match="damaged"):
            one.contacts.get("a@example.org")
    assert vendor.asked == []


def test_a_file_that_is_damaged_while_in_use_is_no_reason_to_go_on(tmp_path: Path) -> None:
    path, vendor = tmp_path / "state.db", Vendor(ADA)
    state = open_state(f"sqlite:///{path}")
    one = client(app=vendor, state=state)
    one.contacts.get("a@example.org")
    state.close()
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(StateBroken):
        one.contacts.get("a@example.org")
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_removed_or_replaced_while_in_use_is_not_gone_on_with(
    tmp_path: Path, replaced: bool
) -> None:
    path, vendor = tmp_path / "state.db", Vendor(answer({"letter": "m-1"}))
    state = open_state(f"sqlite:///{path}")
    one = client(Plain(), vendor, state=state)
    one.messages.send_email(LETTER, key="k-1")
    for file in tmp_path.iterdir():
        file.unlink()
    if replaced:
        other = client(Plain(), vendor, state=f"sqlite:///{tmp_path}/../{tmp_path.name}/state.db")
        other.messages.send_email(LETTER, key="k-2")
    for _ in range(6):  # more often than there are connections in the pool
        with pytest.raises(StateBroken, match="removed or replaced while in use"):
            one.messages.send_email(LETTER, key="k-2")
    assert len(vendor.asked) == 1 + replaced
    assert path.exists() == replaced, "nobody makes another one meanwhile"
    state.close()


def test_a_locked_file_is_waited_for_and_then_done_without_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, vendor = tmp_path / "state.db", Vendor(ADA)
    state = open_state(f"sqlite:///{path}", busy_seconds=0.2)
    one = client(Fake(limits=[SPACED]), vendor, state=state)
    one.contacts.get("a@example.org")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.perf_counter()
    for _ in range(4):
        one.contacts.get("a@example.org")
    assert time.perf_counter() - began < 3, "it is waited for once, not at every call"
    assert len(said(caplog)) == 1
    assert "locked by somebody else" in said(caplog)[0]
    assert len(vendor.asked) == 5
    other.execute("ROLLBACK")
    other.close()
    state.close()


def test_a_lock_that_is_given_back_in_time_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "state.db"
    state = open_state(f"sqlite:///{path}", busy_seconds=5)
    state.limits.reserve([RATE], now=1.0, longest_wait=60)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, lambda: other.execute("ROLLBACK")).start()
    assert state.limits.reserve([RATE], now=1.0, longest_wait=60).wait == 1.0
    assert said(caplog) == []
    other.close()
    state.close()


def test_a_full_disk_before_the_first_use_is_a_clear_error(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/state.db")
    with one.quick():
        pass
    bound(one)
    with pytest.raises(StateUnavailable, match="full"):
        fill(one)
    with pytest.raises(StateUnavailable, match="no room left"), one.writing() as connection:
        connection.exec_driver_sql("INSERT INTO martech_tokens VALUES ('k', ?)", ("x" * 100_000,))
    one.close()


def bound(database: Database) -> None:
    """Let the database grow no further, as a full disk does."""

    def small(connection: sqlite3.Connection, record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    engines = database._both()
    for engine in engines:
        engine.dispose()
        event.listen(engine, "connect", small)


def fill(database: Database) -> None:
    for number in range(2000):
        with database.quick() as connection:
            connection.exec_driver_sql("INSERT INTO martech_tokens VALUES (?, ?)", (f"f{number}", "x" * 500))


def test_a_disk_that_becomes_full_is_done_without_and_nothing_is_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state, vendor = open_state(f"sqlite:///{tmp_path}/state.db"), LoggingIn()
    one = client(Fake(auth=Door()), vendor, state=state)
    one.contacts.get("a@example.org")
    assert state.database is not None
    bound(state.database)
    with pytest.raises(StateUnavailable):
        fill(state.database)
    vendor.token += 1
    big = "x" * 5000
    vendor.more = big
    one.contacts.get("a@example.org")
    one.contacts.get("a@example.org")
    assert vendor.logins == 2
    assert len(said(caplog)) == 1
    assert "is full" in said(caplog)[0]
    state.close()


class Door(Auth):
    """Logs in by asking; a token is refused by 401."""

    async def login(self) -> Token:
        reply = await post("/login", json={}, kind=Kind.READ)
        return Token(SecretStr(reply.json()["token"]))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        return request.with_header("authorization", token.secret.get_secret_value() if token else "")

    def refused(self, response: Response) -> bool:
        return response.status == 401


class LoggingIn:
    """A vendor with a login."""

    def __init__(self) -> None:
        self.token = self.logins = 0
        self.more = ""

    def __call__(self, request: HttpRequest) -> Response:
        if request.url.endswith("/login"):
            self.logins += 1
            return answer({"token": f"t{self.token}{self.more}"})
        if request.headers.get("authorization") != f"t{self.token}{self.more}":
            return answer({}, 401)
        return ADA


class Between:
    """Stands between us and a server; may cut every connection, or keep them and fall silent."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._passing = threading.Event()
        self._passing.set()
        self._ours: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        self._passing.clear()

    def cut(self) -> None:
        """End every connection, as a server does that is started again."""
        for one in self._ours:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()
        self._passing.set()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listening.accept()
            except OSError:
                return
            self._ours.append(ours)
            theirs = socket.create_connection(("127.0.0.1", self._port))
            for ends in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with source, suppress(OSError):
            while said := source.recv(65536):
                self._passing.wait()
                target.sendall(said)
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=getattr(pytest.mark, mark)) for kind, mark in SERVERS.items()]
)
def test_a_server_that_falls_silent_while_in_use_is_waited_for_and_no_longer(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with fresh(kind, tmp_path) as url:
        port = urlsplit(url).port or 0
        between, vendor = Between(port), Vendor(ADA)
        state = open_state(url.replace(f":{port}", f":{between.port}"), busy_seconds=0.5)
        one = client(app=vendor, state=state)
        one.contacts.get("a@example.org")
        between.fall_silent()
        began = time.perf_counter()
        for _ in range(3):
            one.contacts.get("a@example.org")
        assert time.perf_counter() - began < 5
        assert len(said(caplog)) == 1
        if kind == "postgresql":
            with pytest.raises(StateUnavailable):
                client(Plain(), vendor, state=state).messages.send_email(LETTER, key="k")
        assert len(vendor.asked) == 4
        between.close()
        state.close()


@pytest.mark.postgres
def test_calls_do_not_wait_one_after_the_other_for_a_server_that_is_silent(tmp_path: Path) -> None:
    async def all_at_once(state: State, between: Between) -> tuple[float, list[object]]:
        one = aclient(Plain(), Vendor(answer({"letter": "m-1", "email": "a@example.org"})), state=state)
        await one.messages.send_email(LETTER)
        await one.contacts.get("a@example.org")
        between.fall_silent()
        began = time.perf_counter()
        sends = [one.messages.send_email(LETTER) for _ in range(20)]
        told = await asyncio.gather(*sends, one.contacts.get("a@example.org"), return_exceptions=True)
        await one.close()
        return time.perf_counter() - began, list(told)

    with fresh("postgresql", tmp_path) as url:
        port = urlsplit(url).port or 0
        between = Between(port)
        state = open_state(url.replace(f":{port}", f":{between.port}"), busy_seconds=0.5)
        seconds, told = asyncio.run(all_at_once(state, between))
        assert seconds < 4
        assert [type(one) for one in told] == [StateUnavailable] * 20 + [Contact]
        between.close()
        state.close()


@pytest.mark.postgres
def test_a_server_that_starts_again_while_a_send_is_out_leaves_nothing_unknown(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as url:
        port = urlsplit(url).port or 0
        between, asked = Between(port), 0
        state = open_state(url.replace(f":{port}", f":{between.port}"))

        def vendor(request: HttpRequest) -> Response:
            nonlocal asked
            asked += 1
            between.cut()
            return answer({"letter": "m-1"})

        one = client(Plain(), vendor, state=state)
        assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
        assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
        assert asked == 1
        between.close()
        state.close()


# ── Redis ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Redis of the test's own, which it may stop."""
    needed("Redis", REDIS_URL)
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("the program redis-server is not there, so no Redis could be stopped")
    port = closed_port()
    running = [started(program, port, tmp_path)]
    yield f"redis://127.0.0.1:{port}/0", running
    for one in running:
        one.kill()
        one.wait()


def started(program: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    one = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return one
        time.sleep(0.02)
    raise AssertionError("redis-server did not start")


@pytest.mark.redis
def test_a_redis_that_dies_is_done_without_and_used_again_when_it_is_back(
    own_redis: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url, running = own_redis
    state = open_state(url, busy_seconds=0.3, retry_seconds=0.3)
    vendor = LoggingIn()
    one = client(Fake(auth=Door(), limits=[SPACED]), vendor, state=state)
    one.contacts.get("a@example.org")
    running[0].kill()
    running[0].wait()
    for _ in range(3):
        one.contacts.get("a@example.org")
    assert [line.split(";")[-1] for line in said(caplog)] == [
        " going on without it: limits are kept by each process for itself until it answers"
    ]
    running.append(started(shutil.which("redis-server") or "", int(url.split(":")[2].split("/")[0]), tmp_path))
    time.sleep(0.4)
    for _ in range(3):
        one.contacts.get("a@example.org")
    assert vendor.logins == 1
    assert len(said(caplog)) == 3
    assert "answers again" in said(caplog)[1] + said(caplog)[2]
    assert "has lost what was known" in said(caplog)[1] + said(caplog)[2]
    state.close()


@pytest.mark.redis
def test_a_redis_that_loses_its_data_starts_from_what_is_declared_and_says_so_once(
    own_redis: tuple[str, list[subprocess.Popen[bytes]]], caplog: pytest.LogCaptureFixture
) -> None:
    import redis

    url, _ = own_redis
    state, vendor = open_state(url), LoggingIn()
    one = client(Fake(auth=Door(), limits=[SPACED]), vendor, state=state)
    one.contacts.get("a@example.org")
    with redis.Redis.from_url(url) as server:
        server.flushall()
    for _ in range(3):
        one.contacts.get("a@example.org")
    assert vendor.logins == 1, "the token in hand is still good"
    other = client(Fake(auth=Door(), limits=[SPACED]), vendor, state=state)
    other.contacts.get("a@example.org")
    assert vendor.logins == 2
    assert len(said(caplog)) == 1
    assert "has lost" in said(caplog)[0]
    state.close()


@pytest.mark.redis
def test_something_else_under_our_key_in_redis_is_a_clear_error(
    own_redis: tuple[str, list[subprocess.Popen[bytes]]],
) -> None:
    import redis

    url, _ = own_redis
    with redis.Redis.from_url(url) as server:
        server.set("martech:limit:k", "not ours")
    state: State = open_state(url)
    with pytest.raises(StateBroken, match="not ours"):
        state.limits.reserve([RATE], now=1.0, longest_wait=1)
    state.close()


def test_what_was_learned_from_headers_is_told_again_to_a_state_that_lost_it(tmp_path: Path) -> None:
    from tests.pipeline.test_limits import Learning

    from martech.testing.clock import ManualClock

    clock, told = ManualClock(), answer({"email": "a@example.org"}, x_limit="10", x_left="9")
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    one = client(Learning(limits=[Limit(name="calls", every=True)]), Vendor(told), clock=clock, state=state)
    one.contacts.get("a@example.org")
    assert state.database is not None
    with state.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM martech_limits")
    for _ in range(3):
        one.contacts.get("a@example.org")
    with state.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT interval FROM martech_limits").scalar() > 0.09
    state.close()


@pytest.mark.redis
def test_a_redis_keeps_no_sends_and_says_so_once_to_who_sends(
    own_redis: tuple[str, list[subprocess.Popen[bytes]]], caplog: pytest.LogCaptureFixture
) -> None:
    url, _ = own_redis
    vendor = Vendor(answer({"letter": "m-1"}))
    client(app=Vendor(ADA), state=url).contacts.get("a@example.org")
    assert said(caplog) == []
    for _ in range(2):  # one client after the other: what one sent, the other knows
        client(Plain(), vendor, state=url).messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == 1
    assert len(said(caplog)) == 1
    assert "keeps no ledger of sends" in said(caplog)[0]
    assert "ledger=" in said(caplog)[0]


@pytest.mark.redis
def test_beside_a_redis_a_database_may_keep_the_sends(
    own_redis: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import redis

    url, _ = own_redis
    vendor, ledger = Vendor(answer({"letter": "m-1"})), f"sqlite:///{tmp_path}/sends.db"
    first = client(Plain(), vendor, state=url, ledger=ledger)
    first.messages.send_email(LETTER, key="k")
    assert type(failover(first)._breakers).__name__ == "SqlBreakers"
    with redis.Redis.from_url(url) as server:
        server.flushall()
    client(Plain(), vendor, state=url, ledger=ledger).messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == 1
    assert not [one for one in said(caplog) if "ledger" in one]
    with pytest.raises(ConfigurationError, match="a ledger is a database"):
        client(Plain(), vendor, ledger=url)
