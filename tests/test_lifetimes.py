"""Clients shared, forked, closed twice, never closed: each does the right thing, or says what is wrong."""

import asyncio
import gc
import os
import signal
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import LETTER, Plain

from martech import AsyncClient, Client
from martech.delivery import Delivery, failover
from martech.emulation import Served, serve
from martech.errors import ClientClosed, ConfigurationError
from martech.registry import emulator
from martech.stores import open_state, state


@pytest.fixture
def vendor() -> Any:
    with serve(emulator("example")()) as served:
        yield served


def settings(vendor: Served) -> dict[str, Any]:
    return vendor.emulator.settings()


def test_one_client_serves_many_threads_with_one_login(vendor: Served) -> None:
    with Client("example", **settings(vendor)) as client, ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: client.account.verify().ok, range(16)))
    assert seen == [True] * 16
    assert vendor.emulator.ledger.count("POST /session") == 1


def test_one_client_serves_many_tasks_with_one_login(vendor: Served) -> None:
    async def many() -> list[bool]:
        async with AsyncClient("example", **settings(vendor)) as client:
            return [one.ok for one in await asyncio.gather(*(client.account.verify() for _ in range(16)))]

    assert asyncio.run(many()) == [True] * 16
    assert vendor.emulator.ledger.count("POST /session") == 1


def test_one_client_serves_several_event_loops_at_once_and_closes_all_of_them(vendor: Served) -> None:
    client = AsyncClient("example", **settings(vendor))
    ready, finish = threading.Barrier(3), threading.Event()

    async def use_and_wait() -> None:
        await client.account.verify()
        await asyncio.to_thread(ready.wait)
        await asyncio.to_thread(finish.wait)

    others = [threading.Thread(target=lambda: asyncio.run(use_and_wait())) for _ in range(2)]
    for other in others:
        other.start()

    async def use_and_close() -> None:
        await client.account.verify()
        await asyncio.to_thread(ready.wait)
        await client.close()

    asyncio.run(use_and_close())
    finish.set()
    for other in others:
        other.join()
    assert vendor.emulator.ledger.count("POST /session") == 1


def test_closing_does_not_wait_for_an_event_loop_that_waits_for_it(vendor: Served) -> None:
    client = AsyncClient("example", **settings(vendor))

    async def use_and_block() -> bool:
        await client.account.verify()
        with ThreadPoolExecutor(1) as pool:
            closing = pool.submit(lambda: asyncio.run(client.close()))
            done = closing.exception(timeout=10) is None  # this loop does nothing meanwhile
        await asyncio.sleep(0)
        with pytest.raises(ClientClosed):
            await client.account.verify()
        return done

    assert asyncio.run(use_and_block())


def test_a_client_outlives_an_event_loop_and_works_on_the_next_one(vendor: Served) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop ended with its connections open
        _used_on_two_loops(vendor)
        gc.collect()
    assert vendor.emulator.ledger.count("POST /session") == 1


def _used_on_two_loops(vendor: Served) -> None:
    client = AsyncClient("example", **settings(vendor))
    assert asyncio.run(client.account.verify()).ok

    async def again() -> None:
        assert (await client.account.verify()).ok
        await client.close()

    asyncio.run(again())


def test_an_asyncio_client_outside_of_a_loop_says_which_client_to_use() -> None:
    client = AsyncClient("example", name="robin", passphrase="x")
    asking = client.account.verify()
    with pytest.raises(ConfigurationError, match="use Client in blocking code"):
        asking.send(None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_after_a_fork_parent_and_child_each_have_connections_of_their_own(vendor: Served) -> None:
    with Client("example", **settings(vendor)) as client:
        assert client.account.verify().ok
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            verdict = b"broke"
            try:
                done = [client.account.verify().ok for _ in range(3)]
                verdict = b"fine" if all(done) else b"wrong"
                client.close()
            finally:
                os.write(writing, verdict)
                os._exit(0)
        os.close(writing)
        done = [client.account.verify().ok for _ in range(3)]
        os.waitpid(child, 0)
        assert os.read(reading, 100) == b"fine"
        os.close(reading)
        assert done == [True] * 3
        assert client.account.verify().ok  # the child closed its own connections, not ours
    assert vendor.emulator.ledger.count("POST /session") == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_logs_in_leaves_the_child_free(vendor: Served) -> None:
    with Client("example", **settings(vendor)) as client:
        client._blocking_engine.line._tokens._mutex.enter(lambda: None)  # somebody is logging in
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            ok = False
            try:
                ok = client.account.verify().ok
            finally:
                os._exit(0 if ok else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        client._blocking_engine.line._tokens._mutex.release()


def locks(one: Client, delivery: Delivery[Any]) -> dict[str, Any]:
    """Return every lock that calls take for a moment, by what it keeps."""
    options = one._blocking_engine.line.options
    kept: dict[str, Any] = {"limits": options.limits, "sends": options.guard, "breakers": delivery._breakers}
    return {name: holder._lock for name, holder in kept.items()} | {"places": state._PLACES._lock}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("held", ["limits", "sends", "breakers", "places"])
def test_a_fork_at_the_moment_when_another_thread_holds_a_lock_leaves_the_child_free(
    held: str, tmp_path: Path
) -> None:
    one = client(Plain(), Vendor(answer({"letter": "m-1"})))
    mail = failover(one)
    mail.send_email(LETTER)
    with locks(one, mail)[held]:  # as if another thread did
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            signal.alarm(5)
            code = 1
            try:
                mail.send_email(LETTER)
                open_state(f"sqlite:///{tmp_path}/state.db").close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_closed_twice_is_closed_once_and_closed_says_so(vendor: Served) -> None:
    client = Client("example", **settings(vendor))
    client.account.verify()
    client.close()
    client.close()
    with pytest.raises(ClientClosed):
        client.account.verify()

    async def same() -> None:
        one = AsyncClient("example", **settings(vendor))
        await one.account.verify()
        await one.close()
        await one.close()
        with pytest.raises(ClientClosed):
            await one.account.verify()

    asyncio.run(same())


def test_a_client_that_is_closed_while_another_thread_waits_wakes_it(vendor: Served) -> None:
    vendor.emulator.faults.add("status", status=429, headers={"Retry-After": "20"})
    client = Client("example", **settings(vendor))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.account.verify)
        while not vendor.emulator.ledger.total and not asked.done():
            time.sleep(0.01)
        time.sleep(0.1)
        client.close()
        assert isinstance(asked.exception(timeout=5), ClientClosed)


def test_never_closed_says_what_is_wrong(vendor: Served) -> None:
    with pytest.warns(ResourceWarning, match="was never closed: use `with Client"):
        _used_and_forgotten(vendor)


def _used_and_forgotten(vendor: Served) -> None:
    client = Client("example", **settings(vendor))
    client.account.verify()
    del client
    gc.collect()


def test_a_client_that_was_never_used_need_not_be_closed() -> None:
    client = Client("example", name="robin", passphrase="x")
    del client
    gc.collect()
