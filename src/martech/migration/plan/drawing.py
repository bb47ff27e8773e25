"""Of many people some are looked up at the target; what was found of them is told of everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

from martech.migration.mapping.losses import Lost
from martech.models import Channel, Identifier

__all__ = ["Drawn", "is_drawn", "shared_out"]

T = TypeVar("T")


@dataclass(slots=True)
class Drawn:
    """What was found of those who were looked up."""

    looked: int = 0
    """How many were."""
    judged: int = 0
    """How many there are, looked up or not."""
    classes: Counter[str] = field(default_factory=Counter[str])
    losses: Counter[Lost] = field(default_factory=Counter[Lost])
    undelivered: Counter[str] = field(default_factory=Counter[str])
    unlooked: set[Channel] = field(default_factory=set[Channel])
    """The channels on which somebody who was not looked up is subscribed at the source; they may say no there."""

    @property
    def is_sample(self) -> bool:
        """Whether some were looked up and others were not."""
        return 0 < self.looked < self.judged

    def of_everybody(self, counts: Counter[T]) -> Counter[T]:
        """Return how many that makes of all, if the others are like those who were looked up."""
        return Counter({one: round(count * self.judged / self.looked) for one, count in counts.items()})


def is_drawn(ref: Identifier, share: float) -> bool:
    """Return whether somebody is among those who are looked up; the same people each time."""
    if share >= 1:
        return True
    return int.from_bytes(blake2b(ref.key.encode(), digest_size=8).digest()) < share * 2**64


def shared_out(count: int, drawn: Counter[str]) -> Mapping[str, int]:
    """Return so many people shared out as those who were drawn are, to the last one."""
    total = drawn.total()
    shares = {name: count * times / total for name, times in drawn.items()}
    whole = {name: int(share) for name, share in shares.items()}
    left = count - sum(whole.values())
    for name in sorted(shares, key=lambda one: whole[one] - shares[one])[:left]:
        whole[name] += 1
    return whole
