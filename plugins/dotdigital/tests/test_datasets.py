"""Datasets, events, and the streams of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    TimedOut,
    TransportError,
    UnsupportedOperation,
)
from martech.models import (
    AttributeType,
    Column,
    Contact,
    CustomEvent,
    Dataset,
    DatasetScope,
    IfNew,
    ItemOutcome,
    JobStatus,
    Record,
    email,
    own,
)

Talk = Any
Talker = Callable[..., Any]


def records(count: int, **more: Any) -> list[Record]:
    return [Record(key=f"k-{number}", values={"n": number, "name": "Ä"}, **more) for number in range(count)]


@pytest.fixture
def shops(both: Talk) -> Talk:
    both.call(lambda c: c.datasets.create(Dataset(id="", name="Branches")))
    return both


def test_collections_of_both_scopes_are_made_and_listed(both: Talk) -> None:
    for scope in DatasetScope:
        dataset = Dataset(id="", name=f"Made_{scope.value}", scope=scope, kind="custom")
        made = both.call(lambda c, dataset=dataset: c.datasets.create(dataset))
        assert (made.id, made.scope) == (dataset.name, scope)
        with pytest.raises(Conflict):
            both.call(lambda c, dataset=dataset: c.datasets.create(dataset))
    listed = {one.id: one.scope for one in both.all(lambda c: c.datasets.list())}
    assert listed["Made_account"] is DatasetScope.ACCOUNT
    assert listed["Made_contact"] is DatasetScope.CONTACT
    assert listed["Orders"] is DatasetScope.CONTACT


def test_columns_cannot_be_prescribed(one: Talk) -> None:
    with pytest.raises(UnsupportedOperation, match="learns the columns"):
        one.call(lambda c: c.datasets.create(Dataset(id="", name="X", columns=(Column(name="a"),))))
    assert one.emulator.ledger.total == 0


def test_a_few_records_are_written_one_by_one_and_many_as_a_job(shops: Talk) -> None:
    few = shops.call(lambda c: c.datasets.upsert_many("Branches", records(3)))
    assert [one.outcome for one in few.items] == [ItemOutcome.CREATED] * 3
    again = shops.call(lambda c: c.datasets.upsert_many("Branches", records(3)))
    assert [one.outcome for one in again.items] == [ItemOutcome.UPDATED] * 3
    many = shops.call(lambda c: c.datasets.upsert_many("Branches", records(150)))
    assert many.counts == {ItemOutcome.SAVED: 150}
    assert shops.emulator.ledger.count("PUT /insightData/v3/import") == 1
    assert shops.call(lambda c: c.datasets.get("Branches", "k-2")).values["n"] == 2


def test_records_of_contacts_need_contacts_that_are_there(both: Talk) -> None:
    both.seed(60)
    rows = [
        Record(key=f"o-{number}", values={"total": 1.5}, contact=email(f"person-{number}@example.org"))
        for number in range(120)
    ]
    many = both.call(lambda c: c.datasets.upsert_many("Orders", rows))
    assert [one.outcome for one in many.items] == [*[ItemOutcome.SAVED] * 60, *[ItemOutcome.NOT_FOUND] * 60]
    assert both.call(lambda c: c.contacts.count()) == 60
    few = both.call(lambda c: c.datasets.upsert_many("Orders", [rows[0], rows[119]]))
    assert [one.outcome for one in few.items] == [ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND]
    read = both.all(lambda c: c.datasets.records("Orders"))
    assert len(read) == 60
    assert {one.contact.kind.value for one in read} == {"vendor"}


def test_a_record_of_the_wrong_scope_is_refused_and_sinks_nobody(both: Talk) -> None:
    both.seed()
    good = Record(key="o-1", values={"n": 1}, contact=own("c-0"))
    job = both.call(lambda c: c.datasets.start_import("Orders", [good, Record(key="o-2")]))
    job = both.call(lambda c: c.jobs.wait(job))
    results = both.call(lambda c: c.jobs.results(job))
    assert [one.outcome for one in results] == [ItemOutcome.SAVED, ItemOutcome.REFUSED]
    assert "names none" in (results[1].reason or "")


def test_an_import_makes_no_collection_on_the_side(both: Talk) -> None:
    for ask in (
        lambda c: c.datasets.start_import("Nowhere", records(1)),
        lambda c: c.datasets.schema("Nowhere"),
        lambda c: c.datasets.get("Nowhere", "k"),
    ):
        with pytest.raises(NotFound):
            both.call(ask)
    assert "Nowhere" not in [one.id for one in both.all(lambda c: c.datasets.list())]


def test_an_import_is_cut_to_the_vendors_size(talk: Talker) -> None:
    talked = talk(import_body_bytes=1500)
    talked.call(lambda c: c.datasets.create(Dataset(id="", name="Branches")))
    job = talked.call(lambda c: c.datasets.start_import("Branches", records(60)))
    assert 1 < len(job.parts) <= 5
    assert all(len(request.body) <= 1500 for request in talked.requests_to("PUT /insightData/v3/import"))
    ended = talked.call(lambda c: c.jobs.wait(job))
    assert len(talked.call(lambda c: c.jobs.results(ended))) == 60
    assert len(talked.all(lambda c: c.datasets.records("Branches"))) == 60


def test_the_schema_is_what_the_vendor_learned(shops: Talk) -> None:
    shops.call(
        lambda c: c.datasets.upsert_many(
            "Branches", [Record(key="1", values={"n": 1, "when": datetime(2026, 1, 1, tzinfo=UTC)})]
        )
    )
    schema = shops.call(lambda c: c.datasets.schema("Branches"))
    assert (schema.scope, schema.size) == (DatasetScope.ACCOUNT, 1)
    assert {one.name: one.type for one in schema.columns}["n"] is AttributeType.INTEGER


def test_records_changed_since_a_time_are_read_page_by_page(shops: Talk) -> None:
    shops.call(lambda c: c.datasets.upsert_many("Branches", records(150)))
    shops.bench.clock.advance(3600)
    since = shops.bench.clock.now()
    shops.call(lambda c: c.datasets.upsert_many("Branches", records(2)))
    assert len(shops.all(lambda c: c.datasets.records("Branches"))) == 150
    changed = shops.all(lambda c: c.datasets.records("Branches", changed_since=since))
    assert [one.key for one in changed] == ["k-0", "k-1"]


def test_records_are_removed_by_key(shops: Talk) -> None:
    shops.call(lambda c: c.datasets.upsert_many("Branches", records(3)))
    done = shops.call(lambda c: c.datasets.delete_records("Branches", ["k-0", "nothing", "k-2"]))
    assert [one.outcome for one in done.items] == [ItemOutcome.REMOVED, ItemOutcome.NOT_FOUND, ItemOutcome.REMOVED]
    with pytest.raises(NotFound):
        shops.call(lambda c: c.datasets.get("Branches", "k-0"))


def test_a_collection_is_emptied_and_removed_as_jobs(shops: Talk) -> None:
    shops.call(lambda c: c.datasets.upsert_many("Branches", records(3)))
    emptied = shops.call(lambda c: c.datasets.truncate("Branches"))
    assert shops.call(lambda c: c.jobs.wait(emptied)).status is JobStatus.DONE
    assert shops.all(lambda c: c.datasets.records("Branches")) == []
    removed = shops.call(lambda c: c.datasets.delete("Branches"))
    assert shops.call(lambda c: c.jobs.wait(removed)).status is JobStatus.DONE
    assert "Branches" not in [one.id for one in shops.all(lambda c: c.datasets.list())]


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_are_accepted_and_no_more_is_known(both: Talk) -> None:
    both.seed()
    events = [
        CustomEvent(
            type="visit", contact=email("person-0@example.org"), id="e-1", summary="Came by", data={"shop": 3}
        ),
        CustomEvent(type="visit", contact=own("c-0")),
        CustomEvent(type="visit", contact=email("nobody@example.org")),
    ]
    done = both.call(lambda c: c.events.track(events))
    assert [one.outcome for one in done.items] == [ItemOutcome.ACCEPTED] * 3
    assert both.emulator.contactable("nobody@example.org") is None


def test_an_event_that_cannot_be_said_sinks_no_other(talk: Talker) -> None:
    talked = talk(own_identifier=None)
    events = [
        CustomEvent(type="visit", contact=own("c-0")),
        CustomEvent(type="visit", contact=email("a@example.org")),
    ]
    done = talked.call(lambda c: c.events.track(events))
    assert [one.outcome for one in done.items] == [ItemOutcome.REFUSED, ItemOutcome.ACCEPTED]
    assert len(talked.bodies("POST /events/v3/import")[0]) == 1


@pytest.mark.parametrize(("event_id", "times"), [(None, 1), ("e-1", 2)])
def test_only_events_that_can_be_recognised_are_told_again(one: Talk, event_id: str | None, times: int) -> None:
    one.seed()
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="POST /events/v3/import")
    event = CustomEvent(type="visit", contact=email("person-0@example.org"), id=event_id)
    done = one.call(lambda c: c.events.track(event))
    assert one.emulator.ledger.count("POST /events/v3/import") == times
    assert done.items[0].outcome is (ItemOutcome.ACCEPTED if event_id else ItemOutcome.UNKNOWN)


def test_a_stream_begins_when_it_is_opened_and_passing_a_cursor_acknowledges(both: Talk) -> None:
    both.seed(2)
    stream = both.call(lambda c: c.events.open("crm", types=["contact.updated", "contact.created"]))
    assert stream.types == ("contact.updated", "contact.created")
    both.call(lambda c: c.contacts.update(Contact(email="person-0@example.org", first_name="B")))
    both.call(lambda c: c.contacts.create(Contact(email="new@example.org"), if_new=IfNew.NOT_CONTACTABLE))
    first = both.call(lambda c: c.events.stream(stream))
    assert first.items[0].type == "contact.updated"
    assert {one.type for one in first.items} == {"contact.updated", "contact.created"}
    assert first.items[0].contact is not None
    assert not first.drained
    again = both.call(lambda c: c.events.stream(stream))
    assert [one.id for one in again.items] == [one.id for one in first.items]
    after = both.call(lambda c: c.events.stream(stream, cursor=first.cursor))
    assert (list(after.items), after.drained) == ([], True)
    assert after.cursor
    both.call(lambda c: c.contacts.delete("person-1@example.org"))
    both.call(lambda c: c.contacts.update(Contact(email="person-0@example.org", first_name="C")))
    later = both.call(lambda c: c.events.stream(stream, cursor=after.cursor))
    assert {one.type for one in later.items} == {"contact.updated"}
    assert {one.id for one in later.items}.isdisjoint({one.id for one in first.items})
    both.call(lambda c: c.events.close(stream))
    with pytest.raises(NotFound):
        both.call(lambda c: c.events.stream(stream))


def test_a_stream_of_everything_the_vendor_names(both: Talk) -> None:
    assert len(both.call(lambda c: c.events.open("all")).types) == 16


def test_a_name_that_is_taken_and_a_type_that_is_none(both: Talk) -> None:
    both.call(lambda c: c.events.open("crm"))
    with pytest.raises(Conflict):
        both.call(lambda c: c.events.open("crm"))
    with pytest.raises(InvalidInput):
        both.call(lambda c: c.events.open("other", types=["example.unknownType"]))


def test_a_cursor_of_nowhere_and_a_stream_that_slept_too_long(both: Talk) -> None:
    stream = both.call(lambda c: c.events.open("crm"))
    with pytest.raises(InvalidInput):
        both.call(lambda c: c.events.stream(stream, cursor="nowhere"))
    both.bench.clock.advance(31 * 86_400)
    with pytest.raises(Conflict, match="inactive"):
        both.call(lambda c: c.events.stream(stream))


def test_a_stream_that_takes_too_long_is_an_error_and_nothing_is_acknowledged(one: Talk) -> None:
    one.seed()
    stream = one.call(lambda c: c.events.open("crm"))
    one.call(lambda c: c.contacts.update(Contact(email="person-0@example.org", first_name="B")))
    first = one.call(lambda c: c.events.stream(stream))
    one.emulator.faults.add(FaultKind.CUT_BEFORE, route="GET /events/v3/export", times=9)
    with pytest.raises((TimedOut, TransportError)):
        one.call(lambda c: c.events.stream(stream))
    one.emulator.faults.clear()
    assert [event.id for event in one.call(lambda c: c.events.stream(stream)).items] == [
        event.id for event in first.items
    ]


def test_an_account_without_the_package_is_told_so(talk: Talker) -> None:
    talked = talk(switches={"cxdp": False})
    with pytest.raises(PermissionDenied) as denied:
        talked.call(lambda c: c.events.open("crm"))
    assert "CXDP" in str(denied.value)
