"""Making a plan: everybody is read once, looked up at the target, and judged as the run will judge them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from martech.errors import InvalidRequest, UnsupportedOperation
from martech.migration import law
from martech.migration.law import Judgement, OptOut, Rules, Standing, Verdict
from martech.migration.mapping import LossKind, Lost, MappingRules, Schema, Translation, resolved
from martech.migration.mapping.values import seen_type, type_of
from martech.migration.plan.drawing import is_drawn
from martech.migration.plan.estimating import effort
from martech.migration.plan.gathering import People
from martech.migration.plan.model import (
    AttributePlan,
    Plan,
    Side,
)
from martech.migration.plan.parts import Parts
from martech.migration.plan.tally import Tally
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.contract import Part, Source
from martech.migration.target import Looking, Target, differences
from martech.migration.things import names_at
from martech.models import (
    AttributeDefinition,
    AttributeType,
    Channel,
    Contact,
    Identifier,
    RejectedInput,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
)
from martech.provider.keeping import Keeping

__all__ = ["MOST_LOOKED_UP", "make_plan", "schema_of", "seen_attributes", "translation_of", "with_nos"]

MOST_LOOKED_UP = 10_000
"""How many people are looked up one by one; of more, so many are drawn."""
LIST_RATHER_THAN_LOOK_UP = 20
"""How many people of a page make up for one look-up: a target far larger than the source is not read whole."""

Watch = Callable[[str, int], object]
"""Is told of what is being done, and of how many people it has been done."""


def schema_of(target: Target, attributes: tuple[AttributeDefinition, ...] | None = None) -> Schema:
    """Return what a target takes; its attributes are asked for, one request or two, unless they are given.

    Raises:
        UnsupportedOperation: Its plugin does not say what it keeps of a contact.
    """
    keeping = target.provider.keeping
    if keeping is None:
        raise UnsupportedOperation(
            f"the plugin of {target.title} does not say what it keeps of a contact, so nothing can be promised",
            word="not_written",
            provider=target.provider.name,
        )
    client = target.client
    if attributes is None:
        attributes = tuple(client.attributes.list()) if client.supports("attributes.list") else ()
    bare = tuple(
        AttributeDefinition(name=one.name, type=one.type, is_built_in=one.is_built_in) for one in attributes
    )
    creates = client.supports("attributes.create")
    return Schema(target.title, keeping, bare, creates_attributes=creates, named_by=target.named_by)


def translation_of(plan: Plan, target: Target) -> Translation:
    """Return the translation that a plan was made with; no request is made."""
    return resolved(plan.mapping, plan.source_attributes, schema_of(target, plan.target_attributes))


def make_plan(
    source: Source,
    target: Target,
    *,
    mapping: MappingRules | None = None,
    rules: Rules | None = None,
    mapping_name: str = "the mapping",
    watch: Watch | None = None,
    most_looked_up: int = MOST_LOOKED_UP,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Plan:
    """Return what moving a source to a target will do. Reads both sides and writes to neither.

    Costs one reading of everybody at the source, and of the target either one of everybody or one request for each
    person up to `most_looked_up`.

    Raises:
        InvalidRequest: The mapping does not fit the two sides, or the source's people cannot be read.
        UnsupportedOperation: The target's plugin does not say what it keeps.
    """
    if (reason := source.cannot.get(Part.CONTACTS)) is not None:
        raise InvalidRequest(f"{source.title} cannot be read: {reason}")
    rules_of_mapping = mapping or MappingRules()
    if isinstance(source, ProviderSource):
        source.frozen_segments = frozenset(one for one, rule in rules_of_mapping.segments.items() if rule.as_list)
    with People() as people, People() as there, People() as written:
        making = _Making(
            source,
            target,
            rules_of_mapping,
            rules or Rules(),
            people,
            there,
            written,
            watch or _unwatched,
            most_looked_up,
        )
        return making.plan(mapping_name, now)


def _unwatched(what: str, count: int) -> None:
    del what, count


def topics_of(source: Source, target: Target, mapping: MappingRules) -> dict[str, str]:
    """Return which topic of the target each topic of the source becomes. One request, or none.

    One that a run makes first has its name in place of an id: nobody says anything of it there yet.
    """
    if not target.keeps_topics:
        return {}
    there = names_at(target.client, "topic")
    makes = target.client.supports("consent.create_topic")
    found: dict[str, str] = {}
    for one in source.topics():
        own = one.id or one.name
        name = mapping.name_of("topics", own, one.name)
        if name is not None and (name in there or makes):
            found[own] = there.get(name, f"new {name}")
    return found


@dataclass(slots=True)
class _Making:
    """One plan under way."""

    source: Source
    target: Target
    mapping: MappingRules
    rules: Rules
    people: People
    there: People
    written: People
    watch: Watch
    most_looked_up: int
    tally: Tally = field(default_factory=Tally)
    with_attribute: Counter[str] = field(default_factory=Counter[str])
    pages: Counter[str] = field(default_factory=Counter[str])
    attributes: dict[str, AttributeType] = field(default_factory=dict[str, AttributeType])
    topics: dict[str, str] = field(default_factory=dict[str, str])
    """The target's topics by the source's ids of them; those that a run makes have no id yet."""

    def plan(self, mapping_name: str, now: Callable[[], datetime]) -> Plan:
        """Read, look, judge, count."""
        stamp = self.source.stamp()
        schema = schema_of(self.target)
        self._read_source()
        translation = resolved(self.mapping, self.attributes, schema, name=mapping_name)
        self.topics = topics_of(self.source, self.target, self.mapping)
        keyed = self._keyed(translation)
        with keyed:
            looking = self._look(keyed)
            self._judge_all(keyed, translation, looking)
        parts = Parts(self.source, self.target, translation, self.topics)
        parts.look()
        self.tally.losses.update(parts.losses)
        counts = self.tally.people(readable=looking is not Looking.NOT)
        return Plan(
            made_at=now(),
            source=Side(
                name=self.source.name, title=self.source.title, digest=stamp.digest,
                people=self.tally.read if stamp.people is None and stamp.digest is not None else stamp.people,
                cannot={part.value: words for part, words in self.source.cannot.items()},
            ),
            target=Side(name=self.target.name, title=self.target.title, cannot=self._blind()),
            people=counts,
            evidence=self.tally.consent(counts.certainty),
            undeliverable=tuple(self.tally.undeliverable()),
            losses=self.tally.lost(parts.uncounted),
            attributes=tuple(self._attribute_plans(translation)),
            parts=tuple(parts.plans(counts.read)),
            effort=tuple(effort(self.source, self.target, counts, self.pages, parts.memberships)),
            mapping=self.mapping,
            source_attributes=dict(sorted(self.attributes.items())),
            target_attributes=tuple(schema.attributes),
            rules={
                "require_evidence": self.rules.require_evidence,
                "lift": self.rules.lift,
                "restore": self.rules.restore,
            },
        )  # fmt: skip

    @property
    def _keeping(self) -> Keeping:
        return schema_of(self.target, ()).keeping

    # ── reading the source ───────────────────────────────────────────────────────────────────────────────────

    def _read_source(self) -> None:
        """Keep everybody under all their names, with the types of what they have; then add the lone blocks."""
        seen: dict[str, set[AttributeType]] = defaultdict(set)
        for page in self.source.people():
            self.pages["people"] += 1
            for one in page.items:
                self.tally.read += 1
                if isinstance(one, RejectedInput):
                    self.tally.leave_out(LossKind.PERSON_UNREADABLE, "rows")
                    continue
                self.people.add(one, *one.identifiers())
                for name, value in one.attributes.items():
                    if value is not None and value != "":
                        seen[name].add(type_of(value))
                        self.with_attribute[name] += 1
            self.watch("reading the source", self.tally.read)
        self.attributes = attributes_of(self.source, seen)
        self._read_blocks()

    def _read_blocks(self) -> None:
        """Let every block reach whom it names; one that names nobody is somebody who is made with their no."""
        for page in self.source.suppressions():
            self.pages["suppressions"] += 1
            for one in page.items:
                ref = one.identifier
                found = self.people.find(ref)
                self.people.block(ref, one.channel, one.suppressed_at, one.reason)
                if found is not None:
                    continue
                self.tally.read += 1
                made = Contact.known_by(ref)
                if made is None:
                    self.tally.leave_out(LossKind.SUPPRESSION, "blocks")
                    self.tally.undelivered["a block on somebody whom only the source's own id names"] += 1
                else:
                    self.people.add(made, ref)
                    self.tally.losses[Lost(LossKind.SUPPRESSION, "blocks")] += 1

    # ── under what the target writes them by ─────────────────────────────────────────────────────────────────

    def _keyed(self, translation: Translation) -> People:
        """Return everybody who is written, each once, under the name that the target goes by."""
        keyed = People()
        for contact in self.people:
            elsewhere = self._elsewhere(contact)
            translated = translation.translate(contact)
            ref = self.target.name_of(translated.contact)
            no = self._says_no(contact, elsewhere)
            if contact.deleted and not no:
                self.tally.leave_out(LossKind.PERSON_IN_BIN, "people")
            elif ref is None:
                self.tally.leave_out(LossKind.PERSON_NAMELESS, "people")
                if no:
                    self.tally.undelivered["nothing names them at the target"] += 1
            elif (found := keyed.find(ref)) is not None:
                self.tally.classes["twice"] += 1
                self.tally.losses[Lost(LossKind.PERSON_TWICE, "people")] += 1
                keyed.change(found[0], partial(law.together, contact))
                keyed.name(found[0], *contact.identifiers())
            else:
                keyed.add(contact, ref, *contact.identifiers())
        return keyed

    def _elsewhere(self, contact: Contact) -> list[OptOut]:
        return [
            OptOut(channel, at, reason)
            for ref in contact.identifiers()
            for channel, at, reason in self.people.blocks(ref)
        ]

    def _says_no(self, contact: Contact, elsewhere: list[OptOut]) -> bool:
        words = (law.source_word(contact, channel, elsewhere) for channel in self.target.channels)
        return any(word.standing in (Standing.NO, Standing.BLOCKED) for word in words)

    # ── looking at the target ────────────────────────────────────────────────────────────────────────────────

    def _look(self, keyed: People) -> Looking:
        """Read the target whole, or decide to look people up one by one."""
        looking = self.target.looking
        if looking is not Looking.BY_LIST:
            return looking
        client = self.target.client
        size = client.contacts.count() if client.supports("contacts.count") else None
        by_key = client.supports("contacts.get")
        if by_key and size is not None and size > max(1000, len(keyed) * LIST_RATHER_THAN_LOOK_UP):
            return Looking.BY_KEY
        for page in self.target.everybody(None):
            self.pages["target"] += 1
            for one in page.items:
                self.there.add(one, *one.identifiers())
            self.watch("reading the target", len(self.there))
        return looking

    def _known(self, ref: Identifier, looking: Looking, share: float) -> tuple[Contact | None, bool]:
        """Return somebody as the target has them, and whether anybody looked."""
        if looking is Looking.BY_LIST:
            self.tally.shown.looked += 1
            found = self.there.find(ref)
            return (None if found is None else found[1]), True
        if looking is Looking.NOT or not is_drawn(ref, share):
            return None, False
        self.tally.shown.looked += 1
        self.pages["looked_up"] += 1
        return self.target.client.contacts.find(ref), True

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────────────

    def _judge_all(self, keyed: People, translation: Translation, looking: Looking) -> None:
        """Judge everybody, in the run's order: who says no goes first."""
        share = min(1.0, self.most_looked_up / len(keyed)) if len(keyed) else 1.0
        done = 0
        for first in (True, False):
            for contact in keyed:
                elsewhere = self._elsewhere(contact)
                if self._says_no(contact, elsewhere) is first:
                    self._judge(contact, elsewhere, translation, looking, share)
                    done += 1
                    if done % 200 == 0:
                        self.watch("judging", done)
        self.watch("judging", done)

    def _judge(
        self, contact: Contact, elsewhere: list[OptOut], translation: Translation, looking: Looking, share: float
    ) -> None:
        translated = translation.translate(contact)
        ref = self.target.name_of(translated.contact)
        if ref is None:
            raise InvalidRequest("people who are one at the target are nobody once put together")
        known, seen = self._known(ref, looking, share)
        if seen and known is None and (earlier := self.written.find(ref)) is not None:
            # Somebody before them in this very run has made them, under another of their names.
            known = earlier[1]
        judgement = law.judge(
            contact, known, seen=seen, channels=self.target.channels, rules=self.rules, elsewhere=elsewhere,
            topics=self.topics,
        )  # fmt: skip
        self.tally.losses.update(translated.lost)
        said = with_nos(translated.contact, judgement, known, self._keeping)
        conflicting = judgement.refusal is None and self._is_anothers(said, ref, looking)
        kind = "refused" if conflicting else self._class(said, known, judgement, seen=seen)
        if kind in ("created", "updated", "unchanged", "unknown"):
            sides = said.identifiers() if known is None else (*said.identifiers(), *known.identifiers())
            self.written.add(said, ref, *sides)
        self.tally.classes[kind] += 1
        self.tally.shown.judged += 1
        if seen and not conflicting:
            self.tally.shown.classes[kind] += 1
        if kind in ("refused", "held_back"):
            if judgement.opted_out:
                why = "the target will refuse them" if kind == "refused" else "they are in the target's bin"
                (self.tally.undelivered if conflicting else self.tally.shown.undelivered)[why] += 1
            return
        # Of somebody of whom nothing differs nothing is written, not even a stronger no.
        stays = known if kind == "unchanged" else None
        self._count_consent(translated.contact, contact, known, judgement, elsewhere, seen=seen, stays=stays)

    def _is_anothers(self, said: Contact, ref: Identifier, looking: Looking) -> bool:
        """Return, and note, whether another of somebody's identifiers is somebody else's."""
        kinds = self.target.provider.contacts.written_by
        others = [one for one in said.identifiers() if one.kind in kinds and one.key != ref.key]
        conflicting = any(_names_another(side, one, ref) for one in others for side in (self.there, self.written))
        self.tally.holders_unseen |= bool(others) and looking is not Looking.BY_LIST
        if conflicting:
            self.tally.losses[Lost(LossKind.PERSON_CONFLICTING, "people")] += 1
        return conflicting

    def _class(self, said: Contact, known: Contact | None, judgement: Judgement, *, seen: bool) -> str:
        if judgement.refusal is not None:
            return "held_back"
        needs = self._keeping.new_needs
        if seen and known is None and needs and not any(getattr(said, name) for name in needs):
            lost = Lost(LossKind.PERSON_NAMELESS, "people", "too little to be made of at the target")
            self.tally.shown.losses[lost] += 1
            return "refused"
        if not seen:
            return "unknown"
        if known is None:
            return "created"
        shows = self.target.shows
        if differences(said, known, shows=shows):
            return "updated"
        hidden = shows is not None and any(name.casefold() not in shows for name in said.attributes)
        return "unknown" if hidden else "unchanged"

    def _count_consent(
        self, written: Contact, contact: Contact, known: Contact | None, judgement: Judgement,
        elsewhere: list[OptOut], *, seen: bool, stays: Contact | None,
    ) -> None:  # fmt: skip
        carried, proven = False, False
        for channel, verdict in judgement.verdicts.items():
            source = law.source_word(contact, channel, elsewhere)
            said = next((one for one in judgement.nos if one.channel is channel), None)
            if source.standing is Standing.YES:
                there = law.target_word(known, channel, seen=seen).standing
                # Whoever is subscribed on both sides is carried as well: nothing is said, and nothing changes.
                opens = channel in self._keeping.opens or known is not None
                carries = (verdict is Verdict.CARRY and opens) or verdict is Verdict.LIFT or there is Standing.YES
                if verdict is Verdict.CARRY and not opens and not _unkept(channel, written, known, self._keeping):
                    self.tally.losses[
                        Lost(LossKind.STATE_CLOSED, channel, "new people are not subscribed there")
                    ] += 1
                carried, proven = carried or carries, proven or (carries and source.evidence is not None)
                if not carries and verdict is Verdict.STAND:
                    self.tally.shown.losses[Lost(LossKind.TARGET_STANDS, channel)] += 1
                if carries and not seen:
                    self.tally.shown.unlooked.add(channel)
            if said is not None:
                if not _unkept(channel, written, known, self._keeping):
                    self._count_no(contact, said, source.standing, stays)
                elif source.standing in (Standing.NO, Standing.BLOCKED):
                    self.tally.losses[Lost(LossKind.OPT_OUT, channel, "nothing is kept without an address")] += 1
            elif verdict is Verdict.STAND and source.standing in (Standing.NO, Standing.BLOCKED):
                self.tally.shown.losses[Lost(LossKind.TARGET_STANDS, channel, "later evidence there")] += 1
        self.tally.losses.update(Lost(LossKind.OPT_OUT, channel) for channel in judgement.lost)
        self.tally.losses.update(Lost(LossKind.TOPIC, topic) for topic in judgement.lost_topics)
        self.tally.losses.update(
            {Lost(LossKind.STATE_TIME, one.channel) for one in contact.subscriptions if one.changed_at is not None}
        )
        if judgement.opted_out:
            self.tally.evidence["opted_out"] += 1
        elif carried:
            self.tally.evidence["with" if proven else "without"] += 1
        elif judgement.nos:
            self.tally.evidence["closed"] += 1

    def _count_no(self, contact: Contact, said: Subscription, standing: Standing, stays: Contact | None) -> None:
        """Count what becomes of a state that does not allow contact."""
        kept = self._keeping.nos[said.channel].get(said.status, said.status)
        kept = kept if stays is None else stays.status(said.channel)
        reason = (
            SuppressionReason.BY_HAND if kept is SubscriptionStatus.SUPPRESSED else SuppressionReason.UNSUBSCRIBED
        )
        if standing not in (Standing.NO, Standing.BLOCKED):
            why = "without evidence" if standing is Standing.YES else ""
            self.tally.losses[Lost(LossKind.STATE_CLOSED, said.channel, why)] += 1
            return
        told = contact.status(said.channel)
        origin = told if told is not SubscriptionStatus.UNKNOWN else said.status
        if kept is not origin:
            self.tally.losses[Lost(LossKind.STATE, f"{said.channel} {origin}", f"kept as {kept}")] += 1
        elif said.reason not in (None, reason):
            self.tally.losses[
                Lost(LossKind.STATE, f"{said.channel} {origin}", f"without its reason ({said.reason})")
            ] += 1

    def _attribute_plans(self, translation: Translation) -> Iterator[AttributePlan]:
        for name, route in sorted(translation.routes.items()):
            into = route.target if route.target is not None else " + ".join(route.fields) or None
            yield AttributePlan(
                source=name, kind=route.kind, target=into,
                target_kind=route.target_kind if route.target is not None else None,
                created=route.creates, people=self.with_attribute[name],
            )  # fmt: skip

    def _blind(self) -> Mapping[str, str]:
        client = self.target.client
        said = {verb: client.why_not(verb) for verb in ("contacts.get", "contacts.list")}
        return {verb: words for verb, words in said.items() if words is not None}


def attributes_of(source: Source, seen: Mapping[str, Collection[AttributeType]]) -> dict[str, AttributeType]:
    """Return the attributes of a source with their types: as they are defined, else as their values were seen."""
    found = {one.name: one.type for one in source.attributes() if one.name in seen or not one.is_built_in}
    for name, kinds in seen.items():
        if found.get(name, AttributeType.UNKNOWN) is AttributeType.UNKNOWN:
            found[name] = seen_type(kinds)
    return found


def seen_attributes(source: Source) -> dict[str, AttributeType]:
    """Return the attributes of a source with their types; reads everybody."""
    seen: dict[str, set[AttributeType]] = defaultdict(set)
    for page in source.people():
        for one in page.items:
            if isinstance(one, Contact):
                for name, value in one.attributes.items():
                    if value is not None and value != "":
                        seen[name].add(type_of(value))
    return attributes_of(source, seen)


def with_nos(said: Contact, judgement: Judgement, known: Contact | None, keeping: Keeping) -> Contact:
    """Return a translated contact with the states that go into its write.

    A no for a channel that the person has no address for is left out where the target keeps none without.
    """
    kept = tuple(one for one in judgement.nos if not _unkept(one.channel, said, known, keeping))
    kept += judgement.topics
    return said.model_copy(update={"subscriptions": kept}) if kept else said


def _unkept(channel: Channel, said: Contact, known: Contact | None, keeping: Keeping) -> bool:
    if not keeping.needs_address:
        return False
    sides = (said,) if known is None else (said, known)
    return not any(one.email if channel is Channel.EMAIL else one.mobile for one in sides)


def _names_another(side: People, other: Identifier, ref: Identifier) -> bool:
    """Return whether an identifier is somebody else's than who is written."""
    holder, mine = side.find(other), side.find(ref)
    return holder is not None and (mine is None or mine[0] != holder[0])
