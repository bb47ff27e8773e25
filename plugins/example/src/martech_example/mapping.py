"""Between Pigeonpost's words and ours: pure functions, and every table of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from martech.models import (
    Basis,
    Channel,
    Contact,
    ContactList,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    ItemResult,
    JobStatus,
    MessageState,
    Page,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    email,
)
from martech.provider import InvalidRequest, mask
from martech_example.wire import BadRow, Circle, DoneRow, OutcomeRow, PeopleAnswer, Person

MAIL: Mapping[str, tuple[SubscriptionStatus, Basis, SuppressionReason | None]] = {
    # A “yes” may be the vendor's default for new people, so nobody knows whether the person said it.
    "yes": (SubscriptionStatus.SUBSCRIBED, Basis.UNKNOWN, None),
    "no": (SubscriptionStatus.UNSUBSCRIBED, Basis.UNKNOWN, SuppressionReason.UNSUBSCRIBED),
    "blocked": (SubscriptionStatus.SUPPRESSED, Basis.UNKNOWN, SuppressionReason.BOUNCED),
}
LOAD_STATES: Mapping[str, JobStatus] = {
    "queued": JobStatus.WAITING,
    "working": JobStatus.RUNNING,
    "done": JobStatus.DONE,
    "broken": JobStatus.FAILED,
}
LETTER_STATES: Mapping[str, MessageState] = {
    "waiting": MessageState.ACCEPTED,
    "gone": MessageState.SENT,
    "bounced": MessageState.BOUNCED,
}
WAS: Mapping[str, ItemOutcome] = {"new": ItemOutcome.CREATED, "known": ItemOutcome.UPDATED}


def contact_to_wire(contact: Contact) -> dict[str, Any]:
    """Return what of a contact Pigeonpost is to write: only what was given.

    Raises:
        InvalidRequest: The contact says what Pigeonpost has no place for.
    """
    if contact.custom_ids:
        raise InvalidRequest("Pigeonpost has no identifiers besides the address and ref")
    if contact.consents:
        raise InvalidRequest("Pigeonpost keeps no evidence of consent")
    person: dict[str, Any] = {"address": contact.email}
    for ours, theirs in (("first_name", "given"), ("last_name", "family"), ("own_id", "ref")):
        if contact.given(ours):
            person[theirs] = getattr(contact, ours)
    if contact.given("mobile"):
        person["phone"] = contact.mobile.removeprefix("+") if contact.mobile else None
    if contact.given("attributes"):
        person["fields"] = {name: field_to_wire(value) for name, value in contact.attributes.items()}
    # E-mail is all that Pigeonpost sends, so a no on any other channel is kept without being said.
    if any(one.channel is Channel.EMAIL for one in contact.subscriptions):
        person["mail"] = "no"
    return person


def field_to_wire(value: Any) -> Any:
    """Return an attribute's value as JSON can say it: days and times in ISO 8601."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def contact_from_wire(person: Person) -> Contact:
    """Return a person as a contact."""
    phone = person.get("phone")
    status, basis, reason = MAIL.get(person.get("mail", ""), (SubscriptionStatus.UNKNOWN, Basis.UNKNOWN, None))
    subscription = Subscription(
        channel=Channel.EMAIL, status=status, basis=basis, reason=reason, vendor_word=person.get("mail")
    )
    return Contact(
        email=person["address"],
        mobile=f"+{phone}" if phone else None,
        own_id=person.get("ref"),
        first_name=person.get("given"),
        last_name=person.get("family"),
        attributes=person.get("fields", {}),
        subscriptions=(subscription,),
        raw=person,
    )


def page_from_wire(answer: PeopleAnswer, start: int) -> Page[Contact]:
    """Return a page of people; its cursor is the count of those before the next."""
    following = start + len(answer["people"])
    more = bool(answer["people"]) and following < answer["total"]
    people = [contact_from_wire(person) for person in answer["people"]]
    return Page(people, str(following) if more else None)


def saved_from_wire(ref: Identifier, was: str | None, *, contactable_if_new: bool) -> ItemResult:
    """Return what became of one written person."""
    outcome = WAS.get(was or "", ItemOutcome.SAVED)
    contactable = contactable_if_new if outcome is ItemOutcome.CREATED else None
    return ItemResult(outcome=outcome, identifier=ref, contactable=contactable)


def batch_from_wire(
    contacts: Sequence[Contact], done: Iterable[DoneRow], bad: Iterable[BadRow]
) -> list[ItemResult]:
    """Return one result per contact. Rows come in any order and name people by address, in any case."""
    was = {row["address"].casefold(): row.get("was") for row in done}
    why = {row["address"].casefold(): row["why"] for row in bad}
    results: list[ItemResult] = []
    for contact in contacts:
        ref = address_of(contact)
        key = ref.value.casefold()
        if key in was:
            results.append(saved_from_wire(ref, was[key], contactable_if_new=not contact.subscriptions))
        elif key in why:
            results.append(ItemResult(outcome=ItemOutcome.REFUSED, identifier=ref, reason=mask(why[key])))
        else:
            results.append(
                ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=ref, reason="the answer does not name them")
            )
    return results


def outcome_from_wire(row: OutcomeRow, position: int) -> ItemResult:
    """Return what became of one row of a load."""
    ref = Identifier(IdentifierKind.EMAIL, row["address"])
    if row["result"] == "bad":
        why = mask(row.get("why") or "Pigeonpost does not say why")
        return ItemResult(position=position, outcome=ItemOutcome.REFUSED, identifier=ref, reason=why)
    outcome = WAS.get(row["result"], ItemOutcome.UNKNOWN)
    return ItemResult(position=position, outcome=outcome, identifier=ref)


def removed(ref: Identifier) -> ItemResult:
    """Return that somebody is gone."""
    return ItemResult(outcome=ItemOutcome.REMOVED, identifier=ref)


def list_from_wire(circle: Circle) -> ContactList:
    """Return a circle as a list."""
    return ContactList(id=circle["id"], name=circle["title"], size=circle.get("size"), raw=circle)


def address_of(contact: Contact) -> Identifier:
    """Return the address a contact is filed under.

    Raises:
        InvalidRequest: It has none.
    """
    if contact.email is None:
        raise InvalidRequest("Pigeonpost files people under their e-mail address, and this contact has none")
    return email(contact.email)


def address(ref: Identifier) -> str:
    """Return the address that an identifier stands for.

    Raises:
        InvalidRequest: It is no address.
    """
    if ref.kind is not IdentifierKind.EMAIL:
        raise InvalidRequest(f"Pigeonpost finds people only by e-mail address, not by {ref.kind}")
    return ref.value
