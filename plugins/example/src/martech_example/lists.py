"""Lists at Pigeonpost: circles."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import (
    Contact,
    ContactList,
    Identifier,
    ItemOutcome,
    ItemResult,
    Page,
    Visibility,
)
from martech.provider import (
    ANY,
    Extra,
    ListOperations,
    NotFound,
    Together,
    declines,
    delete,
    get,
    not_offered,
    post,
    read,
)
from martech_example import mapping
from martech_example.contacts import BY_ADDRESS_ONLY
from martech_example.limits import BATCH_SIZE, PAGE_SIZE
from martech_example.wire import CircleAnswer, CirclesAnswer, MemberAnswer, PeopleAnswer, PersonAnswer


class Lists(ListOperations):
    """Circles."""

    batch_size = BATCH_SIZE

    async def list(self, cursor: str | None) -> Page[ContactList]:
        """One request; Pigeonpost gives all circles at once."""
        del cursor
        circles = read(CirclesAnswer, await get("/circles"))["circles"]
        return Page([mapping.list_from_wire(circle) for circle in circles])

    async def get(self, list_id: str) -> ContactList:
        """One request, for all circles: there is none for a single one."""
        for circle in read(CirclesAnswer, await get("/circles"))["circles"]:
            if circle["id"] == list_id:
                return mapping.list_from_wire(circle)
        raise NotFound("there is no circle with this id")

    @declines(
        description={ANY: not_offered("A circle has no description.")},
        visibility={Visibility.PUBLIC: not_offered("Nobody but you sees a circle.")},
    )
    async def create(
        self, name: str, *, description: str | None, visibility: Visibility | None, extra: Extra
    ) -> ContactList:
        """One request."""
        del description, visibility, extra
        reply = await post("/circles", json={"title": name})
        return mapping.list_from_wire(read(CircleAnswer, reply)["circle"])

    update = not_offered("A circle keeps the title it was made with.", instead="lists.create")

    async def delete(self, list_id: str) -> None:
        """One request."""
        await delete("/circles/{circle}", circle=list_id)

    @declines(refs=BY_ADDRESS_ONLY)
    async def add(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """One request a person and one for all: joining would make a person of an unknown address."""
        known = await Together([_is_known(ref) for ref in refs], at_most=4)
        present = [ref for ref, outcome in zip(refs, known, strict=True) if outcome.value]
        if present:
            addresses = [mapping.address(ref) for ref in present]
            await post("/circles/{circle}/join", circle=list_id, json={"addresses": addresses}, repeatable=True)
        joined = frozenset(ref.key for ref in present)
        return [
            ItemResult(outcome=ItemOutcome.UPDATED if ref.key in joined else ItemOutcome.NOT_FOUND, identifier=ref)
            for ref in refs
        ]

    submit_add = not_offered("Pigeonpost has no jobs for circles.", instead="lists.add")

    @declines(refs=BY_ADDRESS_ONLY)
    async def remove(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """One request for up to 20 people."""
        addresses = [mapping.address(ref) for ref in refs]
        reply = await post(
            "/circles/{circle}/leave", circle=list_id, json={"addresses": addresses}, repeatable=True
        )
        left = {address.casefold() for address in read(MemberAnswer, reply)["done"]}
        return [
            mapping.removed(ref)
            if ref.value.casefold() in left
            else ItemResult(outcome=ItemOutcome.NOT_FOUND, identifier=ref)
            for ref in refs
        ]

    submit_remove = not_offered("Pigeonpost has no jobs for circles.", instead="lists.remove")
    clear = not_offered("Pigeonpost empties a circle only person by person.", instead="lists.remove")

    async def members(self, list_id: str, cursor: str | None) -> Page[Contact]:
        """One request a page."""
        start = int(cursor or 0)
        reply = await get("/circles/{circle}/people", circle=list_id, query={"from": start, "count": PAGE_SIZE})
        answer = read(PeopleAnswer, reply)
        return mapping.page_from_wire(answer, start)

    unsubscribe = not_offered("An opt-out at Pigeonpost is for all mail.", instead="consent.unsubscribe")
    segments = not_offered("Pigeonpost has no segments.")
    segment_members = not_offered("Pigeonpost has no segments.")
    refresh_segment = not_offered("Pigeonpost has no segments.")


async def _is_known(ref: Identifier) -> bool:
    try:
        read(PersonAnswer, await get("/people/{address}", address=mapping.address(ref)))
    except NotFound:
        return False
    return True
