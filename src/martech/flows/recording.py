"""Writing and removing many records of a dataset."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martech.flows.each import in_batches_of, in_jobs
from martech.provider.capabilities import operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.models import BulkResult, Record
    from martech.provider.contract import Provider

__all__ = ["delete_records", "upsert_many"]


async def upsert_many(provider: Provider, dataset_id: str, records: Sequence[Record]) -> BulkResult:
    """Write records: in batches where that is enough, as a job where there are more or no batch."""
    datasets = provider.datasets
    job = operation(provider, "datasets", "submit_import")
    batch = operation(provider, "datasets", "upsert_batch")
    names = [None] * len(records)
    if job.supported and (len(records) > datasets.batch_size or not batch.supported):
        return await in_jobs(provider, names, await datasets.submit_import(dataset_id, records))
    return await in_batches_of(records, names, datasets.batch_size, partial(datasets.upsert_batch, dataset_id))


async def delete_records(provider: Provider, dataset_id: str, keys: Sequence[str]) -> BulkResult:
    """Remove records by their keys."""
    datasets = provider.datasets
    remove = partial(datasets.delete_records, dataset_id)
    return await in_batches_of(keys, [None] * len(keys), datasets.batch_size, remove)
