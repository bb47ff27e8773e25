"""Datasets at Dotdigital: Insight data, collections of keyed records of the account or of its contacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from martech.models import (
    Dataset,
    DatasetScope,
    ItemOutcome,
    ItemResult,
    Job,
    JobPart,
    Page,
    Record,
)
from martech.provider import (
    Conflict,
    DatasetOperations,
    InvalidRequest,
    MartechError,
    NotFound,
    Now,
    Response,
    Together,
    declines,
    delete,
    get,
    not_offered,
    post,
    put,
    result_of,
)
from martech_dotdigital import imports
from martech_dotdigital.limits import CALLS_AT_ONCE, PAGE_SIZE
from martech_dotdigital.mapping import datasets as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.verdicts import verdict_on
from martech_dotdigital.paging import marker_after, state_of, state_text
from martech_dotdigital.reading import read_v3
from martech_dotdigital.times import filter_since
from martech_dotdigital.wire import datasets as wire
from martech_dotdigital.wire.contacts import ImportAccepted

__all__ = ["Datasets", "collections", "records_page"]


class Datasets(DatasetOperations):
    """Collections. Their name is their id; what their records look like the vendor learns from the records."""

    batch_size = 100

    def __init__(self, naming: Naming, *, import_body_bytes: int) -> None:
        self._naming = naming
        self._import_body_bytes = import_body_bytes

    async def list(self, cursor: str | None) -> Page[Dataset]:
        """One request for all of them."""
        del cursor
        return Page([mapping.dataset_from_wire(one) for one in await collections()])

    @declines(
        dataset={"columns": not_offered("Dotdigital learns the columns from the records; none can be prescribed.")}
    )
    async def create(self, dataset: Dataset) -> Dataset:
        """One request. `kind` is the vendor's type of collection, `custom` unless said otherwise."""
        reply = await post(
            "/insightData/v3/collections/{collection}",
            collection=dataset.name,
            query={"collectionScope": dataset.scope.value, "collectionType": dataset.kind or mapping.CUSTOM},
            limit="medium",
        )
        if reply.status == 200:
            raise Conflict("there is already a collection of this name", status=200, asked=reply.asked)
        kind = dataset.kind or mapping.CUSTOM
        return Dataset(id=dataset.name, name=dataset.name, scope=dataset.scope, kind=kind, size=0)

    async def schema(self, dataset_id: str) -> Dataset:
        """Two requests: what the records look like, and whose they are."""
        reply = await get("/insightData/v3/collections/{collection}/schema", collection=dataset_id, limit="medium")
        columns = mapping.columns_from_wire(read_v3(wire.Schema, reply))
        return (await _dataset(dataset_id)).model_copy(update={"columns": columns})

    async def delete(self, dataset_id: str) -> Job:
        """One request."""
        reply = await delete("/insightData/v3/collections/{collection}", collection=dataset_id, limit="medium")
        return await background("datasets.delete", reply)

    async def upsert_batch(self, dataset_id: str, records: Sequence[Record]) -> Sequence[ItemResult]:
        """One request a record; a record with a contact goes to that contact. The collection must be there."""
        done = await Together([self._put(dataset_id, one) for one in records], at_most=CALLS_AT_ONCE)
        return [
            outcome.value if outcome.error is None else result_of(outcome.error, record.contact)
            for record, outcome in zip(records, done, strict=True)
        ]

    async def submit_import(self, dataset_id: str, records: Sequence[Record]) -> Job:
        """One request to know the collection, and one for each 50 MB. Contacts are never made by it."""
        dataset = await _dataset(dataset_id)

        async def ask(encoded: bytes) -> str:
            reply = await put(
                "/insightData/v3/import", content=encoded, content_type="application/json", limit="low"
            )
            return read_v3(ImportAccepted, reply)["importId"]

        about = {
            "collectionName": dataset.name,
            "collectionScope": dataset.scope.value,
            "collectionType": dataset.kind or mapping.CUSTOM,
        }
        head = to_json(about)[:-1] + b',"records":['
        bodies = imports.packed(
            self._rows(dataset, records),
            lambda: imports.Body(ask, head=head, tail=b"]}"),
            limit=self._import_body_bytes,
        )
        return await imports.submit("datasets.import", bodies)

    async def get(self, dataset_id: str, key: str) -> Record:
        """One request. Records of contacts are not found by key alone; `native.insight.record` finds those."""
        reply = await get(
            "/insightData/v3/account/{collection}/{record}", collection=dataset_id, record=key, limit="medium"
        )
        return mapping.record_from_wire(read_v3(wire.Record, reply))

    async def records(self, dataset_id: str, changed_since: datetime | None, cursor: str | None) -> Page[Record]:
        """One request a page of 1,000, and one at the beginning to know whose the records are."""
        state = state_of(cursor, {"scope": None, "marker": None})
        scope = DatasetScope(state["scope"]) if state["scope"] else (await _dataset(dataset_id)).scope
        page = await records_page(dataset_id, scope, changed_since, state["marker"])
        if page.next_cursor is None:
            return page
        return Page(page.items, state_text({"scope": scope.value, "marker": page.next_cursor}))

    async def delete_records(self, dataset_id: str, keys: Sequence[str]) -> Sequence[ItemResult]:
        """One request. Records of the account; `native.insight.delete_records` takes those of a contact."""
        reply = await delete(
            "/insightData/v3/accounts/{collection}/deleteRecords",
            collection=dataset_id,
            json={"keys": list(keys)},
            repeatable=False,
            limit="medium",
        )
        missing = {str(one) for one in read_v3(wire.DeletedRecords, reply).get("notFound") or ()}
        return [
            ItemResult(outcome=ItemOutcome.NOT_FOUND if key in missing else ItemOutcome.REMOVED) for key in keys
        ]

    async def truncate(self, dataset_id: str) -> Job:
        """One request."""
        reply = await delete(
            "/insightData/v3/collections/{collection}/empty", collection=dataset_id, limit="medium"
        )
        return await background("datasets.truncate", reply)

    async def _put(self, dataset_id: str, record: Record) -> ItemResult:
        content = mapping.json_of(record)
        if record.contact is None:
            reply = await put(
                "/insightData/v3/account/{collection}/{record}",
                collection=dataset_id,
                record=record.key,
                json=content,
                limit="medium",
            )
        else:
            name, value = self._naming.to_wire(record.contact)
            reply = await put(
                "/insightData/v3/contacts/{identifier}/{value}/{collection}/{record}",
                identifier=name,
                value=value,
                collection=dataset_id,
                record=record.key,
                json=content,
                limit="medium",
            )
        outcome = ItemOutcome.CREATED if reply.status == 201 else ItemOutcome.UPDATED
        return ItemResult(outcome=outcome, identifier=record.contact, vendor_id=record.key)

    def _rows(self, dataset: Dataset, records: Sequence[Record]) -> Iterator[tuple[str, bytes | None, bool]]:
        of_contacts = dataset.scope is DatasetScope.CONTACT
        for record in records:
            try:
                if of_contacts is not (record.contact is not None):
                    whose = "contacts, and this record names none" if of_contacts else "the account"
                    raise InvalidRequest(f"the records of this collection belong to {whose}")
                row = mapping.record_row(record, self._naming)
                encoded = to_json(row)
            except MartechError as error:
                yield verdict_on(error), None, False
            else:
                yield mapping.record_key(record.key, row.get("contactIdentity")), encoded, False


async def collections() -> Sequence[wire.Collection]:
    """Return all collections. One request."""
    return read_v3(list[wire.Collection], await get("/insightData/v3/collections", limit="medium"))


async def _dataset(dataset_id: str) -> Dataset:
    """Return a collection; an import would make a missing one, so it is looked for first. One request."""
    for one in await collections():
        if one["collectionName"].casefold() == dataset_id.casefold():
            return mapping.dataset_from_wire(one)
    raise NotFound("Dotdigital has no collection of this name", hint="datasets.create makes one")


async def records_page(
    dataset_id: str, scope: DatasetScope, changed_since: datetime | None, marker: str | None
) -> Page[Record]:
    """Return one page of a collection's records; the cursor is the vendor's marker. One request."""
    query: dict[str, Any] = {"~modified": filter_since(changed_since), "limit": PAGE_SIZE, "marker": marker}
    if scope is DatasetScope.CONTACT:
        reply = await get("/insightData/v3/contacts/{collection}", collection=dataset_id, query=query, limit="low")
    else:
        reply = await get("/insightData/v3/account/{collection}", collection=dataset_id, query=query, limit="low")
    answer = read_v3(wire.RecordsPage, reply)
    return Page([mapping.record_from_wire(one) for one in answer["_items"]], marker_after(answer["_links"]))


async def background(kind: str, reply: Response) -> Job:
    """Return what the vendor does in the background as a job."""
    job_id = read_v3(wire.AsyncAccepted, reply)["jobId"]
    return Job(provider=imports.PROVIDER, kind=kind, parts=(JobPart(id=job_id),), submitted_at=await Now())
