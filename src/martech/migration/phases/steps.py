"""What a step is, and what an engine offers to the course of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work
    from martech.migration.target import Polls

__all__ = ["Argument", "Batch", "Step", "Steps", "nothing_to_perform", "nothing_to_record"]

Argument = str | int | None
Batch = tuple[str, int, int, str]
"""A batch of people: its group, the first and the last of their numbers, and which time it is written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step in its two halves."""

    perform: Callable[..., Any]
    """`perform(work, *arguments)` talks to vendors and returns what is to be recorded. It may be done twice."""
    record: Callable[..., Any]
    """`record(work, connection, value, *arguments)` writes the journal; returns a little JSON without people."""


class Steps(Protocol):
    """What an engine offers: steps that are done once, waits between them, and batches that others may do."""

    @property
    def polls(self) -> Polls:
        """How the vendor wants to be asked for jobs."""
        ...

    def do(self, name: str, *arguments: Argument) -> Any:
        """Do a step, or return what it gave when it was done."""
        ...

    def sleep(self, seconds: float, name: str, *arguments: Argument) -> None:
        """Wait before a step; not if that step was done already."""
        ...

    def every(self, batches: Sequence[Batch]) -> None:
        """Do these batches, in any order, several at once if the vendor likes; come back when all are done."""
        ...


def nothing_to_perform(work: Work, *arguments: Argument) -> None:
    """For steps that only write the journal."""
    del work, arguments


def nothing_to_record(work: Work, connection: Connection, value: Any, *arguments: Argument) -> Any:
    """For steps that only look; gives what was seen, which must name nobody."""
    del work, connection, arguments
    return value
