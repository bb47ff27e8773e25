"""Contacts at Dotdigital: the third version of its interface, which finds them by any identifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from martech.models import (
    Contact,
    ContactQuery,
    Identifier,
    IdentifierKind,
    IfNew,
    Include,
    ItemOutcome,
    ItemResult,
    Job,
    Page,
)
from martech.provider import (
    Conflict,
    ConsentRefused,
    ContactOperations,
    InvalidRequest,
    Saving,
    assumes,
    declines,
    delete,
    get,
    never,
    not_offered,
    patch,
    post,
)
from martech_dotdigital import assumed, imports, people
from martech_dotdigital.limits import (
    IMPORT_SIZE,
    LARGEST_IMPORT,
    LARGEST_V3_PAGE,
    MOST_IMPORT_PARTS,
    PAGE_SIZE,
)
from martech_dotdigital.mapping import contacts as mapping
from martech_dotdigital.mapping.consent import is_binned, is_contactable
from martech_dotdigital.mapping.identifiers import Naming, same
from martech_dotdigital.paging import marker_after
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import filter_since
from martech_dotdigital.wire import contacts as wire

__all__ = ["Contacts"]

CANNOT_TELL_NEW = not_offered(
    "An import does not tell new people from known ones, so a no for the new would overwrite a known one's yes.",
    instead="contacts.upsert",
)
MAY_RESTORE = not_offered(
    "An import may bring back people from the recycle bin, so it has to be said: restore=True.",
    instead="contacts.upsert",
)
NO_MINTING = never("A contact at Dotdigital needs an e-mail address or a number; an own id alone makes nobody.")
BIN = "this contact is in Dotdigital's recycle bin, and writing it would bring it back"

INCLUDES = {
    Include.SUBSCRIPTIONS: "channelProperties",
    Include.LISTS: "lists",
    Include.TOPICS: "preferences",
    Include.CONSENTS: "consentRecords",
}


class Contacts(ContactOperations):
    """People, with or without an e-mail address."""

    import_size = IMPORT_SIZE
    largest_import = LARGEST_IMPORT
    imports_at_once = MOST_IMPORT_PARTS
    written_under = "low"

    def __init__(self, naming: Naming, *, import_body_bytes: int) -> None:
        self._naming = naming
        self._import_body_bytes = import_body_bytes
        self.written_by = naming.written_by()

    async def get(self, ref: Identifier) -> Contact:
        """One request. Somebody in the recycle bin is not found."""
        return mapping.contact_from_wire(await people.present(ref, self._naming), self._naming)

    async def list(self, query: ContactQuery, cursor: str | None) -> Page[Contact]:
        """One request a page of 1,000, or as many as asked for, up to 5,000. In ascending order; see README."""
        if query.changed_since is not None and query.created_since is not None:
            raise InvalidRequest("Dotdigital filters by the time of creation or of the last change, not by both")
        size = min(max(query.page_size or PAGE_SIZE, 1), LARGEST_V3_PAGE)
        include = [word for one, word in INCLUDES.items() if one in query.include]
        names = f"{mapping.FIRST_NAME}|{mapping.LAST_NAME}"
        return await contacts_page(
            self._naming,
            {
                "data-fields": "[[ALL]]" if Include.ATTRIBUTES in query.include else names,
                "include": "|".join(include) or None,
                "~created": filter_since(query.created_since),
                "~modified": filter_since(query.changed_since),
                "limit": size,
            },
            cursor,
        )

    @declines(how={"mint_keys": NO_MINTING})
    async def create(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request."""
        person = await _create(mapping.new_body(contact, self._naming, how.if_new))
        return mapping.saved(person, self._naming, contact, created=True)

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    @declines(how={"mint_keys": NO_MINTING})
    async def update(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Two requests: a write alone would make somebody who is not there."""
        known = await people.present(self._naming.of_contact(contact, match=how.match), self._naming)
        return await self._change(contact, known, how)

    @assumes(assumed.BIN_IS_SEEN)
    @declines(how={"mint_keys": NO_MINTING})
    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        """Two requests: the contact is looked up, then changed or made. A few more where a conflict comes up.

        Raises:
            ConsentRefused: The contact is in the recycle bin, and `restore` was not said.
        """
        ref = self._naming.of_contact(contact, match=how.match)
        known = await people.look(ref, self._naming)
        if known is None:
            try:
                person = await _create(mapping.new_body(contact, self._naming, how.if_new))
            except Conflict as conflict:
                # Somebody was quicker; or another of the identifiers is somebody else's; or they are in a bin that
                # no read shows.
                known = await people.look(ref, self._naming)
                if known is None and await self._belongs_to_another(contact, ref):
                    conflict.hint = (
                        "another of this contact's identifiers belongs to somebody who is there already"
                    )
                    raise
            else:
                return mapping.saved(person, self._naming, contact, created=True)
        if known is None or is_binned(known):
            return await self._restore(ref, contact, how, known)
        return await self._change(contact, known, how)

    upsert_batch = not_offered(
        "Dotdigital takes several contacts only as an import.", instead="contacts.start_import"
    )

    @assumes(assumed.IMPORT_MAY_RESTORE)
    @declines(
        how={IfNew.NOT_CONTACTABLE: CANNOT_TELL_NEW, "mint_keys": NO_MINTING, ("restore", False): MAY_RESTORE}
    )
    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        """One request for each 50 MB, at most five. A contact that cannot be said is refused in the results."""
        bodies = imports.contact_bodies(
            contacts,
            naming=self._naming,
            match=how.match,
            merge=mapping.MERGE_OF_MANY[how.merge],
            limit=self._import_body_bytes,
        )
        return await imports.submit("contacts.import", bodies)

    @declines(new={IdentifierKind.VENDOR: never("Dotdigital gives its own ids, and they never change.")})
    async def change_identifier(self, ref: Identifier, new: Identifier) -> ItemResult:
        """Two requests. An address or number where there was none comes with a no for the channel it opens."""
        name, value = self._naming.to_wire(new)
        known = await people.present(ref, self._naming)
        present = {key.casefold(): there for key, there in known["identifiers"].items()}.get(name.casefold())
        if same(name, value, present):
            return ItemResult(outcome=ItemOutcome.UNCHANGED, identifier=new, vendor_id=str(known["contactId"]))
        body: dict[str, Any] = {"identifiers": {name: value}}
        person = await people.write(known, body if present else mapping.quietly(body, [name]))
        return ItemResult(outcome=ItemOutcome.UPDATED, identifier=new, vendor_id=str(person["contactId"]))

    async def delete(self, ref: Identifier) -> ItemResult:
        """One request. The contact goes to the recycle bin, which `native.account.empty_recycle_bin` empties."""
        name, value = self._naming.to_wire(ref)
        await delete("/contacts/v3/{identifier}/{value}", identifier=name, value=value, limit="medium")
        return ItemResult(outcome=ItemOutcome.REMOVED, identifier=ref)

    async def submit_delete(self, refs: Sequence[Identifier]) -> Job:
        """One request for each 5,000 people. They go to the recycle bin."""
        return await imports.submit("contacts.delete", imports.delete_bodies(refs, self._naming), most=None)

    async def count(self) -> int:
        """One request. The count is of the second version, which does not see people without an address (S12)."""
        return read_v2(int, await get("/v2/contacts/count", limit="high"))

    async def _change(self, contact: Contact, known: wire.Contact, how: Saving) -> ItemResult:
        body = mapping.changed_body(contact, known, self._naming)
        if not body:
            result = mapping.saved(known, self._naming, contact, created=False)
            return result.model_copy(update={"outcome": ItemOutcome.UNCHANGED})
        person = await people.write(known, body, mapping.MERGE_OF_ONE[how.merge])
        return mapping.saved(person, self._naming, contact, created=False)

    async def _belongs_to_another(self, contact: Contact, ref: Identifier) -> bool:
        """Return whether anything else that names a contact names somebody who is there. One request each."""
        others = [
            one for one in contact.identifiers() if one.key != ref.key and one.kind is not IdentifierKind.VENDOR
        ]
        found = [await people.look(one, self._naming) for one in others]
        return any(one is not None and not is_binned(one) for one in found)

    async def _restore(
        self, ref: Identifier, contact: Contact, how: Saving, known: wire.Contact | None
    ) -> ItemResult:
        """Write somebody who is in the bin, which brings them back.

        They come back as they were, so nobody who is not to be contactable comes back without a no for every
        channel that they may have had.
        """
        if not how.restore:
            raise ConsentRefused(BIN, hint="say restore=True, if that is what is wanted")
        name, value = self._naming.to_wire(ref)
        body = mapping.new_body(contact, self._naming, IfNew.VENDOR_DEFAULT)
        reply = await patch(
            "/contacts/v3/{identifier}/{value}",
            identifier=name,
            value=value,
            json=mapping.silenced(body, known) if how.if_new is IfNew.NOT_CONTACTABLE else body,
            query={"merge-option": mapping.MERGE_OF_ONE[how.merge]},
            repeatable=not contact.consents,
            limit="medium",
        )
        person = read_v3(wire.Contact, reply)
        result = mapping.saved(person, self._naming, contact, created=reply.status == 201)
        return result.model_copy(update={"contactable": is_contactable(person)})


async def _create(body: dict[str, Any]) -> wire.Contact:
    return read_v3(wire.Contact, await post("/contacts/v3", json=body, limit="medium"))


async def contacts_page(
    naming: Naming,
    query: dict[str, str | int | None],
    cursor: str | None,
    wanted: Callable[[wire.Contact], bool] | None = None,
) -> Page[Contact]:
    """Return one page of contacts of v3 by a query, or those of them that are wanted. One request."""
    reply = await get("/contacts/v3", query={**query, "marker": cursor}, limit="low")
    answer = read_v3(wire.ContactsPage, reply)
    people_there = [
        mapping.contact_from_wire(person, naming)
        for person in answer["_items"]
        if wanted is None or wanted(person)
    ]
    return Page(people_there, marker_after(answer["_links"]))
