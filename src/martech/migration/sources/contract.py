"""What a migration reads from: an account, a bundle, a file, all behind the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from martech.models import (
    AttributeDefinition,
    Campaign,
    Contact,
    ContactList,
    Dataset,
    Page,
    Record,
    RejectedInput,
    Report,
    Segment,
    Suppression,
    Template,
    Topic,
)

__all__ = ["Input", "Part", "Past", "Source", "Stamp"]

Input = Contact | RejectedInput
"""A person, or what stood where one should and could not be read: it is counted, and never skipped silently."""


class Part(StrEnum):
    """What there is to move, in the order in which it is moved."""

    ATTRIBUTES = "attributes"
    LISTS = "lists"
    SEGMENTS = "segments"
    TOPICS = "topics"
    CONTACTS = "contacts"
    SUBSCRIPTIONS = "subscriptions"
    """The state of each person on each channel."""
    CONSENT = "consent"
    """The evidence."""
    SUPPRESSIONS = "suppressions"
    MEMBERSHIPS = "memberships"
    TEMPLATES = "templates"
    HISTORY = "history"
    """Campaigns that were sent, with their counts."""
    DATASETS = "datasets"


@dataclass(frozen=True, slots=True)
class Past:
    """One campaign of the past, with its counts where they could be read."""

    campaign: Campaign
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """How large a source is and what tells its states apart, cheaply; None where nobody can say."""

    people: int | None = None
    digest: str | None = None
    """A text that differs whenever the contents do. Only what is kept in files has one."""


class Source(Protocol):
    """Where a migration reads. Blocking; in bounded memory; every listing goes on from the cursor of a page.

    Where a part cannot be read, `cannot` says why, and its method gives nothing. Raises `MartechError` as the
    vendor's answers or the broken lines of a file have it.
    """

    @property
    def name(self) -> str:
        """By what plans and journals know it: the same for the same account, folder or file."""
        ...

    @property
    def title(self) -> str:
        """How it is called among people."""
        ...

    @property
    def cannot(self) -> Mapping[Part, str]:
        """The parts that cannot be read here, each with the sentence that says why."""
        ...

    def stamp(self) -> Stamp:
        """Return how large it is now. At most one request."""
        ...

    def attributes(self) -> Sequence[AttributeDefinition]:
        """Return the definitions of custom fields; the built-in ones are marked."""
        ...

    def lists(self) -> Sequence[ContactList]:
        """Return the lists."""
        ...

    def segments(self) -> Sequence[Segment]:
        """Return the segments, which the vendor computes."""
        ...

    def topics(self) -> Sequence[Topic]:
        """Return the topics."""
        ...

    def people(self, after: str | None = None) -> Iterator[Page[Input]]:
        """Iterate over everybody, page by page.

        A contact carries its identifiers, its attributes, its subscriptions with basis and time, its evidence, and
        the ids of its lists where the source knows them. What cannot be read stands there as a `RejectedInput`.
        """
        ...

    def suppressions(self, after: str | None = None) -> Iterator[Page[Suppression]]:
        """Iterate over the blocks on sending; some may name nobody among the people."""
        ...

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        """Iterate over who is on a list, each with at least one identifier."""
        ...

    def templates(self, after: str | None = None) -> Iterator[Page[Template]]:
        """Iterate over the templates, with their contents."""
        ...

    def history(self, after: str | None = None) -> Iterator[Page[Past]]:
        """Iterate over the campaigns of the past with their counts."""
        ...

    def datasets(self) -> Sequence[Dataset]:
        """Return the datasets."""
        ...

    def records(self, dataset: Dataset, after: str | None = None) -> Iterator[Page[Record]]:
        """Iterate over the records of one dataset."""
        ...

    def close(self) -> None:
        """Let go of files and connections. Twice is once."""
        ...
