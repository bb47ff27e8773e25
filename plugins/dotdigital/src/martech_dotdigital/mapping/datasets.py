"""Insight data in both vocabularies: collections are datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from martech.models import (
    AttributeType,
    Column,
    Dataset,
    DatasetScope,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    ItemResult,
    JobPart,
    JobStatus,
    Record,
)
from martech.provider import mask
from martech_dotdigital.mapping import jobs
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.times import time_from_wire, value_to_wire
from martech_dotdigital.wire import datasets as wire

__all__ = ["dataset_from_wire", "import_results", "record_from_wire", "record_row"]

SCOPES: Mapping[str, DatasetScope] = {"account": DatasetScope.ACCOUNT, "contact": DatasetScope.CONTACT}
TYPES: Mapping[str, AttributeType] = {
    "string": AttributeType.TEXT,
    "integer": AttributeType.INTEGER,
    "float": AttributeType.NUMBER,
    "boolean": AttributeType.BOOLEAN,
    "timestamp": AttributeType.DATETIME,
    "record": AttributeType.ANY,
}
"""The vendor's words for what it learned (S23), in lower case."""
CUSTOM = "custom"
"""The type of a collection that is none of the vendor's own sorts."""


def dataset_from_wire(collection: wire.Collection) -> Dataset:
    """Return a collection as a dataset; its name is its id."""
    name = collection["collectionName"]
    return Dataset(
        id=name,
        name=name,
        scope=scope_of(collection),
        kind=collection.get("collectionType"),
        size=collection.get("recordCount"),
        raw=collection,
    )


def scope_of(collection: wire.Collection) -> DatasetScope:
    """Return whether records belong to the account or to contacts."""
    return SCOPES.get((collection.get("collectionScope") or "").casefold(), DatasetScope.ACCOUNT)


def columns_from_wire(schema: wire.Schema) -> tuple[Column, ...]:
    """Return what the vendor learned about a collection's records; one description has no list of fields."""
    fields = schema.get("schema") or []
    listed: list[Any] = fields if isinstance(fields, list) else [fields] if "name" in fields else []
    return tuple(_columns(listed))


def _columns(fields: list[Any]) -> Iterator[Column]:
    for field in fields:
        word, mode = field.get("type"), (field.get("mode") or "").casefold()
        yield Column(
            name=field["name"],
            type=TYPES.get((word or "").casefold(), AttributeType.UNKNOWN),
            nullable=mode != "required",
            repeated=mode == "repeated",
            columns=tuple(_columns(field.get("fields") or [])),
            vendor_word=word,
        )


def record_from_wire(record: wire.Record) -> Record:
    """Return a record; whose it is is known by contact id only."""
    given: dict[str, Any] = {"key": str(record["key"]), "raw": record}
    content = record["json"]
    given["values"] = content if isinstance(content, dict) else {"": content}
    if (owner := record.get("ownerContactId")) is not None:
        given["contact"] = Identifier(IdentifierKind.VENDOR, str(owner))
    for name, ours in (("created", "created_at"), ("updated", "updated_at")):
        if (when := time_from_wire(record.get(name))) is not None:
            given[ours] = when
    return Record(**given)


def json_of(record: Record) -> dict[str, Any]:
    """Return a record's values as JSON can say them, nested ones included."""
    return {name: _json(value) for name, value in record.values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner) for inner in value]
    return value_to_wire(value)


def record_row(record: Record, naming: Naming) -> dict[str, Any]:
    """Return a record as a row of an import."""
    row: dict[str, Any] = {"key": record.key, "json": json_of(record)}
    if record.contact is not None:
        row["contactIdentity"] = identity(record.contact, naming)
    return row


def identity(ref: Identifier, naming: Naming) -> dict[str, str]:
    """Return a contact as records and events name one."""
    name, value = naming.to_wire(ref)
    return {"identifier": name, "value": value}


def record_key(key: str | int | None, owner: Mapping[str, Any] | None) -> str:
    """Return by what a record is found again in a report: whose it is, and its key."""
    if not owner or not owner.get("identifier"):
        return f"record:{key}"
    return f"record:{str(owner['identifier']).casefold()}:{str(owner.get('value')).casefold()}:{key}"


def import_results(part: JobPart, first: int, report: wire.RecordImportState) -> list[ItemResult]:
    """Return what became of each record: the report names only those that were not taken (S23)."""
    places = jobs.Places(part, first)
    results: list[ItemResult] = list(jobs.verdicts(part, first))
    for failed in report.get("failures") or ():
        owner = (failed.get("collectionOwner") or {}).get("contactIdentity")
        position = places.claim(record_key(failed.get("key"), owner))
        if position is None:
            continue
        code = failed.get("failureReason")
        words = "; ".join([code or "", *(failed.get("details") or ())]).strip("; ")
        missing = (code or "").casefold() in jobs.MISSING
        results.append(
            ItemResult(
                position=position,
                outcome=ItemOutcome.NOT_FOUND if missing else ItemOutcome.REFUSED,
                code=code,
                reason=mask(words) or "Dotdigital does not say why",
            )
        )
    if part.status is JobStatus.DONE:
        results += [ItemResult(position=place, outcome=ItemOutcome.SAVED) for _, place in places.rest()]
    return results
