"""The times that the pretended dEngage takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from martech_dengage.emulator.dates import clock_time, moment, report_time


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026-01-05 09:30",
        "2026-01-05T09:30",
        "2026-01-05 09:30:10",
        "2026-01-05T09:30:10",
        "2026-01-05 09:30:10.1",
        "2026-01-05 09:30:10.12",
        "2026-01-05 09:30:10.123",
        "2026-01-05T09:30:10.1",
        "2026-01-05T09:30:10.12",
        "2026-01-05T09:30:10.123",
        "2026-01-05T09:30:10Z",
        "2026-01-05T09:30:10.123Z",
    ],
)
def test_every_documented_format_is_taken(text):
    assert moment(text).tzinfo is UTC
    assert moment(text).date() == datetime(2026, 1, 5, tzinfo=UTC).date()


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:30:10+03:00",
        "2026-01-05T09:30:10.1234",
        "2026-01-05T09:30:10.1Z",
        "2026-01-05T09:30Z",
        "2026-01-05 09:30:10Z",
        "2026-01-05Z",
        "20260105",
        "05.01.2026",
        "1767605410",
        "2026-1-5",
        "2026-02-30",
        "2026-01-05 24:00",
        "",
    ],
)
def test_no_other_format_is_taken(text):
    with pytest.raises(ValueError, match=r".+"):
        moment(text)


def test_a_fraction_of_a_second_is_read_as_one():
    assert moment("2026-01-05 09:30:10.5").microsecond == 500_000


@pytest.mark.parametrize("text", ["2026-01-05", "2026-01-05T09:30:10", "2026-01-05T09:30:10Z"])
def test_reports_take_one_format_only(text):
    with pytest.raises(ValueError, match="yyyy-MM-dd HH:mm:ss"):
        report_time(text)


@pytest.mark.parametrize("text", ["9:00", "24:00", "09:60", "0900"])
def test_a_time_of_day_has_two_and_two_digits(text):
    with pytest.raises(ValueError, match="HH:mm"):
        clock_time(text)
