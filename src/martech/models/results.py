"""Results: what became of each input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field, SecretStr

from martech.models.base import PERSONAL, Answer, Model
from martech.models.identifiers import Identifier

__all__ = ["BulkResult", "EnrolmentResult", "ItemOutcome", "ItemResult", "RejectedInput"]


class ItemOutcome(StrEnum):
    """What became of one input."""

    CREATED = "created"
    """It was not there and now is."""
    UPDATED = "updated"
    """It was there and now is as asked."""
    SAVED = "saved"
    """It now is as asked; the vendor does not say whether it was there before."""
    UNCHANGED = "unchanged"
    """It already was as asked."""
    REMOVED = "removed"
    """It was there and is no longer."""
    ACCEPTED = "accepted"
    """The vendor took it and will decide later, or never says."""
    CHALLENGED = "challenged"
    """The person was asked to confirm."""
    SUPERSEDED = "superseded"
    """A later input of the same call names the same thing; that one was used."""
    NOT_FOUND = "not_found"
    """There is no such thing at the vendor; nothing was done."""
    REFUSED = "refused"
    """It was not done, and the reason says why."""
    FAILED = "failed"
    """It could not be done now; it may be tried again."""
    UNKNOWN = "unknown"
    """Nobody can tell whether it was done."""


_GOOD = frozenset({
    ItemOutcome.CREATED, ItemOutcome.UPDATED, ItemOutcome.SAVED, ItemOutcome.UNCHANGED, ItemOutcome.REMOVED,
    ItemOutcome.ACCEPTED, ItemOutcome.CHALLENGED, ItemOutcome.SUPERSEDED,
})  # fmt: skip


class ItemResult(Answer):
    """What became of one input of a call."""

    position: int = 0
    """Where the input stood, counted from 0 over the whole call or stream."""
    outcome: ItemOutcome
    identifier: Identifier | None = Field(default=None)
    """By what the contact was addressed."""
    vendor_id: str | None = None
    """The vendor's id of what was written, where it is known."""
    reason: str | None = None
    """Why it was refused, in words for a person; personal data masked."""
    code: str | None = None
    """The vendor's own code for the reason."""
    contactable: bool | None = None
    """For a contact that was created: whether it may now be contacted. None where it was there or nobody knows."""
    minted: str | None = Field(default=None, json_schema_extra=PERSONAL)
    """The own id that was made up for the contact, where the caller asked for that."""

    @property
    def ok(self) -> bool:
        """Whether it was done or taken."""
        return self.outcome in _GOOD

    def at(self, position: int) -> ItemResult:
        """Return the same result for another position."""
        return self if position == self.position else self.model_copy(update={"position": position})


@dataclass(frozen=True, slots=True)
class RejectedInput:
    """An input that could not be read. It goes along with the others, so that there is a result for it too."""

    reason: str
    """Why, in words for a person, without the value."""
    line: int | None = None
    """Where it stood in its file, counted from 1."""


class EnrolmentResult(ItemResult):
    """What became of one person who was to be enrolled."""

    enrolment_id: str | None = None
    link: SecretStr | None = None
    """A personal link the vendor made; whoever has it sees the person's page."""


class BulkResult(Model):
    """One result per input, in the order of the inputs."""

    items: tuple[ItemResult, ...] = Field(repr=False)
    finished_at: datetime | None = None

    def __len__(self) -> int:
        return len(self.items)

    def results(self) -> Iterator[ItemResult]:
        """Iterate over the results."""
        return iter(self.items)

    @property
    def counts(self) -> dict[ItemOutcome, int]:
        """How many inputs had which outcome; outcomes that did not occur are left out."""
        return dict(Counter(item.outcome for item in self.items))

    @property
    def problems(self) -> Sequence[ItemResult]:
        """The results that are not ok."""
        return [item for item in self.items if not item.ok]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())
        return f"<BulkResult of {len(self.items)}: {counts or 'nothing'}>"
