"""The same key never sends twice, and a key is for one thing."""

from __future__ import annotations

import pytest
from tests.delivery.ledger.cases import NOW, OTHER, TAKEN, sender
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import LETTER, Plain

from martech.delivery.ledger import SendLedger
from martech.errors import (
    AlreadySent,
    InvalidRequest,
    MartechError,
)
from martech.models import (
    MessageState,
)
from martech.pipeline import Fate, SendGuard
from martech.provider import Limit


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
