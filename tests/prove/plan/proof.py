"""The plan proof as a command: many generated accounts of every pair."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tests.migration.worlds import fast_folder
from tests.prove.plan.accounts import (
    PEOPLE,
    SOURCES,
    TARGETS,
    bundle_source,
    csv_source,
    dotdigital_source,
    example_source,
    mapping_of,
    target_of,
)
from tests.prove.plan.comparing import Moved, foretold
from tests.prove.plan.moving import move

from martech.migration.plan import Plan, make_plan
from martech.migration.target import Target
from martech.models import (
    Contact,
)

ACCOUNTS = 200


def account(source_name: str, target_name: str, seed: int, folder: Path) -> tuple[Plan, Moved, list[str]]:
    """Plan and move one generated account; returns what was planned, what was done, and what does not agree."""
    dice = random.Random(f"{source_name} {target_name} {seed}")
    size = dice.randint(*PEOPLE)
    match source_name:
        case "example":
            source = example_source(dice, size)
        case "dotdigital":
            source = dotdigital_source(dice, size)
        case "bundle":
            source = bundle_source(dice, size, folder)
        case _:
            source = csv_source(dice, size, folder)
    people = [one for page in source.people() for one in page.items if isinstance(one, Contact)]
    table, options = target_of(target_name, dice, people)
    seen = {name for one in people for name, value in one.attributes.items() if value not in (None, "")}
    mapping = mapping_of(dice, source_name, sorted(seen))
    plan = make_plan(source, Target(table.client(read_only=True, **options)), mapping=mapping)
    moved = move(source, table, options, plan, folder)
    wrong: list[str] = []
    counts = plan.people
    if not counts.adds_up:
        wrong.append(f"the classes do not add up: {counts}")
    for kind in ("created", "updated", "unchanged", "refused", "left_out", "twice"):
        planned, done = getattr(counts, kind), moved.classes[kind]
        if counts.unknown and kind in ("created", "updated", "unchanged"):
            continue
        if planned != done:
            wrong.append(f"{kind}: planned {planned}, done {done}")
    if counts.unknown:
        known = sum(moved.classes[kind] for kind in ("created", "updated", "unchanged"))
        if known != counts.unknown + counts.created + counts.updated + counts.unchanged:
            wrong.append(f"unknown: planned {counts.unknown}, done {known}")
    for (kind, name), times in sorted(moved.losses.items()):
        if times > foretold(plan, kind, name):
            wrong.append(f"lost {kind} {name}: {times}, planned {foretold(plan, kind, name)}")
    if moved.towards_contact:
        wrong.append(f"{moved.towards_contact} moved towards being contacted")
    source.close()
    return plan, moved, wrong


def pair(
    source: str, target: str, accounts: int, seed: int, until: float | None = None
) -> tuple[int, Counter[str], list[str]]:
    """Plan and move so many accounts of a pair; returns how many were, what was counted, and what is wrong."""
    totals: Counter[str] = Counter()
    lines: list[str] = []
    done = 0
    while done < accounts and (until is None or time.monotonic() < until):
        with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
            plan, moved, wrong = account(source, target, seed + done, Path(folder))
        totals.update(moved.classes)
        totals["losses"] += sum(moved.losses.values())
        totals["planned losses"] += sum(one.count or 0 for one in plan.losses)
        totals["unknown"] += plan.people.unknown
        totals["wrong"] += bool(wrong)
        lines += [f"{source} to {target}, seed {seed + done}: {line}" for line in wrong]
        done += 1
    return done, totals, lines


def _timed(source: str, target: str, accounts: int, seed: int, seconds: float | None) -> Any:
    until = None if seconds is None else time.monotonic() + seconds
    began = time.perf_counter()
    return source, target, pair(source, target, accounts, seed, until), time.perf_counter() - began


def prove(
    *, minutes: float | None = None, seed: int = 0, accounts: int = ACCOUNTS, processes: int | None = None
) -> int:
    """Print what was planned and done for every pair; fails where they do not agree.

    With `minutes`, every pair has the same share of them.
    """
    many = processes or os.cpu_count() or 1
    every = [(source, target) for source in SOURCES for target in TARGETS]
    seconds = None if minutes is None else minutes * 60 * many / len(every)
    all_of_it: Counter[str] = Counter()
    with ProcessPoolExecutor(many) as pool:
        asked = [pool.submit(_timed, *one, accounts, seed, seconds) for one in every]
        for one in asked:
            source, target, (done, totals, lines), took = one.result()
            for line in lines:
                print(f"  {line}")
            print(
                f"plan {source:>10} → {target:<18} {done:>3} accounts: {totals['created']:>4} created, "
                f"{totals['updated']:>4} updated, {totals['unchanged']:>4} unchanged, "
                f"{totals['unknown']:>4} of them not foretold, {totals['refused']:>3} refused, "
                f"{totals['left_out']:>3} left out; {totals['losses']:>5} losses, "
                f"{totals['planned losses']:>5} foretold; {totals['wrong']} wrong; {took:.0f} s",
                flush=True,
            )
            all_of_it.update(totals)
            all_of_it["accounts"] += done
    print(
        f"plan: {all_of_it['wrong']} of {all_of_it['accounts']:,} accounts of {len(every)} pairs do not agree "
        f"with their plan"
    )
    return int(all_of_it["wrong"] > 0)
