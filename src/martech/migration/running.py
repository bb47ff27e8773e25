"""Runs from the outside: begin one, go on with one, and open in any process what its steps need."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from martech.errors import BrokenInput, InvalidRequest
from martech.migration.journal import Journal, Kind, State
from martech.migration.order import Work
from martech.migration.plan import Plan, check_approved
from martech.migration.planned import order_of
from martech.migration.sources.opening import open_account, open_source, read_settings

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.sources.contract import Source

__all__ = ["Booking", "begin", "booking_of", "default_state", "open_sides", "open_work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a run was begun with, as its journal keeps it. Secrets stay in the files that are named here."""

    plan: Plan
    source: str
    target: str
    source_settings: str | None = None
    target_settings: str | None = None
    engine: str = "plain"

    def as_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self) | {"plan": self.plan.model_dump(mode="json")})


def default_state() -> str:
    """Return where the journal is if nobody says: a file of this user's state folder, which is made."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(base) / "martech"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'state.db'}"


def booking_of(known: Mapping[str, Any]) -> Booking:
    """Return what a run was begun with.

    Raises:
        BrokenInput: The journal does not hold it any more.
    """
    told = json.loads(known["order"])
    if "plan" not in told:
        raise BrokenInput(f"the journal does not say what {known['run']} was begun with")
    return Booking(**told | {"plan": Plan.model_validate(told["plan"])})


def begin(journal: Journal, booking: Booking, *, kind: Kind = Kind.FULL, now: datetime | None = None) -> str:
    """Note a run and return its id; nothing is read or written yet.

    Raises:
        InvalidRequest: Nobody has signed the plan off, it was changed since, or the source has moved; or another
            run to the same target is under way.
    """
    source = open_source(booking.source, _settings(booking.source_settings))
    try:
        check_approved(booking.plan, source if kind is Kind.FULL and _first(journal, booking) else None)
        name = source.name
        if name != booking.plan.source.name:
            raise InvalidRequest(f"the plan is about {booking.plan.source.name}, not about {name}")
    finally:
        source.close()
    for other in journal.runs():
        same = other["target"] == booking.plan.target.name
        if same and other["state"] in (State.RUNNING, State.PAUSED, State.STOPPED):
            raise InvalidRequest(
                f"the run {other['run']} to the same target is {other['state']}",
                hint=f"martech migrate resume {other['run']}, or martech migrate undo {other['run']}",
            )
    at = now or datetime.now(UTC)
    run = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    journal.open_run(run, kind=kind, source=name, target=booking.plan.target.name, order=booking.as_json(), now=at)
    return run


def _first(journal: Journal, booking: Booking) -> bool:
    """Return whether no run of this plan is done: a later one is there because the source has moved."""
    same = (booking.plan.source.name, booking.plan.target.name)
    return not any((one["source"], one["target"]) == same and one["state"] == State.DONE for one in journal.runs())


def open_work(journal: Journal, run: str) -> Work:
    """Return what the steps of a run need.

    Raises:
        InvalidRequest: The plan in the journal is not the one that was signed off, or the target is another.
    """
    known = journal.run(run)
    booking = booking_of(known)
    check_approved(booking.plan)
    source, client = open_sides(booking, read_only=False)
    order = order_of(booking.plan, source, client, kind=Kind(known["kind"]))
    if order.target.name != known["target"]:
        raise InvalidRequest(f"the run {run} is to {known['target']}, and the settings name {order.target.name}")
    return Work(run, order, journal)


def open_sides(booking: Booking, *, read_only: bool = True) -> tuple[Source, Client]:
    """Open the source, which is only read ever, and the target."""
    source = open_source(booking.source, _settings(booking.source_settings))
    return source, open_account(booking.target, _settings(booking.target_settings), read_only=read_only)


def _settings(path: str | None) -> Mapping[str, Any] | None:
    return None if path is None else read_settings(Path(path))
