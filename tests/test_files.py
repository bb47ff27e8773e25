"""Contacts from CSV files as they come in life."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech.errors import BrokenInput
from martech.files import read_contacts
from martech.models import Channel, Contact, RejectedInput, SubscriptionStatus

ROOT = Path(__file__).parents[1]


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_usual_headers_are_recognised_and_empty_cells_are_not_given(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\ufeffKey,E-Mail,Phone,First name,Surname,Opted out\r\n"
        "c-1, Ada@Example.org ,+44 7700 900123,Ada,Lovelace,no\r\n"
        "c-2,bob@example.org,,,,YES\r\n",
    )
    ada, bob = read_contacts(path)
    assert isinstance(ada, Contact)
    assert isinstance(bob, Contact)
    assert (ada.own_id, ada.email, ada.mobile) == ("c-1", "Ada@example.org", "+447700900123")
    assert (ada.first_name, ada.last_name) == ("Ada", "Lovelace")
    assert ada.subscriptions == ()
    assert bob.model_fields_set == {"own_id", "email", "subscriptions"}
    no = SubscriptionStatus.UNSUBSCRIBED
    assert [(one.channel, one.status) for one in bob.subscriptions] == [(Channel.EMAIL, no), (Channel.SMS, no)]


def test_an_opt_out_may_name_its_channel(tmp_path: Path) -> None:
    path = written(tmp_path, "email,unsubscribed email,unsubscribed SMS\na@example.org,,yes\nb@example.org,1,x\n")
    first, second = read_contacts(path)
    assert isinstance(first, Contact)
    assert isinstance(second, Contact)
    assert [one.channel for one in first.subscriptions] == [Channel.SMS]
    assert [one.channel for one in second.subscriptions] == [Channel.EMAIL, Channel.SMS]


def test_other_columns_are_said_with_their_types(tmp_path: Path) -> None:
    path = written(tmp_path, "email,City,Age,VIP,Joined,Notes\na@example.org,Oslo,41,yes,31.12.2024,x\n")
    columns = {
        "City": "attributes.city", "Age": "attributes.age:number", "VIP": "attributes.vip:boolean",
        "Joined": "attributes.joined:date", "Notes": "ignore",
    }  # fmt: skip
    (one,) = read_contacts(path, columns=columns)
    assert isinstance(one, Contact)
    assert dict(one.attributes) == {"city": "Oslo", "age": 41, "vip": True, "joined": date(2024, 12, 31)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("no-at-sign,,", "email: this is no e-mail address"),
        ("a@example.org,12,", "mobile: this is no phone number"),
        ("a@example.org,07700 900123,", "mobile: a phone number must carry its country code"),
        ("a@example.org,,perhaps", "opted out: can be read neither as yes nor as no"),
        ("a@example.org,", "has 2 cells, the header has 3"),
        ("a@example.org,,,surplus", "has 4 cells, the header has 3"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_where_and_stops_nobody(
    tmp_path: Path, row: str, reason: str
) -> None:
    path = written(tmp_path, f"email,phone,opted out\nfirst@example.org,,\n{row}\nlast@example.org,,\n")
    first, bad, last = read_contacts(path)
    assert isinstance(first, Contact)
    assert isinstance(last, Contact)
    assert isinstance(bad, RejectedInput)
    assert bad.reason.startswith(reason)
    assert bad.line == 3
    assert "a@example" not in bad.reason


def test_broken_encoding_and_quotes_are_told_row_by_row(tmp_path: Path) -> None:
    path = written(tmp_path, b'email,name\na@example.org,"x"y\nb@example.org,\xff\xfe\nc@example.org,"open\n')
    columns = {"name": "first_name"}
    got = list(read_contacts(path, columns=columns))
    assert all(isinstance(one, RejectedInput) for one in got)
    assert len(got) == 3
    assert "not CSV" in got[0].reason  # type: ignore[union-attr]  # all are rejected, see above
    assert "encoding" in got[1].reason  # type: ignore[union-attr]  # likewise


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        ("", {}, "is empty"),
        ("email,City\n", {}, "not known: 'City'"),
        ("email,E-mail\n", {}, "several columns for email"),
        ("email,City\n", {"City": "town"}, "'town'"),
        ("email,City\n", {"City": "attributes.city:colour"}, "'colour'"),
        ('"email\n', {}, "no header"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    tmp_path: Path, text: str, columns: dict[str, str], problem: str
) -> None:
    with pytest.raises(BrokenInput, match=problem):
        list(read_contacts(written(tmp_path, text), columns=columns))


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(BrokenInput, match=r"nobody\.csv cannot be opened") as missing:
        list(read_contacts(tmp_path / "nobody.csv"))
    assert str(tmp_path) not in str(missing.value)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), b"email,opted out\n" + data)
        try:
            rows = list(read_contacts(path))
        except BrokenInput:
            return
    assert all(isinstance(one, (Contact, RejectedInput)) for one in rows)


def test_the_example_file_is_a_thousand_rows_of_which_some_are_broken() -> None:
    columns = {"City": "attributes.city", "Joined": "attributes.joined:date"}
    rows = list(read_contacts(ROOT / "examples" / "contacts.csv", columns=columns))
    broken = [one for one in rows if isinstance(one, RejectedInput)]
    opted_out = [one for one in rows if isinstance(one, Contact) and one.subscriptions]
    assert len(rows) == 1000
    assert 50 < len(broken) < 150
    assert 50 < len(opted_out) < 150
    assert {type(one.attributes.get("joined")) for one in rows if isinstance(one, Contact)} == {date, type(None)}
