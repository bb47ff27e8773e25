"""Imports and deletions of many contacts: accepted at once, done later, reported in full (section 11.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.assumed import MOST_BULK_DELETES
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.wishes import Problem, Reader
from martech_dotdigital.emulator.contacts.writing import Merge, Writing
from martech_dotdigital.emulator.conventions.answers import answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import v3_json
from martech_dotdigital.emulator.conventions.timeline import JobKind, JobWords

__all__ = ["IMPORT_WORDS", "BulkOperations", "ImportReport"]

IMPORT_WORDS = JobWords("NotFinished", "NotFinished", "Finished")
DELETE_WORDS = JobWords("NotStarted", "NotFinished", "Finished")
MOST_DELETED = 5000
BUSY = "cannot be accepted while so many are being processed. Wait for one to complete and submit it again."


@dataclass(slots=True)
class ImportReport:
    """What became of an import."""

    created: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    suppressed: int = 0
    invalid: int = 0
    duplicates: int = 0

    def shape(self) -> dict[str, Any]:
        """Return it as printed."""
        summary = {
            "newContacts": len(self.created),
            "updatedContacts": len(self.updated),
            "globallySuppressed": self.suppressed,
            "invalidEntries": self.invalid,
            "duplicateIdentifiers": self.duplicates,
        }
        return {
            "summary": summary,
            "created": self.created,
            "updated": self.updated,
            "failures": self.failures,
        }

    def wrote(self, contact: Contact, *, created: bool) -> None:
        """Count a contact that was written."""
        rows = self.created if created else self.updated
        rows.append({"contactId": contact.id, "identifiers": contact.identifiers()})

    def fail(self, row: Mapping[str, Any], problems: list[Problem], contact: Contact | None = None) -> None:
        """Count a row, or a part of it, that could not be written."""
        failure: dict[str, Any] = {} if contact is None else {"contactId": contact.id}
        failure["matchIdentifier"] = row["matchIdentifier"]
        failure["identifiers"] = row["identifiers"]
        failure["failures"] = [
            {"failureCode": problem.code, "description": problem.description} for problem in problems
        ]
        self.failures.append(failure)
        if contact is None:
            duplicate = any(problem.code == "duplicateIdentifier" for problem in problems)
            self.duplicates += duplicate
            self.invalid += not duplicate


class BulkOperations(Writing):
    """Bulk imports and bulk deletes of v3."""

    @operation("PUT", "/contacts/v3/import", tier=Tier.LOW)
    def import_contacts(self, incoming: Incoming) -> Response:
        """Accept an import; only what is grossly wrong is refused at once (section 11.4 point 9)."""
        if len(incoming.body) > self.import_body_bytes:
            raise v3_refusal(413, "contacts:badRequest", "The request body is too large.")
        body = v3_json(incoming)
        merge = Merge.named(body.get("mergeOption", Merge.OVERWRITE))
        if merge is None:
            raise v3_refusal(400, "contacts:badRequest", "The MergeOption field is invalid.")
        rows = body.get("contacts")
        if not isinstance(rows, list) or not rows:
            raise v3_refusal(400, "contacts:noContactsSpecified", "No contacts were specified to be imported.")
        for row in rows:
            if not isinstance(row, dict) or not isinstance(row.get("identifiers"), dict) or not row["identifiers"]:
                raise v3_refusal(400, "contacts:badRequest", "The Identifiers field is required.")
            if not isinstance(row.get("matchIdentifier"), str):
                raise v3_refusal(400, "contacts:badRequest", "The MatchIdentifier field is required.")
        self.refuse_too_many_imports()
        job = self.start_job(
            JobKind.CONTACT_IMPORT, IMPORT_WORDS, lambda: self._import(rows, merge, self.refuse_every_nth_row)
        )
        return answer(202, {"importId": job.id})

    @operation("GET", "/contacts/v3/import/{importId}", tier=Tier.POLL)
    def get_import_status(self, incoming: Incoming) -> Response:
        """Return how far an import is, and its report once it is finished; before, those keys are absent."""
        import_id = incoming.parts["importId"]
        job = self.job(import_id, JobKind.CONTACT_IMPORT)
        if job is None:
            text = f"The import request '{import_id}' could not be found!"
            raise v3_refusal(404, "contacts:importNotFound", text)
        report = job.result.shape() if isinstance(job.result, ImportReport) else {}
        return answer(200, {"importId": job.id, "status": job.status, **report})

    @operation("POST", "/contacts/v3/delete", tier=Tier.LOW)
    def delete_contacts(self, incoming: Incoming) -> Response:
        """Accept the deletion of up to 5000 contacts, each by whichever identifier."""
        rows = v3_json(incoming, list)
        if not rows:
            raise v3_refusal(400, "contacts:noContactsSpecified", "No contacts were specified to be deleted.")
        if len(rows) > MOST_DELETED or not all(isinstance(row, dict) and len(row) == 1 for row in rows):
            raise v3_refusal(400, "contacts:badRequest", f"Give at most {MOST_DELETED} identifiers, one for each.")
        if self.active_jobs(JobKind.CONTACT_DELETE) >= MOST_BULK_DELETES:
            raise v3_refusal(429, "contacts:tooManyBulkDeleteJobs", f"A bulk delete {BUSY}")
        job = self.start_job(JobKind.CONTACT_DELETE, DELETE_WORDS, lambda: self._delete(rows))
        return answer(202, {"deleteId": job.id})

    @operation("GET", "/contacts/v3/delete/{deleteId}", tier=Tier.POLL)
    def get_delete_status(self, incoming: Incoming) -> Response:
        """Return how far a bulk delete is, and what it did once it is finished."""
        delete_id = incoming.parts["deleteId"]
        if len(delete_id.replace("-", "")) != 32:
            text = f"The id value '{delete_id}' is not a recognized deletion job identifier"
            raise v3_refusal(400, "contacts:invalidDeleteId", text)
        job = self.job(delete_id, JobKind.CONTACT_DELETE)
        if job is None:
            text = f"The delete request '{delete_id}' could not be found!"
            raise v3_refusal(404, "contacts:importNotFound", text)
        return answer(200, {"deleteId": job.id, "status": job.status, **(job.result or {})})

    def refuse_too_many_imports(self) -> None:
        """Refuse one more import than the vendor takes at a time (section 7)."""
        if self.active_jobs(JobKind.CONTACT_IMPORT) >= self.most_active_imports:
            raise v3_refusal(429, "contacts:tooManyActiveImports", f"An import {BUSY}")

    def _import(self, rows: list[dict[str, Any]], merge: Merge, refuse_every: int) -> ImportReport:
        report, reader = ImportReport(), self.reader()
        seen: set[tuple[str, str]] = set()
        for position, row in enumerate(rows, start=1):
            if refuse_every and position % refuse_every == 0:
                report.fail(row, [Problem("unknown", "The contact could not be imported", fatal=True)])
            else:
                self._import_row(row, merge, reader, seen, report)
        return report

    def _import_row(
        self,
        row: dict[str, Any],
        merge: Merge,
        reader: Reader,
        seen: set[tuple[str, str]],
        report: ImportReport,
    ) -> None:
        wish = reader.read(row)
        if wish.fatal is not None:
            report.fail(row, [problem for problem in wish.problems if problem.fatal])
            return
        match, contact, problem = self._matched(row, seen)
        if problem is None and self.clash(contact, wish.identifiers) is not None:
            problem = Problem("duplicateIdentifier", "Another contact has one of the identifiers already")
        if problem is None and contact is None and not wish.identifiers.keys() & {"email", "mobileNumber"}:
            problem = Problem("invalidIdentifier", "An email or a mobileNumber is required to create a contact")
        if problem is not None:
            report.fail(row, [problem])
            return
        seen.add(match)
        created = contact is None
        if contact is None:
            contact = self.create(wish)
        else:
            report.suppressed += self.fulfil(contact, wish, merge)
        report.wrote(contact, created=created)
        if wish.problems:
            # A contact may be among the updated and the failures when only a part of it failed (section 11.5).
            report.fail(row, wish.problems, contact)

    def _matched(
        self, row: Mapping[str, Any], seen: set[tuple[str, str]]
    ) -> tuple[tuple[str, str], Contact | None, Problem | None]:
        name = row["matchIdentifier"]
        value = self.people.kept(name, row["identifiers"].get(name)) if self.people.knows(name) else None
        if value is None:
            return (name, ""), None, Problem("invalidIdentifier", f"Invalid value for '{name}'")
        match = (name, value.lower() if name == "email" else value)
        contact = self.people.find(name, value)
        if match in seen:
            return match, contact, Problem("duplicateIdentifier", f"The '{name}' occurs more than once")
        return match, contact, None

    def _delete(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        deleted: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        unknown = invalid = 0
        for row in rows:
            ((name, given),) = row.items()
            value = self.people.kept(name, given) if self.people.knows(name) else None
            contact = self.people.find(name, value) if value is not None else None
            if contact is not None and not contact.binned:
                self.bin_contact(contact)
                deleted.append(row)
                continue
            if value is None:
                invalid += 1
                code = "invalidEmail" if name == "email" else "invalidIdentifier"
                problem = {"failureCode": code, "description": f"Invalid value for '{name}'"}
            else:
                unknown += 1
                problem = {"failureCode": "contactNotFound", "description": "The contact could not be found"}
            failures.append({"identifier": row, "failures": [problem]})
        summary = {
            "requestedContacts": len(rows),
            "deletedContacts": len(deleted),
            "unknownContacts": unknown,
            "invalidEntries": invalid,
        }
        return {"summary": summary, "deleted": deleted, "failures": failures}
