"""Contacts at Digital Onboarding: written by one key, and never read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from martech.models import Contact, Identifier, IfNew, ItemOutcome, ItemResult, Merge
from martech.provider import (
    ContactOperations,
    MartechError,
    NewId,
    Saving,
    UnexpectedResponse,
    declines,
    not_offered,
    post,
    result_of,
)
from martech_digital_onboarding import assumed, names
from martech_digital_onboarding.mapping import (
    OPT_OUT_LOST,
    contact_from_wire,
    contact_to_wire,
    lost_opt_out,
    saved_from_wire,
)
from martech_digital_onboarding.public import PublicEye
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.upserting import NOT_NAMED, Row, Written, is_of, maybe_written, write
from martech_digital_onboarding.wire import ContactAnswer, readable

NOTHING_READABLE = not_offered("Digital Onboarding documents no way to read contacts.")
UPSERT_ONLY = not_offered(
    "Digital Onboarding only makes or changes in one: it cannot be told to do the one and not the other.",
    instead="contacts.upsert",
)
ERASURE = not_offered(
    "Digital Onboarding deletes nobody through its API; erasure is asked of its support. "
    "consent.suppress stops messages and erases nothing."
)
CANNOT_TELL_NEW = not_offered(
    "Digital Onboarding does not say beforehand who is new, so a no for new people would overwrite a known one's "
    "choice. Say if_new=VENDOR_DEFAULT; the result says who was made and may be contacted."
)
NO_MERGE_RULES = {
    rule: not_offered("Digital Onboarding overwrites what is named and leaves the rest.")
    for rule in Merge
    if rule is not Merge.OVERWRITE
}
NO_EXTRA = not_offered(
    "There is no further input for contacts: other documented fields are attributes named as they are, and "
    "journeys are started by automations.enrol."
)
NAMES_ANOTHER = "the answer does not name the contact that was written"
NO_MINTING = not_offered("This account names people by e-mail address, and an address cannot be made up.")


def contacts_row(settings: DigitalOnboardingSettings, eye: PublicEye) -> ContactOperations:
    """Return the row for an account, whose way of naming people decides what it declines.

    `eye` looks at what is about to become public.
    """
    refused_how: dict[Any, Any] = {
        IfNew.NOT_CONTACTABLE: CANNOT_TELL_NEW,
        **NO_MERGE_RULES,
        **names.declined(settings.identity),
        "extra": NO_EXTRA,
        **({"mint_keys": NO_MINTING} if settings.identity == "email" else {}),
    }

    class Contacts(ContactOperations):
        """People, whom one can write and not read."""

        written_by = (names.KINDS[settings.identity],)
        batch_size = settings.batch_contacts

        get = NOTHING_READABLE
        list = NOTHING_READABLE
        create = UPSERT_ONLY
        update = UPSERT_ONLY

        @assumed.rests_on(assumed.UPDATES, assumed.BATCHES, assumed.KEY_CASE)
        @declines(how=refused_how)
        async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
            """One request, in the batch shape: the single one does not tell who is new. Two after an accident."""
            planned = await _planned(contact, how, settings)
            eye.look(planned.contact)
            (written,) = await write([planned.row], settings)
            result = _result(planned, written)
            if written.error is not None and not (planned.minted and maybe_written(written)):
                raise written.error
            # Otherwise a key that was made up would be lost with the error, and the next attempt, under another
            # one, would make another person.
            return result

        @assumed.rests_on(assumed.UPDATES, assumed.BATCHES, assumed.KEY_CASE)
        @declines(how=refused_how)
        async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
            """One request for as many as fit; up to two for each contact where the vendor refuses some of them."""
            plans = _Plans(len(contacts))
            for position, contact in enumerate(contacts):
                try:
                    plans.add(position, await _planned(contact, how, settings), settings)
                except MartechError as refused:
                    plans.refuse(position, refused, contact.identifier(names.KINDS[settings.identity]))
            for planned in plans.by_key.values():
                eye.look(planned.contact)
            for written in await write([planned.row for planned in plans.by_key.values()], settings):
                plans.done(written)
            return plans.in_order()

        submit_import = not_offered(
            "Digital Onboarding answers batches at once and has no jobs; files go to it by SFTP or by hand "
            "(native.csv_files writes them).",
            instead="contacts.upsert_many",
        )
        change_identifier = not_offered(
            "At Digital Onboarding the key is the person: writing another makes another person."
        )
        delete = ERASURE
        submit_delete = ERASURE
        count = not_offered("Digital Onboarding does not say how many contacts there are.")

    return Contacts()


async def saved(contact: Contact, settings: DigitalOnboardingSettings, *, if_new: IfNew) -> Contact:
    """Write one contact in the single shape and return it as the vendor has it now.

    One request, which may be repeated: the contact bears a key, and the answer is the same each time.

    Raises:
        UnsupportedOperation: Somebody new must not be contactable, which the vendor cannot be told.
        UnexpectedResponse: The answer names nobody, or somebody else, or denies an opt-out that was written.
    """
    if if_new is IfNew.NOT_CONTACTABLE:
        raise CANNOT_TELL_NEW.error()
    row = Row(*contact_to_wire(contact, settings))
    response = await post("/v1/contacts", json=row.members, repeatable=True)
    answer = readable(ContactAnswer, response)
    if not is_of(answer, row):
        raise UnexpectedResponse(NAMES_ANOTHER, status=response.status, asked=response.asked)
    if lost_opt_out(row.members, answer):
        raise UnexpectedResponse(OPT_OUT_LOST, status=response.status, asked=response.asked)
    return contact_from_wire(answer, settings)


# ── from contacts to rows and back ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Planned:
    """One contact that is to be written, and the key that was made up for it, if any."""

    contact: Contact
    row: Row
    minted: str | None = None


async def _planned(contact: Contact, how: Saving, settings: DigitalOnboardingSettings) -> _Planned:
    minted: str | None = None
    if how.mint_keys and contact.identifier(names.KINDS[settings.identity]) is None:
        # Without a key every post makes another person (seed, "Unique IDs"), a repeated one included.
        minted = await NewId()
        contact = Contact(own_id=minted).over(contact)
    ref, members = contact_to_wire(contact, settings)
    return _Planned(contact, Row(ref, members), minted)


def _result(planned: _Planned, written: Written) -> ItemResult:
    if written.error is not None:
        result = result_of(written.error, planned.row.ref)
    elif written.answer is None:
        result = ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=planned.row.ref, reason=NOT_NAMED)
    else:
        result = saved_from_wire(planned.row.ref, written.outcome, planned.row.members, written.answer)
    return result.model_copy(update={"minted": planned.minted}) if planned.minted else result


@dataclass(slots=True)
class _Plans:
    """The contacts of one call by key, and one result per input."""

    count: int
    by_key: dict[str, _Planned] = field(default_factory=dict[str, _Planned])
    _positions: dict[str, int] = field(default_factory=dict[str, int])
    _results: dict[int, ItemResult] = field(default_factory=dict[int, ItemResult])

    def add(self, position: int, planned: _Planned, settings: DigitalOnboardingSettings) -> None:
        """Plan a contact; one that was named before is written together with it, as one person."""
        key = planned.row.key
        earlier = self.by_key.pop(key, None)
        if earlier is not None:
            # Together, so that an opt-out of the earlier line is not lost with it.
            both = planned.contact.over(earlier.contact)
            ref, members = contact_to_wire(both, settings)
            planned = _Planned(both, Row(ref, members), planned.minted or earlier.minted)
            self._results[self._positions[key]] = ItemResult(
                outcome=ItemOutcome.SUPERSEDED,
                identifier=ref,
                reason=f"names the same person as input {position}; both were written as one",
            )
        self.by_key[key] = planned
        self._positions[key] = position

    def refuse(self, position: int, error: MartechError, ref: Identifier | None) -> None:
        """Note that an input cannot be said to the vendor."""
        self._results[position] = result_of(error, ref)

    def done(self, written: Written) -> None:
        """Note what became of one that was written."""
        key = written.row.key
        self._results[self._positions[key]] = _result(self.by_key[key], written)

    def in_order(self) -> Sequence[ItemResult]:
        """Return one result per input."""
        return [self._results[position].at(position) for position in range(self.count)]
