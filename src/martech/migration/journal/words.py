"""The words of the journal."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CLASSES", "LONE_BLOCK", "Class", "Group", "Kind", "State"]

LONE_BLOCK = "#block"
"""Stands for the page of somebody of whom only a block is known."""


class Class(StrEnum):
    """What became of one record that a run read. Every record has exactly one."""

    MOVED = "moved"
    MOVED_WITH_LOSS = "moved with declared loss"
    SKIPPED = "skipped"
    """Not written, and the reason says why."""
    REFUSED = "refused"
    """The vendor refused it, in its own words."""
    FAILED = "failed"
    """It could not be done, or nobody can tell whether it was; it is tried again."""


CLASSES = tuple(Class)


class Group(StrEnum):
    """In which of the two writing phases a person belongs."""

    NOS = "nos"
    """Opted out or blocked on any channel: these go before all others."""
    OTHERS = "others"
    NONE = "none"
    """Settled when it was read: nothing is written."""


class Kind(StrEnum):
    """What a run is for."""

    FULL = "full"
    OPT_OUTS = "opt-outs"
    """Only who says no: the last pass after the switch."""


class State(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """Something went wrong; it can be resumed."""
    DONE = "done"
    UNDONE = "undone"
