"""The bundle: whole or not there, the same for the same contents, and refused where it is not as it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.prove.plan import InMemory

from martech.errors import BrokenInput, MartechError, ProviderUnavailable
from martech.migration.bundle import BundleSource, differences, export
from martech.migration.bundle.importing import bring
from martech.migration.bundle.sorting import SortedLines
from martech.migration.mapping import MappingRules, resolved
from martech.migration.plan import schema_of
from martech.migration.plan.making import seen_attributes
from martech.migration.sources import Input, ProviderSource
from martech.migration.target import Target
from martech.models import (
    Channel,
    Consent,
    Contact,
    EmailMessage,
    IfNew,
    Page,
    RejectedInput,
    Subscription,
    SubscriptionStatus,
    Suppression,
    email,
)
from martech.testing.connecting import bench

NO = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
YES = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
PEOPLE = [
    Contact(email="grace@example.org", own_id="c-2", first_name="Grace", subscriptions=(NO,)),
    Contact(email="ada@example.org", attributes={"AGE": 36, "CITY": "Zürich"}, subscriptions=(YES,)),
    Contact(own_id="c-9"),
]


def people(source: BundleSource, after: str | None = None) -> list[Input]:
    return [one for page in source.people(after) for one in page.items]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    evidence = Consent(channel=Channel.EMAIL, given_at=datetime(2024, 5, 1, tzinfo=UTC), text="Yes.")
    one = Contact(email="ada@example.org", subscriptions=(YES,), consents=(evidence,), custom_ids={"loyalty": "7"})
    block = Suppression(identifier=email("gone@example.org"))
    export(InMemory([one, RejectedInput("is no row", 3)], blocks=[block]), tmp_path / "kept")
    source = BundleSource(tmp_path / "kept")
    assert people(source) == [one, RejectedInput("is no row", 3)]
    assert [item for page in source.suppressions() for item in page.items] == [block]
    assert source.stamp().people == 2


def test_the_same_contents_make_the_same_bundle_whatever_order_they_came_in(tmp_path: Path) -> None:
    export(InMemory(PEOPLE), tmp_path / "one")
    export(InMemory(PEOPLE[::-1]), tmp_path / "other")
    assert not list(differences(tmp_path / "one", tmp_path / "other"))
    for file in (tmp_path / "one").rglob("*.ndjson"):
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_people_who_share_a_key_are_all_there_each_with_their_own_consent(tmp_path: Path) -> None:
    twins = [
        Contact(email="ada@example.org", first_name="Ada", subscriptions=(NO,)),
        Contact(email="Ada@example.org"),
    ]
    export(InMemory(twins), tmp_path / "kept")
    found = {
        one.first_name: one.subscriptions
        for one in people(BundleSource(tmp_path / "kept"))
        if isinstance(one, Contact)
    }
    assert found == {"Ada": (NO,), None: ()}


def test_reading_goes_on_from_the_cursor_of_any_page(tmp_path: Path) -> None:
    many: list[Input] = [
        Contact(email=f"p{number}@example.org", **({"subscriptions": (NO,)} if number % 3 else {}))
        for number in range(2_300)
    ]
    export(InMemory([*many, RejectedInput("is no row", 1)]), tmp_path / "kept")
    source = BundleSource(tmp_path / "kept")
    pages = list(source.people())
    assert len(pages) == 4
    for place, page in enumerate(pages[:-1]):
        rest = people(source, page.next_cursor)
        assert rest == [one for later in pages[place + 1 :] for one in later.items]


def test_a_source_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    class Breaking(InMemory):
        def people(self, after: str | None = None) -> Iterator[Page[Input]]:
            yield Page(PEOPLE[:1], "1")
            raise ProviderUnavailable("it is down")

    export(InMemory(PEOPLE), tmp_path / "kept")
    before = (tmp_path / "kept" / "manifest.json").read_bytes()
    with pytest.raises(ProviderUnavailable):
        export(Breaking(), tmp_path / "kept", overwrite=True)
    assert (tmp_path / "kept" / "manifest.json").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_only_a_bundle_is_ever_replaced_and_only_when_told(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("mine")
    with pytest.raises(BrokenInput, match="no bundle"):
        export(InMemory(PEOPLE), tmp_path / "papers", overwrite=True)
    export(InMemory(PEOPLE), tmp_path / "kept")
    with pytest.raises(BrokenInput, match="already"):
        export(InMemory(PEOPLE), tmp_path / "kept")
    export(InMemory(PEOPLE[:1]), tmp_path / "kept", overwrite=True)
    assert len(people(BundleSource(tmp_path / "kept"))) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kept", "papers"]


def test_a_bundle_that_was_changed_is_refused_unless_that_was_on_purpose(tmp_path: Path) -> None:
    export(InMemory(PEOPLE), tmp_path / "kept")
    file = tmp_path / "kept" / "contacts.ndjson"
    file.write_text(file.read_text().replace("Grace", "Gracie"))
    with pytest.raises(
        BrokenInput, match=r"kept/contacts.ndjson is not as manifest.json says: its contents differ"
    ):
        BundleSource(tmp_path / "kept")
    assert any(
        isinstance(one, Contact) and one.first_name == "Gracie"
        for one in people(BundleSource(tmp_path / "kept", edited=True))
    )
    file.write_text(file.read_text() + "{}\n")
    with pytest.raises(BrokenInput, match="4 lines instead of 3"):
        BundleSource(tmp_path / "kept")


@pytest.mark.parametrize(
    ("line", "why"), [("{broken", "is not JSON"), ('{"key":"x","email":7}', "email"), ("[]", "no whole object")]
)
def test_a_broken_line_is_refused_with_its_file_and_number(tmp_path: Path, line: str, why: str) -> None:
    export(InMemory(PEOPLE), tmp_path / "kept")
    file = tmp_path / "kept" / "contacts.ndjson"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], line, *lines[2:]]) + "\n")
    with pytest.raises(BrokenInput, match=rf"kept/contacts.ndjson, line 2: .*{why}"):
        people(BundleSource(tmp_path / "kept", edited=True))


def test_a_newer_version_is_refused_and_so_is_what_is_no_bundle(tmp_path: Path) -> None:
    export(InMemory(PEOPLE), tmp_path / "kept")
    path = tmp_path / "kept" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(BrokenInput, match="version 2"):
        BundleSource(tmp_path / "kept")
    with pytest.raises(BrokenInput, match="no bundle"):
        BundleSource(tmp_path)


def test_differences_name_files_keys_and_fields_and_no_value(tmp_path: Path) -> None:
    export(InMemory(PEOPLE), tmp_path / "one")
    changed = [PEOPLE[0].model_copy(update={"first_name": "Hidden"}), PEOPLE[1], Contact(own_id="c-10")]
    export(InMemory(changed), tmp_path / "other")
    found = list(differences(tmp_path / "one", tmp_path / "other"))
    assert [(one.change.value, one.key, one.fields) for one in found] == [
        ("changed", "email:grace@example.org", ("first_name",)),
        ("added", "own:c-10", ()),
        ("removed", "own:c-9", ()),
    ]
    assert "Hidden" not in repr(found)


def test_more_lines_than_fit_into_memory_come_back_in_order(tmp_path: Path) -> None:
    with SortedLines(tmp_path, most_bytes=400) as lines:
        for number in range(1_000):
            lines.add(f"{(number * 7919) % 1_000:04}".encode())
        assert list(lines) == [f"{number:04}".encode() for number in range(1_000)]
    assert not list(tmp_path.iterdir())


def test_an_account_goes_into_a_bundle_and_into_another_account_with_every_no(tmp_path: Path) -> None:
    old, new = bench("example"), bench("example")
    rows = [
        {
            "email": f"p{number}@example.org",
            "first_name": "Ada",
            "unsubscribed_email": str(number % 2 == 1).lower(),
        }
        for number in range(60)
    ]
    old.emulator.seed_people(rows)
    circle = old.client().lists.create("Friends")
    old.client().lists.add(circle.id, [email("p1@example.org"), email("p2@example.org")])
    export(ProviderSource(old.client(read_only=True)), tmp_path / "kept")
    new.emulator.seed_people(
        [{"email": "p1@example.org"}, {"email": "p2@example.org", "unsubscribed_email": "true"}]
    )
    source, client = BundleSource(tmp_path / "kept"), new.client()
    target = Target(client)
    translation = resolved(MappingRules(), seen_attributes(source), schema_of(target))
    brought = bring(source, target, translation)
    assert brought.undelivered == 0
    assert [new.emulator.contactable(f"p{number}@example.org") for number in range(4)] == [
        True,
        False,
        False,
        False,
    ]
    (made,) = client.lists.list()
    assert made.name == "Friends"
    assert made.size == 2
    writes = new.emulator.ledger.count("^(POST|PUT) /people")
    again = bring(source, target, translation)
    assert new.emulator.ledger.count("^(POST|PUT) /people") == writes
    assert again.counts[next(iter(again.counts))]


def test_nothing_can_be_written_through_a_client_that_only_reads() -> None:
    table = bench("example")
    client = table.client(read_only=True)
    with pytest.raises(MartechError, match="only reads"):
        client.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.NOT_CONTACTABLE)
    letter = EmailMessage(to=("ada@example.org",), subject="Hello", html="<p>Hello</p>")
    with pytest.raises(MartechError, match="only reads"):
        client.messages.send_email(letter)
    assert client.contacts.find("ada@example.org") is None
    assert not table.emulator.outbox
