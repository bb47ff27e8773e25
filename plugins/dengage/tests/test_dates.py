"""Times: every form dEngage takes is read, and what we write is always one of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech_dengage.dates import read_time, said, said_on_the_wall

FORMS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
)
ACCEPTED = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?|T\d\d:\d\d:\d\d(?:\.\d{3})?Z)?\Z")
"""The vendor's list (D1, D2), as one expression."""
TIMES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(TIMES, st.sampled_from(FORMS))
def test_every_accepted_form_is_read_as_utc_where_no_zone_is_set(when: datetime, form: str) -> None:
    text = when.strftime(form).rjust(len(datetime(2000, 1, 1).strftime(form)), "0")
    read = read_time(text)
    assert read is not None
    assert read.tzinfo is UTC
    assert read.strftime(form).rjust(len(text), "0") == text


@given(TIMES, st.integers(1, 3), st.sampled_from(" T"))
def test_fractions_of_one_to_three_digits_are_read(when: datetime, digits: int, between: str) -> None:
    fraction = f"{when.microsecond:06}"[:digits]
    text = when.replace(microsecond=0).isoformat(between) + "." + fraction
    read = read_time(text)
    assert read == when.replace(microsecond=int(fraction.ljust(6, "0")), tzinfo=UTC)


@given(TIMES)
def test_milliseconds_in_utc_are_read(when: datetime) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    assert read_time(when.isoformat(timespec="milliseconds") + "Z") == when.replace(tzinfo=UTC)


@given(TIMES, OFFSETS)
def test_what_is_written_is_on_the_vendors_list_and_is_the_same_second(when: datetime, zone: timezone) -> None:
    aware = when.replace(tzinfo=zone)
    text = said(aware)
    assert ACCEPTED.match(text)
    assert text.endswith("Z")
    assert read_time(text) == aware.astimezone(UTC).replace(microsecond=0)


@given(TIMES)
def test_a_time_without_a_zone_is_written_without_one(when: datetime) -> None:
    text = said(when)
    assert ACCEPTED.match(text)
    assert not text.endswith("Z")


@given(st.dates())
def test_a_day_is_written_as_a_day_of_ten_characters(day: date) -> None:
    assert ACCEPTED.match(said(day))
    assert len(said(day)) == 10


@given(TIMES, OFFSETS, st.sampled_from(["UTC", "Europe/Istanbul", "America/New_York"]))
def test_times_of_reports_are_wall_clock_times_of_the_set_zone(
    when: datetime, given_in: timezone, name: str
) -> None:
    aware, zone = when.replace(tzinfo=given_in), ZoneInfo(name)
    text = said_on_the_wall(aware, zone=zone)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)
    assert text == aware.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


@given(st.text() | st.none() | st.integers())
def test_nonsense_is_no_time_and_no_accident(nonsense: object) -> None:
    read = read_time(nonsense)
    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2026-01-05T12:00:00+03:00", 0), ("2026-01-05 12:00:00", 0), ("2026-01-05T09:00:00.1234567Z", 0.123456)],
)
def test_offsets_are_read_although_they_are_never_written(text: str, seconds: float) -> None:
    expected = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(seconds=seconds)
    assert read_time(text, zone=ZoneInfo("Europe/Istanbul")) == expected
