"""Who a send goes to: a segment built in the panel, or a sendable table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from martech_dengage.emulator.envelope import invalid, not_found
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.vendor import Vendor

__all__ = ["Audience", "audience", "segment"]

Audience = Callable[[], Iterable[str]]
"""Returns the contact keys of an audience at the time it is asked, once for each row."""


def audience(vendor: Vendor, given: Fields) -> Audience:
    """Return the audience that `segmentId` or `tableId` names; raises a refusal if there is none."""
    if given.one_of("segmentId", "tableId") == "tableId":
        table = vendor.tables.by_id(given.text("tableId"))
        if table.contact_key_column is None:
            raise invalid(f"the table {table.name} is not sendable")
        return table.contact_keys
    return segment(vendor, given.text("segmentId"))


def segment(vendor: Vendor, segment_id: str) -> Audience:
    """Return the people of a segment; raises a refusal if there is none with that id."""
    if (known := vendor.segments.get(segment_id)) is None:
        raise not_found(f"no segment has the id {segment_id}")
    keys = known.contact_keys
    return (lambda: [contact.key for contact in vendor.contacts]) if keys is None else (lambda: keys)
