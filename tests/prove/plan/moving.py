"""What a run does: who is created, updated or left as they were is told from the target before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.prove.plan.comparing import Moved, compare

from martech.client import Client
from martech.migration import law
from martech.migration.engines import PlainEngine
from martech.migration.journal import Class, Journal
from martech.migration.mapping import Translation
from martech.migration.order import Work
from martech.migration.plan import Plan, translation_of
from martech.migration.planned import order_of
from martech.migration.sources import Source
from martech.migration.target import Looking, Target
from martech.models import (
    Channel,
    Contact,
    RejectedInput,
    Subscription,
)
from martech.models import SubscriptionStatus as S
from martech.testing.connecting import Bench


def look(table: Bench, client: Any, target: Target, said: Contact) -> Contact | None:
    """Return somebody as the target has them: through its interface, or behind it where it has none."""
    ref = target.name_of(said)
    if ref is None:
        return None
    if target.looking is not Looking.NOT:
        return client.contacts.find(ref)  # type: ignore[no-any-return]  # the client is any here
    vendor: Any = table.emulator
    person = vendor.people.by_unique_id.get(ref.value)
    if person is None:
        return None
    members = person.members
    attributes = {name: members[name] for name in members if name not in OWN_FIELDS and members[name] is not None}
    flags = {Channel.EMAIL: members.get("unsubscribe_email"), Channel.SMS: members.get("unsubscribe_sms")}
    fields = {"email": members.get("email"), "mobile": members.get("phone_mobile"), "own_id": person.unique_id,
              "first_name": members.get("name_first"), "last_name": members.get("name_last")}  # fmt: skip
    public = attributes.pop("meta_public", None) or {}
    return Contact.model_construct(
        _fields_set={*fields, "attributes", "subscriptions"}, **fields, attributes={**attributes, **public},
        subscriptions=tuple(
            Subscription(channel=channel, status=S.UNSUBSCRIBED if flag else S.SUBSCRIBED)
            for channel, flag in flags.items()
        ),
    )  # fmt: skip


OWN_FIELDS = {"email", "phone_mobile", "name_first", "name_last", "unsubscribe_email", "unsubscribe_sms"}


def state_of(known: Contact | None) -> Any:
    """Return what can be seen of somebody, without times."""
    if known is None:
        return None
    told = known.model_dump(mode="json", exclude={"created_at", "updated_at", "vendor_id", "list_ids", "consents"})
    told["subscriptions"] = sorted(
        (one["channel"], one["topic"] or "", one["status"]) for one in told["subscriptions"]
    )
    return told


def move(source: Source, table: Bench, options: Mapping[str, Any], plan: Plan, folder: Path) -> Moved:
    """Do what the plan says, in a run, and compare both sides."""
    # What the plan's client was not told to read with people is there all the same.
    every = {"contact_columns": (*options["contact_columns"], "city")} if "contact_columns" in options else {}
    client = table.client(max_wait_seconds=10_000_000, **{**options, **every})
    writing = table.client(max_wait_seconds=10_000_000, **options)
    target = Target(client)
    translation = translation_of(plan, target)
    blocks: dict[str, list[law.OptOut]] = {}
    lone: dict[str, Contact] = {}
    for blocked in source.suppressions():
        for block in blocked.items:
            blocks.setdefault(block.identifier.key, []).append(
                law.OptOut(block.channel, block.suppressed_at, block.reason)
            )
            lone[block.identifier.key] = Contact(email=block.identifier.value)
    moved = Moved()
    people: dict[str, Contact] = {}
    aliases: dict[str, str] = {}

    def says_no(contact: Contact) -> bool:
        elsewhere = [no for ref in contact.identifiers() for no in blocks.get(ref.key, [])]
        words = (law.source_word(contact, channel, elsewhere) for channel in target.channels)
        return any(word.standing in (law.Standing.NO, law.Standing.BLOCKED) for word in words)

    for page in source.people():
        for one in page.items:
            if isinstance(one, RejectedInput):
                moved.classes["left_out"] += 1
                moved.losses["person", "unreadable"] += 1
                continue
            for ref in one.identifiers():
                lone.pop(ref.key, None)
            gather(one, people, aliases, translation, target, moved, no=says_no(one))
    for alone in lone.values():
        gather(alone, people, aliases, translation, target, moved, no=True)
    before = {key: look(table, client, target, translation.translate(one).contact) for key, one in people.items()}
    work = run_of(source, writing, plan, folder, table)
    table.clock.advance(600)  # what was written is shown by now
    refused = {
        row.name: row.reason or ""
        for rows in work.journal.all_people(work.run)
        for row in rows
        if row.settled is Class.REFUSED
    }
    topics = {one["name"]: one["target_id"] for one in work.journal.things(work.run, "topic") if one["target_id"]}
    for key, contact in people.items():
        said = translation.translate(contact).contact
        named = target.name_of(said)
        assert named is not None
        reason = refused.get(work.journal.seal.name(named))
        if reason is not None:
            moved.classes["refused"] += 1
            there = "belongs to" in reason or "another contact" in reason or "is there already" in reason
            moved.losses["person", "conflicting" if there else "nameless"] += 1
            continue
        was, after = before[key], look(table, client, target, said)
        assert after is not None, "somebody was written and is not there"
        kind = "created" if was is None else "unchanged" if state_of(was) == state_of(after) else "updated"
        moved.classes[kind] += 1
        elsewhere = [no for ref in contact.identifiers() for no in blocks.get(ref.key, [])]
        seen = target.looking is not Looking.NOT
        compare(contact, was, after, plan, elsewhere, moved, seen=seen, topics=topics)
    work.journal.close()
    return moved


def run_of(source: Source, client: Client, plan: Plan, folder: Path, table: Bench) -> Work:
    """Return a run of a plan that is over."""
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    order = order_of(plan.approved(table.clock.now()), source, client)
    order = replace(order, live=False)
    journal.open_run(
        "run", kind=order.kind, source=source.name, target=order.target.name, order="{}", now=table.clock.now()
    )
    work = Work("run", order, journal, table.clock.now)
    PlainEngine().run(work)
    return work


def gather(
    one: Contact, people: dict[str, Contact], aliases: dict[str, str], translation: Translation, target: Target,
    moved: Moved, *, no: bool,
) -> None:  # fmt: skip
    done = translation.translate(one)
    ref = target.name_of(done.contact)
    binned = one.deleted and not no
    if binned or ref is None:
        moved.classes["left_out"] += 1
        moved.losses["person", "in_bin" if binned else "nameless"] += 1
        return
    key = aliases.get(ref.key, ref.key)
    if key in people:
        moved.classes["twice"] += 1
        moved.losses["person", "twice"] += 1
        people[key] = law.together(one, people[key])
    else:
        people[key] = one
    for other in (ref, *one.identifiers()):
        aliases.setdefault(other.key, key)
