"""Reading both sides again and holding one against the other, person by person.

On purpose this module uses neither the law nor anything of the phases: what it finds is a second opinion. From the
journal it takes what the run read, what the target had before, and the vendor's words for refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from martech.errors import NotFound
from martech.migration.journal import Class, Journal, Row, State, moment
from martech.migration.sources.accounts import LARGEST_PAGE
from martech.migration.verifying.check import MOVED, Check, names, source_names
from martech.migration.verifying.consent import (
    came_back,
    look_at_consent,
    look_at_evidence,
    look_at_topics,
    never_told,
)
from martech.migration.verifying.plain import plain
from martech.migration.verifying.records import look_at_datasets
from martech.migration.verifying.result import Verified
from martech.migration.verifying.things import look_at_lists, look_at_templates, never_read
from martech.models import Channel, Contact, Identifier, Include

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.order import Translation
    from martech.migration.sources.contract import Source

__all__ = ["verify"]


def verify(
    journal: Journal, run: str, *, source: Source, client: Client, translation: Translation,
    require_evidence: bool = False, restore: bool = False, watch: Callable[[int], object] = lambda _: None,
) -> Verified:  # fmt: skip
    """Read both sides, put everybody the run read into exactly one class, and hold them against the consent law.

    Only reads. Costs a listing of the source, and of the target where it lists its contacts, else one request for
    each person; memory does not grow with either. `require_evidence` and `restore` are what was signed off.
    """
    known = journal.run(run)
    provider = client._provider  # noqa: SLF001 - what a provider declares is no part of the run's code
    told = Verified(run, known["source"], known["target"], looked=True)
    by_list = client.why_not("contacts.list") is None
    ref = Identifier(provider.contacts.written_by[0], "-")
    by_key = not by_list and client.why_not("contacts.get", ref=ref) is None
    told.looked = by_list or by_key
    channels = (Channel.EMAIL,) if provider.keeping is None else tuple(provider.keeping.nos)
    began = moment(known["began_at"]) or datetime.now(UTC)
    topics = {one["name"]: one["target_id"] for one in journal.things(run, "topic") if one["target_id"]}
    check = Check(
        journal, run, source, client, translation, told, began, by_list, by_key, channels, provider.keeping,
        topics, require_evidence, restore,
    )  # fmt: skip
    if known["state"] != State.DONE:
        told.open_run = f"it is {known['state']} in the phase {known['phase']}"
    if not told.looked:
        told.unproven.append(
            f"{provider.title} does not show whom it has: that everybody arrived, with which values and in which "
            "state, rests on its answers to the writes"
        )
    with _scratch(check):
        for rows in journal.all_people(run):
            _some(check, rows)
            watch(len(rows))
        never_read(check)
        look_at_lists(check)
        look_at_templates(check)
        look_at_datasets(check)
    return told


@contextmanager
def _scratch(check: Check) -> Generator[None, None, None]:
    """Read both sides into tables of their own, and drop these at the end."""
    check.at_source, check.at_target = f"{check.run}#source", f"{check.run}#target"
    try:
        _copy(check, check.at_source, (page.items for page in check.source.people()))
        if check.by_list:
            listing = check.client.contacts.list(include=frozenset(Include), page_size=LARGEST_PAGE)
            _copy(check, check.at_target, (page.items for page in listing.pages()))
        yield
    finally:
        for scratch in (check.at_source, check.at_target):
            check.journal.drop_survey(scratch)
            check.journal.drop_members(scratch)


def _copy(check: Check, into: str, pages: Iterator[Sequence[Any]]) -> None:
    check.journal.drop_survey(into)
    for items in pages:
        rows = [(name, one) for one in items if isinstance(one, Contact) for name in names(check, one)]
        with check.journal.database.writing() as connection:
            check.journal.keep_survey(connection, into, rows)


# ── person by person ─────────────────────────────────────────────────────────────────────────────────────────────


def _some(check: Check, rows: Sequence[Row]) -> None:
    expected = {row.seq: check.translation.contact(row.contact).contact for row in rows if row.contact is not None}
    wanted = {row.seq: (row.name, *(source_names(check, row.contact) if row.contact else ())) for row in rows}
    every = [name for known in wanted.values() for name in known]
    now = check.journal.surveyed(check.at_source, every)
    there = _there(check, rows, expected)
    blocks, erased = check.journal.blocks(check.run, every), check.journal.erased(every)
    earlier = check.journal.earlier(check.run, [row.name for row in rows])
    for row in rows:
        check.told.people += 1
        found = there.get(row.seq)
        if found is not None:
            if erased.intersection(wanted[row.seq]):
                check.told.violated(row.seq, "was erased on request, and is at the target")
            came_back(check, row, earlier.get(row.name, ()))
        settled, reason = _class(check, row, expected.get(row.seq), found)
        check.told.classes[settled.value] += 1
        if reason:
            check.told.reasons[f"{settled.value}: {_general(reason)}"] += 1
        if settled is Class.MOVED_WITH_LOSS:
            check.told.losses.update(set(row.losses))
        if row.contact is not None:
            source_now = next((now[name] for name in wanted[row.seq] if name in now), None)
            blocked = [one for name in wanted[row.seq] for one in blocks.get(name, ())]
            look_at_consent(check, row, source_now, found, blocked)
            look_at_topics(check, row, source_now, found)
            look_at_evidence(check, row, settled, found)
        else:
            never_told(check, row)


def _there(check: Check, rows: Sequence[Row], expected: dict[int, Contact]) -> dict[int, Contact]:
    if check.by_list:
        found = check.journal.surveyed(check.at_target, [row.name for row in rows])
        return {row.seq: found[row.name] for row in rows if row.name in found}
    if not check.by_key:
        return {}
    kinds = check.client._provider.contacts.written_by  # noqa: SLF001 - as above
    people: dict[int, Contact] = {}
    for seq, contact in expected.items():
        ref = contact.identifier(*kinds)
        try:
            if ref is not None:
                people[seq] = check.client.contacts.get(ref)
        except NotFound:
            continue
    return people


def _class(check: Check, row: Row, expected: Contact | None, found: Contact | None) -> tuple[Class, str | None]:
    """Return the class of one person by what is there, and why where it is not simply moved."""
    ran = row.settled
    if expected is None:
        return Class.SKIPPED, row.reason or "nothing is known of this record any more"
    if ran is None:
        return Class.FAILED, "the run never came to this person"
    if not check.told.looked:
        return ran, row.reason
    if found is None:
        if ran in (Class.SKIPPED, Class.REFUSED):
            return ran, row.reason
        return Class.FAILED, "not at the target" if ran in MOVED else row.reason
    wrong = _wrong_fields(check, expected, found)
    if not wrong and ran is not Class.SKIPPED:
        return (Class.MOVED_WITH_LOSS, None) if row.losses else (Class.MOVED, None)
    if ran in (Class.SKIPPED, Class.REFUSED):
        return ran, row.reason
    written = row.written_at
    if written is not None and found.updated_at is not None and found.updated_at > written:
        check.told.changed_since += 1
        return (Class.MOVED_WITH_LOSS if row.losses else Class.MOVED), "changed at the target since"
    check.told.fields.update(wrong)
    words = f", which said: {row.reason}" if row.reason else ""
    return Class.FAILED, f"fields differ at the target{words}"


def _wrong_fields(check: Check, expected: Contact, found: Contact) -> list[str]:
    wrong = [
        name
        for name in ("email", "mobile", "own_id", "first_name", "last_name")
        if expected.given(name) and plain(getattr(expected, name)) != plain(getattr(found, name))
    ]
    theirs = {name.casefold(): value for name, value in {**found.attributes, **found.custom_ids}.items()}
    for name, value in {**expected.attributes, **expected.custom_ids}.items():
        hidden = check.shows is not None and name.casefold() not in check.shows and name not in expected.custom_ids
        if hidden:
            note = f"{name}: the target does not show this attribute, so it is not compared"
            if note not in check.told.unproven:
                check.told.unproven.append(note)
        elif plain(value) != plain(theirs.get(name.casefold())):
            wrong.append(name)
    return wrong


def _general(reason: str) -> str:
    """Return a reason without what only one record has."""
    import re

    head, _, rest = reason.partition(": ")
    told = rest if re.search(r"\bline \d+$", head) else reason
    return re.sub(r"“[^”]*”|\d{4,}", "…", told)
