"""Insight data: collections and single records (section 23)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.addressing import Addressing, filter_moment
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import seek_page
from martech_dotdigital.emulator.conventions.reading import v3_json
from martech_dotdigital.emulator.conventions.timeline import JobKind, JobWords
from martech_dotdigital.emulator.conventions.times import parsed
from martech_dotdigital.emulator.data.insight_store import COLLECTION_TYPES, Collection, Record, RecordProblem

__all__ = ["InsightOperations", "collection_type", "valid_name"]

NAME = re.compile(r"[-A-Za-z_][-A-Za-z0-9_]{1,255}")
COLLECTION = "/insightData/v3/collections/{collectionName}"
ACCOUNT = "/insightData/v3/account/{collectionName}"
CONTACTS = "/insightData/v3/contacts/{collectionName}"
CONTACT = "/insightData/v3/contacts/{identifier}/{value}"
ASYNC_WORDS = JobWords("NotStarted", "NotFinished", "Finished")
MOST_KEYS = 5000
SCOPES = ("account", "contact")


def valid_name(name: object) -> bool:
    """Return whether a collection may be called so."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def collection_type(word: object) -> str | None:
    """Return a type in the vendor's spelling, given in any case, or None (section 23)."""
    return next((kind for kind in COLLECTION_TYPES if kind.lower() == str(word).lower()), None)


class InsightOperations(Addressing):
    """Collections of the account and of contacts."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.collections: dict[str, Collection] = {}

    # ── collections ──────────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", "/insightData/v3/collections")
    def list_collections(self, _: Incoming) -> Response:
        """List all collections."""
        return answer(200, [one.shape() for one in self.collections.values()])

    @operation("GET", "/insightData/v3/account")
    def list_account_collections(self, _: Incoming) -> Response:
        """List the collections of the account itself."""
        return answer(200, [one.shape() for one in self.collections.values() if one.scope == "account"])

    @operation("GET", CONTACT)
    def list_contact_collections(self, incoming: Incoming) -> Response:
        """List the collections in which a contact has records."""
        owner = self.addressed(incoming, binned=False).id
        return answer(200, [one.shape(owner) for one in self.collections.values() if one.of_owner.get(owner)])

    @operation("POST", COLLECTION)
    def create_collection(self, incoming: Incoming) -> Response:
        """Create a collection (201), or say that it is there (200)."""
        name, scope = incoming.parts["collectionName"], incoming.arg("collectionScope")
        kind = collection_type(incoming.arg("collectionType"))
        if not valid_name(name):
            raise v3_refusal(400, "insightData:invalidId", f"The collectionName value '{name}' is invalid")
        if scope not in SCOPES or kind is None:
            raise v3_refusal(400, "insightData:badRequest", "The scope or the type of the collection is invalid.")
        if name in self.collections:
            return answer(200)
        self.add_collection(name, kind, scope)
        return answer(201)

    @operation("GET", COLLECTION + "/schema")
    def get_schema(self, incoming: Incoming) -> Response:
        """Return what the records of a collection look like, learned from them."""
        one = self._collection(incoming)
        shape = {"collectionName": one.name, "collectionType": one.type, "schema": one.schema_shape()}
        return answer(200, shape)

    @operation("DELETE", COLLECTION)
    def delete_collection(self, incoming: Incoming) -> Response:
        """Begin to delete a collection with its records."""
        one = self._collection(incoming)

        def delete() -> dict[str, Any]:
            self.collections.pop(one.name, None)
            self.note("insightData.collectionRemoved", collectionName=one.name)
            return _async_summary(one.empty())

        return self._later(delete)

    @operation("DELETE", COLLECTION + "/empty")
    def empty_collection(self, incoming: Incoming) -> Response:
        """Begin to delete all records of a collection."""
        one = self._collection(incoming)
        return self._later(lambda: _async_summary(one.empty()))

    @operation("DELETE", CONTACT + "/{collectionName}/empty")
    def empty_contact_collection(self, incoming: Incoming) -> Response:
        """Begin to delete all records a contact has in a collection."""
        owner, one = self._owned(incoming)
        return self._later(lambda: _async_summary(one.empty(owner)))

    @operation("GET", "/insightData/v3/async/{jobId}", tier=Tier.POLL)
    def get_async_status(self, incoming: Incoming) -> Response:
        """Return how far a deletion is."""
        job = self.job(incoming.parts["jobId"], JobKind.INSIGHT_ASYNC)
        if job is None:
            text = f"The job ID '{incoming.parts['jobId']}' could not be found!"
            raise v3_refusal(404, "insightData:asyncJobNotFound", text)
        return answer(200, {"jobId": job.id, "status": job.status, **(job.result or {})})

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", ACCOUNT, tier=Tier.LOW)
    def list_account_records(self, incoming: Incoming) -> Response:
        """List the records of an account's collection."""
        return self._records(incoming, self._collection(incoming, "account"), None)

    @operation("GET", CONTACTS, tier=Tier.LOW)
    def list_all_contacts_records(self, incoming: Incoming) -> Response:
        """List the records of all contacts in a collection."""
        return self._records(incoming, self._collection(incoming, "contact"), None)

    @operation("GET", CONTACT + "/{collectionName}", tier=Tier.LOW)
    def list_contact_records(self, incoming: Incoming) -> Response:
        """List the records of one contact in a collection."""
        owner, one = self._owned(incoming)
        return self._records(incoming, one, owner)

    @operation("GET", ACCOUNT + "/{recordId}", CONTACT + "/{collectionName}/{recordId}")
    def get_record(self, incoming: Incoming) -> Response:
        """Return one record."""
        owner, one = self._place(incoming)
        record = one.by_key.get((owner, incoming.parts["recordId"]))
        if record is None:
            raise _no_record(incoming, one)
        return answer(200, record.shape())

    @operation("PUT", ACCOUNT + "/{recordId}", CONTACT + "/{collectionName}/{recordId}")
    def put_record(self, incoming: Incoming) -> Response:
        """Write one record, whose JSON is the body: 201 if it is new, 204 if it took another's place."""
        owner, one = self._place(incoming)
        try:
            created = one.put(owner, incoming.parts["recordId"], v3_json(incoming), self.now())
        except RecordProblem as problem:
            text = f"{problem.reason}: {'; '.join(problem.details)}"
            raise v3_refusal(400, "insightData:badRequest", text) from None
        self.note("insightData.set", collectionName=one.name, key=incoming.parts["recordId"], contactId=owner)
        return answer(201 if created else 204)

    @operation("DELETE", ACCOUNT + "/{recordId}", CONTACT + "/{collectionName}/{recordId}")
    def delete_record(self, incoming: Incoming) -> Response:
        """Delete one record."""
        owner, one = self._place(incoming)
        if not self._remove_record(one, owner, incoming.parts["recordId"]):
            raise _no_record(incoming, one)
        return answer(204)

    @operation(
        "DELETE",
        # With and without the plural: the vendor's path differs from its siblings (section 34 row 26).
        "/insightData/v3/accounts/{collectionName}/deleteRecords",
        ACCOUNT + "/deleteRecords",
        CONTACT + "/{collectionName}/deleteRecords",
    )
    def delete_records(self, incoming: Incoming) -> Response:
        """Delete up to 5000 records by their keys, and say which there were not."""
        owner, one = self._place(incoming)
        keys = v3_json(incoming).get("keys")
        if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
            text = f"Specify 1 to {MOST_KEYS} keys of the records to be deleted."
            raise v3_refusal(400, "insightData:noRecordsSpecified", text)
        missing = [str(key) for key in keys if not self._remove_record(one, owner, str(key))]
        summary = {
            "totalRecords": len(keys),
            "totalDeleted": len(keys) - len(missing),
            "totalNotFound": len(missing),
        }
        return answer(200, {"summary": summary, "notFound": missing})

    def add_collection(self, name: str, kind: str, scope: str) -> Collection:
        """Make a collection, unless there are as many as there may be."""
        if len(self.collections) >= self.most_collections:
            raise v3_refusal(412, "insightData:collectionLimitExceeded", "No more collections can be created.")
        made = self.collections[name] = Collection(name, kind, scope)
        self.note("insightData.collectionCreated", collectionName=name, collectionType=kind, collectionScope=scope)
        return made

    def _remove_record(self, one: Collection, owner: int | None, key: str) -> bool:
        removed = one.remove(owner, key)
        if removed:
            self.note("insightData.removed", collectionName=one.name, key=key, contactId=owner)
        return removed

    def _collection(self, incoming: Incoming, scope: str | None = None) -> Collection:
        name = incoming.parts["collectionName"]
        if not valid_name(name):
            raise v3_refusal(400, "insightData:invalidId", f"The collectionName value '{name}' is invalid")
        one = self.collections.get(name)
        if one is None or scope not in (None, one.scope):
            text = "The collection could not be found"
            raise v3_refusal(404, "insightData:collectionNotFound", text, [(name, "Not found")])
        return one

    def _owned(self, incoming: Incoming) -> tuple[int, Collection]:
        owner = self.addressed(incoming, binned=False).id
        return owner, self._collection(incoming, "contact")

    def _place(self, incoming: Incoming) -> tuple[int | None, Collection]:
        """Return whose record the path speaks of, and in which collection."""
        if "identifier" in incoming.parts:
            return self._owned(incoming)
        return None, self._collection(incoming, "account")

    def _records(self, incoming: Incoming, one: Collection, owner: int | None) -> Response:
        modified = filter_moment(incoming, "modified")
        numbers = one.rows(owner, parsed(modified) if modified else None)

        def rows(after: int, count: int) -> Sequence[tuple[int, Record]]:
            return [(number, one.by_number[number]) for number in numbers.after(after, count)]

        return seek_page(incoming, rows, Record.shape)

    def _later(self, work: Callable[[], dict[str, Any]]) -> Response:
        job = self.start_job(JobKind.INSIGHT_ASYNC, ASYNC_WORDS, work)
        return answer(202, {"jobId": job.id})


def _async_summary(count: int) -> dict[str, Any]:
    return {"summary": {"totalRecords": count, "totalProcessed": count, "totalFailed": 0}}


def _no_record(incoming: Incoming, one: Collection) -> Refused:
    details = [(incoming.parts["recordId"], f"Not found in the {one.scope}s collection '{one.name}'")]
    return v3_refusal(404, "insightData:recordNotFound", "The Insight data record could not be found", details)
