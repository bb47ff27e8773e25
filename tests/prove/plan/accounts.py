"""Generated accounts: sources that hold whatever an account may, and targets that hold some of it already."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from martech.migration.bundle import BundleSource, export
from martech.migration.mapping import MappingRules
from martech.migration.mapping.rules import AttributeRule, PeopleRule, Split
from martech.migration.sources import FileSource, Input, Layout, Part, Past, ProviderSource, Source, Stamp
from martech.models import (
    AttributeDefinition,
    AttributeType,
    Channel,
    Consent,
    Contact,
    ContactList,
    Dataset,
    Page,
    Record,
    RejectedInput,
    Segment,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    Template,
    Topic,
    email,
)
from martech.testing.connecting import Bench, bench

SOURCES = ("example", "dotdigital", "bundle", "csv")
TARGETS = ("example", "dotdigital", "dengage", "digital_onboarding")
PEOPLE = (4, 16)

S = SubscriptionStatus
STATES = (S.SUBSCRIBED, S.SUBSCRIBED, S.UNSUBSCRIBED, S.SUPPRESSED, S.PENDING, S.NOT_SUBSCRIBED, S.UNKNOWN)
NAMES = (
    "CITY",
    "city",
    "AGE",
    "JOINED",
    "VIP",
    "Shoe size",
    "A_VERY_LONG_NAME_OF_AN_ATTRIBUTE",
    "SCORE",
    "unsubscribe",
)
WORDS = ("London", "Ankara", "42", "3.5", "yes", "2024-02-29", "2024-02-29T10:00:00", "", "münchen", "no number")


@dataclass
class InMemory:
    """A source that holds whatever a test wants, as a bundle may."""

    inputs: Sequence[Input] = ()
    definitions: Sequence[AttributeDefinition] = ()
    blocks: Sequence[Suppression] = ()
    name: str = "memory"
    title: str = "Memory"
    cannot: Mapping[Part, str] = field(default_factory=dict)
    segment_list: Sequence[Segment] = ()
    template_list: Sequence[Template] = ()
    topic_list: Sequence[Topic] = ()

    def stamp(self) -> Stamp:
        return Stamp(len(self.inputs))

    def attributes(self) -> Sequence[AttributeDefinition]:
        return self.definitions

    def lists(self) -> Sequence[ContactList]:
        return ()

    def segments(self) -> Sequence[Segment]:
        return self.segment_list

    def topics(self) -> Sequence[Topic]:
        return self.topic_list

    def people(self, after: str | None = None) -> Iterator[Page[Input]]:
        start = int(after or 0)
        for begin in range(start, len(self.inputs), 7):
            end = begin + 7
            yield Page(self.inputs[begin:end], str(end) if end < len(self.inputs) else None)

    def suppressions(self, after: str | None = None) -> Iterator[Page[Suppression]]:
        yield Page(self.blocks)

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        return iter(())

    def templates(self, after: str | None = None) -> Iterator[Page[Template]]:
        yield Page(self.template_list)

    def history(self, after: str | None = None) -> Iterator[Page[Past]]:
        return iter(())

    def datasets(self) -> Sequence[Dataset]:
        return ()

    def records(self, dataset: Dataset, after: str | None = None) -> Iterator[Page[Record]]:
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


def somebody(dice: random.Random, number: int, *, attributes: Sequence[str] = NAMES) -> Contact:
    """Return a person who may have anything a contact can have."""
    given: dict[str, Any] = {}
    if dice.random() < 0.9:
        given["email"] = f"Person{number}@Example.org" if dice.random() < 0.2 else f"person{number}@example.org"
    if dice.random() < 0.5:
        given["mobile"] = f"+44770090{number:04}"
    if dice.random() < 0.8 or not given:
        given["own_id"] = f"c-{number}"
    if dice.random() < 0.1:
        given["custom_ids"] = {"loyalty": f"l-{number}"}
    if dice.random() < 0.7:
        given["first_name"] = dice.choice(("Ada", "Grace", "Zoë"))
    if dice.random() < 0.4:
        given["last_name"] = dice.choice(("Lovelace", "Hopper", ""))
    chosen = dice.sample(attributes, dice.randint(0, min(4, len(attributes))))
    given["attributes"] = {name: value(dice) for name in chosen}
    given["subscriptions"] = tuple(states(dice))
    if dice.random() < 0.3:
        given["consents"] = tuple(agreed(dice) for _ in range(dice.randint(1, 2)))
    if dice.random() < 0.04:
        given["deleted"] = True
    return Contact(**given)


def agreed(dice: random.Random) -> Consent:
    whole = {"source": "https://example.org/form", "ip_address": "192.0.2.1", "user_agent": "test"}
    return Consent(
        channel=Channel.EMAIL, given_at=datetime(2024, 5, dice.randint(1, 20), tzinfo=UTC), text="Yes.",
        **(whole if dice.random() < 0.6 else {}),
    )  # fmt: skip


def value(dice: random.Random) -> Any:
    return dice.choice((
        dice.choice(WORDS), dice.randint(-5, 99), dice.choice((0.5, 2.0)), dice.random() < 0.5,
        date(2024, 2, 29), datetime(2024, 2, 29, 10, 30, tzinfo=UTC), None,
    ))  # fmt: skip


def states(dice: random.Random) -> Iterator[Subscription]:
    for channel in Channel:
        if dice.random() < 0.5:
            status = dice.choice(STATES)
            yield Subscription(
                channel=channel,
                status=status,
                changed_at=datetime(2024, 6, 1, tzinfo=UTC) if dice.random() < 0.3 else None,
                reason=dice.choice(list(SuppressionReason)) if status is S.SUPPRESSED else None,
            )
    if dice.random() < 0.3:
        topic = dice.choice(("7", "8"))
        yield Subscription(channel=Channel.EMAIL, topic=topic, status=dice.choice((S.SUBSCRIBED, S.UNSUBSCRIBED)))


def example_source(dice: random.Random, size: int) -> Source:
    table = bench("example")
    for number in range(size):
        person = table.emulator._person(f"person{number}@example.org")  # type: ignore[attr-defined]  # the vendor's own state
        person.mail = dice.choice(("yes", "yes", "no", "blocked"))
        for name, words in (
            ("given", ("Ada", "Zoë")),
            ("family", ("Hopper", "")),
            ("phone", (f"44770090{number:04}",)),
            ("ref", (f"c-{number}",)),
        ):
            if dice.random() < 0.6:
                person.texts[name] = dice.choice(words)
        for name in dice.sample(NAMES, dice.randint(0, 4)):
            person.fields[name] = dice.choice((dice.choice(WORDS), dice.randint(0, 9), 0.5, True))
    return ProviderSource(table.client(read_only=True))


def dotdigital_source(dice: random.Random, size: int) -> Source:
    table = bench("dotdigital")
    vendor: Any = table.emulator
    client = table.client()
    kinds = [AttributeType.TEXT, AttributeType.NUMBER, AttributeType.BOOLEAN, AttributeType.DATETIME]
    names = {name: dice.choice(kinds) for name in ("CITY", "AGE", "JOINED", "VIP", "SCORE", "NOTE")}
    for name, kind in names.items():
        client.attributes.create(AttributeDefinition(name=name, type=kind))
    words = (
        "subscribed",
        "subscribed",
        "unsubscribed",
        "hardBounced",
        "ispComplained",
        "suppressed",
        "pendingOptIn",
        "noSubscription",
    )
    samples = {
        AttributeType.TEXT: WORDS[:-3], AttributeType.NUMBER: (1, 2.5), AttributeType.BOOLEAN: (True, False),
        AttributeType.DATETIME: ("2024-02-29T10:00:00Z",),
    }  # fmt: skip
    vendor.seed_people([
        {
            "key": f"c-{number}" if dice.random() < 0.7 else "",
            "email": f"person{number}@example.org" if number % 5 else "",
            "phone": f"44770090{number:04}" if dice.random() < 0.5 or not number % 5 else "",
            "first_name": dice.choice(("Ada", "")),
        }
        for number in range(size)
    ])  # fmt: skip
    for person in list(vendor.people.by_id.values()):
        if person.email:
            vendor.set_email_status(person, dice.choice(words))
        if person.mobile:
            vendor.set_mobile_status(person, "sms", dice.choice(("subscribed", "unsubscribed", "noSubscription")))
        for name, kind in names.items():
            if dice.random() < 0.4 and (found := dice.choice(samples[kind])) != "":
                person.data[name] = found
    own = own_setting(vendor) if dice.random() < 0.7 else {}
    return ProviderSource(table.client(read_only=True, **own))


def own_setting(vendor: Any) -> dict[str, Any]:
    """Return the setting by which own ids are read, if the account has such an identifier."""
    names = list(vendor.custom_identifiers)
    return {"own_identifier": names[0]} if names else {}


def bundle_source(dice: random.Random, size: int, folder: Path) -> Source:
    people: list[Input] = [somebody(dice, number) for number in range(size)]
    people += [somebody(dice, dice.randrange(size)) for _ in range(dice.randint(0, 2))]
    if dice.random() < 0.3:
        people.append(RejectedInput("is no contact", 7))
    dice.shuffle(people)
    blocks = [
        Suppression(
            identifier=email(f"person{dice.randrange(size + 3)}@example.org"),
            reason=dice.choice(list(SuppressionReason)),
        )
        for _ in range(dice.randint(0, 3))
    ]
    topics = [Topic(id="7", name="Gardening"), *([Topic(id="8", name="Cooking")] if dice.random() < 0.7 else [])]
    export(InMemory(people, blocks=blocks, topic_list=topics), folder / "bundle")
    return BundleSource(folder / "bundle")


def csv_source(dice: random.Random, size: int, folder: Path) -> Source:
    lines = ["E-mail,Phone,Key,First name,Unsubscribed e-mail,Status,City,Joined,Score"]
    lines += [
        ",".join((
            f"person{number}@example.org" if dice.random() < 0.95 else "no address",
            f"+44770090{number:04}" if dice.random() < 0.4 else "",
            f"c-{number}" if dice.random() < 0.8 else "",
            dice.choice(("Ada", "")),
            dice.choice(("yes", "no", "")),
            dice.choice(("in", "out", "asked", "")),
            dice.choice(("London", "")),
            dice.choice(("2024-02-29", "")),
            dice.choice(("1", "2.5", "")),
        ))
        for number in range(size)
    ]  # fmt: skip
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    layout = Layout(
        columns={
            "Status": "state.email",
            "City": "attributes.City",
            "Joined": "attributes.Joined:date",
            "Score": "attributes.Score:number",
        },
        states={"in": S.SUBSCRIBED, "out": S.UNSUBSCRIBED, "asked": S.PENDING},
    )
    return FileSource(path, "csv", layout=layout)


def target_of(name: str, dice: random.Random, people: Sequence[Contact]) -> tuple[Bench, dict[str, Any]]:
    """Return a target that has some of these people already, some of them changed, and some of its own."""
    table = bench(name)
    vendor: Any = table.emulator
    options: dict[str, Any] = {}
    if name == "dengage":
        columns = {
            "city": "TEXT",
            "CITY": "TEXT",
            "AGE": "INTEGER",
            "JOINED": "DATE",
            "SCORE": "DECIMAL",
            "VIP": "BOOLEAN",
        }
        chosen = {one: columns[one] for one in dice.sample(list(columns), dice.randint(1, len(columns)))}
        for column, kind in chosen.items():
            vendor.add_contact_column(column, kind)
        options["contact_columns"] = tuple(chosen)
    if name == "dotdigital":
        vendor.seed_people([{"key": "own", "email": "own@example.org"}])
        if dice.random() < 0.6:
            options |= own_setting(vendor)
        client = table.client()
        if dice.random() < 0.5:
            client.consent.create_topic(Topic(name="Gardening"))
        for column in dice.sample(("CITY", "AGE", "JOINED", "VIP"), dice.randint(0, 3)):
            kind = dice.choice(
                (AttributeType.TEXT, AttributeType.NUMBER, AttributeType.DATETIME, AttributeType.BOOLEAN)
            )
            client.attributes.create(AttributeDefinition(name=column, type=kind))
    rows = [
        {
            "key": one.own_id or "", "email": one.email or "", "phone": (one.mobile or "").removeprefix("+"),
            "first_name": dice.choice((one.first_name or "", "Other")),
            "unsubscribed_email": dice.choice(("true", "false")),
            "unsubscribed_sms": dice.choice(("true", "false")),
        }
        for one in people
        if dice.random() < 0.4
    ]  # fmt: skip
    rows.append({"key": "c-900", "email": "stranger@example.org", "phone": "447700909999"})
    vendor.seed_people(rows)
    return table, options


def mapping_of(dice: random.Random, source: str, attributes: Iterable[str]) -> MappingRules:
    """Return a mapping, most often an empty one."""
    if dice.random() < 0.6:
        return MappingRules()
    rules: dict[str, AttributeRule] = {}
    for name in attributes:
        if dice.random() < 0.2:
            rules[name] = dice.choice((
                AttributeRule(drop=True), AttributeRule(convert="text"),
                AttributeRule(split=Split(at=" ", into=("first_name", "last_name"))),
            ))  # fmt: skip
    return MappingRules(attributes=rules, people=PeopleRule(own_id_from=dice.choice((None, "email"))))
