"""Nearly forty ways to break a run on purpose. Each is noticed, by `verify` or by who watches every exchange.

Nothing of ours is patched: a run is given a target, a source, steps or a course that leave something out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.migration.worlds import TOPIC, WORDS, World

from martech.emulation import FaultKind
from martech.migration.journal import Class, Group, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Translated, Work
from martech.migration.phases import STEPS, batch
from martech.migration.phases.course import migrate
from martech.migration.phases.steps import Step, Steps
from martech.migration.target import Target
from martech.models import (
    BulkResult,
    Channel,
    Consent,
    Contact,
    Dataset,
    ItemOutcome,
    ItemResult,
    Job,
    Page,
    Record,
    Subscription,
    SubscriptionStatus,
    Template,
    TemplateContent,
)

Alter = Callable[[Sequence[Contact]], Sequence[Contact | None]]


class AlteringTarget(Target):
    """A target that writes something else than it was given, and says that all went well."""

    def __init__(
        self, world: World, alter: Alter, after: Callable[[Target, Contact], object] | None = None
    ) -> None:
        super().__init__(world.watched(world.new), looks_at_once=1)
        self._alter, self._after = alter, after

    def hands_over(self, count: int) -> bool:
        del count
        return False

    def hand_over(self, contacts: Sequence[Contact]) -> Job:
        raise AssertionError("nothing is handed over here")

    def write(self, contacts: Sequence[Contact]) -> Sequence[ItemResult]:
        kept = [one for one in self._alter(contacts) if one is not None]
        if kept:
            super().write(kept)
        for one in contacts if self._after is not None else ():
            assert self._after is not None
            self._after(self, one)
        return [ItemResult(outcome=ItemOutcome.UPDATED) for _ in contacts]


def without(contact: Contact, *names: str, **changed: Any) -> Contact:
    fields = {name: getattr(contact, name) for name in contact.model_fields_set if name not in names}
    return Contact.giving(fields | changed)


def is_quiet(one: Subscription) -> bool:
    return one.status is SubscriptionStatus.NOT_SUBSCRIBED


class AlteringSource:
    """A source of which something is not told."""

    def __init__(
        self, world: World, pages: Callable[[Page[Any]], Page[Any] | None], *, members: bool = True
    ) -> None:
        self._source, self._pages, self._members = world.source, pages, members

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def people(self, after: str | None = None) -> Iterator[Page[Any]]:
        for page in self._source.people(after):
            kept = self._pages(page)
            if kept is not None:
                yield kept

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        return self._source.members(list_id, after) if self._members else iter(())


class Losing(AsItIs):
    """A translation that does something to everybody."""

    def __init__(self, world: World, change: Callable[[Contact], Contact]) -> None:
        with world.client(world.new) as client:
            super().__init__(client._provider)
        self._change = change

    def contact(self, contact: Contact) -> Translated:
        done = super().contact(contact)
        return Translated(self._change(done.contact), done.losses)


@dataclass
class Sabotage:
    """What a run is given that is not as it should be."""

    pair: tuple[str, str] = ("dotdigital", "example")
    target: Callable[[World], Target] | None = None
    source: Callable[[World], Any] | None = None
    translation: Callable[[World], Any] | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)
    course: Callable[[Steps, Kind], None] = migrate
    order: dict[str, Any] = field(default_factory=dict)
    before: Callable[[World], object] = lambda world: None
    meanwhile: Callable[[World], object] | None = None
    """Done once, when everybody was read."""
    rules: Rules = field(default_factory=Rules)
    ordered: Rules | None = None
    """The rules that were signed off, where the run goes by others."""


def noticed(name: str, folder: Path) -> str:
    """Run under a sabotage; return by what it was noticed, or nothing."""
    one = SABOTAGES[name]
    source, target = one.pair
    rules = one.ordered or one.rules
    with World(folder, 7, source, target, 16, rules=rules) as world:
        _on_lists(world)
        one.before(world)
        changes: dict[str, Any] = dict(one.order) | {"rules": one.rules}
        if one.target is not None:
            changes["target"] = one.target(world)
        if one.source is not None:
            changes["source"] = one.source(world)
        if one.translation is not None:
            changes["translation"] = one.translation(world)
        done = [one.meanwhile is None]

        def watch(boundary: str, step: str) -> None:
            if not done[0] and boundary == "performing" and step.startswith('["submit", "others"'):
                done[0] = True
                assert one.meanwhile is not None
                one.meanwhile(world)

        work = world.run(
            world.order(**changes), steps={**STEPS, **one.steps}, watch=watch, course=one.course, resumes=3
        )
        told = world.verify(work)
        found = ["verify"] if not told.green else []
        found += ["every exchange"] if world.wrong else []
        return " and ".join(found)


def untouched(folder: Path) -> str:
    """Return by what a run without any sabotage is objected to: nothing."""
    SABOTAGES[""] = Sabotage()
    try:
        return noticed("", folder)
    finally:
        del SABOTAGES[""]


def _on_lists(world: World) -> None:
    if not world.live:
        return
    with world.client(world.old) as client:
        made = client.lists.create("Friends")
        client.lists.add(made.id, [one.email for one in world.people[:8]])


# ── what is done to a run ────────────────────────────────────────────────────────────────────────────────────────


def _target(alter: Alter, after: Callable[[Target, Contact], object] | None = None) -> Callable[[World], Target]:
    return lambda world: AlteringTarget(world, alter, after)


def _each(change: Callable[[Contact], Contact | None]) -> Alter:
    return lambda contacts: [change(one) for one in contacts]


def _neighbours_no(contacts: Sequence[Contact]) -> Sequence[Contact]:
    said = [one.subscriptions for one in contacts]
    return [without(one, subscriptions=subs) for one, subs in zip(contacts, [*said[1:], *said[:1]], strict=True)]


def _says_yes(target: Target, contact: Contact) -> None:
    ref = target.name_of(contact)
    assert ref is not None
    evidence = Consent(channel=Channel.EMAIL, given_at=long_ago(), text=WORDS)
    row = target.provider.consent
    from martech.models import Yes

    target.client._runner.run(row.subscribe(ref, yes=Yes(Channel.EMAIL, evidence)), "sabotage")


def long_ago() -> Any:
    from datetime import UTC, datetime

    return datetime(2020, 1, 1, tzinfo=UTC)


def _all_subscribed(page: Page[Any]) -> Page[Any]:
    yes = (Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED),)
    return Page([without(one, subscriptions=yes) for one in page.items], page.next_cursor)


def _course(
    *, nos: bool = True, others: bool = True, sweep: bool = True, mend: bool = True
) -> Callable[[Steps, Kind], None]:
    """Return a course that leaves something out."""

    def course(steps: Steps, kind: Kind) -> None:
        class Leaving:
            def do(self, name: str, *arguments: Any) -> Any:
                if name == "sweep" and not sweep:
                    return {"next": None, "new": 0}
                if name == "reopen" and not mend:
                    return 0
                if name == "cuts" and not (nos if arguments[0] == "nos" else others):
                    return []
                return steps.do(name, *arguments)

            def sleep(self, seconds: float, name: str, *arguments: Any) -> None:
                steps.sleep(seconds, name, *arguments)

            def every(self, batches: Any) -> None:
                for one in batches:
                    batch(self, *one)

        migrate(Leaving(), kind)

    return course


def _cuts_miss_the_last(work: Work, group: str, again: str) -> Any:
    return [(low, high - 1) for low, high in STEPS["cuts"].perform(work, group, again)]


def _overruling(work: Work, *arguments: Any) -> Any:
    """Do the step, then subscribe whoever the source says yes of and the target no."""
    group, low, high, _ = arguments
    people = [row.contact for row in work.journal.people(work.run, group=Group(group), low=low, high=high)]
    done = STEPS["submit"].perform(work, *arguments)
    for contact in people:
        if contact is not None and contact.status(Channel.EMAIL) is SubscriptionStatus.SUBSCRIBED:
            _says_yes(work.order.target, contact)
    return done


def _lose_a_page(work: Work, connection: Any, value: Any, cursor: str | None) -> Any:
    half = {**value, "people": value["people"][: len(value["people"]) // 2]}
    return STEPS["read"].record(work, connection, half, cursor)


def _call_refusals_moved(work: Work, connection: Any, value: Any, *arguments: Any) -> Any:
    rows = [
        {**row, "class": Class.MOVED, "undelivered": False} if "class" in row else row for row in value["rows"]
    ]
    return STEPS["submit"].record(work, connection, {**value, "rows": rows}, *arguments)


def _all_unchanged(work: Work, group: str, low: int, high: int, again: str) -> Any:
    rows = work.journal.people(work.run, group=Group(group), low=low, high=high, open_only=True)
    told = [{"seq": row.seq, "class": Class.MOVED, "outcome": "unchanged", "undelivered": False} for row in rows]
    return {"rows": told, "job": None, "seqs": []}


class RefusingTarget(Target):
    """Refuses every third person."""

    def __init__(self, world: World) -> None:
        super().__init__(world.watched(world.new), looks_at_once=1)

    def hands_over(self, count: int) -> bool:
        del count
        return False

    def write(self, contacts: Sequence[Contact]) -> Sequence[ItemResult]:
        kept = [one for place, one in enumerate(contacts) if place % 3]
        super().write(kept)
        no = ItemResult(outcome=ItemOutcome.REFUSED, reason="not today")
        yes = ItemResult(outcome=ItemOutcome.UPDATED)
        return [yes if place % 3 else no for place in range(len(contacts))]


def _join_wrong(work: Work, list_id: str, times: int) -> Any:
    value = STEPS["join"].perform(work, list_id, times)
    names = [one["name"] for one in value["members"]]
    rows = work.journal.by_names(work.run, names)
    refs = [
        ref for row in rows.values() if row.contact is not None
        if (ref := work.order.target.name_of(row.contact)) is not None
    ]  # fmt: skip
    thing = work.journal.things(work.run, "list")
    target = next(one["target_id"] for one in thing if one["name"] == list_id)
    if refs:
        work.order.target.client.lists.remove(target, refs)
    return value


def _opt_outs_meanwhile(world: World) -> None:
    for one in world.people[:8]:
        if one.source[Channel.EMAIL] == "yes":
            world.opt_out_at_source(one)


def _moved_then_removed(world: World) -> None:
    """A first run, rightly; then some are removed at the target."""
    world.run()
    with world.client(world.new) as client:
        client.contacts.delete_many([one.email for one in world.people[:6]])
    world.look()


def _erased(world: World) -> None:
    work = world.begin(world.order())
    seal = work.journal.seal
    names = [seal.name(ref) for one in world.people[:6] for ref in Contact(**one.named()).identifiers()]
    world.journal.bury(names, world.clock.now())


def _forgetting(name: str) -> Callable[..., Any]:
    """Return a step that is done with a journal that has forgotten something."""

    def perform(work: Work, *arguments: Any) -> Any:
        return STEPS["submit"].perform(replace(work, journal=_Forgetful(work.journal, name)), *arguments)

    return perform


class _Forgetful:
    def __init__(self, journal: Any, name: str) -> None:
        self._journal, self._name = journal, name

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            return lambda *_: frozenset() if name == "erased" else {}
        return getattr(self._journal, name)


def _read_with_no_tombstones(work: Work, connection: Any, value: Any, cursor: str | None) -> Any:
    forgetful: Any = _Forgetful(work.journal, "erased")
    return STEPS["read"].record(replace(work, journal=forgetful), connection, value, cursor)


def _no_topics(contacts: Sequence[Contact]) -> Sequence[Contact]:
    return [
        without(one, subscriptions=tuple(said for said in one.subscriptions if said.topic is None))
        for one in contacts
    ]


def _into_the_topic(target: Target, contact: Contact) -> None:
    ref = target.name_of(contact)
    assert ref is not None
    topics = {one.name: one.id for one in target.client.consent.topics()}
    evidence = Consent(channel=Channel.EMAIL, given_at=long_ago(), text=WORDS, topic=topics[TOPIC])
    from martech.models import Yes

    row = target.provider.consent
    yes = Yes(Channel.EMAIL, evidence, topics[TOPIC])
    target.client._runner.run(row.topic_in(ref, topics[TOPIC] or "", yes=yes), "sabotage")


def _evidence_is_there(work: Work, connection: Any, value: Any, cursor: str | None) -> Any:
    seqs = work.journal.expected_evidence(work.run, most=10_000)
    rows = [{"seq": seq, "class": Class.MOVED} for seq in seqs]
    return STEPS["evidence_look"].record(work, connection, {**value, "rows": rows}, cursor)


def _templates_are_made(work: Work, cursor: str | None) -> Any:
    things = [
        {
            "part": "template",
            "name": f"t-{number}",
            "class": Class.MOVED,
            "target_id": f"{900 + number}",
            "made": True,
        }
        for number in range(2)
    ]
    return {"things": things if cursor is None else [], "next": None}


def _records_are_written(work: Work, dataset_id: str, cursor: str | None) -> Any:
    value = STEPS["records"].perform(replace(work, order=_writing_nothing(work)), dataset_id, cursor)
    return {**value, "job": None, "rows": [{**row, "class": Class.MOVED} for row in value["rows"]]}


def _writing_nothing(work: Work) -> Any:
    class Nothing:
        def __getattr__(self, name: str) -> Any:
            real = getattr(work.order.target.client.datasets, name)
            if name != "upsert_many":
                return real
            good = ItemResult(outcome=ItemOutcome.SAVED)
            return lambda dataset, records: BulkResult(items=tuple(good for _ in records))

    class Client:
        datasets = Nothing()

        def __getattr__(self, name: str) -> Any:
            return getattr(work.order.target.client, name)

        def why_not(self, verb: str, **arguments: Any) -> str | None:
            no = "not today" if verb == "datasets.start_import" else None
            return no or work.order.target.client.why_not(verb, **arguments)

    class Other:
        client = Client()

        def __getattr__(self, name: str) -> Any:
            return getattr(work.order.target, name)

    return replace(work.order, target=Other())


def _with_records(world: World) -> None:
    with world.client(world.old) as client:
        made = client.datasets.create(Dataset(id="", name="Branches"))
        client.datasets.upsert_many(made.id, [Record(key=f"b-{n}", values={"size": n}) for n in range(5)])


def _with_templates(world: World) -> None:
    with world.client(world.old) as client:
        content = TemplateContent(subject="Hello", html="<p>Hello</p>", text="Hello", sender_name="Shop")
        client.templates.create(Template(name="Letter", contents=(content,)))


def _fault(world: World) -> None:
    route = r"(POST|PUT) .*(people/batch|loads|people/)"
    world.new.emulator.faults.add(FaultKind.STATUS, route=route, times=4)


SABOTAGES: dict[str, Sabotage] = {
    "no write carries a no": Sabotage(target=_target(_each(lambda one: without(one, "subscriptions")))),
    "nobody new is made with a no": Sabotage(
        pair=("csv", "dotdigital"),
        target=_target(_each(lambda one: without(
            one, subscriptions=tuple(sub for sub in one.subscriptions if not is_quiet(sub))
        ))),
    ),
    "the no of whoever has a number is forgotten": Sabotage(
        target=_target(_each(lambda one: without(one, "subscriptions") if one.mobile else one))
    ),
    "the no goes to the neighbour": Sabotage(pair=("csv", "dotdigital"), target=_target(_neighbours_no)),
    "the person is made first and the no comes after": Sabotage(
        target=_target(
            _each(lambda one: without(one, "subscriptions")),
            lambda target, one: [
                target.client.consent.unsubscribe(one.email or "", channel=sub.channel)
                for sub in one.subscriptions
            ],
        )
    ),
    "everybody who is written is subscribed": Sabotage(target=_target(_each(lambda one: one), _says_yes)),
    "an opt-out at the target gives way to a yes of the source": Sabotage(
        pair=("csv", "example"), steps={"submit": replace(STEPS["submit"], perform=_overruling)}
    ),
    "the last of every batch is not written": Sabotage(target=_target(lambda some: some[:-1])),
    "every fifth person is not written": Sabotage(
        target=_target(lambda some: [one for place, one in enumerate(some) if place % 5])
    ),
    "nothing is written at all": Sabotage(target=_target(lambda some: [])),
    "who said no is not written": Sabotage(target=_target(_each(lambda one: None if one.subscriptions else one))),
    "two people swap their names": Sabotage(
        target=_target(lambda some: [
            without(one, first_name=other.first_name)
            for one, other in zip(some, [*some[1:], *some[:1]], strict=True)
        ])
    ),
    "texts are cut short": Sabotage(
        target=_target(_each(lambda one: without(one, first_name=(one.first_name or "")[:3])))
    ),
    "numbers are left out": Sabotage(target=_target(_each(lambda one: without(one, "mobile")))),
    "a page is dropped while it is read": Sabotage(source=lambda world: AlteringSource(world, lambda page: None)),
    "the last of every page is dropped": Sabotage(
        source=lambda world: AlteringSource(world, lambda page: Page(page.items[:-1], page.next_cursor))
    ),
    "half a page is lost on the way into the journal": Sabotage(
        steps={"read": replace(STEPS["read"], record=_lose_a_page)}
    ),
    "everybody is read as subscribed": Sabotage(
        pair=("example", "dotdigital"), source=lambda world: AlteringSource(world, _all_subscribed)
    ),
    "nobody is read as a member": Sabotage(
        source=lambda world: AlteringSource(world, lambda page: page, members=False)
    ),
    "members are taken off the list again": Sabotage(steps={"join": replace(STEPS["join"], perform=_join_wrong)}),
    "the phase of the nos is left out": Sabotage(course=_course(nos=False)),
    "the phase of the others is left out": Sabotage(course=_course(others=False)),
    "batches miss their last person": Sabotage(
        steps={"cuts": replace(STEPS["cuts"], perform=_cuts_miss_the_last)}
    ),
    "the last look for opt-outs is left out": Sabotage(
        course=_course(sweep=False), order={"live": False}, meanwhile=_opt_outs_meanwhile
    ),
    "nobody looks at the source again before writing": Sabotage(
        order={"live": False}, meanwhile=_opt_outs_meanwhile
    ),
    "who failed is not tried again": Sabotage(course=_course(mend=False), meanwhile=_fault),
    "refusals are called moved": Sabotage(
        target=RefusingTarget, steps={"submit": replace(STEPS["submit"], record=_call_refusals_moved)}
    ),
    "everybody is called unchanged": Sabotage(steps={"submit": replace(STEPS["submit"], perform=_all_unchanged)}),
    "the mapping loses the key": Sabotage(
        translation=lambda world: Losing(world, lambda one: without(one, "email"))
    ),
    "whoever was removed at the target comes back": Sabotage(
        before=_moved_then_removed, steps={"submit": replace(STEPS["submit"], perform=_forgetting("earlier"))}
    ),
    "the erased come back": Sabotage(
        before=_erased,
        steps={
            "read": replace(STEPS["read"], record=_read_with_no_tombstones),
            "submit": replace(STEPS["submit"], perform=_forgetting("erased")),
        },
    ),
    "evidence was required and is not asked for": Sabotage(ordered=Rules(require_evidence=True)),
    "the no of a topic is forgotten": Sabotage(pair=("bundle", "dotdigital"), target=_target(_no_topics)),
    "everybody who is written is put into the topic": Sabotage(
        pair=("bundle", "dotdigital"), target=_target(_each(lambda one: one), _into_the_topic)
    ),
    "evidence that never arrived is called kept": Sabotage(
        pair=("bundle", "dotdigital"),
        target=_target(_each(lambda one: without(one, "consents"))),
        steps={"evidence_look": replace(STEPS["evidence_look"], record=_evidence_is_there)},
    ),
    "templates are called made and are not": Sabotage(
        pair=("dotdigital", "dotdigital"), before=_with_templates,
        steps={"templates": replace(STEPS["templates"], perform=_templates_are_made)},
    ),
    "records are called written and are not": Sabotage(
        pair=("dotdigital", "dotdigital"), before=_with_records,
        steps={"records": replace(STEPS["records"], perform=_records_are_written)},
    ),
}  # fmt: skip
"""Every sabotage by what it does."""
