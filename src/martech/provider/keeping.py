"""What a vendor keeps of a contact that is written to it: what a migration can promise before it writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from martech.models import AttributeType, Channel, Consent, SubscriptionStatus

__all__ = ["Free", "Keeping", "NameRule"]

_S = SubscriptionStatus
_NOS: Mapping[SubscriptionStatus, SubscriptionStatus] = dict.fromkeys(
    (_S.UNSUBSCRIBED, _S.SUPPRESSED, _S.NOT_SUBSCRIBED), _S.UNSUBSCRIBED
)


class Free(StrEnum):
    """Whether a value may be written under a name that nobody has defined."""

    NO = "no"
    YES = "yes"
    PUBLIC = "public"
    """It may, and people outside can read it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRule:
    """How attributes may be called."""

    longest: int | None = None
    letters: str = ""
    """A regular expression for one letter; empty for any."""
    capitals: bool = False
    """Whether the vendor keeps names in capitals, so that names that differ only in case are one."""
    taken: frozenset[str] = frozenset()
    """Names that mean something else there, in lower case."""

    def problem(self, name: str) -> str | None:
        """Return why a name cannot be used, or None."""
        if not name.strip():
            return "is empty"
        if self.longest is not None and len(name) > self.longest:
            return f"is longer than {self.longest} letters"
        if self.letters and not re.fullmatch(f"(?:{self.letters})+", name):
            return "holds letters that the target does not take in names"
        return "means something else at the target" if name.casefold() in self.taken else None

    def fitted(self, name: str) -> str:
        """Return the nearest name that can be used."""
        if self.letters:
            name = "".join(one if re.fullmatch(self.letters, one) else "_" for one in name)
        name = name.upper() if self.capitals else name
        if name.casefold() in self.taken or not name.strip():
            name = f"x_{name.strip()}"
        return name if self.longest is None else name[: self.longest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What a vendor keeps of a contact that is written to it. What is not in here is lost, and a plan says so."""

    fields: frozenset[str] = frozenset({"email", "mobile", "first_name", "last_name"})
    """Which fields of a contact it has a place for; `own_id` and `custom_ids` among them where it has."""
    nos: Mapping[Channel, Mapping[SubscriptionStatus, SubscriptionStatus]] = field(
        default_factory=lambda: {Channel.EMAIL: _NOS}
    )
    """As what each state that forbids contact is read back, by channel; other channels are not kept."""
    opens: frozenset[Channel] = frozenset({Channel.EMAIL})
    """On which channels somebody new is subscribed of whom nothing is said; a setting of the account is not."""
    needs_address: bool = False
    """Whether the state of a channel is kept only for who has an address or number for it."""
    new_needs: frozenset[str] = frozenset()
    """Fields of which somebody new must have one; empty where any name will do."""
    topics: bool = False
    evidence: frozenset[str] | None = None
    """What a record of consent must have besides text and time to be kept; None where none is kept."""
    evidence_at_once: int = 0
    """How many records of consent one write of a contact may carry; 0 where it carries none."""
    types: Mapping[AttributeType, AttributeType] = field(default_factory=dict)
    """As what a type is kept where it has no place of its own."""
    names: NameRule = NameRule()
    free: Free = Free.NO
    fixed: Mapping[str, AttributeType] = field(default_factory=dict)
    """Attributes that are always there, where the vendor does not list them."""
    read_only: frozenset[str] = frozenset()
    """Attributes that only the vendor sets, in lower case."""
    longest_text: int | None = None
    shows: frozenset[str] | None = None
    """Which attributes a read shows, in lower case; None for all."""
    merge_tag: str | None = None
    """How a template names an attribute, with `NAME` in its place."""

    def keeps(self, consent: Consent) -> bool:
        """Return whether evidence has all that a record of it needs to be kept."""
        needs = self.evidence
        return needs is not None and bool(consent.text.strip()) and all(getattr(consent, one) for one in needs)

    def kept_as(self, kind: AttributeType) -> AttributeType:
        """Return as what type values of a type are kept."""
        return self.types.get(kind, kind)
