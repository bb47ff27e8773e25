"""A sample of `prove ledger`: runs, killed processes and races."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.prove.ledger import BrokenPromise, Killing, generated
from tests.prove.ledger_world import VENDORS
from tests.stores.places import fresh

from martech.delivery.ledger import SendLedger
from martech.stores.database import Database

STORES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("kind", STORES)
def test_generated_runs_send_nothing_twice_and_lose_nothing(kind: str, tmp_path: Path) -> None:
    with fresh(kind, tmp_path) as url, closing(Database(url)) as database:
        counts, doubts = generated(database, 25 if kind == "sqlite" else 10, seed="sample")
    assert counts["letters"] == counts["runs"]
    assert counts["deaths"]
    assert not [vendor for vendor, _ in doubts if vendor == "knows the key"]


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_killed_anywhere_a_send_goes_out_once(kind: str, vendor: str, tmp_path: Path) -> None:
    with fresh(kind, tmp_path) as url, Killing(url, tmp_path, seed="sample") as killing:
        killing.kill_everywhere(vendor, "taken", at_most=6)
    assert sum(killing.kills.values()) >= 6
    assert set(killing.told) <= {"receipt", "unknown"}


@pytest.mark.parametrize("kind", STORES)
def test_of_several_processes_with_one_key_one_sends(kind: str, tmp_path: Path) -> None:
    with fresh(kind, tmp_path) as url, Killing(url, tmp_path, seed="sample") as killing:
        told = [killing.race(number) for number in range(4)]
    assert all(one["receipt"] or one["killed"] for one in told)


class Blind(SendLedger):
    """A ledger that does not look at what is in it."""

    def _admit(self, *_: Any) -> bool:
        return False


def test_the_proof_catches_a_ledger_that_does_not_look(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    broken = pytest.raises(BrokenPromise, match="sent 2 times")
    with Killing(url, tmp_path, seed="blind", ledger=Blind) as killing, broken:
        killing.kill_everywhere("plain", "taken")
