"""A send whose fate nobody knows: what is said, and how it is settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.delivery.ledger.cases import LATE, NOW, OTHER, TAKEN, sender
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import LETTER, Askable, Letters, Plain

from martech.delivery.ledger import SendLedger
from martech.errors import (
    AlreadySent,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    MartechError,
    NotFound,
    OutcomeUnknown,
    StateBroken,
)
from martech.models import (
    EmailMessage,
)
from martech.pipeline import Fate, MemoryGuard, SendGuard
from martech.provider import Auth, Extra, Limit, Response
from martech.testing.clock import ManualClock


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
