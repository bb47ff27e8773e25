"""Nobody is moved towards being contacted: generated histories over every pair, and sabotage to be noticed."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.migration.sabotage import SABOTAGES, noticed
from tests.migration.worlds import FAULTS, StoppedHere, World, fast_folder, pairs

from martech.migration.journal import Kind
from martech.migration.law import Rules

HISTORIES = 10_000
PEOPLE = 25
"""How many people live in one world; each is one history."""


def live(
    seed: int, source: str, target: str, folder: Path, counted: Counter[str], *, people: int = PEOPLE
) -> list[str]:
    """Let one world live through faults, deaths, changes on both sides and several runs; return what is wrong."""
    draw = Random(f"{seed}/{source}/{target}/life")
    rules = Rules(require_evidence=draw.random() < 0.25, lift=draw.random() < 0.25, restore=draw.random() < 0.5)
    with World(folder, seed, source, target, people, rules=rules, restore=rules.restore) as world:
        disturbed = [True]

        def on_exchange(where: str) -> None:
            if not disturbed[0]:
                return
            luck = draw.random()
            if luck < 0.004:
                counted["deaths"] += 1
                raise StoppedHere
            if luck < 0.02:
                counted["opt-outs at the source meanwhile"] += world.live
                disturbed[0] = False
                world.opt_out_at_source(draw.choice(world.people))
                world.leave_topic_at_source(draw.choice(world.people))
                disturbed[0] = True
            elif luck < 0.03:
                counted["opt-outs at the target meanwhile"] += 1
                disturbed[0] = False
                world.opt_out_at_target(draw.choice(world.people))
                disturbed[0] = True
            elif luck < 0.05 and where.startswith("before"):
                counted["faults"] += 1
                side = world.old if where.endswith("source") else world.new
                side.emulator.faults.add(**draw.choice(FAULTS))

        def watch(boundary: str, step: str) -> None:
            del boundary, step
            if disturbed[0] and draw.random() < 0.01:
                counted["deaths"] += 1
                raise StoppedHere

        world.on_exchange = on_exchange
        world.run(watch=watch, resumes=60)
        if draw.random() < 0.5:
            world.run(watch=watch, resumes=60)
        disturbed[0] = False
        for side in (world.old, world.new):
            side.emulator.faults.clear()
        world.run(world.order(kind=Kind.OPT_OUTS) if draw.random() < 0.5 else None)
        last = world.run()
        counted["runs"] += world.runs
        told = world.verify(last)
        wrong = list(world.wrong)
        wrong += [f"{one}: the no was lost" for one in world.lost_nos()]
        wrong += [f"verify: {one.words}" for one in told.violations]
        if not told.adds_up:
            wrong.append("the classes do not add up")
        again = world.run()
        if world.journal.run(again.run)["writes"]:
            counted["further runs that wrote"] += 1
        return wrong


def prove(
    histories: int = HISTORIES, *, seed: int = 1, minutes: float | None = None, sabotage: bool = True
) -> int:
    """Live through that many histories, or as many as there is time for; print what was counted."""
    began = time.monotonic()
    every = list(pairs())
    counted: Counter[str] = Counter()
    by_pair: Counter[str] = Counter()
    wrong: list[str] = []
    world = 0
    while counted["histories"] < histories and (minutes is None or time.monotonic() - began < minutes * 60):
        source, target = every[world % len(every)]
        with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
            found = live(seed + world // len(every), source, target, Path(folder), counted)
        wrong += [f"{source} → {target}, seed {seed + world // len(every)}: {one}" for one in found]
        counted["histories"] += PEOPLE
        by_pair[f"{source} → {target}"] += PEOPLE
        world += 1
    for pair, count in sorted(by_pair.items()):
        print(f"consent {pair:<34}{count:>7} histories")
    for what in (
        "runs",
        "deaths",
        "faults",
        "opt-outs at the source meanwhile",
        "opt-outs at the target meanwhile",
    ):
        print(f"consent {what:<34}{counted[what]:>7}")
    for one in wrong[:20]:
        print(f"consent WRONG {one}")
    took = time.monotonic() - began
    print(
        f"consent: {counted['histories']} histories in {world} worlds over {len(every)} pairs, {took:.0f} s: "
        f"{len(wrong)} people moved towards being contacted; "
        f"{counted['further runs that wrote']} further runs on a quiet pair wrote anything"
    )
    missed = _sabotaged() if sabotage else []
    return int(bool(wrong or missed or counted["further runs that wrote"]))


def _sabotaged() -> list[str]:
    missed: list[str] = []
    for name in SABOTAGES:
        with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
            by = noticed(name, Path(folder))
        print(f"sabotage {name:<62}{'noticed by ' + by if by else 'NOT NOTICED'}")
        missed += [] if by else [name]
    print(f"sabotage: {len(SABOTAGES) - len(missed)} of {len(SABOTAGES)} noticed")
    return missed
