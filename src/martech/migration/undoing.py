"""Putting the target back as it was before a run.

Everything goes back but consent, which never moves towards being contacted: a no that a run brought stays, and
whoever has said no is not removed, since the no would go with them. What changed at the target since the run is
left as it is and listed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError, NotFound
from martech.migration.journal import Class, Row, State
from martech.migration.target import Looking, same_value
from martech.models import Channel, Contact, Identifier, IfNew, ItemOutcome

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.order import Work

__all__ = ["Undone", "undo"]

MOVED = (Class.MOVED, Class.MOVED_WITH_LOSS)
AT_ONCE = 200


@dataclass(slots=True)
class Undone:
    """What was put back, and what was not."""

    run: str
    counts: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    """What was left as it is, in words; people by the number of their row."""

    def plain(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        return {"run": self.run, "counts": dict(self.counts), "left": self.left}


def undo(work: Work) -> Undone:
    """Put the target back; doing it again goes on where it was left."""
    told = Undone(work.run)
    target = work.order.target
    _memberships(work, told)
    if target.looking is Looking.NOT:
        told.left.append(
            f"{target.title} does not show whom it has, so nobody knows what changed since: "
            "people are left as they are"
        )
    else:
        for rows in work.journal.all_people(work.run, size=AT_ONCE):
            _people(work, [row for row in rows if row.settled in MOVED and row.said is not None], told)
    _lists(work, told)
    _library(work, told)
    for part, words in (
        ("attribute", "attributes that the run made are left, with whatever is in them"),
        ("topic", "topics that the run made are left, with who said no to them"),
    ):
        made = [one["target_id"] or one["name"] for one in work.journal.things(work.run, part) if one["made"]]
        if made:
            told.left.append(f"{words}: {', '.join(made)}")
    work.journal.note(work.run, state=State.UNDONE, undone=json.dumps(told.plain()))
    return told


def _people(work: Work, rows: Sequence[Row], told: Undone) -> None:
    target = work.order.target
    refs = {row.seq: target.name_of(row.said) for row in rows if row.said is not None}
    asked = [row for row in rows if refs.get(row.seq) is not None and row.outcome != ItemOutcome.UNCHANGED]
    told.counts["left as they were"] += len(rows) - len(asked)
    there = target.look_up([ref for row in asked if (ref := refs[row.seq]) is not None])
    back: list[Contact] = []
    for row, now in zip(asked, there, strict=True):
        ref = refs[row.seq]
        assert ref is not None and row.said is not None  # noqa: S101, PT018 - looked at above
        if now is None:
            told.counts["gone already"] += 1
        elif row.before is None:
            _remove(work, row, ref, now, told)
        else:
            restored = _restored(row, row.before, now, ref, told)
            if restored is not None:
                back.append(restored)
    if back:
        done = target.client.contacts.upsert_many(back, if_new=IfNew.VENDOR_DEFAULT, restore=target.restore)
        told.counts["put back"] += sum(result.ok for result in done.items)
        told.left += [f"not put back: {result.reason}" for result in done.items if not result.ok]


def _remove(work: Work, row: Row, ref: Identifier, now: Contact, told: Undone) -> None:
    """Remove somebody whom the run made, unless they say no there or were changed since."""
    client = work.order.target.client
    if any(one.is_no for one in now.subscriptions if one.topic is None):
        told.counts["kept with their no"] += 1
        return
    changed = _changed(row, now)
    if changed:
        told.counts["changed since"] += 1
        told.left.append(f"row {row.seq}: changed at the target since ({', '.join(changed)}), so it stays")
        return
    no = client.why_not("contacts.delete", ref=ref)
    if no is not None:
        told.counts["cannot be removed"] += 1
        if no not in told.left:
            told.left.append(no)
        return
    with suppress(NotFound):
        client.contacts.delete(ref)
    told.counts["removed"] += 1


def _changed(row: Row, now: Contact) -> list[str]:
    """Return what of somebody is not as the run wrote it."""
    assert row.said is not None  # noqa: S101 - the caller has looked
    changed = [
        name
        for name in ("first_name", "last_name", "mobile")
        if row.said.given(name) and not same_value(getattr(row.said, name), getattr(now, name))
    ]
    theirs = {name.casefold(): value for name, value in now.attributes.items()}
    return changed + [
        name for name, value in row.said.attributes.items() if not same_value(value, theirs.get(name.casefold()))
    ]


def _restored(row: Row, before: Contact, now: Contact, ref: Identifier, told: Undone) -> Contact | None:
    """Return what puts somebody back whom the run changed: only what it wrote and nobody changed since."""
    assert row.said is not None  # noqa: S101 - the caller has looked
    since = set(_changed(row, now))
    fields: dict[str, Any] = {}
    for name in ("first_name", "last_name", "mobile", "own_id", "email"):
        written = row.said.given(name) and name not in since
        # An identifier that was not there cannot be taken away; it names the person still.
        can_go = getattr(before, name) is not None or name in ("first_name", "last_name")
        if written and can_go and not same_value(getattr(before, name), getattr(now, name)):
            fields[name] = getattr(before, name)
    earlier = {name.casefold(): value for name, value in before.attributes.items()}
    attributes = {
        name: earlier.get(name.casefold())
        for name in row.said.attributes
        if name not in since and not same_value(earlier.get(name.casefold()), row.said.attributes[name])
    }
    if since:
        told.counts["changed since"] += 1
        told.left.append(f"row {row.seq}: changed at the target since, and left: {', '.join(sorted(since))}")
    if not fields and not attributes:
        told.counts["left as they were"] += not since
        return None
    fields |= {"attributes": attributes} if attributes else {}
    if (named := Contact.known_by(ref)) is not None:
        fields = {name: getattr(named, name) for name in named.model_fields_set} | fields
    return Contact.giving(fields)


def _memberships(work: Work, told: Undone) -> None:
    client = work.order.target.client
    for thing in work.journal.things(work.run, "list"):
        if not thing["target_id"]:
            continue
        members = [
            one for one in work.journal.members(work.run, thing["name"])
            if one["class"] == Class.MOVED.value and not one["was_there"]
        ]  # fmt: skip
        rows = work.journal.by_names(work.run, [one["name"] for one in members])
        refs = [
            ref for row in rows.values()
            if row.said is not None and (ref := work.order.target.name_of(row.said)) is not None
        ]  # fmt: skip
        if not refs:
            continue
        no = client.why_not("lists.remove", refs=refs[:1])
        if no is not None:
            told.left.append(no)
            continue
        told.counts["taken off lists"] += sum(
            result.ok for result in client.lists.remove(thing["target_id"], refs).items
        )


def _library(work: Work, told: Undone) -> None:
    """Take away the templates and datasets that the run made; records that it wrote into others stay."""
    client = work.order.target.client
    for thing in work.journal.things(work.run, "template"):
        if thing["made"] and thing["target_id"]:
            _take_away(told, "templates", partial(_delete_template, client, thing["target_id"]))
    for thing in work.journal.things(work.run, "dataset"):
        if thing["made"] and thing["target_id"]:
            _take_away(told, "datasets", partial(_delete_dataset, client, thing["target_id"]))
        elif thing["target_id"]:
            told.left.append("records that the run wrote into a dataset that was there before are left")


def _delete_template(client: Client, template_id: str) -> None:
    channels = [one for one in Channel if client.supports("templates.delete", channel=one)]
    for channel in channels:
        with suppress(NotFound):
            client.templates.delete(template_id, channel=channel)
            return
    if not channels:
        client.templates.delete(template_id)


def _delete_dataset(client: Client, dataset_id: str) -> None:
    client.jobs.wait(client.datasets.delete(dataset_id))


def _take_away(told: Undone, what: str, how: Callable[[], None]) -> None:
    try:
        how()
    except NotFound:
        return
    except MartechError as refused:
        if refused.message not in told.left:
            told.left.append(refused.message)
        return
    told.counts[f"{what} removed"] += 1


def _lists(work: Work, told: Undone) -> None:
    client = work.order.target.client
    for thing in work.journal.things(work.run, "list"):
        if not thing["made"]:
            continue
        no = client.why_not("lists.delete")
        if no is None and client.why_not("lists.members") is None:
            others = next(iter(client.lists.members(thing["target_id"])), None)
            no = "a list that the run made has other members since, so it stays" if others is not None else None
        if no is not None:
            told.left.append(no)
            continue
        try:
            client.lists.delete(thing["target_id"])
        except NotFound:
            continue
        told.counts["lists removed"] += 1
