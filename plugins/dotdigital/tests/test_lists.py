"""Lists, segments and attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import AuthenticationFailed, Conflict, InvalidRequest, NotFound, UnsupportedOperation
from martech.models import (
    AttributeDefinition,
    AttributeType,
    ItemOutcome,
    JobStatus,
    Visibility,
    mobile,
    own,
    vendor_id,
)

Talk = Any
Talker = Callable[..., Any]
NOT_FOUND, REMOVED, UPDATED = ItemOutcome.NOT_FOUND, ItemOutcome.REMOVED, ItemOutcome.UPDATED


def outcomes(done: Any) -> list[ItemOutcome]:
    return [one.outcome for one in done.items]


def test_lists_are_made_changed_read_and_removed(both: Talk) -> None:
    made = both.call(lambda c: c.lists.create("Friends", visibility=Visibility.PUBLIC))
    assert (made.name, made.visibility) == ("Friends", Visibility.PUBLIC)
    both.call(lambda c: c.lists.update(made.id, visibility=Visibility.PRIVATE))
    known = both.call(lambda c: c.lists.get(made.id))
    assert (known.name, known.visibility) == ("Friends", Visibility.PRIVATE)
    both.call(lambda c: c.lists.update(made.id, name="Good friends"))
    assert "Good friends" in [one.name for one in both.all(lambda c: c.lists.list())]
    both.call(lambda c: c.lists.delete(made.id))
    with pytest.raises(NotFound):
        both.call(lambda c: c.lists.get(made.id))


@pytest.mark.parametrize("name", ["Friends", "All Contacts", "Test"])
def test_a_name_that_is_taken_or_the_vendors_own_is_a_conflict(both: Talk, name: str) -> None:
    both.call(lambda c: c.lists.create("Friends"))
    with pytest.raises(Conflict):
        both.call(lambda c: c.lists.create(name))


def test_a_description_is_refused_before_anything_is_sent(one: Talk) -> None:
    with pytest.raises(UnsupportedOperation, match="description"):
        one.call(lambda c: c.lists.create("Friends", description="of mine"))
    assert one.emulator.ledger.total == 0


def test_an_id_that_is_no_number_names_no_list(one: Talk) -> None:
    for ask in (
        lambda c: c.lists.get("friends"),
        lambda c: c.lists.clear("1/contacts"),
        lambda c: c.lists.update("..", name="x"),
    ):
        with pytest.raises(InvalidRequest, match="number"):
            one.call(ask)
    assert one.emulator.ledger.total == 0


def test_more_lists_than_a_page_holds_are_all_listed_once(one: Talk) -> None:
    one.vendor.most_lists = 10_000
    with one.vendor.lock:
        for number in range(2100):
            one.vendor.add_list(f"List {number}")
    listed = [book.name for book in one.all(lambda c: c.lists.list())]
    assert len(listed) == len(set(listed)) == 2102
    assert len(one.requests_to("GET /v2/address-books")) == 4


def test_people_are_added_and_removed_by_any_name(both: Talk) -> None:
    both.seed(4)
    made = both.call(lambda c: c.lists.create("Friends"))
    refs = ["person-0@example.org", mobile("+447700900001"), own("c-2"), vendor_id(4), "nobody@example.org"]
    assert outcomes(both.call(lambda c: c.lists.add(made.id, refs))) == [*[UPDATED] * 4, NOT_FOUND]
    again = both.call(lambda c: c.lists.add(made.id, refs[:1]))
    assert outcomes(again) == [ItemOutcome.UNCHANGED]
    assert len(both.all(lambda c: c.lists.members(made.id))) == 4
    done = both.call(lambda c: c.lists.remove(made.id, refs[:3] + refs[4:]))
    assert outcomes(done) == [*[REMOVED] * 3, NOT_FOUND]
    assert [one.own_id for one in both.all(lambda c: c.lists.members(made.id))] == ["c-3"]
    done = both.call(lambda c: c.lists.remove(made.id, refs[:1]))
    assert (done.items[0].outcome, done.items[0].reason) == (NOT_FOUND, "this person is not on the list")


def test_many_people_are_added_and_removed_as_jobs(both: Talk) -> None:
    addresses = both.seed(30)
    made = both.call(lambda c: c.lists.create("Friends"))
    people = [*addresses[:15], "nobody@example.org", *addresses[15:]]
    added = both.call(lambda c: c.lists.add(made.id, people))
    assert outcomes(added) == [*[UPDATED] * 15, NOT_FOUND, *[UPDATED] * 15]
    assert [one.identifier.value for one in added.items] == people
    assert both.emulator.ledger.count("PUT /contacts/v3/import") == 1
    removed = both.call(lambda c: c.lists.remove(made.id, [*people[:20], "stranger@example.org"]))
    assert outcomes(removed) == [*[REMOVED] * 15, NOT_FOUND, *[REMOVED] * 4, NOT_FOUND]
    assert both.emulator.ledger.count("POST .*contacts/delete$") == 1
    assert len(both.all(lambda c: c.lists.members(made.id))) == 11
    assert both.call(lambda c: c.contacts.count()) == 30


def test_rows_that_put_people_on_a_list_name_contact_ids_and_nothing_else(one: Talk) -> None:
    """Whoever is deleted between the look and the import is neither made nor brought back by a row like this."""
    addresses = one.seed(12)
    made = one.call(lambda c: c.lists.create("Friends"))
    one.call(lambda c: c.lists.add(made.id, addresses))
    (body,) = one.bodies("PUT /contacts/v3/import")
    assert {tuple(row) for row in body["contacts"]} == {("matchIdentifier", "identifiers", "lists")}
    assert all(set(row["identifiers"]) == {"contactId"} for row in body["contacts"])


def test_a_list_is_cleared_and_the_people_stay(talk: Talker) -> None:
    talked = talk(switches={"removal_status_in_pascal_case": True})
    addresses = talked.seed(5)
    made = talked.call(lambda c: c.lists.create("Friends"))
    talked.call(lambda c: c.lists.add(made.id, addresses))
    job = talked.call(lambda c: c.lists.clear(made.id))
    ended = talked.call(lambda c: c.jobs.wait(job))
    assert (ended.status, ended.parts[0].detail) == (JobStatus.DONE, "Completed")
    assert talked.all(lambda c: c.lists.members(made.id)) == []
    assert talked.call(lambda c: c.contacts.count()) == 5


def test_an_opt_out_from_a_list_reaches_the_person_and_is_not_undone_by_adding(both: Talk) -> None:
    addresses = both.seed(12)
    made = both.call(lambda c: c.lists.create("Friends"))
    both.call(lambda c: c.lists.add(made.id, addresses[:2]))
    assert len(both.all(lambda c: c.lists.members(made.id))) == 2
    both.call(lambda c: c.lists.unsubscribe(made.id, own("c-0")))
    assert [one.own_id for one in both.all(lambda c: c.lists.members(made.id))] == ["c-1"]
    assert both.bodies("POST /v2/address-books/3/contacts/unsubscribe") == [{"email": "person-0@example.org"}]
    done = both.call(lambda c: c.lists.add(made.id, addresses[:2]))
    assert outcomes(done) == [ItemOutcome.REFUSED, ItemOutcome.UNCHANGED]
    assert "unsubscribed from this very list" in (done.items[0].reason or "")
    many = both.call(lambda c: c.lists.add(made.id, addresses))
    assert outcomes(many)[:2] == [ItemOutcome.REFUSED, ItemOutcome.UNCHANGED]
    assert both.emulator.contactable(addresses[0]) is True


def test_an_opt_out_from_a_list_for_nobody_makes_nobody(both: Talk) -> None:
    made = both.call(lambda c: c.lists.create("Friends"))
    with pytest.raises(NotFound):
        both.call(lambda c: c.lists.unsubscribe(made.id, "nobody@example.org"))
    assert both.emulator.contactable("nobody@example.org") is None
    assert not both.requests_to("POST /v2/address-books/3/contacts/unsubscribe")


def test_an_opt_out_from_a_list_needs_an_address(one: Talk) -> None:
    one.vendor.seed_people([{"phone": "447700900001"}])
    made = one.call(lambda c: c.lists.create("Friends"))
    with pytest.raises(InvalidRequest, match="e-mail address"):
        one.call(lambda c: c.lists.unsubscribe(made.id, mobile("+447700900001")))


def test_a_login_that_fails_in_the_middle_is_not_taken_for_nobody(one: Talk) -> None:
    one.seed(2)
    made = one.call(lambda c: c.lists.create("Friends"))
    one.emulator.faults.add(FaultKind.STATUS, route="GET /contacts/v3", status=401, times=2)
    with pytest.raises(AuthenticationFailed):
        one.call(lambda c: c.lists.add(made.id, ["person-0@example.org", "person-1@example.org"]))


def test_segments_are_listed_read_and_refreshed(both: Talk) -> None:
    both.seed(3)
    with both.vendor.lock:
        segment = both.vendor.add_segment("Everybody with an address", lambda _contact: True)
    assert segment.name in [one.name for one in both.all(lambda c: c.lists.segments())]
    both.call(lambda c: c.contacts.delete("person-0@example.org"))
    job = both.call(lambda c: c.lists.refresh_segment(str(segment.id)))
    assert both.call(lambda c: c.jobs.wait(job)).status is JobStatus.DONE
    members = both.all(lambda c: c.lists.segment_members(str(segment.id)))
    assert [one.email for one in members] == ["person-1@example.org", "person-2@example.org"]
    assert both.call(lambda c: c.native.lists.refresh_progress(str(segment.id))) == "Finished"


# ── attributes ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "kind", [AttributeType.TEXT, AttributeType.NUMBER, AttributeType.BOOLEAN, AttributeType.DATETIME]
)
def test_attributes_are_made_listed_and_removed(both: Talk, kind: AttributeType) -> None:
    made = both.call(lambda c: c.attributes.create(AttributeDefinition(name="Mood_1", type=kind, is_public=True)))
    assert (made.name.upper(), made.type, made.is_public, made.is_built_in) == ("MOOD_1", kind, True, False)
    assert "MOOD_1" in [one.name.upper() for one in both.all(lambda c: c.attributes.list())]
    with pytest.raises(Conflict):
        both.call(lambda c: c.attributes.create(AttributeDefinition(name="mood_1")))
    both.call(lambda c: c.attributes.delete("Mood_1"))
    assert "MOOD_1" not in [one.name.upper() for one in both.all(lambda c: c.attributes.list())]


def test_what_every_account_has_is_told_from_what_was_made(one: Talk) -> None:
    assert all(field.is_built_in for field in one.all(lambda c: c.attributes.list()))


@pytest.mark.parametrize("as_409", [False, True])
def test_an_attribute_in_use_stays_whichever_way_the_vendor_says_so(talk: Talker, as_409: bool) -> None:
    talked = talk(switches={"data_field_refusal_is_409": as_409})
    talked.vendor.use_data_field("FIRSTNAME", "Campaign 7")
    with pytest.raises(Conflict, match="Campaign 7"):
        talked.call(lambda c: c.attributes.delete("FIRSTNAME"))
    assert "FIRSTNAME" in [field.name for field in talked.all(lambda c: c.attributes.list())]


def test_an_answer_that_does_not_repeat_the_field_is_read_again(one: Talk) -> None:
    one.emulator.faults.add(FaultKind.TRUNCATE, route="POST /v2/data-fields")
    made = one.call(lambda c: c.attributes.create(AttributeDefinition(name="MOOD", type=AttributeType.NUMBER)))
    assert (made.name, made.type) == ("MOOD", AttributeType.NUMBER)


def test_one_person_named_in_two_ways_is_put_on_a_list_once(one: Talk) -> None:
    people = one.seed(120)
    made = one.call(lambda c: c.lists.create("Friends"))
    done = one.call(lambda c: c.lists.add(made.id, [*people, own("c-7")]))
    assert one.emulator.ledger.count("PUT /contacts/v3/import") == 1
    assert outcomes(done) == [*[UPDATED] * 120, ItemOutcome.SUPERSEDED]
    assert len(one.all(lambda c: c.lists.members(made.id))) == 120
