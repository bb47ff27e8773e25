"""A sample of each long proof of this plugin."""

from __future__ import annotations

import pytest
from tests.prove import dotdigital


def test_a_listing_holds_one_page_and_asks_no_more_than_it_must() -> None:
    assert dotdigital.listing(400)["requests"] == 1


def test_an_import_takes_as_few_calls_as_its_bytes_allow() -> None:
    done = dotdigital.importing(300, notes=1)
    assert (done["created"], done["ids"], done["calls"], done["minimum"]) == (300, 300, 1, 1)


def test_a_backfill_that_was_stopped_goes_on_to_the_same_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert dotdigital.prove_backfill(3, 200) == 0
    assert "0 rows differ" in capsys.readouterr().out
