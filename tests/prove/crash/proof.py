"""The crash proof as a command: every boundary in process, every kind of boundary with SIGKILL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from random import Random
from typing import Any

from tests.prove.crash.accounts import PLAIN, WHOLE
from tests.prove.crash.killing import Killing
from tests.prove.crash.stopping import Stopped, stopped

__all__ = ["prove"]

PEOPLE = 2_000
WHOLE_PEOPLE = 60
KILLED_PEOPLE, KILLED_WHOLE = 300, 30
"""A killed run is done over HTTP, in three processes and more: a kind of boundary has few places more among many
people."""
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
    return int(bool(wrong + _killed(people, kills, seed, many, minutes)))


def _shared(part: str, many: int, *rest: Any) -> list[dict[str, Any]]:
    """Have processes do a part each, and return what they say."""
    shares = [
        subprocess.Popen([*SHARE, part, json.dumps([mine, many, *rest])], stdout=subprocess.PIPE, text=True)
        for mine in range(many)
    ]
    return [json.loads(process.communicate()[0].splitlines()[-1]) for process in shares]


def _stopped(pair: tuple[str, str], people: int, sampled: int, seed: int, many: int, minutes: float | None) -> int:
    """Share the boundaries out among processes, each of which does the run once."""
    began = time.monotonic()
    told = _shared("stop", many, pair, people, sampled, seed, minutes)
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


def stop(
    mine: int, many: int, pair: tuple[str, str], people: int, sampled: int, seed: int, minutes: float | None
) -> dict[str, Any]:
    """Stop a run at every so-manieth boundary that leaves something else behind, and at a sample of the others."""
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


def _killed(people: int, kills: int, seed: int, many: int, minutes: float | None) -> int:
    """Share the kinds of boundaries out among processes, each of which has vendors of its own."""
    dead: Counter[str] = Counter()
    wrong: list[str] = []
    kinds = 0
    for pair, count in ((WHOLE, min(people, KILLED_WHOLE)), (PLAIN, min(people, KILLED_PEOPLE))):
        began = time.monotonic()
        told = _shared("kill", many, pair, count, kills, seed, minutes)
        died = sum((Counter[str](one["deaths"]) for one in told), Counter[str]())
        known = {kind for one in told for kind in one["kinds"]}
        verdicts = {one["verdict"] for one in told}
        wrong += [line for one in told for line in one["wrong"]]
        wrong += ["the verdicts differ"] if len(verdicts) > 1 or len({one["usual"] for one in told}) > 1 else []
        dead += died
        kinds += len(known)
        print(
            f"crash: {' to '.join(pair)}, {count:,} people over HTTP: {sum(died.values())} processes killed at "
            f"{len(+died)} of {len(known)} kinds of boundary; {min(verdicts)}; {time.monotonic() - began:.0f} s",
            flush=True,
        )
    for line in wrong[:10]:
        print(f"crash: {line}")
    print(f"crash: {sum(dead.values())} killed in all; {len(wrong)} ended otherwise or left work to a further run")
    return len(wrong) + (sum(dead.values()) < min(kills, kinds))


def kill(
    mine: int, many: int, pair: tuple[str, str], people: int, kills: int, seed: int, minutes: float | None
) -> dict[str, Any]:
    """Kill a run at every so-manieth kind of boundary."""
    until = None if minutes is None else time.monotonic() + minutes * 60
    killing = Killing(pair, people, seed=seed)
    with closing(killing):
        return _kills(killing, mine, many, kills, seed, until)


def _kills(killing: Killing, mine: int, many: int, kills: int, seed: int, until: float | None) -> dict[str, Any]:
    killing.usual()
    places = sorted(killing.kinds)
    Random(seed).shuffle(places)
    for place in (places if kills >= KILLS else places[:kills])[mine::many]:
        if until is not None and time.monotonic() > until:
            break
        killing.kill(place)
    told = killing.told
    return {
        "usual": told.usual, "verdict": told.verdict, "deaths": told.deaths, "kinds": places, "wrong": told.wrong
    }  # fmt: skip
