"""What both drivers promise, looked at through clients of a fake provider."""

import asyncio
import contextvars
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.fakes import Fake, FakeContacts, Vendor, aclient, answer, client

from martech.errors import ClientClosed, ForeignAwait, NotFound
from martech.models import Contact, Identifier, email
from martech.pipeline import Line, Options, conduct
from martech.pipeline.conducting import Call
from martech.provider import NewId, Now, Outcome, Pause, Response, Together, get
from martech.testing.clock import ManualClock
from martech.testing.faces import Drive
from martech.wire import HttpRequest

WHO = contextvars.ContextVar("WHO", default="nobody")


class Everything(FakeContacts):
    """Each verb awaits something else."""

    def __init__(self, what: Any) -> None:
        self.what = what
        self.closed = False

    async def get(self, ref: Identifier) -> Contact:
        try:
            await self.what()
        finally:
            self.closed = True
        return Contact(email=ref.value)


def ask_both(contacts: Everything, app: Any = None) -> list[Any]:
    """Call `contacts.get` on both faces; returns values or errors."""
    got: list[Any] = []
    for ask in (
        lambda: client(Fake(contacts=contacts), app).contacts.get("ada@example.org"),
        lambda: asyncio.run(aclient(Fake(contacts=contacts), app).contacts.get("ada@example.org")),
    ):
        try:
            got.append(ask())
        except Exception as error:
            got.append(error)
    return got


async def pausing() -> None:
    await Pause(1)


async def sleeping() -> None:
    await asyncio.sleep(0)


async def really_sleeping() -> None:
    await asyncio.sleep(0.01)


@pytest.mark.parametrize("what", [pausing, sleeping, really_sleeping])
def test_an_operation_that_waits_by_itself_is_refused_in_words_on_both_faces(what: Any) -> None:
    for error in ask_both(Everything(what)):
        assert isinstance(error, ForeignAwait), error
        assert "may await only Request, Together, Now, NewId" in str(error)


def test_the_time_and_ids_come_from_the_driver() -> None:
    seen: list[Any] = []

    async def asking() -> None:
        seen.append((await Now(), await NewId()))

    assert [type(one) for one in ask_both(Everything(asking))] == [Contact, Contact]
    assert all(now == datetime(2026, 1, 5, 9, tzinfo=UTC) for now, _ in seen)
    assert len({new for _, new in seen}) == 2


def test_a_refusal_is_thrown_at_the_await_and_can_be_caught_there() -> None:
    caught: list[str] = []

    async def asking() -> None:
        try:
            await get("/people")
        except NotFound as error:
            caught.append(error.message)

    assert [type(one) for one in ask_both(Everything(asking), Vendor(answer({}, 404)))] == [Contact, Contact]
    assert len(caught) == 2


def test_together_keeps_the_order_and_one_refusal_stops_nobody() -> None:
    results: list[Sequence[Outcome[int]]] = []

    async def one(number: int) -> int:
        if number % 3 == 0:
            raise NotFound("not this one")
        await get("/n/{n}", n=number)
        return number

    async def asking() -> None:
        results.append(await Together([one(n) for n in range(10)], at_most=4))

    ask_both(Everything(asking))
    for outcomes in results:
        assert [outcome.error is None for outcome in outcomes] == [n % 3 != 0 for n in range(10)]
        assert [outcome.value for outcome in outcomes if outcome.error is None] == [1, 2, 4, 5, 7, 8]
        with pytest.raises(NotFound):
            _ = outcomes[0].value


def test_together_runs_no_more_than_asked_at_once_and_nesting_cannot_starve() -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def app(request: HttpRequest) -> Response:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.005)
        with lock:
            running[0] -= 1
        return answer({})

    async def leaf(n: int) -> None:
        await get("/n/{n}", n=n)

    async def inner(n: int) -> None:
        await Together([leaf(i) for i in range(4)], at_most=4)

    async def asking() -> None:
        await Together([inner(n) for n in range(8)], at_most=8)

    blocking = client(Fake(contacts=Everything(asking)), app)
    blocking.contacts.get("ada@example.org")
    assert 1 < most[0] <= 17


def test_context_travels_into_what_runs_together() -> None:
    seen: list[str] = []

    async def leaf() -> None:
        seen.append(WHO.get())

    async def asking() -> None:
        await Together([leaf() for _ in range(6)])

    WHO.set("ada")
    ask_both(Everything(asking))
    assert seen == ["ada"] * 12


def test_what_is_no_error_of_ours_stops_everything_and_comes_through() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    async def fine() -> None:
        await get("/fine")

    async def asking() -> None:
        await Together([fine(), broken(), fine()])

    assert [type(one) for one in ask_both(Everything(asking))] == [ZeroDivisionError, ZeroDivisionError]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_being_stopped_reaches_the_operation_and_closes_it(stop: type[BaseException]) -> None:
    caught: list[BaseException] = []

    async def asking() -> None:
        try:
            await get("/people")
        except BaseException as error:
            caught.append(error)
            raise

    contacts = Everything(asking)
    with pytest.raises(stop):
        client(Fake(contacts=contacts), Vendor(stop)).contacts.get("ada@example.org")
    assert [type(one) for one in caught] == [stop]
    assert contacts.closed


def test_a_cancelled_task_cancels_what_it_waits_for() -> None:
    async def scenario() -> bool:
        contacts = Everything(lambda: get("/people"))
        waiting = asyncio.Event()

        class Clock:
            def now(self) -> datetime:
                return datetime.now(UTC)

            def sleep(self, seconds: float, wake: object) -> None: ...

            async def asleep(self, seconds: float) -> None:
                waiting.set()
                await asyncio.sleep(60)

        one = aclient(Fake(contacts=contacts), Vendor(answer({}, 503)), clock=Clock())
        task = asyncio.ensure_future(one.contacts.get("ada@example.org"))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return contacts.closed

    assert asyncio.run(scenario())


def test_a_closed_client_says_so_and_closing_twice_is_once() -> None:
    blocking = client()
    blocking.close()
    blocking.close()
    with pytest.raises(ClientClosed):
        blocking.contacts.get("ada@example.org")

    async def scenario() -> None:
        one = aclient()
        await one.close()
        await one.close()
        with pytest.raises(ClientClosed):
            await one.contacts.get("ada@example.org")

    asyncio.run(scenario())


def test_an_operation_is_tested_without_any_driver() -> None:
    work = FakeContacts().get(email("ada@example.org"))
    request = work.send(None)
    assert request.asked == "GET /people/{email}"
    with pytest.raises(StopIteration) as done:
        work.send(answer({"email": "ada@example.org"}))
    assert done.value.value == Contact(email="ada@example.org")


def test_an_early_break_from_a_listing_is_clean() -> None:
    pages = Vendor(answer({"people": ["a@example.org", "b@example.org"], "next": "1"}), answer({"people": []}))
    for contact in client(app=pages).contacts.list():
        assert contact.email == "a@example.org"
        break
    assert len(pages.asked) == 1


def test_a_stream_that_is_left_early_ends_its_flow(table: Any) -> None:
    people = (Contact(email=f"p{n}@example.org") for n in range(10_000))
    with Drive(table, "blocking") as drive:
        stream = drive.client.contacts.upsert_stream(people, if_new=drive.if_new)
        next(stream)
        stream.close()
        assert list(stream) == []


def test_conducting_is_itself_an_operation() -> None:
    line = Line(Fake(), Options())
    work = conduct(line, FakeContacts().get(email("ada@example.org")), Call("contacts.get"))
    assert type(work.send(None)).__name__ == "Now"
    assert type(work.send(ManualClock().now())).__name__ == "Exchange"
    work.close()
