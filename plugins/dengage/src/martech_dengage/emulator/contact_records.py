"""Writing contacts: how records of any of the calls become inserts and updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech_dengage.emulator.bulk import BulkOutcome, BulkRequest, faults, prepared
from martech_dengage.emulator.contact_book import ContactBook, Source
from martech_dengage.emulator.contact_columns import ContactColumn
from martech_dengage.emulator.envelope import invalid
from martech_dengage.emulator.switches import Switches
from martech_dengage.emulator.values import Unacceptable

__all__ = ["read_values", "writable", "write_contacts"]


def write_contacts(vendor: Switches, contacts: ContactBook, request: BulkRequest) -> BulkOutcome:
    """Insert and update contacts; nothing is written before every record was looked at (D4).

    A key that comes twice is written twice, in order, with a warning: the synchronous call does not say.
    """
    request.require("contact_key")
    columns = writable(vendor, contacts, request)

    def prepare(record: Mapping[str, Any]) -> Mapping[str, Any]:
        if not request.insert_if_not_exists and contacts.get(record["contact_key"]) is None:
            raise Unacceptable("no contact has this contact_key")
        return _read_record(vendor, columns, record)

    records, outcome = prepared(vendor, request, prepare)
    written: set[str] = set()
    repeated: list[tuple[Mapping[str, Any], str]] = []
    for values in records:
        key = values["contact_key"]
        if key in written:
            repeated.append(({"contact_key": key}, "the key comes more than once"))
        written.add(key)
        if contact := contacts.get(key):
            contacts.update(contact, values, source=Source.BULK)
            outcome.updated.append(contact.key)
        else:
            outcome.inserted.append(contacts.insert(key, values, source=Source.BULK).key)
    outcome.warnings = faults(vendor, repeated)
    return outcome


def writable(vendor: Switches, contacts: ContactBook, request: BulkRequest) -> list[ContactColumn | str]:
    """Return the columns of a call; those that cannot be written stay names, if that is left to the records."""
    columns: list[ContactColumn | str] = []
    for name in request.columns:
        column = contacts.columns.get(name)
        # Only columns that exist and are marked import-enabled may be named (D4, D22).
        if column is not None and column.import_enabled:
            columns.append(column)
        elif vendor.unknown_column == "call":
            raise invalid(f"{name} is not a column of master_contact that may be imported")
        else:
            columns.append(name)
    return columns


def _read_record(
    vendor: Switches, columns: list[ContactColumn | str], record: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what one record writes.

    Raises:
        Unacceptable: A value does not fit, or a column is missing or unknown.
    """
    values: dict[str, Any] = {}
    for column in columns:
        if isinstance(column, str):
            raise Unacceptable(f"{column} is not a column of master_contact that may be imported")
        if column.name in record:
            values[column.name] = column.read(record[column.name])
        elif vendor.missing_column == "refuse":
            raise Unacceptable(f"{column.name} is listed in columns but not given")
        elif vendor.missing_column == "default":
            values[column.name] = column.default
    return values


def read_values(contacts: ContactBook, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an object of columns writes; raises a refusal where a column or a value does not fit."""
    values = {}
    for name, value in given.items():
        column = contacts.columns.get(name)
        if column is None or not column.import_enabled:
            raise invalid(f"{name} is not a column of master_contact that may be imported")
        try:
            values[name] = column.read(value)
        except Unacceptable as wrong:
            raise invalid(str(wrong)) from wrong
    return values
