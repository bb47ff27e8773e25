"""Imports of many Insight records at once (section 23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.assumed import TOO_MANY_INSIGHT_IMPORTS
from martech_dotdigital.emulator.conventions.answers import answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import v3_json
from martech_dotdigital.emulator.conventions.timeline import JobKind, JobWords
from martech_dotdigital.emulator.data.insight import SCOPES, InsightOperations, collection_type, valid_name
from martech_dotdigital.emulator.data.insight_store import Collection, RecordProblem

__all__ = ["InsightImportOperations"]

# `Finished` is what the samples say; the declared word is `Complete` (section 34 row 8).
IMPORT_WORDS = JobWords("NotStarted", "Processing", "Finished")


class InsightImportOperations(InsightOperations):
    """Bulk imports; contacts must exist, collections need not."""

    @operation("PUT", "/insightData/v3/import", tier=Tier.LOW)
    def import_insight_data(self, incoming: Incoming) -> Response:
        """Accept an import of records."""
        if len(incoming.body) > self.import_body_bytes:
            raise v3_refusal(413, "insightData:badRequest", "The request body is too large.")
        body = v3_json(incoming)
        name, scope, records = body.get("collectionName"), body.get("collectionScope"), body.get("records")
        kind = collection_type(body.get("collectionType"))
        if not valid_name(name):
            raise v3_refusal(400, "insightData:invalidId", f"The collectionName value '{name}' is invalid")
        if scope not in SCOPES or kind is None:
            raise v3_refusal(400, "insightData:badJson", "The scope or the type of the collection is invalid.")
        if not isinstance(records, list) or not records:
            raise v3_refusal(400, "insightData:noRecordsSpecified", "No records were specified.")
        if not all(isinstance(record, dict) and isinstance(record.get("json"), dict) for record in records):
            raise v3_refusal(400, "insightData:badJson", "Each record needs a key and a JSON object.")
        if self.active_jobs(JobKind.INSIGHT_IMPORT) >= self.most_insight_imports:
            raise v3_refusal(429, TOO_MANY_INSIGHT_IMPORTS, "Too many imports are active.")
        one = self.collections.get(name)
        if one is not None and one.scope != scope:
            raise v3_refusal(400, "insightData:badRequest", f"The collection '{name}' has another scope.")
        one = one or self.add_collection(name, kind, scope)
        job = self.start_job(JobKind.INSIGHT_IMPORT, IMPORT_WORDS, lambda: self._import_records(one, records))
        return answer(202, {"importId": job.id})

    @operation("GET", "/insightData/v3/import/{importId}", tier=Tier.POLL)
    def get_insight_import(self, incoming: Incoming) -> Response:
        """Return how far an import is, and what failed once it is finished."""
        job = self.job(incoming.parts["importId"], JobKind.INSIGHT_IMPORT)
        if job is None:
            text = f"The import request '{incoming.parts['importId']}' could not be found!"
            raise v3_refusal(404, "insightData:importNotFound", text)
        return answer(200, {"importId": job.id, "status": job.status, **(job.result or {})})

    def _import_records(self, one: Collection, records: list[dict[str, Any]]) -> dict[str, Any]:
        failures: list[dict[str, Any]] = []
        seen: set[tuple[int | None, str]] = set()
        for record in records:
            key = record.get("key")
            try:
                owner = self._owner_of(record) if one.scope == "contact" else None
                if isinstance(key, bool) or not isinstance(key, str | int):
                    raise RecordProblem("InvalidClientKey")
                if (owner, str(key)) in seen:
                    raise RecordProblem("DuplicateKey")
                seen.add((owner, str(key)))
                one.put(owner, str(key), record["json"], self.now())
            except RecordProblem as problem:
                failures.append(_failure(one, record, problem))
            else:
                self.note("insightData.set", collectionName=one.name, key=str(key), contactId=owner)
        summary = {
            "totalRecords": len(records),
            "totalImported": len(records) - len(failures),
            "totalRejected": len(failures),
        }
        # Where nothing failed there are no failures: the list has one at least (spec).
        return {"collectionName": one.name, "summary": summary, **({"failures": failures} if failures else {})}

    def _owner_of(self, record: Mapping[str, Any]) -> int:
        identity = record.get("contactIdentity")
        identifier = str(identity.get("identifier")) if isinstance(identity, dict) else ""
        value = identity.get("value") if isinstance(identity, dict) else None
        kept = self.people.kept(identifier, value) if self.people.knows(identifier) else None
        if kept is None:
            raise RecordProblem("InvalidContactIdentifier")
        contact = self.people.find(identifier, kept)
        if contact is None or contact.binned:
            raise RecordProblem("ContactEmailDoesNotExist" if identifier == "email" else "ContactIdDoesNotExist")
        return contact.id


def _failure(one: Collection, record: Mapping[str, Any], problem: RecordProblem) -> dict[str, Any]:
    owner: dict[str, Any] = {"ownerType": one.scope}
    if record.get("contactIdentity"):
        owner["contactIdentity"] = record["contactIdentity"]
    return {
        "collectionOwner": owner,
        "failureReason": problem.reason,
        "details": list(problem.details),
        "key": str(record.get("key")),
        "json": record["json"],
    }
