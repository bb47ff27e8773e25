"""What the ledger says when its store fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.ledger.cases import LATE, NOW, TAKEN, Opening, sender
from tests.fakes import answer, client
from tests.prove.ledger_world import LETTER, Plain

from martech.client import Client
from martech.errors import (
    MartechError,
    OutcomeUnknown,
    StateBroken,
    StateUnavailable,
)
from martech.pipeline import Fate
from martech.provider import HttpRequest, Response


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
