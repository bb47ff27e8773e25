"""Several clients of one state, as several processes would be: one login, leases, and who may go first."""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.fakes import SAVE, App, Fake, FakeContacts, Vendor, aclient, answer, client
from tests.prove import limits, tokens
from tests.stores.places import fresh
from tests.stores.test_bad_days import ADA, Door, LoggingIn

from martech.client import Client
from martech.drivers.clock import Clock, SystemClock
from martech.errors import AuthenticationFailed, ClientClosed, RateLimited
from martech.models import Contact, Identifier, ItemOutcome, ItemResult
from martech.pipeline.leases import LeaseStore
from martech.provider import HttpRequest, Limit, Response, Saving, Token, get, post
from martech.stores import State, open_state
from martech.testing.clock import ManualClock

# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────


def door_client(vendor: LoggingIn, url: str, **options: object) -> Client:
    """Return a client that logs in and shares what it gets."""
    return client(Fake(auth=Door()), vendor, state=open_state(url), **options)


def test_a_token_that_one_fetched_serves_all_and_is_replaced_once(state_url: str) -> None:
    vendor = LoggingIn()
    several = [door_client(vendor, state_url) for _ in range(3)]
    for one in several:
        one.contacts.get("a@example.org")
    assert vendor.logins == 1
    vendor.token += 1
    for one in several:
        one.contacts.get("a@example.org")
    assert vendor.logins == 2
    door_client(vendor, state_url).contacts.get("a@example.org")
    assert vendor.logins == 2, "a restart costs no login"


def test_a_token_that_has_expired_is_not_taken_from_the_state(tmp_path: Path) -> None:
    clock, vendor, url = ManualClock(), LoggingIn(), f"sqlite:///{tmp_path}/state.db"

    class Brief(Door):
        async def login(self) -> Token:
            reply = await post("/login", json={}, repeatable=True)
            return Token(SecretStr(reply.json()["token"]), clock.now() + timedelta(seconds=100))

    for _ in range(2):
        client(Fake(auth=Brief()), vendor, clock=clock, state=url).contacts.get("a@example.org")
    assert vendor.logins == 1
    clock.advance(90)
    client(Fake(auth=Brief()), vendor, clock=clock, state=url).contacts.get("a@example.org")
    assert vendor.logins == 2


def test_other_credentials_do_not_share_a_token(tmp_path: Path) -> None:
    from martech.provider import Settings

    class Named(Settings):
        user: str

    class Other(Fake):
        settings_model = Named

    vendor, url = LoggingIn(), f"sqlite:///{tmp_path}/state.db"
    for user in ("ada", "grace", "ada"):
        provider = Other(auth=Door())
        provider.settings = Named(account="the same", user=user)
        client(provider, vendor, state=url).contacts.get("a@example.org")
    assert vendor.logins == 2


def test_a_login_that_fails_or_is_cancelled_keeps_nobody_else_from_trying(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    locked_out = Vendor(answer({"m": "no"}, 401))
    with pytest.raises(AuthenticationFailed):
        client(Fake(auth=Door()), locked_out, state=url).contacts.get("a@example.org")

    class Slow(Door):
        async def login(self) -> Token:
            await get("/slow")
            return Token(SecretStr("never"))

    async def cancelled() -> None:
        async with aclient(
            Fake(auth=Slow(), limits=[THREE_A_MINUTE]), Vendor(ADA), clock=Patient(), state=url
        ) as one:
            task = asyncio.ensure_future(one.contacts.get("a@example.org"))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancelled())
    began = time.perf_counter()
    vendor = LoggingIn()
    client(Fake(auth=Door()), vendor, state=url).contacts.get("a@example.org")
    assert time.perf_counter() - began < 5
    assert vendor.logins == 1


THREE_A_MINUTE = Limit(name="calls", calls=1, per_seconds=20, burst=1, every=True)


class Patient(ManualClock):
    """Waits really wait, so that there is a time in which to cancel."""

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


# ── what may run at once ─────────────────────────────────────────────────────────────────────────────────────


class Importing(FakeContacts):
    async def get(self, ref: Identifier) -> Contact:
        return Contact(email=(await get("/import", limit="imports")).json()["email"])

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        await get("/bulk")
        return [ItemResult(outcome=ItemOutcome.SAVED) for _ in contacts]

    batch_size = 1


IMPORTS = Limit(name="imports", at_once=2)


def test_clients_in_different_processes_keep_to_what_may_run_at_once(state_url: str) -> None:
    running, most, done, lock = [0], [0], [0], threading.Lock()

    def app(request: HttpRequest) -> Response:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1
            done[0] += 1
        return ADA

    def work() -> None:
        # Each waits for a turn by the machine's clock: one by hand would be over before another's call is.
        state, clock = open_state(state_url), SystemClock()
        one = client(Fake(contacts=Importing(), limits=[IMPORTS]), app, state=state, clock=clock)
        for _ in range(4):
            one.contacts.get("a@example.org")

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done[0], most[0] <= 2) == (20, True)


def held(leases: LeaseStore | None, clock: ManualClock) -> bool:
    """Return whether both leases are held."""
    assert leases is not None
    name = "at-once:fake:fake-account:imports"
    free = leases.take(name, "looking", at_most=2, now=clock.now().timestamp(), seconds=1)
    leases.give_back(name, "looking")
    return not free


def importing(app: App, clock: Clock, state: State, **options: Any) -> Client:
    """Return a client of which two calls may run at once, in all processes together."""
    return client(Fake(contacts=Importing(), limits=[IMPORTS]), app, clock=clock, state=state, **options)


def others_hold_all(state: State, clock: Clock, seconds: float) -> None:
    assert state.leases is not None
    for other in "ab":
        now = clock.now().timestamp()
        state.leases.take("at-once:fake:fake-account:imports", other, at_most=2, now=now, seconds=seconds)


def test_what_a_dead_process_held_is_free_when_its_time_is_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, state = ManualClock(), open_state(f"sqlite:///{tmp_path}/state.db")
    others_hold_all(state, clock, seconds=40)
    began = clock.now()
    with caplog.at_level(logging.INFO, "martech.requests"):
        importing(Vendor(ADA), clock, state, max_wait_seconds=60).contacts.get("a@b.cd")
    assert [one.__dict__["martech"]["waited_for"] for one in caplog.records] == [("others of its kind",)]
    assert 39 <= (clock.now() - began).total_seconds() <= 42


def test_who_may_not_wait_that_long_for_others_hears_so_and_holds_nothing(tmp_path: Path) -> None:
    clock, state, vendor = ManualClock(), open_state(f"sqlite:///{tmp_path}/state.db"), Vendor(ADA)
    others_hold_all(state, clock, seconds=40)
    began = clock.now()
    with pytest.raises(RateLimited, match="no longer than 10 s; nothing was sent") as limited:
        importing(vendor, clock, state, max_wait_seconds=10).contacts.get("a@b.cd")
    assert (clock.now() - began).total_seconds() <= 10
    assert limited.value.retry_at is not None
    assert vendor.asked == []
    clock.advance(40)
    assert not held(state.leases, clock)


@pytest.mark.parametrize("face", ["blocking", "asyncio"])
def test_who_waits_for_others_on_a_client_that_is_closed_asks_no_more(tmp_path: Path, face: str) -> None:
    clock, state = SystemClock(), open_state(f"sqlite:///{tmp_path}/state.db")
    others_hold_all(state, clock, seconds=60)
    if face == "blocking":
        one = importing(Vendor(ADA), clock, state)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(one.contacts.get, "a@b.cd")
            time.sleep(0.1)
            one.close()
            assert isinstance(waiting.exception(timeout=5), ClientClosed)
        return

    async def closed() -> None:
        one = aclient(Fake(contacts=Importing(), limits=[IMPORTS]), Vendor(ADA), clock=clock, state=state)
        waiting = asyncio.ensure_future(one.contacts.get("a@b.cd"))
        await asyncio.sleep(0.1)
        await one.close()
        with pytest.raises(ClientClosed):
            await asyncio.wait_for(waiting, 5)

    asyncio.run(closed())


def test_an_error_and_a_cancellation_give_leases_back(tmp_path: Path) -> None:
    clock, state = ManualClock(datetime.now(UTC)), open_state(f"sqlite:///{tmp_path}/state.db")

    def broken(request: HttpRequest) -> Response:
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            importing(broken, clock, state).contacts.get("a@b.cd")
    assert not held(state.leases, clock)


# ── who goes first ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_for_a_person_waits_behind_one_bulk_call_at_most(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    spaced = Limit(name="calls", calls=10, per_seconds=1, burst=1, every=True)
    provider = Fake(contacts=Importing(), limits=[spaced])
    bulk = Client(provider, app=Vendor(ADA), state=url)
    stop = threading.Event()

    def people() -> object:
        while not stop.is_set():
            yield Contact(email="p@example.org")

    def crowd() -> None:
        for _ in bulk.contacts.upsert_stream(people(), if_new=SAVE):  # type: ignore[arg-type]  # an iterator of contacts
            pass

    threads = [threading.Thread(target=crowd) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    began = time.perf_counter()
    Client(provider, app=Vendor(ADA), state=url).contacts.find("a@example.org")
    took = time.perf_counter() - began
    stop.set()
    for thread in threads:
        thread.join()
    assert took < 0.6, "six in line would be six tenths of a second"


def test_a_place_in_line_that_is_refused_is_not_taken(tmp_path: Path) -> None:
    clock, url = ManualClock(), f"sqlite:///{tmp_path}/state.db"
    slow = Limit(name="calls", calls=1, per_seconds=60, burst=1, every=True)
    one = client(Fake(limits=[slow]), Vendor(ADA), clock=clock, state=url, max_wait_seconds=10)
    one.contacts.get("a@example.org")
    for _ in range(3):
        with pytest.raises(RateLimited) as refused:
            one.contacts.get("a@example.org")
        assert refused.value.retry_at == clock.now() + timedelta(seconds=60)


# ── a sample of the proofs: real processes over real HTTP ────────────────────────────────────────────────────


def test_processes_share_a_limit_that_the_vendor_tells_in_its_answers(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as url:
        shared = limits.share(url, headers=True, windows=2, calls=40, size=2)
    assert shared.used >= 0.8
    assert shared.refused <= 2


def test_processes_log_in_once_together(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as url:
        counted = tokens.share(url, size=2, tasks=10)
    assert (counted["calls"], counted["cold"], counted["revoked"], counted["restarted"]) == (40, 1, 1, 0)
