"""Lists, attributes, the account, Insight data and events between Dotdigital's words and ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from martech.errors import InvalidRequest
from martech.models import (
    AttributeDefinition,
    AttributeType,
    CustomEvent,
    DatasetScope,
    ItemOutcome,
    JobPart,
    JobStatus,
    Record,
    Visibility,
    email,
    own,
    vendor_id,
)
from martech_dotdigital.account import account_from_wire
from martech_dotdigital.attributes import TYPES, WORDS, definition_from_wire, definition_to_wire
from martech_dotdigital.mapping import (
    datasets,
    events,
    lists,
)
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.verdicts import verdict
from martech_dotdigital.wire import contacts as contact_shapes
from martech_dotdigital.wire import datasets as dataset_shapes
from martech_dotdigital.wire import events as event_shapes
from martech_dotdigital.wire.account import AccountInfo

Golden = Callable[[str], Any]
NAMING = Naming("crm-id")


def shaped(shape: Any, value: Any) -> Any:
    return TypeAdapter(shape).validate_python(value)


# ── lists, attributes, account ───────────────────────────────────────────────────────────────────────────────


def test_address_books_are_lists(golden: Golden) -> None:
    books = [
        lists.list_from_wire(one) for one in shaped(list[contact_shapes.AddressBook], golden("address_books"))
    ]
    assert [(one.id, one.name, one.visibility, one.size) for one in books] == [
        ("1", "Customers", Visibility.PRIVATE, 5), ("2", "Friends", Visibility.PUBLIC, 7),
    ]  # fmt: skip
    assert set(lists.WORDS) == set(Visibility)


def test_data_fields_are_attributes(golden: Golden) -> None:
    fields = [definition_from_wire(one) for one in shaped(list[contact_shapes.DataField], golden("data_fields"))]
    assert [(one.name, one.type, one.is_public, one.default, one.is_built_in) for one in fields] == [
        ("FIRSTNAME", AttributeType.TEXT, True, None, True),
        ("IS_HAPPY", AttributeType.BOOLEAN, True, True, False),
        ("BIRTHDAY", AttributeType.DATETIME, False, None, False),
        ("MOOD", AttributeType.UNKNOWN, False, None, False),
    ]


def test_every_type_of_attribute_has_a_word_or_is_refused() -> None:
    assert set(WORDS.values()) == {word.capitalize() for word in TYPES}
    for kind in set(AttributeType) - set(WORDS):
        with pytest.raises(InvalidRequest):
            definition_to_wire(AttributeDefinition(name="X", type=kind))
    public = AttributeDefinition(name="X", type=AttributeType.INTEGER, is_public=True, default=3)
    assert definition_to_wire(public) == {
        "name": "X", "type": "Numeric", "visibility": "Public", "defaultValue": 3,
    }  # fmt: skip


def test_the_account_is_read_from_its_properties(golden: Golden) -> None:
    account = account_from_wire(shaped(AccountInfo, golden("account_info")))
    assert (account.id, account.name, account.region, account.timezone) == ("1", "Demo", "r2", "Europe/London")


# ── insight data and events ──────────────────────────────────────────────────────────────────────────────────


def test_an_import_of_records_names_only_those_not_taken(golden: Golden) -> None:
    keys = (
        "record:email:jo@example.org:24938",
        "record:email:bo@example.org:24938",
        verdict(ItemOutcome.REFUSED, "no contact"),
    )
    part = JobPart(id="x", status=JobStatus.DONE, inputs=keys)
    report = shaped(dataset_shapes.RecordImportState, golden("insight_import"))
    results = {one.position: one.outcome for one in datasets.import_results(part, 0, report)}
    assert results == {0: ItemOutcome.REFUSED, 1: ItemOutcome.SAVED, 2: ItemOutcome.REFUSED}


def test_a_records_key_in_a_job_is_that_of_the_report() -> None:
    record = Record(key="24938", values={"id": "24938"}, contact=email("Jo@example.org"))
    row = datasets.record_row(record, NAMING)
    assert row["contactIdentity"] == {"identifier": "email", "value": "Jo@example.org"}
    assert datasets.record_key(row["key"], row["contactIdentity"]) == "record:email:jo@example.org:24938"


def test_the_schema_of_a_collection_is_read_with_nested_columns(golden: Golden) -> None:
    total, products, mood = datasets.columns_from_wire(shaped(dataset_shapes.Schema, golden("insight_schema")))
    assert (total.type, total.nullable) == (AttributeType.NUMBER, False)
    assert products.repeated
    assert [one.name for one in products.columns] == ["sku"]
    assert (mood.type, mood.vendor_word) == (AttributeType.UNKNOWN, "GEOGRAPHY")
    assert datasets.columns_from_wire({"schema": {}}) == ()


def test_a_record_with_a_number_for_its_key_is_read_as_text(golden: Golden) -> None:
    record = datasets.record_from_wire(shaped(dataset_shapes.Record, golden("insight_record")))
    assert (record.key, dict(record.values), record.contact) == ("24938", {"total": 67.2}, vendor_id(57))


def test_a_collection_of_an_unknown_scope_is_taken_as_the_accounts() -> None:
    assert datasets.scope_of({"collectionName": "X", "collectionScope": "galaxy"}) is DatasetScope.ACCOUNT
    assert datasets.scope_of({"collectionName": "X", "collectionScope": "Contact"}) is DatasetScope.CONTACT


def test_nested_times_in_records_are_said_as_text() -> None:
    record = Record(key="1", values={"at": datetime(2026, 1, 2, tzinfo=UTC), "lines": [{"on": date(2026, 1, 2)}]})
    assert datasets.json_of(record) == {"at": "2026-01-02T00:00:00Z", "lines": [{"on": "2026-01-02"}]}


def test_custom_events_and_what_comes_back(golden: Golden) -> None:
    event = CustomEvent(
        type="visit",
        contact=own("C-1"),
        id="e-1",
        at=datetime(2026, 1, 2, tzinfo=UTC),
        summary="Came by",
        data={"shop": 3},
    )
    assert events.event_to_wire(event, NAMING) == {
        "contactIdentity": {"identifier": "crm-id", "value": "C-1"}, "type": "visit", "id": "e-1",
        "eventTimestamp": "2026-01-02T00:00:00Z", "timelineDetails": {"summary": "Came by"},
        "eventData": {"shop": 3},
    }  # fmt: skip
    bare = events.event_to_wire(CustomEvent(type="visit", contact=email("a@example.org")), NAMING)
    assert set(bare) == {"contactIdentity", "type"}
    stream = events.stream_from_wire(shaped(event_shapes.Subscription, golden("event_subscription")))
    assert (stream.id, stream.name, stream.types) == ("95", "Campaign events", ("message.sent", "contact.updated"))
    told = events.event_from_wire(shaped(event_shapes.Event, golden("event")))
    assert (told.type, told.contact, told.id) == (
        "contact.updated",
        vendor_id(12345),
        "27e298b2-a1af-4041-96a6-00f909c66ad8",
    )
