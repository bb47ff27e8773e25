"""What a verification found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from martech.migration.journal.words import CLASSES

__all__ = ["Finding", "Verified"]

MOST_FINDINGS = 200
"""How many findings of a sort are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one person, who is named by the number of their row in the journal."""

    seq: int
    words: str


@dataclass(slots=True)
class Verified:
    """What became of everybody a run read, and whether the consent law was kept."""

    run: str
    source: str
    target: str
    looked: bool
    """Whether the target could be read."""
    people: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    """Which fields differ, and of how many."""
    channels: dict[str, Counter[str]] = field(default_factory=dict)
    """By channel: how people stand at the source and at the target, as `source → target`."""
    with_evidence: int = 0
    without_evidence: int = 0
    """How many of those who may be contacted at the target came with evidence, and without."""
    violations: list[Finding] = field(default_factory=list)
    violation_count: int = 0
    undelivered: list[Finding] = field(default_factory=list)
    undelivered_count: int = 0
    unproven: list[str] = field(default_factory=list)
    never_read: int = 0
    """People at the source whom the run did not read, there when it began as far as anybody can tell."""
    new_since: int = 0
    changed_since: int = 0
    memberships: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    """Of how many people the evidence that the target keeps has arrived, is missing, or is not shown."""
    templates: Counter[str] = field(default_factory=Counter)
    """How many templates that were made have arrived, are missing, or are not shown."""
    records: Counter[str] = field(default_factory=Counter)
    """What became of the records of datasets, and why."""
    records_failed: int = 0
    records_missing: int = 0
    records_changed: int = 0
    """How many records have other values at the target than at the source."""
    things: Counter[str] = field(default_factory=Counter)
    open_run: str | None = None
    """Why the run is not over; None where it is."""

    def violated(self, seq: int, words: str) -> None:
        """Note that the consent law was broken."""
        self.violation_count += 1
        if len(self.violations) < MOST_FINDINGS:
            self.violations.append(Finding(seq, words))

    def not_delivered(self, seq: int, words: str) -> None:
        """Note an opt-out that did not reach the target."""
        self.undelivered_count += 1
        if len(self.undelivered) < MOST_FINDINGS:
            self.undelivered.append(Finding(seq, words))

    @property
    def adds_up(self) -> bool:
        """Whether everybody has exactly one class."""
        return sum(self.classes.values()) == self.people

    def objections(self) -> list[str]:
        """Return why it is not green; empty where it is."""
        told = [
            (self.open_run is not None, f"the run is not over: {self.open_run}"),
            (not self.adds_up, f"{self.people} people and {sum(self.classes.values())} classes"),
            (self.violation_count, f"{self.violation_count} people were moved towards being contacted"),
            (self.undelivered_count, f"{self.undelivered_count} opt-outs did not reach the target"),
            (self.never_read, f"{self.never_read} people at the source were never read"),
            (self.classes["failed"], f"{self.classes['failed']} people are not at the target as they should be"),
            (self.memberships["missing"], f"{self.memberships['missing']} memberships are missing"),
            (self.memberships["failed"], f"{self.memberships['failed']} memberships failed"),
            (self.evidence["missing"], f"the evidence of {self.evidence['missing']} people is missing"),
            (self.templates["missing"], f"{self.templates['missing']} templates are missing"),
            (self.records_failed, f"{self.records_failed} records of datasets failed"),
            (self.records_missing, f"{self.records_missing} records of datasets are missing"),
            (self.records_changed, f"{self.records_changed} records of datasets have other values"),
        ]
        return [words for wrong, words in told if wrong]

    @property
    def green(self) -> bool:
        """Whether nothing speaks against the run."""
        return not self.objections()

    def line(self) -> str:
        """Return the verdict in one line."""
        counted = ", ".join(f"{self.classes[one]} {one}" for one in CLASSES if self.classes[one])
        if self.green:
            proof = "" if self.looked else "; the target cannot be read, so this rests on its answers"
            return f"verified: {self.people} people = {counted or 'nobody'}; no opt-out lost{proof}"
        return f"not verified: {'; '.join(self.objections())} ({counted})"

    def plain(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        return {
            "run": self.run, "source": self.source, "target": self.target, "green": self.green,
            "line": self.line(),
            "objections": self.objections(), "looked": self.looked, "people": self.people,
            "classes": {one.value: self.classes[one] for one in CLASSES}, "reasons": dict(self.reasons),
            "losses": dict(self.losses), "fields": dict(self.fields),
            "channels": {name: dict(counted) for name, counted in self.channels.items()},
            "with_evidence": self.with_evidence, "without_evidence": self.without_evidence,
            "violations": [[one.seq, one.words] for one in self.violations],
            "violation_count": self.violation_count,
            "undelivered": [[one.seq, one.words] for one in self.undelivered],
            "undelivered_count": self.undelivered_count, "unproven": self.unproven, "never_read": self.never_read,
            "new_since": self.new_since, "changed_since": self.changed_since,
            "memberships": dict(self.memberships), "things": dict(self.things),
            "evidence": dict(self.evidence), "templates": dict(self.templates), "records": dict(self.records),
            "records_missing": self.records_missing, "records_changed": self.records_changed,
        }  # fmt: skip
