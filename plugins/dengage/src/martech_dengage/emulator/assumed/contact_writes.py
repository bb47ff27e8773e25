"""ASSUMPTION: InsertContact, UpdateContact and GetUpdateLog, known by name and purpose only (seed, D1, D23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.assumed.windows import window
from martech_dengage.emulator.contact_book import Change, Source
from martech_dengage.emulator.contact_columns import ContactColumn, custom_column
from martech_dengage.emulator.contact_records import read_values
from martech_dengage.emulator.dates import answer_time
from martech_dengage.emulator.envelope import invalid, malformed, not_found, operation
from martech_dengage.emulator.reading import Fields, paged
from martech_dengage.emulator.vendor import Vendor

__all__ = ["AssumedContactWrites"]


class AssumedContactWrites(Vendor):
    """Routes for one contact at a time, and for the log of statuses and permissions."""

    @operation("POST", "/contacts")
    def insert_contact(self, incoming: Incoming) -> Mapping[str, Any]:
        """InsertContact: with `updateIfExists` it changes the one that is there (D23).

        It is said to make columns too (seed); how is invented: `newColumns`, each with `name` and `type`.
        """
        body = Fields.of(incoming)
        given = body.inner("contact")
        key, contact = given.text("contact_key"), self.contacts.get(given.text("contact_key"))
        if contact is None or body.flag("updateIfExists", default=False):
            for column in _new_columns(body):
                self.contacts.columns.setdefault(column.name, column)
        values = read_values(self.contacts, given.given)
        if contact is None:
            self.contacts.insert(key, values, source=Source.API)
        elif body.flag("updateIfExists", default=False):
            self.contacts.update(contact, values, source=Source.API)
        else:
            raise invalid(f"a contact with the contact_key {key} exists")
        return {"contact_key": key}

    @operation("PUT", "/contacts/{contact_key}")
    def update_contact(self, incoming: Incoming) -> Mapping[str, Any]:
        """UpdateContact: the columns given are changed, the others are not."""
        key, given = incoming.parts["contact_key"], Fields.of(incoming)
        contact = self.contacts.get(key)
        if contact is None:
            raise not_found(f"no contact has the contact_key {key}")
        if given.raw("contact_key") not in (None, key):
            raise invalid("the contact_key of a contact cannot be changed")
        values = read_values(self.contacts, {name: v for name, v in given.given.items() if name != "contact_key"})
        self.contacts.update(contact, values, source=Source.API)
        return {"contact_key": key}

    @operation("GET", "/contacts/updateLog")
    def update_log(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetUpdateLog: every change of a status or a permission, with its time and where it came from."""
        begin, end = window(incoming)
        return paged(incoming, self.contacts.changes(begin, end, incoming.arg("contactKey")), _change_row)


def _new_columns(body: Fields) -> list[ContactColumn]:
    given = body.raw("newColumns") or []
    if not isinstance(given, list):
        raise malformed("newColumns is not an array")
    columns = [Fields(one, "newColumns") for one in given]
    try:
        return [custom_column(one.text("name", longest=50), one.text("type")) for one in columns]
    except ValueError as wrong:
        raise invalid(str(wrong)) from wrong


def _change_row(change: Change) -> Mapping[str, Any]:
    return {
        "contactKey": change.contact_key,
        "field": change.field,
        "oldValue": change.old,
        "newValue": change.new,
        "updatedAt": answer_time(change.at),
        "source": change.source,
    }
