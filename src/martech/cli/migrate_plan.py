"""`martech migrate plan` and `martech migrate map`: what a migration will do, before it does anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from martech.cli.showing import console, print_json, table

if TYPE_CHECKING:
    from rich.console import Console

    from martech.migration.plan import Plan

__all__ = ["plan", "propose_map", "show_plan"]


def plan(
    source: str | None = None,
    target: str | None = None,
    /,
    *,
    out: Path = Path("plan.json"),
    html: Path | None = None,
    mapping: Path | None = None,
    source_settings: Path | None = None,
    target_settings: Path | None = None,
    require_evidence: bool = False,
    lift: bool = False,
    restore: bool = False,
    approve: Path | None = None,
    by: str | None = None,
    show: Path | None = None,
    json: bool = False,
) -> int:
    """Read both sides and say what moving one to the other will do. Writes to neither.

    Parameters
    ----------
    source
        `bundle:folder`, `csv:file`, `ndjson:file`, `parquet:file`, `profile:name`, or a provider with the file of
        its settings: `acme:acme.toml`.
    target
        `profile:name`, or a provider with the file of its settings.
    out
        Where the plan is written.
    html
        Where it is written as a page, besides.
    mapping
        What becomes of each field; `martech migrate map` proposes one.
    source_settings
        A TOML file with further settings of the source: a file's `columns` or `preset`, `keys` of an account.
    target_settings
        A TOML file with further settings of the target.
    require_evidence
        Carry nobody as subscribed without evidence.
    lift
        Let an opt-out at the target give way to later evidence from the source.
    restore
        Let people come back from the target's bin.
    approve
        Sign off the plan in this file instead of making one.
    by
        Who signs it off.
    show
        Show the plan in this file instead of making one.
    json
        Print JSON instead of tables.
    """
    from martech.errors import ConfigurationError
    from martech.migration.plan import load_plan, save_plan

    if approve is not None:
        return _approve(approve, by, json=json)
    if show is not None:
        made = load_plan(show)
    elif source is None or target is None:
        raise ConfigurationError(
            "say a source and a target", hint="martech migrate plan bundle:folder acme:acme.toml"
        )
    else:
        rules = {"require_evidence": require_evidence, "lift": lift, "restore": restore}
        made = _made(source, target, mapping, source_settings, target_settings, rules, quiet=json)
        save_plan(made, out)
    if html is not None:
        from martech.migration.plan.page import page_of

        html.write_text(page_of(made), encoding="utf-8")
    if json:
        print_json(made.model_dump(mode="json"))
    else:
        screen = console()
        show_plan(made, screen)
        screen.print(f"\n[dim]the plan: {show or out}" + (f", as a page: {html}" if html else "") + "[/dim]")
        if made.approval is None:
            screen.print(f"[dim]sign it off: martech migrate plan --approve {show or out}[/dim]")
    return 0


def propose_map(
    source: str,
    target: str,
    /,
    *,
    out: Path | None = None,
    source_settings: Path | None = None,
    target_settings: Path | None = None,
) -> int:
    """Propose what becomes of each attribute, from what both sides have.

    Parameters
    ----------
    source
        As for `martech migrate plan`.
    target
        Likewise.
    out
        Where it is written; printed by default.
    source_settings
        A TOML file with further settings of the source.
    target_settings
        A TOML file with further settings of the target.
    """
    from martech.migration.mapping import proposed
    from martech.migration.plan.making import schema_of, seen_attributes
    from martech.migration.sources.opening import open_account, open_source
    from martech.migration.target import Target

    opened = open_source(source, _settings(source_settings))
    try:
        with open_account(target, _settings(target_settings)) as client:
            text = proposed(
                seen_attributes(opened),
                schema_of(Target(client)),
                lists=opened.lists(),
                segments=opened.segments(),
            )
    finally:
        opened.close()
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        console().print(
            f"written to {out}; read it, change it, and say it: martech migrate plan … --mapping {out}"
        )
    return 0


def _settings(path: Path | None) -> dict[str, object] | None:
    from martech.migration.sources.opening import read_settings

    return dict(read_settings(path)) if path is not None else None


def _made(
    source: str, target: str, mapping: Path | None, source_settings: Path | None, target_settings: Path | None,
    rules: dict[str, bool], *, quiet: bool,
) -> Plan:  # fmt: skip
    from martech.cli.bundle import progress
    from martech.migration.law import Rules
    from martech.migration.mapping import read_mapping
    from martech.migration.plan import make_plan
    from martech.migration.sources.opening import open_account, open_source
    from martech.migration.target import Target

    read = read_mapping(mapping) if mapping is not None else None
    opened = open_source(source, _settings(source_settings))
    try:
        with open_account(target, _settings(target_settings)) as client, progress("", quiet=quiet) as watch:
            name = mapping.name if mapping is not None else "the mapping"
            return make_plan(
                opened,
                Target(client, restore=rules["restore"]),
                mapping=read,
                rules=Rules(**rules),
                mapping_name=name,
                watch=watch,
            )
    finally:
        opened.close()


def _approve(path: Path, by: str | None, *, json: bool) -> int:
    from datetime import UTC, datetime

    from martech.migration.plan import load_plan, save_plan

    signed = load_plan(path).approved(datetime.now(UTC), by)
    save_plan(signed, path)
    digest = signed.digest()
    if json:
        print_json({"plan": str(path), "digest": digest, "by": by})
    else:
        console().print(f"signed off: {path} as it stands ({digest[:12]}); any change of it will be noticed")
    return 0


def show_plan(made: Plan, screen: Console) -> None:
    """Print a plan for people."""
    people, evidence = made.people, made.evidence
    screen.print(
        f"[bold]{made.source.title} → {made.target.title}[/bold], planned {made.made_at:%Y-%m-%d %H:%M} UTC\n"
    )
    counts = table("people", "number", "")
    about = ""
    if people.certainty == "sampled":
        about = f"drawn from {people.looked_at:,} looked up"
    for name, number, words in (
        ("read", people.read, "at the source"),
        ("created", people.created, about),
        ("updated", people.updated, about),
        ("unchanged", people.unchanged, about or "not written"),
        ("unknown", people.unknown, "written; the target does not show them"),
        ("refused", people.refused, "the target will not take them"),
        ("held back", people.held_back, "in the target's bin"),
        ("left out", people.left_out, "unreadable, nameless or deleted"),
        ("put together", people.twice, "are somebody else's second record"),
    ):
        if number or name in ("read", "created", "updated", "unchanged"):
            counts.add_row(name, f"{number:,}", words)
    screen.print(counts)
    screen.print("")
    consent = table("consent", "people", "")
    consent.add_row("opted out", f"{evidence.opted_out:,}", "made with their no, before all others")
    proven = f"{evidence.with_evidence:,} of them with evidence"
    carried = f"{proven}; {evidence.caveat}" if evidence.caveat else proven
    consent.add_row("carried", f"{evidence.carried:,}", carried)
    consent.add_row("closed", f"{evidence.closed:,}", "the source says neither yes nor no")
    screen.print(consent)
    for one in made.undeliverable:
        screen.print(f"[bold red]{one.number} opt-outs cannot be delivered:[/bold red] {one.reason}")
    _losses(made, screen)
    _others(made, screen)


def _losses(made: Plan, screen: Console) -> None:
    if not made.losses:
        screen.print("\n[green]Nothing is lost.[/green]")
        return
    screen.print("")
    shown = table("lost", "what", "number", "and so")
    for one in made.losses:
        words = one.choice + (f" ({one.detail})" if one.detail else "")
        shown.add_row(one.kind.replace("_", " "), one.name, one.number, words)
    screen.print(shown)
    screen.print("")
    otherwise = table("lost", "how to have it otherwise")
    for kind, change in {one.kind: one.change for one in made.losses}.items():
        otherwise.add_row(kind.replace("_", " "), change)
    screen.print(otherwise)


def _others(made: Plan, screen: Console) -> None:
    if made.parts:
        screen.print("")
        parts = table("part", "number", "moves", "how")
        for part in made.parts:
            parts.add_row(part.part.value, part.number, "yes" if part.moves else "no", part.words)
        screen.print(parts)
    _efforts(made, screen)


def _efforts(made: Plan, screen: Console) -> None:
    rows: Sequence[tuple[str, str, str, str]] = [
        (one.step, one.side, f"{one.requests:,}", "?" if one.minutes is None else f"{one.minutes:,.1f}")
        for one in made.effort
    ]
    if rows:
        screen.print("")
        shown = table("step", "at", "requests", "minutes")
        for row in rows:
            shown.add_row(*row)
        screen.print(shown)
        for one in made.effort:
            if one.why:
                screen.print(f"[dim]{one.step}: {one.why}[/dim]")
        screen.print("[dim]minutes: at the limits that the vendors declare; ? where they declare none[/dim]")
