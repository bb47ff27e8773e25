"""The conventions of both frameworks: times, names in any case, offsets that overlap, markers, sizes of bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import count, pairwise
from random import Random
from typing import Any

import pytest
from pydantic_core import to_json

from martech.errors import InvalidRequest, ListingChanged, UnexpectedResponse
from martech.models import Page
from martech.provider import Response
from martech_dotdigital import imports, paging
from martech_dotdigital.reading import plain, read_v2, read_v3, rows, word
from martech_dotdigital.times import filter_since, time_from_wire, time_to_wire, value_to_wire
from martech_dotdigital.wire.contacts import ContactsPage, JobState, Links, WrittenRow

NOON = datetime(2020, 1, 1, 12, 0, 0, 527000, tzinfo=UTC)


@pytest.mark.parametrize(
    "printed",
    [
        "2020-01-01T12:00:00.527Z",
        "2020-01-01 12:00:00.527000+00:00",
        '"2020-01-01T12:00:00.527Z"',
        "2020-01-01T12:00:00.527",
        "2020-01-01T13:00:00.527+01:00",
        "2020-01-01T13:00:00.527+0100",
        "2020-01-01T12:00:00.5270000Z",
        " 2020-01-01T12:00:00.527Z\n",
    ],
)
def test_a_time_is_read_in_every_form_it_is_printed_in(printed: str) -> None:
    assert time_from_wire(printed) == NOON


def test_a_day_is_its_first_moment() -> None:
    assert time_from_wire("2020-01-01") == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "printed", ["null,", "", None, "2020-01-021T09:40:18.00Z", "2020-13-45T00:00:00Z", 17, "soon"]
)
def test_what_is_no_time_is_none(printed: Any) -> None:
    assert time_from_wire(printed) is None


def test_a_time_is_written_in_utc_and_cut_to_the_millisecond() -> None:
    when = datetime(2024, 5, 1, 12, 0, 0, 527999, tzinfo=timezone(timedelta(hours=2)))
    assert time_to_wire(when) == "2024-05-01T10:00:00.527Z"
    assert time_to_wire(datetime(2024, 5, 1, 10, tzinfo=UTC)) == "2024-05-01T10:00:00Z"
    assert filter_since(when) == "gte::2024-05-01T10:00:00.527Z"
    assert filter_since(None) is None
    with pytest.raises(InvalidRequest, match="zone"):
        time_to_wire(datetime(2024, 5, 1))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_json_cannot_say_does_not_clear_a_field_by_accident(number: float) -> None:
    with pytest.raises(InvalidRequest, match="finite"):
        value_to_wire(number)


def answer(body: Any, asked: str = "GET /v2/x") -> Response:
    return Response(200, body=to_json(body), asked=asked)


def test_names_of_v2_are_read_in_any_case() -> None:
    printed = {"Id": "a", "STATUS": "Started", "campaignID": 3, "nested": [{"ContactIDs": [1]}]}
    assert plain(printed) == {"id": "a", "status": "Started", "campaignId": 3, "nested": [{"contactIds": [1]}]}
    assert read_v2(JobState, answer({"Id": "x", "Status": "Completed"})) == {"id": "x", "status": "Completed"}


def test_an_answer_of_another_shape_says_where_it_differs_and_not_what_it_held() -> None:
    with pytest.raises(UnexpectedResponse, match=r"_items\.0\.contactId") as wrong:
        read_v3(ContactsPage, answer({"_links": {}, "_items": [{"contactId": "secret", "identifiers": {}}]}))
    assert "secret" not in wrong.value.message
    with pytest.raises(UnexpectedResponse, match="status"):
        read_v2(JobState, answer({"Id": "x"}))


def written(number: object) -> dict[str, Any]:
    return {"contactId": number, "identifiers": {"email": "ada@example.org", "mobileNumber": None}}


def test_the_rows_of_a_large_answer_are_read_one_by_one() -> None:
    report = answer({"status": "Finished", "created": [written(1), written(2)], "updated": None, "failures": []})
    assert [row["contactId"] for row in rows(WrittenRow, report, "created")] == [1, 2]
    assert [list(rows(WrittenRow, report, name)) for name in ("updated", "failures", "others")] == [[], [], []]
    assert word(report, "status") == "Finished"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "expected JSON"),
        (b"<html>later</html>", "expected JSON"),
        (b'{"created": [{"contactId": 1, "identifiers": {}}, {"contactId"', "expected JSON"),
        (to_json({"created": {"a": written(1)}}), "expected a list at created"),
        (to_json({"created": "ada@example.org"}), "expected a list at created"),
        (to_json({"created": [written(1), written("ada@example.org")]}), "differs at contactId"),
        (to_json({"created": ["ada@example.org"]}), "differs at its top"),
    ],
)
def test_rows_that_cannot_be_read_are_told_without_what_they_hold(body: bytes, says: str) -> None:
    with pytest.raises(UnexpectedResponse, match=says) as wrong:
        list(rows(WrittenRow, Response(200, body=body), "created"))
    assert "ada@" not in str(wrong.value)


@pytest.mark.parametrize("body", [b"", b"[1, 2", b"[]", b'{"state": "Finished"}', b'{"status": {"is": 1}}'])
def test_a_state_that_is_not_there_is_told(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match=r"expected (JSON|a text at status)"):
        word(Response(200, body=body), "status")


# ── offsets ──────────────────────────────────────────────────────────────────────────────────────────────────


class Rows:
    """A v2 listing that somebody changes while it is read."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, skip: int, select: int) -> Sequence[Any]:
        self.asked.append((skip, select))
        return self.rows[skip : skip + select]


def page(rows: Rows, cursor: str | None, size: int = 100) -> Page[Any]:
    return asyncio.run(paging.offset_page(rows.fetch, cursor, lambda row: row, size=size))


def everything(rows: Rows, size: int = 100, between: Any = None) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    for number in range(1000):
        one = page(rows, cursor, size)
        found += one.items
        cursor = one.next_cursor
        if cursor is None:
            return found
        if between is not None:
            between(number)
    raise AssertionError("the listing does not end")


def numbered(count: int) -> list[dict[str, int]]:
    return [{"id": number} for number in range(1, count + 1)]


@pytest.mark.parametrize("many", [0, 1, 24, 25, 26, 99, 100, 101, 175, 176, 250, 1000])
@pytest.mark.parametrize("size", [5, 100])
def test_everybody_comes_once_and_a_page_that_brings_nothing_new_is_the_end(many: int, size: int) -> None:
    rows = Rows(numbered(many))
    assert [row["id"] for row in everything(rows, size)] == list(range(1, many + 1))
    skip, select = rows.asked[-1]
    assert select == size
    assert skip <= many


def test_pages_reach_back_over_the_last_rows() -> None:
    rows = Rows(numbered(250))
    everything(rows)
    assert [skip for skip, _ in rows.asked][:3] == [0, 75, 150]


@pytest.mark.parametrize("gone", [1, 10, 24])
def test_rows_that_go_while_one_reads_lose_nobody(gone: int) -> None:
    rows = Rows(numbered(300))

    def between(number: int) -> None:
        if number == 0:
            del rows.rows[:gone]

    assert [row["id"] for row in everything(rows, between=between)] == list(range(1, 301))


@pytest.mark.parametrize("gone", [25, 60, 299])
def test_more_rows_gone_than_the_overlap_reaches_is_said(gone: int) -> None:
    rows = Rows(numbered(300))

    def between(number: int) -> None:
        if number == 0:
            del rows.rows[:gone]

    with pytest.raises(ListingChanged):
        everything(rows, between=between)


@pytest.mark.parametrize("come", [1, 25, 60, 75, 76, 90, 99, 100])
def test_rows_that_come_while_one_reads_bring_nobody_twice(come: int) -> None:
    rows = Rows(numbered(300))

    def between(number: int) -> None:
        if number == 0:
            rows.rows[:0] = [{"id": 10_000 + extra} for extra in range(come)]

    assert [row["id"] for row in everything(rows, between=between)] == list(range(1, 301))


@pytest.mark.parametrize("come", [150, 200])
def test_so_many_rows_that_come_that_no_known_one_is_found_is_said(come: int) -> None:
    rows = Rows(numbered(300))

    def between(number: int) -> None:
        if number == 0:
            rows.rows[:0] = [{"id": 10_000 + extra} for extra in range(come)]

    with pytest.raises(ListingChanged):
        everything(rows, between=between)


def test_a_row_that_comes_in_between_known_ones_is_not_lost() -> None:
    rows = Rows(numbered(300))

    def between(number: int) -> None:
        if number == 0:
            rows.rows.insert(90, {"id": 5000})

    found = [row["id"] for row in everything(rows, between=between)]
    assert sorted(found) == sorted([*range(1, 301), 5000])


def test_a_listing_that_changes_all_the_while_loses_nobody_and_tells_nobody_twice_or_says_that_it_may() -> None:
    stopped = 0
    for seed in range(300):
        dice = Random(seed)
        rows = Rows(numbered(dice.randint(1, 400)))
        there, fresh = {row["id"] for row in rows.rows}, count(10_000)

        def between(_number: int, dice: Random = dice, rows: Rows = rows, fresh: Iterator[int] = fresh) -> None:
            for _ in range(dice.randint(0, 3)):
                place = dice.randrange(len(rows.rows) + 1)
                if dice.random() < 0.5:
                    del rows.rows[place : place + dice.randint(1, 12)]
                else:
                    rows.rows[place:place] = [{"id": next(fresh)} for _ in range(dice.randint(1, 20))]

        try:
            found = [row["id"] for row in everything(rows, dice.choice([60, 100, 200]), between)]
        except ListingChanged:
            stopped += 1
            continue
        assert len(found) == len(set(found))
        assert {row["id"] for row in rows.rows} & there <= set(found)
    assert stopped < 30


def test_rows_without_an_id_may_be_equal_and_are_both_told() -> None:
    clicks = [{"contactId": number // 2, "url": "https://example.org"} for number in range(300)]
    assert everything(Rows(clicks)) == clicks


def test_a_cursor_is_text_that_names_nobody_and_goes_on_elsewhere() -> None:
    rows = Rows([{"contactId": number, "email": f"p{number}@example.org"} for number in range(150)])
    first = page(rows, None)
    assert first.next_cursor is not None
    assert "example.org" not in first.next_cursor
    assert len(page(Rows(rows.rows), first.next_cursor).items) == 50


@pytest.mark.parametrize("cursor", ["", "7", "{}", '{"skip":1}', "nonsense", '["skip","seen"]'])
def test_a_cursor_of_another_listing_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        page(Rows([]), cursor)


# ── markers, chains and walks ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("links", "marker"),
    [
        ({}, None),
        ({"next": None}, None),
        ({"next": {"marker": "abc=", "link": "x"}}, "abc="),
        ({"next": {"marker": "", "link": "https://x.test/contacts/v3?limit=2&marker=bWE%3D"}}, "bWE="),
    ],
)
def test_the_next_page_is_where_the_vendor_says_and_no_next_is_the_end(links: Links, marker: str | None) -> None:
    assert paging.marker_after(links) == marker


def test_listings_in_a_row_are_one_listing() -> None:
    first, second, third = Rows(numbered(120)), Rows([]), Rows([{"id": 1000 + n} for n in range(30)])

    def of(rows: Rows) -> paging.PageOf[Any]:
        async def one(cursor: str | None) -> Page[Any]:
            return await paging.offset_page(rows.fetch, cursor, lambda row: row, size=100)

        return one

    async def walk() -> list[Any]:
        found: list[Any] = []
        cursor: str | None = None
        while True:
            got = await paging.chained(cursor, [of(first), of(second), of(third)])
            found += got.items
            cursor = got.next_cursor
            if cursor is None:
                return found

    assert len(asyncio.run(walk())) == 150


def test_a_walk_goes_on_from_its_cursor_without_reading_the_outer_listing_again() -> None:
    outer_calls = 0

    async def outer(cursor: str | None) -> Page[str]:
        nonlocal outer_calls
        outer_calls += 1
        return Page(["a", "b"], "2") if cursor is None else Page(["c"])

    async def inner(name: str, cursor: str | None) -> Page[str]:
        return Page([f"{name}1"], "x") if cursor is None else Page([f"{name}2"])

    async def walk() -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            # Each page is asked for as another process would: with nothing but the cursor.
            got = await paging.walked(cursor, outer, inner)
            found += got.items
            cursor = got.next_cursor
            if cursor is None:
                return found

    assert asyncio.run(walk()) == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert outer_calls == 2


def test_a_walk_over_nothing_ends() -> None:
    async def outer(cursor: str | None) -> Page[str]:
        del cursor
        return Page([])

    async def inner(name: str, cursor: str | None) -> Page[str]:
        raise AssertionError((name, cursor))

    assert asyncio.run(paging.walked(None, outer, inner)) == Page([])


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _ask(encoded: bytes) -> str:
    return encoded.decode()


def bodies(rows: Sequence[bytes | None], limit: int) -> list[imports.Body]:
    inputs = ((f"email:{number}", row, False) for number, row in enumerate(rows))
    return list(imports.packed(inputs, lambda: imports.Body(_ask, head=b"<", tail=b">"), limit=limit))


def test_bodies_are_as_large_as_allowed_and_as_few_as_possible() -> None:
    # Two brackets, and a comma between rows: three rows of ten bytes fit into exactly 34.
    assert [len(body.taken()) for body in bodies([b"x" * 10] * 7, 34)] == [34, 34, 12]
    assert [len(body.taken()) for body in bodies([b"x" * 10] * 6, 33)] == [23, 23, 23]


def test_no_body_is_larger_than_allowed_whatever_the_rows() -> None:
    rows = [b"x" * (1 + (number * 7919) % 97) for number in range(500)]
    made = [body.taken() for body in bodies(rows, 200)]
    assert max(map(len, made)) <= 200
    assert [row for body in made for row in body[1:-1].split(b",")] == rows
    # Greedy in order is as few as there can be: no body's first row would have fitted into the one before.
    for before, after in pairwise(made):
        assert len(before) + 1 + len(after[1:-1].split(b",")[0]) > 200


def test_an_input_too_large_for_any_body_is_refused_and_sinks_nobody() -> None:
    (body,) = bodies([b"x" * 10, b"x" * 99, b"y" * 10], 50)
    assert body.count == 2
    assert body.taken() == b"<" + b"x" * 10 + b"," + b"y" * 10 + b">"
    assert body.keys[1].startswith("!refused")
    assert len(body.keys) == 3
