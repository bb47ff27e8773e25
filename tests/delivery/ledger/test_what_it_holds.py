"""What is kept of a send, and for how long."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.ledger.cases import LATE, NOW, OTHER, TAKEN, Opening, sender
from tests.fakes import answer
from tests.prove.ledger_world import LETTER

from martech.delivery.ledger import SendLedger
from martech.errors import (
    AlreadySent,
    InvalidRequest,
    MartechError,
    OutcomeUnknown,
)
from martech.pipeline import Fate, SendGuard


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
