"""Lists at Dotdigital, which its paths call address books, and segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from martech.models import (
    Contact,
    ContactList,
    Identifier,
    ItemOutcome,
    ItemResult,
    Job,
    JobPart,
    Page,
    Segment,
    Visibility,
)
from martech.provider import (
    ANY,
    Extra,
    InvalidRequest,
    ListOperations,
    Now,
    Outcome,
    Response,
    Together,
    assumes,
    declines,
    delete,
    get,
    not_offered,
    post,
    put,
    result_of,
)
from martech_dotdigital import assumed, imports, people
from martech_dotdigital.contacts import contacts_page
from martech_dotdigital.limits import CALLS_AT_ONCE, LARGEST_V3_PAGE, MOST_IMPORT_PARTS, REMOVE_SIZE
from martech_dotdigital.mapping import lists as mapping
from martech_dotdigital.mapping.identifiers import EMAIL, Naming
from martech_dotdigital.mapping.verdicts import verdict, verdict_on
from martech_dotdigital.paging import Ask, listed
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire import contacts as wire

__all__ = ["Lists", "address_of"]

MEMBER_BLOCKS: Mapping[str, str | int | None] = {
    "data-fields": "[[ALL]]",
    "include": "channelProperties",
    "limit": LARGEST_V3_PAGE,
}


class Lists(ListOperations):
    """Lists. Members are put on through the third version, and taken off through the second by contact id."""

    batch_size = 10

    def __init__(self, naming: Naming, *, import_body_bytes: int) -> None:
        self._naming = naming
        self._import_body_bytes = import_body_bytes

    async def list(self, cursor: str | None) -> Page[ContactList]:
        """One request a page, and one that brings nothing new."""
        return await lists_page(cursor)

    async def get(self, list_id: str) -> ContactList:
        """One request."""
        return mapping.list_from_wire(read_v2(wire.AddressBook, await _book(list_id)))

    @declines(description={ANY: not_offered("A list at Dotdigital has no description.")})
    async def create(
        self, name: str, *, description: str | None, visibility: Visibility | None, extra: Extra
    ) -> ContactList:
        """One request."""
        del description, extra
        body = {"name": name} | ({"visibility": mapping.WORDS[visibility]} if visibility is not None else {})
        reply = await post("/v2/address-books", json=body, limit="medium")
        return mapping.list_from_wire(read_v2(wire.AddressBook, reply))

    @declines(description={ANY: not_offered("A list at Dotdigital has no description.")})
    async def update(
        self, list_id: str, *, name: str | None, description: str | None, visibility: Visibility | None
    ) -> ContactList:
        """One request, or two where the name is not said: the vendor wants it again."""
        del description
        number = mapping.number(list_id, "list")
        if name is None:
            name = read_v2(wire.AddressBook, await _book(list_id))["name"]
        body = {"name": name} | ({"visibility": mapping.WORDS[visibility]} if visibility is not None else {})
        reply = await put("/v2/address-books/{list}", list=number, json=body, limit="medium")
        return mapping.list_from_wire(read_v2(wire.AddressBook, reply))

    async def delete(self, list_id: str) -> None:
        """One request. The people stay."""
        await delete("/v2/address-books/{list}", list=mapping.number(list_id, "list"), limit="medium")

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    async def add(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """Two requests a person, one for whoever is on it already. Nobody is made or brought back."""
        number = mapping.number(list_id, "list")
        known = await people.present_many(refs, self._naming)

        async def added(ref: Identifier, outcome: Outcome[wire.Contact]) -> ItemResult:
            person = outcome.value
            if (settled := mapping.added(person, ref, number)) is not None:
                return settled
            await people.write(person, {"lists": [number]})
            return ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref, vendor_id=str(person["contactId"]))

        return await _each(refs, known, added)

    @assumes(assumed.PATCH_BY_ID_NEVER_CREATES)
    async def submit_add(self, list_id: str, refs: Sequence[Identifier]) -> Job:
        """One request a person and one import, whose rows name contact ids only and so make nobody."""
        number = mapping.number(list_id, "list")
        known = await people.present_many(refs, self._naming)
        members: list[wire.Contact | str] = []
        for ref, outcome in zip(refs, known, strict=True):
            if outcome.error is not None:
                members.append(verdict_on(outcome.error))
            elif (settled := mapping.added(outcome.value, ref, number)) is not None:
                members.append(verdict(settled.outcome, settled.reason or ""))
            else:
                members.append(outcome.value)
        bodies = imports.list_bodies(members, list_id=number, limit=self._import_body_bytes)
        return await imports.submit("lists.add", bodies, most=MOST_IMPORT_PARTS)

    async def remove(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """Two requests a person, one for whoever is not on it."""
        number = mapping.number(list_id, "list")
        known = await people.present_many(refs, self._naming)

        async def removed(ref: Identifier, outcome: Outcome[wire.Contact]) -> ItemResult:
            person = outcome.value
            if mapping.state_on(person, number) is None:
                return ItemResult(
                    outcome=ItemOutcome.NOT_FOUND, identifier=ref, reason="this person is not on the list"
                )
            contact = person["contactId"]
            await delete(
                "/v2/address-books/{list}/contacts/{contact}", list=number, contact=contact, limit="medium"
            )
            return ItemResult(outcome=ItemOutcome.REMOVED, identifier=ref, vendor_id=str(contact))

        return await _each(refs, known, removed)

    async def submit_remove(self, list_id: str, refs: Sequence[Identifier]) -> Job:
        """One request a person, and one for each 5,000 of them."""
        number = mapping.number(list_id, "list")
        known = await people.present_many(refs, self._naming)

        async def ask(encoded: bytes) -> str:
            reply = await post(
                "/v2/address-books/{list}/contacts/delete",
                list=number,
                content=encoded,
                content_type="application/json",
                limit="medium",
            )
            return _job_id(reply)

        bodies: list[imports.Body] = []
        for start in range(0, len(refs), REMOVE_SIZE):
            body = imports.Body(ask)
            some = zip(refs[start : start + REMOVE_SIZE], known[start : start + REMOVE_SIZE], strict=True)
            for ref, outcome in some:
                if outcome.error is not None:
                    body.add(verdict_on(outcome.error), None)
                elif mapping.state_on(outcome.value, number) is None:
                    body.add(verdict(ItemOutcome.NOT_FOUND, "this person is not on the list"), None)
                else:
                    body.add(ref.key, str(outcome.value["contactId"]).encode())
            bodies.append(body)
        return await imports.submit("lists.remove", bodies, most=None)

    async def clear(self, list_id: str) -> Job:
        """One request."""
        number = mapping.number(list_id, "list")
        reply = await post("/v2/address-books/{list}/contacts/delete-all", list=number, limit="medium")
        return await _job("lists.clear", _job_id(reply))

    async def members(self, list_id: str, cursor: str | None) -> Page[Contact]:
        """One request a page of 5,000. Whoever unsubscribed from this very list is on it no more."""
        number = mapping.number(list_id, "list")
        query: dict[str, str | int | None] = {
            **MEMBER_BLOCKS,
            "include": "channelProperties|lists",
            "~listId": number,
        }
        return await contacts_page(self._naming, query, cursor, lambda one: mapping.is_member(one, number))

    async def unsubscribe(self, list_id: str, ref: Identifier) -> None:
        """Two requests: an unknown address would be noted as a person (S17). E-mail only."""
        number = mapping.number(list_id, "list")
        person = await people.present(ref, self._naming)
        await post(
            "/v2/address-books/{list}/contacts/unsubscribe",
            list=number,
            json={"email": address_of(person)},
            repeatable=True,
            limit="medium",
        )

    async def segments(self, cursor: str | None) -> Page[Segment]:
        """One request a page, and one that brings nothing new."""
        return await listed(
            list[wire.SegmentRow],
            lambda query: get("/v2/segments", query=query, limit="medium"),
            mapping.segment_from_wire,
            cursor,
        )

    async def segment_members(self, segment_id: str, cursor: str | None) -> Page[Contact]:
        """One request a page of 5,000. As of the segment's last refresh."""
        number = mapping.number(segment_id, "segment")
        query: dict[str, str | int | None] = {**MEMBER_BLOCKS, "~segmentId": number}
        return await contacts_page(self._naming, query, cursor)

    async def refresh_segment(self, segment_id: str) -> Job:
        """One request."""
        number = mapping.number(segment_id, "segment")
        await post("/v2/segments/refresh/{segment}", segment=number, repeatable=True, limit="medium")
        return await _job("lists.refresh_segment", str(number))


async def lists_page(
    cursor: str | None, ask: Ask = lambda query: get("/v2/address-books", query=query, limit="medium")
) -> Page[ContactList]:
    """Return one page of lists: of all of them, unless another question is asked. One request."""
    return await listed(list[wire.AddressBook], ask, mapping.list_from_wire, cursor)


def address_of(person: wire.Contact) -> str:
    """Return a contact's e-mail address.

    Raises:
        InvalidRequest: It has none, so the second version of the vendor's interface does not see it.
    """
    named = {name.casefold(): value for name, value in person["identifiers"].items()}
    address = named.get(EMAIL)
    if not address:
        raise InvalidRequest("this contact has no e-mail address, and Dotdigital does this by address only")
    return str(address)


async def _book(list_id: str) -> Response:
    return await get("/v2/address-books/{list}", list=mapping.number(list_id, "list"), limit="medium")


def _job_id(reply: Response) -> str:
    answer = read_v2(wire.JobState, reply)
    if "id" not in answer:
        raise reply.unexpected("the job has no id")
    return str(answer["id"])


async def _job(kind: str, job_id: str) -> Job:
    return Job(provider=imports.PROVIDER, kind=kind, parts=(JobPart(id=job_id),), submitted_at=await Now())


async def _each(
    refs: Sequence[Identifier], known: Sequence[Outcome[wire.Contact]], single: Any
) -> Sequence[ItemResult]:
    """Do something to everybody who was found; one result per person."""
    done = await Together(
        [single(ref, outcome) for ref, outcome in zip(refs, known, strict=True)], at_most=CALLS_AT_ONCE
    )
    return [
        outcome.value if outcome.error is None else result_of(outcome.error, ref)
        for ref, outcome in zip(refs, done, strict=True)
    ]
