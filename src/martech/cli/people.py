"""`martech why` and `martech privacy`: one person across the journal and the accounts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from martech.cli.migrate_run import StateUrl, opened
from martech.cli.showing import console, print_json, table

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.journal import Journal
    from martech.models import Identifier

__all__ = ["erase", "export", "forget", "privacy", "retain", "why"]

privacy = App(name="privacy", help="What is held of a person, across accounts and the journal, and erasing it.")

Accounts = Annotated[Sequence[str], Parameter(name="--account")]


@contextmanager
def _sides(
    state: str | None, account: Sequence[str], *, read_only: bool
) -> Generator[tuple[Journal, list[Client]], None, None]:
    from martech.migration.sources.opening import open_account

    with opened(state) as journal, ExitStack() as stack:
        clients = [stack.enter_context(open_account(one, read_only=read_only)) for one in account]
        yield journal, clients


def _named(person: str) -> Identifier:
    """Return whom a text names: an address, a number with its country code, or `own:` and an id."""
    from martech.errors import InvalidRequest
    from martech.models import email, mobile, own

    try:
        if person.startswith("own:"):
            return own(person.removeprefix("own:"))
        return mobile(person) if person.startswith("+") else email(person)
    except ValueError as wrong:
        raise InvalidRequest(f"{wrong}", hint="an address, a number such as +44…, or own:ID") from None


def why(person: str, /, *, account: Accounts = (), state: StateUrl = None, json: bool = False) -> int:
    """Say how somebody stands on each side, and which run and rule set it.

    Parameters
    ----------
    person
        An address, a number with its country code, or own:ID.
    account
        An account to ask as well, with the file of its settings: acme:acme.toml. May be said several times.
    state
        Where the journal is.
    json
        Print JSON.
    """
    from martech.migration import people

    with _sides(state, account, read_only=True) as (journal, clients):
        told = people.why(journal, _named(person), clients)
    if json:
        print_json(told)
        return 0
    out = console()
    if told["erased"]:
        out.print(
            "[yellow]erased on request: a tombstone keeps every later import from bringing them back[/yellow]"
        )
    now = table("account", "now")
    for one in told["accounts"]:
        now.add_row(one["account"], _states(one["states"]) or one["reason"] or "no states")
    if told["accounts"]:
        out.print(now)
    runs = table("run", "what", wrap_first=True)
    for one in told["runs"]:
        runs.add_row(
            one["run"], f"{one['class'] or 'not written yet'}{': ' + one['reason'] if one['reason'] else ''}"
        )
        runs.add_row("", f"source: {_states(one['states at the source']) or 'no states'}")
        for channel, rule in one["rules"].items():
            runs.add_row("", f"{channel}: {rule}")
    out.print(runs if told["runs"] else "no run of this journal knows them")
    return 0


def _states(states: Any) -> str:
    return ", ".join(f"{channel} {word}" for channel, word in states.items()) if states else ""


@privacy.command
def export(person: str, /, *, account: Accounts = (), state: StateUrl = None) -> int:
    """Print as JSON whatever the accounts and the journal hold of somebody.

    Parameters
    ----------
    person
        As for `martech why`.
    account
        An account to ask, with the file of its settings. May be said several times.
    state
        Where the journal is.
    """
    from martech.migration import people

    with _sides(state, account, read_only=True) as (journal, clients):
        print_json(people.export(journal, _named(person), clients))
    return 0


@privacy.command
def erase(person: str, /, *, account: Accounts = (), state: StateUrl = None, json: bool = False) -> int:
    """Remove somebody from the accounts and the journal; no later import brings them back.

    Parameters
    ----------
    person
        As for `martech why`.
    account
        An account to remove them from. May be said several times.
    state
        Where the journal is.
    json
        Print JSON.
    """
    from martech.migration import people

    with _sides(state, account, read_only=False) as (journal, clients):
        told = people.erase(journal, _named(person), clients)
    if json:
        print_json(told)
    else:
        shown = table("account", "removed", "why not")
        for one in told["accounts"]:
            shown.add_row(one["account"], "yes" if one["removed"] else "no", one["reason"] or "")
        console().print(shown)
        console().print(f"{told['names']} names have a tombstone; {told['rows of the journal']} rows were emptied")
    return 0 if all(one["removed"] or one["reason"] == "not there" for one in told["accounts"]) else 1


@privacy.command
def forget(run: str, /, *, state: StateUrl = None) -> int:
    """Forget whatever is personal in one run; its counts stay. It can neither be verified nor undone any more.

    Parameters
    ----------
    run
        Its id.
    state
        Where the journal is.
    """
    with opened(state) as journal:
        journal.run(run)
        journal.forget_run(run)
    console().print(f"nothing personal is left of {run}")
    return 0


@privacy.command
def retain(days: int, /, *, state: StateUrl = None) -> int:
    """Forget whatever is personal in runs that ended longer ago than so many days; their counts stay.

    Parameters
    ----------
    days
        How many days are kept.
    state
        Where the journal is.
    """
    from datetime import UTC, datetime, timedelta

    with opened(state) as journal:
        count = journal.forget_before(datetime.now(UTC) - timedelta(days=days))
    console().print(f"{count} runs ended earlier; nothing personal is left of them")
    return 0
