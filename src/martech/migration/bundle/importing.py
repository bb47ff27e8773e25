"""Reading a bundle, or any source, into an account: who says no first, each with their no in the write itself.

This is for what fits into an hour. It keeps no journal and is resumed by doing it again, which is harmless:
whoever is as wanted is not written. A migration that must be proven is a plan and a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from martech.migration import law
from martech.migration.journal.words import Class
from martech.migration.law import OptOut, Rules, Standing
from martech.migration.mapping import Translation
from martech.migration.mapping.tables import fitted_record
from martech.migration.mapping.templates import moved_template
from martech.migration.plan.gathering import People
from martech.migration.plan.making import with_nos
from martech.migration.records import NOBODYS, columns_at, written_records
from martech.migration.sources.contract import Part, Source
from martech.migration.target import Looking, Target, differences
from martech.migration.things import (
    There,
    Thing,
    make_attribute,
    make_dataset,
    make_list,
    make_template,
    make_topic,
    names_at,
)
from martech.models import Contact, Dataset, Identifier, Record, RejectedInput

__all__ = ["Brought", "bring"]

T = TypeVar("T")

AT_ONCE = 200
Watch = Callable[[Part, int], object]


@dataclass(slots=True)
class Brought:
    """What became of everything, by part and outcome, and why what was refused was."""

    counts: dict[Part, Counter[str]] = field(default_factory=dict[Part, Counter[str]])
    reasons: Counter[tuple[Part, str]] = field(default_factory=Counter[tuple[Part, str]])
    undelivered: int = 0
    """How many opt-outs did not reach anybody at the target."""

    def note(self, part: Part, outcome: str, reason: str | None = None) -> None:
        """Count one item."""
        self.counts.setdefault(part, Counter())[outcome] += 1
        if reason is not None:
            self.reasons[part, reason] += 1


def bring(
    source: Source,
    target: Target,
    translation: Translation,
    *,
    rules: Rules | None = None,
    watch: Watch | None = None,
) -> Brought:
    """Write everything that a source has and a target takes.

    Raises:
        MartechError: Something concerns everybody, such as refused credentials. What was written stays.
    """
    with People() as people:
        return _Bringing(source, target, translation, rules or Rules(), people, watch or _unwatched).all()


def _unwatched(part: Part, count: int) -> None:
    del part, count


@dataclass(slots=True)
class _Bringing:
    """One import under way."""

    source: Source
    target: Target
    translation: Translation
    rules: Rules
    people: People
    watch: Watch
    brought: Brought = field(default_factory=Brought)
    topics: dict[str, str] = field(default_factory=dict[str, str])
    """The target's topics by the source's ids of them."""

    def all(self) -> Brought:
        """Write part after part."""
        self._attributes()
        self._topics()
        self._blocks()
        self._gather()
        done = 0
        for first in (True, False):
            for some in _several(one for one in self.people if self._says_no(one) is first):
                self._write(some)
                done += len(some)
                self.watch(Part.CONTACTS, done)
        self._lists()
        self._templates()
        self._datasets()
        return self.brought

    def _attributes(self) -> None:
        there = self._there("attribute")
        for one in self.translation.created():
            self._note(Part.ATTRIBUTES, make_attribute(self.target.client, one, there))

    def _topics(self) -> None:
        """Make topics, so that who is out of one can be told with the person."""
        if not self.target.keeps_topics:
            return
        there = self._there("topic")
        for one in self.source.topics():
            name = self.translation.rules.name_of("topics", one.id or one.name, one.name)
            made = make_topic(self.target.client, one, name, there)
            self._note(Part.TOPICS, made)
            if made.target_id is not None:
                self.topics[made.name] = made.target_id

    def _there(self, part: str) -> There:
        names = names_at(self.target.client, part)
        return There(names, names)

    def _note(self, part: Part, thing: Thing) -> None:
        outcomes = {Class.SKIPPED: "left out", Class.REFUSED: "refused"}
        outcome = outcomes.get(thing.settled, "created" if thing.made else "unchanged")
        self.brought.note(part, outcome, thing.reason if thing.settled is not Class.MOVED else None)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────

    def _blocks(self) -> None:
        for page in self.source.suppressions():
            for one in page.items:
                self.people.block(one.identifier, one.channel, one.suppressed_at, one.reason)

    def _gather(self) -> None:
        """Take everybody, each once, under what the target writes them by; lone blocks become people."""
        seen = 0
        for page in self.source.people():
            for one in page.items:
                if isinstance(one, RejectedInput):
                    self.brought.note(Part.CONTACTS, "left out", one.reason)
                else:
                    self._take(one)
            seen += len(page.items)
        for blocks in self.source.suppressions():
            for block in blocks.items:
                if self.people.find(block.identifier) is None:
                    self._take_block(block.identifier)

    def _take(self, one: Contact) -> None:
        done = self.translation.translate(one)
        ref = self.target.name_of(done.contact)
        if one.deleted and not self._says_no(one):
            self.brought.note(Part.CONTACTS, "left out", "only in the source's bin")
        elif ref is None:
            self.brought.note(Part.CONTACTS, "left out", "nothing names them at the target")
            self.brought.undelivered += self._says_no(one)
        elif (found := self.people.find(ref)) is not None:
            self.brought.note(Part.CONTACTS, "put together")
            self.people.change(found[0], lambda known: law.together(one, known))
        else:
            self.people.add(one, ref, *one.identifiers())

    def _take_block(self, ref: Identifier) -> None:
        made = Contact.known_by(ref)
        if made is None:
            self.brought.note(Part.SUPPRESSIONS, "left out", "only the source's own id names them")
            self.brought.undelivered += 1
            return
        self._take(made)

    def _elsewhere(self, contact: Contact) -> list[OptOut]:
        return [
            OptOut(channel, at, reason)
            for ref in contact.identifiers()
            for channel, at, reason in self.people.blocks(ref)
        ]

    def _says_no(self, contact: Contact) -> bool:
        words = (law.source_word(contact, one, self._elsewhere(contact)) for one in self.target.channels)
        return any(word.standing in (Standing.NO, Standing.BLOCKED) for word in words)

    def _write(self, some: Sequence[Contact]) -> None:
        written: list[Contact] = []
        noes: list[bool] = []
        said = [self.translation.translate(one).contact for one in some]
        seen = self.target.looking is not Looking.NOT
        refs = [ref for one in said if (ref := self.target.name_of(one)) is not None]
        known = self.target.look_up(refs) if seen else [None] * len(refs)
        for contact, one, there in zip(some, said, known, strict=True):
            judged = law.judge(
                contact, there, seen=seen, channels=self.target.channels, rules=self.rules,
                elsewhere=self._elsewhere(contact), topics=self.topics,
            )  # fmt: skip
            if judged.refusal is not None:
                self.brought.note(Part.CONTACTS, "left out", judged.refusal)
                self.brought.undelivered += judged.opted_out
                continue
            whole = with_nos(one, judged, there, self.translation.target.keeping)
            # Whoever can be looked up was looked up just now; of the others nobody knows what is kept already.
            evidence = self.target.missing(contact.consents, there.consents if there else ()) if seen else ()
            if 0 < len(evidence) <= self.target.evidence_at_once:
                whole = whole.model_copy(update={"consents": evidence})
            elif there is not None and not differences(whole, there):
                self.brought.note(Part.CONTACTS, "unchanged")
                continue
            written.append(whole)
            noes.append(judged.opted_out)
        if not written:
            return
        for result, no in zip(self.target.write(written), noes, strict=True):
            self.brought.note(Part.CONTACTS, result.outcome, None if result.ok else result.reason)
            self.brought.undelivered += no and not result.ok

    # ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────

    def _lists(self) -> None:
        there = self._there("list")
        for one in self.source.lists():
            name = self.translation.rules.name_of("lists", one.id, one.name)
            made = make_list(self.target.client, one.id, name, there)
            self._note(Part.LISTS, made)
            if made.target_id is not None:
                self._members(one.id, made.target_id)

    def _members(self, source_list: str, target_list: str) -> None:
        client = self.target.client
        members = (one for page in self.source.members(source_list) for one in page.items)
        done = 0
        for some in _several(members):
            refs = [ref for one in some if (ref := self._ref(one)) is not None]
            for _ in range(len(some) - len(refs)):
                self.brought.note(Part.MEMBERSHIPS, "left out", "nothing names them at the target")
            if not refs:
                continue
            no = client.why_not("lists.add", refs=refs)
            if no is not None:
                for _ in refs:
                    self.brought.note(Part.MEMBERSHIPS, "left out", no)
                continue
            for result in client.lists.add(target_list, refs).items:
                self.brought.note(Part.MEMBERSHIPS, result.outcome, None if result.ok else result.reason)
            done += len(some)
            self.watch(Part.MEMBERSHIPS, done)

    def _ref(self, member: Contact) -> Identifier | None:
        """Return by what a member is written; the lists of a source may name people otherwise than the target."""
        ref = self.target.name_of(self.translation.translate(member).contact)
        if ref is not None:
            return ref
        found = next((one for name in member.identifiers() if (one := self.people.find(name)) is not None), None)
        return None if found is None else self.target.name_of(self.translation.translate(found[1]).contact)

    def _templates(self) -> None:
        rules, tag = self.translation.rules, self.translation.target.keeping.merge_tag
        there = self._there("template")
        for page in self.source.templates():
            for one in page.items:
                name = rules.name_of("templates", one.id or one.name, one.name)
                wanted = moved_template(one, name, rules, tag) if name is not None else None
                self._note(Part.TEMPLATES, make_template(self.target.client, one.id or one.name, wanted, there))

    def _datasets(self) -> None:
        there = self._there("dataset")
        for one in self.source.datasets():
            name = self.translation.rules.name_of("datasets", one.id, one.name)
            made = make_dataset(self.target.client, one, name, there)
            self._note(Part.DATASETS, made)
            if made.target_id is not None:
                self._records(one, made.target_id)

    def _records(self, dataset: Dataset, dataset_id: str) -> None:
        no = self.target.client.why_not("datasets.upsert_many")
        columns = columns_at(self.target.client, dataset_id)
        for some in _several(record for page in self.source.records(dataset) for record in page.items):
            if no is not None:
                for _ in some:
                    self.brought.note(Part.DATASETS, "left out", no)
                continue
            owners = [self._owner(one) for one in some]
            whose = [one.contact is None or owner is not None for one, owner in zip(some, owners, strict=True)]
            for _ in range(whose.count(False)):
                self.brought.note(Part.DATASETS, "left out", NOBODYS)
            kept = [
                fitted_record(one, columns, owner)[0]
                for one, owner, goes in zip(some, owners, whose, strict=True)
                if goes
            ]
            for result in written_records(self.target, dataset_id, kept):
                self.brought.note(Part.DATASETS, result.outcome, None if result.ok else result.reason)

    def _owner(self, record: Record) -> Identifier | None:
        """Return by what whoever a record belongs to is written at the target."""
        found = self.people.find(record.contact) if record.contact is not None else None
        return None if found is None else self.target.name_of(self.translation.translate(found[1]).contact)


def _several(items: Iterator[T]) -> Iterator[list[T]]:
    items = iter(items)
    while some := list(islice(items, AT_ONCE)):
        yield some
