"""Lists: sendable tables, on which nobody comes into being."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from martech import (
    AttributeType,
    Column,
    Conflict,
    Contact,
    Dataset,
    IfNew,
    InvalidRequest,
    ItemOutcome,
    JobStatus,
    NotFound,
    TransportError,
    UnsupportedOperation,
    Visibility,
    email,
    own,
)
from martech.provider import Kind
from martech_dengage.mapping.tables import SYSTEM_TABLES

Start = Callable[..., Any]
WRITE = "POST /dataspace/sync/upsert"


@pytest.fixture
def weekly(talk: Start) -> Any:
    """A conversation with two contacts and one list; the list's id is `list_id`."""
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}, {"key": "c-2"}])
    conversation.list_id = conversation.client().lists.create("weekly", description="news").id
    conversation.said.clear()
    return conversation


def test_a_list_is_made_with_nothing_but_a_contact_key(weekly: Any) -> None:
    client = weekly.client()
    one = client.lists.get(weekly.list_id)
    assert (one.name, one.size) == ("weekly", 0)
    assert [listed.id for listed in client.lists.list()] == [weekly.list_id]
    with pytest.raises(Conflict):
        client.lists.create("weekly")


def test_people_are_put_on_and_taken_off_and_stay_contacts(weekly: Any) -> None:
    client = weekly.client()
    added = client.lists.add(weekly.list_id, [own("c-1"), own("c-2")])
    assert [one.ok for one in added.items] == [True, True]
    assert client.lists.get(weekly.list_id).size == 2
    assert [one.outcome for one in client.lists.remove(weekly.list_id, own("c-1")).items] == [ItemOutcome.REMOVED]
    assert [one.outcome for one in client.lists.remove(weekly.list_id, own("c-1")).items] == [
        ItemOutcome.NOT_FOUND
    ]
    assert client.lists.get(weekly.list_id).size == 1
    assert weekly.emulator.contactable("c-1") is None or weekly.row("c-1") is not None


def test_adding_never_makes_a_contact(weekly: Any) -> None:
    people = [own("c-1"), own("nobody"), own("c-2"), own("c-1")]
    result = weekly.client().lists.add(weekly.list_id, people)
    assert [one.outcome for one in result.items] == [
        ItemOutcome.SAVED, ItemOutcome.NOT_FOUND, ItemOutcome.SAVED, ItemOutcome.SAVED,
    ]  # fmt: skip
    assert weekly.row("nobody") is None
    assert weekly.bodies(WRITE)[0]["rows"] == [{"contact_key": "c-1"}, {"contact_key": "c-2"}]


def test_whoever_was_just_written_is_waited_for_if_that_is_asked_for(weekly: Any) -> None:
    weekly.emulator.visibility_lag_seconds = 120
    client = weekly.client()
    client.contacts.upsert(Contact(own_id="new"), if_new=IfNew.NOT_CONTACTABLE)
    people = [own("c-1"), own("new"), own("nobody")]
    began = weekly.clock.now()
    outcomes = [one.outcome for one in client.lists.add(weekly.list_id, people).items]
    assert outcomes == [ItemOutcome.SAVED, ItemOutcome.NOT_FOUND, ItemOutcome.NOT_FOUND]
    assert (weekly.clock.now() - began).total_seconds() < 5
    waited = client.lists.add(weekly.list_id, people, wait_seconds=150).items
    assert [one.outcome for one in waited] == [ItemOutcome.SAVED, ItemOutcome.SAVED, ItemOutcome.NOT_FOUND]
    assert [(one.position, one.identifier) for one in waited] == list(enumerate(people))
    assert 150 <= (weekly.clock.now() - began).total_seconds() < 170
    assert {row["contact_key"] for body in weekly.bodies(WRITE) for row in body["rows"]} == {"c-1", "new"}


def test_adding_nobody_known_writes_nothing(weekly: Any) -> None:
    assert weekly.client().lists.add(weekly.list_id, [own("nobody")]).items[0].outcome is ItemOutcome.NOT_FOUND
    assert weekly.count(WRITE) == 0


def test_somebody_who_cannot_be_looked_up_is_not_added(weekly: Any) -> None:
    weekly.emulator.faults.add("status", route="GET /rest/contacts/c-1", status=500, times=9)
    first, second = weekly.client().lists.add(weekly.list_id, [own("c-1"), own("c-2")]).items
    assert (first.outcome, second.outcome) == (ItemOutcome.FAILED, ItemOutcome.SAVED)
    assert weekly.client().lists.get(weekly.list_id).size == 1


def test_adding_is_declined_where_it_would_empty_what_members_have(weekly: Any) -> None:
    client = weekly.client()
    columns = [
        {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False},
        {"name": "topic", "type": "TEXT", "isNullable": True},
    ]
    wide = client.native.dataspace.create_table("wide", columns, contact_key_column="contact_key")
    assert {one.name for one in client.lists.list()} == {"weekly", "wide"}
    (refused,) = client.lists.add(wide, own("c-1")).items
    assert refused.outcome is ItemOutcome.REFUSED
    assert "empty topic" in (refused.reason or "")
    assert client.lists.remove(wide, own("c-1")).items[0].outcome is ItemOutcome.NOT_FOUND


def test_taking_off_some_who_were_not_on_it_says_that_nobody_knows_who(weekly: Any) -> None:
    client = weekly.client()
    client.lists.add(weekly.list_id, own("c-1"))
    result = client.lists.remove(weekly.list_id, [own("c-1"), own("c-2")])
    assert [one.outcome for one in result.items] == [ItemOutcome.SAVED] * 2
    assert client.lists.get(weekly.list_id).size == 0


def test_more_people_than_a_call_takes_are_taken_off_by_a_file_as_a_job(weekly: Any) -> None:
    client = weekly.client()
    people = [own(f"p-{n}") for n in range(1_200)]
    weekly.emulator.seed_people([{"key": one.value} for one in people])
    client.lists.add(weekly.list_id, people)
    removed = client.lists.remove(weekly.list_id, [*people, people[0]])
    assert removed.counts == {ItemOutcome.REMOVED: 1_200, ItemOutcome.SUPERSEDED: 1}
    assert [one.identifier for one in removed.items] == [*people, people[0]]
    (said,) = weekly.bodies("DELETE /dataspace/async/delete")
    assert said["columnMapping"] == [{"tableColumn": "contact_key", "fileColumnHeader": "contact_key"}]
    assert b64decode(said["fileContent"]).decode().split() == ["contact_key", *(one.value for one in people)]
    assert weekly.count("DELETE /dataspace/sync/delete") == 0
    assert client.lists.get(weekly.list_id).size == 0
    assert client.contacts.find(people[7]) is not None
    again = client.lists.remove(weekly.list_id, people)
    assert again.counts == {ItemOutcome.NOT_FOUND: 1_200}
    client.lists.add(weekly.list_id, people[:5])
    assert client.lists.remove(weekly.list_id, people).counts == {ItemOutcome.SAVED: 1_200}


def test_a_file_of_people_to_take_off_is_not_handed_over_twice(weekly: Any) -> None:
    weekly.emulator.faults.add("cut_after", route="DELETE /rest/dataspace/async/delete")
    with pytest.raises(TransportError):
        weekly.client().lists.remove(weekly.list_id, [own(f"p-{n}") for n in range(1_000)])
    assert weekly.count("DELETE /dataspace/async/delete") == 1


def test_a_lost_answer_does_not_turn_a_removal_into_not_found(weekly: Any) -> None:
    client = weekly.client()
    client.lists.add(weekly.list_id, own("c-1"))
    weekly.emulator.faults.add("cut_after", route="DELETE /rest/dataspace/sync/delete")
    assert client.lists.remove(weekly.list_id, own("c-1")).items[0].outcome is ItemOutcome.UNKNOWN


def test_clearing_leaves_the_list_and_deleting_does_not(weekly: Any) -> None:
    client = weekly.client()
    client.lists.add(weekly.list_id, [own("c-1"), own("c-2")])
    job = client.lists.clear(weekly.list_id)
    assert client.jobs.wait(job).status is JobStatus.DONE
    assert client.jobs.results(job) == []
    assert client.lists.get(weekly.list_id).size == 0
    client.lists.add(weekly.list_id, own("c-1"))
    client.lists.delete(weekly.list_id)
    with pytest.raises(NotFound):
        client.lists.get(weekly.list_id)
    assert weekly.row("c-1") is not None


def test_a_list_whose_removal_lost_its_answer_is_gone(weekly: Any) -> None:
    weekly.emulator.faults.add("cut_after", route="DELETE /rest/dataspace/tables/.*/drop")
    client = weekly.client()
    client.lists.delete(weekly.list_id)
    with pytest.raises(NotFound):
        client.lists.get(weekly.list_id)


def test_a_table_that_asks_for_more_is_a_dataset_and_no_list(weekly: Any) -> None:
    client = weekly.client()
    made = client.datasets.create(
        Dataset(id="", name="orders", columns=(Column(name="id", type=AttributeType.INTEGER, is_key=True),))
    )
    assert [one.name for one in client.lists.list()] == ["weekly"]
    assert [one.name for one in client.datasets.list()] == ["orders"]
    for call in (client.lists.get, client.lists.delete, client.lists.clear):
        with pytest.raises(NotFound, match="no list"):
            call(made.id)
    assert client.datasets.schema(made.id).name == "orders"


def test_the_platforms_own_tables_are_never_listed_emptied_dropped_or_written(weekly: Any) -> None:
    client = weekly.client()
    answer = client.request("GET", "/dataspace/tables", kind=Kind.READ, query={"limit": 1000, "offset": 0})
    tables = {row["tableName"]: row["publicId"] for row in answer.json()["data"]["result"]}
    own_tables = set(tables) & SYSTEM_TABLES
    assert "master_contact" in own_tables
    assert not own_tables & {one.name for one in (*client.lists.list(), *client.datasets.list())}
    weekly.said.clear()
    for name in own_tables:
        for call in (
            client.lists.get, client.lists.delete, client.lists.clear, client.datasets.delete,
            client.datasets.truncate, client.native.dataspace.truncate_table, client.native.dataspace.drop_table,
        ):  # fmt: skip
            with pytest.raises(UnsupportedOperation) as caught:
                call(tables[name])
            assert caught.value.word == "never"
        with pytest.raises(UnsupportedOperation):
            client.lists.add(tables[name], own("c-1"))
    assert {one.method for one in weekly.said} == {"GET"}


def test_lists_are_paged_and_every_table_is_seen_once(weekly: Any) -> None:
    client = weekly.client()
    names = [f"list-{number:02}" for number in range(60)]
    for name in names:
        client.lists.create(name)
    assert [one.name for one in client.lists.list()] == ["weekly", *names]


def test_what_dengage_has_not_is_refused_before_any_request(weekly: Any) -> None:
    client = weekly.client()
    for call in (
        lambda: list(client.lists.members(weekly.list_id)),
        lambda: list(client.lists.segments()),
        lambda: list(client.lists.segment_members("s-1")),
        lambda: client.lists.refresh_segment("s-1"),
        lambda: client.lists.unsubscribe(weekly.list_id, own("c-1")),
        lambda: client.lists.update(weekly.list_id, name="x"),
        lambda: client.lists.create("x", visibility=Visibility.PUBLIC),
        lambda: client.lists.add(weekly.list_id, email("ada@example.org")),
    ):
        with pytest.raises(UnsupportedOperation):
            call()
    with pytest.raises(InvalidRequest):
        client.lists.create("x", extra={"dengage": {"folder": "y"}})
    assert weekly.said == []
