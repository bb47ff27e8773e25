"""Failover and routing: on only from who provably did not accept, and one key is one send over all of them."""

from datetime import timedelta
from typing import Any

import pytest
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import Plain

from martech import (
    AlreadySent,
    AuthenticationFailed,
    Channel,
    ConsentRefused,
    EmailMessage,
    InvalidInput,
    OutcomeUnknown,
    ProviderUnavailable,
    Purpose,
    RetryPolicy,
    SmsMessage,
)
from martech.delivery import Breaker, MemoryBreakers, failover, route
from martech.delivery.failover import Delivery
from martech.delivery.ledger import ledger_for
from martech.errors import (
    ConfigurationError,
    Conflict,
    InvalidRequest,
    RateLimited,
    StateUnavailable,
    TimedOut,
    UnsupportedOperation,
)
from martech.pipeline import Fate, MemoryGuard
from martech.pipeline.guarding import DELIVERY, PlannedSend
from martech.provider import Limit
from martech.stores.database import Database
from martech.testing.clock import ManualClock
from martech.testing.connecting import Bench, bench
from martech.testing.faces import FaceName, _awaited

LETTER = EmailMessage(to="ada@example.org", subject="Your receipt", html="<p>Thank you.</p>")
FACES = pytest.mark.parametrize("face", ["blocking", "asyncio"])
ONCE = RetryPolicy(attempts=1)


class Pair:
    """Two accounts at the example vendor, and a delivery over both."""

    def __init__(self, face: FaceName, *, breakers: Any = None, guard: Any = None, by: Any = None) -> None:
        import asyncio

        self.clock = ManualClock()
        self.first, self.second = bench("example", clock=self.clock), bench("example", clock=self.clock)
        self.runner = asyncio.Runner() if face == "asyncio" else None
        made = [self._client(one, face, name, guard) for one, name in ((self.first, "one"), (self.second, "two"))]
        self.clients = made
        breaker = Breaker(failures=2, open_seconds=30)
        self.delivery: Delivery[Any] = (
            failover(*made, breaker=breaker, breakers=breakers)
            if by is None
            else route({"one": made[0], "two": failover(made[1], made[0])}, by=by, breaker=breaker)
        )

    def _client(self, at: Bench, face: FaceName, account: str, guard: Any) -> Any:
        options: dict[str, Any] = {"account": account, "retry": ONCE, "max_wait_seconds": 1}
        options |= {"guard": guard} if guard is not None else {}
        return at.client(**options) if face == "blocking" else at.aclient(**options)

    def send(self, message: EmailMessage = LETTER, key: str | None = None) -> Any:
        given = self.delivery.send_email(message, key=key)
        return given if self.runner is None else self.runner.run(_awaited(given))

    def close(self) -> None:
        for one in self.clients:
            given = one.close()
            if self.runner is not None:
                self.runner.run(_awaited(given))
        if self.runner is not None:
            self.runner.close()

    @property
    def sent(self) -> tuple[int, int]:
        return len(self.first.emulator.outbox), len(self.second.emulator.outbox)


@pytest.fixture(params=["blocking", "asyncio"])
def pair(request: pytest.FixtureRequest) -> Any:
    made = Pair(request.param)
    yield made
    made.close()


def test_a_file_that_is_no_text_may_go_along(table: Bench) -> None:
    from martech import Attachment
    from martech.testing.outbox import Outbox

    outbox = Outbox()
    picture = Attachment(filename="a.png", content=bytes(range(256)))
    failover(outbox.client()).send_email(LETTER.model_copy(update={"attachments": (picture,)}))
    assert outbox.email().attachments == (picture,)


def test_the_first_one_that_takes_it_gets_it(pair: Pair) -> None:
    receipt = pair.send(key="k-1")
    assert (receipt.channel, receipt.send_key) == (Channel.EMAIL, "k-1")
    assert pair.sent == (1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "route": "letters", "status": 429, "headers": {"X-Wait": "60"}},
        {"kind": "status", "route": "session", "status": 503, "times": 9},
        {"kind": "cut_before", "route": "session", "times": 9},
    ],
)
def test_it_moves_on_from_who_provably_did_not_accept(pair: Pair, fault: dict[str, Any]) -> None:
    pair.first.emulator.faults.add(**fault)
    assert pair.send(key="k-1").send_key == "k-1"
    assert pair.sent == (0, 1)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate", "nonsense"])
def test_what_may_have_gone_out_goes_nowhere_else(pair: Pair, kind: str) -> None:
    pair.first.emulator.faults.add(kind, route="letters")
    with pytest.raises(OutcomeUnknown):
        pair.send(key="k-1")
    assert pair.sent[1] == 0
    with pytest.raises(OutcomeUnknown):
        pair.send(key="k-1")
    assert pair.sent[1] == 0


def test_a_server_error_after_the_request_is_in_doubt(pair: Pair) -> None:
    pair.first.emulator.faults.add("status", route="letters", status=500)
    with pytest.raises(OutcomeUnknown):
        pair.send()
    assert pair.sent == (0, 0)


def test_a_refusal_is_an_answer_and_stays_one(pair: Pair) -> None:
    pair.first.emulator.stamps = 0
    with pytest.raises(InvalidInput):
        pair.send()
    assert pair.sent == (0, 0)


def test_wrong_credentials_are_not_papered_over(pair: Pair) -> None:
    pair.first.emulator.faults.add("status", route="session", status=401, times=9)
    with pytest.raises(AuthenticationFailed):
        pair.send()
    assert pair.sent == (0, 0)


def test_one_key_is_one_send_over_all_providers(pair: Pair) -> None:
    pair.first.emulator.faults.add("status", route="letters", status=429, headers={"X-Wait": "60"})
    first = pair.send(key="k-1")
    pair.clock.advance(120)
    assert pair.send(key="k-1") == first  # the first one would take it now, and is not asked
    assert pair.sent == (0, 1)
    other = EmailMessage(to="bob@example.org", subject="Another", html="<p>b</p>")
    with pytest.raises(AlreadySent):
        pair.send(other, key="k-1")
    assert pair.sent == (0, 1)


def test_a_key_that_nobody_took_may_be_used_again(pair: Pair) -> None:
    for one in (pair.first, pair.second):
        one.emulator.faults.add("status", route="letters", status=429, headers={"X-Wait": "60"})
    with pytest.raises(RateLimited):
        pair.send(key="k-1")
    pair.clock.advance(120)
    pair.send(key="k-1")
    assert pair.sent == (1, 0)


def test_a_key_that_a_client_sent_alone_is_sent_by_nobody_else(pair: Pair) -> None:
    given = pair.clients[0].messages.send_email(LETTER, key="k-1")
    if pair.runner is not None:
        pair.runner.run(_awaited(given))
    pair.send(key="k-1")
    pair.first.emulator.faults.add("status", route="letters", status=429)
    pair.send(key="k-1")
    assert pair.sent == (1, 0)


def test_who_fails_again_and_again_is_left_alone_and_then_tried_by_one(pair: Pair) -> None:
    pair.first.emulator.faults.add("cut_before", route="session", times=2)
    for _ in range(3):
        pair.send()
    assert pair.sent == (0, 3)
    before = pair.first.emulator.ledger.total
    pair.send()
    assert pair.first.emulator.ledger.total == before
    pair.clock.advance(31)
    pair.send()
    pair.send()
    assert pair.sent == (2, 4)


def test_where_all_are_left_alone_it_says_so(pair: Pair) -> None:
    for one in (pair.first, pair.second):
        one.emulator.faults.add("cut_before", route="session", times=2)
    for _ in range(2):
        with pytest.raises(Exception, match="broke"):
            pair.send()
    with pytest.raises(ProviderUnavailable, match="being left alone"):
        pair.send()
    assert pair.sent == (0, 0)


def test_of_many_after_the_pause_one_tries() -> None:
    breakers, breaker, now = MemoryBreakers(), Breaker(failures=1, open_seconds=30), ManualClock().now()
    breakers.note("a", breaker, ok=False, now=now)
    assert not breakers.admits("a", breaker, now=now)
    later = now + timedelta(seconds=31)
    assert [breakers.admits("a", breaker, now=later) for _ in range(3)] == [True, False, False]
    breakers.note("a", breaker, ok=True, now=later)
    assert breakers.admits("a", breaker, now=later)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"])
def test_breakers_in_a_shared_state_are_one_for_all_processes(url: str, tmp_path: Any) -> None:
    from uuid import uuid4

    from tests.services import POSTGRES_URL, needed

    from martech.stores import open_state
    from martech.stores.breakers_sql import SqlBreakers

    where = f"sqlite:///{tmp_path}/state.db" if url == "sqlite" else needed("PostgreSQL", POSTGRES_URL)
    name, breaker, now = f"a:{uuid4()}", Breaker(failures=2, open_seconds=30), ManualClock().now()
    states = [open_state(where), open_state(where)]
    mine, theirs = (SqlBreakers(state.database) for state in states if state.database is not None)
    mine.note(name, breaker, ok=False, now=now)
    assert theirs.admits(name, breaker, now=now)
    theirs.note(name, breaker, ok=False, now=now)
    assert not mine.admits(name, breaker, now=now)
    later = now + timedelta(seconds=31)
    assert [one.admits(name, breaker, now=later) for one in (mine, theirs, mine)] == [True, False, False]
    mine.note(name, breaker, ok=True, now=later)
    assert theirs.admits(name, breaker, now=later)
    for state in states:
        state.close()


def test_clients_with_a_state_share_their_breakers_through_it(table: Bench, tmp_path: Any) -> None:
    with table.client(state=f"sqlite:///{tmp_path}/state.db") as one:
        assert type(failover(one)._breakers).__name__ == "SqlBreakers"
        assert failover(one).send_email(LETTER).channel is Channel.EMAIL


def test_breakers_that_block_are_asked_in_a_thread_on_asyncio() -> None:
    import threading

    class Slow(MemoryBreakers):
        blocks = True

        def __init__(self) -> None:
            super().__init__()
            self.threads: set[int] = set()

        def admits(self, *args: Any, **options: Any) -> bool:
            self.threads.add(threading.get_ident())
            return super().admits(*args, **options)

    breakers = Slow()
    made = Pair("asyncio", breakers=breakers)
    made.send()
    made.close()
    assert threading.get_ident() not in breakers.threads


@FACES
def test_a_rule_chooses_the_way(face: FaceName) -> None:
    made = Pair(face, by=lambda message: "two" if message.to[0].address.endswith(".test") else "one")
    made.send()
    made.send(EmailMessage(to="ann@example.test", subject="s", html="h"))
    assert made.sent == (1, 1)
    made.second.emulator.faults.add("status", route="letters", status=429)
    made.send(EmailMessage(to="ann@example.test", subject="s", html="h"))
    assert made.sent == (2, 1)
    made.close()


def test_a_rule_that_names_nothing_is_a_mistake() -> None:
    made = Pair("blocking", by=lambda _: "three")
    with pytest.raises(InvalidRequest, match="there are one, two"):
        made.send()
    made.close()


def test_marketing_goes_through_nobody_who_does_not_know_the_opt_outs(pair: Pair) -> None:
    offer = LETTER.model_copy(update={"purpose": Purpose.MARKETING})
    with pytest.raises(ConsentRefused):
        pair.send(offer)
    assert pair.sent == (0, 0)


def test_what_the_first_one_cannot_do_is_said_and_not_done_elsewhere(table: Bench) -> None:
    other = bench("dotdigital", clock=table.clock)
    with table.client() as first, other.client() as second, pytest.raises(UnsupportedOperation):
        failover(first, second).send_sms(SmsMessage(to="+447700900123", text="t"))
    assert other.emulator.outbox == []


def test_the_clients_of_a_delivery_have_one_face(table: Bench) -> None:
    with table.client() as first, pytest.raises(ConfigurationError, match="one face"):
        failover(first, table.aclient())  # type: ignore[arg-type]  # a mistake on purpose
    with pytest.raises(ConfigurationError, match="at least one"):
        failover()


def test_a_send_in_doubt_is_in_doubt_for_the_whole() -> None:
    guard = MemoryGuard()
    made = Pair("blocking", guard=guard)
    made.first.emulator.faults.add("cut_after", route="letters")
    with pytest.raises(OutcomeUnknown):
        made.send(key="k-1")
    assert {record.fate for record in guard._sends.values()} == {Fate.UNKNOWN}
    made.close()


# ── the record of the whole ──────────────────────────────────────────────────────────────────────────────────


class Unwritable(MemoryGuard):
    """Keeps records of what each client sends, and breaks where it is to keep that of the whole."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def begin(self, send: PlannedSend) -> bool:
        begun = super().begin(send)
        if self._at == "begin" and send.provider == DELIVERY:
            self._at = ""
            raise StateUnavailable("the state is full")
        return begun

    def settle(self, send: PlannedSend, fate: Fate, **more: Any) -> None:
        if self._at == "settle" and send.provider == DELIVERY:
            raise StateUnavailable("the state is full")
        super().settle(send, fate, **more)


@FACES
def test_an_accepted_message_that_cannot_be_noted_does_not_look_like_one_to_try_again(face: FaceName) -> None:
    made = Pair(face, guard=Unwritable("settle"))
    with pytest.raises(OutcomeUnknown, match="a provider accepted this message as") as unknown:
        made.send(key="k-1")
    assert not unknown.value.retryable
    with pytest.raises(OutcomeUnknown):
        made.send(key="k-1")
    assert made.sent == (1, 0)
    made.close()


@FACES
@pytest.mark.parametrize(("kind", "error"), [("cut_after", OutcomeUnknown), ("status", InvalidInput)])
def test_a_record_that_breaks_hides_nothing_of_what_the_provider_said(
    face: FaceName, kind: str, error: type[Exception]
) -> None:
    made = Pair(face, guard=Unwritable("settle"))
    made.first.emulator.faults.add(kind, route="letters", **({"status": 400} if kind == "status" else {}))
    with pytest.raises(error):
        made.send(key="k-1")
    made.close()


@FACES
def test_what_was_handed_to_nobody_is_in_no_doubt(face: FaceName) -> None:
    made = Pair(face, guard=Unwritable("begin"))
    with pytest.raises(StateUnavailable):
        made.send(key="k-1")
    assert made.sent == (0, 0)
    made.send(key="k-1")
    assert made.sent == (1, 0)
    made.close()


def test_a_send_in_doubt_that_then_would_stand_in_line_too_long_goes_nowhere_else() -> None:
    first, second = Plain(600), Plain()
    first.limits = [Limit(name="all", calls=1, per_seconds=60, every=True, source="invented")]
    second.settings = second.settings.model_copy(update={"account": "second"})
    mails = Vendor(TimedOut("no answer", maybe_processed=True)), Vendor(answer({"letter": "m-2"}))
    mail = failover(client(first, mails[0], max_wait_seconds=5), client(second, mails[1]))
    with pytest.raises(OutcomeUnknown):
        mail.send_email(LETTER, key="k-1")
    assert (len(mails[0].asked), len(mails[1].asked)) == (1, 0)


@pytest.mark.parametrize("fate", [Fate.ACCEPTED, Fate.REFUSED])
def test_settling_a_send_in_doubt_settles_what_the_delivery_holds_of_it(fate: Fate, tmp_path: Any) -> None:
    ledger = ledger_for(Database(f"sqlite:///{tmp_path}/state.db"))
    made = Pair("blocking", guard=ledger)
    made.first.emulator.faults.add("cut_before", route="letters")
    with pytest.raises(OutcomeUnknown, match="settle k-1 accepted"):
        made.send(key="k-1")
    now = made.clock.now()
    assert {row.provider for row in ledger.find("k-1", now=now)} == {"example", DELIVERY}
    assert ledger.decide("k-1", fate, now=now).provider == "example"
    assert {row.fate for row in ledger.find("k-1", now=now)} == {fate}
    if fate is Fate.ACCEPTED:
        with pytest.raises(AlreadySent):
            made.send(key="k-1")
    else:
        made.send(key="k-1")
    assert made.sent == ((0, 0) if fate is Fate.ACCEPTED else (1, 0))
    made.close()
    ledger._database.close()


def test_a_delivery_is_not_settled_as_refused_while_a_provider_has_the_message(tmp_path: Any) -> None:
    ledger = ledger_for(Database(f"sqlite:///{tmp_path}/state.db"))
    made = Pair("blocking", guard=ledger)
    now = made.clock.now()
    made.clients[0].messages.send_email(LETTER, key="k-1")
    whole = PlannedSend("k-1", DELIVERY, "both", "messages.send_email", "", now, attempt="a")
    ledger.begin(whole)
    ledger.settle(whole, Fate.UNKNOWN)
    with pytest.raises(Conflict, match="of this send example says: accepted"):
        ledger.decide("k-1", Fate.REFUSED, now=now)
    assert ledger.decide("k-1", Fate.ACCEPTED, now=now).provider == DELIVERY
    made.close()
    ledger._database.close()
