"""Insight data of single contacts, beyond the neutral datasets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from martech.models import Dataset, ItemOutcome, ItemResult, Job, Page, Record
from martech.provider import M, Ref, Resource, delete, get, named, operation, paged
from martech_dotdigital.datasets import background
from martech_dotdigital.limits import PAGE_SIZE
from martech_dotdigital.mapping import datasets as mapping
from martech_dotdigital.native.base import NativeResource
from martech_dotdigital.native.shapes.products import Recommendation
from martech_dotdigital.paging import marker_after
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import filter_since
from martech_dotdigital.wire import datasets as wire

__all__ = ["NativeInsight", "NativeProducts"]


class NativeInsight(NativeResource[M]):
    """Collections and records of a contact. `datasets.upsert_many` writes records that name their contact."""

    row = "native.insight"

    @operation
    async def account_collections(self) -> Sequence[Dataset]:
        """Return the collections of the account. One request."""
        rows = read_v3(list[wire.Collection], await get("/insightData/v3/account", limit="medium"))
        return [mapping.dataset_from_wire(row) for row in rows]

    @operation
    async def collections(self, contact: Ref) -> Sequence[Dataset]:
        """Return the collections in which a contact has records. One request."""
        name, value = self._naming.to_wire(named(contact))
        reply = await get(
            "/insightData/v3/contacts/{identifier}/{value}", identifier=name, value=value, limit="medium"
        )
        return [mapping.dataset_from_wire(row) for row in read_v3(list[wire.Collection], reply)]

    @paged
    async def records(
        self, cursor: str | None, dataset_id: str, *, contact: Ref, changed_since: datetime | None = None
    ) -> Page[Record]:
        """Iterate over the records of a contact. One request a page of 1,000."""
        name, value = self._naming.to_wire(named(contact))
        reply = await get(
            "/insightData/v3/contacts/{identifier}/{value}/{collection}",
            identifier=name,
            value=value,
            collection=dataset_id,
            query={"~modified": filter_since(changed_since), "limit": PAGE_SIZE, "marker": cursor},
            limit="low",
        )
        answer = read_v3(wire.RecordsPage, reply)
        return Page([mapping.record_from_wire(one) for one in answer["_items"]], marker_after(answer["_links"]))

    @operation
    async def record(self, dataset_id: str, key: str, *, contact: Ref) -> Record:
        """Return one record of a contact. One request."""
        name, value = self._naming.to_wire(named(contact))
        reply = await get(
            "/insightData/v3/contacts/{identifier}/{value}/{collection}/{record}",
            identifier=name,
            value=value,
            collection=dataset_id,
            record=key,
            limit="medium",
        )
        return mapping.record_from_wire(read_v3(wire.Record, reply))

    @operation
    async def delete_record(self, dataset_id: str, key: str, *, contact: Ref | None = None) -> None:
        """Remove one record, of the account or of a contact. One request."""
        if contact is None:
            await delete(
                "/insightData/v3/account/{collection}/{record}", collection=dataset_id, record=key, limit="medium"
            )
            return
        name, value = self._naming.to_wire(named(contact))
        await delete(
            "/insightData/v3/contacts/{identifier}/{value}/{collection}/{record}",
            identifier=name,
            value=value,
            collection=dataset_id,
            record=key,
            limit="medium",
        )

    @operation
    async def delete_records(self, dataset_id: str, keys: Sequence[str], *, contact: Ref) -> Sequence[ItemResult]:
        """Remove up to 5,000 records of a contact; one result per key. One request."""
        name, value = self._naming.to_wire(named(contact))
        reply = await delete(
            "/insightData/v3/contacts/{identifier}/{value}/{collection}/deleteRecords",
            identifier=name,
            value=value,
            collection=dataset_id,
            json={"keys": list(keys)},
            repeatable=False,
            limit="medium",
        )
        missing = {str(one) for one in read_v3(wire.DeletedRecords, reply).get("notFound") or ()}
        return [
            ItemResult(position=place, outcome=ItemOutcome.NOT_FOUND if key in missing else ItemOutcome.REMOVED)
            for place, key in enumerate(keys)
        ]

    @operation
    async def empty(self, dataset_id: str, *, contact: Ref) -> Job:
        """Remove every record that a contact has in a collection. One request; returns at once."""
        name, value = self._naming.to_wire(named(contact))
        reply = await delete(
            "/insightData/v3/contacts/{identifier}/{value}/{collection}/empty",
            identifier=name,
            value=value,
            collection=dataset_id,
            limit="medium",
        )
        return await background("datasets.truncate", reply)


class NativeProducts(Resource[M]):
    """Product recommendations."""

    row = "native.products"

    @operation
    async def recommendations(self) -> Sequence[Recommendation]:
        """Return the recommendations that are set up. One request."""
        return read_v2(list[Recommendation], await get("/v2/products/recommendations", limit="medium"))
