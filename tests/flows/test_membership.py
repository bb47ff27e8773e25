"""Putting people on lists, some of whom the provider does not show yet."""

from collections.abc import Sequence
from typing import Any

from tests.fakes import Fake, client

from martech.models import Identifier, ItemOutcome, ItemResult, email
from martech.provider import ListOperations
from martech.testing.clock import ManualClock


class LateLists(ListOperations):
    """Knows somebody only when they were asked about so many times."""

    batch_size = 2

    def __init__(self, **known_at: int) -> None:
        self.known_at = known_at
        self.asked: list[list[str]] = []
        self._times: dict[str, int] = {}

    async def add(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        names = [ref.value.partition("@")[0] for ref in refs]
        self.asked.append(names)
        for name in names:
            self._times[name] = self._times.get(name, 0) + 1
        return [
            ItemResult(outcome=ItemOutcome.SAVED if self._times[name] >= self.known_at[name] else NOT_FOUND)
            for name in names
        ]


NOT_FOUND = ItemOutcome.NOT_FOUND


def added(lists: LateLists, **how: Any) -> tuple[list[ItemOutcome], float]:
    fake, clock = Fake(), ManualClock()
    fake.lists = lists
    people = [email(f"{name}@example.org") for name in lists.known_at]
    done = client(fake, clock=clock).lists.add("l-1", people, **how)
    assert [one.position for one in done.items] == list(range(len(people)))
    return [one.outcome for one in done.items], clock.monotonic()


def test_nobody_is_waited_for_unless_that_is_asked_for() -> None:
    outcomes, seconds = added(LateLists(ada=1, bo=2, cy=1))
    assert (outcomes, seconds) == ([ItemOutcome.SAVED, NOT_FOUND, ItemOutcome.SAVED], 0)


def test_only_who_is_missing_is_tried_again_and_no_longer_than_was_asked_for() -> None:
    lists = LateLists(ada=1, bo=2, cy=1, eve=99)
    outcomes, seconds = added(lists, wait_seconds=50)
    assert outcomes == [ItemOutcome.SAVED, ItemOutcome.SAVED, ItemOutcome.SAVED, NOT_FOUND]
    assert lists.asked == [["ada", "bo"], ["cy", "eve"], ["bo", "eve"], ["eve"], ["eve"]]
    assert seconds == 50


def test_once_everybody_is_there_nobody_waits_on() -> None:
    outcomes, seconds = added(LateLists(ada=2), wait_seconds=1000)
    assert (outcomes, seconds) == ([ItemOutcome.SAVED], 15)
