"""What a run moves besides people and lists: topics, evidence, templates, datasets. And taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.migration.worlds import StoppedHere

from martech.client import Client
from martech.migration.engines import PlainEngine
from martech.migration.journal import Class, Journal, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Order, Work
from martech.migration.sources.accounts import ProviderSource
from martech.migration.target import Target
from martech.migration.undoing import undo
from martech.migration.verifying import Verified, verify
from martech.models import (
    AttributeType,
    Channel,
    Column,
    Consent,
    Contact,
    Dataset,
    DatasetScope,
    IfNew,
    Record,
    Template,
    TemplateContent,
    Topic,
    email,
)
from martech.testing.clock import ManualClock
from martech.testing.connecting import Bench, bench

GIVEN = datetime(2024, 5, 1, 10, tzinfo=UTC)
AGREED = Consent(
    channel=Channel.EMAIL, given_at=GIVEN, text="I agree to letters.", source="https://example.org/form",
    ip_address="192.0.2.1", user_agent="test",
)  # fmt: skip


@dataclass
class Pair:
    """Two accounts, and runs from one to the other."""

    folder: Path
    source_name: str = "dotdigital"
    target_name: str = "dotdigital"
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.old, self.new = (bench(name, clock=self.clock) for name in (self.source_name, self.target_name))
        self.source, self.target = self.client(self.old, account="old"), self.client(self.new, account="new")
        self.journal = Journal(f"sqlite:///{self.folder / 'journal.db'}")
        self.runs = 0

    def client(self, side: Bench, **options: Any) -> Client:
        return side.client(**options)

    def order(self, **changes: Any) -> Order:
        target = Target(self.target, restore=self.rules.restore)
        given = {
            "source": ProviderSource(self.source), "target": target, "translation": AsItIs(target.provider),
            "rules": self.rules,
        }  # fmt: skip
        return Order(**(given | changes))

    def run(self, *, watch: Callable[[str, str], object] = lambda boundary, step: None, **changes: Any) -> Work:
        self.runs += 1
        order = self.order(**changes)
        self.journal.open_run(
            f"run-{self.runs}", kind=order.kind, source=order.source.name, target=order.target.name, order="{}",
            now=self.clock.now(),
        )  # fmt: skip
        self.clock.advance(1)
        work = Work(f"run-{self.runs}", order, self.journal, self.clock.now)
        while True:
            try:
                PlainEngine(watch=watch).run(work)
            except StoppedHere:
                work.readers.clear()
                continue
            return work

    def verify(self, work: Work) -> Verified:
        return verify(
            self.journal, work.run, source=work.order.source, client=self.target,
            translation=work.order.translation, restore=self.rules.restore,
        )  # fmt: skip

    def writes(self, work: Work) -> int:
        found: int = self.journal.run(work.run)["writes"]
        return found

    def close(self) -> None:
        self.source.close()
        self.target.close()
        self.journal.close()


@pytest.fixture
def pair(folder: Path) -> Iterator[Pair]:
    made = Pair(folder)
    yield made
    made.close()


def once_at(step: str, boundary: str = "performed") -> Callable[[str, str], object]:
    """Return what dies at a boundary of a step, the first time it comes there."""
    died: list[str] = []

    def watch(here: str, key: str) -> None:
        if here == boundary and key.startswith(f'["{step}"') and not died:
            died.append(key)
            raise StoppedHere

    return watch


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────


def with_topics(pair: Pair) -> tuple[str, str]:
    topics = [pair.source.consent.create_topic(Topic(name=name)).id or "" for name in ("Gardening", "Cooking")]
    for name in ("ada", "grace"):
        pair.source.contacts.upsert(Contact(email=f"{name}@example.org"), if_new=IfNew.VENDOR_DEFAULT)
    evidence = replace_topic(AGREED, topics[0])
    pair.source.consent.set_topic("ada@example.org", topics[0], subscribed=True, evidence=evidence)
    pair.source.consent.set_topic("grace@example.org", topics[0], subscribed=False)
    return topics[0], topics[1]


def replace_topic(consent: Consent, topic: str) -> Consent:
    return consent.model_copy(update={"topic": topic})


def states(client: Client, address: str) -> dict[str, str]:
    names = {one.id: one.name for one in client.consent.topics()}
    return {
        names[one.topic]: one.status.value
        for one in client.consent.status(address)
        if one.topic is not None and one.channel is Channel.EMAIL
    }


def test_topics_are_made_and_nobody_is_put_into_one(pair: Pair) -> None:
    with_topics(pair)
    work = pair.run()
    assert {one.name for one in pair.target.consent.topics()} >= {"Gardening", "Cooking"}
    assert states(pair.target, "ada@example.org").get("Gardening") != "subscribed"
    assert states(pair.target, "grace@example.org")["Gardening"] == "unsubscribed"
    told = pair.verify(work)
    assert told.green, told.line()
    assert pair.writes(pair.run()) == 0


def test_whoever_is_in_a_topic_at_the_target_and_out_of_it_at_the_source_is_taken_out(pair: Pair) -> None:
    with_topics(pair)
    topic = pair.target.consent.create_topic(Topic(name="Gardening")).id or ""
    pair.target.contacts.upsert(Contact(email="grace@example.org"), if_new=IfNew.VENDOR_DEFAULT)
    pair.target.consent.set_topic(
        "grace@example.org", topic, subscribed=True, evidence=replace_topic(AGREED, topic)
    )
    assert states(pair.target, "grace@example.org")["Gardening"] == "subscribed"
    # The evidence is about that topic and the no has no date, so the no is later.
    told = pair.verify(pair.run())
    assert states(pair.target, "grace@example.org")["Gardening"] == "unsubscribed"
    assert told.violation_count == 0, told.violations


def test_a_topic_that_somebody_leaves_during_a_run_is_left_at_the_target_too(pair: Pair) -> None:
    gardening, _ = with_topics(pair)
    topic = pair.target.consent.create_topic(Topic(name="Gardening")).id or ""
    pair.target.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.VENDOR_DEFAULT)
    pair.target.consent.set_topic("ada@example.org", topic, subscribed=True, evidence=replace_topic(AGREED, topic))
    left: list[str] = []

    def leaving(boundary: str, key: str) -> None:
        if boundary == "performing" and key.startswith('["evidence_expected"') and not left:
            left.append(key)
            with pair.client(pair.old) as other:
                other.consent.set_topic("ada@example.org", gardening, subscribed=False)

    pair.run(watch=leaving)
    assert left
    assert states(pair.target, "ada@example.org")["Gardening"] == "unsubscribed"


def test_the_last_pass_tells_the_target_who_left_a_topic(pair: Pair) -> None:
    gardening, _ = with_topics(pair)
    pair.run()
    topic = next(one.id or "" for one in pair.target.consent.topics() if one.name == "Gardening")
    later = replace_topic(AGREED, topic).model_copy(update={"given_at": pair.clock.now()})
    pair.target.consent.set_topic("ada@example.org", topic, subscribed=True, evidence=later)
    pair.source.consent.set_topic("ada@example.org", gardening, subscribed=False)
    pair.run(kind=Kind.OPT_OUTS)
    assert states(pair.target, "ada@example.org")["Gardening"] == "unsubscribed"


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────


def with_evidence(pair: Pair, count: int = 6) -> None:
    for number in range(count):
        fields: dict[str, Any] = {"email": f"person-{number}@example.org"}
        if number % 2 == 0:
            fields["consents"] = (AGREED,)
        pair.source.contacts.upsert(Contact(**fields), if_new=IfNew.VENDOR_DEFAULT)


def records(pair: Pair) -> dict[str, int]:
    return {
        one.email or "": len(one.consents)
        for one in pair.target.contacts.list(include={"consents"})  # type: ignore[arg-type]  # our own word for it
        if (one.email or "").startswith("person-")
    }


@pytest.mark.parametrize("restore", [False, True], ids=["one by one", "by import"])
@pytest.mark.parametrize(
    "dying",
    [None, "submit", "collect", "evidence_look", "evidence_add"],
    ids=["quietly", "dying after the write", "dying after the job", "dying after the look", "dying while adding"],
)
def test_evidence_arrives_once_whatever_dies(folder: Path, *, restore: bool, dying: str | None) -> None:
    pair = Pair(folder, rules=Rules(restore=restore))
    with_evidence(pair)
    work = pair.run(watch=once_at(dying) if dying else lambda boundary, step: None)
    assert records(pair) == {f"person-{number}@example.org": int(number % 2 == 0) for number in range(6)}
    told = pair.verify(work)
    assert told.green, told.line()
    assert told.evidence == {"arrived": 3}
    assert pair.writes(pair.run()) == 0
    pair.close()


def test_evidence_is_added_to_those_who_were_there_and_who_are_as_wanted_otherwise(pair: Pair) -> None:
    with_evidence(pair, 3)
    for number in range(3):
        pair.target.contacts.upsert(Contact(email=f"person-{number}@example.org"), if_new=IfNew.VENDOR_DEFAULT)
    pair.run()
    assert records(pair) == {
        "person-0@example.org": 1, "person-1@example.org": 0, "person-2@example.org": 1,
    }  # fmt: skip


def test_evidence_that_is_not_there_makes_the_verdict_red(pair: Pair) -> None:
    with_evidence(pair, 2)
    work = pair.run()
    vendor: Any = pair.new.emulator
    for person in vendor.people.by_id.values():
        person.consents.clear()
    told = pair.verify(work)
    assert told.evidence == {"missing": 1}
    assert not told.green


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────


def with_templates(pair: Pair) -> None:
    for number in range(3):
        content = TemplateContent(
            subject=f"Hello {number}", html=f"<p>Hello @FIRSTNAME@ {number}</p>", text=f"Hello {number}",
            sender_name="Shop",
        )  # fmt: skip
        pair.source.templates.create(Template(name=f"Letter {number}", contents=(content,)))


def letters(client: Client) -> list[str]:
    return sorted(one.name for one in client.templates.list() if one.name.startswith("Letter"))


@pytest.mark.parametrize("boundary", [None, "performed", "recorded"])
def test_templates_are_made_once_whatever_dies(folder: Path, boundary: str | None) -> None:
    pair = Pair(folder)
    with_templates(pair)
    work = pair.run(watch=once_at("templates", boundary) if boundary else lambda here, step: None)
    assert letters(pair.target) == ["Letter 0", "Letter 1", "Letter 2"]
    told = pair.verify(work)
    assert told.green, told.line()
    assert told.templates == {"arrived": 3}  # a fourth has a namesake there
    assert pair.writes(pair.run()) == 0
    pair.close()


def test_a_template_of_the_same_name_is_left_as_it_is(pair: Pair) -> None:
    with_templates(pair)
    mine = TemplateContent(subject="Mine", html="<p>Mine</p>", text="Mine", sender_name="Shop")
    pair.target.templates.create(Template(name="Letter 1", contents=(mine,)))
    work = pair.run()
    things = {one["name"]: one for one in pair.journal.things(work.run, "template")}
    # The vendor has a template of its own in every account, which is there too.
    assert sorted(one["reason"] or "" for one in things.values()) == ["", "", "was there", "was there"]
    kept = [one for one in pair.target.templates.list() if one.name == "Letter 1"]
    assert len(kept) == 1
    assert pair.target.templates.get(kept[0].id or "").contents[0].subject == "Mine"


def test_templates_that_the_target_cannot_take_are_left_out_with_its_reason(folder: Path) -> None:
    pair = Pair(folder, target_name="example")
    with_templates(pair)
    work = pair.run()
    assert {one["reason"] for one in pair.journal.things(work.run, "template")} == {
        "Pigeonpost keeps no templates."
    }
    assert pair.verify(work).green
    pair.close()


# ── datasets ─────────────────────────────────────────────────────────────────────────────────────────────────────


def with_datasets(pair: Pair, count: int = 150) -> None:
    for number in range(4):
        contact = Contact(email=f"person-{number}@example.org", own_id=None)
        pair.source.contacts.upsert(contact, if_new=IfNew.VENDOR_DEFAULT)
    account = pair.source.datasets.create(Dataset(id="", name="Branches"))
    shops = [
        Record(key=f"s-{number}", values={"city": f"City {number}", "size": number}) for number in range(count)
    ]
    pair.source.datasets.upsert_many(account.id, shops)
    mine = pair.source.datasets.create(Dataset(id="", name="Visits", scope=DatasetScope.CONTACT))
    orders = [
        Record(key=f"o-{number}", values={"total": number}, contact=email(f"person-{number}@example.org"))
        for number in range(4)
    ]
    pair.source.datasets.upsert_many(mine.id, orders)


@pytest.mark.parametrize(
    "dying", [None, "datasets", "records", "records_told"], ids=lambda one: f"dying in {one}" if one else "quietly"
)
def test_records_arrive_with_whose_they_are_whatever_dies(folder: Path, dying: str | None) -> None:
    pair = Pair(folder)
    with_datasets(pair)
    work = pair.run(watch=once_at(dying) if dying else lambda boundary, step: None)
    assert {one.key for one in pair.target.datasets.records("Branches")} == {
        f"s-{number}" for number in range(150)
    }
    orders = list(pair.target.datasets.records("Visits"))
    owners = {one.vendor_id: one.email for one in pair.target.contacts.list()}
    whose = {one.key: owners[one.contact.value] for one in orders if one.contact is not None}
    assert whose == {f"o-{number}": f"person-{number}@example.org" for number in range(4)}
    told = pair.verify(work)
    assert told.green, told.line()
    counts = pair.journal.record_counts(work.run)
    assert {(name, settled): count for name, settled, _, count in counts if name in ("Branches", "Visits")} == {
        ("Branches", "moved"): 150, ("Visits", "moved"): 4,
    }  # fmt: skip
    assert pair.writes(pair.run()) == 0
    pair.close()


def test_only_the_records_that_changed_are_written_again(pair: Pair) -> None:
    with_datasets(pair)
    pair.run()
    pair.source.datasets.upsert_many("Branches", [Record(key="s-7", values={"city": "Elsewhere", "size": 7})])
    again = pair.run()
    assert pair.writes(again) == 1
    assert pair.target.datasets.get("Branches", "s-7").values["city"] == "Elsewhere"
    assert pair.verify(again).green


def test_records_of_somebody_who_was_not_moved_are_left_out_and_counted(pair: Pair) -> None:
    with_datasets(pair)
    pair.journal.bury([pair.journal.seal.name(email("person-2@example.org"))], pair.clock.now())
    work = pair.run()
    told = pair.verify(work)
    assert told.records["skipped: whoever it belongs to was not moved"] == 1
    assert told.green, told.line()
    assert {one.key for one in pair.target.datasets.records("Visits")} == {"o-0", "o-1", "o-3"}


def test_a_record_that_is_gone_from_the_target_makes_the_verdict_red(pair: Pair) -> None:
    with_datasets(pair)
    work = pair.run()
    pair.target.datasets.delete_records("Branches", ["s-3"])
    told = pair.verify(work)
    assert told.records_missing == 1
    assert not told.green


def test_a_record_with_other_values_at_the_target_makes_the_verdict_red(pair: Pair) -> None:
    with_datasets(pair)
    work = pair.run()
    pair.target.datasets.upsert_many("Branches", [Record(key="s-3", values={"city": "Changed", "size": 3})])
    told = pair.verify(work)
    assert told.records_changed == 1
    assert not told.green


def test_a_target_with_columns_gets_a_table_with_a_column_for_the_keys(folder: Path) -> None:
    pair = Pair(folder, target_name="dengage")
    with_datasets(pair, 30)
    work = pair.run()
    told = pair.verify(work)
    things = {one["name"]: one for one in pair.journal.things(work.run, "dataset")}
    assert things["Branches"]["class"] in (Class.MOVED, Class.MOVED_WITH_LOSS), things["Branches"]
    assert things["Visits"]["class"] == Class.REFUSED
    schema = pair.target.datasets.schema(things["Branches"]["target_id"])
    assert {one.name: one.type for one in schema.columns} == {
        "record_key": AttributeType.TEXT, "city": AttributeType.TEXT, "size": AttributeType.INTEGER,
    }  # fmt: skip
    assert schema.size == 30
    counts = pair.journal.record_counts(work.run)
    assert [(settled, count) for name, settled, _, count in counts if name == "Branches"] == [("moved", 30)]
    assert any("does not show the records" in words for words in told.unproven)
    pair.close()


def test_a_job_of_records_that_the_vendor_fails_is_said_record_by_record(pair: Pair) -> None:
    with_datasets(pair)
    vendor: Any = pair.new.emulator
    vendor.job_outcomes = {"insightImport": "Failed"}
    work = pair.run()
    counted = {
        settled: count for name, settled, _, count in pair.journal.record_counts(work.run) if name == "Branches"
    }
    assert sum(counted.values()) == 150
    assert not pair.verify(work).green


# ── taking it back ───────────────────────────────────────────────────────────────────────────────────────────────


def test_undoing_takes_away_what_the_run_made_and_says_what_it_leaves(pair: Pair) -> None:
    with_templates(pair)
    with_datasets(pair)
    with_topics(pair)
    shops = Dataset(id="", name="Visits", scope=DatasetScope.CONTACT)
    pair.target.datasets.create(shops)
    told = undo(pair.run())
    names = {one.name for one in pair.target.datasets.list()}
    assert "Branches" not in names
    assert "Visits" in names
    assert told.counts["datasets removed"] == 1
    assert any("topics that the run made are left" in words for words in told.left)
    assert any("dataset that was there before" in words for words in told.left)
    assert any("template" in words for words in told.left)


def test_what_a_run_made_before_it_died_is_its_own_when_it_is_undone(pair: Pair) -> None:
    with_datasets(pair)
    work = pair.run(watch=once_at("datasets"))
    made = {one["name"]: one["made"] for one in pair.journal.things(work.run, "dataset")}
    assert made["Branches"]
    assert made["Visits"]
    assert undo(work).counts["datasets removed"] == 2


def test_a_dataset_is_offered_in_its_nearest_form_first() -> None:
    from martech.migration.mapping.tables import forms_of

    nested = Column(name="items", type=AttributeType.ANY, repeated=True, columns=(Column(name="sku"),))
    dataset = Dataset(id="Visits", name="Visits", kind="orders", columns=(Column(name="total"), nested))
    forms = list(forms_of(dataset, "Visits"))
    assert [(one.kind, len(one.columns)) for one in forms] == [("orders", 3), ("orders", 0), (None, 3), (None, 0)]
    assert forms[0].columns[0].is_key
    assert forms[0].columns[2].columns[0].name == "sku"
