"""The send ledger: what it remembers, what it lets out, and what it says on a bad day."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import NOTHING, Fake, Vendor, aclient, answer, client
from tests.prove.ledger_world import LETTER, Askable, Caller, Letters, Plain, Post, heard
from tests.stores.places import fresh

from martech.client import Client
from martech.delivery.ledger import SendLedger, ledger_for
from martech.delivery.owners import may_be_alive, this_process
from martech.errors import (
    AlreadySent,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    MartechError,
    NotFound,
    OutcomeUnknown,
    StateBroken,
    StateUnavailable,
    TimedOut,
)
from martech.models import (
    EmailMessage,
    Enrolment,
    EnrolmentResult,
    Identifier,
    ItemOutcome,
    MessageState,
    email,
)
from martech.pipeline import Fate, MemoryGuard, SendGuard
from martech.provider import Auth, AutomationOperations, Extra, HttpRequest, Limit, Response, send
from martech.stores.database import Database
from martech.testing.clock import ManualClock

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OTHER = EmailMessage(to="bob@example.org", subject="Hello", text="Hello")
TAKEN = answer({"letter": "m-1"})
Opening = Callable[..., SendLedger]
LATE = TimedOut("no answer in time", maybe_processed=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SendLedger]:
    """An empty ledger."""
    with fresh(request.param, tmp_path) as url:
        database = Database(url)
        yield ledger_for(database)
        database.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., SendLedger]]:
    """Open a ledger in a file of this test, and close it in the end."""
    databases: list[Database] = []

    def opening(name: str = "state.db", **options: Any) -> SendLedger:
        databases.append(Database(f"sqlite:///{tmp_path}/{name}", **options))
        return ledger_for(databases[-1])

    yield opening
    for database in databases:
        database.close()


@pytest.fixture(params=["ledger", "memory"])
def guard(request: pytest.FixtureRequest, opened: Opening) -> SendGuard:
    """Either guard: what they let out is the same."""
    return MemoryGuard() if request.param == "memory" else opened()


def sender(guard: SendGuard, *answers: Any, known_seconds: float = 0.0, **options: Any) -> tuple[Vendor, Client]:
    """Return a vendor that answers so, and a client whose sends that guard watches."""
    vendor = Vendor(*answers)
    return vendor, client(Plain(known_seconds), vendor, guard=guard, **options)


# ── the same key ─────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_repeats_a_key_gets_the_first_receipt_and_nothing_is_sent(guard: SendGuard) -> None:
    vendor, one = sender(guard, TAKEN)
    first = one.messages.send_email(LETTER, key="welcome-1")
    assert (first.message_id, first.send_key, first.state) == ("m-1", "welcome-1", MessageState.ACCEPTED)
    assert one.messages.send_email(LETTER, key="welcome-1") == first
    assert len(vendor.asked) == 1


def test_the_same_key_for_another_recipient_is_a_mistake_that_is_named(guard: SendGuard) -> None:
    vendor, one = sender(guard, TAKEN)
    one.messages.send_email(LETTER, key="welcome")
    with pytest.raises(AlreadySent, match="another send") as already:
        one.messages.send_email(OTHER, key="welcome")
    assert (already.value.send_key, already.value.vendor_id) == ("welcome", "m-1")
    assert "key of its own" in str(already.value)
    assert len(vendor.asked) == 1


def test_without_a_key_each_call_is_a_send_of_its_own(guard: SendGuard) -> None:
    vendor, one = sender(guard, TAKEN)
    keys = {one.messages.send_email(LETTER).send_key for _ in range(3)}
    assert (len(keys), len(vendor.asked)) == (3, 3)


def test_accounts_and_providers_do_not_get_into_each_others_keys(ledger: SendLedger) -> None:
    _, one = sender(ledger, TAKEN)
    one.messages.send_email(LETTER, key="k")
    other = Plain()
    other.settings = other.settings.model_copy(update={"account": "another"})
    vendor = Vendor(TAKEN)
    client(other, vendor, guard=ledger).messages.send_email(OTHER, key="k")
    assert len(vendor.asked) == 1
    assert {row.account for row in ledger.find("k", now=NOW)} == {"fake-account", "another"}
    with pytest.raises(InvalidRequest, match="several accounts"):
        ledger.decide("k", Fate.REFUSED, now=NOW)


def test_a_refused_send_may_be_made_again_under_its_key(guard: SendGuard) -> None:
    vendor, one = sender(guard, answer({}, 400), TAKEN)
    with pytest.raises(MartechError):
        one.messages.send_email(LETTER, key="k")
    assert one.messages.send_email(OTHER, key="k").message_id == "m-1"
    assert len(vendor.asked) == 2


def test_what_stood_in_line_and_gave_up_was_refused_and_not_lost(ledger: SendLedger) -> None:
    provider = Plain()
    provider.limits = [Limit(name="all", calls=1, per_seconds=3600, every=True, source="invented")]
    one = client(provider, Vendor(TAKEN), guard=ledger, max_wait_seconds=1)
    one.messages.send_email(LETTER, key="k-1")
    with pytest.raises(MartechError):
        one.messages.send_email(LETTER, key="k-2")
    (row,) = ledger.find("k-2", now=NOW)
    assert row.fate is Fate.REFUSED
    assert row.detail is not None
    assert row.detail.startswith("never left (RateLimited")


# ── nobody knows ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_send_that_timed_out_says_what_is_needed_to_decide(ledger: SendLedger) -> None:
    vendor, one = sender(ledger, LATE, TAKEN)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            one.messages.send_email(LETTER, key="order-7")
        said = unknown.value.details()
        assert (said["send_key"], said["account"]) == ("order-7", "fake-account")
        assert said["begun_at"] == NOW.isoformat()
        assert "martech sends settle order-7" in str(unknown.value)
    assert len(vendor.asked) == 1
    (row,) = ledger.sends(now=NOW, fates=[Fate.UNKNOWN])
    assert (row.key, row.asked, row.detail) == ("order-7", "POST /letters", "TimedOut: no answer in time")


@pytest.mark.parametrize(("fate", "letters"), [(Fate.ACCEPTED, 1), (Fate.REFUSED, 2)])
def test_somebody_looks_and_settles_it(ledger: SendLedger, fate: Fate, letters: int) -> None:
    vendor, one = sender(ledger, LATE, TAKEN)
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="k")
    settled = ledger.decide("k", fate, now=NOW, vendor_id="m-9" if fate is Fate.ACCEPTED else None)
    assert (settled.fate, settled.settled_by) == (fate, "by hand")
    if fate is Fate.ACCEPTED:
        with pytest.raises(AlreadySent, match="m-9"):
            one.messages.send_email(LETTER, key="k")
    else:
        one.messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == letters
    with pytest.raises(Conflict, match="is known"):
        ledger.decide("k", Fate.REFUSED, now=NOW)


def test_only_what_is_there_and_in_doubt_can_be_settled(ledger: SendLedger) -> None:
    with pytest.raises(NotFound):
        ledger.decide("nothing", Fate.ACCEPTED, now=NOW)
    with pytest.raises(InvalidRequest):
        ledger.decide("nothing", Fate.UNKNOWN, now=NOW)


def test_a_vendor_that_knows_the_key_is_told_again_and_nothing_is_unknown(guard: SendGuard) -> None:
    vendor, one = sender(guard, LATE, answer({}, 503), TAKEN, known_seconds=600)
    assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
    assert len(vendor.asked) == 3


def test_a_refusal_after_a_doubtful_attempt_proves_nothing(guard: SendGuard) -> None:
    vendor, one = sender(guard, LATE, answer({}, 400), known_seconds=600)
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="k")
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(OTHER, key="k")
    assert len(vendor.asked) == 2


def test_what_the_vendor_will_have_forgotten_is_not_told_again(guard: SendGuard) -> None:
    clock = ManualClock()
    vendor, one = sender(guard, KeyboardInterrupt, TAKEN, known_seconds=600, clock=clock)
    with pytest.raises(KeyboardInterrupt):
        one.messages.send_email(LETTER, key="k")
    for jump in (601, -900):
        clock.advance(jump)
        with pytest.raises(OutcomeUnknown):
            one.messages.send_email(LETTER, key="k")
    clock.advance(300)
    assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
    assert len(vendor.asked) == 2


def test_after_an_attempt_in_doubt_nobody_is_told_that_nothing_was_sent(guard: SendGuard) -> None:
    provider, vendor = Plain(600), Vendor(LATE, TAKEN)
    provider.limits = [Limit(name="all", calls=1, per_seconds=60, every=True, source="invented")]
    one = client(provider, vendor, guard=guard, max_wait_seconds=5)
    with pytest.raises(OutcomeUnknown) as unknown:
        one.messages.send_email(LETTER, key="k")
    assert not unknown.value.retryable
    assert "RateLimited" in str(unknown.value.cause)
    assert len(vendor.asked) == 1


class Stumbling(Plain):
    """Breaks while it looks at an answer: before anybody knows what it says, or while learning from it."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.auth = Refusing() if at == "refused" else Auth()
        self.at = at

    def learn(self, response: Response) -> None:
        if self.at == "learn":
            raise StateBroken("the state is damaged")


class Refusing(Auth):
    """Cannot say whether an answer refuses a token."""

    def refused(self, response: Response) -> bool:
        raise ValueError("a mistake of the plugin")


def test_an_answer_that_something_of_ours_stumbled_over_leaves_the_send_unknown(ledger: SendLedger) -> None:
    one = client(Stumbling("refused"), Vendor(TAKEN), guard=ledger)
    with pytest.raises(ValueError, match="plugin"):
        one.messages.send_email(LETTER, key="k")
    assert [(row.fate, row.detail) for row in ledger.find("k", now=NOW)] == [
        (Fate.UNKNOWN, "ValueError over the answer")
    ]


def test_what_breaks_after_the_vendor_accepted_does_not_look_like_nothing_was_sent(guard: SendGuard) -> None:
    vendor = Vendor(TAKEN)
    one = client(Stumbling("learn"), vendor, guard=guard)
    with pytest.raises(OutcomeUnknown, match="the vendor accepted this send"):
        one.messages.send_email(LETTER, key="k")
    with pytest.raises(AlreadySent):
        one.messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == 1


def test_a_memory_that_is_full_forgets_no_send_that_may_have_gone_out() -> None:
    guard = MemoryGuard(keep=3)
    vendor, one = sender(guard, LATE, TAKEN)
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="in doubt")
    for number in range(5):
        one.messages.send_email(LETTER, key=f"k-{number}")
    assert guard.remembered() == ["in doubt", "k-3", "k-4"]
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="in doubt")
    assert len(vendor.asked) == 6


# ── the same content ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_content_within_the_window_is_the_same_send(guard: SendGuard) -> None:
    clock = ManualClock()
    vendor, one = sender(guard, TAKEN, clock=clock)
    first = one.messages.send_email(LETTER, dedupe_within_seconds=60)
    assert one.messages.send_email(LETTER, dedupe_within_seconds=60) == first
    one.messages.send_email(OTHER, dedupe_within_seconds=60)
    one.messages.send_email(LETTER)
    assert len(vendor.asked) == 3
    clock.advance(61)
    assert one.messages.send_email(LETTER, dedupe_within_seconds=60).send_key != first.send_key
    assert len(vendor.asked) == 4


def test_the_same_content_in_doubt_is_not_sent_under_another_key(guard: SendGuard) -> None:
    vendor, one = sender(guard, LATE, TAKEN)
    with pytest.raises(OutcomeUnknown) as first:
        one.messages.send_email(LETTER, dedupe_within_seconds=60)
    with pytest.raises(OutcomeUnknown) as second:
        one.messages.send_email(LETTER, dedupe_within_seconds=60)
    assert second.value.send_key == first.value.send_key
    assert len(vendor.asked) == 1
    with pytest.raises(InvalidRequest):
        one.messages.send_email(LETTER, dedupe_within_seconds=0)


class Journeys(AutomationOperations):
    """Enrols two people at a time."""

    batch_size = 2
    list = enrolment_status = NOTHING

    async def enrol(
        self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
    ) -> Enrolment:
        del extra
        await send("/journeys", json={"people": [one.value for one in people], "key": key}, send_key=key)
        items = [EnrolmentResult(outcome=ItemOutcome.ACCEPTED, identifier=one) for one in people]
        return Enrolment(automation_id=automation_id, ids=(f"e-{key}",), items=tuple(items))


def test_every_call_of_an_enrolment_is_in_the_ledger_and_goes_out_once(ledger: SendLedger) -> None:
    provider, vendor = Fake(), Vendor(answer({}), LATE, answer({}))
    provider.automations = Journeys()
    one = client(provider, vendor, guard=ledger)
    people = [email(f"{name}@example.org") for name in ("a", "b", "c", "d", "e")]
    first = one.automations.enrol("welcome", people, key="w", dedupe_within_seconds=60)
    assert [str(item.outcome) for item in first.items] == ["accepted"] * 2 + ["unknown"] * 2 + ["accepted"]
    again = one.automations.enrol("welcome", people, key="w")
    assert [str(item.outcome) for item in again.items] == [str(item.outcome) for item in first.items]
    other = one.automations.enrol("welcome", people[::-1], key="w")
    assert [str(item.outcome) for item in other.items] == ["refused"] * 2 + ["unknown"] * 2 + ["refused"]
    assert "that was another send" in str(other.items[0].reason)
    assert len(vendor.asked) == 3
    fates = {row.key: row.fate for row in ledger.sends(now=NOW)}
    assert fates == {"w/0": Fate.ACCEPTED, "w/2": Fate.UNKNOWN, "w/4": Fate.ACCEPTED}


# ── who is at it ─────────────────────────────────────────────────────────────────────────────────────────────


def in_flight(ledger: SendLedger, key: str, clock: ManualClock) -> Caller:
    """Return a caller whose letter is with the vendor."""
    caller = Caller("first", ledger, Post("plain"), clock, key)
    while "exchange+" not in caller.passed:
        caller.step()
    return caller


def test_a_second_caller_hears_that_the_first_is_at_it(ledger: SendLedger) -> None:
    clock = ManualClock()
    first = in_flight(ledger, "k", clock)
    vendor, one = sender(ledger, TAKEN, clock=clock)
    with pytest.raises(OutcomeUnknown, match="under way") as under_way:
        one.messages.send_email(LETTER, key="k")
    assert under_way.value.under_way
    with pytest.raises(Conflict, match="right now"):
        ledger.decide("k", Fate.REFUSED, now=clock.now())
    assert heard(first.run()) == "receipt"
    assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
    assert vendor.asked == []


@pytest.mark.parametrize("jump", [86_400, -86_400])
def test_a_clock_that_jumps_makes_nothing_go_out_twice(ledger: SendLedger, jump: float) -> None:
    clock = ManualClock()
    first = in_flight(ledger, "k", clock)
    clock.advance(jump)
    vendor, one = sender(ledger, TAKEN, clock=clock)
    with pytest.raises(OutcomeUnknown) as unknown:
        one.messages.send_email(LETTER, key="k")
    assert unknown.value.under_way == (jump < 0)
    assert heard(first.run()) == "receipt"
    assert one.messages.send_email(LETTER, key="k").message_id == "m-1"
    assert vendor.asked == []


def test_what_a_dead_process_had_in_hand_is_unknown_at_once(opened: Opening) -> None:
    ledger = opened()
    ledger.sends(now=NOW)
    pid = os.fork()
    if not pid:
        in_flight(ledger, "k", ManualClock())
        os._exit(0)
    os.waitpid(pid, 0)
    (row,) = ledger.sends(now=NOW, fates=[Fate.UNKNOWN])
    assert (row.key, row.detail) == ("k", "its process ended while it was under way")
    with pytest.raises(OutcomeUnknown) as unknown:
        sender(ledger, TAKEN)[1].messages.send_email(LETTER, key="k")
    assert not unknown.value.under_way
    assert ledger.decide("k", Fate.REFUSED, now=NOW).fate is Fate.REFUSED


def test_a_process_is_known_by_more_than_its_number() -> None:
    me = this_process()
    machine, pid, born = me.split(":")
    assert may_be_alive(me)
    assert not may_be_alive(f"{machine}:{pid}:{int(born) + 1}")
    assert not may_be_alive(f"{machine}:4194305:{born}")
    assert may_be_alive(f"elsewhere:{pid}:1")
    assert may_be_alive("")


# ── stopped in the middle ────────────────────────────────────────────────────────────────────────────────────


def test_a_cancelled_task_leaves_the_send_unknown_and_not_forgotten(opened: Opening) -> None:
    ledger = opened()

    async def scenario() -> None:
        def app(request: HttpRequest) -> Response:
            raise asyncio.CancelledError

        one = aclient(Plain(), app, guard=ledger)
        task = asyncio.ensure_future(one.messages.send_email(LETTER, key="k"))
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(OutcomeUnknown):
            await one.messages.send_email(LETTER, key="k")
        await one.close()

    asyncio.run(scenario())
    assert [row.fate for row in ledger.find("k", now=NOW)] == [Fate.UNKNOWN]


@pytest.mark.parametrize("how", ["interrupted", "cancelled", "dropped"])
@pytest.mark.parametrize("place", range(8))
def test_stopped_anywhere_it_ends_as_refused_accepted_or_unknown(opened: Opening, how: str, place: int) -> None:
    ledger = opened()
    post = Post("plain")
    Caller("one", ledger, post, ManualClock(), "k", dies_at=place, how=how).run()
    fates = [row.fate for row in ledger.find("k", now=NOW)]
    expected = {0: [[]], 1: [[Fate.REFUSED]], 2: [[Fate.REFUSED]], 3: [[Fate.REFUSED]]}
    assert fates in expected.get(place, [[Fate.UNKNOWN]] if place < 6 else [[Fate.ACCEPTED]])
    assert len(post.letters()) == (1 if place > 4 else 0)


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────


def outcome(one: Client, key: str) -> str:
    """Return what a call heard, in words."""
    try:
        one.messages.send_email(LETTER, key=key)
    except MartechError as error:
        return f"{type(error).__name__}: {error.details()}"
    return "receipt"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep a SQLite file locked."""
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    other.close()


def test_a_locked_ledger_sends_nothing_and_says_so(tmp_path: Path, opened: Opening) -> None:
    path = tmp_path / "state.db"
    ledger = opened(busy_seconds=0.05)
    vendor, one = sender(ledger, TAKEN)
    one.messages.send_email(LETTER, key="k-1")
    with locked(path), pytest.raises(StateUnavailable, match="locked"):
        one.messages.send_email(LETTER, key="k-2")
    assert len(vendor.asked) == 1
    one.messages.send_email(LETTER, key="k-2")
    assert len(vendor.asked) == 2


def test_a_full_disk_lets_nothing_out_that_was_not_noted_before(opened: Opening) -> None:
    from sqlalchemy import Engine, event

    ledger = opened()
    vendor, one = sender(ledger, TAKEN)
    one.messages.send_email(LETTER, key="k-1")

    def small(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Engine, "checkout", small)
    try:
        said = [outcome(one, f"{'k' * 2000}-{number}") for number in range(40)]
    finally:
        event.remove(Engine, "checkout", small)
    full = [word for word in said if word != "receipt"]
    assert len(full) > 20
    assert all("is full" in word for word in full)
    # It may fill up between the letter and the note of its arrival, once.
    assert sum(word.startswith("OutcomeUnknown") for word in full) <= 1
    (*rows,) = ledger.sends(now=NOW + timedelta(days=1), fates=[Fate.ACCEPTED, Fate.UNKNOWN], limit=1000)
    assert len(vendor.asked) == len(rows)


def test_a_corrupt_ledger_sends_nothing_and_says_so(tmp_path: Path, opened: Opening) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"SQLite format 3\x00" + b"this is no database at all" * 200)
    vendor, one = sender(opened(), TAKEN)
    with pytest.raises(StateBroken):
        one.messages.send_email(LETTER, key="k")
    assert vendor.asked == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (TAKEN, "the vendor accepted this send"),
        (answer({}, 400), "the vendor refused this send"),
        (answer({}, 429), "the vendor refused this send"),
        (LATE, "nobody can tell"),
    ],
)
def test_a_ledger_that_breaks_after_the_send_leaves_it_unknown_and_unrepeated(
    tmp_path: Path, opened: Opening, said: Any, words: str
) -> None:
    path = tmp_path / "state.db"
    ledger = opened(busy_seconds=0.05)
    asked: list[HttpRequest] = []
    lock = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def app(request: HttpRequest) -> Response:
        asked.append(request)
        if lock.in_transaction:
            return TAKEN
        lock.execute("BEGIN IMMEDIATE")
        if isinstance(said, Response):
            return said
        raise said

    one = client(Plain(), app, guard=ledger)
    with pytest.raises(OutcomeUnknown, match=words) as unknown:
        one.messages.send_email(LETTER, key="k")
    assert "could not be written down" in unknown.value.message
    lock.execute("ROLLBACK")
    lock.close()
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="k")
    later = NOW + timedelta(days=1)
    assert [row.fate for row in ledger.find("k", now=later)] == [Fate.UNKNOWN]
    assert len(asked) == 1


# ── what it holds ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_ledger_holds_nothing_personal(tmp_path: Path, opened: Opening) -> None:
    _, one = sender(opened(), answer({"no": "ada@example.org"}, 400))
    with pytest.raises(MartechError):
        one.messages.send_email(LETTER, key="k")
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"k" in held
    for personal in (b"ada@", b"Hello", b"example.org"):
        assert personal not in held


def test_a_key_that_names_a_person_is_the_same_send_everywhere_and_is_shown_nowhere(
    tmp_path: Path, opened: Opening
) -> None:
    ledger = opened()
    vendor, one = sender(ledger, TAKEN, LATE)
    first = one.messages.send_email(LETTER, key="welcome/ada@example.org")
    assert one.messages.send_email(LETTER, key="welcome/ada@example.org") == first
    with pytest.raises(OutcomeUnknown) as unknown:
        one.messages.send_email(LETTER, key="goodbye/ada@example.org")
    (row,) = ledger.find("goodbye/ada@example.org", now=NOW)
    assert ledger.decide("goodbye/ada@example.org", Fate.REFUSED, now=NOW).key == row.key == unknown.value.send_key
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    shown = [held, str(unknown.value).encode(), str(unknown.value.details()).encode(), repr(row).encode()]
    assert not [one for one in shown if b"ada@" in one]
    assert len(vendor.asked) == 2
    assert b"welcome/person-" in vendor.asked[0].body


@pytest.mark.parametrize("key", ["", 7])
def test_what_would_be_another_key_each_time_is_refused(guard: SendGuard, key: Any) -> None:
    vendor, one = sender(guard, TAKEN)
    with pytest.raises(InvalidRequest, match="names one send"):
        one.messages.send_email(LETTER, key=key)
    assert vendor.asked == []


@pytest.mark.parametrize("key", ["x\x00y", "k" * 9000, "\ud800"])
def test_a_key_that_a_database_cannot_hold_is_a_key_all_the_same(ledger: SendLedger, key: str) -> None:
    vendor, one = sender(ledger, TAKEN)
    first = one.messages.send_email(LETTER, key=key)
    assert one.messages.send_email(LETTER, key=key) == first
    assert len(vendor.asked) == 1


def test_the_same_content_looks_different_in_another_ledger(opened: Opening) -> None:
    marks = set()
    for name in ("one", "two"):
        ledger = opened(f"{name}.db")
        sender(ledger, TAKEN)[1].messages.send_email(LETTER, key="k")
        marks.add(ledger.find("k", now=NOW)[0].fingerprint)
    assert len(marks) == 2


def test_what_is_settled_can_be_forgotten_and_what_is_unknown_stays(ledger: SendLedger) -> None:
    _, one = sender(ledger, TAKEN, LATE)
    one.messages.send_email(LETTER, key="known", dedupe_within_seconds=5)
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(OTHER, key="unknown")
    assert ledger.forget(before=NOW) == 0
    assert ledger.forget(before=NOW + timedelta(days=1)) == 1
    assert [row.key for row in ledger.sends(now=NOW)] == ["unknown"]


def test_a_result_of_another_version_does_not_let_the_key_send(ledger: SendLedger) -> None:
    from sqlalchemy import update

    from martech.stores.sends import SENDS

    vendor, one = sender(ledger, TAKEN)
    one.messages.send_email(LETTER, key="k")
    with ledger._database.writing() as connection:
        connection.execute(update(SENDS).values(result=json.dumps({"kind": "Receipt", "value": {"new": 1}})))
    with pytest.raises(AlreadySent, match="accepted it as m-1"):
        one.messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == 1


class Asked(Letters):
    """Stumbles over the answer."""

    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Any:
        await super().send_email(message, key=key, extra=extra)
        raise ValueError("a mistake of the plugin")


def test_a_plugin_that_stumbles_after_the_answer_leaves_it_accepted(guard: SendGuard) -> None:
    provider, vendor = Plain(), Vendor(TAKEN)
    provider.messages = Asked(0.0)
    one = client(provider, vendor, guard=guard)
    with pytest.raises(ValueError, match="plugin"):
        one.messages.send_email(LETTER, key="k")
    with pytest.raises(AlreadySent):
        one.messages.send_email(LETTER, key="k")
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("first", [ConnectionFailed("cut", maybe_processed=True), LATE])
def test_a_vendor_that_can_be_asked_is_asked_before_anybody_is_told_that_nobody_knows(
    guard: SendGuard, first: MartechError
) -> None:
    vendor = Vendor(first, TAKEN)
    one = client(Askable(), vendor, guard=guard)
    receipt = one.messages.send_email(LETTER, key="k")
    assert receipt.message_id == "m-1"
    assert [request.method for request in vendor.asked] == ["POST", "GET"]
    assert one.messages.send_email(LETTER, key="k") == receipt
    assert len(vendor.asked) == 2


def test_a_vendor_that_does_not_show_it_leaves_the_doubt(guard: SendGuard) -> None:
    shows: Callable[[], Any] = lambda: answer({"letter": None})  # noqa: E731 - three answers of one kind
    vendor = Vendor(LATE, shows(), answer({}, 400))
    one = client(Askable(), vendor, guard=guard)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            one.messages.send_email(LETTER, key="k")
    assert [request.method for request in vendor.asked] == ["POST", "GET", "GET"]


class Unaskable(Askable):
    """Breaks when it is to ask."""

    async def recall(self, operation: str, *, key: str, begun_at: datetime) -> Any:
        raise ValueError("a mistake of the plugin")


def test_a_plugin_that_cannot_ask_does_not_hide_the_doubt(
    guard: SendGuard, caplog: pytest.LogCaptureFixture
) -> None:
    one = client(Unaskable(), Vendor(LATE), guard=guard)
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="k")
    assert "fake cannot be asked about a send in doubt: ValueError" in caplog.messages


def test_a_task_cancelled_at_any_moment_leaves_the_truth_in_the_ledger(opened: Opening) -> None:
    ledger = opened()

    async def cancelled(turns: int) -> None:
        letters: list[str] = []

        def app(request: HttpRequest) -> Response:
            letters.append(request.url)
            return TAKEN

        one, key = aclient(Plain(), app, guard=ledger), f"k-{turns}"
        task = asyncio.ensure_future(one.messages.send_email(LETTER, key=key))
        for _ in range(turns):
            await asyncio.sleep(0.0003)
        task.cancel()
        (told,) = await asyncio.gather(task, return_exceptions=True)
        fates = [row.fate for row in ledger.find(key, now=NOW)]
        if letters:
            assert fates in ([Fate.ACCEPTED], [Fate.UNKNOWN]), (turns, told)
        else:
            assert fates in ([], [Fate.REFUSED]), (turns, told)
            await one.messages.send_email(LETTER, key=key)
        with suppress(OutcomeUnknown):
            await one.messages.send_email(LETTER, key=key)
        assert len(letters) == 1
        await one.close()

    async def scenario() -> None:
        for turns in range(40):
            await cancelled(turns)

    asyncio.run(scenario())
