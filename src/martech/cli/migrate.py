"""`martech migrate`: from one vendor to another. Each subcommand is in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping

from cyclopts import App

__all__ = ["SUBCOMMANDS", "migrate"]

SUBCOMMANDS: Mapping[str, tuple[str, str]] = {
    "map": ("martech.cli.migrate_plan:propose_map", "Propose what becomes of each attribute."),
    "plan": ("martech.cli.migrate_plan:plan", "Read both sides and say what a migration will do; writes nothing."),
    "run": ("martech.cli.migrate_run:run", "Do what a plan says; a further run moves only what changed."),
    "pause": ("martech.cli.migrate_run:pause", "Have a run stop before its next step."),
    "resume": ("martech.cli.migrate_run:resume", "Go on with a run that was paused, stopped or killed."),
    "status": ("martech.cli.migrate_run:status", "Show the runs, or how far one is."),
    "verify": ("martech.cli.migrate_run:verify_run", "Read both sides again and say what became of everybody."),
    "undo": ("martech.cli.migrate_run:undo", "Put the target back as it was, but for consent."),
}
"""Every subcommand: where it is, and what it does."""

migrate = App(name="migrate", help="Move from one vendor to another, and show afterwards that nobody was lost.")
for _name, (_place, _help) in SUBCOMMANDS.items():
    migrate.command(_place, name=_name, help=_help)
