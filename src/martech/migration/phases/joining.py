"""Who is on which list: read at both sides, and put on where missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from martech.errors import NotFound
from martech.migration.journal import Class
from martech.migration.phases.reading import filed_under, names_of
from martech.migration.phases.steps import Step
from martech.models import Contact, Identifier, ItemOutcome, ItemResult

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["MEMBERS_AT_ONCE", "STEPS"]

MEMBERS_AT_ONCE = 1000


def _read_members(work: Work, list_id: str, cursor: str | None) -> Any:
    page = work.page(f"members {list_id}", lambda after: work.order.source.members(list_id, after), cursor)
    if page is None:
        return {"names": [], "next": None}
    named = [filed_under(work, one) for one in page.items]
    known = work.journal.classes_by_names(work.run, [name for names in named for name in names])
    found = [next((known[name][0] for name in names if name in known), None) for names in named]
    return {"names": [name for name in found if name is not None], "next": page.next_cursor}


def _stage_members(work: Work, connection: Connection, value: Any, list_id: str, cursor: str | None) -> Any:
    del cursor
    rows = [{"list": list_id, "name": name} for name in value["names"]]
    work.journal.keep_members(connection, work.run, rows)
    return value["next"]


def _look_at_members(work: Work, list_id: str, cursor: str | None) -> Any:
    """Read who is on the list at the target already, where it says so."""
    target = _target_of(work, list_id)
    if work.order.target.client.why_not("lists.members") is not None:
        return {"names": [], "next": None}
    page = next(iter(work.order.target.client.lists.members(target).pages(after=cursor)), None)
    if page is None:
        return {"names": [], "next": None}
    return {"names": [name for one in page.items for name in names_of(work, one)], "next": page.next_cursor}


def _note_members(work: Work, connection: Connection, value: Any, list_id: str, cursor: str | None) -> Any:
    del cursor
    wanted = work.journal.open_members(work.run, list_id, value["names"])
    there = [
        {"list": list_id, "name": name, "class": Class.MOVED, "was_there": True}
        for name in value["names"]
        if name in wanted
    ]
    work.journal.keep_members(connection, work.run, there)
    return value["next"]


def _join(work: Work, list_id: str, times: int) -> Any:
    del times
    open_ones = work.journal.members(work.run, list_id, open_only=True, most=MEMBERS_AT_ONCE)
    rows = work.journal.by_names(work.run, [one["name"] for one in open_ones])
    told: list[dict[str, Any]] = []
    going: list[tuple[str, Identifier]] = []
    unseen = work.order.target.client.why_not("lists.members") is not None
    before = (
        work.journal.joined_before(work.run, list_id, [one["name"] for one in open_ones])
        if unseen
        else frozenset()
    )
    for one in open_ones:
        row = rows.get(one["name"])
        ref = _ref(work, row.contact) if row is not None and row.contact is not None else None
        if row is None or ref is None or row.settled not in (Class.MOVED, Class.MOVED_WITH_LOSS):
            told.append(_member(list_id, one["name"], Class.SKIPPED, "the person was not moved"))
        elif one["name"] in before:
            told.append(_member(list_id, one["name"], Class.MOVED, "put there by an earlier run", was_there=True))
        else:
            going.append((one["name"], ref))
    results = _added(work, list_id, [ref for _, ref in going])
    for (name, _), result in zip(going, results, strict=True):
        told.append(_member(list_id, name, Class.MOVED if result.ok else _no(result), result.reason))
    return {"members": told, "writes": len(going)}


def _added(work: Work, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
    client = work.order.target.client
    if not refs:
        return ()
    no = client.why_not("lists.add", refs=refs[:1])
    if no is not None:
        return [ItemResult(outcome=ItemOutcome.REFUSED, reason=no) for _ in refs]
    return client.lists.add(_target_of(work, list_id), refs).items


def _no(result: ItemResult) -> Class:
    return Class.FAILED if result.outcome in (ItemOutcome.FAILED, ItemOutcome.UNKNOWN) else Class.REFUSED


def _member(
    list_id: str, name: str, settled: Class, reason: str | None, *, was_there: bool = False
) -> dict[str, Any]:
    return {"list": list_id, "name": name, "class": settled, "reason": reason, "was_there": was_there}


def _ref(work: Work, contact: Contact) -> Identifier | None:
    return work.order.target.name_of(work.order.translation.contact(contact).contact)


def _target_of(work: Work, list_id: str) -> str:
    things: Sequence[Mapping[str, Any]] = work.journal.things(work.run, "list")
    found = next((one["target_id"] for one in things if one["name"] == list_id), None)
    if found is None:
        raise NotFound("the run knows no such list at the target")
    return str(found)


def _record_join(work: Work, connection: Connection, value: Any, list_id: str, times: int) -> Any:
    del list_id, times
    work.journal.keep_members(connection, work.run, value["members"])
    work.journal.wrote(connection, work.run, value["writes"])
    return len(value["members"])


STEPS = {
    "members": Step(_read_members, _stage_members),
    "there": Step(_look_at_members, _note_members),
    "join": Step(_join, _record_join),
}
