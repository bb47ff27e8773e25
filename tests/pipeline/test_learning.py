"""What a limit is, when nobody told us: a simulated fleet against vendors that count in different ways."""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest

from martech.pipeline import learning
from martech.pipeline.learning import Learned, Pace


class Vendor(Protocol):
    """Says whether a call at a time is answered."""

    def __call__(self, now: float) -> bool: ...


def fixed_windows(calls: int, seconds: float) -> Vendor:
    counted: dict[int, int] = {}

    def ask(now: float) -> bool:
        window = int(now // seconds)
        fits = counted.get(window, 0) < calls
        counted[window] = counted.get(window, 0) + fits
        return fits

    return ask


def sliding_window(calls: int, seconds: float) -> Vendor:
    answered: deque[float] = deque()

    def ask(now: float) -> bool:
        while answered and answered[0] <= now - seconds:
            answered.popleft()
        if len(answered) < calls:
            answered.append(now)
            return True
        return False

    return ask


def bucket(calls: int, seconds: float) -> Vendor:
    arrival = [0.0]

    def ask(now: float) -> bool:
        ahead = max(arrival[0], now)
        if ahead - now > (calls - 1) * seconds / calls:
            return False
        arrival[0] = ahead + seconds / calls
        return True

    return ask


def simulate(
    vendor: Vendor, *, seconds: float, callers: int = 8, ceiling: float | None = None, seed: int = 0
) -> list[tuple[float, bool]]:
    """Have callers call as often as the pace lets them; returns when each came and whether it was answered."""
    draw, went = random.Random(seed), list[tuple[float, bool]]()
    start, pace = 1000.0 + 2 * draw.random(), Pace(review_at=0.0)
    declared = (1 / ceiling, 1) if ceiling else None
    rate = declared or (0.0, 1)
    events = [(start + draw.random() / 100, caller, "line", 0) for caller in range(callers)]
    again = set[int]()
    while events:
        now, caller, what, epoch = heapq.heappop(events)
        if now > start + seconds:
            break
        if what == "line":
            pace = learning.reviewed(pace, now=now, rate=declared)
            interval = rate[0] if pace.interval is None else pace.interval
            wait = max(0.0, pace.arrival - now - ((pace.burst or rate[1]) - 1) * interval)
            taken = pace.taken + (caller not in again)
            again.discard(caller)
            pace = replace(pace, arrival=max(pace.arrival, now) + interval, taken=taken)
            heapq.heappush(events, (now + wait + 0.002 * draw.random(), caller, "send", pace.epoch))
        elif what == "send" and epoch != pace.epoch:
            again.add(caller)
            heapq.heappush(events, (now, caller, "line", 0))
        elif what == "send":
            heapq.heappush(events, (now + 0.005 + 0.004 * draw.random(), caller, "there", epoch))
        else:
            answered = vendor(now)
            went.append((now - start, answered))
            if answered:
                pace = learning.accepted(pace, now=now, epoch=epoch)
            else:
                pace = learning.refused(pace, now=now, epoch=epoch, rate=declared)
            heapq.heappush(events, (now + 0.006, caller, "line", 0))
    return went


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", [fixed_windows, sliding_window, bucket])
def test_a_limit_nobody_told_us_is_found_and_kept(kind: Callable[[int, float], Vendor], seed: int) -> None:
    went = simulate(kind(200, 2.0), seconds=50, seed=seed)
    later = [answered for at, answered in went if at >= 10]
    assert later.count(False) / len(later) <= 0.01
    assert later.count(True) / (20 * 200) >= 0.85


def test_a_limit_that_is_halved_is_followed() -> None:
    before, after = fixed_windows(200, 2.0), fixed_windows(100, 2.0)
    went = simulate(lambda now: (before if now < 1030 else after)(now), seconds=70)
    later = [answered for at, answered in went if at >= 45]
    assert later.count(False) / len(later) <= 0.03
    assert later.count(True) / (12.5 * 100) >= 0.85


def test_a_limit_that_is_doubled_is_found() -> None:
    before, after = fixed_windows(100, 2.0), fixed_windows(200, 2.0)
    went = simulate(lambda now: (before if now < 1030 else after)(now), seconds=90)
    later = [answered for at, answered in went if at >= 65]
    assert later.count(True) / (12.5 * 200) >= 0.8


def test_what_is_declared_is_never_exceeded_however_quiet_it_is() -> None:
    went = simulate(lambda now: int(now) % 40 != 0, seconds=120, ceiling=20.0)
    for begin in range(0, 110, 5):
        assert sum(begin <= at < begin + 5 for at, _ in went) <= 5 * 20 + 2


def test_an_idle_hour_teaches_nothing() -> None:
    pace = Pace(learned=Learned(pace=50.0, high=50.0), interval=0.02, review_at=0.0, taken=100)
    pace = learning.reviewed(pace, now=1000.0)
    assert learning.reviewed(pace, now=4600.0).learned.pace == 50.0


def test_a_refusal_of_a_place_from_before_only_counts() -> None:
    pace = Pace(epoch=3, learned=Learned(pace=50.0, high=50.0), interval=0.02)
    after = learning.refused(pace, now=1.0, epoch=2)
    assert (after.epoch, after.interval, after.learned.refusals) == (3, 0.02, 1)


def test_what_the_vendor_says_is_taken_over_and_said_once() -> None:
    told = learning.told(Pace(), now=10.0, calls=100, per_seconds=10.0, remaining=99, resets_at=19.0)
    assert told.interval == pytest.approx(0.1, rel=0.05)
    again = learning.told(told, now=10.1, calls=100, per_seconds=10.0, remaining=98, resets_at=19.0)
    assert again is told


def test_a_told_limit_is_taken_up_again_without_a_new_burst() -> None:
    """Otherwise that window would hold the pace and a burst, and be one too many."""
    known = Learned(calls=400, per_seconds=2.0, burst=9, pace=193.9, high=194.0, smooth=193.0, steps=9)
    pace = Pace(arrival=50.0, interval=1 / 193.9, burst=1, review_at=50.0, learned=known, taken=1000)
    pace = learning.reviewed(replace(pace, learned=replace(known, looked_at=49.5, looked_taken=900)), now=50.0)
    assert pace.burst == 9
    assert pace.arrival - 8 * (pace.interval or 0) == pytest.approx(50.0)


def test_a_window_holds_no_more_than_it_was_told_however_it_begins() -> None:
    for begins in (0.0, 0.7, 1.9):
        pace, went = Pace(), 0
        pace = learning.told(pace, now=10.0 + begins, calls=100, per_seconds=2.0)
        ahead = ((pace.burst or 1) - 1) * (pace.interval or 0)
        pace = replace(pace, arrival=0.0)  # nobody came for a long time
        now = 12.0
        while now < 14.0:
            pace = replace(pace, arrival=max(pace.arrival, now) + (pace.interval or 0))
            went, now = went + 1, max(now, pace.arrival - ahead)
        assert went <= 100


def test_calls_are_put_off_when_others_use_the_account_up() -> None:
    told = learning.told(Pace(), now=10.0, calls=100, per_seconds=10.0, remaining=99, resets_at=20.0)
    behind = learning.told(told, now=11.0, calls=100, per_seconds=10.0, remaining=10, resets_at=20.0)
    assert behind.arrival >= 19.0
    assert behind.epoch == told.epoch + 1, "those who stand in line wait as well"


def test_nothing_left_means_nobody_before_the_window_ends() -> None:
    told = learning.told(Pace(), now=10.0, calls=100, per_seconds=10.0, remaining=0, resets_at=17.0)
    assert told.arrival - ((told.burst or 1) - 1) * (told.interval or 0) >= 17.0


def test_what_was_learned_survives_being_written_down_by_another_version() -> None:
    known = Learned(pace=12.5, high=13.0, closed=True, calm=2)
    assert Learned.from_json(known.to_json()) == known
    assert Learned.from_json('{"pace": 2.0, "invented_later": 1}') == Learned(pace=2.0)
    assert Learned.from_json(None) == Learned()
