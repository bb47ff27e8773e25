"""Writing records of datasets: by their keys, so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from martech.errors import MartechError, NotFound
from martech.migration.things import unless_it_concerns_one
from martech.models import Column, ItemOutcome, ItemResult, Record

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.target import Target

__all__ = ["NOBODYS", "columns_at", "written_records"]

NOBODYS = "whoever it belongs to was not moved"


def columns_at(client: Client, dataset_id: str) -> Sequence[Column]:
    """Return the columns that a record must fit; empty where the vendor learns them from the records."""
    if client.why_not("datasets.schema") is not None:
        return ()
    try:
        columns = client.datasets.schema(dataset_id).columns
    except NotFound:
        # One that learns its columns has none before its first record.
        return ()
    return columns if any(one.is_key for one in columns) else ()


def written_records(target: Target, dataset_id: str, records: Sequence[Record]) -> list[ItemResult]:
    """Write records in batches; what is wrong with a whole batch is the reason of each of its records."""
    size = target.provider.datasets.batch_size
    results: list[ItemResult] = []
    for start in range(0, len(records), size):
        some = records[start : start + size]
        try:
            results += target.client.datasets.upsert_many(dataset_id, some).items
        except MartechError as refused:
            unless_it_concerns_one(refused)
            results += [ItemResult(outcome=ItemOutcome.REFUSED, reason=refused.message) for _ in some]
    return results
