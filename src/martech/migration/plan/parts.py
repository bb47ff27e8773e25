"""The parts besides people: lists, segments, topics, templates, the past, datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from martech.migration.mapping import LossKind, Lost, Translation
from martech.migration.plan.model import PartPlan
from martech.migration.plan.templates import image_hosts, merge_tags
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.contract import Part, Source
from martech.migration.target import Target

__all__ = ["Parts"]


class Parts:
    """What becomes of the parts besides people."""

    def __init__(self, source: Source, target: Target, translation: Translation, people: int) -> None:
        self._source, self._target, self._translation, self._people = source, target, translation, people
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
            name = self._translation.list_name(one)
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
        if found := self._source.topics():
            self._plan(Part.TOPICS, len(found), "kept in the journal and the bundle", moves=False)

    def _templates(self) -> None:
        no = self._target.client.why_not("templates.create")
        count = 0
        rules = self._translation.rules
        for page in self._source.templates():
            for one in page.items:
                count += 1
                if no is not None:
                    self.losses[Lost(LossKind.TEMPLATE, one.name, no)] += 1
                    continue
                for tag, times in merge_tags(one).items():
                    known = rules.merge_tags.get(tag)
                    self.losses[Lost(LossKind.MERGE_TAG, tag, f"becomes {known}" if known else "")] += times
                for host, times in image_hosts(one).items():
                    self.losses[Lost(LossKind.IMAGE, host)] += times
        if count:
            self._plan(Part.TEMPLATES, count, no or "made by martech bundle import, not by a run", moves=False)

    def _history(self) -> None:
        count = sum(len(page.items) for page in self._source.history())
        if count:
            self.losses[Lost(LossKind.HISTORY, "campaigns")] += count
            self._plan(Part.HISTORY, count, "kept in a bundle of the source", moves=False)

    def _datasets(self) -> None:
        found = self._source.datasets()
        no = self._target.client.why_not("datasets.create")
        for one in found:
            if no is not None:
                self._lose(Lost(LossKind.DATASET, one.name, no), one.size)
        if found:
            self._plan(Part.DATASETS, len(found), no or "made by martech bundle import, not by a run", moves=False)
