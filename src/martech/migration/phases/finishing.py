"""The end of a run: who could not be written is tried again, and who said no meanwhile is told to the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martech.migration.journal import Group, State
from martech.migration.phases.reading import staged
from martech.migration.phases.steps import Step, contacts_in, contacts_out, nothing_to_perform, nothing_to_record
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
    people = [one for one in staged(work, value["people"]) if one.opted_out and one.settled is None]
    known = work.journal.opted_out_names(connection, work.run, [one.names[0] for one in people])
    new = [one for one in people if one.names[0] not in known]
    work.journal.stage(connection, work.run, cursor, new)
    work.journal.reopen_names(connection, work.run, [one.names[0] for one in new])
    return {"next": value["next"], "new": len(new)}


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
    "sweep": Step(_sweep, _stage_nos, contacts_out, contacts_in),
    "lag": Step(_lag, nothing_to_record),
    "close": Step(nothing_to_perform, _close),
}
