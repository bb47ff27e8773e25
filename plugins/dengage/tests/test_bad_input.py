"""Input that breaks programs: too much of it, twice of it, in odd forms; every input has its result."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from martech import AttributeType, Column, Contact, Dataset, IfNew, InvalidRequest, ItemOutcome, Record, own
from martech.provider import MartechError

Start = Callable[..., Any]
NO, DEFAULT = IfNew.NOT_CONTACTABLE, IfNew.VENDOR_DEFAULT
FORMULAS = ("=1+1", "+447700900123", "-2+3", "@SUM(A1)", '=cmd|"/c calc"!A1', "\t=1", '=HYPERLINK("x";"y")')
MIB = "x" * 1024 * 1024
SHOPS = Dataset(
    id="",
    name="shops",
    columns=(
        Column(name="id", type=AttributeType.INTEGER, is_key=True, nullable=False),
        Column(name="title", type=AttributeType.TEXT),
    ),
)


@pytest.mark.parametrize("if_new", [NO, DEFAULT])
def test_names_that_look_like_formulas_are_kept_to_the_letter(talk: Start, if_new: IfNew) -> None:
    conversation = talk()
    people = [Contact(own_id=f"c-{n}", first_name=name) for n, name in enumerate(FORMULAS)]
    assert not conversation.client().contacts.upsert_many(people, if_new=if_new).problems
    assert [conversation.row(f"c-{n}")["name"] for n in range(len(FORMULAS))] == list(FORMULAS)


def test_keys_that_look_like_formulas_or_paths_are_people_of_their_own(talk: Start) -> None:
    conversation = talk()
    keys = [*(key.strip() for key in FORMULAS), "a/b", "a?b=c", "a#b", "a%2Fb", "é", "a b", "0", "None", "null"]
    client = conversation.client()
    done = client.contacts.upsert_many([Contact(own_id=key, last_name=key) for key in keys], if_new=NO)
    assert done.problems == []
    assert [client.contacts.get(own(key)).last_name for key in keys] == keys


@pytest.mark.parametrize("key", [".", ".."])
def test_a_key_that_would_be_another_path_is_refused_and_asks_nothing(talk: Start, key: str) -> None:
    conversation = talk()
    with pytest.raises(MartechError):
        conversation.client().contacts.get(own(key))
    assert [one for one in conversation.said if one.path != "/login"] == []


def test_files_keep_formulas_quotes_and_lines_to_the_letter(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    made = client.datasets.create(SHOPS)
    odd = [*FORMULAS, 'say "hi"', "a;b,c", "two\nlines", "two\r\nlines", " padded "]
    records = [Record(key=str(n), values={"title": odd[n % len(odd)]}) for n in range(1_300)]
    assert client.datasets.upsert_many(made.id, records).counts == {ItemOutcome.SAVED: 1_300}
    rows = conversation.emulator.tables.by_name("shops").rows
    assert [rows[n,]["title"] for n in range(len(odd))] == odd


def test_fields_of_a_mebibyte_go_and_files_are_cut_below_fifty_megabytes(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    assert client.contacts.upsert(Contact(own_id="c-1", first_name=MIB), if_new=NO).ok
    assert conversation.row("c-1")["name"] == MIB
    made = client.datasets.create(SHOPS)
    small = [Record(key=str(n), values={"title": "x"}) for n in range(1_000)]
    large = [Record(key=str(n), values={"title": MIB}) for n in range(1_000, 1_036)]
    assert client.datasets.upsert_many(made.id, [*small, *large]).counts == {ItemOutcome.SAVED: 1_036}
    files = [body["fileContent"] for body in conversation.bodies("POST /dataspace/async/upsert")]
    lengths, lines = [len(file) for file in files], sum(b64decode(file).count(b"\r\n") for file in files)
    assert len(files) > 1
    assert max(lengths) < 50_000_000
    assert lines == 1_036 + len(files)


@pytest.mark.parametrize(
    "when", ["2026-01-05T09:00:00+03:00", "2026-01-05T09:00:00.1234567Z", "1767603600", "05/01/2026", "soon"]
)
def test_text_that_is_no_time_of_the_vendors_is_refused_for_its_record_alone(talk: Start, when: str) -> None:
    conversation = talk()
    conversation.emulator.add_contact_column("seen", "DATE")
    said = {"c-1": when, "c-2": "2026-01-05"}
    people = [Contact(own_id=key, attributes={"seen": text}) for key, text in said.items()]
    first, second = conversation.client().contacts.upsert_many(people, if_new=DEFAULT).items
    assert (first.ok, second.ok) == (False, True)
    assert conversation.row("c-1") is None


@pytest.mark.parametrize(
    ("born", "said"),
    [
        (date(1815, 12, 10), "1815-12-10"),
        (datetime(1815, 12, 10, 23, 30, tzinfo=UTC), "1815-12-10"),
        ("1815-12-10", "1815-12-10"),
        (None, None),
    ],
)
def test_a_birth_date_is_a_day_whatever_it_was_given_as(talk: Start, born: Any, said: str | None) -> None:
    conversation = talk()
    client = conversation.client()
    contacts = [Contact(own_id="c-1", attributes={"birth_date": born}), Contact(own_id="c-2")]
    assert not client.contacts.upsert_many(contacts, if_new=NO).problems
    assert conversation.row("c-1")["birth_date"] == said


def test_a_birth_date_of_more_than_ten_characters_is_refused_and_costs_no_request(talk: Start) -> None:
    conversation = talk()
    contact = Contact(own_id="c-1", attributes={"birth_date": "1815-12-10T00:00:00Z"})
    with pytest.raises(InvalidRequest, match="birth_date"):
        conversation.client().contacts.create(contact, if_new=NO)
    assert conversation.said == []


def test_a_time_with_an_offset_is_said_in_utc(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.add_contact_column("seen", "DATE")
    when = datetime.fromisoformat("2026-01-05T12:00:00+03:00")
    client = conversation.client(contact_columns=("seen",))
    assert client.contacts.upsert(Contact(own_id="c-1", attributes={"seen": when}), if_new=NO).ok
    (said,) = conversation.bodies("POST /contacts")
    assert said["contact"]["seen"] == "2026-01-05T09:00:00Z"
    assert when.astimezone(UTC).isoformat()[:19] in str(client.contacts.get(own("c-1")).attributes["seen"])


def test_batches_above_the_bounds_are_cut_and_native_ones_are_the_vendors_to_refuse(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    people = [Contact(own_id=f"c-{n}") for n in range(2_001)]
    assert len(client.contacts.upsert_many(people, if_new=DEFAULT).items) == 2_001
    handed = conversation.bodies("POST /bulk/async/contacts") + conversation.bodies("POST /bulk/contacts")
    assert max(len(body["contactDatas"]) for body in handed) == 1_000
    rows = [{"contact_key": f"c-{n}"} for n in range(1_001)]
    with pytest.raises(MartechError):
        client.native.contacts.bulk_upsert(rows, insert_if_not_exists=False)
    with pytest.raises(InvalidRequest):
        client.contacts.upsert_many([Contact(own_id=f"c-{n}") for n in range(10_001)], if_new=DEFAULT)


def test_one_key_many_times_is_one_record_and_a_no_of_any_of_them_stays(talk: Start) -> None:
    conversation = talk()
    people = [Contact(own_id="c-1", first_name=str(n)) for n in range(50)]
    done = conversation.client().contacts.upsert_many(people, if_new=NO)
    assert done.counts == {ItemOutcome.SUPERSEDED: 49, ItemOutcome.CREATED: 1}
    assert conversation.row("c-1")["name"] == "49"
