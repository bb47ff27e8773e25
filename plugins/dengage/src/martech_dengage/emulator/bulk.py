"""What bulk writes have in common: a list of columns, records, and one verdict for each record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech_dengage.emulator.envelope import invalid
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.switches import Switches
from martech_dengage.emulator.values import Unacceptable

__all__ = ["LARGEST_BULK", "SWITCHED_OFF", "BulkOutcome", "BulkRequest", "faults", "prepared"]

LARGEST_BULK = 1000
"""Records of one call (D4, D5, D6), rows of one call (D9, D11, D12), products of one call (D21)."""

SWITCHED_OFF = "refused by the switch refuse_half_of_rows"


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The body of a bulk write: records are taken column by column, other keys of theirs are ignored."""

    columns: tuple[str, ...]
    records: Sequence[Any]
    insert_if_not_exists: bool = True
    all_or_nothing: bool = False

    @classmethod
    def read(cls, body: Fields) -> BulkRequest:
        """Return the request of a body.

        The defaults of both flags are not documented: clients that leave them out see inserts (C6).
        """
        columns = body.texts("columns", at_least=1)
        records = body.sequence("contactDatas", at_least=1, at_most=LARGEST_BULK)
        insert = body.flag("insertIfNotExists", default=True)
        return cls(columns, records, insert, body.flag("throwExceptionIfInvalidRecord", default=False))

    def require(self, *names: str) -> None:
        """Refuse the call unless certain columns are among its columns."""
        for name in names:
            if name not in self.columns:
                raise invalid(f"columns must contain {name}")


@dataclass(slots=True)
class BulkOutcome:
    """What became of the records: the keys of two kinds of success, and what was wrong with the others."""

    inserted: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    warnings: list[Any] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """Return it as the `data` of an envelope (C4, C6)."""
        return {
            "inserted": self.inserted,
            "updated": self.updated,
            "errors": self.errors,
            "warnings": self.warnings,
        }


def faults(vendor: Switches, found: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
    """Return elements of `errors` or `errorList` in the switched shape: who or which row, and why."""
    if vendor.errors_as == "objects":
        return [{**subject, "message": why} for subject, why in found]
    return [": ".join([*(str(one) for one in subject.values() if one is not None), why]) for subject, why in found]


def prepared(
    vendor: Switches, request: BulkRequest, prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], BulkOutcome]:
    """Check every record before anything is written (D4); return the good ones, and an outcome with the errors.

    `prepare` returns what is to be written of a record or raises `Unacceptable`.
    """
    good: list[Mapping[str, Any]] = []
    bad: list[tuple[Mapping[str, Any], str]] = []
    for position, record in enumerate(request.records):
        key = record.get("contact_key") if isinstance(record, dict) else None
        try:
            if not isinstance(record, dict):
                raise Unacceptable("the record is not an object")
            if not key or not isinstance(key, str):
                raise Unacceptable("contact_key is required")
            if vendor.refuse_half_of_rows and position % 2:
                raise Unacceptable(SWITCHED_OFF)
            good.append(prepare(record))
        except Unacceptable as wrong:
            bad.append(({"contact_key": key}, str(wrong)))
    errors = faults(vendor, bad)
    if errors and request.all_or_nothing:
        raise invalid("a record is invalid", {"errors": errors})
    return good, BulkOutcome(errors=errors)
