"""Contacts: the people we may talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from martech.consent import guarded, writable
from martech.flows import bulk, each
from martech.flows.people import Ref, Refs, named, narrowed, several
from martech.flows.reading import found
from martech.models import (
    BulkResult,
    Contact,
    ContactQuery,
    Identifier,
    IdentifierKind,
    IfNew,
    Include,
    ItemResult,
    Job,
    Merge,
    Page,
)
from martech.provider.operations import Saving
from martech.provider.resources import M, Resource, Streaming, flow, operation, paged, streamed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from martech.provider.contract import Provider

__all__ = ["Contacts", "HowToSave"]


class HowToSave(TypedDict, total=False):
    """What may be said about a write, besides `if_new`.

    * `match`: which identifier decides who it is; by default the first one the provider can use.
    * `merge`: how incoming values meet those that are there; `Merge.OVERWRITE` by default.
    * `restore`: whether somebody in the vendor's bin may be brought back; no by default.
    * `mint_keys`: whether to make up an own id for a contact that nothing names; it is in the result.
    * `extra`: input only one vendor knows, `{"acme": {...}}`.
    """

    match: IdentifierKind | None
    merge: Merge
    restore: bool
    mint_keys: bool
    extra: Mapping[str, Mapping[str, Any]] | None


def saving(provider: Provider, if_new: IfNew, how: HowToSave) -> Saving:
    """Return how contacts are to be written, as the contract says it."""
    return Saving(
        if_new=IfNew(if_new),
        match=how.get("match"),
        merge=how.get("merge", Merge.OVERWRITE),
        restore=how.get("restore", False),
        mint_keys=how.get("mint_keys", False),
        extra=narrowed(provider, how.get("extra")),
    )


class Contacts(Resource[M]):
    """Contacts: read, write, import, delete.

    A write changes what was given and leaves the rest alone; None clears. It can say that somebody must not be
    contacted, never that they may: that takes `consent.subscribe` and evidence.
    """

    row = "contacts"

    @operation
    async def get(self, ref: Ref) -> Contact:
        """Return one contact. One request.

        Raises:
            NotFound: There is none. `find` returns None instead.
        """
        return await self._provider.contacts.get(named(ref))

    @operation
    async def find(self, ref: Ref) -> Contact | None:
        """Return one contact, or None if there is none. One request."""
        return await found(self._provider.contacts.get(named(ref)))

    @paged
    async def list(
        self,
        cursor: str | None,
        *,
        changed_since: datetime | None = None,
        created_since: datetime | None = None,
        include: Collection[Include] = frozenset({Include.ATTRIBUTES, Include.SUBSCRIPTIONS}),
        page_size: int | None = None,
    ) -> Page[Contact]:
        """Iterate over all contacts, or those created or changed since a time. One request a page."""
        query = ContactQuery(
            changed_since=changed_since,
            created_since=created_since,
            include=frozenset(include),
            page_size=page_size,
        )
        return await self._provider.contacts.list(query, cursor)

    @operation
    async def create(self, contact: Contact, *, if_new: IfNew, **how: Unpack[HowToSave]) -> ItemResult:
        """Make a contact. One or two requests.

        Raises:
            Conflict: There is one already.
        """
        return await self._provider.contacts.create(writable(contact), how=saving(self._provider, if_new, how))

    @operation
    async def update(self, contact: Contact, **how: Unpack[HowToSave]) -> ItemResult:
        """Change a contact that is there; never makes one. One or two requests.

        Raises:
            NotFound: There is none.
        """
        saved = saving(self._provider, IfNew.VENDOR_DEFAULT, how)
        return await self._provider.contacts.update(writable(contact), how=saved)

    @operation
    async def upsert(self, contact: Contact, *, if_new: IfNew, **how: Unpack[HowToSave]) -> ItemResult:
        """Make or change a contact; the result says which, and whether somebody new may be contacted.

        `if_new` has no default on purpose: vendors disagree on whether a new contact is subscribed. One to three
        requests, depending on how much a provider must look up to keep to it.
        """
        return await self._provider.contacts.upsert(writable(contact), how=saving(self._provider, if_new, how))

    @flow
    async def upsert_many(
        self, contacts: Iterable[bulk.Input], *, if_new: IfNew, **how: Unpack[HowToSave]
    ) -> BulkResult:
        """Make or change up to 10,000 contacts; one result per input, in their order.

        Uses a batch where the provider has one, else an import, else single calls. Waits as long as the vendor's
        limits ask for.
        """
        return await bulk.upsert_many(self._provider, contacts, saving(self._provider, if_new, how))

    @streamed
    async def upsert_stream(
        self, stream: Streaming[bulk.Input, ItemResult], *, if_new: IfNew, **how: Unpack[HowToSave]
    ) -> None:
        """Make or change any number of contacts in bounded memory; yields one result per input, in their order."""
        await bulk.upsert_stream(self._provider, stream, saving(self._provider, if_new, how))

    @operation
    async def start_import(self, contacts: Iterable[Contact], *, if_new: IfNew, **how: Unpack[HowToSave]) -> Job:
        """Hand contacts over and return at once; `jobs.wait` and `jobs.results` tell what became of them.

        A sequence of your own kind is read while it is encoded, maybe more than once; it need not hold anybody.
        """
        ready = guarded(contacts)
        return await self._provider.contacts.submit_import(ready, how=saving(self._provider, if_new, how))

    @operation
    async def change_identifier(self, ref: Ref, new: Identifier) -> ItemResult:
        """Give a contact another address, number or id.

        Raises:
            Conflict: Somebody else has it.
        """
        return await self._provider.contacts.change_identifier(named(ref), named(new))

    @operation
    async def delete(self, ref: Ref) -> ItemResult:
        """Remove a contact from the account. One request.

        Raises:
            NotFound: There is none.
        """
        return await self._provider.contacts.delete(named(ref))

    @flow
    async def delete_many(self, refs: Refs) -> BulkResult:
        """Remove contacts; one result per person. A job where the vendor has one, else one request each."""
        return await each.removed(self._provider, several(refs))

    @operation
    async def count(self) -> int:
        """Return how many contacts the account has, as far as the vendor counts. One request."""
        return await self._provider.contacts.count()
