"""Datasets on their way: the forms in which a target may take one, and records that fit its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from martech.models import AttributeType, Column, Dataset, Identifier, Record

__all__ = ["KEY_COLUMN", "fitted_record", "forms_of"]

KEY_COLUMN = "record_key"
"""The column for the keys of records at a target that keeps them in one, where the source keeps them beside."""
_AS_TEXT = (AttributeType.ANY, AttributeType.UNKNOWN)


def forms_of(dataset: Dataset, name: str) -> Iterator[Dataset]:
    """Yield a dataset in the forms to offer it in, the nearest first.

    Vendors differ in whether they take columns or learn them, and whether they have kinds of datasets.
    """
    columns = tuple(_column(one) for one in dataset.columns)
    if columns and not any(one.is_key for one in columns):
        columns = (Column(name=KEY_COLUMN, type=AttributeType.TEXT, is_key=True, nullable=False), *columns)
    for kind in dict.fromkeys((dataset.kind, None)):
        for kept in dict.fromkeys((columns, ())):
            yield Dataset(id="", name=name, scope=dataset.scope, kind=kind, columns=kept)


def _column(column: Column) -> Column:
    return Column(
        name=column.name,
        type=AttributeType.TEXT if column.type in _AS_TEXT and not column.columns else column.type,
        is_key=column.is_key,
        nullable=column.nullable and not column.is_key,
        repeated=column.repeated,
        columns=tuple(_column(one) for one in column.columns),
    )


def fitted_record(
    record: Record, columns: Sequence[Column], contact: Identifier | None
) -> tuple[Record, list[str]]:
    """Return a record with a value for each column the target has, and the names of what finds no place.

    Where the target has no columns of its own, the values go as they are.
    """
    if not columns:
        return _made(record.key, record.values, contact), []
    named = {one.name: one for one in columns}
    values = {name: record.values.get(name) for name, column in named.items() if not column.is_key}
    values |= {
        name: record.values[name] for name, column in named.items() if column.is_key and name in record.values
    }
    lost = sorted(name for name, value in record.values.items() if name not in named and value is not None)
    return _made(record.key, values, contact), lost


def _made(key: str, values: Mapping[str, Any], contact: Identifier | None) -> Record:
    return Record(key=key, values=values) if contact is None else Record(key=key, values=values, contact=contact)
