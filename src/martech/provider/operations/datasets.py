"""The contract for datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from martech.models import Dataset, ItemResult, Job, Page, Record

__all__ = ["DatasetOperations"]


class DatasetOperations(Operations):
    """Datasets: keyed tables beside contacts."""

    row = "datasets"
    batch_size: ClassVar[int] = 1000
    """How many records `upsert_batch` and `delete_records` take at a time."""

    async def list(self, cursor: str | None) -> Page[Dataset]:
        """Return one page of the datasets; columns may be left out."""
        raise undeclared()

    async def create(self, dataset: Dataset) -> Dataset:
        """Make a dataset; `Conflict` if the name is taken."""
        raise undeclared()

    async def schema(self, dataset_id: str) -> Dataset:
        """Return a dataset with its columns; `NotFound` if there is none."""
        raise undeclared()

    async def delete(self, dataset_id: str) -> Job:
        """Remove a dataset with its records."""
        raise undeclared()

    async def upsert_batch(self, dataset_id: str, records: Sequence[Record]) -> Sequence[ItemResult]:
        """Write up to `batch_size` records by their keys; one result per record."""
        raise undeclared()

    async def submit_import(self, dataset_id: str, records: Sequence[Record]) -> Job:
        """Write records as a job."""
        raise undeclared()

    async def get(self, dataset_id: str, key: str) -> Record:
        """Return one record; `NotFound` if there is none."""
        raise undeclared()

    async def records(self, dataset_id: str, changed_since: datetime | None, cursor: str | None) -> Page[Record]:
        """Return one page of the records."""
        raise undeclared()

    async def delete_records(self, dataset_id: str, keys: Sequence[str]) -> Sequence[ItemResult]:
        """Remove records by their keys; one result per key."""
        raise undeclared()

    async def truncate(self, dataset_id: str) -> Job:
        """Remove every record and keep the dataset."""
        raise undeclared()
