"""What a provider can do, computed from its class; no request is made."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from martech.provider.grid import GRID, operations_of
from martech.provider.resources import operations_in
from martech.provider.words import ANY, No, Word, facets, matching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martech.provider.contract import Provider
    from martech.provider.operations import Operations

__all__ = ["Capability", "Provenance", "capabilities", "capability", "native_capabilities"]


class Provenance(StrEnum):
    """How we know what an operation says to the vendor; the weakest part of it counts."""

    DOCUMENTED = "documented"
    OBSERVED = "client-observed"
    """Programs were seen to do it that way."""
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a verb is there, and if so what it does not take and what it rests on."""

    verb: str
    """As `row.verb`."""
    no: No | None = None
    """Why it is not there; None where it is."""
    declines: Mapping[str, Mapping[Any, No]] = field(default_factory=dict)
    """What the best of its ways does not take, by argument."""
    assumptions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What it rests on that no page of the vendor documents, each with the settings that put it right."""
    observed: str | None = None
    """What of it was seen in programs that talk to the vendor and is on no page of theirs."""
    undeclared: bool = False
    """Whether the plugin says nothing about it, which the kit does not let pass."""
    ways: tuple[Capability, ...] = ()
    """The operations that may serve it, best first, where there are several."""

    @property
    def supported(self) -> bool:
        """Whether the verb is there."""
        return self.no is None

    @property
    def assumption(self) -> str | None:
        """What it rests on that no page of the vendor documents; None where nothing is assumed."""
        return " ".join(self.assumptions) or None

    @property
    def provenance(self) -> Provenance:
        """How we know what it says to the vendor."""
        if self.assumptions:
            return Provenance.ASSUMED
        return Provenance.DOCUMENTED if self.observed is None else Provenance.OBSERVED

    def declined(self) -> dict[str, dict[Any, No]]:
        """Return which values of which arguments none of its ways takes."""
        return {
            argument: kept
            for argument, refused in self.declines.items()
            if (
                kept := {
                    value: no for value, no in refused.items() if value is ANY or self._by_no_way(argument, value)
                }
            )
        }

    def _by_no_way(self, argument: str, value: Any) -> bool:
        return not self.ways or all(way.no or value in way.declines.get(argument, {}) for way in self.ways)

    def refusal(self, **arguments: Any) -> No | None:
        """Return why the verb is not there for these arguments, or None.

        An argument counts by its name as well as by its value, and whatever the operation calls it.
        """
        if self.no is not None:
            return self.no
        if self.ways:
            refusals = [way.refusal(**arguments) for way in self.ways if way.supported]
            return None if None in refusals else refusals[0]
        given = {name: value for name, value in arguments.items() if value is not None}
        for name, table in self.declines.items():
            if name in given and ANY in table:
                return table[ANY]
            # What the operation calls otherwise (a channel inside a yes, a filter inside a query) counts too.
            others = {other: value for other, value in given.items() if other not in self.declines}
            about = {name: given[name]} if name in given else others
            flags = [(said, value) for said, value in about.items() if isinstance(value, bool)]
            no = matching(table, (*about, *flags, *(facet for value in about.values() for facet in facets(value))))
            if no is not None:
                return no
        return None


def capabilities(provider: Provider | type[Provider]) -> dict[str, Capability]:
    """Return every verb of the grid with what the provider says about it."""
    return {f"{row}.{verb}": capability(provider, f"{row}.{verb}") for row in GRID for verb in GRID[row]}


def capability(provider: Provider | type[Provider], verb: str) -> Capability:
    """Return what a provider says about one verb, `row.verb`; raises KeyError if there is no such verb."""
    row, operations = operations_of(verb)
    ways = tuple(operation(provider, row, name) for name in operations)
    if not ways:
        return Capability(verb)
    best = next((way for way in ways if way.supported), None)
    best = best or next((way for way in ways if not way.undeclared), ways[0])
    undeclared = any(way.undeclared for way in ways)
    several = ways if len(ways) > 1 else ()
    return replace(best, verb=verb, undeclared=undeclared, ways=several)


def operation(provider: Provider | type[Provider], row: str, name: str) -> Capability:
    """Return what a provider says about one operation of the contract."""
    operations: Operations = getattr(provider, row)
    cls = type(operations)
    value = inspect.getattr_static(cls, name)
    if isinstance(value, No):
        return Capability(f"{row}.{name}", value)
    contract = next(base for base in reversed(cls.__mro__) if base.__dict__.get("row"))
    if value is contract.__dict__[name]:
        silent = No(Word.NOT_WRITTEN, "the plugin does not say whether it can do this")
        return Capability(f"{row}.{name}", silent, undeclared=True)
    return _marked(f"{row}.{name}", value)


def native_capabilities(provider: Provider) -> dict[str, Capability]:
    """Return the provider's own operations, those of `client.native`, with what each rests on."""
    native = provider.native()
    if native is None:
        return {}
    return {f"native.{name}": _marked(f"native.{name}", one) for name, one in sorted(operations_in(native))}


def _marked(name: str, function: Any) -> Capability:
    marks = function.__dict__
    return Capability(
        name,
        declines=marks.get("declines", {}),
        assumptions=marks.get("assumptions", {}),
        observed=marks.get("observed"),
    )
