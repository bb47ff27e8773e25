"""Datasets: keyed tables at the vendor, beside contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.flows import recording
from martech.provider.resources import M, Resource, flow, operation, paged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from martech.models import BulkResult, Dataset, Job, Page, Record

__all__ = ["Datasets"]


class Datasets(Resource[M]):
    """Datasets and their records."""

    row = "datasets"

    @paged
    async def list(self, cursor: str | None) -> Page[Dataset]:
        """Iterate over the datasets; listings may leave the columns out."""
        return await self._provider.datasets.list(cursor)

    @operation
    async def create(self, dataset: Dataset) -> Dataset:
        """Make a dataset. One request.

        Raises:
            Conflict: The name is taken.
        """
        return await self._provider.datasets.create(dataset)

    @operation
    async def schema(self, dataset_id: str) -> Dataset:
        """Return a dataset with its columns. One request."""
        return await self._provider.datasets.schema(dataset_id)

    @operation
    async def delete(self, dataset_id: str) -> Job:
        """Remove a dataset with its records. Returns at once."""
        return await self._provider.datasets.delete(dataset_id)

    @flow
    async def upsert_many(self, dataset_id: str, records: Iterable[Record]) -> BulkResult:
        """Write records by their keys; one result per record."""
        return await recording.upsert_many(self._provider, dataset_id, list(records))

    @operation
    async def start_import(self, dataset_id: str, records: Iterable[Record]) -> Job:
        """Hand records over and return at once."""
        return await self._provider.datasets.submit_import(dataset_id, tuple(records))

    @operation
    async def get(self, dataset_id: str, key: str) -> Record:
        """Return one record. One request.

        Raises:
            NotFound: There is none.
        """
        return await self._provider.datasets.get(dataset_id, key)

    @paged
    async def records(
        self, cursor: str | None, dataset_id: str, *, changed_since: datetime | None = None
    ) -> Page[Record]:
        """Iterate over the records, or those changed since a time. One request a page."""
        return await self._provider.datasets.records(dataset_id, changed_since, cursor)

    @flow
    async def delete_records(self, dataset_id: str, keys: Sequence[str]) -> BulkResult:
        """Remove records by their keys; one result per key."""
        return await recording.delete_records(self._provider, dataset_id, keys)

    @operation
    async def truncate(self, dataset_id: str) -> Job:
        """Remove every record and keep the dataset. Returns at once."""
        return await self._provider.datasets.truncate(dataset_id)
