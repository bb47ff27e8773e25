"""A plan as a value: what a migration will do, in numbers and names, without anybody in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json

from martech.migration.mapping.losses import LossKind
from martech.migration.mapping.rules import MappingRules
from martech.migration.sources.contract import Part
from martech.models import AttributeDefinition, AttributeType

__all__ = [
    "PLAN_VERSION",
    "Approval",
    "AttributePlan",
    "Certainty",
    "Effort",
    "EvidenceCounts",
    "Loss",
    "PartPlan",
    "PeopleCounts",
    "Plan",
    "Side",
    "Undeliverable",
]

PLAN_VERSION: Final = 1


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Certainty(StrEnum):
    """How the numbers about the target came about."""

    COUNTED = "counted"
    """Everybody was looked up."""
    SAMPLED = "sampled"
    """Some were, and the numbers are drawn from them."""
    UNKNOWN = "unknown"
    """The target cannot be read."""


class Side(_Value):
    """One side of the migration."""

    name: str
    title: str
    people: int | None = None
    digest: str | None = None
    cannot: Mapping[str, str] = Field(default_factory=dict)


class PeopleCounts(_Value):
    """Everybody who was read at the source, each in one class; the classes add up to `read`."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    unknown: int = 0
    """Written, and nobody can tell whether they are there: the target cannot be read, or does not show enough."""
    refused: int = 0
    """The target will refuse them: another of their identifiers is somebody else's there, or they have too few."""
    held_back: int = 0
    """Not written, because of how the target has them: in its bin."""
    left_out: int = 0
    """Not written: unreadable, nameless, or only in the source's bin."""
    twice: int = 0
    """Written together with somebody of the same identifier."""
    certainty: Certainty = Certainty.COUNTED
    looked_at: int = 0
    """How many were looked up at the target."""

    @property
    def adds_up(self) -> bool:
        """Whether the classes add up."""
        return self.read == (
            self.created + self.updated + self.unchanged + self.unknown
            + self.refused + self.held_back + self.left_out + self.twice
        )  # fmt: skip


class EvidenceCounts(_Value):
    """How people come across as far as being contacted goes."""

    carried: int = 0
    """Subscribed at the source and at the target afterwards, on at least one channel."""
    with_evidence: int = 0
    without_evidence: int = 0
    opted_out: int = 0
    """Who says no on a channel that the target keeps: made with their no, before all others."""
    closed: int = 0
    """Of whom the source says neither: made with a no."""
    certainty: Certainty = Certainty.COUNTED
    """Where not everybody was looked up, whoever was not is taken as saying nothing at the target."""

    @property
    def caveat(self) -> str:
        """What is to be said of the numbers."""
        if self.certainty is Certainty.COUNTED:
            return ""
        return "at most so many, since whoever was not looked up may have said no at the target"


class Undeliverable(_Value):
    """Opt-outs that cannot be delivered to the right person, by reason."""

    reason: str
    people: int
    certainty: Certainty = Certainty.COUNTED

    @property
    def number(self) -> str:
        """How many people, as it is shown."""
        return _number(self.people, self.certainty)


class Loss(_Value):
    """One thing that does not arrive as it was."""

    kind: LossKind
    name: str
    count: int | None = None
    """How many people, or things, it is about; None where nobody can count it beforehand."""
    certainty: Certainty = Certainty.COUNTED
    what: str
    detail: str = ""
    choice: str
    change: str

    @property
    def number(self) -> str:
        """How many, as it is shown."""
        return _number(self.count, self.certainty)


def _number(count: int | None, certainty: Certainty = Certainty.COUNTED) -> str:
    about = "about " if certainty is Certainty.SAMPLED else ""
    return "?" if count is None else f"{about}{count:,}"


class AttributePlan(_Value):
    """What becomes of one attribute."""

    source: str
    kind: AttributeType
    target: str | None = None
    target_kind: AttributeType | None = None
    created: bool = False
    people: int = 0


class PartPlan(_Value):
    """What becomes of one part."""

    part: Part
    count: int | None = None
    moves: bool
    words: str

    @property
    def number(self) -> str:
        """How many, as it is shown."""
        return _number(self.count)


class Effort(_Value):
    """How much one step asks of a vendor."""

    step: str
    side: str
    requests: int
    minutes: float | None = None
    """At the vendor's declared limits; None where none is known."""
    why: str | None = None
    """Why it takes so many, where a choice of another kind takes fewer, and which."""


class Approval(_Value):
    """That somebody read the plan and took it on themselves."""

    digest: str
    approved_at: AwareDatetime
    by: str | None = None


class Plan(_Value):
    """What a migration will do."""

    version: int = PLAN_VERSION
    made_at: AwareDatetime
    source: Side
    target: Side
    people: PeopleCounts
    evidence: EvidenceCounts
    undeliverable: tuple[Undeliverable, ...] = ()
    losses: tuple[Loss, ...] = ()
    attributes: tuple[AttributePlan, ...] = ()
    parts: tuple[PartPlan, ...] = ()
    effort: tuple[Effort, ...] = ()
    mapping: MappingRules = MappingRules()
    source_attributes: Mapping[str, AttributeType] = Field(default_factory=dict)
    target_attributes: tuple[AttributeDefinition, ...] = ()
    rules: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What was ordered about consent, as the run's rules have it."""
    drift_at_most: float = 0.01
    """By which share the number of people at the source may have changed when a run begins; at least ten."""
    approval: Approval | None = None

    def digest(self) -> str:
        """Return a text that differs whenever anything of the plan does, the approval apart."""
        told: Any = self.model_dump(mode="json", exclude={"approval"})
        return sha256(to_json(_ordered(told))).hexdigest()

    @property
    def undelivered(self) -> int:
        """How many opt-outs cannot be delivered."""
        return sum(one.people for one in self.undeliverable)

    def approved(self, at: datetime, by: str | None = None) -> Plan:
        """Return the plan signed off as it stands."""
        return self.model_copy(update={"approval": Approval(digest=self.digest(), approved_at=at, by=by)})


def _ordered(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _ordered(told[name]) for name in sorted(told)}
    return [_ordered(one) for one in told] if isinstance(told, list) else told
