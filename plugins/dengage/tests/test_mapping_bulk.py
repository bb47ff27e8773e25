"""Golden pairs: answers about many, tables, jobs, pages and spans."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech import (
    AttributeType,
    Channel,
    Column,
    DatasetScope,
    InvalidRequest,
    ItemOutcome,
    JobStatus,
    MessageQuery,
    Record,
    own,
)
from martech.models import JobPart
from martech_dengage.mapping.answers import faults_of, rows_written, written
from martech_dengage.mapping.files import fits_a_file, headers_for, in_a_file, in_files
from martech_dengage.mapping.jobs import BECAUSE, NOT_TAKEN, part_after
from martech_dengage.mapping.pages import after, start_of
from martech_dengage.mapping.spans import place_of, place_said, subjects, weeks
from martech_dengage.mapping.tables import (
    Table,
    columns_to_wire,
    dataset_from_wire,
    is_system,
    key_column,
    key_value,
    list_from_wire,
    row_to_wire,
)
from martech_dengage.mapping.verdicts import is_verdict, result_in, verdict

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

# ── answers about many ───────────────────────────────────────────────────────────────────────────────────────


def test_everybody_in_a_bulk_answer_is_told_apart_by_key() -> None:
    data: Any = {
        "inserted": ["a", 7],
        "updated": ["b"],
        "errors": [
            {"contact_key": "c", "message": "email is wrong"},
            "d: gsm is wrong",
            {"index": 5, "error": "name is wrong"},  # counted over everybody in the call
        ],
    }
    became = written(data, ["a", "7", "b", "c", "d", "e"])
    outcomes = {key: one.outcome for key, one in became.items()}
    assert outcomes == {
        "a": ItemOutcome.CREATED,
        "7": ItemOutcome.CREATED,
        "b": ItemOutcome.UPDATED,
        "c": ItemOutcome.REFUSED,
        "d": ItemOutcome.REFUSED,
        "e": ItemOutcome.REFUSED,
    }
    assert became["d"].reason == "…: gsm is wrong"


def test_a_warning_about_somebody_who_was_written_is_told_and_is_no_refusal() -> None:
    data: Any = {
        "inserted": ["a"],
        "updated": ["b", "c"],
        "warnings": [{"contact_key": "a", "message": "no gsm"}, "b: x"],
    }
    became = written(data, ["a", "b", "c"])
    assert [(one.outcome, one.reason) for one in became.values()] == [
        (ItemOutcome.CREATED, "no gsm"),
        (ItemOutcome.UPDATED, "…: x"),
        (ItemOutcome.UPDATED, None),
    ]


def test_somebody_whom_an_answer_does_not_name_is_unknown_and_not_done() -> None:
    became = written({"inserted": ["a"]}, ["a", "b"])
    assert became["b"].outcome is ItemOutcome.UNKNOWN
    assert written(None, ["a"])["a"].outcome is ItemOutcome.UNKNOWN


def test_an_address_in_other_letters_is_told_apart_only_where_it_is_one_key() -> None:
    told = written({"inserted": ["ada@example.org"], "updated": ["C-1"]}, ["Ada@Example.org", "c-1"])
    assert [one.outcome for one in told.values()] == [ItemOutcome.CREATED, ItemOutcome.UNKNOWN]
    both = written({"inserted": ["ada@example.org"]}, ["ADA@example.org", "Ada@example.org", "ada@example.org"])
    assert [one.outcome for one in both.values()] == [
        ItemOutcome.UNKNOWN, ItemOutcome.UNKNOWN, ItemOutcome.CREATED,
    ]  # fmt: skip
    refused = written({"errors": ["ada@example.org is no contact"]}, ["Ada@Example.org", "c-1"])
    assert refused["Ada@Example.org"].outcome is ItemOutcome.REFUSED
    assert "ada" not in (refused["Ada@Example.org"].reason or "")


def test_an_error_that_names_two_people_is_nobodys() -> None:
    faults = faults_of(["a and b are the same person"], ["a", "b"])
    assert faults.by_key == {}
    assert faults.unplaced == ["a and b are the same person"]


def test_reasons_hold_no_address() -> None:
    became = written({"errors": [{"contact_key": "c-1", "message": "ada@example.org is taken"}]}, ["c-1"])
    assert "ada@" not in (became["c-1"].reason or "")


@given(
    st.lists(st.sampled_from(["inserted", "updated", "errors", "silent"]), min_size=1, max_size=20), st.booleans()
)
def test_whatever_the_shape_nobody_gets_the_verdict_of_another(fates: list[str], as_text: bool) -> None:
    keys = [f"key-{place}" for place in range(len(fates))]
    data: Any = {name: [key for key, fate in zip(keys, fates, strict=True) if fate == name] for name in
                 ("inserted", "updated")}  # fmt: skip
    wrong = [key for key, fate in zip(keys, fates, strict=True) if fate == "errors"]
    data["errors"] = [f"{key} is wrong" if as_text else {"contact_key": key, "message": "wrong"} for key in wrong]
    expected = {
        "inserted": ItemOutcome.CREATED,
        "updated": ItemOutcome.UPDATED,
        "errors": ItemOutcome.REFUSED,
        "silent": ItemOutcome.UNKNOWN,
    }
    became = written(data, keys)
    assert [became[key].outcome for key in keys] == [expected[fate] for fate in fates]


def test_rows_without_errors_are_all_written() -> None:
    became = rows_written(
        {"affectedRowCount": 2, "errorCount": 0, "errorList": []}, ["a", "b"], done=ItemOutcome.SAVED
    )
    assert [one.outcome for one in became] == [ItemOutcome.SAVED] * 2


@pytest.mark.parametrize("error", [{"rowIndex": 1, "message": "bad"}, {"topic": "b", "message": "bad"}, "b: bad"])
def test_a_row_that_was_refused_is_found_by_number_by_value_or_by_text(error: Any) -> None:
    became = rows_written({"errorCount": 1, "errorList": [error]}, ["a", "b", "c"], done=ItemOutcome.SAVED)
    assert [one.outcome for one in became] == [ItemOutcome.SAVED, ItemOutcome.REFUSED, ItemOutcome.SAVED]


def test_where_refused_rows_are_not_named_nobody_is_called_written() -> None:
    became = rows_written({"errorCount": 1, "errorList": ["bad"]}, ["a", "b"], done=ItemOutcome.SAVED)
    assert [one.outcome for one in became] == [ItemOutcome.UNKNOWN] * 2
    all_bad = rows_written({"errorCount": 2, "errorList": ["bad"]}, ["a", "b"], done=ItemOutcome.SAVED)
    assert [one.outcome for one in all_bad] == [ItemOutcome.REFUSED] * 2


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────


def table(*columns: dict[str, Any], contact: str | None = None, name: str = "weekly") -> Table:
    data: Any = {"columns": list(columns), "contactKeyColumn": contact, "totalRowCount": 3}
    return Table("t-1", name, data)


KEY = {"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False}
TOPIC = {"name": "topic", "type": "TEXT", "isPrimary": False, "isNullable": True}
NEEDED = {"name": "since", "type": "DATE", "isPrimary": False, "isNullable": False}
NUMBER = {"name": "id", "type": "INTEGER", "isPrimary": True, "isNullable": False}


@pytest.mark.parametrize(
    ("one", "is_list"),
    [
        (table(KEY, contact="contact_key"), True),
        (table(KEY, TOPIC, contact="contact_key"), True),
        (table(KEY, NEEDED, contact="contact_key"), False),
        (table(KEY), False),
        (table(NUMBER, {**KEY, "isPrimary": False, "isNullable": True}, contact="contact_key"), False),
        (table({**KEY, "isPrimary": False}, contact="contact_key"), False),
        (table(KEY, {"name": "x"}, contact="contact_key"), False),
    ],
)
def test_a_list_is_a_sendable_table_that_needs_nothing_but_the_contact_key(one: Table, *, is_list: bool) -> None:
    assert one.is_list is is_list


def test_a_table_becomes_a_list_or_a_dataset() -> None:
    one = table(KEY, TOPIC, contact="contact_key")
    assert (list_from_wire(one).id, list_from_wire(one).size) == ("t-1", 3)
    dataset = dataset_from_wire(one)
    assert dataset.scope is DatasetScope.CONTACT
    assert [(column.name, column.is_key, column.nullable) for column in dataset.columns] == [
        ("contact_key", True, False),
        ("topic", False, True),
    ]


def test_a_type_that_is_new_is_unknown_with_its_word() -> None:
    (column,) = dataset_from_wire(table({"name": "where", "type": "GEO"})).columns
    assert (column.type, column.vendor_word) == (AttributeType.UNKNOWN, "GEO")


@pytest.mark.parametrize(
    "name",
    ["master_contact", "MASTER_CONTACT", "sys_contact", "master_device", "master_contact_extensions",
     "page_view_events", "order_events_detail", "sys_anything"],
)  # fmt: skip
def test_the_platforms_own_tables_are_known_by_name(name: str) -> None:
    assert is_system(name)
    assert not is_system("weekly")


def test_columns_are_said_with_their_types() -> None:
    said = columns_to_wire([
        Column(name="id", type=AttributeType.INTEGER, is_key=True),
        Column(name="price", type=AttributeType.NUMBER),
        Column(name="day", type=AttributeType.DATE, nullable=False),
    ])  # fmt: skip
    assert said == [
        {"name": "id", "type": "INTEGER", "isPrimary": True, "isNullable": False},
        {"name": "price", "type": "DECIMAL", "isPrimary": False, "isNullable": True},
        {"name": "day", "type": "DATE", "isPrimary": False, "isNullable": False},
    ]
    for bad in (Column(name="x", type=AttributeType.ANY), Column(name="x", repeated=True)):
        with pytest.raises(InvalidRequest):
            columns_to_wire([bad])


@pytest.mark.parametrize("key", ["05", "+5", " 5", "5 ", "1_0", "-0", "٥", "5.0", ""])
def test_a_number_that_is_written_otherwise_is_no_key_because_it_would_be_another_records_row(key: str) -> None:
    one = table({"name": "id", "type": "INTEGER", "isPrimary": True})
    with pytest.raises(InvalidRequest, match="is a number"):
        key_value(one, key)
    assert [key_value(one, text) for text in ("5", "0", "-5")] == [5, 0, -5]


def test_a_table_whose_answer_is_silent_on_contacts_may_hold_them_all_the_same() -> None:
    columns: Any = [{"name": "id", "isPrimary": True}, {"name": "contact_key"}]
    silent, told = Table("t-1", "t", {"columns": columns}), {"columns": columns, "contactKeyColumn": None}
    assert silent.contact_column == "contact_key"
    assert Table("t-1", "t", told).contact_column is None  # type: ignore[arg-type]  # the shape of the wire
    assert Table("t-1", "t", {"columns": columns[:1]}).contact_column is None


def test_a_table_without_a_key_takes_no_records() -> None:
    with pytest.raises(InvalidRequest, match="no primary key"):
        key_column(table(TOPIC))
    with pytest.raises(InvalidRequest, match="together"):
        key_column(table(NUMBER, KEY))


def test_a_key_of_numbers_is_said_as_one() -> None:
    assert key_value(table(NUMBER), "7") == 7
    with pytest.raises(InvalidRequest, match="number"):
        key_value(table(NUMBER), "seven")


def test_a_record_gives_every_column_or_is_refused() -> None:
    one = table(KEY, TOPIC, contact="contact_key")
    record = Record(key="c-1", values={"topic": None}, contact=own("c-1"))
    assert row_to_wire(one, record, contact_key="c-1") == {"contact_key": "c-1", "topic": None}
    with pytest.raises(InvalidRequest, match="lacks topic"):
        row_to_wire(one, Record(key="c-1"), contact_key=None)
    with pytest.raises(InvalidRequest, match="no column"):
        row_to_wire(one, Record(key="c-1", values={"topic": None, "x": 1}), contact_key=None)
    with pytest.raises(InvalidRequest, match="not its key"):
        row_to_wire(one, Record(key="c-1", values={"contact_key": "c-2", "topic": None}), contact_key=None)
    with pytest.raises(InvalidRequest, match="not its contact"):
        row_to_wire(one, record, contact_key="c-2")


@given(
    st.lists(
        st.tuples(st.text(min_size=1).filter(lambda key: "\x00" not in key), st.text() | st.none()), max_size=10
    )
)
def test_a_file_holds_every_value_whatever_is_in_it(values: list[tuple[str, str | None]]) -> None:
    rows = [{"contact_key": key, "topic": topic} for key, topic in values]
    text = in_a_file(("contact_key", "topic"), rows).decode(errors="surrogatepass")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["contact_key", "topic"], *([key, topic or ""] for key, topic in values)]


@given(st.lists(st.text("ab\n,", max_size=30), max_size=40), st.integers(1, 400))
def test_files_hold_every_row_once_in_order_and_keep_to_their_size(titles: list[str], at_most: int) -> None:
    rows = [{"id": number, "topic": title} for number, title in enumerate(titles)]
    ends = [0]
    for start, end, content in in_files(("id", "topic"), rows, at_most=at_most):
        assert start == ends[-1] < end
        assert len(content) <= at_most or end - start == 1
        assert content == in_a_file(("id", "topic"), rows[start:end])
        ends.append(end)
    assert ends[-1] == len(rows)


def test_headers_are_the_names_of_columns_unless_one_could_be_read_as_two() -> None:
    assert headers_for(["id", "first name"]) == ("id", "first name")
    for odd in ("a;b", "a,b", 'a"b', "a\nb", "=a"):
        headers = headers_for(["id", odd])
        assert len(set(headers)) == 2
        assert not any(set(header) & set(',;"\n=') for header in headers)


def test_a_file_cannot_tell_empty_text_from_nothing() -> None:
    assert fits_a_file([{"a": "x", "b": None, "c": 1, "d": True, "e": 1.5}])
    assert not fits_a_file([{"a": "x"}, {"a": ""}])
    assert not fits_a_file([{"a": ["x"]}])
    assert not fits_a_file([{"a": {"x": 1}}])


@given(st.sampled_from(list(ItemOutcome)), st.text("ab:!\n") | st.none())
def test_a_verdict_survives_in_a_job_and_is_taken_for_no_key(outcome: ItemOutcome, reason: str | None) -> None:
    kept = verdict(outcome, reason)
    assert is_verdict(kept)
    found = result_in(kept, 7)
    assert found is not None
    assert (found.position, found.outcome, found.reason) == (7, outcome, reason or None)
    for key in ("own:!c-1", "row:!failed:x"):
        assert result_in(key, 0) is None


# ── jobs, pages and spans ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["COMPLETED"], JobStatus.DONE),
        (["completed"], JobStatus.DONE),
        (["COMPLETED", "RUNNING"], JobStatus.RUNNING),
        (["WAITING"], JobStatus.WAITING),
        (["COMPLETED", "FAILED"], JobStatus.FAILED),
        (["ARCHIVED"], JobStatus.UNKNOWN),
        ([None], JobStatus.UNKNOWN),
    ],
)
def test_the_least_advanced_of_a_parts_jobs_decides(words: list[str | None], status: JobStatus) -> None:
    assert part_after(JobPart(id="a+b"), words).status is status


def test_a_part_of_which_some_was_not_taken_fails_when_the_rest_has_ended() -> None:
    part = JobPart(id=f"a+{NOT_TAKEN}", detail=f"{BECAUSE}slow down")
    running = part_after(part, ["RUNNING"])
    assert running.status is JobStatus.RUNNING
    ended = part_after(running, ["COMPLETED"])
    assert (ended.status, ended.detail) == (JobStatus.FAILED, f"COMPLETED{BECAUSE}slow down")


@pytest.mark.parametrize(
    ("data", "count", "following"),
    [
        ({"queryForNextPage": True}, 10, 10),
        ({"queryForNextPage": False, "totalRowCount": 99}, 10, None),
        ({"totalRowCount": 11}, 10, 10),
        ({"totalRowCount": 10}, 10, None),
        ({}, 10, 10),
        ({}, 9, None),
        ({"queryForNextPage": True}, 0, None),
    ],
)
def test_a_next_page_is_told_by_a_flag_a_total_or_a_full_page(
    data: dict[str, Any], count: int, following: int | None
) -> None:
    assert after(0, count, data, size=10) == following


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        start_of(cursor)
    with pytest.raises(InvalidRequest):
        place_of(cursor)


ZONES = st.sampled_from(["UTC", "Europe/Istanbul", "America/New_York", "Australia/Lord_Howe"]).map(ZoneInfo)
SPANS = st.tuples(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)


@given(SPANS, ZONES)
def test_weeks_touch_nowhere_leave_nothing_out_and_none_is_longer_than_seven_days(
    span: tuple[datetime, timedelta], zone: ZoneInfo
) -> None:
    since, length = span
    stretches = [tuple(map(datetime.fromisoformat, one)) for one in weeks(since, since + length, zone=zone)]
    assert all(timedelta(0) <= end - start < timedelta(days=7) for start, end in stretches)
    for (_, end), (start, _) in pairwise(stretches):
        assert start - end == timedelta(seconds=1)
    for part in range(9):  # whatever the clock shows in the span is in one of them
        shown = (since + length * part / 8).astimezone(zone).replace(tzinfo=None, microsecond=0)
        assert sum(start <= shown <= end for start, end in stretches) == 1


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        # New York goes from 01:59:59 back to 01:00 on the first of November 2026, at 06:00 UTC.
        ("2026-11-01T05:10:00Z", "2026-11-01T06:20:00Z", ("2026-11-01 00:10:00", "2026-11-01 02:20:00")),
        ("2026-11-01T03:00:00Z", "2026-11-01T06:20:00Z", ("2026-10-31 23:00:00", "2026-11-01 02:20:00")),
        ("2026-11-01T06:10:00Z", "2026-11-01T08:00:00Z", ("2026-11-01 01:10:00", "2026-11-01 03:00:00")),
        # And from 01:59:59 to 03:00 on the eighth of March: seven days of the wall are an hour less.
        ("2026-03-05T05:00:00Z", "2026-03-12T03:59:59Z", ("2026-03-05 00:00:00", "2026-03-11 23:59:59")),
    ],
)
def test_an_hour_that_a_clock_shows_twice_or_never_is_not_left_out(
    since: str, until: str, asked: tuple[str, str]
) -> None:
    zone = ZoneInfo("America/New_York")
    assert weeks(datetime.fromisoformat(since), datetime.fromisoformat(until), zone=zone) == [asked]


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        weeks(AT, AT - timedelta(days=1))


def query(**about: Any) -> MessageQuery:
    return MessageQuery(since=AT, until=AT, **about)


def test_subjects_go_by_fives_each_once() -> None:
    people = tuple(f"p{number % 11}@example.org" for number in range(22))
    assert [len(some) for _, some in subjects(query(recipients=people))] == [5, 5, 1]
    assert subjects(query(tags=("a", "b", "a"))) == [("tag", ["a", "b"])]
    for bad in (query(), query(tags=("a",), recipients=("ada@example.org",)), query(tags=tuple("abcdef"))):
        with pytest.raises(InvalidRequest):
            subjects(bad)


def test_one_recipient_in_several_spellings_is_asked_about_once() -> None:
    numbers = ("+44 7700 900123", "+447700900123", "447700900123", "(+44) 7700-900123")
    assert subjects(query(channel=Channel.SMS, recipients=numbers)) == [("gsm", ["447700900123"])]
    people = tuple(f"p{number}@example.org" for number in range(5))
    assert len(subjects(query(recipients=(*people, "P0@Example.org")))) == 1


@given(st.tuples(*[st.integers(0, 10_000)] * 3))
def test_a_place_survives_as_a_cursor(place: tuple[int, int, int]) -> None:
    assert place_of(place_said(*place)) == place
