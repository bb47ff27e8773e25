"""An account at a provider as a source: whatever its capabilities allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from martech.errors import NotFound, UnsupportedOperation
from martech.migration.sources.contract import Input, Part, Past, Stamp
from martech.models import (
    AttributeDefinition,
    Campaign,
    Channel,
    Contact,
    ContactList,
    Dataset,
    Identifier,
    Include,
    Page,
    Record,
    Report,
    Segment,
    Suppression,
    Template,
    Topic,
)

if TYPE_CHECKING:
    from martech.client import Client
    from martech.provider.contract import Provider

__all__ = ["ProviderSource", "provider_of"]

KEYS_A_PAGE = 100
LARGEST_PAGE = 5000
"""How many people a page of a listing is to hold, or as many as the vendor gives."""
_SEGMENT = "segment:"
_NEEDS: Mapping[Part, str] = {
    Part.ATTRIBUTES: "attributes.list",
    Part.LISTS: "lists.list",
    Part.SEGMENTS: "lists.segments",
    Part.TOPICS: "consent.topics",
    Part.CONTACTS: "contacts.list",
    Part.SUBSCRIPTIONS: "contacts.list",
    Part.SUPPRESSIONS: "consent.suppressions",
    Part.MEMBERSHIPS: "lists.members",
    Part.TEMPLATES: "templates.list",
    Part.HISTORY: "campaigns.list",
    Part.DATASETS: "datasets.records",
}
"""Which verb reads a part."""


def provider_of(client: Client) -> Provider:
    """Return the provider behind a client: a migration goes by what it declares."""
    return client._provider  # noqa: SLF001 - the client shows its capabilities, not what it keeps of a contact


class ProviderSource:
    """An account. Where the provider cannot list contacts, whoever is named by `keys` is read one by one.

    Args:
        client: The account. What a plan opens only reads (`read_only=True`).
        keys: Who is to be read, where contacts cannot be listed; an iterable that can be gone through again.
    """

    def __init__(self, client: Client, *, keys: Sequence[Identifier] | None = None) -> None:
        self.client = client
        self._keys = keys
        self.frozen_segments: frozenset[str] = frozenset()
        """The segments that are read as lists of whoever is in them now."""
        provider = provider_of(client)
        self.name = f"{provider.name}/{provider.account_key}"
        alias = provider.settings.account
        self.title = provider.title + (f" ({alias})" if alias else "")
        self.cannot: Mapping[Part, str] = dict(self._refused())

    def _refused(self) -> Iterator[tuple[Part, str]]:
        for part, verb in _NEEDS.items():
            reason = self.client.why_not(verb)
            if reason is None:
                continue
            if verb == "contacts.list" and self.client.supports("contacts.get"):
                if self._keys is not None:
                    continue
                reason = f"{reason} People can be read by their keys: give a file of them."
            yield part, reason
        keeping = provider_of(self.client).keeping
        if keeping is None or keeping.evidence is None:
            yield Part.CONSENT, f"{provider_of(self.client).title} keeps no evidence of consent."

    def stamp(self) -> Stamp:
        """Return how many people there are. One request, or none."""
        if self._keys is not None:
            return Stamp(len(self._keys))
        return Stamp(self.client.contacts.count() if self.client.supports("contacts.count") else None)

    def attributes(self) -> Sequence[AttributeDefinition]:
        """Return the definitions of custom fields."""
        return () if Part.ATTRIBUTES in self.cannot else list(self.client.attributes.list())

    def lists(self) -> Sequence[ContactList]:
        """Return the lists, and the segments that are to become some."""
        found = [] if Part.LISTS in self.cannot else list(self.client.lists.list())
        return found + [
            ContactList(id=_SEGMENT + one.id, name=one.name, size=one.size)
            for one in (self.segments() if self.frozen_segments else ())
            if one.id in self.frozen_segments
        ]

    def segments(self) -> Sequence[Segment]:
        """Return the segments."""
        return () if Part.SEGMENTS in self.cannot else list(self.client.lists.segments())

    def topics(self) -> Sequence[Topic]:
        """Return the topics."""
        return () if Part.TOPICS in self.cannot else list(self.client.consent.topics())

    def people(self, after: str | None = None) -> Iterator[Page[Input]]:
        """Iterate over everybody."""
        if Part.CONTACTS in self.cannot:
            return iter(())
        if self.client.supports("contacts.list"):
            listing = self.client.contacts.list(include=frozenset(Include), page_size=LARGEST_PAGE)
            return listing.pages(after=after)
        return self._by_key(int(after or 0))

    def _by_key(self, start: int) -> Iterator[Page[Input]]:
        keys = self._keys or ()
        for begin in range(start, len(keys), KEYS_A_PAGE):
            end = begin + KEYS_A_PAGE
            found: list[Input] = []
            for ref in keys[begin:end]:
                try:
                    found.append(self.client.contacts.get(ref))
                except NotFound:
                    continue
            yield Page(found, str(end) if end < len(keys) else None)

    def suppressions(self, after: str | None = None) -> Iterator[Page[Suppression]]:
        """Iterate over the blocks on sending."""
        if Part.SUPPRESSIONS in self.cannot:
            return iter(())
        return self.client.consent.suppressions().pages(after=after)

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        """Iterate over who is on a list."""
        if list_id.startswith(_SEGMENT):
            return self.client.lists.segment_members(list_id.removeprefix(_SEGMENT)).pages(after=after)
        if Part.MEMBERSHIPS in self.cannot:
            return iter(())
        return self.client.lists.members(list_id).pages(after=after)

    def templates(self, after: str | None = None) -> Iterator[Page[Template]]:
        """Iterate over the templates, each read whole: listings may leave the contents out."""
        if Part.TEMPLATES in self.cannot:
            return
        channels = [one for one in Channel if self.client.supports("templates.list", channel=one)]
        for channel, cursor, following in _from(channels, after):
            for page in self.client.templates.list(channel=channel).pages(after=cursor):
                whole = [self._whole(template) for template in page.items]
                yield Page(whole, _cursor(channel, page.next_cursor, following))

    def _whole(self, template: Template) -> Template:
        has_text = any(one.html or one.text for one in template.contents)
        if template.id is None or has_text or not self.client.supports("templates.get"):
            return template
        return self.client.templates.get(template.id, channel=template.channel)

    def history(self, after: str | None = None) -> Iterator[Page[Past]]:
        """Iterate over the campaigns, each with its counts where they can be had: one more request each."""
        if Part.HISTORY in self.cannot:
            return
        for page in self.client.campaigns.list().pages(after=after):
            yield Page([Past(one, self._report(one)) for one in page.items], page.next_cursor)

    def _report(self, campaign: Campaign) -> Report | None:
        if campaign.id is None or not self.client.supports("reports.counts", channel=campaign.channel):
            return None
        try:
            return self.client.reports.counts(campaign)
        except (NotFound, UnsupportedOperation):
            return None

    def datasets(self) -> Sequence[Dataset]:
        """Return the datasets, with their columns where the vendor knows them."""
        if self.client.why_not("datasets.list") is not None:
            return ()
        found = list(self.client.datasets.list())
        if not self.client.supports("datasets.schema"):
            return found
        return [self._schema(one) for one in found]

    def _schema(self, dataset: Dataset) -> Dataset:
        if dataset.columns:
            return dataset
        try:
            return self.client.datasets.schema(dataset.id)
        except NotFound:
            return dataset

    def records(self, dataset: Dataset, after: str | None = None) -> Iterator[Page[Record]]:
        """Iterate over the records of one dataset."""
        if Part.DATASETS in self.cannot:
            return iter(())
        return self.client.datasets.records(dataset.id).pages(after=after)

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()


def _from(channels: Sequence[Channel], after: str | None) -> Iterator[tuple[Channel, str | None, Channel | None]]:
    """Yield the channels from a cursor on: each with the cursor inside it, and which comes next."""
    at, _, inside = (after or "").partition(" ")
    start = channels.index(Channel(at)) if at else 0
    for place in range(start, len(channels)):
        following = channels[place + 1] if place + 1 < len(channels) else None
        yield channels[place], (inside or None) if place == start else None, following


def _cursor(channel: Channel, inside: str | None, following: Channel | None) -> str | None:
    """Return the cursor after a page of one of several listings; the end of one is the start of the next."""
    return f"{channel} {inside}" if inside is not None else following
