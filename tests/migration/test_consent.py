"""A sample of the consent proof, and every sabotage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.migration.sabotage import SABOTAGES, noticed, untouched
from tests.migration.worlds import pairs
from tests.prove.consent import live

SAMPLE = list(pairs())[::3]


@pytest.mark.parametrize(("source", "target"), SAMPLE)
def test_nobody_is_moved_towards_being_contacted_on_bad_days_either(
    source: str, target: str, folder: Path
) -> None:
    counted: Counter[str] = Counter()
    assert live(11, source, target, folder, counted, people=8) == []
    assert counted["further runs that wrote"] == 0


def test_a_run_that_nobody_broke_is_not_objected_to(folder: Path) -> None:
    assert untouched(folder) == ""


@pytest.mark.parametrize("name", list(SABOTAGES))
def test_every_sabotage_is_noticed(name: str, folder: Path) -> None:
    assert noticed(name, folder)


def test_there_are_sabotages_enough() -> None:
    assert len(SABOTAGES) >= 25
