"""Sources: accounts as far as they can be read, and files as they come in life."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from martech.errors import BrokenInput, ConfigurationError
from martech.migration.sources import FileSource, Layout, Part, ProviderSource, Source, open_source, read_keys
from martech.migration.sources.opening import layout_from, preset
from martech.models import Channel, Contact, RejectedInput, SubscriptionStatus
from martech.testing.connecting import bench

S = SubscriptionStatus


def people(source: Source) -> list[Contact]:
    return [one for page in source.people() for one in page.items if isinstance(one, Contact)]


def test_a_provider_that_cannot_list_says_so_and_takes_a_file_of_keys(tmp_path: Path) -> None:
    table = bench("dengage")
    table.emulator.seed_people(
        [{"key": f"c-{number}", "email": f"p{number}@example.org"} for number in range(250)]
    )
    client = table.client(read_only=True)
    closed = ProviderSource(client)
    assert "give a file of them" in closed.cannot[Part.CONTACTS]
    assert not people(closed)
    (tmp_path / "keys.txt").write_text(
        "c-0\n\nc-249\nc-0\nc-999\n" + "".join(f"c-{number}\n" for number in range(1, 200))
    )
    keys = read_keys(tmp_path / "keys.txt")
    source = ProviderSource(client, keys=keys)
    assert Part.CONTACTS not in source.cannot
    pages = list(source.people())
    assert sum(len(page.items) for page in pages) == 201
    assert [one for page in source.people(pages[0].next_cursor) for one in page.items] == [
        one for page in pages[1:] for one in page.items
    ]
    assert source.stamp().people == 202


def test_a_provider_that_shows_nobody_says_so() -> None:
    source = ProviderSource(bench("digital_onboarding").client(read_only=True))
    assert source.cannot[Part.CONTACTS]
    assert source.stamp().people is None
    assert not source.lists()


def test_whom_a_file_does_not_call_subscribed_is_not_carried_as_subscribed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("E-mail,opted out\nada@example.org,no\ngrace@example.org,yes\n")
    ada, grace = people(FileSource(path, "csv"))
    assert ada.status(Channel.EMAIL) is S.UNKNOWN
    assert grace.status(Channel.EMAIL) is S.UNSUBSCRIBED
    ada, grace = people(FileSource(path, "csv", layout=Layout(subscribed=(Channel.EMAIL,))))
    assert ada.status(Channel.EMAIL) is S.SUBSCRIBED
    assert grace.status(Channel.EMAIL) is S.UNSUBSCRIBED


def test_columns_of_states_and_blocks_are_understood_and_any_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "email,State,Bounced,Whole\na@example.org,in,,A\nb@example.org,in,HB,A\nc@example.org,in,,P\nd@example.org,hm,,A\n"
    )
    layout = Layout(
        columns={"State": "state.email", "Bounced": "block.email", "Whole": "block"}, states={"in": S.SUBSCRIBED}
    )
    found = people(FileSource(path, "csv", layout=layout))
    assert [one.status(Channel.EMAIL) for one in found] == [S.SUBSCRIBED, S.SUPPRESSED, S.SUPPRESSED, S.UNKNOWN]
    assert found[2].status(Channel.PUSH) is S.SUPPRESSED
    assert not any(one.attributes for one in found)


def test_ndjson_holds_our_own_contacts_or_flat_rows_and_says_which_line_is_neither(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    ours = Contact(email="ada@example.org", first_name="Ada", attributes={"AGE": 36}).model_dump_json(
        exclude_unset=True
    )
    path.write_text(f"{ours}\nnot json\n[]\n" + json.dumps({"email": "no address"}) + "\n")
    found = [one for page in FileSource(path, "ndjson").people() for one in page.items]
    assert found[0] == Contact(email="ada@example.org", first_name="Ada", attributes={"AGE": 36})
    assert [one.line for one in found if isinstance(one, RejectedInput)] == [2, 3, 4]
    path.write_text(json.dumps({"Mail": "ada@example.org", "Size": 42, "Vip": True}) + "\n")
    layout = Layout(columns={"Mail": "email", "Size": "attributes.SIZE", "Vip": "attributes.VIP:boolean"})
    assert people(FileSource(path, "ndjson", layout=layout))[0].attributes == {"SIZE": 42, "VIP": True}


def test_parquet_is_read_where_pyarrow_is(tmp_path: Path) -> None:
    pyarrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    rows = [
        {"email": f"p{number}@example.org", "unsubscribed": number % 2 == 0, "AGE": number}
        for number in range(1_200)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "people.parquet")
    (tmp_path / "nonsense.parquet").write_text("no")
    layout = Layout(columns={"AGE": "attributes.AGE"})
    found = people(FileSource(tmp_path / "people.parquet", "parquet", layout=layout))
    assert len(found) == 1_200
    assert found[3].attributes == {"AGE": 3}
    assert found[2].status(Channel.EMAIL) is S.UNSUBSCRIBED
    with pytest.raises(BrokenInput, match="no Parquet file"):
        people(FileSource(tmp_path / "nonsense.parquet", "parquet"))


def test_a_file_goes_on_from_the_cursor_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"p{number}@example.org\n" for number in range(1_300)))
    source = FileSource(path, "csv")
    pages = list(source.people())
    assert [len(page.items) for page in pages] == [500, 500, 300]
    assert [one for page in source.people(pages[0].next_cursor) for one in page.items] == [
        one for page in pages[1:] for one in page.items
    ]
    stamp = source.stamp()
    path.write_text(path.read_text() + "new@example.org\n")
    assert source.stamp() != stamp


@pytest.mark.parametrize("name", ["dengage", "dotdigital", "digital_onboarding"])
def test_the_presets_of_plugins_are_layouts(name: str) -> None:
    layout = layout_from({"preset": name, "columns": {"Notes": "ignore"}})
    assert layout.columns["Notes"] == "ignore"
    assert set(layout.columns) > set(preset(name)["columns"])


def test_a_preset_reads_an_export_with_every_block_in_it(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "contact_key,email,email_permission,contact_status,email_status\n"
        "c-1,a@example.org,true,A,A\nc-2,b@example.org,false,A,A\nc-3,c@example.org,true,P,A\nc-4,d@example.org,true,A,P\n"
    )
    found = people(open_source(f"csv:{path}", {"preset": "dengage"}))
    assert [one.status(Channel.EMAIL) for one in found] == [
        S.SUBSCRIBED,
        S.UNSUBSCRIBED,
        S.SUPPRESSED,
        S.SUPPRESSED,
    ]
    assert [one.own_id for one in found] == ["c-1", "c-2", "c-3", "c-4"]


def test_a_profile_is_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    from martech.migration.sources import open_account

    for name in ("NAME", "PASSPHRASE"):
        monkeypatch.setenv(f"MARTECH_OLD_{name}", "robin")
    monkeypatch.setenv("MARTECH_OLD_PROVIDER", "example")
    with open_account("profile:old") as client:
        assert client.provider == "example"
    with pytest.raises(ConfigurationError):
        open_account("profile:nowhere")


def test_what_names_no_source_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("email\n")
    with pytest.raises(BrokenInput, match="there is no file"):
        open_source("csv:nowhere.csv")
    with pytest.raises(ConfigurationError, match="colour: no setting of a file"):
        open_source(f"csv:{tmp_path / 'x.csv'}", {"colour": "red"})
    with pytest.raises(ConfigurationError, match="brings no preset"):
        open_source(f"csv:{tmp_path / 'x.csv'}", {"preset": "example"})
    with pytest.raises(ConfigurationError, match="there is no provider 'exampel'"):
        open_source("exampel")
    with pytest.raises(BrokenInput, match="cannot be opened"):
        open_source(f"example:{tmp_path / 'nowhere.toml'}")
    (tmp_path / "keys").write_text("ada@example.org\nnobody\n")
    with pytest.raises(BrokenInput, match="line 2"):
        read_keys(tmp_path / "keys", "email")
