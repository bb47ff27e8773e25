"""What a plan promises, against what a migration then does.

Generated accounts are planned, signed off and moved by a run; then both sides are read again. Who was created,
updated or left as they were is told by comparing the target before and after, without the plan's own comparison.
Everything that did not arrive as it was must be in the plan, by name, and for no more people than the plan says.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from martech.client import Client
from martech.migration import law
from martech.migration.bundle import BundleSource, export
from martech.migration.engines import PlainEngine
from martech.migration.journal import Class, Journal
from martech.migration.mapping import LossKind, MappingRules, Translation
from martech.migration.mapping.rules import AttributeRule, PeopleRule, Split
from martech.migration.order import Work
from martech.migration.plan import Plan, make_plan, translation_of
from martech.migration.planned import order_of
from martech.migration.sources import FileSource, Input, Layout, Part, Past, ProviderSource, Source, Stamp
from martech.migration.target import Looking, Target
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
ACCOUNTS = 200
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


# ── accounts that never were ─────────────────────────────────────────────────────────────────────────────────────


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


# ── moving them as they were planned ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Moved:
    """What became of everybody."""

    classes: Counter[str] = field(default_factory=Counter[str])
    losses: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    towards_contact: int = 0


def look(table: Bench, client: Any, target: Target, said: Contact) -> Contact | None:
    """Return somebody as the target has them: through its interface, or behind it where it has none."""
    ref = target.name_of(said)
    if ref is None:
        return None
    if target.looking is not Looking.NOT:
        return client.contacts.find(ref)  # type: ignore[no-any-return]  # the client is any here
    vendor: Any = table.emulator
    person = vendor.people.by_unique_id.get(ref.value)
    if person is None:
        return None
    members = person.members
    attributes = {name: members[name] for name in members if name not in OWN_FIELDS and members[name] is not None}
    flags = {Channel.EMAIL: members.get("unsubscribe_email"), Channel.SMS: members.get("unsubscribe_sms")}
    fields = {"email": members.get("email"), "mobile": members.get("phone_mobile"), "own_id": person.unique_id,
              "first_name": members.get("name_first"), "last_name": members.get("name_last")}  # fmt: skip
    public = attributes.pop("meta_public", None) or {}
    return Contact.model_construct(
        _fields_set={*fields, "attributes", "subscriptions"}, **fields, attributes={**attributes, **public},
        subscriptions=tuple(
            Subscription(channel=channel, status=S.UNSUBSCRIBED if flag else S.SUBSCRIBED)
            for channel, flag in flags.items()
        ),
    )  # fmt: skip


OWN_FIELDS = {"email", "phone_mobile", "name_first", "name_last", "unsubscribe_email", "unsubscribe_sms"}


def state_of(known: Contact | None) -> Any:
    """Return what can be seen of somebody, without times."""
    if known is None:
        return None
    told = known.model_dump(mode="json", exclude={"created_at", "updated_at", "vendor_id", "list_ids", "consents"})
    told["subscriptions"] = sorted(
        (one["channel"], one["topic"] or "", one["status"]) for one in told["subscriptions"]
    )
    return told


def move(source: Source, table: Bench, options: Mapping[str, Any], plan: Plan, folder: Path) -> Moved:
    """Do what the plan says, in a run, and compare both sides."""
    # What the plan's client was not told to read with people is there all the same.
    every = {"contact_columns": (*options["contact_columns"], "city")} if "contact_columns" in options else {}
    client = table.client(max_wait_seconds=10_000_000, **{**options, **every})
    writing = table.client(max_wait_seconds=10_000_000, **options)
    target = Target(client)
    translation = translation_of(plan, target)
    blocks: dict[str, list[law.OptOut]] = {}
    lone: dict[str, Contact] = {}
    for blocked in source.suppressions():
        for block in blocked.items:
            blocks.setdefault(block.identifier.key, []).append(
                law.OptOut(block.channel, block.suppressed_at, block.reason)
            )
            lone[block.identifier.key] = Contact(email=block.identifier.value)
    moved = Moved()
    people: dict[str, Contact] = {}
    aliases: dict[str, str] = {}

    def says_no(contact: Contact) -> bool:
        elsewhere = [no for ref in contact.identifiers() for no in blocks.get(ref.key, [])]
        words = (law.source_word(contact, channel, elsewhere) for channel in target.channels)
        return any(word.standing in (law.Standing.NO, law.Standing.BLOCKED) for word in words)

    for page in source.people():
        for one in page.items:
            if isinstance(one, RejectedInput):
                moved.classes["left_out"] += 1
                moved.losses["person", "unreadable"] += 1
                continue
            for ref in one.identifiers():
                lone.pop(ref.key, None)
            gather(one, people, aliases, translation, target, moved, no=says_no(one))
    for alone in lone.values():
        gather(alone, people, aliases, translation, target, moved, no=True)
    before = {key: look(table, client, target, translation.translate(one).contact) for key, one in people.items()}
    work = run_of(source, writing, plan, folder, table)
    table.clock.advance(600)  # what was written is shown by now
    refused = {
        row.name: row.reason or ""
        for rows in work.journal.all_people(work.run)
        for row in rows
        if row.settled is Class.REFUSED
    }
    topics = {one["name"]: one["target_id"] for one in work.journal.things(work.run, "topic") if one["target_id"]}
    for key, contact in people.items():
        said = translation.translate(contact).contact
        named = target.name_of(said)
        assert named is not None
        reason = refused.get(work.journal.seal.name(named))
        if reason is not None:
            moved.classes["refused"] += 1
            there = "belongs to" in reason or "another contact" in reason or "is there already" in reason
            moved.losses["person", "conflicting" if there else "nameless"] += 1
            continue
        was, after = before[key], look(table, client, target, said)
        assert after is not None, "somebody was written and is not there"
        kind = "created" if was is None else "unchanged" if state_of(was) == state_of(after) else "updated"
        moved.classes[kind] += 1
        elsewhere = [no for ref in contact.identifiers() for no in blocks.get(ref.key, [])]
        seen = target.looking is not Looking.NOT
        compare(contact, was, after, plan, elsewhere, moved, seen=seen, topics=topics)
    work.journal.close()
    return moved


def run_of(source: Source, client: Client, plan: Plan, folder: Path, table: Bench) -> Work:
    """Return a run of a plan that is over."""
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    order = order_of(plan.approved(table.clock.now()), source, client)
    order = replace(order, live=False)
    journal.open_run(
        "run", kind=order.kind, source=source.name, target=order.target.name, order="{}", now=table.clock.now()
    )
    work = Work("run", order, journal, table.clock.now)
    PlainEngine().run(work)
    return work


def gather(
    one: Contact, people: dict[str, Contact], aliases: dict[str, str], translation: Translation, target: Target,
    moved: Moved, *, no: bool,
) -> None:  # fmt: skip
    done = translation.translate(one)
    ref = target.name_of(done.contact)
    binned = one.deleted and not no
    if binned or ref is None:
        moved.classes["left_out"] += 1
        moved.losses["person", "in_bin" if binned else "nameless"] += 1
        return
    key = aliases.get(ref.key, ref.key)
    if key in people:
        moved.classes["twice"] += 1
        moved.losses["person", "twice"] += 1
        people[key] = law.together(one, people[key])
    else:
        people[key] = one
    for other in (ref, *one.identifiers()):
        aliases.setdefault(other.key, key)


def compare(
    contact: Contact, before: Contact | None, after: Contact, plan: Plan,
    elsewhere: Sequence[law.OptOut], moved: Moved, *, seen: bool, topics: Mapping[str, str],
) -> None:  # fmt: skip
    """Count whatever of a person is not at the target as it is at the source. Knows nothing of types or rules."""
    lost = moved.losses
    if contact.deleted:
        return
    for name in ("email", "mobile", "own_id", "first_name", "last_name"):
        mine, theirs = getattr(contact, name), getattr(after, name)
        if mine and (mine.casefold() if name == "email" else mine) != (
            (theirs or "").casefold() if name == "email" else theirs
        ):
            lost["field", name] += 1
    for name in contact.custom_ids:
        if after.custom_ids.get(name) != contact.custom_ids[name]:
            lost["field", f"custom_ids.{name}"] += 1
    there = {one.source: one.target for one in plan.attributes}
    for name, value in contact.attributes.items():
        if value in (None, ""):
            continue
        kept = after.attributes.get(name)
        if kept is None and name.upper() in after.attributes and there.get(name) == name.upper():
            kept = after.attributes[name.upper()]  # names in capitals there are the same names
        if not as_it_was(value, kept):
            lost["attribute", name] += 1
    for channel in Channel:
        source = law.source_word(contact, channel, elsewhere)
        known = next((one for one in after.subscriptions if one.channel is channel and one.topic is None), None)
        status = known.status if known is not None else S.UNKNOWN
        told = next((one for one in contact.subscriptions if one.channel is channel and one.topic is None), None)
        no = status in (S.UNSUBSCRIBED, S.SUPPRESSED)
        if source.standing in (law.Standing.NO, law.Standing.BLOCKED):
            if not no:
                lost["opt_out", channel] += 1
            elif (
                told is not None
                and told.is_no
                and known is not None
                and (status, known.reason or told.reason) != (told.status, told.reason or known.reason)
            ):
                lost["state", f"{channel} {told.status}"] += 1
        elif source.standing is law.Standing.YES and status is not S.SUBSCRIBED and known is not None:
            if not seen and before is not None:
                continue  # nobody can foretell what a target says that cannot be read
            lost["closed", channel] += 1
        elif (
            source.standing is not law.Standing.YES
            and before is None
            and told is not None
            and status is not told.status
            and known is not None
        ):
            lost["closed", channel] += 1
        if source.standing is not law.Standing.YES and status is S.SUBSCRIBED:
            was = (
                next(
                    (one.status for one in before.subscriptions if one.channel is channel and one.topic is None),
                    None,
                )
                if before
                else None
            )
            has_address = contact.email if channel is Channel.EMAIL else contact.mobile
            moved.towards_contact += was is not S.SUBSCRIBED and bool(has_address)
        if (
            told is not None
            and told.changed_at is not None
            and (known is None or known.changed_at != told.changed_at)
        ):
            lost["time", channel] += 1
    for one in contact.subscriptions:
        if one.topic is not None and (one.is_yes or one.is_no):
            there_now = [kept for kept in after.subscriptions if kept.topic == topics.get(one.topic, "none")]
            arrived = (
                any(kept.is_no for kept in there_now) if one.is_no else any(kept.is_yes for kept in there_now)
            )
            lost["topic", one.topic] += not arrived
            was_in = before is not None and any(
                kept.is_yes for kept in before.subscriptions if kept.topic == topics.get(one.topic, "none")
            )
            moved.towards_contact += any(kept.is_yes for kept in there_now) and not was_in
    kept_evidence = {(kept.text, kept.given_at) for kept in after.consents}
    for channel in {one.channel for one in contact.consents if (one.text, one.given_at) not in kept_evidence}:
        lost["evidence", channel] += 1
    twice = len(after.consents) - len(kept_evidence)
    moved.losses["evidence kept", "twice"] += twice


def moment(text: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) and len(text) >= 10 else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)


def as_it_was(mine: Any, theirs: Any) -> bool:
    if moment(mine) is not None and moment(mine) == moment(theirs):
        return True  # the same time, printed otherwise
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return mine is theirs
    if isinstance(mine, (date, datetime)):
        try:
            read = datetime.fromisoformat(theirs) if isinstance(theirs, str) else None
        except ValueError:
            return False
        if read is None:
            return bool(mine == theirs)
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        mine = mine if isinstance(mine, datetime) else datetime(mine.year, mine.month, mine.day, tzinfo=UTC)
        return bool(read == mine)
    return bool(mine == theirs)


COVERS: Mapping[str, tuple[LossKind, ...]] = {
    "field": (LossKind.FIELD, LossKind.TARGET_STANDS),
    "attribute": (
        LossKind.ATTRIBUTE, LossKind.ATTRIBUTE_PUBLIC, LossKind.ATTRIBUTE_RENAMED, LossKind.ATTRIBUTE_NARROWED,
        LossKind.ATTRIBUTE_READ_ONLY, LossKind.ATTRIBUTE_MAPPED, LossKind.VALUE,
    ),
    "opt_out": (LossKind.OPT_OUT, LossKind.TARGET_STANDS),
    "state": (LossKind.STATE,),
    "closed": (LossKind.STATE_CLOSED, LossKind.TARGET_STANDS),
    "time": (LossKind.STATE_TIME,),
    "topic": (LossKind.TOPIC,),
    "evidence": (LossKind.EVIDENCE,),
    "evidence kept": (),
}  # fmt: skip
"""Which losses of a plan foretell which difference of one name."""
PERSONS = {
    "unreadable": LossKind.PERSON_UNREADABLE, "in_bin": LossKind.PERSON_IN_BIN, "twice": LossKind.PERSON_TWICE,
    "nameless": LossKind.PERSON_NAMELESS, "conflicting": LossKind.PERSON_CONFLICTING,
}  # fmt: skip


def foretold(plan: Plan, kind: str, name: str) -> int:
    if kind == "person":
        return sum(one.count or 0 for one in plan.losses if one.kind is PERSONS[name])
    return sum(one.count or 0 for one in plan.losses if one.kind in COVERS[kind] and one.name == name)


# ── one account, and many ────────────────────────────────────────────────────────────────────────────────────────


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


def account(source_name: str, target_name: str, seed: int, folder: Path) -> tuple[Plan, Moved, list[str]]:
    """Plan and move one generated account; returns what was planned, what was done, and what does not agree."""
    dice = random.Random(f"{source_name} {target_name} {seed}")
    size = dice.randint(*PEOPLE)
    match source_name:
        case "example":
            source = example_source(dice, size)
        case "dotdigital":
            source = dotdigital_source(dice, size)
        case "bundle":
            source = bundle_source(dice, size, folder)
        case _:
            source = csv_source(dice, size, folder)
    people = [one for page in source.people() for one in page.items if isinstance(one, Contact)]
    table, options = target_of(target_name, dice, people)
    seen = {name for one in people for name, value in one.attributes.items() if value not in (None, "")}
    mapping = mapping_of(dice, source_name, sorted(seen))
    plan = make_plan(source, Target(table.client(read_only=True, **options)), mapping=mapping)
    moved = move(source, table, options, plan, folder)
    wrong: list[str] = []
    counts = plan.people
    if not counts.adds_up:
        wrong.append(f"the classes do not add up: {counts}")
    for kind in ("created", "updated", "unchanged", "refused", "left_out", "twice"):
        planned, done = getattr(counts, kind), moved.classes[kind]
        if counts.unknown and kind in ("created", "updated", "unchanged"):
            continue
        if planned != done:
            wrong.append(f"{kind}: planned {planned}, done {done}")
    if counts.unknown:
        known = sum(moved.classes[kind] for kind in ("created", "updated", "unchanged"))
        if known != counts.unknown + counts.created + counts.updated + counts.unchanged:
            wrong.append(f"unknown: planned {counts.unknown}, done {known}")
    for (kind, name), times in sorted(moved.losses.items()):
        if times > foretold(plan, kind, name):
            wrong.append(f"lost {kind} {name}: {times}, planned {foretold(plan, kind, name)}")
    if moved.towards_contact:
        wrong.append(f"{moved.towards_contact} moved towards being contacted")
    source.close()
    return plan, moved, wrong


def pairs(accounts: int, seed: int, *, until: float | None = None, verbose: bool = True) -> int:
    """Plan and move so many accounts of every pair; returns how many do not agree with their plan."""
    bad = 0
    for source in SOURCES:
        for target in TARGETS:
            began = time.perf_counter()
            totals: Counter[str] = Counter()
            done = 0
            for number in range(accounts):
                if until is not None and time.monotonic() > until:
                    break
                with tempfile.TemporaryDirectory() as folder:
                    plan, moved, wrong = account(source, target, seed + number, Path(folder))
                done += 1
                totals.update(moved.classes)
                totals["losses"] += sum(moved.losses.values())
                totals["planned losses"] += sum(one.count or 0 for one in plan.losses)
                totals["unknown"] += plan.people.unknown
                totals["wrong"] += bool(wrong)
                for line in wrong:
                    print(f"  {source} to {target}, seed {seed + number}: {line}")
            bad += totals["wrong"]
            if verbose:
                print(
                    f"plan {source:>10} → {target:<18} {done:>3} accounts: {totals['created']:>4} created, "
                    f"{totals['updated']:>4} updated, {totals['unchanged']:>4} unchanged, "
                    f"{totals['unknown']:>4} of them not foretold, {totals['refused']:>3} refused, "
                    f"{totals['left_out']:>3} left out; {totals['losses']:>5} losses, "
                    f"{totals['planned losses']:>5} foretold; {totals['wrong']} wrong; "
                    f"{time.perf_counter() - began:.0f} s"
                )
    return bad


def prove(*, minutes: float | None = None, seed: int = 0, accounts: int = ACCOUNTS) -> int:
    """Print what was planned and done for every pair; fails where they do not agree."""
    until = time.monotonic() + minutes * 60 if minutes is not None else None
    bad = pairs(accounts, seed, until=until)
    print(f"plan: {bad} accounts of {len(SOURCES) * len(TARGETS)} pairs do not agree with their plan")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(prove(accounts=int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS))
