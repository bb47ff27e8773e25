"""Contacts at Pigeonpost: people under their e-mail address."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import (
    Channel,
    Contact,
    ContactQuery,
    Identifier,
    IdentifierKind,
    IfNew,
    ItemResult,
    Job,
    JobPart,
    Merge,
    Page,
    Subscription,
    SubscriptionStatus,
)
from martech.provider import (
    Conflict,
    ContactOperations,
    Now,
    Saving,
    declines,
    delete,
    get,
    import_part,
    not_offered,
    post,
    put,
    read,
)
from martech_example import mapping
from martech_example.limits import BATCH_SIZE, LOAD_SIZE, PAGE_SIZE
from martech_example.wire import BatchAnswer, LoadAnswer, PeopleAnswer, PersonAnswer

BY_ADDRESS_ONLY = {
    kind: not_offered("Pigeonpost finds people only by e-mail address.")
    for kind in IdentifierKind
    if kind is not IdentifierKind.EMAIL
}
NO_MERGE_RULES = {
    rule: not_offered("Pigeonpost overwrites what is named and leaves the rest.")
    for rule in Merge
    if rule is not Merge.OVERWRITE
}
CANNOT_TELL_NEW = not_offered(
    "A load does not tell new people from known ones, so a no for new people would overwrite a known one's yes.",
    instead="contacts.upsert_many",
)
MAIL_NO = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)


class Contacts(ContactOperations):
    """People."""

    written_by = (IdentifierKind.EMAIL,)
    batch_size = BATCH_SIZE
    import_size = LOAD_SIZE

    @declines(ref=BY_ADDRESS_ONLY)
    async def get(self, ref: Identifier) -> Contact:
        """One request."""
        reply = await get("/people/{address}", address=mapping.address(ref))
        return mapping.contact_from_wire(read(PersonAnswer, reply)["person"])

    @declines(query={
        "changed_since": not_offered("Pigeonpost does not say when somebody changed."),
        "created_since": not_offered("Pigeonpost does not say when somebody was made."),
    })  # fmt: skip
    async def list(self, query: ContactQuery, cursor: str | None) -> Page[Contact]:
        """One request a page. Pages are counted, so one may repeat or skip somebody while others are made."""
        start = int(cursor or 0)
        size = min(query.page_size or PAGE_SIZE, PAGE_SIZE)
        answer = read(PeopleAnswer, await get("/people", query={"from": start, "count": size}))
        return mapping.page_from_wire(answer, start)

    @declines(how=NO_MERGE_RULES)
    async def create(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request."""
        contact = _no_for_new(contact) if how.if_new is IfNew.NOT_CONTACTABLE else contact
        return await _put(contact, "add")

    @declines(how=NO_MERGE_RULES)
    async def update(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request."""
        del how
        return await _put(contact, "change")

    @declines(how=NO_MERGE_RULES)
    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        """One request; two for somebody who is there, if nobody new is to be contactable."""
        if how.if_new is IfNew.VENDOR_DEFAULT:
            return await _put(contact, "any")
        try:
            return await _put(_no_for_new(contact), "add")
        except Conflict:
            return await _put(contact, "change")

    @declines(how={IfNew.NOT_CONTACTABLE: CANNOT_TELL_NEW, **NO_MERGE_RULES})
    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        """One request for up to 20 people."""
        del how
        people = [mapping.contact_to_wire(contact) for contact in contacts]
        reply = await post("/people/batch", json={"people": people}, query={"mode": "any"}, repeatable=True)
        answer = read(BatchAnswer, reply)
        return mapping.batch_from_wire(contacts, answer["done"], answer["bad"])

    @declines(how={IfNew.NOT_CONTACTABLE: CANNOT_TELL_NEW, **NO_MERGE_RULES})
    async def submit_import(self, contacts: Sequence[Contact], *, how: Saving) -> Job:
        """One request for each 500 people."""
        del how
        parts: list[JobPart] = []
        for start in range(0, len(contacts), LOAD_SIZE):
            some = contacts[start : start + LOAD_SIZE]
            people = [mapping.contact_to_wire(contact) for contact in some]
            answer = read(LoadAnswer, await post("/loads", json={"people": people}, repeatable=True))
            parts.append(import_part(answer["load"], some, [mapping.address_of(contact) for contact in some]))
        return Job(provider="example", kind="contacts.import", parts=tuple(parts), submitted_at=await Now())

    change_identifier = not_offered("At Pigeonpost the address is the person; it cannot change.")

    @declines(ref=BY_ADDRESS_ONLY)
    async def delete(self, ref: Identifier) -> ItemResult:
        """One request."""
        await delete("/people/{address}", address=mapping.address(ref))
        return mapping.removed(ref)

    submit_delete = not_offered("Pigeonpost deletes people one by one.", instead="contacts.delete")

    async def count(self) -> int:
        """One request."""
        return read(PeopleAnswer, await get("/people", query={"from": 0, "count": 1}))["total"]


async def _put(contact: Contact, mode: str) -> ItemResult:
    ref = mapping.address_of(contact)
    person = mapping.contact_to_wire(contact)
    reply = await put("/people/{address}", address=ref.value, json={"person": person}, query={"mode": mode})
    contactable = "mail" not in person
    return mapping.saved_from_wire(ref, read(PersonAnswer, reply).get("was"), contactable_if_new=contactable)


def _no_for_new(contact: Contact) -> Contact:
    """Return the contact with a no for mail, said in the same request that makes the person."""
    return Contact(subscriptions=(MAIL_NO,)).over(contact)
