"""What a step is, and what an engine offers to the course of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from martech.models import Contact

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["Argument", "Step", "Steps", "contacts_in", "contacts_out"]

Argument = str | int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step in its two halves."""

    perform: Callable[..., Any]
    """`perform(work, *arguments)` talks to vendors and returns what is to be recorded. It may be done twice."""
    record: Callable[..., Any]
    """`record(work, connection, value, *arguments)` writes the journal; returns a little JSON without people."""
    dump: Callable[[Any], Any] = lambda value: value
    load: Callable[[Any], Any] = lambda value: value
    """Between the value and JSON, for engines that keep it between the halves."""


class Steps(Protocol):
    """What an engine offers: durable steps, durable sleep, and batches that may be done by others."""

    def do(self, name: str, *arguments: Argument) -> Any:
        """Do a step, or return what it gave when it was done."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a wait that was over once is not repeated."""
        ...

    def every(self, batches: Sequence[Sequence[Argument]]) -> None:
        """Do the batches with these arguments, in any order, and come back when all are done."""
        ...


def contacts_out(value: Any) -> Any:
    """Return a value with its contacts as JSON."""
    if isinstance(value, Contact):
        return {"contact": value.model_dump_json(exclude_unset=True)}
    if isinstance(value, dict):
        return {name: contacts_out(one) for name, one in value.items()}
    return [contacts_out(one) for one in value] if isinstance(value, (list, tuple)) else value


def contacts_in(value: Any) -> Any:
    """Return a value with its contacts made again."""
    if isinstance(value, dict):
        if value.keys() == {"contact"} and isinstance(value["contact"], str):
            return Contact.model_validate_json(value["contact"])
        return {name: contacts_in(one) for name, one in value.items()}
    return [contacts_in(one) for one in value] if isinstance(value, list) else value


def nothing_to_perform(work: Work, *arguments: Argument) -> None:
    """For steps that only write the journal."""
    del work, arguments


def nothing_to_record(work: Work, connection: Connection, value: Any, *arguments: Argument) -> Any:
    """For steps that only look; gives what was seen, which must name nobody."""
    del work, connection, arguments
    return value
