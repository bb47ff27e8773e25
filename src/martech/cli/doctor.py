"""`martech doctor`: which of a provider's calls rest on assumption, and which settings put them right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from martech.cli.showing import console, print_json, table
from martech.provider.capabilities import Capability, Provenance, capabilities, native_capabilities
from martech.registry import find

__all__ = ["doctor"]

Ways = Mapping[str, Sequence[Capability]]
"""What there is by name, each with the operations that may serve it."""
Groups = dict[str, list[str]]
"""What is said of calls, with the names of those it is said of."""


def doctor(provider: str, /, *, json: bool = False) -> int:
    """Show which verbs and native operations of a provider rest on no document, and what puts each right.

    Parameters
    ----------
    provider
        The provider.
    json
        Print JSON instead.
    """
    looked_at = find(provider).for_looking()
    verbs: Ways = {
        name: [way for way in one.ways or (one,) if way.supported]
        for name, one in capabilities(looked_at).items()
        if one.supported
    }
    native: Ways = {name: [one] for name, one in native_capabilities(looked_at).items()}
    kinds = {"verbs": verbs, "native": native}
    if json:
        told = {kind: {name: _plain(ways) for name, ways in known.items()} for kind, known in kinds.items()}
        counts = {kind: _counts(known) for kind, known in kinds.items()}
        print_json({"provider": provider, "counts": counts, **told})
    else:
        _show(looked_at.title, kinds)
    return 0


def _show(title: str, kinds: Mapping[str, Ways]) -> None:
    out = console()
    counts = table(title, *Provenance)
    for kind, known in kinds.items():
        counts.add_row(kind, *map(str, _counts(known).values()))
    out.print(counts)
    everything = {name: ways for known in kinds.values() for name, ways in known.items()}
    settings = {one: found for ways in everything.values() for one, found in _assumptions(ways).items()}
    for assumption, resting in _grouped((name, _assumptions(ways)) for name, ways in everything.items()).items():
        put_right = ", ".join(settings[assumption]) or "no setting"
        out.print("")
        out.print(_rows(("assumed", assumption), ("in", ", ".join(resting)), ("put right by", put_right)))
    for seen, resting in _grouped((name, _observed(ways)) for name, ways in everything.items()).items():
        out.print("")
        out.print(_rows(("seen only", seen), ("in", ", ".join(resting))))
    out.print(
        "\n[dim]assumed: on no page of the vendor, nor seen anywhere. seen only: programs do it that\n"
        "way, and no page says so. A call is counted by the least known part of it.[/dim]"
    )


def _rows(*rows: tuple[str, str]) -> object:
    shown = table("", "")
    shown.show_header = False
    for name, text in rows:
        shown.add_row(f"[bold]{name}[/bold]", text)
    return shown


def _assumptions(ways: Iterable[Capability]) -> dict[str, Sequence[str]]:
    return {one: settings for way in ways for one, settings in way.assumptions.items()}


def _observed(ways: Iterable[Capability]) -> list[str]:
    return list(dict.fromkeys(way.observed for way in ways if way.observed is not None))


def _grouped(said: Iterable[tuple[str, Iterable[str]]]) -> Groups:
    groups: Groups = {}
    for name, sentences in said:
        for sentence in sentences:
            groups.setdefault(sentence, []).append(name)
    return groups


def _counts(known: Ways) -> dict[str, int]:
    found = [_provenance(ways) for ways in known.values()]
    return {kind.value: found.count(kind) for kind in Provenance}


def _provenance(ways: Iterable[Capability]) -> Provenance:
    """Return how we know the least known of them."""
    return max((way.provenance for way in ways), key=list(Provenance).index)


def _plain(ways: Sequence[Capability]) -> dict[str, object]:
    plain: dict[str, object] = {"provenance": _provenance(ways).value}
    if assumed := _assumptions(ways):
        plain["assumptions"] = [{"assumption": one, "settings": list(found)} for one, found in assumed.items()]
    if seen := _observed(ways):
        plain["observed"] = seen
    return plain
