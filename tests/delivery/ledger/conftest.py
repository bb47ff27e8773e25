"""Ledgers to test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.ledger.cases import Opening
from tests.stores.places import fresh

from martech.delivery.ledger import SendLedger, ledger_for
from martech.pipeline import MemoryGuard, SendGuard
from martech.stores.database import Database


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
