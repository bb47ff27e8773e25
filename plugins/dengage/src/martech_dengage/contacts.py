"""Contacts at dEngage: people under a contact key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from martech.models import Contact, Identifier, IdentifierKind, IfNew, ItemOutcome, ItemResult, Job, Merge
from martech.provider import (
    ContactOperations,
    InvalidRequest,
    NewId,
    NotFound,
    Saving,
    declines,
    not_offered,
    observed,
)
from martech_dengage import assumed, seen
from martech_dengage.limits import BULK, CONTACTS_AT_ONCE, IMPORTS_AT_ONCE
from martech_dengage.mapping.contacts import (
    BY_KEY_ONLY,
    READ_COLUMNS,
    contact_from_wire,
    contact_to_wire,
    contactable_if_new,
    key_of,
    no_for_new,
)
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import (
    change,
    contact_row,
    insert_contact,
    refuse_extra,
    submit_import,
    upsert,
    upsert_one,
)

NO_FILLING = {
    Merge.FILL_EMPTY: not_offered("dEngage overwrites what is named; it cannot fill only what is empty."),
}
HOW: dict[Any, Any] = {**BY_KEY_ONLY, **NO_FILLING}
CANNOT_TELL_NEW = not_offered(
    "BulkUpsert-Async does not tell new people from known ones beforehand, so a no for new people would overwrite "
    "a known one's permission.",
    instead="contacts.upsert_many",
)
CANNOT_TELL_MINTED = not_offered(
    "A job's results do not say which keys were made up.", instead="contacts.upsert_many"
)
NO_READING = not_offered(
    "dEngage gives a contact by its key and no list of them: an export in the panel is the way out."
)


class Contacts(ContactOperations):
    """People. Whoever is new may be contacted on every channel unless one says otherwise (D7)."""

    written_by = (IdentifierKind.OWN,)
    batch_size: ClassVar[int] = CONTACTS_AT_ONCE
    import_size: ClassVar[int] = CONTACTS_AT_ONCE
    imports_at_once: ClassVar[int] = IMPORTS_AT_ONCE
    written_under = BULK

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @observed(seen.GET_CONTACT)
    @declines(ref=BY_KEY_ONLY)
    async def get(self, ref: Identifier) -> Contact:
        """One request. What was written in the last two minutes or so may not be seen yet (C4, C6)."""
        columns = tuple(dict.fromkeys((*READ_COLUMNS, *self._settings.contact_columns)))
        row = await contact_row(key_of(ref), columns=columns)
        if row is None:
            raise NotFound("there is no such contact")
        return contact_from_wire(row)

    list = NO_READING

    @assumed.rests_on(assumed.INSERT_CONTACT)
    @declines(how=HOW)
    async def create(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request, not repeated: a second one would find the person whom the first had made."""
        refuse_extra(how)
        minted = await NewId() if how.mint_keys and not contact.own_id else None
        contact = contact.model_copy(update={"own_id": minted}) if minted else contact
        record = contact_to_wire(contact, skip_empty=how.merge is Merge.KEEP_WHERE_EMPTY)
        if how.if_new is IfNew.NOT_CONTACTABLE:
            record = no_for_new(record)
        await insert_contact(self._settings, record, repeatable=False)
        return ItemResult(
            outcome=ItemOutcome.CREATED,
            identifier=contact.identifier(IdentifierKind.OWN),
            contactable=contactable_if_new(record),
            minted=minted,
        )

    @observed(seen.BULK_ANSWER)
    @declines(how=HOW)
    async def update(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request; one more if an address is given, to keep a block on it, and one if nobody was changed.

        By BulkUpsert, one call a minute for the account; by UpdateContact if `update_contact` is `always`. The
        former is documented, and says itself whom it changed: a 404 of a path nobody documents could as well mean
        that the path is wrong, and a no would seem to have nobody to reach.
        """
        refuse_extra(how)
        record = contact_to_wire(contact, skip_empty=how.merge is Merge.KEEP_WHERE_EMPTY)
        return await change(self._settings, record, look="email" in record or "gsm" in record)

    @assumed.rests_on(assumed.NEW_PEOPLE)
    @declines(how=HOW)
    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Two or three requests, one of them BulkUpsert, of which the account has one a minute.

        The contact is read first: so that a changed address does not lift a block, and so that somebody new is
        called new. Nobody new is contactable under `NOT_CONTACTABLE` at any instant: InsertContact (assumed) makes
        them with their no, and cannot overwrite somebody known.
        """
        return await upsert_one(self._settings, contact, how=how)

    @assumed.rests_on(assumed.NEW_PEOPLE)
    @declines(how=HOW)
    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        """One BulkUpsert for each set of columns, a minute apart, and one read for each contact.

        The reads can be switched off with `look_first=False`: then an address that changes lifts its bounce. Under
        `NOT_CONTACTABLE` somebody new costs a request of their own.
        """
        if len(contacts) > CONTACTS_AT_ONCE:
            raise InvalidRequest(f"BulkUpsert takes up to {CONTACTS_AT_ONCE} contacts, got {len(contacts)}")
        return await upsert(self._settings, contacts, how=how, look=self._settings.look_first)

    @assumed.rests_on(assumed.JOB_ANSWERS)
    @declines(how={IfNew.NOT_CONTACTABLE: CANNOT_TELL_NEW, "mint_keys": CANNOT_TELL_MINTED, **HOW})
    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        """One request for each set of columns in each thousand, and one read for each contact (`look_first`)."""
        return await submit_import(self._settings, contacts, how=how)

    change_identifier = not_offered("At dEngage the contact key is the person; it cannot change.")
    delete = not_offered(
        "dEngage deletes no contact; making one passive is not deleting, and erasure goes through the vendor.",
        instead="consent.suppress",
    )
    submit_delete = not_offered("dEngage deletes no contact.", instead="consent.suppress_many")
    count = NO_READING
