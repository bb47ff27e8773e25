"""Imports of whole files, the only file route the vendor has (section 12)."""

from __future__ import annotations

import csv
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.bulk import IMPORT_WORDS
from martech_dotdigital.emulator.contacts.legacy import LegacyOperations
from martech_dotdigital.emulator.contacts.population import SUPPRESSED
from martech_dotdigital.emulator.contacts.schema import ContactList
from martech_dotdigital.emulator.contacts.wishes import Wish
from martech_dotdigital.emulator.contacts.writing import Merge, Writing
from martech_dotdigital.emulator.conventions.answers import answer, text_answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.multipart import multipart
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import INVALID, Body, v2_object
from martech_dotdigital.emulator.conventions.timeline import Job, JobKind

__all__ = ["FileImportOperations"]

BOOK = "/v2/address-books/{addressBookId}/contacts/import"
MERGE_OPTIONS: Mapping[str, Merge] = {
    "0": Merge.OVERWRITE,
    "1": Merge.OVERWRITE_IF_NOT_EMPTY,
    "2": Merge.OVERWRITE_IF_EMPTY,
    "overwrite": Merge.OVERWRITE,
    "onlyoverwriteifnotempty": Merge.OVERWRITE_IF_NOT_EMPTY,
    "onlyoverwriteifcontactdatanotpopulated": Merge.OVERWRITE_IF_EMPTY,
}
COUNTER_OF_STATUS: Mapping[str, str] = {
    "unsubscribed": "unsubscribed",
    "hardBounced": "hardBounced",
    "softBounced": "softBounced",
    "ispComplained": "ispComplaints",
    "directComplaint": "ispComplaints",
    "blockedlocalpart": "mailBlocked",
    "domainSuppressed": "domainSuppressed",
    "suppressed": "suppressedContacts",
}
COUNTERS = (
    *("newContacts", "updatedContacts", "globallySuppressed", "invalidEntries", "duplicateEmails", "blocked"),
    *("unsubscribed", "hardBounced", "softBounced", "ispComplaints", "mailBlocked", "domainSuppressed"),
    *("pendingDoubleOptin", "failures", "suppressedContacts"),
)


@dataclass(slots=True)
class FileReport:
    """What became of a file."""

    columns: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def fault(self, counter: str, reason: str, row: dict[str, str]) -> None:
        """Count a row that was not imported."""
        self.counts[counter] += 1
        self.counts["failures"] += 1
        self.faults.append((reason, row))


class FileImportOperations(LegacyOperations, Writing):
    """CSV files and JSON collections of v2."""

    @operation("POST", "/v2/contacts/import", "/v2/contacts/import/with-merge-option/{mergeOption}", tier=Tier.LOW)
    def import_file(self, incoming: Incoming) -> Response:
        """Accept a file of contacts."""
        return self._accept(incoming, [])

    @operation("POST", BOOK, BOOK + "/with-merge-option/{mergeOption}", tier=Tier.LOW)
    def import_file_to_list(self, incoming: Incoming) -> Response:
        """Accept a file of contacts for a list."""
        return self._accept(incoming, [self.list_named(incoming, to_write=True)])

    @operation("POST", "/v2/contacts/import-collection", tier=Tier.LOW)
    def import_collection(self, incoming: Incoming) -> Response:
        """Accept a collection of v2 contacts for some lists."""
        body = v2_object(incoming)
        lists = [self.lists[number] for number in body.integers("addressBookIds") if number in self.lists]
        merge = MERGE_OPTIONS.get(str(body.integer("mergeOption") or 0))
        if merge is None:
            raise body.refuse("mergeOption")
        rows = [_row_of(contact) for contact in body.objects("contacts")]
        if not rows:
            raise v2_refusal(400, "ERROR_CONTACTS_ARE_NOT_SPECIFIED")
        columns = list(dict.fromkeys(name for row in rows for name in row))
        return self._start(columns, rows, lists, merge)

    @operation("GET", "/v2/contacts/import/{id}", tier=Tier.POLL)
    def get_file_import(self, incoming: Incoming) -> Response:
        """Return how far an import is."""
        job = self._import_named(incoming)
        return answer(200, {"id": job.id, "status": job.status})

    @operation("GET", "/v2/contacts/import/{id}/report", tier=Tier.POLL)
    def get_file_import_report(self, incoming: Incoming) -> Response:
        """Return the counters of a finished import."""
        report = self._report_of(self._import_named(incoming))
        return answer(200, {name: report.counts[name] for name in COUNTERS})

    @operation("GET", "/v2/contacts/import/{id}/report-faults", tier=Tier.POLL)
    def get_file_import_faults(self, incoming: Incoming) -> Response:
        """Return the rows that were not imported, as CSV with the reason first; kept about a week."""
        job = self._import_named(incoming)
        report = self._report_of(job)
        if job.ended is None or self.now() - job.ended > timedelta(days=self.fault_report_days):
            raise v2_refusal(404, "ERROR_IMPORT_REPORT_NOT_FOUND")
        out = StringIO()
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["Reason", *report.columns])
        lines.writerows([reason, *(row.get(name, "") for name in report.columns)] for reason, row in report.faults)
        return text_answer(out.getvalue(), content_type="text/csv; charset=utf-8")

    def _accept(self, incoming: Incoming, lists: list[ContactList]) -> Response:
        merge = MERGE_OPTIONS.get(incoming.parts.get("mergeOption", "0").lower())
        if merge is None:
            raise v2_refusal(400, INVALID, "The merge option is invalid.")
        name, content = self._file(incoming)
        if len(content) > self.import_body_bytes:
            raise v2_refusal(413, INVALID, "The file is too large.")
        rows: list[dict[str, str]] | None = None
        columns: list[str] = []
        if name.lower().endswith((".csv", ".txt")):
            read = csv.DictReader(StringIO(content.decode("utf-8-sig", "replace")))
            columns = list(read.fieldnames or ())
            rows = [{key: value or "" for key, value in row.items() if key} for row in read]
        if rows is None or not any(column.lower() == "email" for column in columns):
            return self._reject_format()
        return self._start(columns, rows, lists, merge)

    def _file(self, incoming: Incoming) -> tuple[str, bytes]:
        content_type = incoming.headers.get("content-type") or ""
        if content_type.startswith("multipart/"):
            found = next((part for part in multipart(content_type, incoming.body) if part.filename), None)
            if found is not None:
                return found.filename, found.content
            raise v2_refusal(400, INVALID, "The file is missing.")
        body = v2_object(incoming)
        try:
            return body.required("fileName"), b64decode(body.required("data"), validate=True)
        except ValueError:
            raise body.refuse("data") from None

    def _start(
        self, columns: list[str], rows: list[dict[str, str]], lists: list[ContactList], merge: Merge
    ) -> Response:
        if self.active_jobs(JobKind.CONTACT_IMPORT) >= self.most_active_imports:
            text = "Too many imports are active."
            raise v2_refusal(400, "ERROR_IMPORT_TOOMANYACTIVEIMPORTS", text)
        job = self.start_job(
            JobKind.CONTACT_IMPORT, IMPORT_WORDS, lambda: self._import_rows(columns, rows, lists, merge)
        )
        return answer(202, {"id": job.id, "status": "NotFinished"})

    def _reject_format(self) -> Response:
        now = self.now()
        job = Job(self.new_id(), JobKind.CONTACT_IMPORT, now, "InvalidFileFormat", ended=now)
        self.jobs[job.id] = job
        return answer(202, {"id": job.id, "status": job.status})

    def _import_named(self, incoming: Incoming) -> Job:
        job = self.job(incoming.parts["id"], JobKind.CONTACT_IMPORT)
        if job is None:
            raise v2_refusal(404, "ERROR_IMPORT_NOT_FOUND")
        return job

    def _report_of(self, job: Job) -> FileReport:
        if not isinstance(job.result, FileReport):
            raise v2_refusal(404, "ERROR_IMPORT_REPORT_NOT_FOUND")
        return job.result

    def _import_rows(
        self, columns: list[str], rows: list[dict[str, str]], lists: list[ContactList], merge: Merge
    ) -> FileReport:
        report = FileReport(columns)
        seen: set[str] = set()
        for row in rows:
            self._import_file_row(row, lists, merge, seen, report)
        return report

    def _import_file_row(
        self, row: dict[str, str], lists: list[ContactList], merge: Merge, seen: set[str], report: FileReport
    ) -> None:
        values = {name.lower(): value.strip() for name, value in row.items()}
        email = self.people.kept("email", values.pop("email", ""))
        if email is None:
            report.fault("invalidEntries", "InvalidEmail", row)
            return
        if email.lower() in seen:
            report.fault("duplicateEmails", "Duplicate", row)
            return
        seen.add(email.lower())
        contact = self.people.find("email", email)
        if contact is not None and contact.email_status in SUPPRESSED:
            counter = COUNTER_OF_STATUS.get(contact.email_status, "globallySuppressed")
            report.fault(counter, contact.email_status[:1].upper() + contact.email_status[1:], row)
            return
        wish = self._row_wish(email, values)
        wish.lists = lists
        if contact is None:
            contact = self.create(wish)
            report.counts["newContacts"] += 1
        else:
            self.fulfil(contact, wish, merge)
            report.counts["updatedContacts"] += 1
        report.counts["pendingDoubleOptin"] += contact.email_status == "pendingOptIn"

    def _row_wish(self, email: str, values: dict[str, str]) -> Wish:
        wish = Wish(identifiers={"email": email})
        data: dict[str, Any] = {}
        for name, value in values.items():
            if name.startswith("preference:"):
                number = self._preference_called(name.removeprefix("preference:"))
                if number is not None:
                    wish.preferences[number] = value.lower() == "true"
            elif name.upper() in self.data_fields:
                data[name] = value or None
        channels = {
            "email": {key: values[key.lower()] for key in ("emailType", "optInType") if values.get(key.lower())}
        }
        found = self.reader().read({"dataFields": data, "channelProperties": channels})
        wish.data, wish.email = found.data, found.email
        return wish

    def _preference_called(self, path: str) -> int | None:
        """Return the preference of a column such as `Preference:Marketing>Offers`."""
        for one in self.preferences.values():
            category = self.preferences.get(one.category)
            names = [category.private_name, one.private_name] if category else [one.private_name]
            if one.is_preference and ">".join(names).lower() == path:
                return one.id
        return None


def _row_of(contact: Body) -> dict[str, str]:
    row = {
        name: str(contact.get(name))
        for name in ("email", "emailType", "optInType")
        if contact.get(name) is not None
    }
    for pair in contact.objects("dataFields"):
        value = pair.get("value")
        row[pair.required("key")] = "" if value is None else str(value)
    return row
