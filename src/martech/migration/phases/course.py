"""The course of a run, written once for every engine: which step follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from martech.migration.journal import Group, Kind
from martech.migration.phases import evidence, finishing, furnishing, jobs, joining, library, reading, writing
from martech.migration.phases.jobs import batch_id, page_id
from martech.migration.phases.steps import Argument, Batch, Step, Steps

__all__ = ["STEPS", "batch", "begin", "finish", "migrate"]

STEPS: Mapping[str, Step] = {
    **reading.STEPS, **furnishing.STEPS, **writing.STEPS, **jobs.STEPS, **joining.STEPS, **evidence.STEPS,
    **library.STEPS, **finishing.STEPS,
}  # fmt: skip
"""Every step by its name."""

GROWTH = 1.5
"""By how much the wait between two questions about a job grows."""
MOST_QUESTIONS = 1000
"""How often a job is asked for before its people count as unknown."""
MENDINGS = 2
"""How often those who failed are tried again before the run ends."""


def migrate(steps: Steps, kind: Kind) -> None:
    """Do a whole run.

    Whoever is opted out or blocked goes before everybody else: no later phase can meet them without their no.
    """
    steps.do("phase", "read")
    _pages(steps, "blocks", "first")
    _pages(steps, "read")
    steps.do("lone_blocks", "first")
    steps.do("phase", "survey")
    _pages(steps, "survey")
    steps.do("phase", "furnish")
    steps.do("look_round")
    lists: Sequence[str] = steps.do("furnish")
    for group in (Group.NOS, Group.OTHERS) if kind is Kind.FULL else (Group.NOS,):
        steps.do("phase", group.value)
        _batches(steps, group, "first")
    for again in range(MENDINGS):
        if steps.do("reopen", f"mend-{again}"):
            _let_it_show(steps, f"mend-{again}")
            steps.do("phase", "mend")
            for group in (Group.NOS, Group.OTHERS):
                _batches(steps, group, f"mend-{again}")
    # Whoever is not shown yet is unknown to the target's lists, and to whoever looks whether all went well.
    _let_it_show(steps, "memberships")
    if kind is Kind.FULL:
        _memberships(steps, lists)
        _evidence(steps)
        _library(steps)
        _sweep(steps)
    steps.do("close")


def _memberships(steps: Steps, lists: Sequence[str]) -> None:
    steps.do("phase", "memberships")
    for one in lists:
        _pages(steps, "members", one)
        _pages(steps, "there", one)
        _until_none(steps, "join", one)


def _evidence(steps: Steps) -> None:
    """Look whether the evidence that went along has arrived, and add what has not."""
    steps.do("phase", "evidence")
    if steps.do("evidence_expected"):
        _pages(steps, "evidence_look")
        _until_none(steps, "evidence_add")


def _library(steps: Steps) -> None:
    steps.do("phase", "templates")
    _pages(steps, "templates")
    steps.do("phase", "datasets")
    for one in steps.do("datasets"):
        cursor = None
        while True:
            done = steps.do("records", one, cursor)
            if done["job"]:
                _ended(steps, page_id("records", one, cursor))
                steps.do("records_told", one, cursor)
            cursor = done["next"]
            if cursor is None:
                break


def _sweep(steps: Steps) -> None:
    """Tell the target who said no at the source while the run was under way."""
    steps.do("phase", "sweep")
    _pages(steps, "blocks", "sweep")
    swept = steps.do("sweep", None)
    new = swept["new"]
    while swept["next"] is not None:
        swept = steps.do("sweep", swept["next"])
        new += swept["new"]
    new += steps.do("lone_blocks", "sweep")
    if new:
        _batches(steps, Group.NOS, "sweep")
        _let_it_show(steps, "close")


def _let_it_show(steps: Steps, before: str) -> None:
    """Wait until the target shows what was written to it, if it does not at once."""
    if seconds := steps.do("lag", before):
        steps.sleep(seconds, "shown", before)
        steps.do("shown", before)


def _pages(steps: Steps, name: str, *arguments: Argument) -> None:
    cursor = steps.do(name, *arguments, None)
    while cursor is not None:
        cursor = steps.do(name, *arguments, cursor)


def _until_none(steps: Steps, name: str, *arguments: Argument) -> None:
    times = 0
    while steps.do(name, *arguments, times):
        times += 1


def _batches(steps: Steps, group: Group, again: str) -> None:
    steps.every([(group.value, low, high, again) for low, high in steps.do("cuts", group.value, again)])


def batch(steps: Steps, *batch: *Batch) -> None:
    """Write one batch. Submitting, asking and sleeping are separate steps."""
    if begin(steps, *batch):
        finish(steps, *batch)


def begin(steps: Steps, *batch: *Batch) -> bool:
    """Write one batch, or hand it over; return whether it is a job, which is to be waited for."""
    return bool(steps.do("submit", *batch)["job"])


def finish(steps: Steps, *batch: *Batch) -> None:
    """Wait for the job of a batch, and note what became of everybody in it."""
    name = batch_id(*batch)
    _ended(steps, name)
    failed = steps.do("collect", *batch)["failed"]
    if failed is not None:
        steps.do("halt", name, failed)


def _ended(steps: Steps, batch: str) -> None:
    """Wait until a job has ended, or has been asked for often enough."""
    wait = steps.polls.first
    for times in range(MOST_QUESTIONS):
        steps.sleep(wait, "ask", batch, times)
        if steps.do("ask", batch, times):
            return
        wait = min(wait * GROWTH, steps.polls.longest)
