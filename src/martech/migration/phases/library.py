"""What stands beside people: templates, and datasets with their records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from martech.errors import InvalidRequest
from martech.migration.journal import Class
from martech.migration.mapping.tables import fitted_record
from martech.migration.phases.furnishing import there
from martech.migration.phases.jobs import noted_job, page_id, results_of
from martech.migration.phases.steps import Step
from martech.migration.records import NOBODYS, columns_at, written_records
from martech.migration.sources.contract import Part
from martech.migration.things import Thing, make_dataset, make_template
from martech.models import Dataset, Identifier, ItemOutcome, ItemResult, Record, Template

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS"]

MOVED = (Class.MOVED, Class.MOVED_WITH_LOSS)

# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────


def _templates(work: Work, cursor: str | None) -> Any:
    page = None
    if Part.TEMPLATES not in work.order.source.cannot:
        page = work.page("templates", work.order.source.templates, cursor)
    if page is None:
        return {"things": [], "next": None}
    return {"things": [one.row() for one in _made(work, page.items)], "next": page.next_cursor}


def _made(work: Work, templates: Sequence[Template]) -> Iterator[Thing]:
    known = there(work, "template")
    translation = work.order.translation
    for one in templates:
        own = one.id or one.name
        name = translation.name_of("templates", own, one.name)
        wanted = translation.template(one, name) if name is not None else None
        yield make_template(work.order.target.client, own, wanted, known)


def _record_templates(work: Work, connection: Connection, value: Any, cursor: str | None) -> Any:
    del cursor
    work.journal.keep_things(connection, work.run, value["things"])
    work.journal.wrote(connection, work.run, sum(bool(one["made"]) for one in value["things"]))
    return value["next"]


# ── datasets ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _datasets(work: Work) -> Any:
    order = work.order
    if Part.DATASETS in order.source.cannot:
        return {"things": []}
    known = there(work, "dataset")
    things: list[Thing] = []
    for one in order.source.datasets():
        name = order.translation.name_of("datasets", one.id, one.name)
        things.append(make_dataset(order.target.client, one, name, known))
    return {"things": [one.row() for one in things]}


def _record_datasets(work: Work, connection: Connection, value: Any) -> Any:
    things: Sequence[dict[str, Any]] = value["things"]
    work.journal.keep_things(connection, work.run, things)
    work.journal.wrote(connection, work.run, sum(bool(one["made"]) for one in things))
    no = work.order.target.client.why_not("datasets.upsert_many")
    return [] if no is not None else [one["name"] for one in things if one["target_id"]]


# ── their records ────────────────────────────────────────────────────────────────────────────────────────────────


def _records(work: Work, dataset_id: str, cursor: str | None) -> Any:
    """Write a page of records by their keys, as a job where there are many; what was written before is left."""
    source = Dataset(id=dataset_id, name=dataset_id)
    page = work.page(f"records {dataset_id}", lambda after: work.order.source.records(source, after), cursor)
    if page is None:
        return {"rows": [], "job": None, "next": None, "writes": 0}
    target = _target_of(work, dataset_id)
    columns = columns_at(work.order.target.client, target)
    rows: list[dict[str, Any]] = []
    going: list[Record] = []
    for record, owner in zip(page.items, _owners(work, page.items), strict=True):
        fitted, lost = fitted_record(record, columns, owner)
        row = {"name": work.journal.record_name(record), "digest": _digest(fitted)}
        if record.contact is not None and owner is None:
            row |= {"class": Class.SKIPPED, "reason": NOBODYS}
        elif lost:
            row["lost"] = f"no column for {', '.join(lost)}"
        rows.append(row)
        going.append(fitted)
    written = _not_yet(work, dataset_id, rows)
    some = [going[place] for place in written]
    value: dict[str, Any] = {"rows": rows, "job": None, "next": page.next_cursor, "writes": len(some)}
    job = _handed_over(work, target, some)
    if job is not None:
        return value | {"job": job.model_dump_json()}
    for place, result in zip(written, written_records(work.order.target, target, some), strict=True):
        rows[place] |= _settled(result, rows[place].get("lost"))
    return value


def _digest(record: Record) -> str:
    told = record.model_dump(mode="json", exclude_unset=True)
    return blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def _not_yet(work: Work, dataset_id: str, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return the places of the records to be written; the others are settled as they stand."""
    before = work.journal.records_before(work.run, dataset_id, [row["name"] for row in rows])
    places: list[int] = []
    for place, row in enumerate(rows):
        if "class" in row:
            continue
        if before.get(row["name"]) == row["digest"]:
            row |= _settled(ItemResult(outcome=ItemOutcome.UNCHANGED), row.get("lost"))
        else:
            places.append(place)
    return places


def _owners(work: Work, records: Sequence[Record]) -> list[Identifier | None]:
    """Return by what whoever a record belongs to is written at the target."""
    seal = work.journal.seal
    named = [seal.name(one.contact) if one.contact is not None else None for one in records]
    rows = work.journal.by_names(work.run, [name for name in named if name is not None])
    found: list[Identifier | None] = []
    for name in named:
        row = rows.get(name) if name is not None else None
        moved = row is not None and row.contact is not None and row.settled in MOVED
        contact = row.contact if moved and row is not None else None
        found.append(
            work.order.target.name_of(work.order.translation.contact(contact).contact) if contact else None
        )
    return found


def _handed_over(work: Work, target: str, records: Sequence[Record]) -> Any:
    client = work.order.target.client
    if len(records) <= work.order.target.provider.datasets.batch_size:
        return None
    if client.why_not("datasets.start_import") is not None:
        return None
    try:
        return client.datasets.start_import(target, records)
    except InvalidRequest:
        # One that cannot be said holds up all of a job; by itself it is one refusal.
        return None


def _settled(result: ItemResult, lost: str | None) -> dict[str, Any]:
    if result.ok:
        return {"class": Class.MOVED_WITH_LOSS if lost else Class.MOVED, "reason": lost}
    failed = result.outcome in (ItemOutcome.FAILED, ItemOutcome.UNKNOWN)
    return {"class": Class.FAILED if failed else Class.REFUSED, "reason": result.reason or result.outcome.value}


def _record_records(work: Work, connection: Connection, value: Any, dataset_id: str, cursor: str | None) -> Any:
    rows: Sequence[dict[str, Any]] = value["rows"]
    kept = [{name: row.get(name) for name in ("name", "digest", "class", "reason")} for row in rows]
    work.journal.keep_records(connection, work.run, dataset_id, kept)
    work.journal.wrote(connection, work.run, value["writes"])
    if value["job"] is not None:
        batch = page_id("records", dataset_id, cursor)
        about = [[row["name"], row["digest"], row.get("lost")] for row in rows if "class" not in row]
        work.journal.keep_job(connection, work.run, batch, value["job"], about)
    return {"job": value["job"] is not None, "next": value["next"]}


def _tell(work: Work, dataset_id: str, cursor: str | None) -> Any:
    """Read what became of the records that a job was about."""
    kept = noted_job(work, page_id("records", dataset_id, cursor))
    if kept is None:
        return []
    job, about = kept
    return [
        {"name": name, "digest": digest, **_settled(result, lost)}
        for (name, digest, lost), result in zip(about, results_of(work, job, len(about)), strict=True)
    ]


def _record_told(work: Work, connection: Connection, value: Any, dataset_id: str, cursor: str | None) -> Any:
    work.journal.keep_records(connection, work.run, dataset_id, value)
    work.journal.forget_job(connection, work.run, page_id("records", dataset_id, cursor))


def _target_of(work: Work, dataset_id: str) -> str:
    things = work.journal.things(work.run, "dataset")
    return next(str(one["target_id"]) for one in things if one["name"] == dataset_id)


STEPS = {
    "templates": Step(_templates, _record_templates),
    "datasets": Step(_datasets, _record_datasets),
    "records": Step(_records, _record_records),
    "records_told": Step(_tell, _record_told),
}
