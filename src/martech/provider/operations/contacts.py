"""The contract for contacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from martech.models import (
    Channel,
    Contact,
    ContactQuery,
    Identifier,
    IdentifierKind,
    IfNew,
    ItemResult,
    Job,
    Merge,
    Page,
)
from martech.provider.operations.base import Extra, Operations, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ContactOperations", "Saving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """How contacts are to be written."""

    if_new: IfNew = IfNew.VENDOR_DEFAULT
    """What becomes of the subscription of somebody who was not there."""
    match: IdentifierKind | None = None
    """Which identifier decides who it is; None for the first the provider can use."""
    merge: Merge = Merge.OVERWRITE
    restore: bool = False
    """Whether somebody in the vendor's bin may be brought back."""
    mint_keys: bool = False
    """Whether to make up an own id for a contact that has nothing to be named by."""
    extra: Extra = field(default_factory=dict)


class ContactOperations(Operations):
    """Contacts: read, write, import, delete.

    A contact handed to a write says nothing that allows contact: the consent guard has seen to that. What it says
    that forbids contact is to be written in the same request. A field that was not given is left alone.
    """

    row = "contacts"
    written_by: tuple[IdentifierKind, ...] = (IdentifierKind.EMAIL,)
    """By which identifiers this provider can write a contact, best first."""
    batch_size: ClassVar[int] = 100
    """How many contacts `upsert_batch` takes."""
    import_size: ClassVar[int] = 1000
    """How many contacts `submit_import` is best given at a time by who holds them in memory."""
    largest_import: ClassVar[int | None] = None
    """How many it is best given by who does not, such as a migration; None for `import_size`."""
    imports_at_once: ClassVar[int] = 1
    """How many such imports may be under way while one call writes many contacts."""
    written_under: ClassVar[str] = ""
    """Under which of its limits the provider counts a batch or an import; empty for those of every request."""

    subscribes_new_to: ClassVar[frozenset[Channel]] = frozenset({Channel.EMAIL})
    """On which channels the vendor subscribes somebody new of whom nothing is said."""

    async def get(self, ref: Identifier) -> Contact:
        """Return one contact; `NotFound` if there is none, or if it is only in a bin."""
        raise undeclared()

    async def list(self, query: ContactQuery, cursor: str | None) -> Page[Contact]:
        """Return one page of all contacts the query is about."""
        raise undeclared()

    async def create(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Make a contact; `Conflict` if there is one already."""
        raise undeclared()

    async def update(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Change a contact; `NotFound` if there is none. Never makes one."""
        raise undeclared()

    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Make or change a contact; says which, and whether somebody new may now be contacted."""
        raise undeclared()

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        """Make or change up to `batch_size` contacts; one result per contact, in their order."""
        raise undeclared()

    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        """Hand over contacts as a job, one part per vendor job, with the key of each input."""
        raise undeclared()

    async def change_identifier(self, ref: Identifier, new: Identifier) -> ItemResult:
        """Give a contact another name; `Conflict` if somebody else has it."""
        raise undeclared()

    async def delete(self, ref: Identifier) -> ItemResult:
        """Remove a contact from the account; `NotFound` if there is none."""
        raise undeclared()

    async def submit_delete(self, refs: Sequence[Identifier]) -> Job:
        """Remove contacts as a job."""
        raise undeclared()

    async def count(self) -> int:
        """Return how many contacts the account has."""
        raise undeclared()
