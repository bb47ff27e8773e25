"""What holds for every contact, every size of a page, and every shift of a listing under its reader."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from martech.errors import ListingChanged
from martech.models import Contact, Page
from martech.testing.connecting import bench
from martech_dotdigital import paging
from martech_dotdigital.emulator.contacts.schema import DataField
from martech_dotdigital.mapping import contacts as mapping
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.paging import OVERLAP

NAMING = Naming("crm-id")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
NAMES = st.sampled_from(["CITY", "LTV", "VIP", "NOTE"])
VALUES = st.one_of(
    WORDS, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False, width=32)
)
PEOPLE = st.builds(
    Contact,
    email=st.from_regex(r"[a-z][a-z0-9.+_-]{0,20}[a-z0-9]@example\.org", fullmatch=True).filter(
        lambda text: ".." not in text
    ),
    mobile=st.one_of(st.none(), st.from_regex(r"\+4477009[0-9]{5}", fullmatch=True)),
    own_id=st.from_regex(r"[A-Za-z0-9_.-]{1,30}", fullmatch=True),
    first_name=WORDS,
    last_name=st.one_of(st.none(), WORDS),
    attributes=st.dictionaries(NAMES, VALUES, max_size=4),
)


@given(PEOPLE)
def test_a_contact_comes_back_from_the_wire_as_it_went(contact: Contact) -> None:
    body = mapping.new_body(contact, NAMING, _default())
    back = mapping.contact_from_wire(_answer(body), NAMING)
    assert (back.email, back.own_id) == (contact.email, contact.own_id)
    assert back.mobile == contact.mobile
    assert (back.first_name, back.last_name) == (contact.first_name, contact.last_name)
    assert back.attributes == contact.attributes


@given(PEOPLE)
def test_what_came_from_the_vendor_changes_nothing_when_it_is_written_back(contact: Contact) -> None:
    person = _answer(mapping.new_body(contact, NAMING, _default()))
    back = mapping.contact_from_wire(person, NAMING)
    body = mapping.changed_body(back, person, NAMING)
    assert "identifiers" not in body
    assert "channelProperties" not in body
    assert body.get("dataFields", {}) == {name: v for name, v in person["dataFields"].items() if v is not None}


def _answer(body: dict[str, Any]) -> Any:
    return {
        "contactId": 7,
        "status": "subscribed",
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z",
        "identifiers": {name: value for name, value in body["identifiers"].items() if value is not None},
        "dataFields": dict(body.get("dataFields", {})),
    }


def _default() -> Any:
    from martech.models import IfNew

    return IfNew.VENDOR_DEFAULT


# ── through the client and the emulator ──────────────────────────────────────────────────────────────────────


@settings(max_examples=25, deadline=None)
@given(PEOPLE)
def test_a_contact_is_read_as_it_was_written(contact: Contact) -> None:
    table = bench("dotdigital", rate_scheme="off")
    vendor: Any = table.emulator
    for name, kind in (("CITY", "String"), ("LTV", "Numeric"), ("VIP", "Boolean"), ("NOTE", "String")):
        vendor.data_fields[name] = DataField(name, kind, "Private")
    kinds = {"CITY": str, "NOTE": str, "VIP": bool, "LTV": (int, float)}
    attributes = {
        name: value
        for name, value in contact.attributes.items()
        if isinstance(value, kinds[name]) and (name == "VIP" or not isinstance(value, bool))
    }
    contact = contact.model_copy(update={"attributes": attributes})
    with table.client() as client:
        client.contacts.create(contact, if_new=_default())
        known = client.contacts.get(str(contact.email))
    assert (known.email, known.mobile, known.own_id) == (contact.email, contact.mobile, contact.own_id)
    assert (known.first_name, known.last_name) == (contact.first_name, contact.last_name)
    assert {name: known.attributes.get(name) for name in attributes} == attributes


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 60))
def test_any_size_of_a_page_gives_the_same_listing(size: int, count: int) -> None:
    table = bench("dotdigital", rate_scheme="off")
    vendor: Any = table.emulator
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(count))
    with table.client() as client:
        found = [one.email for one in client.contacts.list(page_size=size)]
    assert found == [f"p{n}@example.org" for n in range(count)]


# ── v2 ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(rows: list[dict[str, int]], size: int, gone: int, after: int) -> list[int]:
    """Read a listing by offsets, from whose beginning some rows go after a page."""

    async def fetch(skip: int, select: int) -> Sequence[dict[str, int]]:
        return rows[skip : skip + select]

    async def page(cursor: str | None) -> Page[int]:
        return await paging.offset_page(fetch, cursor, lambda row: row["id"], size=size)

    found: list[int] = []
    cursor: str | None = None
    for number in range(2_000):
        one = asyncio.run(page(cursor))
        found += one.items
        cursor = one.next_cursor
        if cursor is None:
            return found
        if number == after:
            del rows[:gone]
    raise AssertionError("the listing does not end")


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 120), st.integers(0, 400))
def test_any_size_of_a_page_gives_the_same_listing_by_offsets(size: int, count: int) -> None:
    assert _read([{"id": n} for n in range(count)], size, 0, 0) == list(range(count))


@settings(max_examples=80, deadline=None)
@given(st.integers(2 * OVERLAP, 150), st.integers(0, OVERLAP - 1), st.integers(0, 3))
def test_a_shift_within_the_overlap_loses_nobody_and_tells_nobody_twice(size: int, gone: int, after: int) -> None:
    assert _read([{"id": n} for n in range(600)], size, gone, after) == list(range(600))


@settings(max_examples=80, deadline=None)
@given(st.integers(2 * OVERLAP, 150), st.integers(OVERLAP, 200), st.integers(0, 2))
def test_a_shift_beyond_the_overlap_is_said_or_loses_nobody(size: int, gone: int, after: int) -> None:
    try:
        found = _read([{"id": n} for n in range(1_200)], size, gone, after)
    except ListingChanged:
        return
    assert found == list(range(1_200))


@settings(max_examples=40, deadline=None)
@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_time_comes_back_from_the_wire_to_the_millisecond(when: datetime) -> None:
    from martech_dotdigital.times import time_from_wire, time_to_wire

    aware = when.replace(tzinfo=UTC)
    assert time_from_wire(time_to_wire(aware)) == aware.replace(microsecond=aware.microsecond // 1000 * 1000)
