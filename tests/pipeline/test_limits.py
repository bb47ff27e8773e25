"""Staying within what a vendor allows."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import SAVE, Fake, FakeContacts, Vendor, aclient, answer, client

from martech.errors import RateLimited
from martech.pipeline.learning import held
from martech.pipeline.limits import MemoryLimits, Rate
from martech.provider import Limit, LimitReading, LimitScope, Provider, Response, get
from martech.registry import find
from martech.testing.clock import ManualClock


def test_a_burst_goes_at_once_and_the_rest_evenly() -> None:
    store, rate = MemoryLimits(), Rate("k", interval=0.5, burst=3)
    waits = [store.reserve([rate], now=100.0, longest_wait=60)[0] for _ in range(6)]
    assert waits == pytest.approx([0, 0, 0, 0.5, 1.0, 1.5])


def test_a_wait_that_is_too_long_takes_no_place() -> None:
    store, rate = MemoryLimits(), Rate("k", interval=10, burst=1)
    assert store.reserve([rate], now=0, longest_wait=5)[:2] == (0, True)
    assert store.reserve([rate], now=0, longest_wait=5)[:2] == (10, False)
    assert store.reserve([rate], now=0, longest_wait=5)[:2] == (10, False)
    assert store.reserve([rate], now=0, longest_wait=15)[:2] == (10, True)
    assert store.reserve([rate], now=0, longest_wait=15)[:2] == (20, False)


@given(
    burst=st.integers(1, 20),
    interval=st.floats(0.01, 2),
    gaps=st.lists(st.floats(0, 1), min_size=1, max_size=80),
)
def test_no_window_ever_holds_more_than_burst_and_rate(burst: int, interval: float, gaps: list[float]) -> None:
    store, rate, now = MemoryLimits(), Rate("k", interval, burst), 1000.0
    went: list[float] = []
    for gap in gaps:
        now += gap
        wait, granted, *_ = store.reserve([rate], now=now, longest_wait=1e9)
        assert granted
        went.append(now + wait)
    for index, start in enumerate(went):
        for length in (1.0, 5.0):
            inside = sum(start <= time < start + length for time in went[index:])
            assert inside <= burst + length / interval + 1e-6 + 1


def test_a_penalty_holds_everybody_until_it_is_over() -> None:
    store, rate = MemoryLimits(), Rate("k", interval=0.1, burst=1)
    store.reserve([rate], now=0, longest_wait=1)
    store.revise(rate, lambda pace: held(pace, 7.0))
    assert store.reserve([rate], now=5.0, longest_wait=60)[0] == pytest.approx(2.0)


PER_SECOND = Limit(name="calls", calls=2, per_seconds=1, every=True)


def test_a_client_keeps_to_the_declared_limit() -> None:
    clock = ManualClock()
    one = client(Fake(limits=[PER_SECOND]), Vendor(answer({"email": "a@example.org"})), clock=clock)
    began = clock.now()
    for _ in range(10):
        one.contacts.get("a@example.org")
    assert (clock.now() - began).total_seconds() == pytest.approx(4.0)


def test_a_wait_longer_than_allowed_is_an_error_with_the_time_and_sends_nothing() -> None:
    clock, vendor = ManualClock(), Vendor(answer({"email": "a@example.org"}))
    slow = Limit(name="calls", calls=1, per_seconds=60, every=True, burst=1)
    one = client(Fake(limits=[slow]), vendor, clock=clock, max_wait_seconds=10)
    one.contacts.get("a@example.org")
    with pytest.raises(RateLimited) as limited:
        one.contacts.get("a@example.org")
    assert limited.value.retry_at == clock.now() + timedelta(seconds=60)
    assert len(vendor.asked) == 1


def test_bulk_work_waits_as_long_as_it_takes() -> None:
    class Slow(FakeContacts):
        batch_size = 1

        async def upsert_batch(self, contacts: object, *, how: object) -> list[object]:
            await get("/bulk", limit="bulk")
            from martech.models import ItemOutcome, ItemResult

            return [ItemResult(outcome=ItemOutcome.SAVED)]

    from martech.models import Contact

    clock = ManualClock()
    limits = [Limit(name="bulk", calls=1, per_seconds=60, burst=1)]
    one = client(Fake(contacts=Slow(), limits=limits), Vendor(answer({})), clock=clock)
    began = clock.now()
    done = one.contacts.upsert_many([Contact(email=f"p{n}@example.org") for n in range(4)], if_new=SAVE)
    assert all(result.ok for result in done.items)
    assert (clock.now() - began).total_seconds() == pytest.approx(180)


class Learning(Fake):
    """Learns from two headers."""

    def learn(self, response: Response) -> LimitReading | None:
        limit, left = response.headers.get("x-limit"), response.headers.get("x-left")
        if limit is None:
            return None
        return LimitReading(
            name="calls", calls=int(limit), per_seconds=1, remaining=int(left or 1), resets_in_seconds=3
        )


def test_what_an_answer_says_about_the_limit_is_learned_and_reported() -> None:
    clock = ManualClock()
    unknown = Limit(name="calls", calls=None, every=True, source="the vendor's page about limits")
    said = answer({"email": "a@example.org"}, x_limit="10", x_left="5")
    empty = answer({"email": "a@example.org"}, x_limit="10", x_left="0")
    one = client(Learning(limits=[unknown]), Vendor(said, empty, said), clock=clock)
    assert [limit.learned for limit in one.account.limits()] == [False]
    one.contacts.get("a@example.org")
    assert clock.slept == []
    assert [(limit.calls, limit.remaining) for limit in one.account.limits()] == [(10, 5)]
    one.contacts.get("a@example.org")
    one.contacts.get("a@example.org")
    assert sum(clock.slept) >= 3 - 1


def test_what_is_counted_by_address_is_shared_by_all_accounts() -> None:
    from martech.pipeline.limits import Limits

    store = MemoryLimits()
    per_ip = Limit(name="calls", calls=1, per_seconds=1, every=True, scope=LimitScope.IP)
    keys = [Limits([per_ip], provider="p", account=name, store=store).keys(get("/x")) for name in "ab"]
    assert keys[0] == keys[1]
    per_account = Limit(name="calls", calls=1, per_seconds=1, every=True)
    keys = [Limits([per_account], provider="p", account=name, store=store).keys(get("/x")) for name in "ab"]
    assert keys[0] != keys[1]


def test_calls_that_must_not_run_in_parallel_do_not() -> None:
    running, most = [0], [0]

    def app(request: object) -> Response:
        running[0] += 1
        most[0] = max(most[0], running[0])
        import threading

        threading.Event().wait(0.002)
        running[0] -= 1
        return answer({"email": "a@example.org"})

    class One(FakeContacts):
        async def get(self, ref: object) -> object:
            return (await get("/x", limit="bulk")).json()

    from concurrent.futures import ThreadPoolExecutor

    limits = [Limit(name="bulk", at_once=1)]
    one = client(Fake(contacts=One(), limits=limits), app)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: one.contacts.get("a@example.org"), range(16)))
    assert most[0] == 1

    async def gathered() -> None:
        two = aclient(Fake(contacts=One(), limits=limits), app)
        await asyncio.gather(*(two.contacts.get("a@example.org") for _ in range(8)))

    asyncio.run(gathered())
    assert most[0] == 1


def test_the_account_is_told_apart_by_name_or_by_a_digest_that_shows_nothing() -> None:
    settings = {"name": "robin", "passphrase": "hunter2"}
    provider: type[Provider] = find("example")
    one, same = provider.with_settings(settings), provider.with_settings(settings)
    other = provider.with_settings(settings | {"name": "wren"})
    assert one.account_key == same.account_key != other.account_key
    assert provider.with_settings(settings | {"account": "main"}).account_key == "main"
    renewed = provider.with_settings(settings | {"passphrase": "hunter3"})
    assert renewed.account_key == one.account_key, "the keys of its sends are known under a new password too"
    assert renewed.credentials_key != one.credentials_key
    here = provider.with_settings(settings | {"base_url": "http://127.0.0.1:8080"})
    assert here.account_key != one.account_key, "an emulator's sends are none of the vendor's"


def test_an_account_whose_settings_are_all_secret_is_told_apart_by_the_first() -> None:
    provider: type[Provider] = find("digital_onboarding")
    settings = {"client_id": "abc", "client_secret": "hunter2"}
    one, renewed = (
        provider.with_settings(settings),
        provider.with_settings(settings | {"client_secret": "hunter3"}),
    )
    assert one.account_key == renewed.account_key
    assert provider.with_settings(settings | {"client_id": "abd"}).account_key != one.account_key


def test_a_refusal_sends_the_whole_line_away_even_where_no_limit_is_declared() -> None:
    clock = ManualClock()
    busy, ada = answer({"m": "busy"}, 429, retry_after="20"), answer({"email": "a@example.org"})
    one = client(Fake(), Vendor(busy, ada), clock=clock, max_wait_seconds=60)
    began = clock.now()
    one.contacts.get("a@example.org")
    assert 20 <= (clock.now() - began).total_seconds() < 22
    one.contacts.get("a@example.org")
    assert (clock.now() - began).total_seconds() < 25


def test_a_declared_limit_is_kept_to_again_some_time_after_a_refusal() -> None:
    clock = ManualClock()
    busy, ada = answer({"m": "busy"}, 429), answer({"email": "a@example.org"})
    spaced = Limit(name="calls", calls=10, per_seconds=1, burst=1, every=True)
    one = client(Fake(limits=[spaced]), Vendor(ada, busy, ada), clock=clock)
    for _ in range(300):
        one.contacts.get("a@example.org")
    began = clock.now()
    for _ in range(100):
        one.contacts.get("a@example.org")
    assert (clock.now() - began).total_seconds() == pytest.approx(10.0, rel=0.02)


def test_a_clock_that_is_set_back_does_not_hold_everybody_until_it_is_right_again() -> None:
    store, rate = MemoryLimits(), Rate("k", interval=1.0, burst=1)
    assert store.reserve([rate], now=10_000.0, longest_wait=60).wait == 0
    assert store.reserve([rate], now=10_000.0, longest_wait=60).wait == 1
    assert store.reserve([rate], now=6_400.0, longest_wait=60).wait == 2
    assert store.reserve([rate], now=6_399.0, longest_wait=60).wait == 4, "a second is no clock set back"
