"""The parts besides people: lists, segments, topics, templates, the past, datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from martech.migration.mapping import LossKind, Lost, Translation
from martech.migration.mapping.templates import image_hosts, merge_tags
from martech.migration.plan.model import PartPlan
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.contract import Part, Source
from martech.migration.target import Target
from martech.migration.things import LEFT_OUT

__all__ = ["Parts"]


class Parts:
    """What becomes of the parts besides people."""

    def __init__(
        self, source: Source, target: Target, translation: Translation, topics: Mapping[str, str]
    ) -> None:
        self._source, self._target, self._translation = source, target, translation
        self._topics_moved = topics
        self.losses: Counter[Lost] = Counter()
        self.uncounted: list[Lost] = []
        self.memberships = 0
        self._plans: list[PartPlan] = []

    def plans(self, people: int) -> Iterator[PartPlan]:
        """Yield what becomes of each part."""
        yield PartPlan(part=Part.CONTACTS, count=people, moves=True, words="written")
        yield from self._plans

    def look(self) -> None:
        """Read what there is of each part."""
        made = list(self._translation.created())
        if made:
            names = ", ".join(one.name for one in made[:8]) + (" …" if len(made) > 8 else "")
            self._plan(Part.ATTRIBUTES, len(made), f"made at the target: {names}", moves=True)
        self._lists()
        self._segments()
        self._topics()
        self._templates()
        self._history()
        self._datasets()
        if isinstance(self._source, ProviderSource):
            self.uncounted.append(Lost(LossKind.DELETION, "people"))

    def _plan(self, part: Part, count: int | None, words: str, *, moves: bool) -> None:
        self._plans.append(PartPlan(part=part, count=count, moves=moves, words=words))

    def _lose(self, one: Lost, count: int | None) -> None:
        if count is None:
            self.uncounted.append(one)
        else:
            self.losses[one] += count

    def _lists(self) -> None:
        lists = list(self._source.lists())
        if not lists:
            return
        client = self._target.client
        there = {one.name for one in client.lists.list()} if client.supports("lists.list") else set[str]()
        no, no_members = client.why_not("lists.create"), client.why_not("lists.add")
        moved = 0
        for one in lists:
            name = self._translation.rules.name_of("lists", one.id, one.name)
            if name is None:
                self._lose(Lost(LossKind.LIST, one.name, "dropped by the mapping"), one.size)
            elif no is not None and name not in there:
                self._lose(Lost(LossKind.LIST, one.name, no), one.size)
            else:
                moved += 1
                self.memberships += one.size or 0
                if no_members is not None:
                    self._lose(Lost(LossKind.MEMBERSHIP, one.name, no_members), one.size)
        self._plan(Part.LISTS, len(lists), f"{moved} of {len(lists)} made or found at the target", moves=moved > 0)
        moves = no_members is None and moved > 0
        self._plan(Part.MEMBERSHIPS, self.memberships, no_members or "put on their lists", moves=moves)

    def _segments(self) -> None:
        found = self._source.segments()
        frozen = self._source.frozen_segments if isinstance(self._source, ProviderSource) else frozenset[str]()
        for one in found:
            if one.id not in frozen:
                self._lose(Lost(LossKind.SEGMENT, one.name), one.size)
        if found:
            kept = sum(one.id in frozen for one in found)
            self._plan(
                Part.SEGMENTS, len(found), f"{kept} become lists, {len(found) - kept} nothing", moves=kept > 0
            )

    def _topics(self) -> None:
        if not (found := self._source.topics()):
            return
        moved = len(self._topics_moved)
        words = f"{moved} of {len(found)} made or found at the target; who is out of one is told there"
        kept = words if self._target.keeps_topics else "kept in the journal and the bundle"
        self._plan(Part.TOPICS, len(found), kept, moves=moved > 0)

    def _templates(self) -> None:
        no = self._target.client.why_not("templates.create")
        count = 0
        rules = self._translation.rules
        for page in self._source.templates():
            for one in page.items:
                count += 1
                left_out = rules.name_of("templates", one.id or one.name, one.name) is None
                if no is not None or left_out:
                    self.losses[Lost(LossKind.TEMPLATE, one.name, no or LEFT_OUT)] += 1
                    continue
                for tag, times in merge_tags(one).items():
                    known = rules.merge_tags.get(tag)
                    self.losses[Lost(LossKind.MERGE_TAG, tag, f"becomes {known}" if known else "")] += times
                for host, times in image_hosts(one).items():
                    self.losses[Lost(LossKind.IMAGE, host)] += times
        if count:
            words = no or "made at the target, unless it has one of that name; it may refuse some"
            self._plan(Part.TEMPLATES, count, words, moves=no is None)

    def _history(self) -> None:
        count = sum(len(page.items) for page in self._source.history())
        if count:
            self.losses[Lost(LossKind.HISTORY, "campaigns")] += count
            self._plan(Part.HISTORY, count, "kept in a bundle of the source", moves=False)

    def _datasets(self) -> None:
        client, cannot = self._target.client, self._source.cannot.get(Part.DATASETS)
        no = cannot or client.why_not("datasets.create") or client.why_not("datasets.upsert_many")
        found = self._source.datasets()
        for one in found:
            name = self._translation.rules.name_of("datasets", one.id, one.name)
            if no is not None or name is None:
                self._lose(Lost(LossKind.DATASET, one.name, no or LEFT_OUT), one.size)
            else:
                # Which columns and kinds it takes, only the target knows.
                self._lose(Lost(LossKind.DATASET, one.name, "only records that the target may refuse"), None)
        if found:
            words = no or "made at the target, with every record that it takes"
            self._plan(Part.DATASETS, len(found), words, moves=no is None)
