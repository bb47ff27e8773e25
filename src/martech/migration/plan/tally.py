"""What a plan counts while it goes through everybody, and what it tells of it in the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from martech.migration.mapping import CHOICES, LossKind, Lost
from martech.migration.plan.drawing import Drawn, shared_out
from martech.migration.plan.model import Certainty, EvidenceCounts, Loss, PeopleCounts, Undeliverable

__all__ = ["Tally"]

T = TypeVar("T", str, Lost)


@dataclass(slots=True)
class Tally:
    """Counts of people, consent and losses. What only a look at the target shows is counted apart."""

    read: int = 0
    classes: Counter[str] = field(default_factory=Counter[str])
    evidence: Counter[str] = field(default_factory=Counter[str])
    losses: Counter[Lost] = field(default_factory=Counter[Lost])
    undelivered: Counter[str] = field(default_factory=Counter[str])
    shown: Drawn = field(default_factory=Drawn)
    """What only a look at the target shows of somebody."""
    holders_unseen: bool = False
    """Whether somebody has identifiers of which nobody could see who else has them at the target."""

    def leave_out(self, kind: LossKind, name: str) -> None:
        """Count somebody who is not written."""
        self.classes["left_out"] += 1
        self.losses[Lost(kind, name)] += 1

    def people(self, *, readable: bool) -> PeopleCounts:
        """Return everybody by class; whoever was not looked up is shared out as those who were."""
        classes = self.classes.copy()
        certainty = Certainty.COUNTED if readable else Certainty.UNKNOWN
        unseen = classes["unknown"] - self.shown.classes["unknown"]
        if self.shown.is_sample and self.shown.classes and unseen:
            certainty = Certainty.SAMPLED
            classes["unknown"] -= unseen
            classes.update(shared_out(unseen, self.shown.classes))
        return PeopleCounts(read=self.read, certainty=certainty, looked_at=self.shown.looked, **classes)

    def consent(self, certainty: Certainty) -> EvidenceCounts:
        """Return how people come across as far as being contacted goes."""
        return EvidenceCounts(
            carried=self.evidence["with"] + self.evidence["without"],
            with_evidence=self.evidence["with"],
            without_evidence=self.evidence["without"],
            opted_out=self.evidence["opted_out"],
            closed=self.evidence["closed"],
            certainty=certainty,
        )

    def undeliverable(self) -> Iterator[Undeliverable]:
        """Yield how many opt-outs cannot be delivered, and why."""
        for counted, certainty in self._both(self.undelivered, self.shown.undelivered):
            for reason, people in counted.most_common():
                yield Undeliverable(reason=reason, people=people, certainty=certainty)

    def lost(self, uncounted: list[Lost]) -> tuple[Loss, ...]:
        """Return every loss by kind and name, those that nobody can count among them."""
        grouped: dict[tuple[LossKind, str, Certainty], list[tuple[str, int]]] = defaultdict(list)
        for counted, certainty in self._both(self.losses, self.shown.losses):
            for one, count in counted.items():
                grouped[one.kind, one.name, certainty].append((one.detail, count))
        found = [
            _loss(
                Lost(kind, name, "; ".join(sorted({detail for detail, _ in details if detail}))),
                sum(count for _, count in details),
                certainty,
            )
            for (kind, name, certainty), details in grouped.items()
        ]
        found += [_loss(one) for one in (*uncounted, *self._unseen())]
        order = list(LossKind)
        return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.name)))

    def _unseen(self) -> Iterator[Lost]:
        """Yield what may be lost of people whom nobody looked up."""
        standing = {one.name for one in self.shown.losses if one.kind is LossKind.TARGET_STANDS}
        if self.shown.is_sample:
            for channel in self.shown.unlooked - standing:
                yield Lost(LossKind.TARGET_STANDS, channel, "nobody among those who were looked up")
        if self.holders_unseen:
            words = "whom their other identifiers belong to is seen only where everybody is read"
            yield Lost(LossKind.PERSON_CONFLICTING, "people", words)

    def _both(self, counted: Counter[T], shown: Counter[T]) -> Iterator[tuple[Counter[T], Certainty]]:
        """Yield what was counted, and what is drawn from those who were looked up where not everybody was."""
        if self.shown.is_sample:
            yield counted, Certainty.COUNTED
            yield self.shown.of_everybody(shown), Certainty.SAMPLED
        else:
            yield counted + shown, Certainty.COUNTED


def _loss(lost: Lost, count: int | None = None, certainty: Certainty = Certainty.COUNTED) -> Loss:
    what, choice, change = CHOICES[lost.kind]
    return Loss(
        kind=lost.kind, name=lost.name, count=count, certainty=certainty, what=what, detail=lost.detail,
        choice=choice, change=change,
    )  # fmt: skip
