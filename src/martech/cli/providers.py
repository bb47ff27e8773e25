"""`martech providers`: which plugins are installed, what they need to be told, and which cannot be loaded."""

from __future__ import annotations

from dataclasses import asdict

from pydantic_core import PydanticUndefined

from martech.cli.showing import console, print_json, table
from martech.provider.capabilities import capabilities
from martech.provider.contract import Provider
from martech.registry import Found, find, installed

__all__ = ["providers"]


def providers(provider: str | None = None, /, *, json: bool = False) -> int:
    """Show the installed providers, or the settings of one.

    Parameters
    ----------
    provider
        One provider, to show its settings.
    json
        Print one line of JSON instead of a table.
    """
    if provider is not None:
        _settings(find(provider), json=json)
        return 0
    found = installed()
    if json:
        print_json([_plain(one) for one in found])
        return 0
    shown = table("provider", "platform", "version", "verbs", "emulator", "needs")
    broken: list[Found] = []
    for one in found:
        if one.provider is None:
            broken.append(one)
            continue
        there, all_verbs = _verbs(one.provider)
        emulator = "yes" if one.has_emulator else "no"
        needs = ", ".join(
            name for name, field in one.provider.settings_model.model_fields.items() if field.is_required()
        )
        shown.add_row(one.name, one.provider.title, one.version, f"{there} of {all_verbs}", emulator, needs)
    out = console()
    out.print(shown)
    out.print("\n[dim]All settings of one: martech providers NAME[/dim]")
    for one in broken:
        out.print(f"[red]{one.name} {one.version} cannot be loaded:[/red] {one.problem}")
    return 0


def _settings(provider: type[Provider], *, json: bool) -> None:
    fields = provider.settings_model.model_fields
    said = {
        name: {
            "required": field.is_required(),
            "default": None if field.default is PydanticUndefined else field.default,
        }
        for name, field in fields.items()
    }
    if json:
        print_json({provider.name: said})
        return
    shown = table("setting", "", "unless said")
    for name, one in said.items():
        shown.add_row(
            name, "needed" if one["required"] else "", "" if one["default"] is None else str(one["default"])
        )
    console().print(shown)


def _plain(one: Found) -> dict[str, object]:
    fields = one.provider.settings_model.model_fields if one.provider else {}
    plain: dict[str, object] = asdict(one)
    plain["provider"] = one.provider.title if one.provider else None
    plain["needs"] = [name for name, field in fields.items() if field.is_required()]
    return plain


def _verbs(provider: type[Provider]) -> tuple[int, int]:
    known = capabilities(provider.for_looking()).values()
    return sum(one.supported for one in known), len(known)
