"""The course of a run, written once for every engine: which step follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from martech.migration.journal import Group, Kind
from martech.migration.phases import finishing, furnishing, reading, writing
from martech.migration.phases.steps import Argument, Step, Steps

__all__ = ["STEPS", "batch", "migrate"]

STEPS: Mapping[str, Step] = {**reading.STEPS, **furnishing.STEPS, **writing.STEPS, **finishing.STEPS}
"""Every step by its name."""

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, GROWTH = 2.0, 60.0, 1.5
MOST_QUESTIONS = 500
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
    lists: Sequence[str] = ()
    if kind is Kind.FULL:
        steps.do("phase", "furnish")
        lists = steps.do("furnish")
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
        steps.do("phase", "memberships")
        for one in lists:
            _pages(steps, "members", one)
            _pages(steps, "there", one)
            times = 0
            while steps.do("join", one, times):
                times += 1
        _sweep(steps)
    steps.do("close")


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
        steps.sleep(seconds)


def _pages(steps: Steps, name: str, *arguments: Argument) -> None:
    cursor = steps.do(name, *arguments, None)
    while cursor is not None:
        cursor = steps.do(name, *arguments, cursor)


def _batches(steps: Steps, group: Group, again: str) -> None:
    steps.every([(group.value, low, high, again) for low, high in steps.do("cuts", group.value, again)])


def batch(steps: Steps, group: str, low: int, high: int, again: str) -> None:
    """Write one batch. Submitting, asking and sleeping are separate steps."""
    if not steps.do("submit", group, low, high, again)["job"]:
        return
    wait = FIRST_WAIT_SECONDS
    for times in range(MOST_QUESTIONS):
        if steps.do("ask", group, low, high, again, times):
            break
        steps.sleep(wait)
        wait = min(wait * GROWTH, LONGEST_WAIT_SECONDS)
    steps.do("collect", group, low, high, again)
