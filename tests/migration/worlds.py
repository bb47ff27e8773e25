"""Two pretended accounts with people in every state, and what a migration may and may not do to them.

A world is drawn from a seed. It knows the truth about everybody at any time, so that it can say after each
exchange whether somebody was moved towards being contacted.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from martech.client import Client
from martech.emulation import FaultKind
from martech.errors import MigrationStopped
from martech.migration.bundle import BundleSource, export
from martech.migration.engines import PlainEngine
from martech.migration.journal import Journal, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Order, Translation, Work
from martech.migration.phases import STEPS
from martech.migration.phases.steps import Step
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.contract import Source
from martech.migration.sources.files import FileSource
from martech.migration.target import Target
from martech.migration.verifying import Verified, verify
from martech.models import Channel, Consent, Contact, IfNew, Subscription, SubscriptionStatus, Topic
from martech.testing.clock import ManualClock
from martech.testing.connecting import Bench, bench

SOURCES = ("dotdigital", "example", "bundle", "csv")
TARGETS = ("dotdigital", "example", "dengage", "digital_onboarding")
CHANNELS = (Channel.EMAIL, Channel.SMS)
WORDS = "I agree to letters about gardening."
TOPIC = "Gardening"
FAULTS = (
    {"kind": FaultKind.CUT_BEFORE}, {"kind": FaultKind.CUT_AFTER}, {"kind": FaultKind.STATUS, "status": 503},
    {"kind": FaultKind.NONSENSE}, {"kind": FaultKind.SLOW, "seconds": 2.0},
)  # fmt: skip


class StoppedHere(BaseException):
    """The process dies here, as far as the code under test can tell."""


@dataclass(slots=True)
class Person:
    """One person and the truth about them."""

    number: int
    has_mobile: bool
    source: dict[Channel, str] = field(default_factory=dict)
    """`yes`, `no` or `silent`, as the source has it now."""
    no_since: dict[Channel, int] = field(default_factory=dict)
    """At which event the source came to say no."""
    evidence: bool = False
    at_target: dict[Channel, bool] = field(default_factory=dict)
    """Whether they could be contacted there before anything was written, or since by their own doing."""
    target_no: set[Channel] = field(default_factory=set)
    """On which channels they said no at the target."""
    topic: str | None = None
    """Whether they are `in` the topic at the source or `out` of it; None where they never said."""
    in_topic_at_target: bool = False
    """Whether they were in it there at the last look."""

    @property
    def email(self) -> str:
        return f"person-{self.number}@example.org"

    @property
    def key(self) -> str:
        return f"k-{self.number}"

    @property
    def mobile(self) -> str | None:
        return f"+4477009{self.number:05d}" if self.has_mobile else None

    def named(self) -> dict[str, Any]:
        given = {"email": self.email, "own_id": self.key, "first_name": f"Name {self.number}"}
        return given | ({"mobile": self.mobile} if self.mobile else {})


@dataclass
class World:
    """A source, a target, and everybody."""

    folder: Path
    seed: int = 0
    source_name: str = "dotdigital"
    target_name: str = "example"
    count: int = 20
    restore: bool = False
    rules: Rules = field(default_factory=Rules)
    plain: bool = False
    """Whether nobody has any state but yes and no, and nobody is at the target yet."""

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed}/{self.source_name}/{self.target_name}")
        self.clock = ManualClock()
        self.events = 0
        self.submitted_at = 0
        self.wrong: list[str] = []
        self.contactable: dict[tuple[int, Channel], bool] = {}
        self.stack = ExitStack()
        kind = self.source_name if self.source_name in ("dotdigital", "example") else "dotdigital"
        self.old = bench(kind, clock=self.clock)
        self.new = bench(self.target_name, clock=self.clock)
        self.on_exchange: Callable[[str], object] = lambda side: None
        self.people = [self._person(number) for number in range(self.count)]
        self._settle()
        self.has_topic = self.source_name in ("dotdigital", "bundle") and not self.plain
        self._fill_source(kind)
        self._fill_target()
        self.source = self._source()
        self.stack.callback(self.source.close)
        self.journal = Journal(f"sqlite:///{self.folder / 'journal.db'}")
        self.stack.callback(self.journal.close)
        self.runs = 0

    def __enter__(self) -> World:
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    # ── who there is ─────────────────────────────────────────────────────────────────────────────────────────

    def _person(self, number: int) -> Person:
        draw = self.random
        one = Person(number, has_mobile=not self.plain and draw.random() < 0.7)
        one.source[Channel.EMAIL] = draw.choice(("yes", "yes", "no"))
        if number < 2:
            one.source[Channel.EMAIL] = ("no", "yes")[number]
        one.source[Channel.SMS] = draw.choice(("yes", "no", "silent")) if one.has_mobile else "silent"
        if self.plain:
            one.source[Channel.SMS] = "silent"
        one.evidence = not self.plain and draw.random() < 0.3
        return one

    def _fill_source(self, kind: str) -> None:
        client = self.client(self.old)
        sms = client.supports("consent.unsubscribe", channel=Channel.SMS)
        evidence = client.supports("consent.record")
        for one in self.people:
            if not sms:
                one.source[Channel.SMS] = "silent"
            if self.source_name == "csv":
                one.source = {
                    channel: "silent" if word == "yes" and self.random.random() < 0.3 else word
                    for channel, word in one.source.items()
                }
            nos = [
                channel
                for channel in CHANNELS
                if one.source[channel] == "no" and (sms or channel is Channel.EMAIL)
            ]
            said = [Subscription(channel=channel, status=SubscriptionStatus.UNSUBSCRIBED) for channel in nos]
            if sms and one.has_mobile and one.source[Channel.SMS] == "silent":
                said.append(Subscription(channel=Channel.SMS, status=SubscriptionStatus.NOT_SUBSCRIBED))
            fields = one.named() | ({"subscriptions": tuple(said)} if said else {})
            one.evidence &= evidence and self.source_name != "csv"
            if one.evidence:
                fields["consents"] = (self.agreed(),)
            client.contacts.upsert(Contact(**fields), if_new=IfNew.VENDOR_DEFAULT)
            one.no_since = dict.fromkeys(nos, 0)
        if self.has_topic:
            topic = client.consent.create_topic(Topic(name=TOPIC)).id or ""
            for one in self.people:
                may_be_in = one.source[Channel.EMAIL] != "no"
                one.topic = self.random.choice(("in" if may_be_in else "out", "out", None))
                self._say_of_topic(client, one.email, topic, one.topic)
        client.close()

    def _say_of_topic(self, client: Client, person: str, topic: str, said: str | None) -> None:
        if said is not None:
            evidence = self.agreed().model_copy(update={"topic": topic})
            client.consent.set_topic(
                person, topic, subscribed=said == "in", evidence=evidence if said == "in" else None
            )

    def agreed(self) -> Consent:
        return Consent(
            channel=Channel.EMAIL, given_at=self.clock.now(), text=WORDS, source="https://example.org/form",
            ip_address="192.0.2.1", user_agent="test",
        )  # fmt: skip

    def _fill_target(self) -> None:
        client = self.client(self.new)
        sms = client.supports("consent.unsubscribe", channel=Channel.SMS)
        for one in self.people:
            draw = self.random.random()
            if self.plain or draw < 0.6:
                continue
            nos = [
                channel for channel in CHANNELS
                if self.random.random() < 0.5 and (channel is Channel.EMAIL or (sms and one.has_mobile))
            ]  # fmt: skip
            said = tuple(Subscription(channel=channel, status=SubscriptionStatus.UNSUBSCRIBED) for channel in nos)
            client.contacts.upsert_many([Contact(**one.named(), subscriptions=said)], if_new=IfNew.VENDOR_DEFAULT)
            one.target_no = set(nos)
            topics = self.has_topic and self.target_name == "dotdigital" and Channel.EMAIL not in nos
            if topics and self.random.random() < 0.5:
                topic = self._topic(self.new) or client.consent.create_topic(Topic(name=TOPIC)).id or ""
                self._say_of_topic(client, one.email, topic, "in")
                one.in_topic_at_target = True
        self._settle()
        client.close()
        for one in self.people:
            for channel in CHANNELS:
                state = bool(self.new.emulator.contactable(self.name(one), channel.value))
                one.at_target[channel] = self.contactable[one.number, channel] = state

    def _settle(self) -> None:
        for side in (self.old, self.new):
            side.emulator.catch_up()
        self.clock.advance(120)

    def name(self, one: Person) -> str:
        return one.email if self.target_name in ("dotdigital", "example") else one.key

    # ── both sides ───────────────────────────────────────────────────────────────────────────────────────────

    def client(self, side: Bench) -> Client:
        return side.client(account=self._account(side))

    def _account(self, side: Bench) -> str:
        return "old" if side is self.old else "new"

    def _topic(self, side: Bench) -> str | None:
        """Return the id of the topic at a side, which may not have it."""
        vendor: Any = side.emulator
        known = getattr(vendor, "preferences", {})
        return next((str(number) for number, one in known.items() if one.public_name == TOPIC), None)

    def in_topic(self, one: Person) -> bool:
        """Return whether somebody is in the topic at the target now."""
        topic, vendor = self._topic(self.new), self.new.emulator
        person = vendor.person(one.email) if topic is not None and self.target_name == "dotdigital" else None
        said = person.preferences.get(int(topic)) if person is not None and topic is not None else None
        return said is not None and said.opted_in

    def watched(self, side: Bench) -> Client:
        """Return a client whose every exchange is looked at."""
        emulator = side.emulator
        which = "source" if side is self.old else "target"

        def app(request: Any) -> Any:
            self.on_exchange(f"before {which}")
            try:
                return emulator(request)
            finally:
                self.events += 1
                self.look()
                self.on_exchange(f"after {which}")

        client = side.client(app=app, account=self._account(side))
        self.stack.callback(client.close)
        return client

    def _source(self) -> Source:
        if self.source_name in ("dotdigital", "example"):
            return ProviderSource(self.watched(self.old))
        if self.source_name == "bundle":
            account = ProviderSource(self.client(self.old))
            export(account, self.folder / "bundle")
            account.close()
            return BundleSource(self.folder / "bundle")
        return FileSource(self._csv(), "csv", layout=_layout())

    def _csv(self) -> Path:
        path = self.folder / "people.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "phone", "key", "first_name", "state email", "state sms"])
            words = {"yes": "in", "no": "out", "silent": ""}
            for one in self.people:
                states = [words[one.source[channel]] for channel in CHANNELS]
                rows.writerow([one.email, one.mobile or "", one.key, f"Name {one.number}", *states])
        return path

    def target(self) -> Target:
        return Target(self.watched(self.new), restore=self.restore, looks_at_once=1)

    # ── what people do meanwhile ─────────────────────────────────────────────────────────────────────────────

    @property
    def live(self) -> bool:
        return self.source_name in ("dotdigital", "example")

    def opt_out_at_source(self, one: Person) -> None:
        """Somebody says no at the source."""
        if not self.live:
            return
        with self.client(self.old) as client:
            client.consent.unsubscribe(one.email, channel=Channel.EMAIL)
        self.events += 1
        one.source[Channel.EMAIL] = "no"
        one.no_since.setdefault(Channel.EMAIL, self.events)

    def leave_topic_at_source(self, one: Person) -> None:
        """Somebody leaves the topic at the source."""
        topic = self._topic(self.old)
        if not self.live or not self.has_topic or topic is None:
            return
        with self.client(self.old) as client:
            client.consent.set_topic(one.email, topic, subscribed=False)
        one.topic = "out"

    def opt_out_at_target(self, one: Person) -> None:
        """Somebody who is there says no at the target."""
        emulator = self.new.emulator
        if emulator.contactable(self.name(one)) is None:
            return
        with self.client(self.new) as client:
            ref = Contact(**one.named()).identifier(*client._provider.contacts.written_by)
            assert ref is not None
            client.consent.unsubscribe(ref, channel=Channel.EMAIL)
        one.target_no.add(Channel.EMAIL)
        one.at_target[Channel.EMAIL] = False
        self.contactable[one.number, Channel.EMAIL] = False

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """Look whether anybody was moved towards being contacted since the last look."""
        for one in self.people:
            for channel in CHANNELS:
                state = bool(self.new.emulator.contactable(self.name(one), channel.value))
                if state and not self.contactable[one.number, channel]:
                    self._moved(one, channel)
                self.contactable[one.number, channel] = state
            if self.has_topic:
                now = self.in_topic(one)
                if now and not one.in_topic_at_target:
                    self.wrong.append(f"{self.name(one)}: was put into a topic")
                one.in_topic_at_target = now

    def look_quietly(self) -> None:
        """Take what is there now as what was there before."""
        for one in self.people:
            for channel in CHANNELS:
                state = bool(self.new.emulator.contactable(self.name(one), channel.value))
                one.at_target[channel] = self.contactable[one.number, channel] = state

    def _moved(self, one: Person, channel: Channel) -> None:
        if channel in one.target_no:
            self.wrong.append(f"{self.name(one)} {channel}: had said no at the target")
        elif one.source[channel] == "silent":
            self.wrong.append(f"{self.name(one)} {channel}: never said yes")
        elif one.source[channel] == "no" and one.no_since[channel] <= self.submitted_at:
            self.wrong.append(f"{self.name(one)} {channel}: had said no at the source")
        elif self.rules.require_evidence and not (one.evidence and channel is Channel.EMAIL):
            self.wrong.append(f"{self.name(one)} {channel}: carried without evidence")

    def lost_nos(self) -> list[str]:
        """Return whose no at the source did not reach the target, where they can be contacted."""
        return [
            f"{self.name(one)} {channel}"
            for one in self.people
            for channel in CHANNELS
            if one.source[channel] == "no" and self.new.emulator.contactable(self.name(one), channel.value)
        ] + [f"{self.name(one)} topic" for one in self.people if one.topic == "out" and self.in_topic(one)]

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, *, kind: Kind = Kind.FULL, **changes: Any) -> Order:
        target = changes.pop("target", None) or self.target()
        given: dict[str, Any] = {
            "source": self.source, "target": target, "translation": AsItIs(target.provider), "rules": self.rules,
            "kind": kind, "live": self.live,
        }  # fmt: skip
        return Order(**given | changes)

    def begin(self, order: Order) -> Work:
        self.runs += 1
        run = f"run-{self.runs}"
        self.journal.open_run(
            run,
            kind=order.kind,
            source=self.source.name,
            target=order.target.name,
            order="{}",
            now=self.clock.now(),
        )
        self.clock.advance(1)
        return Work(run, order, self.journal, self.clock.now)

    def run(
        self,
        order: Order | None = None,
        *,
        steps: Mapping[str, Step] = STEPS,
        watch: Callable[[str, str], object] = lambda boundary, step: None,
        resumes: int = 30,
        **engine: Any,
    ) -> Work:
        """Do a run, resuming it whenever it stops."""
        work = self.begin(order or self.order())
        self.go_on(work, steps=steps, watch=watch, resumes=resumes, **engine)
        return work

    def go_on(
        self,
        work: Work,
        *,
        steps: Mapping[str, Step] = STEPS,
        watch: Callable[[str, str], object] = lambda boundary, step: None,
        resumes: int = 30,
        **engine: Any,
    ) -> None:
        def watching(boundary: str, step: str) -> None:
            if boundary == "performing" and step.startswith('["submit"'):
                self.submitted_at = self.events
            watch(boundary, step)

        for _ in range(resumes):
            try:
                PlainEngine(watch=watching, steps=steps, **engine).run(work)
            except (MigrationStopped, StoppedHere):
                work.readers.clear()
                self.clock.advance(60)
                continue
            return
        raise AssertionError(f"the run did not end in {resumes} attempts: {self.journal.run(work.run)['why']}")

    def verify(self, work: Work, *, translation: Translation | None = None) -> Verified:
        with self.client(self.new) as client, ExitStack() as stack:
            source = self.source
            if self.live:
                source = ProviderSource(self.client(self.old))
                stack.callback(source.close)
            translation = translation or AsItIs(client._provider)
            return verify(
                self.journal, work.run, source=source, client=client, translation=translation,
                require_evidence=self.rules.require_evidence, restore=self.rules.restore,
            )  # fmt: skip


def _layout() -> Any:
    from martech.migration.sources.files import Layout

    states = {"in": SubscriptionStatus.SUBSCRIBED, "out": SubscriptionStatus.UNSUBSCRIBED}
    return Layout(columns={"state email": "state.email", "state sms": "state.sms"}, states=states)


def pairs() -> Iterator[tuple[str, str]]:
    """Yield the possible pairs; two of one name are two accounts at one vendor."""
    for source in SOURCES:
        for target in TARGETS:
            yield source, target


def fast_folder() -> str | None:
    """Return a folder in memory, where the machine has one."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None
