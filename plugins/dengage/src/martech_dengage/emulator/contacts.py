"""The Contact API as far as it is documented: BulkUpsert in both forms, and GetContact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.bulk import BulkRequest
from martech_dengage.emulator.contact_records import writable, write_contacts
from martech_dengage.emulator.envelope import (
    UNEXPECTED_ERROR,
    Answer,
    Refusal,
    invalid,
    not_found,
    operation,
    too_many,
)
from martech_dengage.emulator.reading import Fields, several
from martech_dengage.emulator.vendor import Vendor

__all__ = ["BULK_JOB", "Contacts"]

BULK_EVERY = timedelta(minutes=1)
"""BulkUpsert takes one request per minute, never in parallel (D4)."""

BULK_JOB = "bulk/async/contacts"


class Contacts(Vendor):
    """Routes that write and read `master_contact`."""

    @operation("POST", "/bulk/contacts")
    def bulk_upsert(self, incoming: Incoming) -> Mapping[str, Any]:
        """BulkUpsert (D4): 1 to 1000 contacts; what was wrong with some of them comes in a 200."""
        self._pass_bulk_gate()
        request = BulkRequest.read(Fields.of(incoming))
        return write_contacts(self, self.contacts, request).data()

    @operation("POST", "/bulk/async/contacts")
    def bulk_upsert_async(self, incoming: Incoming) -> Answer:
        """BulkUpsert-Async (D5): 202, and the transaction id is the job's."""
        at_most = self.async_bulk_at_most
        if at_most is not None and self.jobs.unfinished(BULK_JOB) >= at_most:
            raise too_many()
        request = BulkRequest.read(Fields.of(incoming))
        request.require("contact_key")
        writable(self, self.contacts, request)
        # Of records with the same key only the last is processed (D5).
        last = {
            record.get("contact_key") if isinstance(record, dict) else id(record): record
            for record in request.records
        }
        once = BulkRequest(request.columns, list(last.values()), request.insert_if_not_exists)
        job = self.jobs.start(BULK_JOB, lambda: write_contacts(self, self.contacts, once).data())
        return Answer(None, 202, transaction_id=job.job_id)

    @operation("GET", "/contacts/{contact_key}")
    def get_contact(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetContact (C4): the named columns of one contact, or all of them."""
        key = incoming.parts["contact_key"]
        wanted = several(incoming, "contactFields") or list(self.contacts.columns)
        for name in wanted:
            if name not in self.contacts.columns:
                raise invalid(f"{name} is not a column of master_contact")
        contact = self.contacts.seen(key)
        if contact is not None:
            return {"contacts": [{name: contact[name] for name in wanted}]}
        if self.unknown_contact == "empty":
            return {"contacts": []}
        raise not_found(f"no contact has the contact_key {key}")

    def _pass_bulk_gate(self) -> None:
        if not self.bulk_gate:
            return
        now, last = self.agenda.now(), self.last_bulk_call
        if last is not None and now < last + timedelta(seconds=self.bulk_call_seconds):
            if self.parallel_bulk_status == 500:
                raise Refusal(500, UNEXPECTED_ERROR, "an unexpected error occurred")
            raise too_many()
        if last is not None and now < last + BULK_EVERY:
            raise too_many()
        # A call counts from here on, also if it is then refused for what it says.
        self.last_bulk_call = now
