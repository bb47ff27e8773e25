"""The mutex that threads and tasks of any loop may share."""

import asyncio
import threading
import time

from martech.drivers.aio import AsyncDriver
from martech.drivers.blocking import BlockingDriver
from martech.testing.clock import ManualClock
from martech.wire import Acquire, Mutex


class NoTransport:
    def exchange(self, request: object) -> None: ...
    def close(self) -> None: ...


def test_it_lets_in_as_many_as_it_has_permits_and_the_others_in_their_order() -> None:
    mutex, came = Mutex(2), []
    assert mutex.enter(lambda: came.append("a"))
    assert mutex.enter(lambda: came.append("b"))
    assert not mutex.enter(lambda: came.append("c"))
    assert not mutex.enter(lambda: came.append("d"))
    mutex.release()
    mutex.release()
    assert came == ["c", "d"]


def test_who_leaves_the_queue_is_not_called() -> None:
    mutex, came = Mutex(), []
    mutex.enter(lambda: None)

    def turn() -> None:
        came.append("late")

    mutex.enter(turn)
    assert mutex.leave(turn)
    assert not mutex.leave(turn)
    mutex.release()
    assert came == []
    assert mutex.enter(lambda: None)


async def locked(mutex: Mutex, log: list[str], name: str) -> None:
    await Acquire(mutex)
    try:
        log.append(f"{name} in")
        time.sleep(0.002)  # noqa: ASYNC251 - on purpose: whoever is inside holds on for a moment
        log.append(f"{name} out")
    finally:
        mutex.release()


def test_threads_and_tasks_of_two_loops_take_turns() -> None:
    mutex, log = Mutex(), []
    driver = BlockingDriver(NoTransport(), ManualClock())  # type: ignore[arg-type]  # nothing is exchanged here

    def loop(name: str) -> None:
        async def several() -> None:
            aio = AsyncDriver(NoTransport(), ManualClock())  # type: ignore[arg-type]  # nothing is exchanged here
            await asyncio.gather(*(aio.run(locked(mutex, log, f"{name}{i}")) for i in range(5)))

        asyncio.run(several())

    threads = [threading.Thread(target=loop, args=(name,)) for name in "xy"]
    threads += [threading.Thread(target=driver.run, args=(locked(mutex, log, f"t{i}"),)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(log) == 30
    assert all(log[i].split()[0] == log[i + 1].split()[0] for i in range(0, 30, 2))


def test_a_cancelled_waiter_does_not_keep_the_mutex() -> None:
    async def scenario() -> str:
        mutex, log = Mutex(), []
        mutex.enter(lambda: None)
        aio = AsyncDriver(NoTransport(), ManualClock())  # type: ignore[arg-type]  # nothing is exchanged here
        first = asyncio.ensure_future(aio.run(locked(mutex, log, "first")))
        second = asyncio.ensure_future(aio.run(locked(mutex, log, "second")))
        await asyncio.sleep(0)
        mutex.release()
        first.cancel()
        await asyncio.wait_for(second, 2)
        return " ".join(log)

    assert "second out" in asyncio.run(scenario())
