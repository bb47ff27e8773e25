"""A sample of the proof of bulk writes: every load in small, and one that holds no more when there is more."""

import pytest
from tests.prove.bulk import LOADS, Load, complete, measure

HANDED = 2_000
SMALL = {"dengage": 2_000, "digital_onboarding": 500}
A_LITTLE = 300
"""Bytes. A contact that is kept takes several times as many."""


@pytest.mark.parametrize("load", LOADS, ids=lambda load: f"{load.provider}: {load.title}")
def test_everything_is_written_in_full_calls(load: Load) -> None:
    count = 1_000 if "looked up first" in load.title else SMALL[load.provider]
    done = measure(load, count, handed=HANDED)
    assert complete(load, done, count, handed=HANDED), done


def test_more_contacts_hold_no_more() -> None:
    load = LOADS[-1]
    few, many = (measure(load, count) for count in (300, 1_500))
    assert many.held - few.held <= A_LITTLE * 1_200, (few.held, many.held)
