"""Records of datasets held against both sides: key by key, value by value."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from hashlib import blake2b
from typing import Any

from martech.errors import NotFound
from martech.migration.sources.contract import Part
from martech.migration.verifying.check import MOVED, Check
from martech.migration.verifying.plain import plain
from martech.models import Dataset, Record

__all__ = ["look_at_datasets"]


def look_at_datasets(check: Check) -> None:
    """Read the records of both sides, where the target shows its own, and count what is not there as it was.

    Nothing of them is held in memory: keys and values are told apart by digests in a file of their own.
    """
    for _, settled, why, count in check.journal.record_counts(check.run):
        words = f"{settled}: {why}" if why else settled
        check.told.records[words] += count
        if settled in ("failed", "open"):
            check.told.records_failed += count
    if Part.DATASETS in check.source.cannot or not check.told.records:
        return
    if check.client.why_not("datasets.records") is not None:
        check.told.unproven.append(
            "the target does not show the records of its datasets; they rest on its answers"
        )
        return
    for thing in check.journal.things(check.run, "dataset"):
        if thing["class"] in MOVED and thing["target_id"]:
            _compare(check, thing["name"], thing["target_id"])


def _compare(check: Check, source_id: str, target_id: str) -> None:
    with closing(sqlite3.connect("")) as scratch:
        scratch.execute("CREATE TABLE there (key TEXT, told TEXT)")
        scratch.executemany("INSERT INTO there VALUES (?, ?)", _target(check, target_id))
        scratch.execute("CREATE INDEX by_key ON there (key)")
        for page in check.source.records(Dataset(id=source_id, name=source_id)):
            named = [check.journal.record_name(one) for one in page.items]
            classes = check.journal.record_classes(check.run, source_id, named)
            for one, name in zip(page.items, named, strict=True):
                found = [told for (told,) in scratch.execute("SELECT told FROM there WHERE key = ?", (one.key,))]
                _one(check, one, classes.get(name), found)


def _one(check: Check, record: Record, settled: str | None, found: list[str]) -> None:
    if settled is None:
        new = record.created_at is not None and record.created_at > check.began
        check.told.records["new since" if new else "never read"] += 1
        check.told.records_missing += not new
    elif settled not in MOVED:
        return
    elif not found:
        check.told.records_missing += 1
    elif not any(_holds(record, json.loads(told)) for told in found):
        changed = record.updated_at is not None and record.updated_at > check.began
        check.told.records["changed at the source since"] += changed
        check.told.records_changed += not changed


def _target(check: Check, target_id: str) -> Iterator[tuple[str, str]]:
    try:
        for page in check.client.datasets.records(target_id).pages():
            for one in page.items:
                yield one.key, json.dumps({name: _mark(value) for name, value in one.values.items()})
    except NotFound:
        return


def _holds(record: Record, there: Mapping[str, str]) -> bool:
    """Return whether every value of a record that has a place at the target is there."""
    return all(there[name] == _mark(value) for name, value in record.values.items() if name in there)


def _mark(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return blake2b(json.dumps(value, sort_keys=True, default=str).encode(), digest_size=12).hexdigest()
    return blake2b(str(plain(value)).encode(), digest_size=12).hexdigest()
