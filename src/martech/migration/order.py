"""What a run is given: from where, to where, by which words and which rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from martech.migration.journal.words import Kind
from martech.migration.law import Rules
from martech.models import Contact, Template

if TYPE_CHECKING:
    from martech.migration.journal import Journal
    from martech.migration.mapping.rules import ThingPart
    from martech.migration.sources.contract import Source
    from martech.migration.target import Target
    from martech.models import AttributeDefinition, Job, Page
    from martech.provider.contract import Provider

__all__ = ["AsItIs", "Order", "Translated", "Translation", "Work"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Translated:
    """One person in the target's words, and what did not fit into them."""

    contact: Contact
    losses: tuple[str, ...] = ()


class Translation(Protocol):
    """From the source's words to the target's. Pure."""

    def contact(self, contact: Contact) -> Translated:
        """Return a person as the target is to have them; subscriptions and evidence stay as they are."""
        ...

    def attributes(self, known: Sequence[AttributeDefinition]) -> Sequence[AttributeDefinition]:
        """Return the definitions that the target needs."""
        ...

    def name_of(self, part: ThingPart, thing_id: str, name: str) -> str | None:
        """Return how a thing is called at the target: a list, say; None for one that is not moved."""
        ...

    def template(self, template: Template, name: str) -> Template:
        """Return a template as the target is to have it, under its name there."""
        ...


class AsItIs:
    """Leaves every name as it is, and leaves out what the target has no place for."""

    def __init__(self, provider: Provider) -> None:
        keeping = provider.keeping
        fields = {"email", "mobile", "first_name", "last_name"} if keeping is None else set(keeping.fields)
        self._fields = frozenset(fields)

    def contact(self, contact: Contact) -> Translated:
        """Return the person without what only the source's vendor can set."""
        carried = contact.carried()
        given = carried.model_fields_set - {"subscriptions", "consents"}
        kept = {name for name in given if name == "attributes" or name in self._fields}
        lost = sorted(name for name in given - kept if getattr(contact, name))
        fields: dict[str, Any] = {name: getattr(contact, name) for name in kept}
        made = Contact.giving(fields)
        return Translated(made, tuple(f"{name} has no place at the target" for name in lost))

    def attributes(self, known: Sequence[AttributeDefinition]) -> Sequence[AttributeDefinition]:
        """Return those that somebody defined."""
        return [one for one in known if not one.is_built_in]

    def name_of(self, part: ThingPart, thing_id: str, name: str) -> str | None:
        """Return its name."""
        del part, thing_id
        return name

    def template(self, template: Template, name: str) -> Template:
        """Return it with its contents as they are."""
        return Template(name=name, channel=template.channel, contents=template.contents)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one run is to do."""

    source: Source
    target: Target
    translation: Translation
    rules: Rules = field(default_factory=Rules)
    kind: Kind = Kind.FULL
    survey: bool = True
    """Whether to look whom the target has before anything is written, where it lists them."""
    live: bool = True
    """Whether the source may change while it is read. It is then read again right before anybody is written."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the run was asked for, to be shown; nothing personal."""


@dataclass(frozen=True, slots=True)
class Work:
    """One run as its steps see it."""

    run: str
    order: Order
    journal: Journal
    now: Callable[[], datetime] = utc_now
    readers: dict[str, tuple[str, Iterator[Page[Any]]]] = field(default_factory=dict)
    """Listings under way, each with its next cursor: a file is not read from its start for every page."""
    jobs: dict[str, Job] = field(default_factory=dict)
    """Jobs that were just asked for, by batch: with what came along and the journal does not keep."""

    def page(
        self, what: str, pages: Callable[[str | None], Iterator[Page[T]]], cursor: str | None
    ) -> Page[T] | None:
        """Return the page after a cursor, going on with a listing that stands there."""
        stands, reader = self.readers.pop(what, (None, None))
        reader = reader if reader is not None and stands == cursor else pages(cursor)
        page = next(reader, None)
        if page is not None and page.next_cursor is not None:
            self.readers[what] = (page.next_cursor, reader)
        return page
