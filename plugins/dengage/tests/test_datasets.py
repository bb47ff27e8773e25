"""Datasets: keyed tables, whose rows make no contacts."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from martech import (
    AttributeType,
    Column,
    Conflict,
    Dataset,
    DatasetScope,
    InvalidRequest,
    ItemOutcome,
    JobStatus,
    NotFound,
    Record,
    UnsupportedOperation,
    own,
)
from martech.provider import HttpRequest, Response

Start = Callable[..., Any]
WRITE, ROWS, FILE = (
    "POST /dataspace/sync/upsert",
    "POST /dataspace/async/upsert_v2",
    "POST /dataspace/async/upsert",
)
COLUMNS = (
    Column(name="id", type=AttributeType.INTEGER, is_key=True, nullable=False),
    Column(name="title", type=AttributeType.TEXT),
    Column(name="since", type=AttributeType.DATE),
)
VISITS = (
    Column(name="id", type=AttributeType.TEXT, is_key=True, nullable=False),
    Column(name="contact_key", type=AttributeType.TEXT, nullable=False),
)


@pytest.fixture
def shop(talk: Start) -> Callable[..., Any]:
    """Start a conversation with a table of shops; its id is `table_id`."""

    def start(**switches: Any) -> Any:
        conversation = talk(**switches)
        client = conversation.client()
        conversation.table_id = client.datasets.create(Dataset(id="", name="shops", columns=COLUMNS)).id
        conversation.said.clear()
        return conversation

    return start


def shops(*ids: int) -> list[Record]:
    return [Record(key=str(one), values={"title": f"Shop {one}", "since": None}) for one in ids]


def test_a_table_is_made_with_its_columns_and_read_back(shop: Callable[..., Any]) -> None:
    client = shop().client()
    (listed,) = client.datasets.list()
    schema = client.datasets.schema(listed.id)
    assert (schema.name, schema.scope, schema.size) == ("shops", DatasetScope.ACCOUNT, 0)
    assert [(one.name, one.is_key, one.nullable) for one in schema.columns] == [
        ("id", True, False),
        ("title", False, True),
        ("since", False, True),
    ]
    with pytest.raises(Conflict):
        client.datasets.create(Dataset(id="", name="shops", columns=COLUMNS))
    with pytest.raises(NotFound):
        client.datasets.schema("11111111-2222-3333-4444-555555555555")


@pytest.mark.parametrize(
    "dataset",
    [
        Dataset(id="", name="x"),
        Dataset(id="", name="x", columns=COLUMNS, kind="orders"),
        Dataset(id="", name="x", columns=COLUMNS, scope=DatasetScope.CONTACT),
        Dataset(id="", name="x", columns=(Column(name="a", type=AttributeType.ANY),)),
    ],
)
def test_a_table_that_cannot_be_said_is_refused_before_any_request(
    shop: Callable[..., Any], dataset: Dataset
) -> None:
    conversation = shop()
    with pytest.raises(InvalidRequest):
        conversation.client().datasets.create(dataset)
    assert conversation.said == []


def test_records_are_written_by_their_keys_and_again_over_them(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    since = datetime(2026, 1, 5, 9, tzinfo=UTC)
    records = [*shops(1, 2), Record(key="3", values={"title": "Shop 3", "since": since})]
    assert client.datasets.upsert_many(conversation.table_id, records).counts == {ItemOutcome.SAVED: 3}
    assert client.datasets.upsert_many(conversation.table_id, shops(1)).counts == {ItemOutcome.SAVED: 1}
    assert client.datasets.schema(conversation.table_id).size == 3
    assert conversation.bodies(WRITE)[0]["rows"][2] == {
        "id": 3,
        "title": "Shop 3",
        "since": "2026-01-05T09:00:00Z",
    }


def test_every_record_has_a_result_in_its_place(shop: Callable[..., Any]) -> None:
    conversation = shop()
    records = [
        Record(key="1", values={"title": "no date"}),
        *shops(2),
        Record(key="two", values={"title": "x", "since": None}),
        *shops(2, 3),
    ]
    result = conversation.client().datasets.upsert_many(conversation.table_id, records)
    assert [(one.position, one.outcome) for one in result.items] == [
        (0, ItemOutcome.REFUSED),
        (1, ItemOutcome.SUPERSEDED),
        (2, ItemOutcome.REFUSED),
        (3, ItemOutcome.SAVED),
        (4, ItemOutcome.SAVED),
    ]


@pytest.mark.parametrize("errors_as", ["objects", "strings"])
def test_rows_the_vendor_refuses_are_never_called_written(shop: Callable[..., Any], errors_as: str) -> None:
    conversation = shop(refuse_half_of_rows=True, errors_as=errors_as)
    client = conversation.client()
    result = client.datasets.upsert_many(conversation.table_id, shops(*range(6)))
    written = client.datasets.schema(conversation.table_id).size
    assert sum(one.outcome is ItemOutcome.SAVED for one in result.items) in (0, written)
    assert len(result.problems) >= 3


def test_a_table_without_a_key_is_refused_because_it_would_add_rows_again(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    made = client.datasets.create(Dataset(id="", name="log", columns=(Column(name="line"),)))
    (refused,) = client.datasets.upsert_many(made.id, [Record(key="1", values={"line": "x"})]).items
    assert refused.outcome is ItemOutcome.REFUSED
    assert "no primary key" in (refused.reason or "")
    with pytest.raises(InvalidRequest, match="no primary key"):
        client.datasets.start_import(made.id, [Record(key="1", values={"line": "x"})])
    assert conversation.count(WRITE) == 0


def test_rows_about_nobody_known_are_not_written_because_they_would_make_people(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    client = conversation.client()
    made = client.datasets.create(Dataset(id="", name="visits", columns=VISITS, scope=DatasetScope.CONTACT))
    records = [Record(key="v-1", contact=own("c-1")), Record(key="v-2", contact=own("nobody"))]
    first, second = client.datasets.upsert_many(made.id, records).items
    assert (first.outcome, first.identifier) == (ItemOutcome.SAVED, own("c-1"))
    assert (second.outcome, second.identifier) == (ItemOutcome.NOT_FOUND, own("nobody"))
    job = client.jobs.wait(client.datasets.start_import(made.id, records))
    assert [one.outcome for one in client.jobs.results(job)] == [ItemOutcome.SAVED, ItemOutcome.NOT_FOUND]
    assert conversation.row("nobody") is None
    assert [row["id"] for row in conversation.bodies(ROWS)[0]["rows"]] == ["v-1"]


def test_a_table_that_does_not_say_that_it_holds_contacts_makes_nobody(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    made = client.datasets.create(Dataset(id="", name="visits", columns=VISITS, scope=DatasetScope.CONTACT))

    def silent(request: HttpRequest) -> Response | None:
        if not request.url.endswith(made.id):
            return None
        told = from_json(conversation.emulator(request).body)
        del told["data"]["contactKeyColumn"]
        return Response(200, body=to_json(told))

    conversation.answer = silent
    (done,) = client.datasets.upsert_many(made.id, [Record(key="v-1", values={"contact_key": "nobody"})]).items
    assert done.outcome is ItemOutcome.NOT_FOUND
    assert conversation.row("nobody") is None


@pytest.mark.parametrize("verb", ["upsert_many", "start_import"])
@pytest.mark.parametrize("count", [6, 1_206])
def test_one_bad_record_spoils_no_other_however_many_there_are(
    shop: Callable[..., Any], verb: str, count: int
) -> None:
    conversation = shop()
    client = conversation.client()
    records = [*shops(*range(count)), *shops(0), Record(key="05", values={"title": "x", "since": None})]
    records[3] = Record(key="3", values={"title": "no date"})
    records[4] = Record(key="4", values={"title": "\ud800", "since": None})
    done = getattr(client.datasets, verb)(conversation.table_id, records)
    items = client.jobs.results(client.jobs.wait(done)) if verb == "start_import" else done.items
    assert [one.position for one in items] == list(range(count + 2))
    assert [items[place].outcome for place in (0, 3, 4, -1)] == [
        ItemOutcome.SUPERSEDED, ItemOutcome.REFUSED, ItemOutcome.REFUSED, ItemOutcome.REFUSED,
    ]  # fmt: skip
    assert sum(one.outcome is ItemOutcome.SAVED for one in items) == count - 2
    assert client.datasets.schema(conversation.table_id).size == count - 2


def test_an_import_of_nothing_that_can_be_written_asks_for_nothing_and_says_why(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    job = client.datasets.start_import(conversation.table_id, [Record(key="x")])
    assert job.status is JobStatus.DONE
    assert client.jobs.wait(job).status is JobStatus.DONE
    assert [one.outcome for one in client.jobs.results(job)] == [ItemOutcome.REFUSED]
    assert (conversation.count(ROWS), conversation.count(FILE)) == (0, 0)


def test_empty_text_stays_empty_text_though_a_file_could_not_say_it(shop: Callable[..., Any]) -> None:
    conversation = shop()
    records = [Record(key=str(n), values={"title": "", "since": None}) for n in range(1_001)]
    done = conversation.client().datasets.upsert_many(conversation.table_id, records)
    assert done.counts == {ItemOutcome.SAVED: 1_001}
    assert conversation.emulator.tables.by_name("shops").rows[1_000,]["title"] == ""
    assert [len(body["rows"]) for body in conversation.bodies(ROWS)] == [1_000, 1]


def test_columns_with_odd_names_are_filled_by_file_too(talk: Start) -> None:
    conversation = talk()
    columns = (
        COLUMNS[0],
        Column(name="a;b", type=AttributeType.TEXT),
        Column(name="c,d", type=AttributeType.TEXT),
    )
    client = conversation.client()
    made = client.datasets.create(Dataset(id="", name="odd", columns=columns))
    records = [Record(key=str(n), values={"a;b": f"x;{n}", "c,d": "y,z"}) for n in range(1_001)]
    assert client.datasets.upsert_many(made.id, records).counts == {ItemOutcome.SAVED: 1_001}
    assert conversation.emulator.tables.by_name("odd").rows[7,] == {"id": 7, "a;b": "x;7", "c,d": "y,z"}


def test_up_to_a_thousand_records_are_imported_as_rows(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    job = client.datasets.start_import(conversation.table_id, shops(*range(1000)))
    assert (conversation.count(ROWS), conversation.count(FILE)) == (1, 0)
    assert job.status is JobStatus.WAITING
    job = client.jobs.wait(type(job).model_validate_json(job.model_dump_json()))
    assert {one.outcome for one in client.jobs.results(job)} == {ItemOutcome.SAVED}
    assert client.datasets.schema(conversation.table_id).size == 1000


def test_more_records_are_imported_as_a_file(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    records = [
        Record(key=str(n), values={"title": f'Shop "{n}", the, best\n', "since": None}) for n in range(2500)
    ]
    result = client.datasets.upsert_many(conversation.table_id, records)
    assert result.counts == {ItemOutcome.SAVED: 2500}
    (said,) = conversation.bodies(FILE)
    assert said["columnMapping"][0] == {"tableColumn": "id", "fileColumnHeader": "id"}
    assert b64decode(said["fileContent"]).startswith(b"id,title,since\r\n0,")
    assert client.datasets.schema(conversation.table_id).size == 2500


def test_an_import_that_fails_calls_nothing_written(shop: Callable[..., Any]) -> None:
    conversation = shop(jobs_fail=True)
    client = conversation.client()
    job = client.datasets.start_import(conversation.table_id, shops(1, 2))
    conversation.clock.advance(60)
    job = client.jobs.status(job)
    assert job.status is JobStatus.FAILED
    assert {one.outcome for one in client.jobs.results(job)} == {ItemOutcome.FAILED}


def test_records_are_removed_by_their_keys(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    client.datasets.upsert_many(conversation.table_id, shops(1, 2, 3))
    assert client.datasets.delete_records(conversation.table_id, ["1", "2"]).counts == {ItemOutcome.REMOVED: 2}
    assert client.datasets.delete_records(conversation.table_id, ["1"]).counts == {ItemOutcome.NOT_FOUND: 1}
    assert client.datasets.schema(conversation.table_id).size == 1


def test_a_thousand_keys_are_removed_in_two_calls_because_the_sources_disagree(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    client.datasets.upsert_many(conversation.table_id, shops(*range(1000)))
    keys = [str(number) for number in range(1000)]
    assert client.datasets.delete_records(conversation.table_id, keys).counts == {ItemOutcome.REMOVED: 1000}
    assert [len(body["rows"]) for body in conversation.bodies("DELETE /dataspace/sync/delete")] == [999, 1]


def test_emptying_and_dropping_are_done_when_they_return(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    client.datasets.upsert_many(conversation.table_id, shops(1, 2))
    job = client.datasets.truncate(conversation.table_id)
    assert job.status is JobStatus.DONE
    assert client.datasets.schema(conversation.table_id).size == 0
    client.datasets.upsert_many(conversation.table_id, shops(1, 2))
    assert client.datasets.delete(conversation.table_id).status is JobStatus.DONE
    assert list(client.datasets.list()) == []


def test_rows_cannot_be_read_back_and_nothing_is_sent(shop: Callable[..., Any]) -> None:
    conversation = shop()
    client = conversation.client()
    with pytest.raises(UnsupportedOperation):
        client.datasets.get(conversation.table_id, "1")
    with pytest.raises(UnsupportedOperation):
        list(client.datasets.records(conversation.table_id))
    assert conversation.said == []
