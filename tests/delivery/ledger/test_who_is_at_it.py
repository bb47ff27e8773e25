"""Several callers of one key, and processes that died."""

from __future__ import annotations

import os

import pytest
from tests.delivery.ledger.cases import NOW, TAKEN, Opening, sender
from tests.prove.ledger_world import LETTER, Caller, Post, heard

from martech.delivery.ledger import SendLedger
from martech.delivery.owners import may_be_alive, this_process
from martech.errors import (
    Conflict,
    OutcomeUnknown,
)
from martech.pipeline import Fate
from martech.testing.clock import ManualClock


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
