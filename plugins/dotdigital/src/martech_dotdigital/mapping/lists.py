"""Lists and segments in both vocabularies."""

from __future__ import annotations

from collections.abc import Mapping

from martech.models import ContactList, Identifier, ItemOutcome, ItemResult, Segment, Visibility
from martech.provider import InvalidRequest
from martech_dotdigital.wire import contacts as wire

__all__ = ["is_member", "list_from_wire", "number", "segment_from_wire", "state_on"]

VISIBILITIES: Mapping[str, Visibility] = {"private": Visibility.PRIVATE, "public": Visibility.PUBLIC}
WORDS: Mapping[Visibility, str] = {Visibility.PRIVATE: "Private", Visibility.PUBLIC: "Public"}


def list_from_wire(book: wire.AddressBook) -> ContactList:
    """Return an address book as a list."""
    return ContactList(
        id=str(book["id"]),
        name=book["name"],
        visibility=VISIBILITIES.get((book.get("visibility") or "").casefold()),
        size=book.get("contacts"),
        raw=book,
    )


def segment_from_wire(segment: wire.SegmentRow) -> Segment:
    """Return a segment."""
    return Segment(id=str(segment["id"]), name=segment["name"], size=segment.get("contacts"), raw=segment)


def number(text: str, noun: str) -> int:
    """Return an id as the number it is at Dotdigital.

    Raises:
        InvalidRequest: It is none.
    """
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest(f"the id of a {noun} at Dotdigital is a number, not {text!r}")
    return int(text)


def state_on(person: wire.Contact, list_id: int) -> str | None:
    """Return the vendor's word for a contact's place on a list, in lower case; None if they are not on it."""
    states = (one.get("status") or "subscribed" for one in person.get("lists") or () if one["id"] == list_id)
    state = next(states, None)
    return state.casefold() if state is not None else None


def is_member(person: wire.Contact, list_id: int) -> bool:
    """Return whether a contact is on a list, unlike somebody who opted out of it and is still named there."""
    return state_on(person, list_id) != "suppressed"


def added(person: wire.Contact, ref: Identifier, list_id: int) -> ItemResult | None:
    """Return the result for somebody who need not or must not be put on a list; None for everybody else.

    Whoever unsubscribed from that very list is still named on it (S11.2). Putting them back would be a yes.
    """
    state = state_on(person, list_id)
    if state is None:
        return None
    number_of = str(person["contactId"])
    if state == "suppressed":
        return ItemResult(
            outcome=ItemOutcome.REFUSED,
            identifier=ref,
            vendor_id=number_of,
            reason="this person unsubscribed from this very list; only they can undo that",
        )
    return ItemResult(outcome=ItemOutcome.UNCHANGED, identifier=ref, vendor_id=number_of)
