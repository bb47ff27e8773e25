"""`martech migrate run` and what belongs to a run: pause, resume, status, verify, undo."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from martech.cli.following import following
from martech.cli.memory import give_back_large_buffers
from martech.cli.showing import console, print_json, table

if TYPE_CHECKING:
    from martech.migration.journal import Journal
    from martech.migration.verifying import Verified

__all__ = ["pause", "resume", "run", "status", "undo", "verify_run"]

StateUrl = Annotated[str | None, Parameter(env_var="MARTECH_STATE")]
EngineName = Literal["auto", "plain", "dbos"]
MOST_ROUNDS = 20


@contextmanager
def opened(state: str | None) -> Generator[Journal, None, None]:
    """Give the journal."""
    from martech.migration.journal import Journal
    from martech.migration.running import default_state

    journal = Journal(state or default_state())
    try:
        yield journal
    finally:
        journal.close()


def run(
    plan: Path,
    source: str,
    target: str,
    /,
    *,
    source_settings: Path | None = None,
    target_settings: Path | None = None,
    state: StateUrl = None,
    engine: EngineName = "auto",
    until_quiet: bool = False,
    opt_outs: bool = False,
    json: bool = False,
) -> int:
    """Do what a plan says. A further run moves only what changed since.

    Parameters
    ----------
    plan
        The plan, signed off.
    source
        As for `martech migrate plan`.
    target
        Likewise.
    source_settings
        A TOML file with further settings of the source.
    target_settings
        A TOML file with further settings of the target.
    state
        Where the journal is; by default the environment's MARTECH_STATE, else a file of this user's state folder.
    engine
        plain: this process, with the journal alone; dbos: any number of workers (martech[migrate]); auto: dbos
        where the journal is on PostgreSQL and DBOS is installed, else plain.
    until_quiet
        Run again until a run has nothing to write: for the last hour before the switch.
    opt_outs
        Only tell the target who says no: the last pass after the switch.
    json
        Print JSON instead of a progress bar.
    """
    from martech.migration.journal import Kind
    from martech.migration.plan import load_plan
    from martech.migration.running import Booking, begin

    booking = Booking(
        plan=load_plan(plan), source=source, target=target, engine=_engine(engine, state),
        source_settings=_absolute(source_settings), target_settings=_absolute(target_settings),
    )  # fmt: skip
    kind = Kind.OPT_OUTS if opt_outs else Kind.FULL
    with opened(state) as journal:
        for _ in range(MOST_ROUNDS if until_quiet else 1):
            made = begin(journal, booking, kind=kind)
            _go_on(journal, made, booking.engine, quiet=json)
            _told(journal, made, as_json=json)
            if not journal.run(made)["writes"]:
                break
        else:
            return 0 if not until_quiet else 41
    return 0


def _engine(name: EngineName, state: str | None) -> str:
    """Return the engine that is meant: the one for several workers only where there can be some."""
    from importlib.util import find_spec

    if name != "auto":
        return name
    shared = (state or "").startswith("postgresql") and find_spec("dbos") is not None
    return "dbos" if shared else "plain"


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def resume(run: str, /, *, state: StateUrl = None, engine: EngineName | None = None, json: bool = False) -> int:
    """Go on with a run that was paused, stopped or killed.

    Parameters
    ----------
    run
        Its id.
    state
        Where the journal is.
    engine
        The engine; by default the one it was begun with. Any of them can go on, if none is at work.
    json
        Print JSON instead of a progress bar.
    """
    from martech.migration.journal import State
    from martech.migration.running import booking_of

    with opened(state) as journal:
        known = journal.run(run)
        if known["state"] != State.DONE:
            chosen = _engine(engine, state) if engine is not None else booking_of(known).engine
            _go_on(journal, run, chosen, quiet=json)
        _told(journal, run, as_json=json)
    return 0


def pause(run: str, /, *, state: StateUrl = None) -> int:
    """Have a run stop before its next step, wherever it is worked on.

    Parameters
    ----------
    run
        Its id.
    state
        Where the journal is.
    """
    from martech.migration.journal import State

    with opened(state) as journal:
        if journal.run(run)["state"] == State.RUNNING:
            journal.note(run, state=State.PAUSED, why="it was paused")
        console().print(f"{run} stops before its next step; martech migrate resume {run} goes on")
    return 0


def _go_on(journal: Journal, run: str, engine: str, *, quiet: bool) -> None:
    give_back_large_buffers()
    if engine == "plain":
        from martech.migration.engines import PlainEngine
        from martech.migration.running import open_work

        work = open_work(journal, run)
        try:
            with following(journal, run, quiet=quiet):
                PlainEngine().run(work)
        finally:
            work.order.source.close()
            work.order.target.client.close()
        return
    from martech.migration.engines.durable import DurableEngine
    from martech.migration.running import open_work

    # Named for the run: whoever resumes it, wherever, brings back what died with the last who did.
    durable = DurableEngine(journal, lambda one: open_work(journal, one), worker=f"run {run}")
    durable.launch()
    try:
        durable.start(run)
        with following(journal, run, quiet=quiet):
            durable.wait(run)
    finally:
        durable.close()


def _told(journal: Journal, run: str, *, as_json: bool) -> None:
    known, counts = journal.run(run), journal.counts(run)
    if as_json:
        print_json(
            {"run": run, "state": known["state"], "phase": known["phase"], "writes": known["writes"], **counts}
        )
        return
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count and name != "people")
    console().print(
        f"{run}: {known['state']}; {counts['people']} people: {told or 'none'}; {known['writes']} writes"
    )
    if known["why"]:
        console().print(f"[yellow]{known['why']}[/yellow]")


def status(run: str | None = None, /, *, state: StateUrl = None, follow: bool = False, json: bool = False) -> int:
    """Show the runs of a journal, or how far one is.

    Parameters
    ----------
    run
        Only this one.
    state
        Where the journal is.
    follow
        Show a bar until the run is over.
    json
        Print JSON.
    """
    from martech.migration.journal import State

    with opened(state) as journal:
        if run is not None:
            if follow:
                with following(journal, run, quiet=json):
                    while journal.run(run)["state"] == State.RUNNING:
                        time.sleep(0.3)
            _told(journal, run, as_json=json)
            return 0
        shown = table("run", "kind", "state", "phase", "from", "to", "people", "writes")
        for one in journal.runs():
            if json:
                _told(journal, one["run"], as_json=True)
                continue
            people = str(journal.counts(one["run"])["people"])
            shown.add_row(
                one["run"], one["kind"], one["state"], one["phase"], one["source"], one["target"], people,
                str(one["writes"]),
            )  # fmt: skip
        if not json:
            console().print(shown)
    return 0


def verify_run(run: str, /, *, html: Path | None = None, state: StateUrl = None, json: bool = False) -> int:
    """Read both sides again and say what became of everybody; exit code 1 unless nothing speaks against the run.

    Parameters
    ----------
    run
        Its id.
    html
        Where the report is written as a page.
    state
        Where the journal is.
    json
        Print JSON.
    """
    from martech.migration.planned import translation_of
    from martech.migration.running import booking_of, open_sides
    from martech.migration.verifying import verify

    with opened(state) as journal:
        booking = booking_of(journal.run(run))
        source, client = open_sides(booking)
        try:
            rules = booking.plan.rules
            told = verify(
                journal, run, source=source, client=client, translation=translation_of(booking.plan, client),
                require_evidence=bool(rules.get("require_evidence")), restore=bool(rules.get("restore")),
            )  # fmt: skip
        finally:
            source.close()
            client.close()
    if html is not None:
        from martech.migration.reporting import page_of

        html.write_text(page_of(told), encoding="utf-8")
    if json:
        print_json(told.plain())
    else:
        _show(told)
    return 0 if told.green else 1


def _show(told: Verified) -> None:
    out = console()
    shown = table("class", "people", title=f"{told.source} → {told.target}")
    for name, count in told.plain()["classes"].items():
        shown.add_row(name, str(count))
    out.print(shown)
    for title, counted in (
        ("reasons", told.reasons),
        ("losses", told.losses),
        ("fields that differ", told.fields),
    ):
        if counted:
            rows = table(title, "people", wrap_first=True)
            for words, count in counted.most_common(20):
                rows.add_row(words, str(count))
            out.print(rows)
    for words in told.unproven:
        out.print(f"[yellow]not proven: {words}[/yellow]")
    for one in [*told.violations, *told.undelivered][:20]:
        out.print(f"[red]row {one.seq}: {one.words}[/red]")
    out.print(f"[{'green' if told.green else 'red'}]{told.line()}[/]")


def undo(run: str, /, *, state: StateUrl = None, json: bool = False) -> int:
    """Put the target back as it was before a run, but for consent, which never moves towards being contacted.

    Parameters
    ----------
    run
        Its id.
    state
        Where the journal is.
    json
        Print JSON.
    """
    from martech.migration.running import open_work
    from martech.migration.undoing import undo as undone

    with opened(state) as journal:
        work = open_work(journal, run)
        try:
            told = undone(work)
        finally:
            work.order.source.close()
            work.order.target.client.close()
    if json:
        print_json(told.plain())
    else:
        shown = table("undone", "people")
        for name, count in told.counts.items():
            shown.add_row(name, str(count))
        console().print(shown)
        for words in told.left:
            console().print(f"[yellow]{words}[/yellow]")
    return 0
