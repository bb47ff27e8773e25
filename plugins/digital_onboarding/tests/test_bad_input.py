"""Input that breaks programs: too much of it, twice of it, in odd forms; every input has its result."""

from __future__ import annotations

from csv import DictReader
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martech.errors import InvalidRequest
from martech.models import Contact, IfNew, ItemOutcome, own
from martech.wire import HttpRequest
from martech_digital_onboarding.objectives import Completion, completion_value

DEFAULT = IfNew.VENDOR_DEFAULT
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FORMULAS = ("=1+1", "+447700900123", "-2+3", "@SUM(A1)", '=cmd|"/c calc"!A1', '=HYPERLINK("x";"y")', "two\nlines")
MIB = "x" * 1024 * 1024
TIMES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def test_names_and_keys_that_look_like_formulas_are_kept_to_the_letter(either: Any) -> None:
    talked = either()
    people = [Contact(own_id=name, first_name=name, attributes={name: name}) for name in FORMULAS]
    assert talked(lambda client: client.contacts.upsert_many(people, if_new=DEFAULT)).problems == []
    for name in FORMULAS:
        assert talked.person(name).members["name_first"] == name
        assert talked.person(name).members["meta_public"] == {name: name}


def test_a_file_leaves_formulas_untouched_because_its_reader_is_a_machine(talk: Any) -> None:
    people = [Contact(own_id=f"m-{n}", first_name=name) for n, name in enumerate(FORMULAS)]
    (file,) = talk().client.native.csv_files(people, now=NOW)
    assert [row["name_first"] for row in DictReader(StringIO(file, newline=""))] == list(FORMULAS)


def test_a_contact_of_more_than_a_batch_goes_alone_and_sinks_nobody(either: Any) -> None:
    talked = either(max_body_bytes=2 * 1024 * 1024)
    people = [Contact(own_id="m-0"), Contact(own_id="m-1", attributes={"essay": MIB}), Contact(own_id="m-2")]
    assert talked(lambda client: client.contacts.upsert_many(people, if_new=DEFAULT)).problems == []
    talked.emulator.max_body_bytes = 1024 * 1024
    again = talked(lambda client: client.contacts.upsert_many(people, if_new=DEFAULT))
    assert [one.ok for one in again.items] == [True, False, True]
    assert talked.person("m-1").members["meta_public"] == {"essay": MIB}


HALF = "a\ud83d"
"""Half of a character that takes two: text that was cut in the wrong place."""


@pytest.mark.parametrize(
    "odd",
    [
        Contact(own_id=f"m-1{HALF}"),
        Contact(own_id="m-1", first_name=HALF),
        Contact(own_id="m-1", attributes={"city": HALF}),
        Contact(own_id="m-1", attributes={"branch": HALF}),
        Contact(own_id="m-1", attributes={HALF: "North"}),
        Contact(own_id="m-1", attributes={"score": float("nan")}),
        Contact(own_id="m-1", attributes={"score": float("-inf")}),
    ],
)
def test_what_no_request_can_carry_is_refused_in_its_place_and_sinks_nobody(either: Any, odd: Contact) -> None:
    talked = either()
    people = [Contact(own_id="m-0"), odd, Contact(own_id="m-2")]
    for work in (
        lambda client: client.contacts.upsert_many(people, if_new=DEFAULT),
        lambda client: client.native.enrol_in_bulk("tpl-card", people),
    ):
        items = talked(work).items
        assert [one.ok for one in items] == [True, False, True]
        assert items[1].outcome is ItemOutcome.REFUSED
    for alone in (
        lambda client: client.contacts.upsert(odd, if_new=DEFAULT),
        lambda client: client.native.save(odd, if_new=DEFAULT),
        lambda client: client.native.start_journey("tpl-card", odd),
    ):
        with pytest.raises(InvalidRequest):
            talked(alone)
    with pytest.raises(InvalidRequest):
        talked.client.native.csv_files(people, now=NOW)
    assert {one.unique_id for one in talked.emulator.people.in_order} == {"m-0", "m-2"}


def test_a_key_that_no_request_can_carry_stops_nobody_elses_opt_out_enrolment_or_completion(either: Any) -> None:
    talked = either()
    talked.emulator.seed_people([{"key": "m-2", "email": "bo@example.org"}])
    refs = [own(HALF), own("m-2")]
    for work in (
        lambda client: client.consent.suppress_many(refs),
        lambda client: client.automations.enrol("tpl-card", refs),
        lambda client: client.native.enrol_in_bulk("tpl-card", refs),
        lambda client: client.native.complete_objectives([Completion(ref, "estatements") for ref in refs]),
    ):
        items = talked(work).items
        assert (items[0].outcome, items[1].ok) == (ItemOutcome.REFUSED, True)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_the_pretended_vendor_takes_no_number_that_json_does_not_have(talk: Any, number: str) -> None:
    talked = talk()
    talked(lambda client: client.account.verify())
    body = f'{{"unique_id": "m-1", "meta_public": {{"score": {number}}}}}'.encode()
    asked = HttpRequest(
        "POST", talked.said[-1].url.replace("templates", "contacts"), talked.said[-1].headers, body
    )
    assert talked.emulator(asked).status == 400


def test_one_key_many_times_is_one_record_and_more_than_a_call_takes_is_refused(either: Any) -> None:
    talked = either()
    people = [Contact(own_id="m-1", first_name=str(n)) for n in range(50)]
    done = talked(lambda client: client.contacts.upsert_many(people, if_new=DEFAULT))
    assert done.counts == {ItemOutcome.SUPERSEDED: 49, ItemOutcome.CREATED: 1}
    assert (len(talked.emulator.people), talked.person("m-1").members["name_first"]) == (1, "49")
    with pytest.raises(InvalidRequest):
        talked(lambda client: client.contacts.upsert_many([Contact(own_id="m-1")] * 10_001, if_new=DEFAULT))


@settings(deadline=None)
@given(TIMES, OFFSETS)
def test_a_completion_at_any_aware_time_is_that_time_with_its_offset(when: datetime, zone: timezone) -> None:
    aware = when.replace(tzinfo=zone, microsecond=0)
    value = completion_value(aware, NOW)
    assert datetime.fromisoformat(value) == aware
    assert completion_value(value, NOW) == value
    with pytest.raises(InvalidRequest):
        completion_value(when, NOW)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_other_text_is_refused_and_never_sent(text: str) -> None:
    try:
        value = completion_value(text, NOW)
    except InvalidRequest:
        return
    words = {"true", "t", "1", "y", "yes", "complete", "completed", "done"}
    assert value in words or datetime.fromisoformat(value).tzinfo is not None


@pytest.mark.parametrize("value", ["no", "false", "0", "=TRUE()", "2026-01-05", "tomorrow", " "])
def test_objective_values_outside_the_list_are_refused_in_their_place(either: Any, value: str) -> None:
    talked = either()
    talked.emulator.seed_people([{"key": "m-1"}, {"key": "m-2"}])
    pair = [Completion(own("m-1"), "estatements", value), Completion(own("m-2"), "estatements", "done")]
    first, second = talked(lambda client: client.native.complete_objectives(pair)).items
    assert (first.outcome, second.outcome) == (ItemOutcome.REFUSED, ItemOutcome.UPDATED)
    assert talked.person("m-1").completed == {}
