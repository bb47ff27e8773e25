"""Limits, leases and tokens on every store: the same promises for all."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.stores.places import fresh

from martech.errors import ConfigurationError
from martech.pipeline.learning import Learned
from martech.pipeline.limits import LimitStore, MemoryLimits, Rate
from martech.stores import State, open_state
from martech.stores.sealing import KeptTokens
from martech.wire import Token


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """A state of any kind."""
    one = open_state(state_url)
    yield one
    one.close()


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("redis", marks=pytest.mark.redis),
    ]
)
def limits(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LimitStore]:
    """Limits on any store, memory included."""
    if request.param == "memory":
        yield MemoryLimits()
        return
    with fresh(request.param, tmp_path) as url:
        one = open_state(url)
        yield one.limits
        one.close()


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_store_gives_the_same_places(limits: LimitStore) -> None:
    model = MemoryLimits()
    spaced, loose, unknown = Rate("spaced", 0.25, 1), Rate("loose", 1.0, 4), Rate("unknown", 0.0, 1)
    now = 1_700_000_000.125
    for number, rates in enumerate([[spaced], [loose], [spaced, loose], [unknown], [loose, spaced, unknown]] * 6):
        now += 0.1 * (number % 3)
        for longest in (0.5, 60.0):
            mine = limits.reserve(rates, now=now, longest_wait=longest)
            theirs = model.reserve(rates, now=now, longest_wait=longest)
            assert mine.wait == pytest.approx(theirs.wait, abs=1e-6)
            assert mine[1:5] == theirs[1:5]


def test_places_are_given_once_however_many_ask(limits: LimitStore) -> None:
    one, two = Rate("one", 1.0, 1), Rate("two", 1.0, 1)

    def ask(number: int) -> float:
        rates = [one, two] if number % 2 else [two, one]
        return limits.reserve(rates, now=1000.0, longest_wait=1e9).wait

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(ask, range(120)))
    assert waits == [float(number) for number in range(120)]


def test_what_one_learns_holds_for_all(limits: LimitStore) -> None:
    rate = Rate("k", 1.0, 10)
    limits.reserve([rate], now=1000.0, longest_wait=60)

    def slower(pace: object) -> object:
        return replace(pace, interval=5.0, burst=1, epoch=3, learned=Learned(pace=0.2, closed=True))  # type: ignore[type-var]  # it is a pace

    limits.revise(rate, slower)  # type: ignore[arg-type]  # likewise
    place = limits.reserve([rate], now=1000.0, longest_wait=60)
    assert (place.epochs, place.closed) == ((3,), True)
    assert limits.reserve([rate], now=1000.0, longest_wait=60).wait - place.wait == pytest.approx(5.0)
    assert limits.still([rate], [3])
    assert not limits.still([rate], [2])
    seen = limits.revise(rate, lambda pace: pace)
    assert (seen.taken, seen.learned) == (3, Learned(pace=0.2, closed=True))


def test_changes_do_not_get_lost(limits: LimitStore) -> None:
    rate = Rate("k", 1.0, 1)

    def count(_: int) -> None:
        limits.revise(rate, lambda pace: replace(pace, epoch=pace.epoch + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(30)))
    assert limits.revise(rate, lambda pace: pace).epoch == 30


def test_a_place_instead_of_a_void_one_is_not_counted_twice(limits: LimitStore) -> None:
    rate = Rate("k", 1.0, 1)
    limits.reserve([rate], now=1000.0, longest_wait=60)
    limits.reserve([rate], now=1000.0, longest_wait=60, again=True)
    assert limits.revise(rate, lambda pace: pace).taken == 1


def test_a_clock_that_is_set_back_takes_the_line_with_it(limits: LimitStore) -> None:
    rate = Rate("k", 1.0, 1)
    assert limits.reserve([rate], now=1_000_000.0, longest_wait=60).wait == 0
    assert limits.reserve([rate], now=1_000_000.0, longest_wait=60).wait == 1
    assert limits.reserve([rate], now=996_400.0, longest_wait=60).wait == pytest.approx(2)
    assert limits.reserve([rate], now=1_000_000.0, longest_wait=60).wait == 0, "and forward again"


def test_clients_of_one_state_share_a_limit(state_url: str) -> None:
    from tests.fakes import Fake, Vendor, answer, client

    from martech.provider import Limit
    from martech.testing.clock import ManualClock

    clock, ada = ManualClock(), answer({"email": "a@example.org"})
    spaced = Limit(name="calls", calls=1, per_seconds=2, burst=1, every=True)
    both = [client(Fake(limits=[spaced]), Vendor(ada), clock=clock, state=state_url) for _ in "ab"]
    began = clock.now()
    for _ in range(3):
        for one in both:
            one.contacts.get("a@example.org")
    assert (clock.now() - began).total_seconds() == pytest.approx(10.0)


# ── leases ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_as_many_as_may_hold_a_lease_and_no_more(state: State) -> None:
    assert state.leases is not None
    take = state.leases.take
    assert [take("n", holder, at_most=2, now=100.0, seconds=10) for holder in "abc"] == [True, True, False]
    assert take("n", "a", at_most=2, now=105.0, seconds=10), "whoever holds it may renew it"
    assert take("other", "c", at_most=2, now=105.0, seconds=10)
    state.leases.give_back("n", "b")
    state.leases.give_back("n", "nobody")
    assert take("n", "c", at_most=2, now=106.0, seconds=10)


def test_the_dead_hold_nothing_beyond_their_time(state: State) -> None:
    assert state.leases is not None
    take = state.leases.take
    assert take("n", "dead", at_most=1, now=100.0, seconds=10)
    assert not take("n", "alive", at_most=1, now=109.9, seconds=10)
    assert take("n", "alive", at_most=1, now=110.0, seconds=10)


def test_a_lease_from_before_the_clock_was_set_back_is_over(state: State) -> None:
    assert state.leases is not None
    take = state.leases.take
    assert take("n", "before", at_most=1, now=100_000.0, seconds=10)
    assert take("n", "after", at_most=1, now=96_400.0, seconds=10)


def test_a_lease_is_taken_once_however_many_ask(state: State) -> None:
    leases = state.leases
    assert leases is not None
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(lambda n: leases.take("n", str(n), at_most=3, now=1.0, seconds=9), range(24)))
    assert took.count(True) == 3


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────

TOKEN = Token(SecretStr("very-secret-token"), datetime(2026, 1, 5, 10, tzinfo=UTC))


def test_a_token_is_kept_and_replaced(state: State) -> None:
    assert state.tokens is not None
    assert state.tokens.load("k") is None
    state.tokens.save("k", TOKEN)
    assert state.tokens.load("k") == TOKEN
    state.tokens.save("k", Token(SecretStr("another")))
    assert state.tokens.load("k") == Token(SecretStr("another"))
    assert state.tokens.load("other") is None


def kept_text(state: State) -> str:
    """Return what is really written in the store."""
    place = state._place
    assert place is not None
    return str(place._texts.get("k"))


@pytest.mark.parametrize("key", ["a passphrase", "Zm9yIHRoZSB0ZXN0IG9ubHksIG5vdGhpbmcgZWxzZSE="])
def test_a_token_is_unreadable_without_the_key(state_url: str, key: str, caplog: pytest.LogCaptureFixture) -> None:
    sealed = open_state(state_url, key=key)
    assert sealed.tokens is not None
    sealed.tokens.save("k", TOKEN)
    assert "very-secret-token" not in kept_text(sealed)
    again = open_state(state_url, key=SecretStr(key)).tokens
    assert again is not None
    assert again.load("k") == TOKEN
    for other in ("another passphrase", None):
        unable = open_state(state_url, key=other).tokens
        assert unable is not None
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            assert unable.load("k") is None
            assert unable.load("k") is None
        assert len([one for one in caplog.records if one.name == "martech.state"]) == 1, "said once"


def test_a_token_that_lies_open_is_not_taken_by_who_has_a_key_and_does_not_stay_open(state_url: str) -> None:
    plain, sealed = open_state(state_url), open_state(state_url, key="a passphrase")
    assert plain.tokens is not None
    assert sealed.tokens is not None
    plain.tokens.save("k", TOKEN)
    assert "very-secret-token" in kept_text(plain)
    assert sealed.tokens.load("k") is None
    sealed.tokens.save("k", TOKEN)
    assert "very-secret-token" not in kept_text(plain)
    assert sealed.tokens.load("k") == TOKEN


@pytest.mark.parametrize(
    "text",
    [
        "plain:[]",
        'plain:{"secret": "x"}',
        'plain:{"secret": 7, "expires_at": null}',
        'plain:{"secret": "x", "expires_at": "soon"}',
        'plain:{"secret": "x", "expires_at": "2026-01-05T10:00:00"}',
        "something else",
        "",
    ],
)
def test_what_another_version_or_nobody_wrote_is_no_token(text: str, caplog: pytest.LogCaptureFixture) -> None:
    class Written:
        def get(self, key: str) -> str:
            return text

        def put(self, key: str, content: str) -> None: ...

    assert KeptTokens(Written()).load("k") is None
    assert "logging in instead" in caplog.text


def test_nothing_secret_is_in_any_repr(state_url: str) -> None:
    state = open_state(state_url.replace("://", "://", 1), key="a passphrase")
    assert state.tokens is not None
    state.tokens.save("k", TOKEN)
    shown = repr(state) + repr(state.tokens) + repr(state.limits) + repr(state._place)
    assert "passphrase" not in shown
    assert "very-secret" not in shown


def test_a_key_that_keeps_nothing_secret_is_refused(state_url: str) -> None:
    with pytest.raises(ConfigurationError, match="too short"):
        open_state(state_url, key="short")


# ── what is shared in one process, and what is not ───────────────────────────────────────────────────────────


def test_clients_of_one_process_share_the_connections(state_url: str) -> None:
    one, two = open_state(state_url), open_state(state_url)
    assert one._place is two._place


def test_the_same_file_is_meant_by_its_folder_at_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here, absolute = open_state("sqlite:///state.db"), open_state(f"sqlite:///{tmp_path}/state.db")
    assert here._place is absolute._place
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert open_state("sqlite:///state.db")._place is not here._place


def test_no_state_is_the_memory_of_this_client() -> None:
    one, two = open_state(None), open_state(None)
    assert one.limits is not two.limits
    assert (one.tokens, one.leases, one.database) == (None, None, None)
