"""Keyed JSON records beside contacts, in collections that learn their schema (section 23)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dotdigital.emulator.assumed import INSIGHT_KEY_MOST, INSIGHT_NUMBER_MOST, INSIGHT_TEXT_MOST
from martech_dotdigital.emulator.conventions.order import Recency, SortedIds
from martech_dotdigital.emulator.conventions.times import parsed, stamp

__all__ = ["COLLECTION_TYPES", "Collection", "Record", "RecordProblem"]

COLLECTION_TYPES = (
    *("cartInsight", "catalog", "consentInsight", "custom", "easyEditorExtensions"),
    *("nostoEmailCampaigns", "orders", "productCategories", "webInsight", "wishList"),
)
PROPERTY = re.compile(r"[A-Za-z0-9_ -]+")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")

Owner = int | None
"""The contact a record belongs to, or None for the account."""


class RecordProblem(Exception):
    """A record that cannot be kept: one of the vendor's failure reasons, and details."""

    def __init__(self, reason: str, *details: str) -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


@dataclass(slots=True)
class Record:
    """One record."""

    number: int
    owner: Owner
    key: str
    json: dict[str, Any]
    created: datetime
    updated: datetime

    def shape(self) -> dict[str, Any]:
        """Return it as printed; an account's record has no owner."""
        owner = {} if self.owner is None else {"ownerContactId": self.owner}
        return {
            "key": self.key,
            "json": self.json,
            "created": stamp(self.created),
            "updated": stamp(self.updated),
            **owner,
        }


@dataclass(slots=True)
class _Field:
    """What is known of one property."""

    type: str
    repeated: bool = False
    fields: dict[str, _Field] = field(default_factory=dict)

    def shape(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "mode": "REPEATED" if self.repeated else "NULLABLE",
            "type": self.type,
            "fields": [known.shape(inner) for inner, known in self.fields.items()],
        }


@dataclass(slots=True)
class Collection:
    """Records of one kind, of the account or of contacts."""

    name: str
    type: str
    scope: str
    by_number: dict[int, Record] = field(default_factory=dict)
    by_key: dict[tuple[Owner, str], Record] = field(default_factory=dict)
    numbers: SortedIds = field(default_factory=SortedIds)
    of_owner: dict[Owner, SortedIds] = field(default_factory=dict)
    changed: Recency[int] = field(default_factory=Recency)
    schema: dict[str, _Field] = field(default_factory=dict)
    _last: int = 0

    def shape(self, owner: Owner = None) -> dict[str, Any]:
        """Return it as printed, with as many records as there are, or as a contact has."""
        count = len(self.numbers) if owner is None else len(self.of_owner.get(owner, ()))
        return {
            "collectionName": self.name,
            "collectionType": self.type,
            "collectionScope": self.scope,
            "recordCount": count,
        }

    def schema_shape(self) -> list[dict[str, Any]]:
        """Return what was learned of the records."""
        return [known.shape(name) for name, known in self.schema.items()]

    def put(self, owner: Owner, key: str, json: Mapping[str, Any], now: datetime) -> bool:
        """Keep a record in place of one it may have had; return whether it is new.

        Raises:
            RecordProblem: The key or the JSON is not what the vendor takes.
        """
        if not 1 <= len(key) <= INSIGHT_KEY_MOST:
            raise RecordProblem("InvalidClientKey")
        learned = {name: _copied(known) for name, known in self.schema.items()}
        _learn(learned, json)
        self.schema = learned
        known = self.by_key.get((owner, key))
        if known is not None:
            known.json, known.updated = dict(json), now
            self.changed.touch(known.number, now)
            return False
        self._last += 1
        record = Record(self._last, owner, key, dict(json), now, now)
        self.by_number[record.number] = self.by_key[owner, key] = record
        self.numbers.add(record.number)
        self.of_owner.setdefault(owner, SortedIds()).add(record.number)
        self.changed.touch(record.number, now)
        return True

    def remove(self, owner: Owner, key: str) -> bool:
        """Delete a record; return whether there was one."""
        record = self.by_key.pop((owner, key), None)
        if record is None:
            return False
        del self.by_number[record.number]
        self.numbers.discard(record.number)
        self.of_owner[owner].discard(record.number)
        self.changed.forget(record.number)
        return True

    def empty(self, owner: Owner = None) -> int:
        """Delete all records, or all of one contact; return how many there were."""
        numbers = self.numbers if owner is None else self.of_owner.get(owner, ())
        records = [self.by_number[number] for number in numbers]
        for record in records:
            self.remove(record.owner, record.key)
        return len(records)

    def rows(self, owner: Owner, since: datetime | None) -> SortedIds:
        """Return the numbers of the records, of one contact or of all, changed since a moment or at any time."""
        scope = self.numbers if owner is None else self.of_owner.get(owner, SortedIds())
        if since is None:
            return scope
        return SortedIds(number for number in self.changed.since(since) if number in scope)


def _learn(schema: dict[str, _Field], json: Mapping[str, Any]) -> None:
    for name, value in json.items():
        if len(name) > INSIGHT_KEY_MOST:
            raise RecordProblem("JsonKeyTooLong", f"Field '{name[:40]}'")
        if not PROPERTY.fullmatch(name):
            raise RecordProblem("JsonKeyInvalidCharacters", f"Field '{name}'")
        repeated = isinstance(value, list)
        for item in value if repeated else [value]:
            if isinstance(item, list):
                raise RecordProblem("JsonContainsNestedArray", f"Field '{name}'")
            if item is not None:
                _learn_value(schema, name, item, repeated=repeated)


def _learn_value(schema: dict[str, _Field], name: str, value: Any, *, repeated: bool) -> None:
    kind = _kind(name, value)
    known = schema.setdefault(name, _Field(kind, repeated))
    if known.repeated != repeated:
        raise RecordProblem(
            "JsonValueIncompatibleWithSchema", f"Field '{name}' is expected to be an array, or not"
        )
    if known.type != kind:
        # Numbers may grow a fraction and texts may stop to look like dates; nothing else changes.
        widened = {frozenset({"INTEGER", "FLOAT"}): "FLOAT", frozenset({"STRING", "TIMESTAMP"}): "STRING"}
        wider = widened.get(frozenset({known.type, kind}))
        if wider is None:
            text = f"Field '{name}' is expected to be a {known.type}"
            raise RecordProblem("JsonValueIncompatibleWithSchema", text)
        known.type = wider
    if kind == "RECORD":
        _learn(known.fields, value)


def _kind(name: str, value: Any) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int() | float():
            if abs(value) > INSIGHT_NUMBER_MOST:
                raise RecordProblem("JsonNumberValueTooLarge", f"Field '{name}'")
            return "INTEGER" if isinstance(value, int) else "FLOAT"
        case str():
            if len(value) > INSIGHT_TEXT_MOST:
                raise RecordProblem("JsonValueTooLong", f"Field '{name}'")
            return "TIMESTAMP" if MOMENT.fullmatch(value) and _is_moment(value) else "STRING"
        case _:
            return "RECORD"


def _is_moment(value: str) -> bool:
    try:
        parsed(value)
    except ValueError:
        return False
    return True


def _copied(known: _Field) -> _Field:
    return _Field(known.type, known.repeated, {name: _copied(inner) for name, inner in known.fields.items()})
