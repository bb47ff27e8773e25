"""`martech capabilities`: every verb against every provider, or one provider in words."""

from __future__ import annotations

from collections.abc import Mapping

from martech.cli.showing import WORDS, console, print_json, table
from martech.provider.capabilities import Capability, capabilities
from martech.provider.grid import GRID
from martech.registry import find, installed

__all__ = ["markdown", "show"]


def show(provider: str | None = None, /, *, markdown_table: bool = False, json: bool = False) -> int:
    """Show what providers can do, what they cannot, and what rests on assumption.

    Parameters
    ----------
    provider
        One provider, with its reasons; by default all, side by side.
    markdown_table
        Print the matrix as Markdown, as in the README.
    json
        Print JSON instead.
    """
    names = [provider] if provider else [one.name for one in installed() if one.provider is not None]
    known = {name: capabilities(find(name).for_looking()) for name in names}
    if json:
        print_json({name: {verb: _plain(one) for verb, one in verbs.items()} for name, verbs in known.items()})
    elif markdown_table:
        print(markdown(known))
    elif provider:
        _in_words(known[provider])
    else:
        _side_by_side(known)
    return 0


def markdown(known: Mapping[str, Mapping[str, Capability]]) -> str:
    """Return the matrix as Markdown: rows and verbs by providers, with the words for no."""
    lines = [f"| row | verb | {' | '.join(known)} |", f"| --- | --- |{' --- |' * len(known)}"]
    for row, verbs in GRID.items():
        for place, verb in enumerate(verbs):
            cells = [_cell(known[name][f"{row}.{verb}"]) for name in known]
            lines.append(f"| {f'`{row}`' if not place else ''} | `{verb}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(one: Capability) -> str:
    if one.no is not None:
        return WORDS[one.no.word][0]
    return "assumed" if one.assumption else "partly" if one.declined() else "yes"


def _side_by_side(known: Mapping[str, Mapping[str, Capability]]) -> None:
    shown = table("verb", *known)
    for row, verbs in GRID.items():
        for place, verb in enumerate(verbs):
            cells = [_coloured(known[name][f"{row}.{verb}"]) for name in known]
            if not place:
                shown.add_row(f"[bold]{row}[/bold]")
            shown.add_row(f"  {verb}", *cells)
    out = console()
    out.print(shown)
    out.print(
        "\n[dim]partly: not with every argument. assumed: rests on what no page of the vendor documents.\n"
        "The reasons: martech capabilities PROVIDER[/dim]"
    )


def _coloured(one: Capability) -> str:
    text = _cell(one)
    colour = WORDS[one.no.word][1] if one.no is not None else "green"
    return f"[{colour}]{text}[/{colour}]"


def _in_words(verbs: Mapping[str, Capability]) -> None:
    shown = table("verb", "", "in words")
    for verb, one in verbs.items():
        words: list[str] = []
        if one.no is not None:
            words.append(one.no.reason + (f" Instead: {one.no.instead}." if one.no.instead else ""))
        if one.assumption:
            words.append(f"Assumed: {one.assumption}")
        for argument, refused in one.declined().items():
            by_reason: dict[str, list[str]] = {}
            for value, no in refused.items():
                by_reason.setdefault(no.reason, []).append(_value(value, anything="anything"))
            words += [f"Not for {argument} {', '.join(values)}: {reason}" for reason, values in by_reason.items()]
        shown.add_row(verb, _coloured(one), "\n".join(words))
    console().print(shown)


def _plain(one: Capability) -> dict[str, object]:
    plain: dict[str, object] = {"supported": one.supported}
    if one.no is not None:
        plain |= {"word": one.no.word.value, "reason": one.no.reason, "instead": one.no.instead}
    if one.assumption:
        plain["assumption"] = one.assumption
    if declined := one.declined():
        plain["declines"] = {
            argument: {_value(value, anything="*"): no.reason for value, no in refused.items()}
            for argument, refused in declined.items()
        }
    return plain


def _value(value: object, *, anything: str) -> str:
    """Return how a declined value is called: by its word, or as a yes-or-no field with what it says."""
    if isinstance(value, tuple):
        return "=".join(str(part) for part in value)
    return anything if value is ... else str(value)
