"""Making and changing contacts, many at once, so that nobody is moved towards being contacted unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from martech.models import Contact, IfNew, ItemOutcome, ItemResult, Merge, own
from martech.provider import (
    Conflict,
    InvalidRequest,
    MartechError,
    NewId,
    RateLimited,
    Saving,
    Together,
    concerns_all,
    result_of,
)
from martech_dengage.mapping.answers import Written
from martech_dengage.mapping.contacts import (
    KEY,
    contact_to_wire,
    contactable_if_new,
    kept_blocks,
    no_for_new,
)
from martech_dengage.settings import DengageSettings
from martech_dengage.writing.bulk import Record, Verdict, in_groups, update_only
from martech_dengage.writing.looking import People, look_up
from martech_dengage.writing.one import BLOCK_KEPT, insert_contact, said_plainly

__all__ = ["refuse_extra", "upsert", "upsert_one"]

INSERTS_AT_ONCE = 4
NO_OVER_KNOWN = (
    "was there already, though dEngage did not show it when it was looked up; its permissions are now withdrawn"
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One person to be written: where they stand in the call, and which columns."""

    place: int
    contact: Contact
    minted: str | None


@dataclass(slots=True)
class _Batch:
    """People to be written together, and what is known of them."""

    settings: DengageSettings
    records: dict[str, dict[str, Any]]
    people: People = field(default_factory=People)
    kept: set[str] = field(default_factory=set[str])

    def keep_blocks(self, people: People) -> None:
        """Take over what looking up found, so that no changed address lifts a block."""
        self.people.known |= people.known
        self.people.failed |= people.failed
        self.people.absent |= people.absent
        for key, row in people.known.items():
            if blocks := kept_blocks(self.records[key], row):
                self.records[key] |= blocks
                self.kept.add(key)

    def known(self) -> list[Record]:
        """Return the records of those who are there."""
        return [self.records[key] for key in self.people.known]

    def new(self) -> list[Record]:
        """Return the records of those of whom nobody knows that they are there."""
        known = self.people.known.keys() | self.people.failed.keys()
        return [record for key, record in self.records.items() if key not in known]


async def upsert_one(settings: DengageSettings, contact: Contact, *, how: Saving) -> ItemResult:
    """Make or change one contact, who is looked up first.

    Raises:
        MartechError: Whatever kept it from being done.
    """
    refuse_extra(how)
    wanted = await _wanted([contact], how, [None])
    if not wanted:
        raise _nameless()
    ((key, one),) = wanted.items()
    batch = _Batch(settings, {key: _record(one.contact, how)})
    verdict = said_plainly((await _done(batch, how, look=True))[key])
    return _result(verdict, one, batch)


async def upsert(
    settings: DengageSettings, contacts: Sequence[Contact], *, how: Saving, look: bool
) -> list[ItemResult]:
    """Make or change contacts; one result for each, in their order.

    Args:
        settings: How to write people who must not be contactable, among others.
        contacts: Up to 1000.
        how: What the caller says.
        look: Whether to look everybody up first: one request each, and no block is lifted by a changed address.

    Raises:
        MartechError: It concerns everybody and nothing was written.
    """
    refuse_extra(how)
    results: list[ItemResult | None] = [None] * len(contacts)
    wanted = await _wanted(contacts, how, results)
    batch = _Batch(settings, {})
    for key, one in list(wanted.items()):
        try:
            batch.records[key] = _record(one.contact, how)
        except InvalidRequest as refused:
            results[one.place] = result_of(refused, own(key), one.place)
            del wanted[key]
    done = await _done(batch, how, look=look)
    errors = [verdict for verdict in done.values() if isinstance(verdict, MartechError)]
    if errors and len(errors) == len(done) and (concerns_all(errors[0]) or isinstance(errors[0], RateLimited)):
        raise errors[0]
    for key, one in wanted.items():
        results[one.place] = _result(done[key], one, batch)
    return [result for result in results if result is not None]


def refuse_extra(how: Saving) -> None:
    """Refuse vendor-only input: there is none for contacts.

    Raises:
        InvalidRequest: There was some.
    """
    if how.extra:
        raise InvalidRequest(f"dEngage takes nothing extra with a contact, such as {', '.join(how.extra)}")


async def _wanted(
    contacts: Sequence[Contact], how: Saving, results: list[ItemResult | None]
) -> dict[str, _Wanted]:
    """Return who is to be written by key; inputs that name one person twice are put together."""
    wanted: dict[str, _Wanted] = {}
    for place, given in enumerate(contacts):
        contact, minted = given, None
        if not contact.own_id and how.mint_keys:
            # Made up before the first attempt, so that whatever is tried again writes the same person.
            minted = await NewId()
            contact = contact.model_copy(update={"own_id": minted})
        key = contact.own_id
        if not key or key.isspace():
            results[place] = result_of(_nameless(), position=place)
            continue
        if (earlier := wanted.pop(key, None)) is not None:
            contact = contact.over(earlier.contact)
            reason = f"names the same person as input {place}; both were written as one"
            results[earlier.place] = ItemResult(
                position=earlier.place, outcome=ItemOutcome.SUPERSEDED, identifier=own(key), reason=reason
            )
        wanted[key] = _Wanted(place, contact, minted)
    return wanted


def _nameless() -> InvalidRequest:
    hint = "give it an own_id, or say mint_keys=True to have one made up"
    return InvalidRequest("dEngage files people under a contact key, and this contact has no own id", hint=hint)


def _record(contact: Contact, how: Saving) -> dict[str, Any]:
    return contact_to_wire(contact, skip_empty=how.merge is Merge.KEEP_WHERE_EMPTY)


def _result(verdict: Verdict, one: _Wanted, batch: _Batch) -> ItemResult:
    key = one.contact.own_id or ""
    if isinstance(verdict, MartechError):
        return result_of(verdict, own(key), one.place)
    return ItemResult(
        position=one.place,
        outcome=verdict.outcome,
        identifier=own(key),
        reason=BLOCK_KEPT if key in batch.kept and verdict.outcome is ItemOutcome.UPDATED else verdict.reason,
        contactable=verdict.contactable,
        minted=one.minted,
    )


async def _done(batch: _Batch, how: Saving, *, look: bool) -> dict[str, Verdict]:
    """Write the batch; returns what became of everybody in it."""
    carefully = how.if_new is IfNew.NOT_CONTACTABLE
    looked = look or (carefully and not batch.settings.insert_contact)
    if looked:
        batch.keep_blocks(await look_up(batch.records))
    done: dict[str, Verdict] = dict(batch.people.failed)
    if not carefully:
        done |= await _as_the_vendor_does(batch, looked=looked)
    elif batch.settings.insert_contact:
        done |= await _inserted_with_no(batch, look=look)
    else:
        done |= await _written_with_no(batch)
    return done


async def _as_the_vendor_does(batch: _Batch, *, looked: bool) -> dict[str, Verdict]:
    """Write everybody in one go. New people get what dEngage gives: permission for every channel.

    Somebody who was absent a moment ago and is now called known came in between, or by an attempt of ours whose
    answer was lost: nobody can tell, so it is said that they may be contacted. Where nobody looked, the call is
    not repeated.
    """
    done = await in_groups(batch.settings, [*batch.known(), *batch.new()], insert=True, repeatable=looked)
    for key, one in done.items():
        if not isinstance(one, Written):
            continue
        contactable = contactable_if_new(batch.records[key])
        if one.outcome is ItemOutcome.CREATED:
            done[key] = replace(one, contactable=contactable)
        elif one.outcome is ItemOutcome.UPDATED and key in batch.people.absent:
            done[key] = replace(one, outcome=ItemOutcome.SAVED, contactable=contactable)
    return done


async def _inserted_with_no(batch: _Batch, *, look: bool) -> dict[str, Verdict]:
    """Make those who are not there with their no in the same request, and change the others without one.

    InsertContact cannot overwrite: somebody who came in between, or whom dEngage does not show yet, keeps what
    they have.
    """
    done: dict[str, Verdict] = {}
    there, new = batch.known(), batch.new()
    calls = [insert_contact(batch.settings, no_for_new(record), repeatable=True) for record in new]
    after_all: list[str] = []
    for record, outcome in zip(new, await Together(calls, at_most=INSERTS_AT_ONCE), strict=True):
        key = str(record[KEY])
        if isinstance(outcome.error, Conflict):
            after_all.append(key)
        else:
            done[key] = outcome.error or Written(ItemOutcome.CREATED, contactable=False)
    if look and after_all:
        batch.keep_blocks(await look_up(after_all))
    for key in after_all:
        if key in batch.people.failed:
            done[key] = batch.people.failed[key]
        else:
            there.append(batch.records[key])
    return done | await update_only(batch.settings, there)


async def _written_with_no(batch: _Batch) -> dict[str, Verdict]:
    """The same with documented calls alone: whoever came after they were looked up loses their permissions."""
    new = [no_for_new(record) for record in batch.new()]
    done = await in_groups(batch.settings, new, insert=True, repeatable=True)
    for key, one in done.items():
        if isinstance(one, Written) and one.outcome is ItemOutcome.CREATED:
            done[key] = replace(one, contactable=False)
        elif isinstance(one, Written) and one.outcome is ItemOutcome.UPDATED:
            done[key] = Written(ItemOutcome.UPDATED, NO_OVER_KNOWN)
    return done | await update_only(batch.settings, batch.known())
