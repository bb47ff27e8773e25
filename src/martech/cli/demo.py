"""`martech demo`: the same program on every provider, over real HTTP on this machine.

It serves the emulator of every installed provider, runs `examples/swap.py` against each, and checks that the
numbers add up: one result per row, nobody who said no can be contacted, one message sent. Then it moves the same
people from one vendor to another with `examples/migrate.py`, killed in the middle, and ends with the verdict.
"""

from __future__ import annotations

import re
import runpy
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from martech.cli.emulate import started
from martech.cli.showing import console, print_json, table
from martech.client import Client
from martech.emulation import Served
from martech.errors import BrokenInput, MartechError
from martech.files import read_contacts
from martech.models import Channel, Contact, IfNew, ItemResult
from martech.provider.capabilities import capability
from martech.registry import find, installed

__all__ = ["demo"]

SPEED = 60.0
Swap = Callable[[Client, Path, Callable[[ItemResult], object]], dict[str, Any]]


@dataclass(slots=True)
class Ran:
    """What the program did at one provider, and what does not add up."""

    provider: str
    title: str
    done: dict[str, Any]
    results: list[ItemResult]
    requests: int
    seconds: float
    wrong: list[str] = field(default_factory=list)

    def count(self, *outcomes: str) -> int:
        """Return how many rows had one of these outcomes."""
        return sum(result.outcome in outcomes for result in self.results)


def demo(*, examples: Path = Path("examples"), speed: float = SPEED, json: bool = False) -> int:
    """Run the same program on every provider and compare.

    Parameters
    ----------

    Examples:
        The folder with `swap.py`, `migrate.py` and `contacts.csv`.
    speed
        How fast the emulators' clocks run.
    json
        Print JSON instead of tables.
    """
    program, contacts = examples / "swap.py", examples / "contacts.csv"
    if not all((examples / name).is_file() for name in ("swap.py", "migrate.py", "contacts.csv")):
        raise BrokenInput(
            f"there is no swap.py, migrate.py and contacts.csv in {examples}", hint="run it in a checkout"
        )
    swap: Swap = runpy.run_path(str(program))["swap"]
    rows = _rows(contacts)
    names = [one.name for one in installed() if one.has_emulator]
    ran: list[Ran] = []
    out = console()
    with ExitStack() as stack:
        bars = Progress(
            TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=out, disable=json,
        )  # fmt: skip
        stack.enter_context(bars)
        for name in names:
            served = started(name, speed=speed)
            stack.callback(served.close)
            bar = bars.add_task(find(name).title, total=len(rows))
            ran.append(_run(served, swap, contacts, rows, partial(_advance, bars, bar)))
    moved = _moved(examples / "migrate.py", rows, speed, quiet=json)
    if json:
        told: dict[str, Any] = {"verdict": moved.verdict, "wrong": moved.wrong}
        print_json([*({"provider": one.provider, **one.done, "wrong": one.wrong} for one in ran), told])
    else:
        _compare(ran, rows, speed)
        _show_move(moved)
        wrong = moved.wrong or any(one.wrong for one in ran)
        out.print("[red]demo: failed[/red]" if wrong else "[green]demo: ok[/green]")
    return 1 if any(one.wrong for one in ran) or not ran or moved.wrong else 0


def _advance(bars: Progress, bar: TaskID, _: ItemResult) -> None:
    bars.advance(bar)


def _rows(contacts: Path) -> Sequence[Contact | object]:
    return list(read_contacts(contacts, columns={"City": "ignore", "Joined": "ignore"}))


def _run(
    served: Served, swap: Swap, contacts: Path, rows: Sequence[object], watch: Callable[[ItemResult], object]
) -> Ran:
    line = served.line()
    name, title = line["provider"], find(line["provider"]).title
    results: list[ItemResult] = []

    def seen(result: ItemResult) -> None:
        results.append(result)
        watch(result)

    began = time.perf_counter()
    try:
        with Client(name, **line["settings"]) as client:
            done = swap(client, contacts, seen)
    except MartechError as error:
        ran = Ran(name, title, {}, results, served.emulator.ledger.total, time.perf_counter() - began)
        ran.wrong.append(str(error))
        return ran
    ran = Ran(name, title, done, results, served.emulator.ledger.total, time.perf_counter() - began)
    _check(ran, served, rows)
    return ran


def _check(ran: Ran, served: Served, rows: Sequence[object]) -> None:
    """Note what does not add up."""
    emulator = served.emulator
    if [result.position for result in ran.results] != list(range(len(rows))):
        ran.wrong.append(f"{len(rows)} rows and {len(ran.results)} results")
    told = sum(ran.done["rows"].values())
    if told != len(rows):
        ran.wrong.append(f"{told} of {len(rows)} rows are accounted for")
    people = [(row.own_id, row.email, row) for row in rows if isinstance(row, Contact)]
    said_no = {
        name
        for own_id, email, row in people
        if any(one.is_no for one in row.subscriptions)
        for name in (own_id, email)
        if name
    }
    reached = [name for name in said_no if emulator.contactable(name)]
    if reached:
        ran.wrong.append(f"{len(reached)} people who said no can be contacted")
    surprised = [
        result
        for result in ran.results
        if result.outcome == "created" and result.identifier is not None
        if emulator.contactable(result.identifier.value) and not result.contactable
    ]
    if surprised:
        ran.wrong.append(f"{len(surprised)} people can be contacted and the result did not say so")
    if len(emulator.outbox) != 1:
        ran.wrong.append(f"one message was to go out, {len(emulator.outbox)} did")
    if emulator.ledger.leaks:
        ran.wrong.append("a secret was in an address")


def _compare(ran: Sequence[Ran], rows: Sequence[object], speed: float) -> None:
    out = console()
    shown = table(
        "", *(one.title for one in ran), title=f"\n{len(rows)} rows, the same program, {len(ran)} providers"
    )
    lines: list[tuple[str, Callable[[Ran], object]]] = [
        ("new people", lambda one: _words(one.done.get("if new"))),
        ("created", lambda one: one.count("created")),
        ("  contactable", lambda one: sum(bool(result.contactable) for result in one.results)),
        ("updated", lambda one: one.count("updated", "saved", "unchanged")),
        ("one person twice", lambda one: one.count("superseded")),
        ("accepted", lambda one: sum(result.ok for result in one.results)),
        ("refused", lambda one: sum(not result.ok for result in one.results)),
        ("on a list", lambda one: _listed(one.done.get("list"))),
        ("sent", lambda one: _sent(one.done.get("sent"))),
        ("report", lambda one: _reported(one.done.get("report"))),
        ("requests", lambda one: one.requests),
        ("seconds", lambda one: f"{one.seconds:.1f}"),
    ]
    for name, value in lines:
        shown.add_row(name, *(str(value(one)) for one in ran))
    out.print(shown)
    _by_reason(ran)
    _not_supported(ran)
    out.print(f"\nThe emulators' clocks ran at {speed:g} times the machine's, and so did the clients'.")
    for one in ran:
        for wrong in one.wrong:
            out.print(f"[red]{one.title}: {wrong}[/red]")


@dataclass(slots=True)
class Moved:
    """What came of moving one account into another."""

    titles: tuple[str, str]
    stages: list[tuple[str, Mapping[str, Any], float]] = field(default_factory=list)
    verdict: str = "not moved"
    wrong: list[str] = field(default_factory=list)


def _moved(program: Path, rows: Sequence[object], speed: float, *, quiet: bool) -> Moved:
    """Move the same people from one emulator into another with `examples/migrate.py`, which names the two."""
    loaded = runpy.run_path(str(program))
    names: tuple[str, str] = loaded["PAIR"]
    moved = Moved((find(names[0]).title, find(names[1]).title))
    people = [row for row in rows if isinstance(row, Contact) and row.email]
    with ExitStack() as stack:
        sides = [started(name, speed=speed) for name in names]
        for side in sides:
            stack.callback(side.close)
        sides[0].emulator.seed_people(_seeds(people))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        bars = stack.enter_context(
            Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console(), disable=quiet)
        )
        bar = bars.add_task(" → ".join(moved.titles), total=None)
        began = time.perf_counter()

        def said(stage: str, told: Mapping[str, Any]) -> None:
            moved.stages.append((stage, told, time.perf_counter() - began))
            bars.update(bar, description=f"{' → '.join(moved.titles)}: {stage}")

        try:
            moved.verdict = loaded["migrate"](sides[0].line(), sides[1].line(), folder, said)
        except SystemExit as gave_up:
            moved.wrong.append(str(gave_up))
            return moved
        _check_move(moved, people, sides)
    return moved


def _seeds(people: Sequence[Contact]) -> Iterator[Mapping[str, str]]:
    for one in people:
        no = any(state.is_no for state in one.subscriptions)
        yield {
            "key": one.own_id or "", "email": one.email or "", "phone": one.mobile or "",
            "first_name": one.first_name or "", "last_name": one.last_name or "",
            "unsubscribed_email": "true" if no else "false",
        }  # fmt: skip


def _check_move(moved: Moved, people: Sequence[Contact], sides: Sequence[Served]) -> None:
    """Note what does not add up: by the verdict, and by what the two vendors say of everybody."""
    if not moved.verdict.startswith("verified"):
        moved.wrong.append(moved.verdict)
    old, new = (side.emulator for side in sides)
    reached = [one for one in people if new.contactable(one.email or "") and not old.contactable(one.email or "")]
    if reached:
        moved.wrong.append(f"{len(reached)} people can be contacted who could not be before")
    if not any(new.contactable(one.email or "") for one in people):
        moved.wrong.append("nobody was carried")


def _show_move(moved: Moved) -> None:
    out = console()
    shown = table("", "what it came to", "after", title=f"\n{' → '.join(moved.titles)}, killed in the middle")
    for stage, told, seconds in moved.stages:
        numbers = ", ".join(
            f"{count} {name.replace('_', ' ')}"
            for name, count in told.items()
            if isinstance(count, int) and not isinstance(count, bool) and count
        )
        shown.add_row(stage, numbers, f"{seconds:.1f} s")
    out.print(shown)
    out.print(moved.verdict)
    for wrong in moved.wrong:
        out.print(f"[red]{wrong}[/red]")


def _by_reason(ran: Sequence[Ran]) -> None:
    shown = table("refused because", *(one.title for one in ran), title="\nRefused rows", wrap_first=True)
    counted = [Counter(_kind_of(result.reason or "") for result in one.results if not result.ok) for one in ran]
    for reason in sorted({reason for count in counted for reason in count}):
        shown.add_row(reason, *(str(count[reason] or "") for count in counted))
    console().print(shown)


def _not_supported(ran: Sequence[Ran]) -> None:
    shown = table("not done", "why", title="\nWhat was not done, and why", wrap_first=True)
    for one in ran:
        provider = find(one.provider).for_looking()
        for verb, arguments, consequence in (
            (
                "contacts.upsert_stream",
                {"how": IfNew.NOT_CONTACTABLE},
                "So new people were left as the vendor makes them.",
            ),
            ("lists.add", {}, ""),
            ("messages.send_email", {}, "So somebody was enrolled instead."),
            ("messages.status", {"channel": Channel.EMAIL}, ""),
        ):
            no = capability(provider, verb).refusal(**arguments)
            if no is not None:
                shown.add_row(f"{one.title}: {verb}", f"{no.reason} {consequence}".strip())
    console().print(shown)


def _words(value: object) -> str:
    return str(value).replace("_", " ") if value else ""


def _listed(value: object) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in value.items()) if isinstance(value, dict) else "no"


def _sent(value: object) -> str:
    outcome = getattr(value, "outcome", None)
    return f"enrolled: {outcome}" if outcome else f"message {getattr(value, 'state', '')}" if value else ""


def _reported(value: object) -> str:
    return "" if value is None else "no" if " " in str(value) else str(value)


def _kind_of(reason: str) -> str:
    """Return a reason without what only one row has: its line, and the words of the vendor about it."""
    head, colon, rest = reason.partition(": ")
    told = rest if colon and head.startswith("line ") else reason
    return re.sub(r":? “[^”]*”", "", told)
