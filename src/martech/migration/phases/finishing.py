"""The end of a run: who could not be written is tried again, and who said no meanwhile is told to the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from martech.migration.journal import Group, Staged, State
from martech.migration.phases.reading import staged, topics_out
from martech.migration.phases.steps import Step, nothing_to_perform, nothing_to_record
from martech.models import Contact

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS"]


def _cuts(work: Work, group: str, again: str) -> Any:
    del again
    return work.journal.cuts(work.run, Group(group), work.order.target.size)


def _phase(work: Work, connection: Connection, value: Any, name: str) -> Any:
    del value
    work.journal.note(work.run, connection, phase=name)


def _reopen(work: Work, connection: Connection, value: Any, again: str) -> Any:
    """Open again whoever failed; returns how many that are."""
    del value, again
    return work.journal.reopen(connection, work.run)


def _sweep(work: Work, cursor: str | None) -> Any:
    """Read the source once more, for those who said no since."""
    if not work.order.live:
        return {"people": [], "next": None}
    page = work.page("people", work.order.source.people, cursor)
    if page is None:
        return {"people": [], "next": None}
    return {"people": [one for one in page.items if isinstance(one, Contact)], "next": page.next_cursor}


def _stage_nos(work: Work, connection: Connection, value: Any, cursor: str | None) -> Any:
    people = [one for one in staged(work, value["people"]) if one.settled is None]
    out = [one for one in people if one.opted_out]
    known = work.journal.opted_out_names(connection, work.run, [one.names[0] for one in out])
    new = [one for one in out if one.names[0] not in known]
    new += _newly_out_of_topics(work, [one for one in people if one not in new])
    work.journal.stage(connection, work.run, cursor, new)
    work.journal.reopen_names(connection, work.run, [one.names[0] for one in new])
    return {"next": value["next"], "new": len(new)}


def _newly_out_of_topics(work: Work, people: Sequence[Staged]) -> list[Staged]:
    """Return those who are out of a topic that they were not out of when they were read."""
    now = {one.names[0]: topics_out(work, one.contact) for one in people if one.contact is not None}
    then = {
        row.name: topics_out(work, row.contact)
        for row in work.journal.by_target_names(work.run, [name for name, topics in now.items() if topics])
        if row.contact is not None
    }
    return [
        replace(one, group=Group.NOS)
        for one in people
        if now.get(one.names[0], NONE) - then.get(one.names[0], NONE)
    ]


NONE: frozenset[str] = frozenset()


def _lag(work: Work, before: str) -> float:
    """Return how long to wait until the target shows what was written, where it takes its time over that."""
    del before
    written = work.journal.run(work.run)["writes"]
    return work.order.target.provider.shown_after_seconds if written else 0.0


def _close(work: Work, connection: Connection, value: Any) -> Any:
    del value
    work.journal.note(
        work.run, connection, phase="done", state=State.DONE, ended_at=work.now().timestamp(), why=None
    )


STEPS = {
    "cuts": Step(_cuts, nothing_to_record),
    "phase": Step(nothing_to_perform, _phase),
    "reopen": Step(nothing_to_perform, _reopen),
    "sweep": Step(_sweep, _stage_nos),
    "lag": Step(_lag, nothing_to_record),
    "shown": Step(nothing_to_perform, nothing_to_record),
    "close": Step(nothing_to_perform, _close),
}
