"""A sample of the crash proof: stopped at some boundaries in process, and killed."""

from __future__ import annotations

import pytest
from tests.prove.crash import _killed, _stopped


def test_a_run_stopped_at_any_boundary_ends_the_same_and_a_further_run_writes_nothing() -> None:
    usual, writes, passed, kinds = _stopped(12, None)
    assert writes == 0
    assert len(kinds) > 50
    for stop_at in range(1, passed, max(1, passed // 6)):
        ended, again, _, _ = _stopped(12, stop_at)
        assert ended == usual, f"stopped at boundary {stop_at}"
        assert again == 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_run_that_is_killed_goes_on_where_it_was() -> None:
    verdict, _, writes = _killed(10, [30])
    assert verdict.startswith("verified: 10 people")
    assert writes == 0
