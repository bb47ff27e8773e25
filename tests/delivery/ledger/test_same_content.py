"""The same content again, with no key given."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.delivery.ledger.cases import LATE, NOW, OTHER, TAKEN, sender
from tests.fakes import NOTHING, Fake, Vendor, answer, client
from tests.prove.ledger_world import LETTER

from martech.delivery.ledger import SendLedger
from martech.errors import (
    InvalidRequest,
    OutcomeUnknown,
)
from martech.models import (
    Enrolment,
    EnrolmentResult,
    Identifier,
    ItemOutcome,
    email,
)
from martech.pipeline import Fate, SendGuard
from martech.provider import AutomationOperations, Extra, send
from martech.testing.clock import ManualClock


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
