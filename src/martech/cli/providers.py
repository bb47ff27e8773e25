"""`martech providers`: which plugins are installed, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import asdict

from martech.cli.showing import console, print_json, table
from martech.provider.capabilities import capabilities
from martech.provider.contract import Provider
from martech.registry import Found, installed

__all__ = ["providers"]


def providers(*, json: bool = False) -> int:
    """Show the installed providers.

    Parameters
    ----------
    json
        Print one line of JSON instead of a table.
    """
    found = installed()
    if json:
        rows = [asdict(one) | {"provider": one.provider.title if one.provider else None} for one in found]
        print_json(rows)
        return 0
    shown = table("provider", "platform", "version", "verbs", "emulator", "settings")
    broken: list[Found] = []
    for one in found:
        if one.provider is None:
            broken.append(one)
            continue
        there, all_verbs = _verbs(one.provider)
        emulator = "yes" if one.has_emulator else "no"
        settings = ", ".join(
            name if field.is_required() else f"[dim]{name}[/dim]"
            for name, field in one.provider.settings_model.model_fields.items()
        )
        shown.add_row(one.name, one.provider.title, one.version, f"{there} of {all_verbs}", emulator, settings)
    out = console()
    out.print(shown)
    for one in broken:
        out.print(f"[red]{one.name} {one.version} cannot be loaded:[/red] {one.problem}")
    return 0


def _verbs(provider: type[Provider]) -> tuple[int, int]:
    known = capabilities(provider.for_looking()).values()
    return sum(one.supported for one in known), len(known)
