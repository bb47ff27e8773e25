"""`martech bundle`: everything an account has as a folder of lines; written, read into another, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from martech.cli.showing import console, print_json, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import TaskID

    from martech.migration.bundle.importing import Brought

__all__ = ["bundle"]

bundle = App(name="bundle", help="Keep what an account has as a folder that can be compared and read back.")
MOST_SHOWN = 40


@bundle.command(name="export")
def export_to(
    source: str,
    folder: Path,
    /,
    *,
    settings: Path | None = None,
    overwrite: bool = False,
    json: bool = False,
) -> int:
    """Write everything that a source has into a folder. The folder is there whole or not at all.

    Parameters
    ----------
    source
        `profile:name`, a provider with the file of its settings (`acme:acme.toml`), or a file (`csv:people.csv`).
    folder
        Where the bundle is to be.
    settings
        A TOML file with further settings of the source.
    overwrite
        Put it in the place of a bundle that is there.
    json
        Print JSON instead of tables.
    """
    from martech.migration.bundle.writing import export
    from martech.migration.sources.opening import open_source, read_settings

    opened = open_source(source, read_settings(settings) if settings is not None else None)
    try:
        with progress("exporting", quiet=json) as watch:
            manifest = export(
                opened, folder, overwrite=overwrite, watch=lambda part, count: watch(part.value, count)
            )
    finally:
        opened.close()
    if json:
        print_json({"folder": str(folder), **manifest.model_dump(mode="json")})
        return 0
    shown = table("file", "lines")
    folded: Counter[str] = Counter()
    for name, entry in manifest.files.items():
        folded[name if "/" not in name else f"{name.partition('/')[0]}/…"] += entry.lines
    for name, lines in folded.items():
        shown.add_row(name, f"{lines:,}")
    out = console()
    out.print(shown)
    for part, words in manifest.cannot.items():
        out.print(f"[dim]without {part.value}: {words}[/dim]")
    return 0


@bundle.command(name="import")
def import_from(
    folder: Path,
    account: str,
    /,
    *,
    settings: Path | None = None,
    mapping: Path | None = None,
    edited: bool = False,
    json: bool = False,
) -> int:
    """Read a bundle into an account: those who say no first. Whoever is as wanted is not written.

    A no is written together with the person; nobody is moved towards being contacted. It can be done again at any
    time; a migration that must be proven is `martech migrate`.

    Parameters
    ----------
    folder
        The bundle.
    account
        `profile:name`, or a provider with the file of its settings (`acme:acme.toml`).
    settings
        A TOML file with further settings of the account.
    mapping
        What becomes of each field (`martech migrate map` proposes one).
    edited
        Take a bundle that somebody changed on purpose.
    json
        Print JSON instead of tables.
    """
    from martech.migration.bundle import BundleSource
    from martech.migration.bundle.importing import bring
    from martech.migration.mapping import MappingRules, read_mapping, resolved
    from martech.migration.plan.making import schema_of, seen_attributes
    from martech.migration.sources.opening import open_account, read_settings
    from martech.migration.target import Target

    source = BundleSource(folder, edited=edited)
    rules = read_mapping(mapping) if mapping is not None else MappingRules()
    client = open_account(account, read_settings(settings) if settings is not None else None, read_only=False)
    with client:
        target = Target(client)
        name = mapping.name if mapping is not None else "the mapping"
        translation = resolved(rules, seen_attributes(source), schema_of(target), name=name)
        with progress("importing", quiet=json) as watch:
            brought = bring(source, target, translation, watch=lambda part, count: watch(part.value, count))
    if json:
        print_json({
            "parts": {part.value: dict(counts) for part, counts in brought.counts.items()},
            "reasons": [
                {"part": part.value, "reason": reason, "count": count}
                for (part, reason), count in brought.reasons.most_common()
            ],
            "undelivered_opt_outs": brought.undelivered,
        })  # fmt: skip
    else:
        _show(brought)
    return 1 if brought.undelivered else 0


def _show(brought: Brought) -> None:
    shown = table("part", "what became of it")
    for part, counts in brought.counts.items():
        shown.add_row(part.value, ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common()))
    out = console()
    out.print(shown)
    for (part, reason), count in brought.reasons.most_common(MOST_SHOWN):
        out.print(f"[yellow]{part.value}, {count:,}:[/yellow] {reason}")
    if brought.undelivered:
        out.print(f"\n[bold red]{brought.undelivered:,} opt-outs reached nobody at the target.[/bold red]")


@bundle.command
def diff(before: Path, after: Path, /, *, json: bool = False) -> int:
    """Show what differs between two bundles, by file and key. Values are not shown: they are people's.

    The exit code is 1 if anything differs.

    Parameters
    ----------
    before
        One bundle.
    after
        The other.
    json
        Print one line of JSON for each difference.
    """
    from martech.masking import mask
    from martech.migration.bundle import differences

    counts: Counter[tuple[str, str]] = Counter()
    shown = table("file", "change", "which", "fields")
    for one in differences(before, after):
        counts[one.file, one.change] += 1
        which = mask(one.key)
        if json:
            print_json({"file": one.file, "change": one.change, "key": which, "fields": one.fields})
        elif sum(counts.values()) <= MOST_SHOWN:
            shown.add_row(one.file, one.change, which, ", ".join(one.fields))
    total = sum(counts.values())
    if json:
        return int(total > 0)
    out = console()
    if not total:
        out.print("The two bundles are the same.")
        return 0
    out.print(shown)
    summary = table("file", "added", "removed", "changed")
    for name in sorted({file for file, _ in counts}):
        summary.add_row(name, *(f"{counts[name, change]:,}" for change in ("added", "removed", "changed")))
    if total > MOST_SHOWN:
        out.print(f"[dim]… and {total - MOST_SHOWN:,} more[/dim]")
    out.print("")
    out.print(summary)
    return 1


@contextmanager
def progress(what: str, *, quiet: bool) -> Generator[Callable[[str, int], None]]:
    """Show how far something is: a bar for each part, with a count and the time it took."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bars = Progress(
        TextColumn("{task.description:<24}"), BarColumn(bar_width=20), TextColumn("{task.completed:>9,.0f}"),
        TimeElapsedColumn(), console=console(), disable=quiet, transient=True,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}

    def watch(part: str, count: int) -> None:
        if part not in tasks:
            tasks[part] = bars.add_task(f"{what} {part}" if what else part, total=None)
        bars.update(tasks[part], completed=count)

    with bars:
        yield watch
