"""Reading both sides again and holding one against the other, person by person.

On purpose this module uses neither the law nor anything of the phases: what it finds is a second opinion. From the
journal it takes what the run read, what the target had before, and the vendor's words for refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError, NotFound
from martech.migration.journal import Class, Journal, Row, State, moment
from martech.migration.sources.contract import Part
from martech.migration.verifying.result import Verified
from martech.models import Channel, Contact, Identifier, IdentifierKind, Include, SubscriptionStatus

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.order import Translation
    from martech.migration.sources.contract import Source

__all__ = ["verify"]

YES = SubscriptionStatus.SUBSCRIBED
NOS = (SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED)
MOVED = (Class.MOVED, Class.MOVED_WITH_LOSS)
NOT_ON_PURPOSE = ("erased on request", "in the target's bin", "removed at the target")
"""Parts of the reasons why somebody is not at the target whom nobody there could contact."""


@dataclass(slots=True)
class _Check:
    """One verification under way."""

    journal: Journal
    run: str
    source: Source
    client: Client
    translation: Translation
    told: Verified
    began: datetime
    by_list: bool
    by_key: bool
    channels: tuple[Channel, ...]
    shows: frozenset[str] | None
    require_evidence: bool
    restore: bool
    at_source: str = field(default="")
    at_target: str = field(default="")


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
    shows = None if provider.keeping is None else provider.keeping.shows
    began = moment(known["began_at"]) or datetime.now(UTC)
    check = _Check(
        journal, run, source, client, translation, told, began, by_list, by_key, channels, shows,
        require_evidence, restore,
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
        _never_read(check)
        _lists(check)
    return told


@contextmanager
def _scratch(check: _Check) -> Generator[None, None, None]:
    """Read both sides into tables of their own, and drop these at the end."""
    check.at_source, check.at_target = f"{check.run}#source", f"{check.run}#target"
    try:
        _copy(check, check.at_source, (page.items for page in check.source.people()))
        if check.by_list:
            listing = check.client.contacts.list(include=frozenset(Include))
            _copy(check, check.at_target, (page.items for page in listing.pages()))
        yield
    finally:
        check.journal.drop_survey(check.at_source)
        check.journal.drop_survey(check.at_target)


def _copy(check: _Check, into: str, pages: Iterator[Sequence[Any]]) -> None:
    check.journal.drop_survey(into)
    for items in pages:
        rows = [(name, one) for one in items if isinstance(one, Contact) for name in _names(check, one)]
        with check.journal.database.writing() as connection:
            check.journal.keep_survey(connection, into, rows)


def _names(check: _Check, contact: Contact) -> list[str]:
    seal = check.journal.seal
    return [seal.name(one) for one in contact.identifiers() if one.kind is not IdentifierKind.VENDOR]


# ── person by person ─────────────────────────────────────────────────────────────────────────────────────────────


def _some(check: _Check, rows: Sequence[Row]) -> None:
    expected = {row.seq: check.translation.contact(row.contact).contact for row in rows if row.contact is not None}
    wanted = {row.seq: (row.name, *(_names(check, row.contact) if row.contact else ())) for row in rows}
    now = check.journal.surveyed(check.at_source, [name for names in wanted.values() for name in names])
    there = _there(check, rows, expected)
    blocks = check.journal.blocks(check.run, [name for names in wanted.values() for name in names])
    erased = check.journal.erased([name for names in wanted.values() for name in names])
    earlier = check.journal.earlier(check.run, [row.name for row in rows])
    for row in rows:
        check.told.people += 1
        found = there.get(row.seq)
        if found is not None:
            if erased.intersection(wanted[row.seq]):
                check.told.violated(row.seq, "was erased on request, and is at the target")
            _came_back(check, row, earlier.get(row.name, ()))
        settled, reason = _class(check, row, expected.get(row.seq), found)
        check.told.classes[settled.value] += 1
        if reason:
            check.told.reasons[f"{settled.value}: {_general(reason)}"] += 1
        if settled is Class.MOVED_WITH_LOSS:
            check.told.losses.update(set(row.losses))
        if row.contact is not None:
            source_now = next((now[name] for name in wanted[row.seq] if name in now), None)
            blocked = [one for name in wanted[row.seq] for one in blocks.get(name, ())]
            _consent(check, row, source_now, found, blocked)


def _there(check: _Check, rows: Sequence[Row], expected: dict[int, Contact]) -> dict[int, Contact]:
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


def _class(check: _Check, row: Row, expected: Contact | None, found: Contact | None) -> tuple[Class, str | None]:
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
    return Class.FAILED, "fields differ at the target"


def _wrong_fields(check: _Check, expected: Contact, found: Contact) -> list[str]:
    wrong = [
        name
        for name in ("email", "mobile", "own_id", "first_name", "last_name")
        if expected.given(name) and _plain(getattr(expected, name)) != _plain(getattr(found, name))
    ]
    theirs = {name.casefold(): value for name, value in {**found.attributes, **found.custom_ids}.items()}
    for name, value in {**expected.attributes, **expected.custom_ids}.items():
        hidden = check.shows is not None and name.casefold() not in check.shows and name not in expected.custom_ids
        if hidden:
            note = f"{name}: the target does not show this attribute, so it is not compared"
            if note not in check.told.unproven:
                check.told.unproven.append(note)
        elif _plain(value) != _plain(theirs.get(name.casefold())):
            wrong.append(name)
    return wrong


def _plain(value: object) -> object:
    """Return a value in the one form in which two vendors' forms of it are equal."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or str(value).casefold() in ("true", "false"):
        return str(value).casefold()
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
    text = str(value).strip().casefold()
    try:
        return f"{float(text):.10g}"
    except ValueError:
        pass
    try:
        return _plain(datetime.fromisoformat(text)) if text[:4].isdigit() else text
    except ValueError:
        return text


def _general(reason: str) -> str:
    """Return a reason without what only one record has."""
    import re

    head, _, rest = reason.partition(": ")
    told = rest if re.search(r"\bline \d+$", head) else reason
    return re.sub(r"“[^”]*”|\d{4,}", "…", told)


# ── the consent law ──────────────────────────────────────────────────────────────────────────────────────────────


def _consent(
    check: _Check, row: Row, source_now: Contact | None, found: Contact | None, blocked: Sequence[Any]
) -> None:
    assert row.contact is not None  # noqa: S101 - the caller has looked
    for channel in check.channels:
        then, now = _status(row.contact, channel), _status(source_now, channel)
        block = any(one["channel"] in (channel.value, "*") for one in blocked)
        forbids = then in NOS or now in NOS or block
        at_target = _status(found, channel)
        _count(check, channel, forbids, then, found, at_target)
        if not check.told.looked:
            _unseen(check, row, channel, forbids=forbids, then=then)
            continue
        if found is None:
            if forbids and not _nobody_there(row):
                check.told.not_delivered(row.seq, f"{channel}: not at the target ({row.reason or 'no reason'})")
        elif forbids:
            _of_a_no(check, row, source_now, found, channel)
        elif at_target is YES:
            _of_a_yes(check, row, found, channel, then)


def _unseen(check: _Check, row: Row, channel: Channel, *, forbids: bool, then: SubscriptionStatus | None) -> None:
    """Somebody at a target that cannot be read: what was said to it is all there is to go by."""
    said = row.said is not None and any(
        one.channel is channel and one.topic is None for one in row.said.subscriptions
    )
    if forbids and not _nobody_there(row) and not (row.settled in MOVED and said):
        check.told.not_delivered(row.seq, f"{channel}: {row.reason or 'the no was not in what was written'}")
    new = row.verdicts.get(channel.value) != "stand"
    if then is not YES and not forbids and new and row.settled in MOVED and not said:
        check.told.violated(row.seq, f"{channel}: {then or 'unknown'} at the source, and written without a no")


def _of_a_no(check: _Check, row: Row, source_now: Contact | None, found: Contact, channel: Channel) -> None:
    """Somebody the source says no of: the target must say no too, or hold evidence later than the no."""
    at_target = _status(found, channel)
    if at_target in NOS:
        return
    if at_target is YES:
        no = _since(source_now if _status(source_now, channel) in NOS else row.contact, channel)
        agreed = max([*_evidence(found, channel), *_evidence(row.contact, channel)], default=None)
        if no is None or agreed is None or agreed <= no:
            check.told.violated(row.seq, f"{channel}: opted out at the source, and may be contacted at the target")
        return
    check.told.not_delivered(row.seq, f"{channel}: the target has them as {at_target or 'unknown'}")


def _of_a_yes(check: _Check, row: Row, found: Contact, channel: Channel, then: SubscriptionStatus | None) -> None:
    """Somebody who may be contacted at the target: the source said so, or the target did before."""
    agreed = [*_evidence(row.contact, channel), *_evidence(found, channel)]
    if then is YES:
        check.told.with_evidence += bool(agreed)
        check.told.without_evidence += not agreed
        if check.require_evidence and not agreed and _status(row.before, channel) is not YES:
            check.told.violated(row.seq, f"{channel}: carried without evidence, which was required")
    before = _status(row.before, channel)
    if before in NOS:
        no = _since(row.before, channel)
        if no is None or not agreed or max(agreed) <= no:
            check.told.violated(row.seq, f"{channel}: had opted out at the target, and may be contacted there now")
    elif then is not YES and before is not YES and not agreed:
        check.told.violated(
            row.seq, f"{channel}: {then or 'unknown'} at the source, and may be contacted at the target"
        )


def _came_back(check: _Check, row: Row, earlier: Sequence[Row]) -> None:
    """Somebody whom an earlier run had put there, who was gone, and who was made again."""
    gone = row.before is None and row.verdicts.get("seen") and row.outcome not in (None, "unchanged")
    if gone and not check.restore and row.settled in MOVED and any(one.settled in MOVED for one in earlier):
        check.told.violated(row.seq, "was removed at the target since an earlier run, and is there again")


def _count(
    check: _Check, channel: Channel, forbids: bool, then: SubscriptionStatus | None,  # noqa: FBT001 - private
    found: Contact | None, at_target: SubscriptionStatus | None,
) -> None:  # fmt: skip
    source = "no" if forbids else "yes" if then is YES else "neither"
    if not check.told.looked:
        target = "not shown"
    elif found is None:
        target = "absent"
    else:
        target = "no" if at_target in NOS else "yes" if at_target is YES else "neither"
    check.told.channels.setdefault(channel.value, type(check.told.classes)())[f"{source} → {target}"] += 1


def _nobody_there(row: Row) -> bool:
    return any(words in (row.reason or "") for words in NOT_ON_PURPOSE)


def _status(contact: Contact | None, channel: Channel) -> SubscriptionStatus | None:
    if contact is None:
        return None
    said = [one.status for one in contact.subscriptions if one.channel is channel and one.topic is None]
    return next((one for one in said if one in NOS), said[0] if said else None)


def _since(contact: Contact | None, channel: Channel) -> datetime | None:
    said = contact.subscriptions if contact is not None else ()
    dates = [one.changed_at for one in said if one.channel is channel and one.topic is None and one.status in NOS]
    return max((one for one in dates if one is not None), default=None) if None not in dates else None


def _evidence(contact: Contact | None, channel: Channel) -> list[datetime]:
    given = contact.consents if contact is not None else ()
    return [one.given_at for one in given if one.channel is channel and one.topic is None]


# ── what the run never read; lists ───────────────────────────────────────────────────────────────────────────────


def _never_read(check: _Check) -> None:
    """Count who is at the source and not in the journal."""
    if check.journal.run(check.run)["kind"] != "full":
        return
    for page in check.source.people():
        people = [one for one in page.items if isinstance(one, Contact)]
        named = [_names(check, one) for one in people]
        asked = [name for names in named for name in names]
        rows = check.journal.classes_by_names(check.run, asked, read_only=True)
        for one, names in zip(people, named, strict=True):
            if not names or any(name in rows for name in names):
                continue
            if one.created_at is not None and one.created_at > check.began:
                check.told.new_since += 1
            else:
                check.told.never_read += 1


def _lists(check: _Check) -> None:
    readable = check.client.why_not("lists.members") is None
    for thing in check.journal.things(check.run):
        check.told.things[f"{thing['part']} {thing['class']}"] += 1
        if thing["part"] != "list" or not thing["target_id"]:
            continue
        there = _members(check, thing["target_id"]) if readable else None
        wanted = _wanted(check, thing["name"])
        for one in check.journal.members(check.run, thing["name"]):
            wanted.discard(one["name"])
            if one["class"] == Class.MOVED.value and there is not None and one["name"] not in there:
                check.told.memberships["missing"] += 1
            else:
                check.told.memberships[one["class"] or "open"] += 1
        check.told.memberships["missing"] += len(wanted)
    if not readable and check.told.memberships:
        check.told.unproven.append("the target does not show who is on a list; that rests on its answers")


def _wanted(check: _Check, list_id: str) -> set[str]:
    """Return the names of those on a list at the source whom the run read."""
    if Part.MEMBERSHIPS in check.source.cannot:
        return set()
    found: set[str] = set()
    try:
        for page in check.source.members(list_id):
            named = [_names(check, one) for one in page.items]
            rows = check.journal.classes_by_names(check.run, [name for names in named for name in names])
            for names in named:
                name, settled = next((rows[name] for name in names if name in rows), ("", None))
                if settled in MOVED:
                    found.add(name)
    except MartechError as error:
        if isinstance(error, NotFound):
            return set()
        raise
    return found


def _members(check: _Check, list_id: str) -> set[str]:
    pages = check.client.lists.members(list_id).pages()
    return {name for page in pages for one in page.items for name in _names(check, one)}
