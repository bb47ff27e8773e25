"""The crash proof as a command: every boundary in process, every kind of boundary with SIGKILL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from random import Random
from typing import Any

from tests.prove.crash.accounts import PLAIN, WHOLE
from tests.prove.crash.killing import Killing
from tests.prove.crash.stopping import Stopped, stopped

__all__ = ["prove"]

PEOPLE = 2_000
KILLED_PEOPLE = 2_000
WHOLE_PEOPLE = 60
KILLS = 100
SHARE = (sys.executable, "-m", "tests.prove.crash")
SAMPLED = 40
"""How many boundaries are gone on from although an earlier one has left the same behind."""


def prove(
    people: int = PEOPLE, *, whole: int = WHOLE_PEOPLE, kills: int = KILLS, sampled: int = SAMPLED, seed: int = 1,
    processes: int | None = None, minutes: float | None = None,
) -> int:  # fmt: skip
    """Stop a run at all of its boundaries and kill it at each kind of them; whatever dies must end the same.

    With `minutes`, stopping and killing end after so long each, and say how far they came.
    """
    many = processes or os.cpu_count() or 1
    wrong = 0
    for pair, count in ((PLAIN, people), (WHOLE, whole)):
        wrong += _stopped(pair, count, sampled, seed, many, minutes)
    return int(bool(wrong + _killed(people, kills, seed, minutes)))


def _stopped(pair: tuple[str, str], people: int, sampled: int, seed: int, many: int, minutes: float | None) -> int:
    """Share the boundaries out among processes, each of which does the run once."""
    began = time.monotonic()
    shares = [
        subprocess.Popen(
            [*SHARE, json.dumps([pair, people, sampled, seed, mine, many, minutes])],
            stdout=subprocess.PIPE, text=True,
        )
        for mine in range(many)
    ]  # fmt: skip
    told = [json.loads(process.communicate()[0].splitlines()[-1]) for process in shares]
    first = told[0]
    deaths = sum(one["deaths"] for one in told)
    wrong = [line for one in told for line in one["wrong"]]
    same = len({one["usual"] for one in told}) == 1 and not any(one["again"] for one in told)
    print(
        f"crash: {' to '.join(pair)}, {people:,} people: {first['passed']:,} boundaries of {first['kinds']} "
        f"kinds, which leave {first['states']} different things behind; gone on from {deaths} deaths, among them "
        f"{sum(one['states gone on from'] for one in told)} of those things; {len(wrong)} ended otherwise "
        f"or left anything to a further run; {time.monotonic() - began:.0f} s",
        flush=True,
    )
    for line in wrong[:10]:
        print(f"crash: {line}")
    return len(wrong) + (not same)


def share(
    pair: tuple[str, str], people: int, sampled: int, seed: int, mine: int, many: int, minutes: float | None
) -> dict[str, Any]:
    """Do one process's part: every so-manieth state, and a sample of what is the same as before."""
    until = None if minutes is None else time.monotonic() + minutes * 60
    usual = stopped(pair, people, lambda number, new: False)
    draw = Random(f"{seed} {mine}")
    chance = sampled / many / max(1, usual.passed - usual.states)
    states = [0, 0]

    def dies(number: int, new: bool) -> bool:
        del number
        if until is not None and time.monotonic() > until:
            return False
        if not new:
            return draw.random() < chance
        states[0] += 1
        if states[0] % many != mine:
            return False
        states[1] += 1
        return True

    told: Stopped = stopped(pair, people, dies)
    return {
        "passed": told.passed, "kinds": len(told.kinds), "states": told.states, "usual": told.usual,
        "again": told.again, "deaths": len(told.deaths), "states gone on from": states[1],
        "wrong": [f"stopped at boundary {where} ({kind})" for where, kind in told.wrong],
    }  # fmt: skip


def _killed(people: int, kills: int, seed: int, minutes: float | None) -> int:
    began = time.monotonic()
    dead: Counter[str] = Counter()
    wrong: list[str] = []
    kinds = 0
    for pair, count in ((WHOLE, min(people, 30)), (PLAIN, people)):
        killing = Killing(pair, count, seed=seed)
        killing.usual()
        kinds += len(killing.kinds)
        places = sorted(killing.kinds)
        Random(seed).shuffle(places)
        for place in places if minutes is None and kills >= KILLS else places[:kills]:
            if minutes is not None and time.monotonic() - began > minutes * 60:
                break
            killing.kill(place)
        dead += killing.told.deaths
        wrong += killing.told.wrong
        print(
            f"crash: {' to '.join(pair)}, {count:,} people over HTTP: {sum(killing.told.deaths.values())} "
            f"processes killed at {len(+killing.told.deaths)} of {len(killing.kinds)} kinds of boundary; "
            f"{killing.told.verdict}",
            flush=True,
        )
    for line in wrong[:10]:
        print(f"crash: {line}")
    print(
        f"crash: {sum(dead.values())} killed in all, {len(wrong)} ended otherwise or left anything to a further "
        f"run; {time.monotonic() - began:.0f} s"
    )
    return len(wrong) + (sum(dead.values()) < min(kills, kinds))
